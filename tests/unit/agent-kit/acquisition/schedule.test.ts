/** Schedules: what a person writes, and when it runs, in the nights of the clocks of four zones too. */

import {
  formatRule,
  nextRunMs,
  parseRule,
  runsBetween,
  type Schedule,
} from '@contor/agent-kit/acquisition/schedule.js';
import { localDay, localDayBounds, offsetAt, toIso } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const DAY_MS = 86_400_000;
const schedule = (text: string, zone: string, spreadSeconds = 0): Schedule => ({
  rule: parseRule(text),
  zone,
  spreadSeconds,
});
/** One changes by half an hour, one south of the equator, one never. */
const ZONES = ['Europe/Bucharest', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Macau'] as const;

describe('what a person writes', () => {
  it.each([
    ['0:30,8:30,14:30', { kind: 'times', minutes: [30, 510, 870] }],
    [' 14:30 , 0:30,00:30', { kind: 'times', minutes: [30, 870] }],
    ['23:59', { kind: 'times', minutes: [1439] }],
    ['every 15 min', { kind: 'period', seconds: 900 }],
    ['every 10 s', { kind: 'period', seconds: 10 }],
    ['Every 1 h', { kind: 'period', seconds: 3600 }],
    ['every 1 d', { kind: 'period', seconds: 86_400 }],
  ])('%s', (text, rule) => {
    expect(parseRule(text)).toEqual(rule);
    expect(parseRule(formatRule(parseRule(text)))).toEqual(rule);
  });
  it.each([
    '',
    '24:00',
    '8',
    '8:60',
    '8:30,',
    'every',
    'every 5 s',
    'every 32 d',
    'every 1.5 h',
    'every 15 min, 8:30',
    '1:00,'.repeat(97),
  ])('refuses "%s" and says what is right', (text) =>
    expect(() => parseRule(text)).toThrow(expect.objectContaining({ code: 'schedule.rule' })),
  );
});

/** Nights in which the clocks jump: forward at 3:00 on 29 March, back at 4:00 on 25 October 2026 (Bucharest); half an hour in Lord Howe. */
describe('the nights of the clocks', () => {
  it.each([
    [
      'a time that is skipped runs as much later',
      'Europe/Bucharest',
      '3:30',
      '2026-03-28T12:00:00.000Z',
      '2026-03-29T01:30:00.000Z',
    ],
    [
      'a time that comes twice runs at its first',
      'Europe/Bucharest',
      '3:30',
      '2026-10-24T12:00:00.000Z',
      '2026-10-25T00:30:00.000Z',
    ],
    ['and not at its second', 'Europe/Bucharest', '3:30', '2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'],
    [
      'from the last hour before a day of 23',
      'Europe/Bucharest',
      '23:30,0:15',
      '2026-03-28T21:30:00.000Z',
      '2026-03-28T22:15:00.000Z',
    ],
    ['half an hour forward', 'Australia/Lord_Howe', '2:15', '2026-10-03T12:00:00.000Z', '2026-10-03T15:45:00.000Z'],
    ['half an hour back', 'Australia/Lord_Howe', '1:45', '2026-04-04T12:00:00.000Z', '2026-04-04T14:45:00.000Z'],
    ['New York in spring', 'America/New_York', '2:30', '2026-03-07T12:00:00.000Z', '2026-03-08T07:30:00.000Z'],
  ])('%s', (_name, zone, text, after, expected) => {
    expect(toIso(nextRunMs(schedule(text, zone), Date.parse(after)))).toBe(expected);
  });

  it.each(ZONES)('each time runs once a local day in %s, all year', (zone) => {
    const rule = schedule('0:30,2:15,3:30,14:30', zone);
    const runs = runsBetween(rule, Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1), 10_000);
    const perDay = new Map<string, number>();
    for (const at of runs) perDay.set(localDay(at, zone), (perDay.get(localDay(at, zone)) ?? 0) + 1);
    const whole = [...perDay].slice(1, -1);
    expect(whole.filter(([, count]) => count !== 4)).toEqual([]);
    expect(runs).toEqual([...new Set(runs)].sort((a, b) => a - b));
  });

  it('two times that fall on one instant are one run', () => {
    const runs = runsBetween(
      schedule('2:15,2:45', 'Australia/Lord_Howe'),
      Date.UTC(2026, 9, 3, 12),
      Date.UTC(2026, 9, 4, 12),
      9,
    );
    expect(runs.map(toIso)).toEqual(['2026-10-03T15:45:00.000Z']);
  });

  it('agrees with a clock that is looked at every minute', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.nat(1439),
        fc.integer({ min: 0, max: 364 }),
        (zone, minute, dayOfYear) => {
          const text = `${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}`;
          const { startMs, endMs } = localDayBounds(
            localDay(Date.UTC(2026, 0, 1, 12) + dayOfYear * DAY_MS, zone),
            zone,
          );
          const shown: number[] = [];
          for (let at = startMs; at < endMs; at += 60_000) {
            const local = new Date(at + offsetAt(at, zone));
            if (local.getUTCHours() * 60 + local.getUTCMinutes() === minute) shown.push(at);
          }
          const [first] = shown;
          fc.pre(first !== undefined);
          expect(nextRunMs(schedule(text, zone), startMs - 1)).toBe(first);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a period', () => {
  it('is counted from the epoch, and no change of clocks moves it', () => {
    const quarter = schedule('every 15 min', 'Europe/Bucharest');
    const runs = runsBetween(
      quarter,
      Date.parse('2026-03-28T22:00:00.000Z'),
      Date.parse('2026-03-29T21:00:00.000Z'),
      1_000,
    );
    expect(runs).toHaveLength(92);
    expect(runs.every((at) => at % 900_000 === 0)).toBe(true);
  });
  it('never runs at the instant it is asked after, nor before', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10, max: 100_000 }),
        fc.integer({ min: 0, max: 2 ** 42 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seconds, after, place) => {
          const next = nextRunMs({ rule: { kind: 'period', seconds }, zone: 'UTC', spreadSeconds: 60 }, after, place);
          expect(next).toBeGreaterThan(after);
          expect(next - after).toBeLessThanOrEqual(seconds * 1_000);
        },
      ),
    );
  });
});

it('spreads many meters behind the moment, each at its own place', () => {
  const spread = schedule('8:30', 'UTC', 600);
  const at = (place: number) => toIso(nextRunMs(spread, Date.parse('2026-05-01T00:00:00.000Z'), place));
  expect([at(0), at(0.5), at(0.999)]).toEqual([
    '2026-05-01T08:30:00.000Z',
    '2026-05-01T08:35:00.000Z',
    '2026-05-01T08:39:59.400Z',
  ]);
  // Asked just after its own run: the next one is tomorrow's, also while others still wait for today's.
  expect(toIso(nextRunMs(spread, Date.parse('2026-05-01T08:35:00.000Z'), 0.5))).toBe('2026-05-02T08:35:00.000Z');
});
