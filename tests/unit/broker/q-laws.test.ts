/** Laws of the query language: what is formatted parses to the same, and answers as 4.9 reads when taken word by word. */

import { compileContext } from '@contor/broker/context/compile.js';
import type { Attribute, AttributeKind, Entity } from '@contor/broker/entity/model.js';
import type { Json, JsonObject } from '@contor/broker/json.js';
import { bindQuery, compileQuery } from '@contor/broker/query/evaluate.js';
import type { Path } from '@contor/broker/query/path.js';
import { type Operand, parseQuery, type Query, type Scalar } from '@contor/broker/query/q.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../support/long.js';

const CONTEXT = compileContext({}, () => ({}));

function format(query: Query): string {
  if ('terms' in query) {
    const terms = query.terms.map((term) => ('terms' in term ? `(${format(term)})` : format(term)));
    return terms.join(query.kind === 'and' ? ';' : '|');
  }
  if (query.kind === 'exists') return (query.isNegated ? '!' : '') + formatPath(query.path);
  return formatPath(query.path) + query.operator + formatOperand(query.operand);
}

function formatPath({ names, trail }: Path): string {
  return names.join('.') + (trail.length === 0 ? '' : `[${trail.join('.')}]`);
}

function formatOperand(operand: Operand): string {
  return operand.kind === 'range'
    ? `${formatScalar(operand.from)}..${formatScalar(operand.to)}`
    : operand.values.map(formatScalar).join(',');
}

function formatScalar(scalar: Scalar): string {
  if (scalar.kind === 'text') return JSON.stringify(scalar.value);
  return scalar.kind === 'time' || scalar.kind === 'clock' ? scalar.text : String(scalar.value);
}

const number = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true, noDefaultInfinity: true }));
const word = fc.constantFrom('red', 'blue', 'urn:a:b', 'Ω "quoted" \\ text');
const moment = fc.integer({ min: 0, max: 3 }).map((seconds) => `2026-11-20T07:00:0${seconds}.500Z`);
const clock = fc.integer({ min: 0, max: 3 }).map((seconds) => `07:00:0${seconds}Z`);
const comparable: fc.Arbitrary<Scalar> = fc.oneof(
  number.map((value) => ({ kind: 'number', value: value + 0 }) as const),
  fc
    .oneof(
      word,
      fc.string({ maxLength: 6 }).filter((text) => !/^\d/.test(text)),
    )
    .map((value) => ({ kind: 'text', value }) as const),
  moment.map((text) => ({ kind: 'time', value: Date.parse(text), text }) as const),
  clock.map((text) => ({ kind: 'clock', value: Date.parse(`1970-01-01T${text}`), text }) as const),
);
const scalar: fc.Arbitrary<Scalar> = fc.oneof(
  { weight: 4, arbitrary: comparable },
  { weight: 1, arbitrary: fc.boolean().map((value) => ({ kind: 'boolean', value }) as const) },
);
const path: fc.Arbitrary<Path> = fc.record({
  names: fc.oneof(
    fc.tuple(fc.constantFrom('a', 'b', 'c')),
    fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom('c', 'observedAt', 'unitCode')),
  ),
  trail: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    fc.array(fc.constantFrom('en', 'x', '*'), { minLength: 1, maxLength: 2 }),
  ),
});
const list = (values: readonly Scalar[]): Operand => ({ kind: 'list', values });
const leaf: fc.Arbitrary<Query> = fc.oneof(
  fc.record({ kind: fc.constant('exists' as const), path, isNegated: fc.boolean() }),
  fc.record({
    kind: fc.constant('compare' as const),
    path,
    operator: fc.constantFrom('==' as const, '!=' as const),
    operand: fc.oneof(
      fc.array(scalar, { minLength: 1, maxLength: 3 }).map(list),
      fc.record({ kind: fc.constant('range' as const), from: comparable, to: comparable }),
    ),
  }),
  fc.record({
    kind: fc.constant('compare' as const),
    path,
    operator: fc.constantFrom('<' as const, '<=' as const, '>' as const, '>=' as const),
    operand: comparable.map((value) => list([value])),
  }),
  fc.record({
    kind: fc.constant('compare' as const),
    path,
    operator: fc.constantFrom('~=' as const, '!~=' as const),
    operand: fc.constantFrom('^r', 'e', 'd$', '(red|blue)').map((value) => list([{ kind: 'text', value }])),
  }),
);
const { tree } = fc.letrec<{ tree: Query }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      terms: fc.array(tie('tree'), { minLength: 2, maxLength: 3 }),
    }),
  ),
}));

it('is the same after formatting and parsing', () =>
  fc.assert(
    fc.property(tree, (query) => expect(parseQuery(format(query))).toEqual(query)),
    { numRuns: times(300, 3_000) },
  ));

const plain: fc.Arbitrary<Json> = fc.oneof(number, word, moment, clock, fc.boolean());
const VALUES: Partial<Record<AttributeKind, fc.Arbitrary<Json>>> = {
  Property: fc.oneof(
    plain,
    fc.array(plain, { maxLength: 3 }),
    fc.record({ x: plain, en: plain }),
    fc.constant({ x: { x: 'red' } }),
  ),
  Relationship: fc.oneof(word, fc.array(word, { minLength: 1, maxLength: 2 })),
  LanguageProperty: fc.dictionary(
    fc.constantFrom('en', 'ro'),
    fc.oneof(word, fc.array(word, { maxLength: 2 })),
  ) as fc.Arbitrary<JsonObject>,
  VocabProperty: word,
};

