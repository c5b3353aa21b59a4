/**
 * When a meter is read: at fixed times of its own day, `0:30,8:30,14:30`, or every so many minutes, `every 15 min`. Pure: the next run
 * after an instant is a function of the rule, so it can be shown before it happens, and a restart changes nothing.
 */

import { localDay, localDayBounds, WireError, zonedInstant } from '@contor/kit';

export type Rule =
  /** Minutes of the local day, ascending, each once. */
  | { readonly kind: 'times'; readonly minutes: readonly number[] }
  | { readonly kind: 'period'; readonly seconds: number };

export interface Schedule {
  readonly rule: Rule;
  /** The zone whose clock the times are read from. */
  readonly zone: string;
  /**
   * Runs of many meters are spread over so many seconds behind the moment, each meter at its own place, so that a line is not asked
   * for everything at once.
   */
  readonly spreadSeconds: number;
}

const DAY_MS = 86_400_000;
/** Every quarter of an hour, at most: more is a period. */
const MOST_TIMES = 96;
/** A meter answers in seconds; faster is a stream, not a schedule. */
const SHORTEST_SECONDS = 10;
const LONGEST_SECONDS = 31 * 86_400;
const UNITS: Readonly<Record<string, number>> = { s: 1, sec: 1, min: 60, h: 3_600, d: 86_400 };
const TIME = /^([01]?\d|2[0-3]):([0-5]\d)$/;
const PERIOD = /^every\s+(\d{1,7})\s*(s|sec|min|h|d)$/i;
/** Two before today in the night of a day of 23 hours; today, and a day that has none of the times, lie before the next run at worst. */
const DAYS_LOOKED_AT = 5;

/** What a person writes. WireError 'schedule.rule' says what would be right. */
export function parseRule(text: string): Rule {
  const period = PERIOD.exec(text.trim());
  if (period !== null) return periodOf(Number(period[1]) * (UNITS[(period[2] ?? '').toLowerCase()] ?? 0), text);
  const times = text.split(',').map((time) => TIME.exec(time.trim()));
  const minutes = times.map((time) => (time === null ? Number.NaN : Number(time[1]) * 60 + Number(time[2])));
  if (times.length > MOST_TIMES || minutes.some(Number.isNaN)) throw malformed(text);
  return { kind: 'times', minutes: [...new Set(minutes)].sort((a, b) => a - b) };
}

export function formatRule(rule: Rule): string {
  if (rule.kind === 'period')
    return rule.seconds % 60 === 0 ? `every ${rule.seconds / 60} min` : `every ${rule.seconds} s`;
  return rule.minutes.map((minute) => `${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}`).join(',');
}

/** The first run after that instant. `place` is where in the spread this meter stands, 0 to 1. */
export function nextRunMs({ rule, zone, spreadSeconds }: Schedule, afterMs: number, place = 0): number {
  const spreadMs = Math.floor(place * spreadSeconds * 1_000);
  const after = afterMs - spreadMs;
  return (
    (rule.kind === 'period' ? nextPeriod(rule.seconds * 1_000, after) : nextTime(rule.minutes, zone, after)) + spreadMs
  );
}

/** Runs in (afterMs, untilMs], at most `most`: what a page shows as the next ones, and what was missed while we were away. */
export function runsBetween(
  schedule: Schedule,
  afterMs: number,
  untilMs: number,
  most: number,
  place = 0,
): readonly number[] {
  const runs: number[] = [];
  for (
    let at = nextRunMs(schedule, afterMs, place);
    at <= untilMs && runs.length < most;
    at = nextRunMs(schedule, at, place)
  )
    runs.push(at);
  return runs;
}

/** Periods count from the epoch, so a quarter of an hour is that of the clock in nearly every zone, and a change of clocks moves none. */
function nextPeriod(periodMs: number, afterMs: number): number {
  return (Math.floor(afterMs / periodMs) + 1) * periodMs;
}

function nextTime(minutes: readonly number[], zone: string, afterMs: number): number {
  let next = Number.POSITIVE_INFINITY;
  // From the day before: a time that the clocks skipped runs later than times behind it, at worst on the next day. From day to day by the
  // calendar: 24 hours on from the last hour before a day of 23 is the day after it.
  let day = localDay(afterMs - DAY_MS, zone);
  for (let looked = 0; looked < DAYS_LOOKED_AT; looked += 1) {
    for (const minute of minutes) {
      const at = zonedInstant(day, minute, zone);
      if (at > afterMs && at < next) next = at;
    }
    day = localDay(localDayBounds(day, zone).endMs, zone);
  }
  return next;
}

function periodOf(seconds: number, text: string): Rule {
  if (!Number.isInteger(seconds) || seconds < SHORTEST_SECONDS || seconds > LONGEST_SECONDS) throw malformed(text);
  return { kind: 'period', seconds };
}

function malformed(text: string): WireError {
  return new WireError('schedule.rule', 'A schedule reads like "0:30,8:30,14:30" or "every 15 min" (10 s to 31 d).', {
    text: text.slice(0, 100),
    mostTimes: MOST_TIMES,
  });
}
