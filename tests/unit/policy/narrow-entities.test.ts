/** Questions to the broker: what may be asked for, pages over chunks, what is cut out of answers, what may be written. */

import {
  checkWrite,
  createPager,
  createScopeIndex,
  type Grant,
  narrowQuery,
  redact,
  type Scope,
  type ScopeIndex,
  TIES,
  type TiedEntity,
  WRITABLE_TYPES,
  type Write,
} from '@contor/policy';
import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const NOW = Date.UTC(2026, 5, 1);
const ANY: Scope = { kind: 'everything' };
const grants = (...to: readonly (string | Grant)[]): Scope => ({
  kind: 'grants',
  grants: to.map((one) => (typeof one === 'string' ? { to: one } : one)),
  username: 'mia',
});
const tie = (object: unknown, more: object = {}) => ({ type: 'Relationship', object, ...more });
const value = (said: unknown) => ({ type: 'Property', value: said });

let index: ScopeIndex;
const SCOPE = grants('urn:Site:a');
beforeEach(() => {
  index = createScopeIndex();
  const town: readonly TiedEntity[] = [
    { id: 'urn:Site:a', type: 'Site' },
    { id: 'urn:Site:b', type: 'Site' },
    { id: 'urn:P:1', type: 'ConsumptionPoint', refSite: tie('urn:Site:a') },
    { id: 'urn:P:2', type: 'ConsumptionPoint', refSite: tie('urn:Site:b') },
    { id: 'urn:P:3', type: 'ConsumptionPoint', refSite: tie('urn:Site:a', { validTo: value('2026-01-01T00:00:00Z') }) },
    { id: 'urn:D:1', type: 'Device', refSite: tie('urn:Site:a') },
    { id: 'urn:D:2', type: 'Device', refSite: tie('urn:Site:b') },
  ];
  for (const entity of town) index.apply(entity);
});

describe('a narrowed question', () => {
  it.each([
    ['all, by somebody who sees everything', ANY, [], undefined, { kind: 'everything' }],
    ['nothing is granted', grants(), [], undefined, { kind: 'nothing' }],
    ['a type', SCOPE, ['ConsumptionPoint'], undefined, { kind: 'ids', chunks: [['urn:P:1']], count: 1 }],
    ['no type', SCOPE, [], undefined, { kind: 'ids', chunks: [['urn:D:1', 'urn:P:1', 'urn:Site:a']], count: 3 }],
    ['a type that is not there', SCOPE, ['Alert'], undefined, { kind: 'nothing' }],
    [
      'ids, some foreign',
      SCOPE,
      [],
      ['urn:P:2', 'urn:P:1', 'urn:P:1', 'urn:P:9'],
      { kind: 'ids', chunks: [['urn:P:1']], count: 1 },
    ],
    ['ids, all foreign, past or unknown', SCOPE, [], ['urn:P:2', 'urn:P:3', 'urn:P:9'], { kind: 'nothing' }],
  ] as const)('%s', (_what, scope, types, ids, expected) =>
    expect(narrowQuery(scope, index, { types, ids }, NOW)).toEqual(expected),
  );
  it('comes in chunks that a broker takes', () => {
    for (let at = 0; at < 2_500; at += 1)
      index.apply({ id: `urn:D:${10_000 + at}`, type: 'Device', refSite: tie('urn:Site:a') });
    const narrowed = narrowQuery(SCOPE, index, { types: ['Device'] }, NOW);
    if (narrowed.kind !== 'ids') throw new Error(narrowed.kind);
    expect(narrowed.chunks.map((chunk) => chunk.length)).toEqual([1_000, 1_000, 501]);
    expect(narrowed.chunks.flat()).toEqual([...narrowed.chunks.flat()].sort());
  });
});

