/**
 * Time in zones: local days and hours as UTC instants, true to every change of the clocks. Temporal finds the changes of a
 * zone once per year asked for; everything after that is arithmetic on integers.
 */

import { Temporal } from 'temporal-polyfill';
import { WireError } from './errors.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface DayBounds {
  readonly startMs: number;
  /** The first instant of the next day. */
  readonly endMs: number;
}

/** From `fromMs` on, the zone is `offsetMs` ahead of UTC. */
export interface Stretch {
  readonly fromMs: number;
  readonly offsetMs: number;
}

/** zone → UTC year → the stretches of constant offset in that year, the first from the year's first instant. */
const STRETCHES = new Map<string, Map<number, readonly Stretch[]>>();
/** There are some 600 zones, but a name may come from outside in any mixture of capitals. Beyond these the cache starts anew. */
const MOST_ZONES = 1000;
const MOST_YEARS_A_ZONE = 400;

/** Offset of local time from UTC at an instant. Throws WireError 'time.zone' for a zone nobody knows. */
export function offsetAt(atMs: number, zone: string): number {
  const stretches = stretchesOfYear(new Date(atMs).getUTCFullYear(), zone);
  let offsetMs = 0;
  for (const stretch of stretches) {
    if (stretch.fromMs > atMs) break;
    offsetMs = stretch.offsetMs;
  }
  return offsetMs;
}

/** The stretches of constant offset that touch [fromMs, toMs], ascending; the first one began at or before `fromMs`, or is told so. */
export function offsetStretches(fromMs: number, toMs: number, zone: string): readonly Stretch[] {
  const found: Stretch[] = [{ fromMs, offsetMs: offsetAt(fromMs, zone) }];
  for (let year = new Date(fromMs).getUTCFullYear(); Date.UTC(year, 0, 1) <= toMs; year += 1) {
    for (const stretch of stretchesOfYear(year, zone)) {
      const isChange = stretch.offsetMs !== found[found.length - 1]?.offsetMs;
      if (isChange && stretch.fromMs > fromMs && stretch.fromMs <= toMs) found.push(stretch);
    }
  }
  return found;
}

/**
 * The instants in [fromMs, toMs) at which a local hour begins. An hour that comes twice begins twice; an hour whose full
 * hour is skipped by a jump of the clocks begins at the jump.
 */
export function zonedHourStarts(fromMs: number, toMs: number, zone: string): number[] {
  const starts: number[] = [];
  for (let year = new Date(fromMs).getUTCFullYear(); Date.UTC(year, 0, 1) < toMs; year += 1) {
    const stretches = stretchesOfYear(year, zone);
    stretches.forEach(({ fromMs: beginMs, offsetMs }, index) => {
      const endMs = Math.min(toMs, stretches[index + 1]?.fromMs ?? Date.UTC(year + 1, 0, 1));
      const before = stretches[index - 1];
      if (before && beginMs >= fromMs && beginMs < toMs && jumpsIntoHour(beginMs, before.offsetMs, offsetMs)) {
        starts.push(beginMs);
      }
      const firstMs = Math.max(fromMs, beginMs);
      for (let ms = Math.ceil((firstMs + offsetMs) / HOUR_MS) * HOUR_MS - offsetMs; ms < endMs; ms += HOUR_MS)
        starts.push(ms);
    });
  }
  return starts;
}

/** The local date at an instant, 'YYYY-MM-DD'. */
export function localDay(atMs: number, zone: string): string {
  return dateOf(atMs + offsetAt(atMs, zone));
}

/** First and one-past-last instant of a local day: 23, 24, 25 hours long, or whatever the zone decreed. */
export function localDayBounds(day: string, zone: string): DayBounds {
  return { startMs: startOfDay(day, zone), endMs: startOfDay(nextDay(day), zone) };
}

/**
 * The instant at which clocks of a zone show this minute of the day. A minute that comes twice is its first; one that is skipped is as
 * much later as the clocks jump (RFC 5545, 3.3.5).
 */
