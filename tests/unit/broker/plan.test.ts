/** A query answers the same by columns and slots as by looking at every entity, whatever was written in between. */

import type { Attribute, Entity } from '@contor/broker/entity/model.js';
import { compileQuery } from '@contor/broker/query/evaluate.js';
import { type Condition, literalPrefix, matching, type Wanted } from '@contor/broker/query/plan.js';
import { parseQuery, type Query } from '@contor/broker/query/q.js';
import { compileSelector } from '@contor/broker/query/select.js';
import { EntityTable } from '@contor/broker/store/entity-table.js';
import { Shelf } from '@contor/broker/store/shelf.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../support/long.js';

const NAMES = ['urn:n:a', 'urn:n:b'] as const;
const TYPES = ['urn:t:A', 'urn:t:B'] as const;
const VALUES: readonly Attribute['value'][] = [
  ...[0, 1, 2, 2.5, -1, true, false, 'x', 'y', 'xy', '', 'urn:x:1', '2026-11-20T07:00:00Z', '07:00:00Z', null],
  ...[[], [1, 2], ['x', 3], { a: 1 }, { a: { b: 'x' } }, { en: 'x', de: ['y'] }, 'x'.repeat(300)],
];
const MOMENTS = ['2026-11-20T07:00:00Z', '2026-11-20T08:00:00.000Z'];

const value = fc.constantFrom(...VALUES);
const attributeOf = (parts: fc.Arbitrary<readonly Attribute[]>): fc.Arbitrary<Attribute> =>
  fc.record({
    name: fc.constantFrom(...NAMES),
    kind: fc.constantFrom('Property', 'Property', 'Relationship', 'LanguageProperty', 'VocabProperty', 'JsonProperty'),
    value,
    observedAt: fc.option(fc.constantFrom(...MOMENTS), { nil: undefined }),
    unitCode: fc.option(fc.constantFrom('KWH', 'WTT'), { nil: undefined }),
    datasetId: fc.option(fc.constantFrom('urn:d:1', 'urn:d:2'), { nil: undefined }),
    parts,
    createdAt: fc.constantFrom(1_000, 5_000),
    modifiedAt: fc.constantFrom(2_000, 6_000),
    size: fc.constant(1),
  });
const attribute = attributeOf(fc.array(attributeOf(fc.constant([])), { maxLength: 1 }));

const deed = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      id: fc.nat(12),
      types: fc.subarray([...TYPES], { minLength: 1 }),
      attributes: fc.array(attribute, { maxLength: 3 }),
      createdAt: fc.constantFrom(1_000, 5_000),
      modifiedAt: fc.constantFrom(2_000, 6_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ id: fc.nat(12) }) },
);

/** Bound by hand: the names of these queries are IRIs already. */
const PATHS: readonly (readonly string[])[] = [
  ...[['urn:n:a'], ['urn:n:b'], ['urn:n:a', 'urn:n:b'], ['urn:n:a', 'observedAt'], ['urn:n:b', 'unitCode']],
  ...[['urn:n:a', 'datasetId'], ['createdAt'], ['modifiedAt'], ['urn:n:none']],
];
const TERMS = [
  ...['n', 'n==1', 'n!=1', 'n>1', 'n<=2', 'n==0..2', 'n!=0..2', 'n==1,"x"', 'n=="x"', 'n!="x"', 'n>"x"', 'n~=x'],
  ...['n!~=x', 'n==true', 'n!=false', 'n==2026-11-20T07:00:00Z', 'n>1970-01-01T00:00:03Z', 'n=="WTT"', 'n=="urn:d:1"'],
];
const TRAILS = [[], [], ['a'], ['a', 'b'], ['en'], ['*']];

const term: fc.Arbitrary<Query> = fc
  .tuple(fc.constantFrom(...TERMS), fc.constantFrom(...PATHS), fc.constantFrom(...TRAILS), fc.boolean())
  .map(([text, names, trail, isNegated]) => {
    const parsed = parseQuery(text);
    if ('terms' in parsed) return parsed;
    const path = { names, trail: names.length === 1 && names[0]?.startsWith('urn:n:') ? trail : [] };
    return parsed.kind === 'exists' ? { ...parsed, path, isNegated } : { ...parsed, path };
  });
const { query } = fc.letrec<{ query: Query }>((tie) => ({
  query: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    term,
    fc.record({ kind: fc.constantFrom('and', 'or'), terms: fc.array(tie('query'), { minLength: 1, maxLength: 3 }) }),
  ),
}));

const selector = fc.record(
  {
    ids: fc.uniqueArray(fc.nat(14).map(idOf), { minLength: 1, maxLength: 4 }),
    idPattern: fc.constantFrom('^urn:e:1', '^urn:e:1$', '1', '^urn:e:[0-4]', '^urn:e:(1|2)', '^urn:e:11*', '^x'),
    types: fc.constantFrom([TYPES[0]], [...TYPES], [[...TYPES]]),
  },
  { requiredKeys: [] },
);
const wanted: fc.Arbitrary<Wanted> = fc.record({
  selectors: fc.array(selector, { minLength: 1, maxLength: 2 }),
  query: fc.option(query, { nil: undefined }),
  attrs: fc.option(fc.constantFrom(new Set(['urn:n:a']), new Set(['urn:n:a', 'urn:n:b'])), { nil: undefined }),
});

