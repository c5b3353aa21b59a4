/** Buckets of local time worked out twice, by two programs: the client's from Intl, history's from Temporal. They agree everywhere. */

import { gridOf, type Period, startsBetween } from '@contor/history/store/buckets.js';
import { dedupe, gapsIn, reduce } from '@contor/history-query/reduce.js';
import { bucketStarts } from '@contor/history-query/zoned-buckets.js';
import { offsetStretches } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const ZONES = [
  ...[
    'Europe/Bucharest',
    'America/New_York',
    'Australia/Lord_Howe',
    'America/Havana',
    'Asia/Kathmandu',
    'Pacific/Chatham',
  ],
  ...['Africa/Cairo', 'America/St_Johns', 'UTC', 'Pacific/Apia', 'Asia/Beirut'],
];
const PERIODS = ['minute', '5min', '15min', '30min', 'hour', 'day', 'week', 'month', 'quarter', 'year'] as const;

describe.each(PERIODS)('%s', (period) => {
  it.each(ZONES)('in %s', (zone) => {
    const startOf = bucketStarts(period, zone);
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(2012, 0, 1), max: Date.UTC(2030, 0, 1) }), (ms) => {
        const [start] = startsBetween(gridOf(period as Period, zone, ms, ms), ms, ms, 10) ?? [];
        return startOf(ms) === start && startOf(startOf(ms)) === startOf(ms) && startOf(ms) <= ms;
      }),
      { numRuns: 60 },
    );
  });
  it.each(['Europe/Bucharest', 'Australia/Lord_Howe', 'America/Havana'])(
    'around every change of the clocks in %s',
    (zone) => {
      const startOf = bucketStarts(period, zone);
      for (const { fromMs } of offsetStretches(Date.UTC(2024, 0, 1), Date.UTC(2027, 0, 1), zone).slice(1)) {
        for (let ms = fromMs - 7_200_000; ms < fromMs + 7_200_000; ms += 450_000) {
          const [start] = startsBetween(gridOf(period as Period, zone, ms, ms), ms, ms, 10) ?? [];
          expect({ ms, start: startOf(ms) }).toEqual({ ms, start });
        }
      }
    },
  );
});

it('stretches of a zone begin where its clocks change', () => {
  const hours = offsetStretches(Date.UTC(2026, 0, 1), Date.UTC(2026, 11, 31), 'Europe/Bucharest');
  expect(hours).toEqual([
    { fromMs: Date.UTC(2026, 0, 1), offsetMs: 7_200_000 },
    { fromMs: Date.UTC(2026, 2, 29, 1), offsetMs: 10_800_000 },
    { fromMs: Date.UTC(2026, 9, 25, 1), offsetMs: 7_200_000 },
  ]);
});

describe('rows told once each', () => {
  it('of values told twice the later one, and what says nothing hides nothing', () =>
    expect(dedupe({ timesMs: [1, 1, 2, 2], columns: { a: [1, 2, 3, null], b: [null, 5, null, null] } })).toEqual({
      timesMs: [1, 2],
      columns: { a: [2, 3], b: [5, null] },
    }));
  it('ascending instants stay as they are', () => {
    const series = { timesMs: [1, 2, 3], columns: { a: [1, null, 3] } };
    expect(dedupe(series)).toBe(series);
  });
});

it.each([
  [[0, 1, 2, 3], []],
  [[], [{ fromMs: 0, toMs: 4 }]],
  [
    [1, 2],
    [
      { fromMs: 0, toMs: 1 },
      { fromMs: 3, toMs: 4 },
    ],
  ],
  [[0, 3], [{ fromMs: 1, toMs: 3 }]],
] as const)('gaps beside %j', (timesMs, gaps) =>
  expect(gapsIn([...timesMs], { fromMs: 0, toMs: 4, stepMs: 1 })).toEqual(gaps),
);

it('sums of tenths are whole, in any order', () =>
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), { minLength: 1, maxLength: 200 }),
      (digits) => {
        const series = { timesMs: digits.map((_, row) => row), columns: { a: digits.map((digit) => digit / 1e6) } };
        const { columns } = reduce(series, { period: undefined, zone: undefined, methods: ['sum'], decimals: 6 });
        expect(columns.a.sum).toEqual([digits.reduce((sum, digit) => sum + digit, 0)]);
      },
    ),
  ));