export function zonedInstant(day: string, minuteOfDay: number, zone: string): number {
  const wallMs = midnightUtc(day) + minuteOfDay * 60_000;
  const offsetMs = offsetAt(wallMs - DAY_MS, zone);
  // Most days of a year have one offset from the day before to the day after.
  if (offsetMs === offsetAt(wallMs + DAY_MS, zone) && offsetMs === offsetAt(wallMs - offsetMs, zone))
    return wallMs - offsetMs;
  const wall = Temporal.PlainDateTime.from(new Date(wallMs).toISOString().slice(0, 23));
  return wall.toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds;
}

/** 'YYYY-MM-DDTHH:MM:SS.mmmZ'. */
export function toIso(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** RFC 3339 date-time with seconds and zone. Digits beyond the millisecond are cut. undefined: not such a text. */
export function parseIso(text: string): number | undefined {
  const [, year, month, day, hour, minute, second, fraction, zone] = RFC_3339.exec(text) ?? [];
  if (year === undefined || zone === undefined) return undefined;
  const date = Date.UTC(Number(year), Number(month) - 1, Number(day));
  // Date.UTC turns 30 February into 1 March and the years 0 to 99 into 1900 to 1999; such a date does not come back.
  if (dateOf(date) !== `${year}-${month}-${day}`) return undefined;
  const clockMs = (Number(hour) * 60 + Number(minute)) * 60_000 + Number(second) * 1000;
  return date + clockMs + Number((fraction ?? '').padEnd(3, '0').slice(0, 3)) - zoneOffset(zone);
}

const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:[.,](\d{1,12}))?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

function zoneOffset(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

function jumpsIntoHour(atMs: number, beforeMs: number, afterMs: number): boolean {
  const fullHourSkipped = Math.floor((atMs - 1 + beforeMs) / HOUR_MS) < Math.floor((atMs + afterMs) / HOUR_MS);
  return fullHourSkipped && (atMs + afterMs) % HOUR_MS !== 0;
}

function dateOf(localMs: number): string {
  return new Date(localMs).toISOString().slice(0, 10);
}

function nextDay(day: string): string {
  return dateOf(midnightUtc(day) + DAY_MS);
}

function midnightUtc(day: string): number {
  const ms = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00.000Z`) : Number.NaN;
  if (Number.isNaN(ms) || dateOf(ms) !== day) throw new WireError('time.day', 'Not a date like 2026-11-20.', { day });
  return ms;
}

/** The first instant that carries this local date; midnight itself may be missing, as in Cairo in spring. */
function startOfDay(day: string, zone: string): number {
  const midnight = midnightUtc(day);
  // Offsets lie within a day of UTC, so the answer lies between two offsets seen around that midnight.
  const earlier = offsetAt(midnight - DAY_MS, zone);
  const later = offsetAt(midnight + DAY_MS, zone);
  if (earlier === later && offsetAt(midnight - earlier, zone) === earlier) return midnight - earlier;
  return Temporal.PlainDate.from(day).toZonedDateTime(zone).epochMilliseconds;
}

function stretchesOfYear(year: number, zone: string): readonly Stretch[] {
  let years = STRETCHES.get(zone);
  const known = years?.get(year);
  if (known) return known;
  const found = findStretches(year, zone);
  if (!years || years.size >= MOST_YEARS_A_ZONE) {
    if (STRETCHES.size >= MOST_ZONES) STRETCHES.clear();
    years = new Map();
    STRETCHES.set(zone, years);
  }
  years.set(year, found);
  return found;
}

function findStretches(year: number, zone: string): readonly Stretch[] {
  const endMs = Date.UTC(year + 1, 0, 1);
  let at = zonedAt(Date.UTC(year, 0, 1), zone);
  const stretches: Stretch[] = [{ fromMs: at.epochMilliseconds, offsetMs: at.offsetNanoseconds / 1e6 }];
  for (;;) {
    const change = at.getTimeZoneTransition('next');
    if (!change || change.epochMilliseconds >= endMs) return stretches;
    stretches.push({ fromMs: change.epochMilliseconds, offsetMs: change.offsetNanoseconds / 1e6 });
    at = change;
  }
}

function zonedAt(atMs: number, zone: string): Temporal.ZonedDateTime {
  try {
    return Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(zone);
  } catch (error) {
    throw new WireError('time.zone', 'Nobody knows this time zone.', { zone }, error);
  }
}
