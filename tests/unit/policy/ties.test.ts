/** The table of ties against the vocabulary, and towns that somebody built to hurt. */

import { ATTRIBUTES, ENTITY_TYPES } from '@contor/orion-config';
import { createScopeIndex, isStructure, type Scope, TIE_ATTRIBUTES, TIES, type TypeRow } from '@contor/policy';
import { describe, expect, it } from '@jest/globals';

const rows = Object.entries<TypeRow>(TIES).map(([type, row]) => ({ type, row }));
const vocabulary: Readonly<Record<string, { readonly attributes: readonly string[] } | undefined>> = ENTITY_TYPES;
const kinds: Readonly<Record<string, { readonly kind: string } | undefined>> = ATTRIBUTES;
const pointers = ({ ties, joins }: TypeRow) => [
  ...ties.flatMap(({ by }) => by),
  ...(joins === undefined ? [] : [joins.child, ...joins.parents]),
];
const texts = ({ about, owner, shared }: TypeRow) => [
  ...(about === undefined ? [] : [...about.from, ...about.to]),
  ...[owner, shared].filter((name) => name !== undefined),
];

describe('the table of ties', () => {
  /** Of the command service, without ties: nobody but those who see everything. */
  const untied = ['CommandControl'];
  it('has a row for every type of the vocabulary, and no other', () => {
    const types = Object.keys(ENTITY_TYPES).filter((type) => !untied.includes(type));
    expect(Object.keys(TIES).sort()).toEqual(types.sort());
  });
  describe.each(rows)('$type', ({ type, row }) => {
    it('reads attributes that the type has, and of the right kind', () => {
      const all = [...pointers(row), ...texts(row)];
      expect(all.filter((name) => !vocabulary[type]?.attributes.includes(name))).toEqual([]);
      expect(pointers(row).filter((name) => kinds[name]?.kind !== 'relationship')).toEqual([]);
      expect(texts(row).filter((name) => kinds[name]?.kind === 'relationship')).toEqual([]);
      expect(all.filter((name) => !TIE_ATTRIBUTES.includes(name))).toEqual([]);
    });
    it('is seen by nobody who was granted nothing, unless it is everybody’s or their own', () => {
      const index = createScopeIndex();
      index.apply({ id: 'urn:x', type });
      const spans = index.spansOf({ kind: 'grants', grants: [], username: 'mia' }, 'urn:x');
      expect(spans).toHaveLength(row.isForEverybody ? 1 : 0);
    });
    it('holds others only if it is part of the structure', () => {
      const holdsOthers =
        row.isGrantable === true || row.joins !== undefined || row.ties.some(({ kind }) => kind === 'holds');
      if (holdsOthers) expect(isStructure(type)).toBe(true);
    });
  });
  it('lets grants name sites, customers, points and groups', () => {
    expect(
      rows
        .filter(({ row }) => row.isGrantable)
        .map(({ type }) => type)
        .sort(),
    ).toEqual([...['ConsumptionPoint', 'Customer', 'MeterGroup', 'Site']]);
  });
});

describe('a town that was built to hurt', () => {
  const group = (at: number) => `urn:g:${at}`;
  const scope: Scope = { kind: 'grants', grants: [{ to: group(0) }] };
  const day = (at: number) => new Date(Date.UTC(2020, 0, 1) + at * 86_400_000).toISOString();
  const member = (at: number, dates: object = {}) => ({ type: 'Relationship', object: group(at), ...dates });

  it('of 50,000 groups in each other is followed to its end', () => {
    const index = createScopeIndex();
    for (let at = 0; at < 50_000; at += 1)
      index.apply({ id: group(at), type: 'MeterGroup', hasMember: member(at + 1) });
    index.apply({ id: group(50_000), type: 'MeterGroup' });
    expect(index.spansOf(scope, group(50_000))).toHaveLength(1);
    expect(index.idsOf(scope, ['MeterGroup'], 'ever')).toHaveLength(50_001);
  });
  it('of a ring of groups, each with dates of its own, ends', () => {
    const index = createScopeIndex();
    const ring = 3_000;
    for (let at = 0; at < ring; at += 1) {
      const dates = { validFrom: day(at % 700), validTo: day((at % 700) + 1_000) };
      index.apply({ id: group(at), type: 'MeterGroup', hasMember: member((at + 1) % ring, dates) });
    }
    expect(index.spansOf(scope, group(ring - 1))).toEqual([
      { fromMs: Date.parse(day(699)), toMs: Date.parse(day(1_000)) },
    ]);
  });
  it('of groups that are all in each other ends', () => {
    const index = createScopeIndex();
    const others = Array.from({ length: 120 }, (_, at) => at);
    for (const at of others) {
      const hasMember = others.map((other) =>
        member(other, { validFrom: day((at * 7 + other) % 50), validTo: day(60 + ((at + other * 5) % 50)) }),
      );
      index.apply({ id: group(at), type: 'MeterGroup', hasMember });
    }
    expect(index.spansOf(scope, group(119)).length).toBeGreaterThan(0);
  });
  it('of an entity with more ties than anything has is seen by nobody', () => {
    const index = createScopeIndex();
    const hasMember = { type: 'Relationship', object: Array.from({ length: 100_001 }, (_, at) => `urn:m:${at}`) };
    index.apply({ id: group(0), type: 'MeterGroup', hasMember });
    index.apply({ id: 'urn:m:7', type: 'Device' });
    expect(index.spansOf(scope, 'urn:m:7')).toEqual([]);
  });
  it.each([
    ['numbers', { refSite: 5, refCustomer: [null, 7, [['x']]], refBuilding: { type: 'Relationship' } }],
    ['objects in objects', { refSite: { object: { object: { object: 'urn:s' } } } }],
    ['a null', { refSite: { type: 'Relationship', object: 'urn:ngsi-ld:null' } }],
    ['itself', { refSite: { type: 'Relationship', object: 'urn:p' }, refCustomer: 'urn:p' }],
    ['words of the prototype', { __proto__: { refSite: 'urn:g:0' }, constructor: 'urn:g:0', refSite: '__proto__' }],
    ['two types', { type: ['ConsumptionPoint', 'Site'], refSite: 'urn:g:0' }],
    ['no type', { type: undefined, refSite: 'urn:g:0' }],
  ])('of %s in the place of ties says nothing', (_what, attributes) => {
    const index = createScopeIndex();
    index.apply({ id: group(0), type: 'MeterGroup' });
    index.apply({ id: 'urn:p', type: 'ConsumptionPoint', ...attributes } as never);
    expect(index.spansOf(scope, 'urn:p')).toEqual([]);
    expect(index.idsOf(scope, [], 'ever')).toEqual([group(0)]);
    index.remove('urn:p');
    expect(index.size).toBe(1);
  });
});
