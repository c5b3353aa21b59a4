/** Durations, periods and aggregates of the temporal API. GS CIM 009 V1.9.1, 4.5.19; ISO 8601. */

import { aggregate, METHODS, type Method, type Sample } from '@contor/broker/temporal/aggregate.js';
import { type Duration, parseDuration, periodOf, startOf } from '@contor/broker/temporal/duration.js';
import { readTemporal, type TemporalWords } from '@contor/broker/temporal/query.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (text: string): number => Date.parse(text);

describe('durations', () => {
  it.each<[text: string, duration: Duration]>([
    ['PT0S', { months: 0, ms: 0 }],
    ['PT15M', { months: 0, ms: HOUR / 4 }],
    ['PT1H', { months: 0, ms: HOUR }],
    ['P1D', { months: 0, ms: DAY }],
    ['P1W', { months: 0, ms: 7 * DAY }],
    ['P1M', { months: 1, ms: 0 }],
    ['P1Y2M3DT4H5M6.7S', { months: 14, ms: 3 * DAY + 4 * HOUR + 5 * 60_000 + 6_700 }],
  ])('%s', (text, duration) => expect(parseDuration(text)).toEqual(duration));
  it.each(['', 'P', 'PT', '1D', 'P1H', 'PT1D', 'P-1D', 'PT1M1H', 'p1d', 'P1.5D', 'P99999999D', ' P1D'])(
    '%j is none',
    (text) => expect(parseDuration(text)).toBeUndefined(),
  );
});

describe('periods', () => {
  it('the 31st is the last day of a shorter month', () => {
    const origin = at('2026-01-31T00:00:00Z');
    const starts = [0, 1, 2, 13].map((index) => new Date(startOf(origin, { months: 1, ms: 0 }, index)).toISOString());
    expect(starts).toEqual([
      '2026-01-31T00:00:00.000Z',
      '2026-02-28T00:00:00.000Z',
      '2026-03-31T00:00:00.000Z',
      '2027-02-28T00:00:00.000Z',
    ]);
  });
  it('an instant lies in its period and in no other', () => {
    const duration = fc.oneof(
      fc.integer({ min: 1, max: 40 * DAY }).map((ms) => ({ months: 0, ms })),
      fc.integer({ min: 1, max: 30 }).map((months) => ({ months, ms: 0 })),
      fc.record({ months: fc.integer({ min: 1, max: 3 }), ms: fc.integer({ min: 0, max: 40 * DAY }) }),
    );
    const instant = fc.integer({ min: at('2020-01-01T00:00:00Z'), max: at('2030-01-01T00:00:00Z') });
    fc.assert(
      fc.property(instant, instant, duration, (originMs, atMs, length) => {
        const index = periodOf(originMs, length, atMs);
        expect(startOf(originMs, length, index)).toBeLessThanOrEqual(atMs);
        expect(startOf(originMs, length, index + 1)).toBeGreaterThan(atMs);
      }),
    );
  });
});

