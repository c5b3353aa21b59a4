/**
 * Buckets of local time, worked out here: for servers that know UTC only, and that may tell a row twice. Offsets come from
 * Intl, so that a browser needs nothing for it. A start is where the local clock stands on the grid of the period; a jump of
 * the clocks over a start is a start itself, as in our history server.
 */

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const GRIDS = {
  minute: MINUTE_MS,
  '5min': 5 * MINUTE_MS,
  '15min': 15 * MINUTE_MS,
  '30min': 30 * MINUTE_MS,
  hour: 60 * MINUTE_MS,
} as const;

export type ZonedPeriod = keyof typeof GRIDS | 'day' | 'week' | 'month' | 'quarter' | 'year';

/** Returns the start of the bucket that holds an instant. */
export function bucketStarts(period: ZonedPeriod, zone: string | undefined): (ms: number) => number {
  const offsetAt = zone === undefined || zone === 'UTC' ? () => 0 : offsetReader(zone);
  const grid = period in GRIDS ? GRIDS[period as keyof typeof GRIDS] : undefined;
  const start =
    grid === undefined
      ? (ms: number) => calendarStart(ms, period, offsetAt)
      : (ms: number) => gridStart(ms, grid, offsetAt);
  return start;
}

type OffsetAt = (ms: number) => number;

function gridStart(ms: number, grid: number, offsetAt: OffsetAt): number {
  const offset = offsetAt(ms);
  const start = ms - modulo(ms + offset, grid);
  if (offsetAt(start) === offset) return start;
  const change = changeBetween(start, ms, offsetAt);
  if (start >= change) return start;
  const before = offsetAt(change - 1);
  const skipsStart = Math.floor((change - 1 + before) / grid) < Math.floor((change + offset) / grid);
  return skipsStart ? change : gridStart(change - 1, grid, offsetAt);
}

function calendarStart(ms: number, period: ZonedPeriod, offsetAt: OffsetAt): number {
  const local = truncated(ms + offsetAt(ms), period);
  const guess = local - offsetAt(local - offsetAt(ms));
  // Midnight may be missing, or come twice: the first instant of that local date.
  const candidates = [guess, local - offsetAt(guess - DAY_MS), local - offsetAt(guess + DAY_MS)].sort((a, b) => a - b);
  const first = candidates.find((at) => at + offsetAt(at) === local);
  return first ?? changeBetween(guess - DAY_MS, guess + DAY_MS, offsetAt);
}

function truncated(local: number, period: ZonedPeriod): number {
  const day = local - modulo(local, DAY_MS);
  const date = new Date(day);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  switch (period) {
    case 'week':
      return day - ((date.getUTCDay() + 6) % 7) * DAY_MS;
    case 'month':
      return Date.UTC(year, month);
    case 'quarter':
      return Date.UTC(year, month - (month % 3));
    case 'year':
      return Date.UTC(year, 0);
    default:
      return day;
  }
}

/** The first instant with the offset of `toMs`; offsets change on whole minutes. */
function changeBetween(fromMs: number, toMs: number, offsetAt: OffsetAt): number {
  const after = offsetAt(toMs);
  let [low, high] = [Math.floor(fromMs / MINUTE_MS), Math.ceil(toMs / MINUTE_MS)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle * MINUTE_MS) === after) high = middle;
    else low = middle;
  }
  return high * MINUTE_MS;
}

/** Zones have offsets for at least a quarter of an hour: each is asked for once, and kept. */
function offsetReader(zone: string): OffsetAt {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, hourCycle: 'h23', era: 'short' },
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  const known = new Map<number, number>();
  return (ms) => {
    const slot = Math.floor(ms / (15 * MINUTE_MS));
    const seen = known.get(slot);
    if (seen !== undefined) return seen;
    const at = slot * 15 * MINUTE_MS;
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
    const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
    known.set(slot, local - at);
    return local - at;
  };
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
