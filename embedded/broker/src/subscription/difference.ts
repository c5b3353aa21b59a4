/**
 * What a write changed, instance by instance. An attribute has changed when any of its members or children has a value
 * different from the one it had (GS CIM 009 V1.9.1, 5.8.6): written again as it was, it has not. When it was written does
 * not count.
 */

import type { EntityChange } from '../entity/change.js';
import type { Attribute } from '../entity/model.js';
import type { Json } from '../json.js';

export interface AttributeChange {
  readonly name: string;
  readonly happening: 'created' | 'updated' | 'deleted';
  readonly before?: Attribute | undefined;
  readonly after?: Attribute | undefined;
}

const NONE: readonly Attribute[] = [];

export function differenceOf({ before, after }: EntityChange): readonly AttributeChange[] {
  const was = before?.attributes ?? NONE;
  const is = after?.attributes ?? NONE;
  if (was === is) return [];
  const changes: AttributeChange[] = [];
  const find = finder(was);
  let found = 0;
  for (const [at, attribute] of is.entries()) {
    const old = find(attribute, at);
    if (old !== undefined) found += 1;
    if (old === undefined) changes.push({ name: attribute.name, happening: 'created', after: attribute });
    else if (old !== attribute && !isSame(old, attribute))
      changes.push({ name: attribute.name, happening: 'updated', before: old, after: attribute });
  }
  if (found === was.length) return changes;
  const findNow = finder(is);
  for (const [at, attribute] of was.entries()) {
    if (findNow(attribute, at) === undefined)
      changes.push({ name: attribute.name, happening: 'deleted', before: attribute });
  }
  return changes;
}

type Finder = (wanted: Attribute, hint: number) => Attribute | undefined;

/** Writes leave the order alone, so the same place is where to look first; an index is made when that has failed once. */
function finder(attributes: readonly Attribute[]): Finder {
  let index: Map<string, Attribute> | undefined;
  return (wanted, hint) => {
    const candidate = attributes[hint];
    if (candidate?.name === wanted.name && candidate.datasetId === wanted.datasetId) return candidate;
    index ??= new Map(attributes.map((attribute) => [keyOf(attribute), attribute]));
    return index.get(keyOf(wanted));
  };
}

/** No IRI has a space in it, so the two cannot run together. */
function keyOf({ name, datasetId }: Attribute): string {
  return datasetId === undefined ? name : `${name} ${datasetId}`;
}

/** When an instance was written, and how large it is, is no part of what it says; which instance it is, is known already. */
type NotSaid = 'name' | 'datasetId' | 'createdAt' | 'modifiedAt' | 'deletedAt' | 'size' | 'parts';
/** A table, so that the compiler asks about a member that is new. */
const SAID: Readonly<Record<Exclude<keyof Attribute, NotSaid>, true>> = {
  value: true,
  observedAt: true,
  unitCode: true,
  kind: true,
};
const SAID_MEMBERS = Object.keys(SAID) as readonly (keyof typeof SAID)[];

function isSame(a: Attribute, b: Attribute): boolean {
  if (a.parts.length !== b.parts.length) return false;
  for (const member of SAID_MEMBERS) if (!isEqual(a[member], b[member])) return false;
  if (a.parts.length === 0) return true;
  const find = finder(b.parts);
  return a.parts.every((part, at) => {
    const other = find(part, at);
    return other !== undefined && isSame(part, other);
  });
}

/** Equal as JSON: the order of keys says nothing. */
function isEqual(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  const [left, right] = [a as Record<string, Json>, b as Record<string, Json>];
  return keys.every((key) => Object.hasOwn(right, key) && isEqual(left[key], right[key]));
}
