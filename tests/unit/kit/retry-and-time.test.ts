import { localDay, localDayBounds, parseIso, retrySchedule, seededRandom, toIso, zonedHourStarts } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../support/long.js';

const HOUR_MS = 3_600_000;

describe('the retry schedule', () => {
  it('stays within its bounds for any attempt, and grows up to them', () => {
    const options = fc.record({
      firstMs: fc.integer({ min: 1, max: 1000 }),
      factor: fc.double({ min: 1, max: 4, noNaN: true }),
      maxMs: fc.integer({ min: 1000, max: 100_000 }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(options, fc.integer({ min: 0, max: 100_000 }), fc.integer(), (given, attempt, seed) => {
        const delayMs = retrySchedule(given, seededRandom(seed)).delayMs(attempt);
        const fullMs = Math.min(given.maxMs, given.firstMs * given.factor ** (Math.max(1, attempt) - 1));
        expect(delayMs).toBeLessThanOrEqual(fullMs);
        expect(delayMs).toBeGreaterThanOrEqual(fullMs * (1 - given.jitter));
      }),
    );
  });

  it('without jitter is exact', () => {
    const schedule = retrySchedule({ firstMs: 100, factor: 2, maxMs: 1000, jitter: 0 }, seededRandom(1));
    expect([1, 2, 3, 4, 5, 6].map((attempt) => schedule.delayMs(attempt))).toEqual([100, 200, 400, 800, 1000, 1000]);
  });
});

describe('local days', () => {
  it.each([
    ['2026-11-20', 'Europe/Bucharest', 96],
    ['2026-03-29', 'Europe/Bucharest', 92],
    ['2026-10-25', 'Europe/Bucharest', 100],
    ['2026-10-04', 'Australia/Lord_Howe', 94],
    ['2026-04-05', 'Australia/Lord_Howe', 98],
    ['2026-04-24', 'Africa/Cairo', 92],
    ['2026-10-30', 'Africa/Cairo', 96],
    ['2026-10-29', 'Africa/Cairo', 100],
    ['2026-06-01', 'Asia/Kathmandu', 96],
  ])('%s in %s has %i quarter hours', (day, zone, quarters) => {
    const { startMs, endMs } = localDayBounds(day, zone);
    expect((endMs - startMs) / (HOUR_MS / 4)).toBe(quarters);
    expect([localDay(startMs, zone), localDay(endMs - 1, zone)]).toEqual([day, day]);
    expect(localDay(startMs - 1, zone) < day && localDay(endMs, zone) > day).toBe(true);
  });

  it('follow each other without a gap in any zone', () => {
    const zone = fc.constantFrom(...Intl.supportedValuesOf('timeZone'));
    const atMs = fc.integer({ min: Date.UTC(1975, 0), max: Date.UTC(2037, 0) });
    fc.assert(
      fc.property(zone, atMs, (name, ms) => {
        const { startMs, endMs } = localDayBounds(localDay(ms, name), name);
        expect(startMs).toBeLessThanOrEqual(ms);
        expect(endMs).toBeGreaterThan(ms);
        expect(localDayBounds(localDay(endMs, name), name).startMs).toBe(endMs);
      }),
      // Samoa and Tokelau skipped a whole day at the date line; there is no bound to meet on the other side.
      { numRuns: times(60, 300), seed: 7 },
    );
  });

  it.each([
    ['2026-13-01', 'Europe/Bucharest', 'time.day'],
    ['2026-02-30', 'Europe/Bucharest', 'time.day'],
    ['2026-01-01', 'Mars/Olympus', 'time.zone'],
  ])('refuse %s in %s with %s', (day, zone, code) => {
    expect(() => localDayBounds(day, zone)).toThrow(expect.objectContaining({ code }));
  });
});

describe('local hours', () => {
  it.each([
    ['2026-11-20', 'Europe/Bucharest', 24],
    ['2026-03-29', 'Europe/Bucharest', 23],
    ['2026-10-25', 'Europe/Bucharest', 25],
    ['2026-10-04', 'Australia/Lord_Howe', 24],
    ['2026-04-05', 'Australia/Lord_Howe', 24],
    ['2026-06-01', 'Asia/Kathmandu', 24],
  ])('of %s in %s are %i', (day, zone, hours) => {
    const { startMs, endMs } = localDayBounds(day, zone);
    const starts = zonedHourStarts(startMs, endMs, zone);
    expect(starts).toHaveLength(hours);
    expect(starts[0]).toBe(startMs);
  });

  it('in Lord Howe keep 96 quarter hours a day on average over the year, with one short and one long hour', () => {
    const zone = 'Australia/Lord_Howe';
    const from = localDayBounds('2026-01-01', zone).startMs;
    const to = localDayBounds('2027-01-01', zone).startMs;
    const starts = [...zonedHourStarts(from, to, zone), to];
    const lengths = starts.slice(1).map((ms, index) => (ms - (starts[index] ?? 0)) / 60_000);
    expect(starts.length - 1).toBe(365 * 24);
    expect(lengths.filter((minutes) => minutes !== 60).sort()).toEqual([30, 90]);
  });

  it('cut at any place are the same hours', () => {
    const from = Date.UTC(2026, 0);
    const span = fc.integer({ min: 0, max: 366 * 24 * HOUR_MS });
    const zone = fc.constantFrom(
      'Europe/Bucharest',
      'Australia/Lord_Howe',
      'America/St_Johns',
      'Africa/Casablanca',
      'UTC',
    );
    fc.assert(
      fc.property(zone, span, span, (name, a, b) => {
        const [middle, end] = [from + Math.min(a, b), from + Math.max(a, b)];
        const parts = [...zonedHourStarts(from, middle, name), ...zonedHourStarts(middle, end, name)];
        expect(parts).toEqual(zonedHourStarts(from, end, name));
      }),
      { numRuns: times(10, 40) },
    );
  });
});

describe('ISO times', () => {
  it('go there and back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }), (ms) => expect(parseIso(toIso(ms))).toBe(ms)),
    );
  });

  it.each([
    ['2026-11-20T07:00:10Z', '2026-11-20T07:00:10.000Z'],
    ['2026-11-20T07:00:10.1239Z', '2026-11-20T07:00:10.123Z'],
    ['2026-11-20T07:00:10,5Z', '2026-11-20T07:00:10.500Z'],
    ['2026-11-20T09:00:10+02:00', '2026-11-20T07:00:10.000Z'],
    ['2024-02-29T00:00:00-00:30', '2024-02-29T00:30:00.000Z'],
  ])('read %s', (text, iso) => expect(toIso(parseIso(text) ?? Number.NaN)).toBe(iso));

  it.each([
    '2026-11-20',
    '2026-02-29T00:00:00Z',
    '2026-11-20T24:00:00Z',
    '2026-11-20T07:00:10',
    '0000-00-00T00:00:00Z',
    'now',
    '',
  ])('refuse %s', (text) => expect(parseIso(text)).toBeUndefined());

  it('answer any text', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseIso(text)));
  });
});
