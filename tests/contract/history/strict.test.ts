/**
 * The same cases against history and against history that plays QuantumLeap: what differs is a deviation that has a name. A
 * deviation without a case, and a case without a deviation, do not pass.
 */

import { DEVIATIONS, type Deviation } from '@contor/history/deviations.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Instance, openInstance } from './instance.js';
import { at, place, property, tell } from './tables.js';

let plain: Instance;
let strict: Instance;

beforeAll(async () => {
  plain = await openInstance();
  strict = await openInstance({ HISTORY_AS: 'quantumleap' });
});
afterAll(async () => {
  await plain.stop();
  await strict.stop();
});

interface CaseRow {
  readonly deviation: Deviation | undefined;
  readonly name: string;
  readonly notifications?: readonly object[];
  /** `$` stands for the id, `#` for the type. */
  readonly ask: string;
  readonly plain: unknown;
  /** The same when it is left out. */
  readonly strict?: unknown;
}

const once = { power: property(1.5, at(0)) };

const CASES: readonly CaseRow[] = [
  {
    ...{ deviation: undefined, name: 'a series', notifications: [once, { power: property(2.5, at(1)) }] },
    ...{ ask: '/v2/entities/$/attrs/power/value', plain: { index: [at(0), at(1)], values: [1.5, 2.5] } },
  },
  {
    ...{
      deviation: undefined,
      name: 'the mean of an hour',
      notifications: [once, { power: property(2.5, at(0, 59)) }],
    },
    ...{
      ask: '/v2/entities/$/attrs/power/value?aggrMethod=avg&aggrPeriod=hour',
      plain: { index: [at(0)], values: [2] },
    },
  },
  {
    ...{ deviation: undefined, name: 'an unknown entity', ask: '/v2/entities/urn:nobody/attrs/power', plain: [] },
  },
  {
    ...{ deviation: 'repeats-counted', name: 'sent twice', notifications: [once, once] },
    ask: '/v2/entities/$/attrs/power/value',
    plain: { index: [at(0)], values: [1.5] },
    strict: { index: [at(0), at(0)], values: [1.5, 1.5] },
  },
  {
    ...{ deviation: 'repeats-counted', name: 'sent twice, added up', notifications: [once, once, once] },
    ask: '/v2/entities/$/attrs/power/value?aggrMethod=sum',
    plain: { index: [], values: [1.5] },
    strict: { index: [], values: [4.5] },
  },
  {
    ...{ deviation: 'repeats-counted', name: 'a correction', notifications: [once, { power: property(9.5, at(0)) }] },
    ask: '/v2/types/#/attrs/power/value?aggrMethod=count',
    plain: { values: [{ id: '$', index: [], values: [1] }] },
    strict: { values: [{ id: '$', index: [], values: [2] }] },
  },
  {
    deviation: 'first-integer-fixes',
    name: 'an integer first',
    notifications: [{ power: property(1, at(0)) }, { power: property(2.5, at(1)) }, { power: property(3, at(2)) }],
    ask: '/v2/entities/$/attrs/power/value',
    plain: { index: [at(0), at(1), at(2)], values: [1, 2.5, 3] },
    strict: { index: [at(0), at(1), at(2)], values: [1, null, 3] },
  },
  {
    deviation: 'nulls-told',
    name: 'rows of other attributes',
    notifications: [once, { voltage: property(230.5, at(1)) }],
    ask: '/v2/entities/$/attrs/power/value',
    plain: { index: [at(0)], values: [1.5] },
    strict: { index: [at(0), at(1)], values: [1.5, null] },
  },
  {
    deviation: 'one-time-index',
    name: 'attributes of different times',
    notifications: [{ power: property(1.5, at(0)), voltage: property(230.5, at(3)) }],
    ask: '/v2/entities/$/value',
    plain: {
      index: [at(0), at(3)],
      attributes: [
        { attrName: 'power', values: [1.5, null] },
        { attrName: 'voltage', values: [null, 230.5] },
      ],
    },
    strict: {
      index: [at(3)],
      attributes: [
        { attrName: 'power', values: [1.5] },
        { attrName: 'voltage', values: [230.5] },
      ],
    },
  },
  {
    deviation: 'instances-dropped',
    name: 'instances of an attribute',
    notifications: [{ ...once, current: [property(1.5, at(0)), property(2.5, at(0), { datasetId: 'urn:L2' })] }],
    ask: '/v2/entities/$/attrs/current/value',
    plain: { index: [at(0)], values: [1.5] },
    strict: [],
  },
  {
    deviation: 'kinds-dropped',
    name: 'words in several languages',
    notifications: [{ ...once, label: { type: 'LanguageProperty', languageMap: { en: 'meter' }, observedAt: at(0) } }],
    ask: '/v2/entities/$/attrs/label/value',
    plain: { index: [at(0)], values: [{ en: 'meter' }] },
    strict: [],
  },
  {
    deviation: 'names-fold',
    name: 'names that differ by case',
    notifications: [once, { Power: property(2.5, at(1)) }],
    ask: '/v2/entities/$/attrs/POWER/value',
    plain: [],
    strict: { index: [at(0), at(1)], values: [1.5, 2.5] },
  },
  {
    deviation: 'centroid-added',
    name: 'a place',
    notifications: [{ location: { ...place(26.1, 44.4), observedAt: at(0) } }],
    ask: '/v2/entities/$/attrs/location_centroid/value',
    plain: [],
    strict: { index: [at(0)], values: [[26.1, 44.4]] },
  },
  {
    ...{
      deviation: 'own-parameters-ignored',
      name: 'units',
      notifications: [{ power: property(1.5, at(0), { unitCode: 'KWT' }) }],
    },
    ask: '/v2/entities/$/attrs/power?metadata=true',
    plain: { id: '$', type: '#', attrName: 'power', unitCode: 'KWT', index: [at(0)], values: [1.5] },
    strict: { id: '$', type: '#', attrName: 'power', index: [at(0)], values: [1.5] },
  },
  {
    ...{ deviation: 'own-parameters-ignored', name: 'a zone', notifications: [once] },
    ask: '/v2/entities/$/attrs/power/value?aggrMethod=max&aggrPeriod=day&timezone=Europe/Bucharest',
    plain: { index: ['2026-11-19T22:00:00.000+00:00'], values: [1.5] },
    strict: { index: [at(0)], values: [1.5] },
  },
];

