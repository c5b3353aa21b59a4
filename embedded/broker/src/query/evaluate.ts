/** A query tree against an entity (GS CIM 009 V1.9.1, 4.9). Names are expanded once, then each entity is a few look-ups. */

import type { Context } from '../context/compile.js';
import { type Attribute, type Entity, NO_PARTS } from '../entity/model.js';
import { intern, isList, isObject, type Json } from '../json.js';
import { badRequest } from '../problem.js';
import { compilePattern, type Pattern } from './pattern.js';
import type { Operand, Operator, Path, Query, Scalar } from './q.js';

export type Predicate = (entity: Entity) => boolean;

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

/** Expands the names of a query, so that it no longer needs its @context (and can be stored). */
export function bindQuery(query: Query, context: Context): Query {
  if ('terms' in query) return { ...query, terms: query.terms.map((term) => bindQuery(term, context)) };
  const names = query.path.names.map((name, index) =>
    isMember(name, index, query.path) ? name : context.expand(name),
  );
  return { ...query, path: { ...query.path, names } };
}

function isMember(name: string, index: number, { names }: Path): boolean {
  if (names.length === 1) return Object.hasOwn(ENTITY_MEMBERS, name);
  return index > 0 && index === names.length - 1 && Object.hasOwn(MEMBERS, name);
}

/** Bound query → predicate. */
export function compileQuery(query: Query): Predicate {
  if ('terms' in query) {
    const terms = query.terms.map(compileQuery);
    return query.kind === 'and'
      ? (entity) => terms.every((term) => term(entity))
      : (entity) => terms.some((term) => term(entity));
  }
  const { path } = query;
  if (query.kind === 'exists') {
    const exists = compilePath(path, () => true);
    return query.isNegated ? (entity) => !exists(entity) : exists;
  }
  return compilePath(path, compileTest(query.operator, query.operand));
}

type Test = (target: Json) => boolean;

function compileTest(operator: Operator, operand: Operand): Test {
  if (operator === '~=' || operator === '!~=') {
    const pattern = compilePattern(textOf(operand));
    const isWanted = operator === '~=';
    return (target) => someText(target, pattern) === isWanted;
  }
  if (operator === '==' || operator === '!=') {
    const equals: Test =
      operand.kind === 'range'
        ? (target) => isWithin(target, operand)
        : (target) => operand.values.some((value) => isEqual(target, value));
    const isWanted = operator === '==';
    return (target) => (isList(target) ? target.some(equals) : equals(target)) === isWanted;
  }
  const value = operand.kind === 'range' ? operand.from : operand.values[0];
  if (value === undefined) throw badRequest(`q: ${operator} needs a value`);
  const holds = ORDERINGS[operator];
  return (target) => {
    const order = compare(target, value);
    return order !== undefined && holds(order);
  };
}

const ORDERINGS = {
  '>': (order: number) => order > 0,
  '<': (order: number) => order < 0,
  '>=': (order: number) => order >= 0,
  '<=': (order: number) => order <= 0,
} as const;

function textOf(operand: Operand): string {
  const value = operand.kind === 'list' ? operand.values[0] : undefined;
  if (value?.kind !== 'text') throw badRequest('q: a pattern must be a text');
  return value.value;
}

function someText(target: Json, pattern: Pattern): boolean {
  if (isList(target)) return target.some((item) => someText(item, pattern));
  return typeof target === 'string' && pattern.test(target);
}

function isEqual(target: Json, scalar: Scalar): boolean {
  if (scalar.kind === 'text' && typeof target === 'string') return target === scalar.value;
  if (scalar.kind === 'boolean') return target === scalar.value;
  return compare(target, scalar) === 0;
}

function isWithin(target: Json, { from, to }: { readonly from: Scalar; readonly to: Scalar }): boolean {
  const low = compare(target, from);
  const high = compare(target, to);
  return low !== undefined && high !== undefined && low >= 0 && high <= 0;
}

/** Negative, zero or positive; undefined when the two are of different kinds (4.9: then it does not match). */
function compare(target: Json, scalar: Scalar): number | undefined {
  if (scalar.kind === 'number') return typeof target === 'number' ? target - scalar.value : undefined;
  if (typeof target !== 'string') return undefined;
  if (scalar.kind === 'text') return target < scalar.value ? -1 : target > scalar.value ? 1 : 0;
  if (scalar.kind !== 'time') return undefined;
  const at = target.length <= 40 ? Date.parse(target) : Number.NaN;
  return Number.isNaN(at) ? undefined : at - scalar.value;
}

type Finder = (attributes: readonly Attribute[], test: Test) => boolean;

/** Whether some target element the path leads to passes. The path is taken apart once, not for each entity. */
function compilePath({ names, trail }: Path, test: Test): Predicate {
  const [first = '', ...rest] = names;
  const member = rest.length === 0 && Object.hasOwn(ENTITY_MEMBERS, first) ? ENTITY_MEMBERS[first] : undefined;
  if (member !== undefined) return (entity) => test(member(entity));
  const finds = compileFinder(first, rest, trail);
  return ({ attributes }) => finds(attributes, test);
}

function compileFinder(name: string, rest: readonly string[], trail: readonly string[]): Finder {
  const passes = compileTarget(rest, trail);
  const wanted = intern(name);
  return (attributes, test) => {
    for (const attribute of attributes) if (attribute.name === wanted && passes(attribute, test)) return true;
    return false;
  };
}

function compileTarget(
  rest: readonly string[],
  trail: readonly string[],
): (attribute: Attribute, test: Test) => boolean {
  const [next, ...further] = rest;
  if (next === undefined) {
    return ({ kind, value }, test) => {
      // Without a language tag any language will do (4.9).
      const isAnyLanguage = kind === 'LanguageProperty' && trail.length === 0;
      return isAnyLanguage && isObject(value) ? Object.values(value).some(test) : someInside(value, trail, 0, test);
    };
  }
  const member = further.length === 0 && Object.hasOwn(MEMBERS, next) ? MEMBERS[next] : undefined;
  if (member !== undefined) {
    return (attribute, test) => {
      const target = member(attribute);
      return target !== undefined && test(target);
    };
  }
  const finds = compileFinder(next, further, trail);
  return ({ parts }, test) => parts !== NO_PARTS && finds(parts, test);
}

function someInside(value: Json, trail: readonly string[], at: number, test: Test): boolean {
  const member = trail[at];
  if (member === undefined) return test(value);
  if (isList(value)) return value.some((item) => someInside(item, trail, at, test));
  return isObject(value) && Object.hasOwn(value, member) && someInside(value[member] ?? null, trail, at + 1, test);
}
