/**
 * Buckets of time: quarter hours, local days, ISO weeks. A start is where the local clock of the zone stands on the grid of the
 * period, so an hour that the clocks repeat comes twice and a day has 92, 96 or 100 quarter hours. A jump of the clocks over
 * a start, without landing on one, is a start itself (GS CIM 009 knows UTC only; QuantumLeap too).
 * The same arithmetic is written twice: as SQL for millions of rows, and as numbers for the few buckets that stay empty.
 */

import { localDayBounds, offsetStretches, type Stretch } from '@contor/kit';
import { literal } from './identifiers.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** `ms`: a grid on the local clock. `unit`: a step of the local calendar, in the words of SQL's date_trunc. */
const PERIODS = {
  second: { ms: 1000 },
  minute: { ms: MINUTE_MS },
  '5min': { ms: 5 * MINUTE_MS },
  '15min': { ms: 15 * MINUTE_MS },
  '30min': { ms: 30 * MINUTE_MS },
  hour: { ms: HOUR_MS },
  day: { unit: 'day' },
  week: { unit: 'week' },
  month: { unit: 'month' },
  quarter: { unit: 'quarter' },
  year: { unit: 'year' },
} as const satisfies Readonly<Record<string, { ms: number } | { unit: string }>>;

export type Period = keyof typeof PERIODS;
type Unit = 'day' | 'week' | 'month' | 'quarter' | 'year';

export const ALL_PERIODS = Object.keys(PERIODS) as readonly Period[];

/** No bucket of a period is longer: how far a register may be looked for behind a window. */
export function longestMs(period: Period): number {
  const row = PERIODS[period];
  return 'ms' in row ? row.ms : { day: 25, week: 169, month: 745, quarter: 2209, year: 8785 }[row.unit] * HOUR_MS;
}

export interface Grid {
  readonly period: Period;
  /** undefined: UTC. */
  readonly zone: string | undefined;
  readonly stretches: readonly Stretch[];
}

/** Zones have rules for these years; instants beyond take the nearest offset. */
const ZONED_FROM_MS = Date.UTC(1970, 0, 1);
const ZONED_TO_MS = Date.UTC(2100, 0, 1);

/** For rows between two instants. Throws WireError 'time.zone' for a zone that nobody knows. */
export function gridOf(period: Period, zone: string | undefined, fromMs: number, toMs: number): Grid {
  if (zone === undefined) {
    return { period, zone, stretches: [{ fromMs: ZONED_FROM_MS, offsetMs: 0 }] };
  }
  const from = Math.min(Math.max(fromMs - longestMs(period) - DAY_MS, ZONED_FROM_MS), ZONED_TO_MS);
  const to = Math.min(Math.max(toMs + longestMs(period) + DAY_MS, from), ZONED_TO_MS);
  return { period, zone, stretches: offsetStretches(from, to, zone) };
}

/** Buckets are whole days of UTC, or made of them. */
export function isOfDays({ period, zone }: Grid): boolean {
  return zone === undefined && 'unit' in PERIODS[period];
}

/** Ascends with time; `startOf` turns it into the instant at which the bucket begins. */
export function keySql(grid: Grid): string {
  const row = PERIODS[grid.period];
  if ('ms' in row) {
    return byStretch(grid, (at) => floorSql(grid, at, row.ms));
  }
  const local = byStretch(grid, (at) => `t + ${literal(grid.stretches[at]?.offsetMs ?? 0)}`);
  return row.unit === 'day'
    ? `(${local}) - (((${local}) % ${literal(DAY_MS)}) + ${literal(DAY_MS)}) % ${literal(DAY_MS)}`
    : `epoch_ms(date_trunc('${row.unit}', epoch_ms((${local})::BIGINT)))`;
}

export function startOf(grid: Grid, key: number): number {
  return 'ms' in PERIODS[grid.period] || grid.zone === undefined
    ? key
    : localDayBounds(new Date(key).toISOString().slice(0, 10), grid.zone).startMs;
}

