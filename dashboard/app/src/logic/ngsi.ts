/** Reading a normalized NGSI-LD entity (GS CIM 009 V1.9.1, 4.5): it came over the wire, so nothing about its shape is taken for granted. */

import type { AttributeName } from '@contor/orion-config';

export interface Entity {
  readonly id: string;
  readonly type: string;
  readonly [attribute: string]: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/** 4.5.0: the word that stands for "no value" in a merge. */
const NGSI_NULL = 'urn:ngsi-ld:null';

export function isEntity(value: unknown): value is Entity {
  return isFields(value) && typeof value.id === 'string' && typeof value.type === 'string';
}

export function numberOf(entity: Entity, name: AttributeName): number | undefined {
  const value = instanceOf(entity, name)?.value;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function textOf(entity: Entity, name: AttributeName): string | undefined {
  const value = instanceOf(entity, name)?.value;
  const text = isFields(value) && typeof value['@value'] === 'string' ? value['@value'] : value;
  return typeof text === 'string' && text !== NGSI_NULL && text !== '' ? text : undefined;
}

/** A date carried as a value, as `dateIssued` is. */
export function dateOf(entity: Entity, name: AttributeName): number | undefined {
  return parseTime(textOf(entity, name));
}

export function relationshipOf(entity: Entity, name: AttributeName): string | undefined {
  const object = instanceOf(entity, name)?.object;
  const target = Array.isArray(object) ? object[0] : object;
  return typeof target === 'string' && target !== NGSI_NULL ? target : undefined;
}

/** When an attribute was measured (`observedAt`), in milliseconds. */
export function observedAtOf(entity: Entity, name: AttributeName): number | undefined {
  return parseTime(instanceOf(entity, name)?.observedAt);
}

/** The newest `observedAt` of the whole entity: when its meter was last heard. */
export function heardAtOf(entity: Entity): number | undefined {
  let newest: number | undefined;
  for (const name of Object.keys(entity)) {
    const observedAt = observedAtOf(entity, name as AttributeName);
    if (observedAt !== undefined && (newest === undefined || observedAt > newest)) newest = observedAt;
  }
  return newest;
}

/** `urn:ngsi-ld:Device:e350-0001` → `e350-0001`: the part of the identifier that people say. */
export function localId(urn: string): string {
  const match = /^urn:ngsi-ld:[^:]+:(.+)$/.exec(urn);
  return match?.[1] ?? urn;
}

export function parseTime(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : ms;
}

/** An attribute with several instances (4.5.5, datasetId): the one that still holds, else the first. */
function instanceOf(entity: Entity, name: AttributeName): Fields | undefined {
  const attribute = entity[name];
  if (!Array.isArray(attribute)) return isFields(attribute) ? attribute : undefined;
  const instances = attribute.filter(isFields);
  return instances.find((instance) => instance.validTo === undefined) ?? instances[0];
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