function attribute(parts: fc.Arbitrary<readonly Attribute[]>, names: readonly string[]): fc.Arbitrary<Attribute> {
  return fc.constantFrom(...(Object.keys(VALUES) as AttributeKind[])).chain((kind) =>
    fc.record({
      name: fc.constantFrom(...names).map((name) => CONTEXT.expand(name)),
      kind: fc.constant(kind),
      value: VALUES[kind] ?? fc.constant(null),
      observedAt: fc.option(moment, { nil: undefined }),
      unitCode: fc.option(word, { nil: undefined }),
      datasetId: fc.constant(undefined),
      parts,
      createdAt: fc.constant(0),
      modifiedAt: fc.constant(0),
      size: fc.constant(0),
    }),
  );
}

const entity: fc.Arbitrary<Entity> = fc
  .array(attribute(fc.array(attribute(fc.constant([]), ['c']), { maxLength: 1 }), ['a', 'b', 'c']), { maxLength: 4 })
  .map((attributes) => ({ id: 'urn:a:b', types: [], scope: undefined, attributes, createdAt: 0, modifiedAt: 0 }));

interface Target {
  readonly value: Json;
  readonly isRelationship: boolean;
}

/** Every target a path has, in the words of 4.9. */
function targetsOf(attributes: readonly Attribute[], { names: [first = '', ...rest], trail }: Path): readonly Target[] {
  return attributes
    .filter(({ name }) => name === CONTEXT.expand(first))
    .flatMap((found): readonly Target[] => {
      const [next] = rest;
      if (next === 'observedAt' || next === 'unitCode') {
        const member = found[next];
        return member === undefined ? [] : [{ value: member, isRelationship: false }];
      }
      if (next !== undefined) return targetsOf(found.parts, { names: rest, trail });
      const isRelationship = found.kind === 'Relationship';
      if (found.kind === 'LanguageProperty' && (trail.length === 0 || trail.join() === '*'))
        return [{ value: Object.values(found.value as JsonObject).flat(), isRelationship }];
      return inside(found.value, trail).map((value) => ({ value, isRelationship }));
    });
}

function inside(value: Json, trail: readonly string[]): readonly Json[] {
  const [member, ...rest] = trail;
  if (member === undefined) return [value];
  if (Array.isArray(value)) return value.flatMap((item) => inside(item, trail));
  const within = typeof value === 'object' && value !== null ? (value as JsonObject)[member] : undefined;
  return within === undefined ? [] : inside(within, rest);
}

/** Less, equal, more; undefined between different types of data. */
function order(target: Json, given: Scalar): number | undefined {
  const sign = (from: number, to: number): number => Number(from > to) - Number(from < to);
  if (given.kind === 'number') return typeof target === 'number' ? sign(target, given.value) : undefined;
  if (given.kind === 'boolean') return target === given.value ? 0 : undefined;
  if (typeof target !== 'string') return undefined;
  if (given.kind === 'text') return target === given.value ? 0 : target < given.value ? -1 : 1;
  const text = given.kind === 'clock' ? `1970-01-01T${target}` : target;
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/.test(text) ? sign(Date.parse(text), given.value) : undefined;
}

function equals(target: Json, operand: Operand): boolean {
  if (Array.isArray(target)) return target.some((item) => equals(item, operand));
  if (operand.kind === 'list') return operand.values.some((value) => order(target, value) === 0);
  return (order(target, operand.from) ?? -1) >= 0 && (order(target, operand.to) ?? 1) <= 0;
}

function holds({ value, isRelationship }: Target, operator: string, operand: Operand): boolean {
  if (operator === '==') return equals(value, operand);
  if (operator === '!=') return !equals(value, operand);
  const [first] = operand.kind === 'list' ? operand.values : [];
  if (isRelationship || first === undefined) return false;
  if (operator.endsWith('~=')) {
    const texts = [value].flat().filter((item) => typeof item === 'string');
    const isMatch = texts.some((text) => new RegExp(String(first.kind === 'text' && first.value)).test(text));
    return texts.length > 0 && isMatch === (operator === '~=');
  }
  const sign = order(value, first);
  if (sign === undefined) return false;
  return { '<': sign < 0, '<=': sign <= 0, '>': sign > 0, '>=': sign >= 0 }[operator] ?? false;
}

function naive(query: Query, entity: Entity): boolean {
  if ('terms' in query) {
    const answers = query.terms.map((term) => naive(term, entity));
    return query.kind === 'and' ? answers.every(Boolean) : answers.some(Boolean);
  }
  const targets = targetsOf(entity.attributes, query.path);
  if (query.kind === 'exists') return targets.length > 0 !== query.isNegated;
  return targets.some((target) => holds(target, query.operator, query.operand));
}

describe('an answer', () => {
  it('is that of reading 4.9 word by word', () =>
    fc.assert(
      fc.property(tree, entity, (query, at) =>
        expect(compileQuery(bindQuery(query, CONTEXT))(at)).toBe(naive(query, at)),
      ),
      { numRuns: times(600, 6_000) },
    ));

  it('is the same after the tree was in a record', () =>
    fc.assert(
      fc.property(tree, entity, (query, at) => {
        const bound = bindQuery(query, CONTEXT);
        expect(compileQuery(JSON.parse(JSON.stringify(bound)))(at)).toBe(compileQuery(bound)(at));
      }),
    ));
});
