/**
 * How two states of an attribute list become one: append, update, partial update and merge patch.
 * GS CIM 009 V1.9.1, 5.6.2 to 5.6.5, 5.6.17, and 5.5.8, 5.5.12 for the algorithms. Pure: lists in, new lists out.
 */

import { isObject, type Json, type JsonObject, measure } from '../json.js';
import { type Attribute, KINDS, NGSI_NULL, NO_PARTS, SAME } from './model.js';

export interface NotUpdated {
  readonly attributeName: string;
  readonly reason: string;
}

/** A new attribute list, the names that changed in it, and what could not be done (5.2.19). */
export interface Merged {
  readonly attributes: readonly Attribute[];
  readonly changed: readonly string[];
  readonly notUpdated: readonly NotUpdated[];
}

export type MergeRule = 'append' | 'appendNew' | 'update' | 'replaceOne' | 'partial' | 'merge';

/** What a rule does with an instance that is there, and with one that is not. */
const RULES = {
  append: { there: 'replace', absent: 'add' },
  appendNew: { there: 'refuse', absent: 'add' },
  update: { there: 'replace', absent: 'add' },
  replaceOne: { there: 'replace', absent: 'refuse' },
  partial: { there: 'overlay', absent: 'refuse' },
  merge: { there: 'patch', absent: 'add' },
} as const satisfies Record<MergeRule, { there: 'replace' | 'refuse' | 'overlay' | 'patch'; absent: 'add' | 'refuse' }>;

/** `observedAt` renews the observedAt of the attributes that have one and whose fragment brings none (5.6.17.4). */
export function mergeAttributes(
  before: readonly Attribute[],
  input: readonly Attribute[],
  rule: MergeRule,
  observedAt?: string,
): Merged {
  const { there, absent } = RULES[rule];
  const attributes = before.slice();
  const changed: string[] = [];
  const notUpdated: NotUpdated[] = [];
  let isShorter = false;
  for (const [hint, incoming] of input.entries()) {
    const at = findInstance(attributes, incoming, hint);
    const existing = attributes[at];
    const isRemoval = incoming.value === NGSI_NULL && incoming.kind !== SAME;
    if (existing === undefined) {
      // RFC 7396, 2: to remove what is not there is to do nothing.
      if (isRemoval && rule === 'merge') continue;
      const isImpossible = isRemoval || incoming.kind === SAME;
      if (isImpossible || absent === 'refuse') {
        notUpdated.push({ attributeName: incoming.name, reason: isRemoval || absent === 'refuse' ? ABSENT : NO_VALUE });
        continue;
      }
      attributes.push(withoutNulls(incoming));
    } else if (there === 'refuse') {
      notUpdated.push({ attributeName: incoming.name, reason: 'the attribute exists, and options=noOverwrite' });
      continue;
    } else if (isRemoval) {
      attributes.splice(at, 1);
      isShorter = true;
    } else {
      const fragment = renewed(existing, incoming, observedAt);
      attributes[at] = TREATMENTS[there](existing, fragment);
    }
    if (changed[changed.length - 1] !== incoming.name) changed.push(incoming.name);
  }
  return { attributes: isShorter || changed.length > 0 ? attributes : before, changed, notUpdated };
}

const ABSENT = 'the entity has no such attribute';
const NO_VALUE = 'the entity has no such attribute, and a new one needs a value';

function renewed(existing: Attribute, incoming: Attribute, observedAt: string | undefined): Attribute {
  const isDue = observedAt !== undefined && existing.observedAt !== undefined && incoming.observedAt === undefined;
  return isDue ? { ...incoming, observedAt } : incoming;
}

/** Removes one instance, or all of an attribute (5.6.5). `undefined` when there is none. */
export function removeAttribute(
  before: readonly Attribute[],
  name: string,
  datasetId: string | undefined,
  isAll: boolean,
): readonly Attribute[] | undefined {
  const left = before.filter((attribute) => attribute.name !== name || !(isAll || attribute.datasetId === datasetId));
  return left.length === before.length ? undefined : left;
}

/** Meters send the same attributes in the same order, so the place it had in the request is where to look first. */
function findInstance(attributes: readonly Attribute[], wanted: Attribute, hint: number): number {
  const candidate = attributes[hint];
  if (candidate?.name === wanted.name && candidate.datasetId === wanted.datasetId) return hint;
  for (let index = 0; index < attributes.length; index += 1) {
    const attribute = attributes[index];
    if (attribute?.name === wanted.name && attribute.datasetId === wanted.datasetId) return index;
  }
  return -1;
}

