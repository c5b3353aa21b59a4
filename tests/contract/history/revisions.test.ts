/** Revisions by recordedAt: the newest is served, the earlier ones are shown; and last values, whoever asks for them. Ours alone. */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Instance, openInstance } from './instance.js';
import { at, property, tell } from './tables.js';

let history: Instance;
let cases = 0;

beforeAll(async () => {
  history = await openInstance();
});
afterAll(() => history.stop());

const DAY1 = '2026-11-21T00:00:00.000+00:00';
const DAY2 = '2026-11-22T00:00:00.000+00:00';
const DAY3 = '2026-11-23T00:00:00.000+00:00';

type Telling = readonly [hour: number, value: number, recordedAt?: string];

async function after(tellings: readonly Telling[]): Promise<(query: string) => Promise<unknown>> {
  cases += 1;
  const [id, type] = [`urn:rev:${cases}`, `Rev${cases}`];
  for (const [hour, value, recordedAt] of tellings) {
    const recorded = recordedAt === undefined ? {} : { recordedAt: property(recordedAt, at(hour)) };
    await tell(history, [{ id, type, energy: property(value, at(hour)), ...recorded }]);
  }
  return async (query) => (await history.get(`/v2/entities/${id}/attrs/energy/value?${query}`)).json;
}

const TELLINGS: readonly Telling[] = [
  [0, 1, DAY1],
  [1, 2, DAY1],
  [2, 3],
  [0, 10, DAY3],
  [0, 5, DAY2],
  [1, 20, DAY2],
  [1, 20, DAY2],
  [2, 4],
];

const ASKED: readonly (readonly [query: string, told: unknown])[] = [
  ['', { index: [at(0), at(1), at(2)], values: [10, 20, 4] }],
  [`asOf=2026-11-21`, { index: [at(0), at(1), at(2)], values: [1, 2, 4] }],
  [`asOf=2026-11-22`, { index: [at(0), at(1), at(2)], values: [5, 20, 4] }],
  [`asOf=2026-11-23`, { index: [at(0), at(1), at(2)], values: [10, 20, 4] }],
  [`asOf=2026-11-22T23:59:59Z&lastN=1`, { index: [at(2)], values: [4] }],
  [`asOf=2026-11-22&aggrMethod=sum`, { index: [], values: [29] }],
  [`asOf=2026-11-21&aggrMethod=sum`, { index: [], values: [7] }],
  // What has no record time has always been there.
  [`asOf=2020-01-01`, { index: [at(2)], values: [4] }],
  [
    'revisions=true',
    {
      index: [at(0), at(0), at(0), at(1), at(1), at(2), at(2)],
      recordedAt: [DAY1, DAY2, DAY3, DAY1, DAY2, null, null],
      values: [1, 5, 10, 2, 20, 3, 4],
    },
  ],
  [
    'revisions=true&asOf=2026-11-22&toDate=2026-11-20T00:00:00Z',
    { index: [at(0), at(0)], recordedAt: [DAY1, DAY2], values: [1, 5] },
  ],
  ['revisions=true&lastN=2', { index: [at(2), at(2)], recordedAt: [null, null], values: [3, 4] }],
  ['revisions=false', { index: [at(0), at(1), at(2)], values: [10, 20, 4] }],
];

describe.each([
  ['as they came', TELLINGS],
  ['last of them first', [...TELLINGS.slice(3, 6), ...TELLINGS.slice(0, 3), [2, 4]] as readonly Telling[]],
])('%s', (name, tellings) => {
  let ask: (query: string) => Promise<unknown>;
  beforeAll(async () => {
    ask = await after(tellings);
  });
  it.each(ASKED)('?%s', async (query, told) => {
    if (!history.hasOwn) return;
    expect(await ask(query)).toEqual(told);
    expect(name).not.toBe('');
  });
});

it('tells the last value of the newest revision, from memory', async () => {
  const ask = await after([
    [3, 1, DAY2],
    [3, 7, DAY1],
    [2, 9, DAY3],
  ]);
  if (!history.hasOwn) return;
  expect(await ask('lastN=1')).toEqual({ index: [at(3)], values: [1] });
});

it('tells last values of attributes that have their own times', async () => {
  const entity = { id: 'urn:own', type: 'Own', a: property(1, at(1)), b: property(2, at(2)), c: property('x', at(2)) };
  await tell(history, [entity]);
  const told = async (query: string) => (await history.get(`/v2/entities/urn:own/value?lastN=1&${query}`)).json;
  if (!history.hasOwn) return;
  const row = (attributes: Readonly<Record<string, unknown>>, hour: number) => ({
    index: [at(hour)],
    attributes: Object.entries(attributes).map(([attrName, value]) => ({ attrName, values: [value] })),
  });
  expect(await told('')).toEqual(row({ a: null, b: 2, c: 'x' }, 2));
  expect(await told('attrs=a')).toEqual(row({ a: 1 }, 1));
  expect(await told('attrs=a,c')).toEqual(row({ a: null, c: 'x' }, 2));
});
