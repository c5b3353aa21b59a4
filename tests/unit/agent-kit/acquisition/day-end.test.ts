/** Expected slots, gaps and reads of a day; when a meter's clock is set. */

import { expectedStarts, gapsIn, READ_LIMITS, readsFor } from '@contor/agent-kit/acquisition/day-end.js';
import { CLOCK_POLICY, type ClockReading, deviationOf, judgeClock } from '@contor/agent-kit/acquisition/meter-clock.js';
import { toIso } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

describe('expected slots', () => {
  // The nights of 2026: Bucharest 29 March and 25 October, Lord Howe 4 October and 5 April by half an hour.
  it.each([
    ['2026-05-01', 'Europe/Bucharest', 900, 96],
    ['2026-03-29', 'Europe/Bucharest', 900, 92],
    ['2026-10-25', 'Europe/Bucharest', 900, 100],
    ['2026-10-04', 'Australia/Lord_Howe', 900, 94],
    ['2026-04-05', 'Australia/Lord_Howe', 900, 98],
    ['2026-03-08', 'America/New_York', 3600, 23],
    ['2026-11-01', 'America/New_York', 3600, 25],
    ['2026-05-01', 'Asia/Kathmandu', 3600, 24],
  ])('%s in %s at %i s: %i', (day, zone, seconds, count) =>
    expect(expectedStarts(day, zone, seconds)).toHaveLength(count),
  );

  it('days follow each other without a hole or an overlap', () => {
    const days = ['2026-10-24', '2026-10-25', '2026-10-26'];
    const all = days.flatMap((day) => expectedStarts(day, 'Europe/Bucharest', 900));
    expect(new Set(all).size).toBe(all.length);
    expect(all.every((at, index) => index === 0 || at - (all[index - 1] ?? 0) === 900_000)).toBe(true);
  });
});

describe('gaps', () => {
  const starts = expectedStarts('2026-05-01', 'UTC', 900);
  it('reads cover every missing interval, none twice, and none is longer than the meter answers', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(95)),
        fc.integer({ min: 1, max: 96 }),
        fc.nat(8),
        (missing, longestIntervals, joinedIntervals) => {
          const present = new Set(starts.filter((_at, index) => !missing.includes(index)));
          const gaps = gapsIn(starts, present, 900);
          const reads = readsFor(gaps, 900, { longestIntervals, joinedIntervals });
          const covered = reads.flatMap(({ fromMs, toMs }) => starts.filter((at) => at >= fromMs && at < toMs));
          expect(new Set(covered).size).toBe(covered.length);
          for (const index of missing) expect(covered).toContain(starts[index]);
          for (const { fromMs, toMs } of reads) expect(toMs - fromMs).toBeLessThanOrEqual(longestIntervals * 900_000);
          // What came in fills them: the second run finds nothing.
          expect(gapsIn(starts, new Set([...present, ...covered]), 900)).toEqual([]);
        },
      ),
    );
  });
  it('a whole day that is there asks for nothing; one that is missing is one read', () => {
    expect(gapsIn(starts, new Set(starts), 900)).toEqual([]);
    const reads = readsFor(gapsIn(starts, new Set(), 900), 900, READ_LIMITS);
    expect(reads.map(({ fromMs, toMs }) => [toIso(fromMs), toIso(toMs)])).toEqual([
      ['2026-05-01T00:00:00.000Z', '2026-05-02T00:00:00.000Z'],
    ]);
  });
});

describe('the clock of a meter', () => {
  const at = Date.parse('2026-05-01T10:07:00.000Z');
  const reading = (offMs: number, tookMs = 200): ClockReading => ({
    deviceMs: at + tookMs / 2 + offMs,
    askedMs: at,
    answeredMs: at + tookMs,
  });
  const facts = { isHostSure: true, weekday: 5, intervalSeconds: 900 };

  it('is measured against the middle of the round trip', () => {
    expect(deviationOf(reading(3_000, 1_000))).toEqual({ deviationMs: 3_000, uncertaintyMs: 500 });
  });
  it.each([
    ['right', reading(4_000), CLOCK_POLICY, facts, { kind: 'right' }],
    ['fast by half a minute', reading(30_000), CLOCK_POLICY, facts, { kind: 'set', byMs: -30_000 }],
    ['slow by half a minute', reading(-30_000), CLOCK_POLICY, facts, { kind: 'set', byMs: 30_000 }],
    [
      'a host that is not sure of its own',
      reading(30_000),
      CLOCK_POLICY,
      { ...facts, isHostSure: false },
      { kind: 'leave', why: 'host-unsure' },
    ],
    [
      'another day than its own',
      reading(30_000),
      { ...CLOCK_POLICY, weekday: 0 },
      facts,
      { kind: 'leave', why: 'not-its-day' },
    ],
    ['its day', reading(30_000), { ...CLOCK_POLICY, weekday: 5 }, facts, { kind: 'set', byMs: -30_000 }],
    ['a slow line', reading(30_000, 12_000), CLOCK_POLICY, facts, { kind: 'leave', why: 'round-trip' }],
    [
      'across the edge of an interval',
      {
        deviceMs: Date.parse('2026-05-01T10:15:10.000Z'),
        askedMs: Date.parse('2026-05-01T10:14:40.000Z'),
        answeredMs: Date.parse('2026-05-01T10:14:40.200Z'),
      },
      CLOCK_POLICY,
      facts,
      { kind: 'leave', why: 'interval-edge' },
    ],
    ['an hour off is no drift', reading(3_600_000), CLOCK_POLICY, facts, { kind: 'alarm', byMs: -3_600_000 }],
  ] as const)('%s', (_name, clock, policy, known, verdict) =>
    expect(judgeClock(clock, policy, known)).toEqual(verdict),
  );
});
