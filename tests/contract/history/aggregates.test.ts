/** Methods, several at once, registers that roll over, exact sums, gaps and thinned-out series: ours alone. */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Instance, openInstance } from './instance.js';
import { at, property, readings, tell } from './tables.js';

let history: Instance;

/** Two hours of a register of four digits that rolls over, and of a gauge, every half hour; then a gap of an hour. */
const REGISTER = [9997.5, 9998.25, 9999.125, 1.5, 2.25, 10.5] as const;
const GAUGE = [0.1, 0.2, 0.3, 0.4, null, 100] as const;
const INSTANTS = [at(0), at(0, 30), at(1), at(1, 30), at(2), at(4)];

beforeAll(async () => {
  history = await openInstance();
  await tell(
    history,
    INSTANTS.map((observedAt, row) => ({
      ...{ id: 'urn:m:1', type: 'Meter' },
      energy: property(REGISTER[row], observedAt, { unitCode: 'KWH' }),
      ...(GAUGE[row] !== null && { power: property(GAUGE[row], observedAt, { unitCode: 'KWT' }) }),
      state: property(`s${row}`, observedAt),
    })),
  );
  await tell(history, [
    { id: 'urn:m:2', type: 'Meter', energy: property(5, at(0)) },
    { id: 'urn:m:2', type: 'Meter', energy: property(7, at(2)) },
  ]);
});
afterAll(() => history.stop());

const HOURS = [at(0), at(1), at(2), at(4)];

/** Attribute, query, expected `value` answer. */
const CASES: readonly (readonly [attribute: string, query: string, values: unknown, index?: readonly string[]])[] = [
  ['energy', 'aggrMethod=first', [9997.5], []],
  ['energy', 'aggrMethod=last', [10.5], []],
  ['energy', 'aggrMethod=first&aggrPeriod=hour', [9997.5, 9999.125, 2.25, 10.5], HOURS],
  ['energy', 'aggrMethod=last&aggrPeriod=hour', [9998.25, 1.5, 2.25, 10.5], HOURS],
  ['state', 'aggrMethod=first', ['s0'], []],
  ['state', 'aggrMethod=last&aggrPeriod=hour', ['s1', 's3', 's4', 's5'], HOURS],
  ['state', 'aggrMethod=count', [6], []],
  ['state', 'aggrMethod=min', ['s0'], []],
  // A step belongs to the bucket in which it begins.
  ['energy', 'aggrMethod=delta&digits=4', [13], []],
  ['energy', 'aggrMethod=delta', [-9987], []],
  ['energy', 'aggrMethod=delta&aggrPeriod=hour&digits=4', [1.625, 3.125, 8.25, null], HOURS],
  ['energy', 'aggrMethod=delta&aggrPeriod=day&digits=4', [13], [at(0)]],
  // The step over the end of the window ends with the reading behind it.
  ['energy', 'aggrMethod=delta&aggrPeriod=hour&digits=4&toDate=2026-11-20T00:59:59Z', [1.625], [at(0)]],
  // Without buckets a window is closed: from its first reading to its last.
  ['energy', 'aggrMethod=delta&digits=4&toDate=2026-11-20T01:00:00Z', [1.625], []],
  ['power', 'aggrMethod=p50', [0.3], []],
  ['power', 'aggrMethod=p0', [0.1], []],
  ['power', 'aggrMethod=p100', [100], []],
  ['power', 'aggrMethod=p75', [0.4], []],
  ['power', 'aggrMethod=P50&aggrPeriod=hour', [0.15000000000000002, 0.35, 100], [at(0), at(1), at(4)]],
  ['power', 'aggrMethod=avg,max', { avg: [20.2], max: [100] }, []],
  [
    'power',
    'aggrMethod=min,max,count&aggrPeriod=hour',
    { min: [0.1, 0.3, 100], max: [0.2, 0.4, 100], count: [2, 2, 1] },
    [at(0), at(1), at(4)],
  ],
  ['power', 'aggrMethod=sum,sum', [101], []],
  ['power', 'aggrMethod=sum&decimals=1', [1010], []],
  ['power', 'aggrMethod=sum&decimals=6', [101_000_000], []],
  ['power', 'aggrMethod=sum&decimals=0', [100], []],
  ['energy', 'aggrMethod=delta&digits=4&decimals=3', [13_000], []],
  [
    'energy',
    'aggrMethod=first,last,delta&decimals=3&digits=4',
    { first: [9_997_500], last: [10_500], delta: [13_000] },
    [],
  ],
  ['energy', 'aggrMethod=min,max&decimals=3', { min: [1_500], max: [9_999_125] }, []],
  ['power', 'aggrMethod=avg,sum&decimals=1', { avg: [20.2], sum: [1010] }, []],
  [
    'power',
    'aggrMethod=sum&aggrPeriod=hour&fill=gaps',
    [0.30000000000000004, 0.7, null, null, 100],
    [at(0), at(1), at(2), at(3), at(4)],
  ],
  [
    'power',
    'aggrMethod=count&aggrPeriod=hour&fill=gaps&fromDate=2026-11-20T03:00:00Z&toDate=2026-11-20T05:00:00Z',
    [null, 1, null],
    [at(3), at(4), at(5)],
  ],
  [
    'power',
    'aggrMethod=min,max&aggrPeriod=hour&fill=gaps',
    { min: [0.1, 0.3, null, null, 100], max: [0.2, 0.4, null, null, 100] },
    [at(0), at(1), at(2), at(3), at(4)],
  ],
  ['power', 'aggrMethod=sum&aggrPeriod=hour&fill=none', [0.30000000000000004, 0.7, 100], [at(0), at(1), at(4)]],
  ['energy', 'points=3', [9997.5, 1.5, 10.5], [at(0), at(1, 30), at(4)]],
  ['energy', 'points=100', [...REGISTER], INSTANTS],
  ['power', 'lastN=2&points=10', [0.4, 100], [at(1, 30), at(4)]],
];