/** Starts of all buckets from the one that holds `fromMs` to the one that holds `toMs`; undefined when they are more than `most`. */
export function startsBetween(grid: Grid, fromMs: number, toMs: number, most: number): readonly number[] | undefined {
  const row = PERIODS[grid.period];
  const starts: number[] = [];
  if ('ms' in row) {
    if ((toMs - fromMs) / row.ms > most + 2) {
      return undefined;
    }
    let last = Number.NaN;
    // Grids of two stretches are shifted by less than a period at a change of the clocks: half steps meet every bucket.
    for (let ms = fromMs; ms <= toMs; ms += row.ms / 2) {
      last = pushed(starts, floor(grid, ms, row.ms), last);
    }
    pushed(starts, floor(grid, toMs, row.ms), last);
  } else {
    const end = truncated(toMs + offsetAt(grid, toMs), row.unit);
    for (let key = truncated(fromMs + offsetAt(grid, fromMs), row.unit); key <= end; key = following(key, row.unit)) {
      starts.push(startOf(grid, key));
      if (starts.length > most) {
        return undefined;
      }
    }
  }
  return starts.length > most ? undefined : starts;
}

function pushed(starts: number[], start: number, last: number): number {
  if (start !== last) {
    starts.push(start);
  }
  return start;
}

function byStretch(grid: Grid, sql: (at: number) => string): string {
  const cases = grid.stretches.slice(1).map(({ fromMs }, at) => `WHEN t >= ${literal(fromMs)} THEN ${sql(at + 1)}`);
  // The newest first: most rows are.
  return cases.length === 0 ? sql(0) : `CASE ${cases.reverse().join(' ')} ELSE ${sql(0)} END`;
}

function floorSql(grid: Grid, at: number, periodMs: number): string {
  const { fromMs, offsetMs } = grid.stretches[at] ?? { fromMs: 0, offsetMs: 0 };
  const [period, offset] = [literal(periodMs), literal(offsetMs)];
  const floored = `t - ((t + ${offset}) % ${period} + ${period}) % ${period}`;
  return at === 0 || isOnGrid(fromMs + offsetMs, periodMs)
    ? floored
    : `CASE WHEN ${floored} < ${literal(fromMs)} THEN ${literal(firstOf(grid, at, periodMs))} ELSE ${floored} END`;
}

function floor(grid: Grid, ms: number, periodMs: number): number {
  const at = stretchAt(grid, ms);
  const { fromMs, offsetMs } = grid.stretches[at] ?? { fromMs: 0, offsetMs: 0 };
  const floored = ms - modulo(ms + offsetMs, periodMs);
  return at === 0 || floored >= fromMs ? floored : firstOf(grid, at, periodMs);
}

/** The bucket that the beginning of a stretch falls into. */
function firstOf(grid: Grid, at: number, periodMs: number): number {
  const { fromMs, offsetMs } = grid.stretches[at] ?? { fromMs: 0, offsetMs: 0 };
  const before = grid.stretches[at - 1]?.offsetMs ?? 0;
  const skipsStart = Math.floor((fromMs - 1 + before) / periodMs) < Math.floor((fromMs + offsetMs) / periodMs);
  return skipsStart ? fromMs : floor(grid, fromMs - 1, periodMs);
}

function isOnGrid(localMs: number, periodMs: number): boolean {
  return modulo(localMs, periodMs) === 0;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

function stretchAt({ stretches }: Grid, ms: number): number {
  let at = 0;
  while ((stretches[at + 1]?.fromMs ?? Number.POSITIVE_INFINITY) <= ms) {
    at += 1;
  }
  return at;
}

function offsetAt(grid: Grid, ms: number): number {
  return grid.stretches[stretchAt(grid, ms)]?.offsetMs ?? 0;
}

/** As date_trunc: a week begins on Monday (ISO 8601). */
function truncated(localMs: number, unit: Unit): number {
  const day = localMs - modulo(localMs, DAY_MS);
  const date = new Date(day);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  switch (unit) {
    case 'day':
      return day;
    case 'week':
      return day - ((date.getUTCDay() + 6) % 7) * DAY_MS;
    case 'month':
      return Date.UTC(year, month);
    case 'quarter':
      return Date.UTC(year, month - (month % 3));
    case 'year':
      return Date.UTC(year, 0);
  }
}

function following(key: number, unit: Unit): number {
  const date = new Date(key);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  switch (unit) {
    case 'day':
      return key + DAY_MS;
    case 'week':
      return key + 7 * DAY_MS;
    case 'month':
      return Date.UTC(year, month + 1);
    case 'quarter':
      return Date.UTC(year, month + 3);
    case 'year':
      return Date.UTC(year + 1, 0);
  }
}