const TREATMENTS = {
  replace: (existing: Attribute, incoming: Attribute): Attribute => ({
    ...withoutNulls(incoming),
    createdAt: existing.createdAt,
  }),

  /** 5.5.8: the members of the fragment replace those that are there. */
  overlay: (existing: Attribute, incoming: Attribute): Attribute =>
    combine(existing, incoming, incoming.value, mergeAttributes(existing.parts, incoming.parts, 'update').attributes),

  /** 5.5.12: as a JSON merge patch (RFC 7396), with urn:ngsi-ld:null where the RFC says null. */
  patch: (existing: Attribute, incoming: Attribute): Attribute =>
    combine(
      existing,
      incoming,
      // A geometry is one value, and a value of another kind has nothing to go into.
      incoming.kind === existing.kind && incoming.kind !== 'GeoProperty'
        ? patchValue(existing.value, incoming.value)
        : bareValue(incoming),
      mergeAttributes(existing.parts, incoming.parts, 'merge').attributes,
    ),
};

function combine(existing: Attribute, incoming: Attribute, value: Json, parts: readonly Attribute[]): Attribute {
  const isSame = incoming.kind === SAME;
  const kind = isSame ? existing.kind : incoming.kind;
  const kept = isSame ? existing.value : value;
  const unitCode = overlaid(existing.unitCode, incoming.unitCode);
  return {
    name: existing.name,
    kind,
    value: kept,
    observedAt: overlaid(existing.observedAt, incoming.observedAt),
    // Only what is a value has a unit (4.5.3.2), also after a change of kind.
    unitCode: kind === SAME || KINDS[kind].member === 'value' ? unitCode : undefined,
    datasetId: existing.datasetId,
    parts: parts.length === 0 ? NO_PARTS : parts,
    createdAt: existing.createdAt,
    modifiedAt: incoming.modifiedAt,
    size: parts.reduce((sum, part) => sum + part.size, 160 + measure(kept, 0)),
  };
}

function overlaid(existing: string | undefined, incoming: string | undefined): string | undefined {
  if (incoming === NGSI_NULL) return undefined;
  return incoming ?? existing;
}

function patchValue(existing: Json, incoming: Json): Json {
  if (!isObject(incoming)) return incoming;
  const result: [string, Json][] = isObject(existing)
    ? Object.entries(existing).filter(([key]) => !Object.hasOwn(incoming, key))
    : [];
  for (const [key, value] of Object.entries(incoming)) {
    if (value === NGSI_NULL) continue;
    const old = isObject(existing) && Object.hasOwn(existing, key) ? (existing[key] ?? null) : null;
    result.push([key, patchValue(old, value)]);
  }
  // fromEntries defines members, so that a key named __proto__ stays a key.
  return Object.fromEntries(result) satisfies JsonObject;
}

/** What is new or replaced as a whole has nothing to remove: nulls inside are left out (RFC 7396, 2). */
function withoutNulls(attribute: Attribute): Attribute {
  const { observedAt, unitCode, parts } = attribute;
  const value = bareValue(attribute);
  const kept = parts.some(hasNulls) ? parts.filter((part) => !isNothing(part)).map(withoutNulls) : parts;
  if (value === attribute.value && kept === parts && observedAt !== NGSI_NULL && unitCode !== NGSI_NULL)
    return attribute;
  return {
    ...attribute,
    value,
    observedAt: overlaid(undefined, observedAt),
    unitCode: overlaid(undefined, unitCode),
    parts: kept.length === 0 ? NO_PARTS : kept,
  };
}

/** A sub-attribute that is only to be removed, or that has no value to be made of. */
function isNothing({ value, kind }: Attribute): boolean {
  return value === NGSI_NULL || kind === SAME;
}

function hasNulls(part: Attribute): boolean {
  return isNothing(part) || withoutNulls(part) !== part;
}

function bareValue({ value }: Attribute): Json {
  return isObject(value) && hasNull(value) ? patchValue({}, value) : value;
}

function hasNull(value: JsonObject): boolean {
  return Object.values(value).some((member) => member === NGSI_NULL || (isObject(member) && hasNull(member)));
}
