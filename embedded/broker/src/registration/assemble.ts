/**
 * One entity from the parts that the broker and its sources hold (GS CIM 009 V1.9.1, 4.5.5 and 5.7.1): of two instances
 * of an attribute the newer one is shown, by observedAt where both have it, else by modifiedAt.
 */

import type { Context } from '../context/compile.js';
import type { Attribute, Entity } from '../entity/model.js';
import { ENTITY_MEMBERS, parseFragment, parseTypes } from '../entity/parse.js';
import { isDateTime, isList, isObject, type Json, type JsonObject } from '../json.js';
import type { Mode } from './model.js';

/** What a source said, and with which weight. */
export interface Part {
  readonly entity: Entity;
  readonly mode: Mode;
}

/** An entity out of an answer; throws a Problem when it is none, or another than was asked for. */
export function readEntity(json: JsonObject, id: string, context: Context, atMs: number): Entity {
  const options = { context, atMs, nulls: 'nowhere' } as const;
  const attributes: Attribute[] = [];
  for (const [key, value] of Object.entries(json)) {
    if (ENTITY_MEMBERS.has(key) || value === null) continue;
    const read = parseFragment({ [key]: value }, id, options).attributes;
    const instances = isList(value) && read.length === value.length ? value : [value];
    for (const [at, attribute] of read.entries()) attributes.push(timed(attribute, instances[at]));
  }
  return {
    id,
    types: parseTypes(json.type ?? json['@type'], context),
    scope: json.scope === undefined ? undefined : parseFragment({ scope: json.scope }, id, options).scope,
    attributes,
    createdAt: timeOf(json.createdAt) ?? atMs,
    modifiedAt: timeOf(json.modifiedAt) ?? atMs,
  };
}

/** System times are the source's, when it says them; otherwise the moment of its answer. */
function timed(attribute: Attribute, json: Json | undefined): Attribute {
  if (!isObject(json)) return attribute;
  const { createdAt = attribute.createdAt, modifiedAt = attribute.modifiedAt } = {
    createdAt: timeOf(json.createdAt),
    modifiedAt: timeOf(json.modifiedAt),
  };
  return { ...attribute, createdAt, modifiedAt };
}

function timeOf(json: Json | undefined): number | undefined {
  return typeof json === 'string' && isDateTime(json) ? Date.parse(json) : undefined;
}

/** `undefined` when nobody has the entity. */
export function assemble(local: Entity | undefined, parts: readonly Part[]): Entity | undefined {
  const [first] = local === undefined ? parts.map(({ entity }) => entity) : [local];
  if (first === undefined) return undefined;
  const held = new Map<string, Attribute>();
  const holders = new Map<string, Mode>();
  for (const attribute of local?.attributes ?? []) {
    held.set(keyOf(attribute.name, attribute.datasetId), attribute);
    holders.set(attribute.name, 'inclusive');
  }
  // What an exclusive source says of an attribute is all there is of it; then redirects, and so on.
  const ordered = [...parts].sort((a, b) => RANKS[a.mode] - RANKS[b.mode]);
  for (const { entity, mode } of ordered) {
    for (const attribute of entity.attributes) {
      const holder = holders.get(attribute.name);
      if (holder !== undefined && isOutranked(mode, holder)) continue;
      if (holder !== undefined && RANKS[mode] < RANKS[holder]) dropAll(held, attribute.name);
      const key = keyOf(attribute.name, attribute.datasetId);
      const other = held.get(key);
      if (other === undefined || isNewer(attribute, other)) held.set(key, attribute);
      holders.set(attribute.name, mode);
    }
  }
  const all = [...(local === undefined ? [] : [local]), ...parts.map(({ entity }) => entity)];
  return {
    id: first.id,
    types: typesOf(local, ordered),
    scope: all.find(({ scope }) => scope !== undefined)?.scope,
    attributes: [...held.values()],
    createdAt: Math.min(...all.map(({ createdAt }) => createdAt)),
    modifiedAt: Math.max(...all.map(({ modifiedAt }) => modifiedAt)),
  };
}

/** An exclusive source was registered for attributes: its types only count where nobody else knows the entity. */
function typesOf(local: Entity | undefined, parts: readonly Part[]): readonly string[] {
  const open = parts.filter(({ mode }) => mode !== 'exclusive').flatMap(({ entity }) => entity.types);
  const known = [...(local?.types ?? []), ...open];
  return [...new Set(known.length > 0 ? known : parts.flatMap(({ entity }) => entity.types))];
}

/** The broker's own data counts as inclusive. */
const RANKS: Readonly<Record<Mode, number>> = { exclusive: 0, redirect: 1, inclusive: 2, auxiliary: 3 };

function isOutranked(mode: Mode, holder: Mode): boolean {
  return RANKS[mode] > RANKS[holder];
}

function isNewer(one: Attribute, two: Attribute): boolean {
  if (one.observedAt !== undefined && two.observedAt !== undefined)
    return Date.parse(one.observedAt) > Date.parse(two.observedAt);
  return one.modifiedAt > two.modifiedAt;
}

function dropAll(held: Map<string, Attribute>, name: string): void {
  for (const [key, attribute] of held) if (attribute.name === name) held.delete(key);
}

function keyOf(name: string, datasetId: string | undefined): string {
  return datasetId === undefined ? name : `${name} ${datasetId}`;
}