describe('aggregates', () => {
  const samples: readonly Sample[] = [2, 4, 4, 4, 5, 5, 7, 9].map((value, hour) => [hour * HOUR, value]);
  const whole = { fromMs: 0, toMs: DAY };
  it.each<[method: Method, result: unknown]>([
    ['totalCount', 8],
    ['distinctCount', 5],
    ['sum', 40],
    ['avg', 5],
    ['min', 2],
    ['max', 9],
    ['stddev', 2],
    ['sumsq', 232],
  ])('%s of a whole time', (method, result) =>
    expect(aggregate(samples, method, { months: 0, ms: 0 }, whole)).toEqual([[result, 0, DAY]]),
  );
  it('periods begin where the query begins, and empty ones are left out', () =>
    expect(aggregate(samples, 'sum', { months: 0, ms: 3 * HOUR }, { fromMs: -9 * HOUR, toMs: DAY })).toEqual([
      [10, 0, 3 * HOUR],
      [14, 3 * HOUR, 6 * HOUR],
      [16, 6 * HOUR, 9 * HOUR],
    ]));
  it('texts have an order and no sum, booleans are 0 and 1, mixtures are only counted', () => {
    const of = (values: readonly unknown[], method: Method): unknown =>
      aggregate(
        values.map((value, ms) => [ms, value] as const),
        method,
        { months: 0, ms: 0 },
        whole,
      )[0]?.[0];
    expect(METHODS.map((method) => of(['b', 'a', 'b'], method))).toEqual([
      3,
      2,
      undefined,
      undefined,
      'a',
      'b',
      undefined,
      undefined,
    ]);
    expect(METHODS.map((method) => of([true, false], method))).toEqual([2, 2, 1, 0.5, 0, 1, 0.5, 1]);
    expect(METHODS.map((method) => of([1, 'a'], method))).toEqual([
      2,
      2,
      ...Array.from({ length: 6 }, () => undefined),
    ]);
  });
  it('periods partition: their counts and sums are those of the whole', () => {
    const values = fc.array(fc.tuple(fc.integer({ min: 0, max: 400 * DAY }), fc.integer({ min: -1000, max: 1000 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(values, fc.constantFrom('PT7M', 'PT1H', 'P1D', 'P1M', 'P1Y'), (pairs, text) => {
        const ascending = pairs.toSorted(([a], [b]) => a - b);
        const duration = parseDuration(text) ?? { months: 0, ms: 0 };
        for (const method of ['totalCount', 'sum'] as const) {
          const parts = aggregate(ascending, method, duration, { fromMs: undefined, toMs: undefined });
          const [all] = aggregate(ascending, method, { months: 0, ms: 0 }, { fromMs: undefined, toMs: undefined });
          expect(parts.reduce((sum, [result]) => sum + Number(result), 0)).toBe(all?.[0]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('a temporal query', () => {
  const T = '2026-11-20T07:00:00Z';
  it.each<[clause: string, words: TemporalWords, span: object]>([
    ['4.11', { timerel: 'before', timeAt: T }, { fromMs: undefined, toMs: at(T) }],
    ['4.11', { timerel: 'after', timeAt: T }, { fromMs: at(T) + 1, toMs: undefined }],
    [
      '4.11',
      { timerel: 'between', timeAt: T, endTimeAt: '2026-11-20T08:00:00Z' },
      { fromMs: at(T), toMs: at(T) + HOUR },
    ],
  ])('%s: %j', (_clause, words, span) => expect(readTemporal(words).span).toEqual(span));
  it.each<[clause: string, words: TemporalWords, code: string]>([
    ['4.11', { timerel: 'before' }, 'badRequestData'],
    ['4.11', { timeAt: T }, 'badRequestData'],
    ['4.11', { timerel: 'since', timeAt: T }, 'badRequestData'],
    ['4.11', { timerel: 'before', timeAt: 'yesterday' }, 'badRequestData'],
    ['4.11', { timerel: 'before', timeAt: T, endTimeAt: T }, 'badRequestData'],
    ['4.11', { timerel: 'between', timeAt: T }, 'badRequestData'],
    ['4.11', { timerel: 'between', timeAt: T, endTimeAt: T }, 'badRequestData'],
    ['4.8', { timerel: 'before', timeAt: T, timeproperty: 'modifiedAt' }, 'notBuilt'],
    ['4.8', { timerel: 'before', timeAt: T, timeproperty: 'dawn' }, 'badRequestData'],
    ['5.2.21', { lastN: '0' }, 'badRequestData'],
    ['5.2.21', { lastN: '1e3' }, 'badRequestData'],
    ['5.2.21', { lastN: '10001' }, 'badRequestData'],
    ['6.3.12', { options: ['colourful'] }, 'badRequestData'],
    ['6.3.12', { options: ['temporalValues', 'aggregatedValues'], aggrMethods: ['avg'] }, 'badRequestData'],
    ['6.3.12', { aggrMethods: ['avg'] }, 'badRequestData'],
    ['5.2.44', { options: ['aggregatedValues'] }, 'badRequestData'],
    ['5.2.44', { options: ['aggregatedValues'], aggrMethods: ['median'] }, 'badRequestData'],
    ['5.2.44', { options: ['aggregatedValues'], aggrMethods: ['avg'], aggrPeriodDuration: '1h' }, 'badRequestData'],
  ])('%s: refuses %j', (_clause, words, code) =>
    expect(() => readTemporal(words)).toThrow(expect.objectContaining({ code })),
  );
});
