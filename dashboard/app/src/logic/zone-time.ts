/** Local time of a site from what every browser already knows (ECMA-402): offsets, midnights and round hours, right across a change of clocks. */

const HOUR_MS = 3_600_000;
const FORMATS = new Map<string, Intl.DateTimeFormat>();

export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

export function localTime(ms: number, zone: string): LocalTime {
  const parts = new Map(
    formatFor(zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  return {
    year: part('year'),
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
  };
}

/** Minutes east of UTC at that instant. */
export function offsetMinutes(ms: number, zone: string): number {
  const { year, month, day, hour, minute, second } = localTime(ms, zone);
  const wholeSeconds = Math.floor(ms / 1000) * 1000;
  return Math.round((Date.UTC(year, month - 1, day, hour, minute, second) - wholeSeconds) / 60_000);
}

/** ISO 8601 local time with its offset: `2026-11-20T09:15:00+02:00`. */
export function toZonedIso(ms: number, zone: string): string {
  const offset = offsetMinutes(ms, zone);
  const local = new Date(ms + offset * 60_000).toISOString().slice(0, 19);
  const minutes = Math.abs(offset);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** The local day as forms and file names write it: `2026-11-20`. */
export function localDate(ms: number, zone: string): string {
  return toZonedIso(ms, zone).slice(0, 10);
}

/** The instant at which a local day begins; `undefined` for a text that is no day. */
export function startOfDate(date: string, zone: string): number | undefined {
  const noon = /^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(`${date}T12:00:00Z`) : Number.NaN;
  if (!Number.isFinite(noon)) return undefined;
  // Noon of that day lies in it whatever the offset; its midnight then settles any change of clocks.
  const startMs = localMidnight(noon - offsetMinutes(noon, zone) * 60_000, zone);
  return localDate(startMs, zone) === date ? startMs : undefined;
}

/** The day after: a day and a half on, because days have 23 or 25 hours twice a year. */
export function startOfNextDate(startMs: number, zone: string): number {
  return startOfDate(localDate(startMs + 36 * HOUR_MS, zone), zone) ?? startMs + 24 * HOUR_MS;
}

export function toUtcIso(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** The instant at which the local day of `ms` began. */
export function localMidnight(ms: number, zone: string): number {
  const { year, month, day } = localTime(ms, zone);
  const wall = Date.UTC(year, month - 1, day);
  // The offset at midnight may differ from the one now; the second look settles it.
  const guess = wall - offsetMinutes(ms, zone) * 60_000;
  return wall - offsetMinutes(guess, zone) * 60_000;
}

/** Round local hours (0, 3, 6 … for `everyHours` 3) inside a window: where an axis of local time has its marks. */
export function localHourMarks(fromMs: number, toMs: number, everyHours: number, zone: string): readonly number[] {
  const marks: number[] = [];
  // Quarter-hours, because some zones are 30 or 45 minutes off.
  const quarterMs = HOUR_MS / 4;
  for (let ms = Math.ceil(fromMs / quarterMs) * quarterMs; ms <= toMs; ms += quarterMs) {
    const { hour, minute } = localTime(ms, zone);
    if (minute === 0 && hour % everyHours === 0) marks.push(ms);
  }
  return marks;
}

export function isKnownZone(zone: string): boolean {
  try {
    formatFor(zone);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function formatFor(zone: string): Intl.DateTimeFormat {
  let format = FORMATS.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    FORMATS.set(zone, format);
  }
  return format;
}