describe('a page over chunks', () => {
  /** The broker: of the ids asked for those that are there and pass its filter, a page of them, and how many. */
  const broker = (there: ReadonlySet<string>) => (ids: readonly string[], limit: number, offset: number) => {
    const found = ids.filter((id) => there.has(id));
    return { entities: found.slice(offset, offset + limit), count: found.length };
  };
  const world = fc.record({
    chunks: fc.array(fc.array(fc.nat(500).map(String), { minLength: 1, maxLength: 6 }), { maxLength: 6 }),
    there: fc.array(fc.nat(500).map(String), { maxLength: 40 }),
    limit: fc.nat(12),
    offset: fc.nat(20),
    wantsCount: fc.boolean(),
    isPlain: fc.boolean(),
  });
  it('is the page of a plain filter', () => {
    fc.assert(
      fc.property(world, ({ chunks, there, limit, offset, wantsCount, isPlain }) => {
        const all = chunks.flat();
        const present = new Set(isPlain ? all : [...there, ...all.filter((_id, at) => at % 2 === 0)]);
        const ask = broker(present);
        const pager = createPager<string>(chunks, { limit, offset, wantsCount, isPlain });
        let asked = 0;
        for (let question = pager.next(); question !== undefined; question = pager.next()) {
          asked += 1;
          pager.take(ask(question.ids, question.limit, question.offset));
        }
        const expected = all.filter((id) => present.has(id));
        expect(pager.entities).toEqual(expected.slice(offset, offset + limit));
        expect(pager.count).toBe(wantsCount ? expected.length : undefined);
        expect(asked).toBeLessThanOrEqual(chunks.length);
        if (isPlain) expect(asked).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('an answer', () => {
  const cases: readonly (readonly [what: string, before: unknown, after: unknown])[] = [
    ['keeps a relationship inside', tie('urn:P:1'), tie('urn:P:1')],
    ['keeps one to what it could see before', tie('urn:P:3'), tie('urn:P:3')],
    ['keeps one to what nobody knows', tie('urn:elsewhere'), tie('urn:elsewhere')],
    ['loses one that points outside', tie('urn:P:2'), undefined],
    ['loses the outside of a list', tie(['urn:P:1', 'urn:P:2']), tie(['urn:P:1'])],
    ['loses a list that is all outside', tie(['urn:P:2', 'urn:D:2']), undefined],
    ['loses an instance', [tie('urn:P:1'), tie('urn:P:2', { datasetId: 'urn:2' })], tie('urn:P:1')],
    ['keeps several instances', [tie('urn:P:1'), tie('urn:D:1', { datasetId: 'urn:2' })], undefined],
    [
      'loses ListRelationships',
      { type: 'ListRelationship', objectList: [{ object: 'urn:P:2' }, { object: 'urn:P:1' }] },
      { type: 'ListRelationship', objectList: [{ object: 'urn:P:1' }] },
    ],
    [
      'loses relationships of an attribute',
      { ...value(5), measuredBy: tie('urn:D:2'), unitCode: 'KWH' },
      { ...value(5), unitCode: 'KWH' },
    ],
    [
      'loses what was joined in',
      tie('urn:P:1', { entity: { id: 'urn:P:1', refSite: tie('urn:Site:b') } }),
      tie('urn:P:1'),
    ],
    ['loses what it pointed to before', tie('urn:P:1', { previousObject: 'urn:P:2' }), tie('urn:P:1')],
    ['loses bare identifiers of keyValues', 'urn:P:2', undefined],
    ['keeps bare texts', 'urn:P:1', 'urn:P:1'],
    ['loses some of a bare list', ['urn:P:2', 'urn:P:1'], ['urn:P:1']],
    ['loses values that are identifiers', value('urn:D:2'), undefined],
    ['keeps objects as values', value({ a: 'urn:D:2' }), value({ a: 'urn:D:2' })],
  ];
  it.each(cases)('%s', (what, before, after) => {
    const entity = { id: 'urn:P:1', type: 'ConsumptionPoint', it: before, other: value(1) };
    const redacted = redact(entity, SCOPE, index);
    if (what === 'keeps several instances') expect(redacted).toBe(entity);
    else
      expect(redacted).toEqual({
        id: 'urn:P:1',
        type: 'ConsumptionPoint',
        ...(after !== undefined && { it: after }),
        other: value(1),
      });
    expect(redact(entity, ANY, index)).toBe(entity);
  });
  it('is never given a hidden identifier, whatever shape it has', () => {
    const shape = fc.letrec((again) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom('urn:P:1', 'urn:P:2', 'urn:D:2', 'text', 5, true),
        fc.record({
          type: fc.constant('Relationship'),
          object: fc.oneof(fc.constantFrom('urn:P:2', 'urn:P:1'), fc.array(fc.constantFrom('urn:P:2', 'urn:D:1'))),
        }),
        fc.record({ type: fc.constant('Property'), value: fc.constantFrom('urn:P:2', 1), by: again('any') }),
        fc.array(again('any'), { maxLength: 3 }),
      ),
    })).any;
    fc.assert(
      fc.property(shape, (attribute) => {
        const text = JSON.stringify(redact({ id: 'urn:P:1', type: 'X', attribute }, SCOPE, index));
        expect(text).not.toContain('urn:P:2');
        expect(text).not.toContain('urn:D:2');
      }),
    );
  });
  it('of a hostile depth is cut, not followed', () => {
    let attribute: unknown = tie('urn:P:2');
    for (let depth = 0; depth < 5_000; depth += 1) attribute = { type: 'Property', value: 1, sub: attribute };
    expect(JSON.stringify(redact({ id: 'urn:P:1', attribute }, SCOPE, index))).not.toContain('urn:P:2');
  });
});

describe('what may be written', () => {
  it.each(Object.keys(WRITABLE_TYPES))('%s has ties, so that it is known who sees it', (type) =>
    expect(Object.keys(TIES)).toContain(type),
  );
  it('is never a command, a bill, a reading or the audit trail', () => {
    const kept = Object.keys(TIES).filter((type) => !Object.hasOwn(WRITABLE_TYPES, type));
    expect(kept.sort()).toEqual([
      ...['ACMeasurement', 'Acquisition', 'AggregatedReading', 'ApplianceUsage', 'AuditRecord', 'Bill', 'BillingRun'],
      ...['CommandRequest', 'ExportJob', 'GasMeasurement', 'HeatMeasurement', 'IndoorEnvironmentObserved'],
      ...['IntervalReading', 'LossReport', 'ReadJob', 'ValidatedReading', 'WaterConsumptionObserved'],
    ]);
  });

  const verdict = (scope: Scope, write: Partial<Write>) => {
    const result = checkWrite(scope, index, { deed: 'change', id: 'urn:P:1', attributes: {}, ...write }, NOW);
    return result.kind === 'allow' ? 'allow' : `${result.status} ${result.code}`;
  };
  const group = (attributes: object): Partial<Write> => ({
    deed: 'create',
    id: 'urn:G:1',
    type: 'MeterGroup',
    attributes: { ownerName: value('mia'), ...attributes },
  });
  const cases: readonly (readonly [what: string, scope: Scope, write: Partial<Write>, expected: string])[] = [
    ['a name inside', SCOPE, { attributes: { name: value('x') } }, 'allow'],
    ['a name outside', SCOPE, { id: 'urn:P:2', attributes: { name: value('x') } }, '404 entity.unknown'],
    ['what is past', SCOPE, { id: 'urn:P:3', attributes: { name: value('x') } }, '404 entity.unknown'],
    ['what nobody knows', SCOPE, { id: 'urn:P:9', type: 'Alert' }, '404 entity.unknown'],
    ['what only the message gives a type', ANY, { id: 'urn:P:9', type: 'Alert' }, '404 entity.unknown'],
    ['what the broker gives a type', ANY, { id: 'urn:X:9', storedType: 'CommandControl' }, '403 write.type'],
    ['a tie inside', SCOPE, { attributes: { refSite: tie('urn:Site:a') } }, '403 write.tie'],
    ['a tie, seeing everything', ANY, { attributes: { refSite: tie('urn:Site:b') } }, 'allow'],
    ['another type', ANY, { type: 'Device' }, '403 write.type'],
    ['the same type', ANY, { type: 'ConsumptionPoint' }, 'allow'],
    ['two types', ANY, { deed: 'create', id: 'urn:n', type: ['Site', 'Bill'] }, '403 write.type'],
    ['a removal', SCOPE, { deed: 'delete' }, '403 write.type'],
    ['a removal, seeing everything', ANY, { deed: 'delete' }, 'allow'],
    ['a new point', SCOPE, { deed: 'create', id: 'urn:n', type: 'ConsumptionPoint' }, '403 write.type'],
    ['a new command', ANY, { deed: 'create', id: 'urn:n', type: 'CommandRequest' }, '403 write.type'],
    ['a new control', ANY, { deed: 'create', id: 'urn:n', type: 'CommandControl' }, '403 write.type'],
    ['a new audit record', ANY, { deed: 'create', id: 'urn:n', type: 'AuditRecord' }, '403 write.type'],
    ['a new type of the prototype', ANY, { deed: 'create', id: 'urn:n', type: 'constructor' }, '403 write.type'],
    ['a command', ANY, { id: 'urn:D:1', attributes: { disconnect: value({}) } }, '403 write.attribute'],
    [
      'a command by its long name',
      ANY,
      { id: 'urn:D:1', attributes: { 'https://contor.eu/disconnect': value({}) } },
      '400 write.name',
    ],
    [
      'a command of a context of one’s own',
      ANY,
      { id: 'urn:D:1', attributes: { '@context': {}, x: value(1) } },
      '400 write.name',
    ],
    [
      'an answer to a command',
      ANY,
      { id: 'urn:D:1', attributes: { disconnect_status: value('OK') } },
      '403 write.attribute',
    ],
    ['a key', ANY, { id: 'urn:D:1', attributes: { keyReference: value('k') } }, '403 write.attribute'],
    ['the name of a meter', SCOPE, { id: 'urn:D:1', attributes: { name: value('x') } }, 'allow'],
    ['a group of one’s own', SCOPE, group({ hasMember: tie(['urn:P:1', 'urn:D:1']) }), 'allow'],
    ['a group of somebody else', SCOPE, group({ ownerName: value('eve') }), '403 write.tie'],
    ['a group of nobody', SCOPE, { ...group({}), attributes: {} }, '403 write.tie'],
    ['a group with a foreign member', SCOPE, group({ hasMember: tie(['urn:P:1', 'urn:P:2']) }), '403 write.tie'],
    ['a group with an unknown member', SCOPE, group({ hasMember: tie('urn:P:9') }), '403 write.tie'],
    ['a group with a member for longer than it was seen', SCOPE, group({ hasMember: tie('urn:P:3') }), '403 write.tie'],
    [
      'a group with a member while it was seen',
      SCOPE,
      group({ hasMember: tie('urn:P:3', { validTo: '2026-01-01' }) }),
      'allow',
    ],
    [
      'a group with dates nobody can read',
      SCOPE,
      group({ hasMember: tie('urn:P:1', { validTo: 'later' }) }),
      '403 write.tie',
    ],
    [
      'an offer for a point',
      SCOPE,
      { deed: 'create', id: 'urn:n', type: 'Flexibility', attributes: { refPoint: tie('urn:P:1') } },
      'allow',
    ],
    [
      'an offer for a foreign point',
      SCOPE,
      { deed: 'create', id: 'urn:n', type: 'Flexibility', attributes: { refPoint: tie('urn:P:2') } },
      '403 write.tie',
    ],
    ['an offer for nothing', SCOPE, { deed: 'create', id: 'urn:n', type: 'Flexibility' }, '403 write.tie'],
  ];
  it.each(cases)('%s', (_what, scope, write, expected) => expect(verdict(scope, write)).toBe(expected));

  it('of a group that was granted, by its owner only', () => {
    index.apply({ id: 'urn:G:2', type: 'MeterGroup', ownerName: value('eve'), hasMember: tie('urn:P:1') });
    const scope = grants('urn:G:2');
    for (const deed of ['change', 'delete'] as const)
      expect(verdict(scope, { deed, id: 'urn:G:2' })).toBe('403 write.type');
    index.apply({ id: 'urn:G:2', type: 'MeterGroup', ownerName: value('mia'), hasMember: tie('urn:P:1') });
    expect(verdict(scope, { id: 'urn:G:2', attributes: { name: value('x') } })).toBe('allow');
  });
});
