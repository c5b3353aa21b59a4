/** ISO 8601 durations (GS CIM 009 V1.9.1, 4.5.19: aggrPeriodDuration) and the periods they cut time into, in UTC. */

/** Months are not all as long, so they are counted apart from what is. */
export interface Duration {
  readonly months: number;
  readonly ms: number;
}

const DURATION =
  /^P(?=\d|T\d)(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9}(?:\.\d{1,3})?)S)?)?$/;

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

export function parseDuration(text: string): Duration | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1)
    .map((part: string | undefined) => Number(part ?? 0));
  const ms = (weeks * 7 + days) * DAY_MS + (hours * 60 + minutes) * 60_000 + Math.round(seconds * SECOND_MS);
  return { months: years * 12 + months, ms };
}

export function isZero({ months, ms }: Duration): boolean {
  return months === 0 && ms === 0;
}

/** The start of period number `index` counted from `originMs`; the 31st becomes the last day of a shorter month. */
export function startOf(originMs: number, { months, ms }: Duration, index: number): number {
  return addMonths(originMs, months * index) + ms * index;
}

/** The number of the period an instant falls into. */
export function periodOf(originMs: number, duration: Duration, atMs: number): number {
  if (duration.months === 0) return Math.floor((atMs - originMs) / duration.ms);
  const averageMs = duration.months * 30.436875 * DAY_MS + duration.ms;
  let index = Math.floor((atMs - originMs) / averageMs);
  while (startOf(originMs, duration, index) > atMs) index -= 1;
  while (startOf(originMs, duration, index + 1) <= atMs) index += 1;
  return index;
}

function addMonths(atMs: number, months: number): number {
  if (months === 0) return atMs;
  const date = new Date(atMs);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, last));
  return date.getTime();
}