describe.each(CASES)('%s?%s', (attribute, query, values, index) => {
  it('is told', async () => {
    if (!history.hasOwn) return;
    const { json } = await history.get(`/v2/entities/urn:m:1/attrs/${attribute}/value?${query}`);
    expect(json).toEqual({ index: index ?? expect.any(Array), values });
  });
});

const REFUSED: readonly (readonly [query: string, status: number])[] = [
  ['aggrMethod=median', 400],
  ['aggrMethod=avg,nothing', 400],
  ['aggrMethod=p101', 400],
  ['aggrMethod=p-1', 400],
  ['aggrMethod=p', 400],
  ['aggrMethod=sum&aggrPeriod=10min', 400],
  ['aggrMethod=sum&decimals=-1', 422],
  ['aggrMethod=sum&decimals=10', 422],
  ['aggrMethod=delta&digits=0', 422],
  ['aggrMethod=delta&digits=16', 422],
  ['aggrMethod=sum&fill=zeros', 400],
  ['points=1', 422],
  ['points=10001', 422],
  ['points=x', 422],
  ['format=xml', 400],
  ['asOf=yesterday', 422],
  ['revisions=maybe', 422],
  ['metadata=2', 422],
  ['aggrMethod=avg&aggrPeriod=minute&fill=gaps&fromDate=2020-01-01&toDate=2026-01-01', 200],
  ['aggrMethod=avg&aggrPeriod=minute&fill=gaps&fromDate=2020-01-01&toDate=2027-01-01', 422],
];

it.each(REFUSED)('%s is answered %i', async (query, status) => {
  if (!history.hasOwn) return;
  expect((await history.get(`/v2/entities/urn:m:1/attrs/power?${query}`)).status).toBe(status);
});

it.each(['avg', 'sum', 'delta', 'p50'])('%s of texts cannot be applied', async (method) => {
  if (!history.hasOwn) return;
  expect(await history.get(`/v2/entities/urn:m:1/attrs/state?aggrMethod=${method}`)).toMatchObject({
    status: 404,
    json: { error: 'AggrMethod cannot be applied' },
  });
});