function idOf(number: number): string {
  return `urn:e:${number}`;
}

/** What the specification says, one entity after the other. */
function expected(model: ReadonlyMap<string, Entity>, { selectors, query: tree, attrs }: Wanted): string[] {
  const tests = selectors.map(compileSelector);
  const holds = tree === undefined ? undefined : compileQuery(tree);
  const byId = selectors.every(({ ids }) => ids !== undefined);
  const ids = byId ? [...new Set(selectors.flatMap((one) => one.ids ?? []))] : [...model.keys()];
  return ids.filter((id) => {
    const entity = model.get(id);
    if (entity === undefined || !tests.some((test) => test(entity))) return false;
    if (attrs !== undefined && !entity.attributes.some(({ name }) => attrs.has(name))) return false;
    return holds === undefined || holds(entity);
  });
}

describe('a planned query', () => {
  it('gives the same entities in the same order as a look at every one, before and after writes', () => {
    fc.assert(
      fc.property(
        fc.array(deed, { minLength: 1, maxLength: 40 }),
        fc.array(wanted, { minLength: 1, maxLength: 4 }),
        (deeds, queries) => {
          const table = new EntityTable(new Shelf());
          const model = new Map<string, Entity>();
          for (const [at, one] of deeds.entries()) {
            const id = idOf(one.id);
            if ('types' in one) {
              const entity: Entity = { ...one, id, scope: undefined };
              table.put(entity);
              model.set(id, entity);
            } else {
              table.remove(id);
              model.delete(id);
            }
            if (at % 5 !== 0 && at < deeds.length - 1) continue;
            for (const each of queries)
              expect([...matching(table, each)].map((slot) => table.id(slot))).toEqual(expected(model, each));
          }
        },
      ),
      { numRuns: times(60, 300) },
    );
  });

  it('shows further conditions what they look at', () => {
    const table = new EntityTable(new Shelf());
    const plain = (name: string, value: number): Attribute => ({
      ...{ name, kind: 'Property', value, observedAt: undefined, unitCode: undefined, datasetId: undefined },
      ...{ parts: [], createdAt: 1, modifiedAt: 1, size: 1 },
    });
    for (let at = 0; at < 4; at += 1) {
      const attributes = [plain('urn:n:a', at), plain('urn:n:b', at % 2)];
      table.put({
        ...{ id: idOf(at), types: ['urn:t:A'], scope: [`/${at % 2}`] },
        attributes,
        createdAt: 1,
        modifiedAt: 1,
      });
    }
    const found = (condition: Condition): string[] =>
      [...matching(table, { selectors: [{}], conditions: [condition] })].map((slot) => table.id(slot));
    expect(found({ holds: ({ attributes }) => attributes.length === 2 && attributes[1]?.value === 1 })).toEqual([
      idOf(1),
      idOf(3),
    ]);
    expect(found({ holds: ({ scope }) => scope?.[0] === '/1', attribute: null })).toEqual([idOf(1), idOf(3)]);
    expect(found({ holds: ({ attributes: [only] }) => only?.value === 0, attribute: 'urn:n:b' })).toEqual([
      idOf(0),
      idOf(2),
    ]);
  });

  it('survives more columns than are kept', () => {
    const table = new EntityTable(new Shelf());
    for (let at = 0; at < 300; at += 1)
      table.put({ id: idOf(at), types: ['urn:t:A'], scope: undefined, attributes: [], createdAt: 1, modifiedAt: 1 });
    for (let at = 0; at < 500; at += 1) {
      const slots = matching(table, { selectors: [{}], query: existence(`urn:n:${at}`) });
      expect([...slots]).toEqual([]);
    }
  });
});

function existence(name: string): Query {
  return { kind: 'exists', path: { names: [name], trail: [] }, isNegated: false };
}

describe('the literal beginning of an id pattern', () => {
  it.each([
    ['^urn:ngsi-ld:Room:', 'urn:ngsi-ld:Room:'],
    ['^urn:a:b$', 'urn:a:b'],
    ['^urn:ab*', 'urn:a'],
    ['^urn:ab+', 'urn:ab'],
    ['^urn:ab?c', 'urn:a'],
    ['^urn:ab{0,2}', 'urn:a'],
    ['^urn:a.b', 'urn:a'],
    ['^urn:a|x', ''],
    ['^(?i)urn:a', ''],
    ['urn:a', ''],
    ['^', ''],
  ])('of %s is %j', (pattern, prefix) => expect(literalPrefix(pattern)).toBe(prefix));
});
