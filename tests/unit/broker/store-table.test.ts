/** The table of a tenant against a plain list: same entities, same order, whatever is written, retyped and deleted. */

import type { Entity } from '@contor/broker/entity/model.js';
import { EntityTable } from '@contor/broker/store/entity-table.js';
import { Shelf } from '@contor/broker/store/shelf.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const TYPES = ['A', 'B', 'C'] as const;

function entity(id: string, types: readonly string[], value: number): Entity {
  const attribute = {
    ...{ name: 'n', kind: 'Property' as const, value, observedAt: undefined, unitCode: undefined },
    ...{ datasetId: undefined, parts: [], createdAt: 1, modifiedAt: 1, size: 1 },
  };
  return { id, types, scope: undefined, attributes: [attribute], createdAt: 1, modifiedAt: 1 };
}

const deed = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ id: fc.nat(30), types: fc.subarray([...TYPES], { minLength: 1 }), value: fc.nat() }),
  },
  { weight: 1, arbitrary: fc.record({ id: fc.nat(30) }) },
);

const idsOf = (table: EntityTable, types?: readonly string[]): string[] =>
  [...table.slots(types)].map((slot) => table.id(slot));

function expectSame(table: EntityTable, model: ReadonlyMap<string, Entity>): void {
  const all = [...model.values()];
  expect(table.size).toBe(all.length);
  expect([...table.slots()].map((slot) => table.entityAt(slot))).toEqual(all);
  for (const type of TYPES) {
    const ofType = all.filter(({ types }) => types.includes(type)).map(({ id }) => id);
    expect(idsOf(table, [type])).toEqual(ofType);
    expect(table.countOf(type)).toBe(ofType.length);
  }
  const either = all.filter(({ types }) => types.includes('A') || types.includes('C')).map(({ id }) => id);
  expect(idsOf(table, ['A', 'C'])).toEqual(either);
  expect([...table.types].sort()).toEqual([...new Set(all.flatMap(({ types }) => types))].sort());
}

describe('the table of a tenant', () => {
  it('is a list in order of creation', () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 200 }), (deeds) => {
        const table = new EntityTable(new Shelf());
        const model = new Map<string, Entity>();
        for (const one of deeds) {
          const id = `urn:e:${one.id}`;
          if ('types' in one) {
            const state = entity(id, one.types, one.value);
            table.put(state);
            model.set(id, state);
          } else {
            table.remove(id);
            model.delete(id);
          }
        }
        expectSame(table, model);
      }),
    );
  });

  it('closes its gaps when most of it is gone', () => {
    const table = new EntityTable(new Shelf());
    const model = new Map<string, Entity>();
    const put = (at: number): void => {
      const state = entity(`urn:e:${at}`, [TYPES[at % 3] ?? 'A'], at);
      table.put(state);
      model.set(state.id, state);
    };
    for (let at = 0; at < 5_000; at += 1) put(at);
    for (let at = 0; at < 4_000; at += 1) {
      table.remove(`urn:e:${at}`);
      model.delete(`urn:e:${at}`);
    }
    expect(table.end).toBeLessThan(2_600);
    expectSame(table, model);
    for (let at = 0; at < 100; at += 1) put(at);
    put(4_500);
    expectSame(table, model);
  });
});
