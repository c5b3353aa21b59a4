/**
 * Cuts out of an entity what points to entities that somebody never sees: relationships, single or several instances, and bare
 * identifiers where values stand without their kind (GS CIM 009, 4.5.1 to 4.5.4). What the index does not know is left.
 */

import { isFields } from '../scope/read-ties.js';
import type { Scope, ScopeIndex } from '../scope.js';

type Fields = Readonly<Record<string, unknown>>;

/** Members of an attribute that hold identifiers, now and before a change (5.2.6, 5.8.6). */
const POINTERS: ReadonlySet<string> = new Set([
  'object',
  'objectList',
  'previousObject',
  'previousObjectList',
  'value',
  'previousValue',
]);
/** An attribute without what it says is none, and an instance without its name would be another. */
const ESSENTIAL: ReadonlySet<string> = new Set(['object', 'objectList', 'value', 'datasetId']);
/** Whole other entities, joined in (4.5.23). They are answered on their own, or not at all. */
const INLINED: ReadonlySet<string> = new Set(['entity', 'entityList']);
/** Of an entity, these are its own. */
const OWN: ReadonlySet<string> = new Set(['id', '@id', 'type', '@type', '@context']);
/** Attributes of attributes of attributes; the vocabulary has one level. */
const DEEPEST = 8;

/** The entity itself, when nothing had to be cut. */
export function redact<Entity extends Fields>(entity: Entity, scope: Scope, index: ScopeIndex): Entity {
  if (scope.kind === 'everything') return entity;
  const isHidden = (id: string) => index.has(id) && index.spansOf(scope, id).length === 0;
  return cutMembers(entity, isHidden, OWN, 0) as Entity;
}

type IsHidden = (id: string) => boolean;

function cutMembers(fields: Fields, isHidden: IsHidden, kept: ReadonlySet<string>, depth: number): Fields {
  const changed: Record<string, unknown> = {};
  let isChanged = false;
  for (const [name, before] of Object.entries(fields)) {
    const after = kept.has(name) ? before : cutAttribute(before, isHidden, depth);
    if (after !== before) isChanged = true;
    if (after !== undefined) changed[name] = after;
  }
  return isChanged ? changed : fields;
}

/** `undefined` when nothing of it is left. */
function cutAttribute(attribute: unknown, isHidden: IsHidden, depth: number): unknown {
  if (typeof attribute === 'string') return isHidden(attribute) ? undefined : attribute;
  if (Array.isArray(attribute)) {
    const left = attribute.map((one) => cutAttribute(one, isHidden, depth)).filter((one) => one !== undefined);
    if (left.length === attribute.length && left.every((one, at) => one === attribute[at])) return attribute;
    // One instance that is left is told as a broker tells one.
    return left.length === 0 ? undefined : left.length === 1 && isFields(left[0]) ? left[0] : left;
  }
  if (!isFields(attribute)) return attribute;
  if (depth >= DEEPEST) return undefined;
  return cutInstance(attribute, isHidden, depth);
}

function cutInstance(instance: Fields, isHidden: IsHidden, depth: number): unknown {
  const left: Record<string, unknown> = {};
  let isChanged = false;
  for (const [name, before] of Object.entries(instance)) {
    if (INLINED.has(name)) {
      isChanged = true;
      continue;
    }
    const after = POINTERS.has(name) ? cutPointer(before, isHidden) : cutSub(name, before, isHidden, depth);
    if (after !== before) isChanged = true;
    if (after !== undefined) left[name] = after;
    else if (ESSENTIAL.has(name)) return undefined;
  }
  return isChanged ? left : instance;
}

/** Attributes of the attribute. */
function cutSub(name: string, sub: unknown, isHidden: IsHidden, depth: number): unknown {
  return OWN.has(name) ? sub : cutAttribute(sub, isHidden, depth + 1);
}

function cutPointer(pointer: unknown, isHidden: IsHidden): unknown {
  if (typeof pointer === 'string') return isHidden(pointer) ? undefined : pointer;
  if (isFields(pointer) && typeof pointer.object === 'string') return isHidden(pointer.object) ? undefined : pointer;
  if (!Array.isArray(pointer)) return pointer;
  const left = pointer.filter((one) => cutPointer(one, isHidden) !== undefined);
  if (left.length === pointer.length) return pointer;
  return left.length === 0 ? undefined : left;
}
