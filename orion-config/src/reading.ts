/**
 * Reading a normalized entity that came over the wire: nothing about its shape is taken for granted, and what is not there or
 * not of the kind the vocabulary says is `undefined`. Where several instances are there (datasetId), the one in force counts.
 */

import type { ATTRIBUTES, NumericAttribute, PropertyName, RelationshipName } from './attributes.js';
import { toInteger } from './decimals.js';

type Fields = Readonly<Record<string, unknown>>;
/** An entity as it arrives. */
export type AnyEntity = { readonly id: string; readonly type: string };

/** A period in which something belonged somewhere. */
export interface Belonging {
  readonly target: string;
  /** First instant; undefined for always. */
  readonly fromMs: number | undefined;
  /** First instant no longer; undefined for ever. */
  readonly toMs: number | undefined;
}

/** GS CIM 009, 4.5.0: the word that stands for "no value" in a merge. */
const NGSI_NULL = 'urn:ngsi-ld:null';

export function numberOf(entity: AnyEntity, name: NumericAttribute): number | undefined {
  const value = currentInstance(entity, name)?.value;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The exact integer of the last digit. */
export function integerOf(entity: AnyEntity, name: NumericAttribute): bigint | undefined {
  const value = numberOf(entity, name);
  return value === undefined ? undefined : toInteger(name, value);
}

export function textOf(entity: AnyEntity, name: PropertyName): string | undefined {
  return plainText(currentInstance(entity, name)?.value);
}

/** A date that is a value, such as `validFrom`, in milliseconds. */
export function timeOf(entity: AnyEntity, name: PropertyName): number | undefined {
  return parseInstant(currentInstance(entity, name));
}

/** When the attribute was measured, in milliseconds. */
export function observedAtOf(entity: AnyEntity, name: keyof typeof ATTRIBUTES): number | undefined {
  return parseMs(currentInstance(entity, name)?.observedAt);
}

/** What a relationship points to, now or at an instant. */
export function targetOf(entity: AnyEntity, name: RelationshipName, atMs?: number): string | undefined {
  const periods = belongingsOf(entity, name);
  if (atMs === undefined) return (periods.find(({ toMs }) => toMs === undefined) ?? periods.at(-1))?.target;
  return periods.find(
    ({ fromMs, toMs }) => (fromMs ?? Number.NEGATIVE_INFINITY) <= atMs && atMs < (toMs ?? Number.POSITIVE_INFINITY),
  )?.target;
}

/** Everything a relationship ever pointed to, with its dates. */
export function belongingsOf(entity: AnyEntity, name: RelationshipName): readonly Belonging[] {
  return instancesOf(entity, name).flatMap((instance) => {
    const objects: readonly unknown[] = Array.isArray(instance.object) ? instance.object : [instance.object];
    const targets = objects.filter((target): target is string => typeof target === 'string' && target !== NGSI_NULL);
    return targets.map((target) => ({
      target,
      fromMs: parseInstant(instance.validFrom),
      toMs: parseInstant(instance.validTo),
    }));
  });
}

function currentInstance(entity: AnyEntity, name: string): Fields | undefined {
  const instances = instancesOf(entity, name);
  return instances.find((instance) => instance.validTo === undefined) ?? instances[0];
}

function instancesOf(entity: AnyEntity, name: string): readonly Fields[] {
  const attribute: unknown = (entity as Fields)[name];
  return (Array.isArray(attribute) ? attribute : [attribute]).filter(isFields);
}

/** A sub-property may be normalized, or concise, or the bare text. */
function parseInstant(attribute: unknown): number | undefined {
  return parseMs(plainText(isFields(attribute) && 'value' in attribute ? attribute.value : attribute));
}

function plainText(value: unknown): string | undefined {
  // A DateTime may travel typed (4.6.3).
  const text = isFields(value) ? value['@value'] : value;
  return typeof text === 'string' && text !== NGSI_NULL ? text : undefined;
}

function parseMs(text: unknown): number | undefined {
  const ms = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
