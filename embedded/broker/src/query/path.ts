/**
 * Attribute paths (GS CIM 009 V1.9.1, 4.9): `a.b` leads from attribute to sub-attribute, `a[x.y]` into a compound value
 * or to one language, and both end in target values. A path is taken apart once, not for each entity.
 */

import type { Context } from '../context/compile.js';
import { type Attribute, type Entity, NO_PARTS } from '../entity/model.js';
import { intern, isList, isObject, type Json } from '../json.js';
import { badRequest, notBuilt } from '../problem.js';

export interface Path {
  readonly names: readonly string[];
  readonly trail: readonly string[];
}

/** Asked for each target a path leads to, with the kind of the attribute when the target is its value. */
export type Visit = (target: Json, kind?: Attribute['kind']) => boolean;
export type Finder<T> = (from: T, visit: Visit) => boolean;

/** Entities are no deeper either. */
const MAX_NAMES = 32;
const ENDS_NAME = /[=!<>~;|()[\]{},"]/;

/** The path at the beginning of a text, and how long it is. */
export function parsePath(text: string, what: string): { readonly path: Path; readonly used: number } {
  const end = text.search(ENDS_NAME);
  const dotted = end < 0 ? text : text.slice(0, end);
  if (dotted !== '' && text[end] === '{' && text.includes('}'))
    throw notBuilt(`${what}: a path to a linked entity, with {} (4.5.23)`);
  // Dots part a path into names, but not inside an IRI.
  const names = dotted.includes('://') ? [dotted] : dotted.split('.');
  if (names.length > MAX_NAMES) throw badRequest(`${what}: a path has more than ${MAX_NAMES} names`);
  if (names.some((name) => name === '')) throw unexpected(text, 'an attribute name', what);
  if (text[end] !== '[') return { path: { names, trail: [] }, used: dotted.length };
  const close = text.indexOf(']', end);
  if (close < 0) throw unexpected(text, 'a ] after [', what);
  const trail = text.slice(end + 1, close).split('.');
  if (trail.length > MAX_NAMES || trail.some((member) => member === ''))
    throw unexpected(text, `1 to ${MAX_NAMES} member names in []`, what);
  return { path: { names, trail }, used: close + 1 };
}

function unexpected(text: string, wanted: string, what: string): Error {
  return badRequest(`${what}: expected ${wanted}, found ${text === '' ? 'the end' : `'${text.slice(0, 20)}'`}`);
}

/** Members of an attribute a path may end in, and of the entity itself. */
const MEMBERS: Readonly<Record<string, (attribute: Attribute) => Json | undefined>> = {
  observedAt: ({ observedAt }) => observedAt,
  unitCode: ({ unitCode }) => unitCode,
  datasetId: ({ datasetId }) => datasetId,
  createdAt: ({ createdAt }) => new Date(createdAt).toISOString(),
  modifiedAt: ({ modifiedAt }) => new Date(modifiedAt).toISOString(),
};

const ENTITY_MEMBERS: Readonly<Record<string, (entity: Entity) => Json>> = {
  createdAt: ({ createdAt }) => new Date(createdAt).toISOString(),
  modifiedAt: ({ modifiedAt }) => new Date(modifiedAt).toISOString(),
};

/** Expands the names, so that the path no longer needs its @context (and can be stored). */
export function bindPath(path: Path, context: Context): Path {
  const names = path.names.map((name, index) => (isMember(name, index, path) ? name : context.expand(name)));
  return { ...path, names };
}

function isMember(name: string, index: number, { names }: Path): boolean {
  if (names.length === 1) return Object.hasOwn(ENTITY_MEMBERS, name);
  return index > 0 && index === names.length - 1 && Object.hasOwn(MEMBERS, name);
}

/** Bound path → whether some target it leads to passes. */
export function compilePath({ names, trail }: Path): Finder<Entity> {
  const [first = '', ...rest] = names;
  const member = rest.length === 0 && Object.hasOwn(ENTITY_MEMBERS, first) ? ENTITY_MEMBERS[first] : undefined;
  if (member !== undefined) return (entity, visit) => visit(member(entity));
  const finds = compileName(first, rest, trail);
  return ({ attributes }, visit) => finds(attributes, visit);
}

/** Several instances of an attribute are several targets (4.9: "any Value of such instances"). */
function compileName(name: string, rest: readonly string[], trail: readonly string[]): Finder<readonly Attribute[]> {
  const passes = compileTarget(rest, trail);
  const wanted = intern(name);
  return (attributes, visit) => {
    for (const attribute of attributes) if (attribute.name === wanted && passes(attribute, visit)) return true;
    return false;
  };
}

function compileTarget(rest: readonly string[], trail: readonly string[]): Finder<Attribute> {
  const [next, ...further] = rest;
  if (next === undefined) return compileValue(trail);
  const member = further.length === 0 && Object.hasOwn(MEMBERS, next) ? MEMBERS[next] : undefined;
  if (member !== undefined) {
    return (attribute, visit) => {
      const target = member(attribute);
      return target !== undefined && visit(target);
    };
  }
  const finds = compileName(next, further, trail);
  return ({ parts }, visit) => parts !== NO_PARTS && finds(parts, visit);
}

function compileValue(trail: readonly string[]): Finder<Attribute> {
  const isAnyLanguage = trail.length === 0 || (trail.length === 1 && trail[0] === '*');
  return ({ kind, value }, visit) => {
    // Without a language, or with *, the texts of all languages are the target, as those of an array would be.
    if (kind === 'LanguageProperty' && isAnyLanguage && isObject(value))
      return visit(Object.values(value).flat(), kind);
    return someInside(value, trail, 0, (target) => visit(target, kind));
  };
}

function someInside(value: Json, trail: readonly string[], at: number, visit: Visit): boolean {
  const member = trail[at];
  if (member === undefined) return visit(value);
  if (isList(value)) return value.some((item) => someInside(item, trail, at, visit));
  return isObject(value) && Object.hasOwn(value, member) && someInside(value[member] ?? null, trail, at + 1, visit);
}
