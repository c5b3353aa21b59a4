/**
 * How two states of an attribute list become one: append, update, partial update and merge patch.
 * GS CIM 009 V1.9.1, 5.6.2 to 5.6.5, 5.6.17, and 5.5.8, 5.5.12 for the algorithms. Pure: lists in, new lists out.
 */

import { isObject, type Json, type JsonObject } from '../json.js';
import { type Attribute, NGSI_NULL, NO_PARTS, SAME } from './model.js';

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

export type MergeRule = 'append' | 'appendNew' | 'update' | 'partial' | 'merge';

/** What a rule does with an instance that is there, and with one that is not. */
const RULES = {
  append: { there: 'replace', absent: 'add' },
  appendNew: { there: 'refuse', absent: 'add' },
  update: { there: 'replace', absent: 'refuse' },
  partial: { there: 'overlay', absent: 'refuse' },
  merge: { there: 'patch', absent: 'add' },
} as const satisfies Record<MergeRule, { there: 'replace' | 'refuse' | 'overlay' | 'patch'; absent: 'add' | 'refuse' }>;

export function mergeAttributes(before: readonly Attribute[], input: readonly Attribute[], rule: MergeRule): Merged {
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
      if (isRemoval || absent === 'refuse' || incoming.kind === SAME) {
        notUpdated.push({ attributeName: incoming.name, reason: 'the entity has no such attribute' });
        continue;
      }
      attributes.push(absent === 'add' && rule === 'merge' ? withoutNulls(incoming) : incoming);
    } else if (there === 'refuse') {
      notUpdated.push({ attributeName: incoming.name, reason: 'the attribute exists, and options=noOverwrite' });
      continue;
    } else if (isRemoval) {
      attributes.splice(at, 1);
      isShorter = true;
    } else {
      attributes[at] = TREATMENTS[there](existing, incoming);
    }
    if (changed[changed.length - 1] !== incoming.name) changed.push(incoming.name);
  }
  return { attributes: isShorter || changed.length > 0 ? attributes : before, changed, notUpdated };
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
  replace: (existing: Attribute, incoming: Attribute): Attribute => ({ ...incoming, createdAt: existing.createdAt }),

  /** 5.6.4: the members of the fragment replace those that are there. */
  overlay: (existing: Attribute, incoming: Attribute): Attribute =>
    combine(existing, incoming, incoming.value, mergeAttributes(existing.parts, incoming.parts, 'append').attributes),

  /** 5.5.12: as a JSON merge patch (RFC 7396), with urn:ngsi-ld:null where the RFC says null. */
  patch: (existing: Attribute, incoming: Attribute): Attribute =>
    combine(
      existing,
      incoming,
      incoming.kind === 'GeoProperty' ? incoming.value : patchValue(existing.value, incoming.value),
      mergeAttributes(existing.parts, incoming.parts, 'merge').attributes,
    ),
};

function combine(existing: Attribute, incoming: Attribute, value: Json, parts: readonly Attribute[]): Attribute {
  const isSame = incoming.kind === SAME;
  return {
    name: existing.name,
    kind: isSame ? existing.kind : incoming.kind,
    value: isSame ? existing.value : value,
    observedAt: overlaid(existing.observedAt, incoming.observedAt),
    unitCode: overlaid(existing.unitCode, incoming.unitCode),
    datasetId: existing.datasetId,
    parts: parts.length === 0 ? NO_PARTS : parts,
    createdAt: existing.createdAt,
    modifiedAt: incoming.modifiedAt,
    // An upper bound: what both could hold together.
    size: existing.size + incoming.size,
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

/** A merge patch that creates has nothing to remove: nulls inside are left out (RFC 7396, 2). */
function withoutNulls(attribute: Attribute): Attribute {
  return {
    ...attribute,
    value: attribute.kind === 'GeoProperty' ? attribute.value : patchValue({}, attribute.value),
    observedAt: overlaid(undefined, attribute.observedAt),
    unitCode: overlaid(undefined, attribute.unitCode),
    parts: attribute.parts.filter((part) => part.value !== NGSI_NULL && part.kind !== SAME).map(withoutNulls),
  };
}
