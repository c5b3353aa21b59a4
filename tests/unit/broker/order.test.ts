/** Entity ordering: an order of everything there is. GS CIM 009 V1.9.1, 4.23. */

import { compileContext } from '@contor/broker/context/compile.js';
import type { Entity } from '@contor/broker/entity/model.js';
import type { Json } from '@contor/broker/json.js';
import { compileOrdering } from '@contor/broker/query/order.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../support/long.js';

const CONTEXT = compileContext({}, () => ({}));

function entity(values: Readonly<Record<string, Json>>): Entity {
  const attributes = Object.entries(values).map(([name, value]) => ({
    name: CONTEXT.expand(name),
    kind: 'Property' as const,
    value,
    ...{ observedAt: undefined, unitCode: undefined, datasetId: undefined, parts: [] },
    ...{ createdAt: 0, modifiedAt: 0, size: 0 },
  }));
  return { id: 'urn:a:b', types: [CONTEXT.expand('T')], scope: undefined, attributes, createdAt: 0, modifiedAt: 0 };
}

/** What an attribute of this name sorts to. */
function sorted(values: readonly (Json | undefined)[], orderBy: string): readonly (Json | undefined)[] {
  const { keysOf, compare } = compileOrdering({ orderBy: [orderBy] }, CONTEXT);
  const rows = values.map((value) => ({ value, keys: keysOf(entity(value === undefined ? {} : { a: value })) }));
  return rows.sort((p, q) => compare(p.keys, q.keys)).map(({ value }) => value);
}

// 4.23.2, in this order.
const MIXED: readonly (Json | undefined)[] = [
  ...[-1, 2.5, 10],
  ...['Anna', 'anton', 'Zoë'],
  { x: 1 },
  [1],
  ...[false, true],
  ...['07:00:00Z', '08:00:00.5Z'],
  ...['2026-11-19', '2026-11-20'],
  '2026-11-20T07:00:00Z',
  undefined,
];

it('has values of different types in the order of the standard', () =>
  fc.assert(
    fc.property(fc.shuffledSubarray([...MIXED], { minLength: MIXED.length }), (values) =>
      expect(sorted(values, 'a')).toEqual(MIXED),
    ),
  ));

it('keeps the types in that order when descending', () =>
  expect(sorted([undefined, 'b', 1, true, 'c', 2], 'a;desc')).toEqual([2, 1, 'c', 'b', true, undefined]));

describe('the order of any values', () => {
  const value = fc.jsonValue({ maxDepth: 2 }).filter((json) => json !== null) as fc.Arbitrary<Json>;
  it('is one that sorting again does not change', () =>
    fc.assert(
      fc.property(fc.array(value), fc.constantFrom('a', 'a;desc'), (values, orderBy) => {
        const once = sorted(values, orderBy);
        expect(sorted(once, orderBy)).toEqual(once);
      }),
    ));
});

it('is compiled or refused, whatever it says', () =>
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom(...'ab.[];-{}"distasc '), maxLength: 20 })),
      fc.oneof(fc.constant(undefined), fc.string(), fc.constantFrom('sv', 'de-u-co-phonebk', 'en-u-ks-level1')),
      fc.oneof(fc.constant(undefined), fc.jsonValue() as fc.Arbitrary<Json>, fc.constant([8, 40])),
      (orderBy, collation, coordinates) => {
        try {
          const { keysOf, compare } = compileOrdering({ orderBy, collation, coordinates }, CONTEXT);
          expect(compare(keysOf(entity({ a: 1 })), keysOf(entity({ a: 1 })))).toBe(0);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^(badRequestData|notBuilt)$/) });
        }
      },
    ),
    { numRuns: times(200, 1_000) },
  ));