let cases = 0;

describe.each(CASES)('$deviation: $name', ({ notifications = [], ask, ...expected }) => {
  const run = async (history: Instance, told: unknown) => {
    cases += 1;
    const [id, type] = [`urn:case:${cases}`, `Case${cases}`];
    for (const attributes of notifications) await tell(history, [{ id, type, ...attributes }]);
    const named = (text: string) => text.replace('$', id).replace('#', type);
    const { json } = await history.get(named(ask));
    expect(json).toEqual(JSON.parse(named(JSON.stringify(told))));
  };
  it('ours', () => run(plain, expected.plain));
  it("QuantumLeap's", () => run(strict, 'strict' in expected ? expected.strict : expected.plain));
});

const SINGLE: readonly Deviation[] = ['tenant-on-get', 'own-paths-unknown', 'own-parameters-ignored'];

it('tenant-on-get: GET reads one header', async () => {
  const only = { 'NGSILD-Tenant': 'just_one' };
  const body = { data: [{ id: 'urn:tenant', type: 'Tenant', power: property(1.5, at(0)) }] };
  const path = '/v2/entities/urn:tenant/attrs/power/value';
  for (const [history, told] of [
    [plain, { index: [at(0)], values: [1.5] }],
    [strict, []],
  ] as const) {
    expect((await history.send('POST', '/v2/notify', body, only)).status).toBe(200);
    expect((await history.get(path, only)).json).toEqual(told);
    expect((await history.get(path, { 'Fiware-Service': 'just_one' })).json).toEqual({ index: [at(0)], values: [1.5] });
    const last = { entities: [{ id: 'urn:tenant', type: 'Tenant' }], attrs: ['power'] };
    expect((await history.send('POST', '/v2/op/query', last, only)).status).toBe(200);
    expect((await history.send('DELETE', '/v2/types/Tenant', undefined, only)).status).toBe(204);
  }
});

it.each([
  ['GET', '/capabilities'],
  ['GET', '/catalogue'],
  ['GET', '/stats'],
  ['POST', '/v2/query'],
  ['POST', '/tidy'],
])('own-paths-unknown: %s %s', async (method, path) => {
  const body = method === 'POST' ? {} : undefined;
  expect((await plain.send(method, path, body)).status).not.toBe(404);
  expect((await strict.send(method, path, body)).status).toBe(404);
});

it.each([
  'aggrPeriod=15min&aggrMethod=avg',
  'aggrMethod=avg,max',
  'aggrMethod=p50',
  'aggrMethod=delta',
  'aggrPeriod=week&aggrMethod=sum',
])('own-parameters-ignored: %s is refused', async (query) => {
  expect((await plain.get(`/v2/attrs/power?${query}`)).status).toBe(200);
  expect((await strict.get(`/v2/attrs/power?${query}`)).status).toBe(400);
});

it.each(['revisions=maybe', 'points=x', 'format=csv', 'asOf=never', 'timezone=Atlantis'])(
  'own-parameters-ignored: %s',
  async (query) => {
    expect((await strict.get(`/v2/attrs/power?${query}`)).headers.get('content-type')).toMatch(/json/);
    expect((await strict.get(`/v2/attrs/power?${query}`)).status).toBe(200);
  },
);

it('every deviation has a case', () => {
  const told = new Set([...CASES.map(({ deviation }) => deviation), ...SINGLE]);
  expect(DEVIATIONS.map(({ name }) => name).filter((name) => !told.has(name))).toEqual([]);
});