it('several methods in every family', async () => {
  if (!history.hasOwn) return;
  const query = 'aggrMethod=first,last';
  const both = (first: number, last: number) => ({ first: [first], last: [last] });
  expect((await history.get(`/v2/entities/urn:m:1?attrs=energy&${query}`)).json).toEqual({
    ...{ id: 'urn:m:1', type: 'Meter', index: [] },
    attributes: [{ attrName: 'energy', values: both(9997.5, 10.5) }],
  });
  expect((await history.get(`/v2/types/Meter/attrs/energy/value?${query}`)).json).toEqual({
    values: [
      { id: 'urn:m:1', index: [], values: both(9997.5, 10.5) },
      { id: 'urn:m:2', index: [], values: both(5, 7) },
    ],
  });
  expect((await history.get(`/v2/attrs/energy/value?${query}`)).json).toEqual({
    values: [
      {
        type: 'Meter',
        entities: [
          { id: 'urn:m:1', index: ['', ''], values: both(9997.5, 10.5) },
          { id: 'urn:m:2', index: ['', ''], values: both(5, 7) },
        ],
      },
    ],
  });
});

describe('metadata', () => {
  it('tells units beside the values', async () => {
    if (!history.hasOwn) return;
    expect((await history.get('/v2/entities/urn:m:1/attrs/power?lastN=1&metadata=true')).json).toEqual({
      ...{ id: 'urn:m:1', type: 'Meter', attrName: 'power', unitCode: 'KWT', index: [at(4)], values: [100] },
    });
    expect((await history.get('/v2/entities/urn:m:1?attrs=energy,power&lastN=1&metadata=true')).json).toMatchObject({
      attributes: [
        { attrName: 'energy', unitCode: 'KWH' },
        { attrName: 'power', unitCode: 'KWT' },
      ],
    });
  });
  it('tells instances and qualities beside their attribute, when asked', async () => {
    if (!history.hasOwn) return;
    const quality = { type: 'Property', value: 'estimated' };
    await tell(history, [
      {
        ...{ id: 'urn:phases', type: 'Phases' },
        current: [
          property(1, at(0)),
          property(2, at(0), { datasetId: 'urn:L1', quality }),
          property(3, at(1), { datasetId: 'urn:L2' }),
        ],
        voltage: property(230, at(0), { quality }),
      },
    ]);
    const names = async (query: string) => {
      const { json } = await history.get(`/v2/entities/urn:phases?${query}`);
      return (json as { attributes: { attrName: string }[] }).attributes.map(({ attrName }) => attrName);
    };
    expect(await names('')).toEqual(['current', 'voltage']);
    expect(await names('metadata=true')).toEqual([
      ...['current', 'current@urn:L1', 'current@urn:L1@quality', 'current@urn:L2', 'voltage', 'voltage@quality'],
    ]);
    expect((await history.get('/v2/entities/urn:phases/attrs/current@urn:L2/value')).json).toEqual({
      ...{ index: [at(1)], values: [3] },
    });
    expect((await history.get('/v2/entities/urn:phases/attrs/voltage@quality/value')).json).toEqual({
      ...{ index: [at(0)], values: ['estimated'] },
    });
  });
});

it('tells a first decimal after an integer as it is', async () => {
  await tell(history, readings('urn:int', 'IntFirst', 'a', [[at(0), 1]]));
  await tell(history, readings('urn:int', 'IntFirst', 'a', [[at(1), 1.5]]));
  if (!history.hasOwn) return;
  expect((await history.get('/v2/entities/urn:int/attrs/a/value')).json).toEqual({
    index: [at(0), at(1)],
    values: [1, 1.5],
  });
});

it('refuses what has no last decimal, and tells what JSON has no number for as digits', async () => {
  if (!history.hasOwn) return;
  await tell(history, [{ id: 'urn:large', type: 'Large', a: property(1e300, at(0)), b: property(9e15, at(0)) }]);
  await tell(history, [{ id: 'urn:large', type: 'Large', b: property(9e15, at(1)) }]);
  expect((await history.get('/v2/entities/urn:large/attrs/a?aggrMethod=sum&decimals=6')).status).toBe(422);
  expect((await history.get('/v2/entities/urn:large/attrs/b/value?aggrMethod=sum&decimals=6')).json).toEqual({
    ...{ index: [], values: ['18000000000000000000000'] },
  });
});
