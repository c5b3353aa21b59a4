/** A query tree against an entity (GS CIM 009 V1.9.1, 4.9). Names are expanded once, then each entity is a few look-ups. */

import type { Context } from '../context/compile.js';
import type { Entity } from '../entity/model.js';
import { isList, type Json } from '../json.js';
import { badRequest } from '../problem.js';
import { bindPath, compilePath, type Visit } from './path.js';
import { compilePattern } from './pattern.js';
import { clockOf, momentOf, type Operand, type Operator, type Query, type Scalar } from './q.js';

export type Predicate = (entity: Entity) => boolean;

const NONE: ReadonlySet<string> = new Set();

/**
 * Expands the names of a query, so that it no longer needs its @context (and can be stored). The texts that attributes
 * of `expandValues` (expanded names) are compared with are expanded too.
 */
export function bindQuery(query: Query, context: Context, expandValues = NONE): Query {
  if ('terms' in query) return { ...query, terms: query.terms.map((term) => bindQuery(term, context, expandValues)) };
  const path = bindPath(query.path, context);
  if (query.kind === 'exists' || query.operator.endsWith('~=') || !expandValues.has(path.names[0] ?? ''))
    return { ...query, path };
  return { ...query, path, operand: expandOperand(query.operand, context) };
}

function expandOperand(operand: Operand, context: Context): Operand {
  if (operand.kind === 'range') return operand;
  const values = operand.values.map((scalar) =>
    scalar.kind === 'text' ? { ...scalar, value: context.expand(scalar.value) } : scalar,
  );
  return { ...operand, values };
}

/** Bound query → predicate. */
export function compileQuery(query: Query): Predicate {
  if ('terms' in query) {
    const terms = query.terms.map(compileQuery);
    return query.kind === 'and'
      ? (entity) => terms.every((term) => term(entity))
      : (entity) => terms.some((term) => term(entity));
  }
  const finds = compilePath(query.path);
  if (query.kind === 'exists') {
    const { isNegated } = query;
    return (entity) => finds(entity, () => true) !== isNegated;
  }
  const test = compileTest(query.operator, query.operand);
  return (entity) => finds(entity, test);
}

type Test = (target: Json) => boolean;

function compileTest(operator: Operator, operand: Operand): Visit {
  if (operator === '==' || operator === '!=') return compileEquality(operand, operator === '==');
  const test =
    operator === '~=' || operator === '!~='
      ? compileMatch(textOf(operand), operator === '~=')
      : compileOrder(ORDERINGS[operator], operand);
  // What a relationship points at can only be equal or unequal.
  return (target, kind) => kind !== 'Relationship' && test(target);
}

function compileEquality(operand: Operand, isWanted: boolean): Test {
  const equals: Test =
    operand.kind === 'range'
      ? (target) => isWithin(target, operand)
      : (target) => operand.values.some((value) => isEqual(target, value));
  return (target) => (isList(target) ? target.some(equals) : equals(target)) === isWanted;
}

/** Only texts match a pattern, and only texts do not: a number does neither. */
function compileMatch(text: string, isWanted: boolean): Test {
  const pattern = compilePattern(text);
  return (target) => {
    const texts = (isList(target) ? target : [target]).filter((item) => typeof item === 'string');
    return texts.length > 0 && texts.some((item) => pattern.test(item)) === isWanted;
  };
}

const ORDERINGS = {
  '>': (order: number) => order > 0,
  '<': (order: number) => order < 0,
  '>=': (order: number) => order >= 0,
  '<=': (order: number) => order <= 0,
} as const;

function compileOrder(holds: (order: number) => boolean, operand: Operand): Test {
  const value = operand.kind === 'list' ? operand.values[0] : undefined;
  if (value === undefined) throw badRequest('q: an order needs one value');
  return (target) => {
    const order = compare(target, value);
    return order !== undefined && holds(order);
  };
}

function textOf(operand: Operand): string {
  const value = operand.kind === 'list' ? operand.values[0] : undefined;
  if (value?.kind !== 'text') throw badRequest('q: a pattern must be a text');
  return value.value;
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
  if (typeof target !== 'string' || scalar.kind === 'boolean') return undefined;
  if (scalar.kind === 'text') return target < scalar.value ? -1 : target > scalar.value ? 1 : 0;
  const at = scalar.kind === 'time' ? momentOf(target) : clockOf(target);
  return Number.isNaN(at) ? undefined : at - scalar.value;
}
