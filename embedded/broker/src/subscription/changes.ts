/**
 * How a notification shows what has changed (GS CIM 009 V1.9.1, 5.8.6, 5.2.14.1): attributes that are gone, and the values
 * from before. Works on an entity that has been written already, so that the representation itself knows nothing of it.
 */

import type { Context } from '../context/compile.js';
import type { JsonRecord, Representation } from '../entity/format.js';
import { type Attribute, type Entity, KINDS, NGSI_NULL, SAME } from '../entity/model.js';
import type { Json } from '../json.js';
import { differenceOf } from './difference.js';

export interface ChangeOptions {
  readonly context: Context;
  readonly representation: Representation;
  readonly sysAttrs: boolean;
  readonly showChanges: boolean;
  readonly isShown: (name: string) => boolean;
}

/** The member that carries the value from before, by the one that carries the value (5.2.5 to 5.2.7, 5.2.32, 5.2.35, 5.2.38). */
const PREVIOUS: Readonly<Record<string, string>> = {
  value: 'previousValue',
  object: 'previousObject',
  languageMap: 'previousLanguageMap',
  vocab: 'previousVocab',
  json: 'previousJson',
  valueList: 'previousValueList',
  objectList: 'previousObjectList',
};

/** An attribute that was deleted is in a state only to say so. */
export function isGone({ deletedAt }: Attribute): boolean {
  return deletedAt !== undefined;
}

/** Adds to `out` the attributes of `entity` that are gone. */
export function putGone(out: JsonRecord, entity: Entity, previous: Entity | undefined, options: ChangeOptions): void {
  if (entity.deletedAt !== undefined) out.deletedAt = new Date(entity.deletedAt).toISOString();
  for (const attribute of entity.attributes) {
    if (!isGone(attribute) || !options.isShown(attribute.name)) continue;
    const old = options.showChanges ? previous?.attributes.find((one) => isInstanceOf(one, attribute)) : undefined;
    const name = options.context.compact(attribute.name);
    put(out, name, formatGone(attribute, old, options), attribute.datasetId, options.representation);
  }
}

/** 5.8.6: the URI for null and no more, unless a datasetId, system times or the value from before have to be said. */
function formatGone(attribute: Attribute, old: Attribute | undefined, options: ChangeOptions): unknown {
  const { kind, value, datasetId, createdAt, modifiedAt, deletedAt = 0 } = attribute;
  const { representation, sysAttrs } = options;
  if (representation === 'simplified') return NGSI_NULL;
  if (representation === 'concise' && datasetId === undefined && !sysAttrs && old === undefined) return NGSI_NULL;
  const known = kind === SAME ? 'Property' : kind;
  return {
    ...(representation === 'normalized' && { type: known }),
    [KINDS[known].member]: value,
    ...(old !== undefined && previousOf(old, options.context)),
    ...(datasetId !== undefined && { datasetId }),
    ...(sysAttrs && {
      createdAt: new Date(createdAt).toISOString(),
      modifiedAt: new Date(modifiedAt).toISOString(),
      deletedAt: new Date(deletedAt).toISOString(),
    }),
  };
}

/** Adds to each attribute that was updated what it was before. */
export function putPrevious(out: JsonRecord, entity: Entity, previous: Entity, options: ChangeOptions): void {
  const change = { before: previous, after: entity, tenant: '', changed: [], position: 0, atMs: 0 };
  for (const { name, happening, before, after } of differenceOf(change)) {
    if (happening !== 'updated' || before === undefined || after === undefined) continue;
    const short = options.context.compact(name);
    const formatted = out[short];
    if (formatted === undefined) continue;
    const places = Array.isArray(formatted) ? formatted : [formatted];
    const instances = entity.attributes.filter((attribute) => attribute.name === name && !isGone(attribute));
    const at = instances.indexOf(after);
    const shown = { ...asObject(places[at], after), ...previousOf(before, options.context) };
    out[short] = Array.isArray(formatted) ? formatted.map((one, index) => (index === at ? shown : one)) : shown;
  }
}

/** Concise writes some attributes as their bare value (4.5.1); with more to say it is an object again. */
function asObject(formatted: unknown, { kind, value }: Attribute): JsonRecord {
  const member = KINDS[kind === SAME ? 'Property' : kind].member;
  const isObject =
    typeof formatted === 'object' && formatted !== null && !Array.isArray(formatted) && formatted !== value;
  return isObject ? (formatted as JsonRecord) : { [member]: formatted };
}

function previousOf({ kind, value }: Attribute, context: Context): JsonRecord {
  const { member } = KINDS[kind === SAME ? 'Property' : kind];
  const name = PREVIOUS[member] ?? 'previousValue';
  return { [name]: kind === 'VocabProperty' ? compacted(value, context) : value };
}

function compacted(value: Json, context: Context): Json {
  return Array.isArray(value) ? value.map((term) => context.compact(String(term))) : context.compact(String(value));
}

function isInstanceOf(one: Attribute, other: Attribute): boolean {
  return one.name === other.name && one.datasetId === other.datasetId;
}

/** 4.5.5: several instances are an array; simplified, a map by datasetId (4.5.4). */
function put(
  out: JsonRecord,
  name: string,
  formatted: unknown,
  datasetId: string | undefined,
  representation: Representation,
): void {
  const there = out[name];
  if (representation === 'simplified' && (there !== undefined || datasetId !== undefined)) {
    const isMap = typeof there === 'object' && there !== null && 'dataset' in there;
    const others = isMap ? (there.dataset as JsonRecord) : there === undefined ? {} : { '@none': there };
    out[name] = { dataset: { ...others, [datasetId ?? '@none']: formatted } };
  } else if (there === undefined) out[name] = formatted;
  else out[name] = [...(Array.isArray(there) ? there : [there]), formatted];
}
