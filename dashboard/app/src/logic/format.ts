/** Numbers and dates as the reader's language writes them (ECMA-402), with the unit one narrow space behind. */
import { offsetMinutes } from './zone-time.js';

/** U+202F keeps number and unit on one line. */
const NARROW_SPACE = '\u202F';
/** What stands where no value is known. */
export const NOTHING = '–';
const MINUS = '\u2212';

export interface Formats {
  number(value: number | undefined, digits?: number): string;
  withUnit(value: number | undefined, unit: string, digits?: number): string;
  /** Watts below ten kilowatts, kilowatts above: four digits are what an eye takes in. */
  power(watts: number | undefined): { readonly value: string; readonly unit: string };
  energy(kwh: number | undefined): string;
  time(ms: number): string;
  timeWithSeconds(ms: number): string;
  day(ms: number): string;
  date(ms: number): string;
  dateTime(ms: number): string;
  /** With the year: for what is looked up long after. */
  stamp(ms: number): string;
  /** `14:00–14:15`; the day is added where the interval is not of today's page. */
  interval(startMs: number, endMs: number): string;
  intervalWithDay(startMs: number, endMs: number): string;
  zoneName(ms: number): string;
}

export function createFormats(locale: string, zone: string): Formats {
  const numbers = new Map<number, Intl.NumberFormat>();
  const numberFormat = (digits: number): Intl.NumberFormat => {
    let format = numbers.get(digits);
    if (format === undefined) {
      format = new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
      numbers.set(digits, format);
    }
    return format;
  };
  const clock = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(locale, { timeZone: zone, hourCycle: 'h23', ...options });
  const time = clock({ hour: '2-digit', minute: '2-digit' });
  const seconds = clock({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const day = clock({ weekday: 'short', day: 'numeric', month: 'short' });
  const date = clock({ day: 'numeric', month: 'long', year: 'numeric' });
  const dateTime = clock({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const stamp = clock({
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  const zoneName = clock({ timeZoneName: 'shortOffset', hour: '2-digit' });

  const number = (value: number | undefined, digits = 0): string =>
    value === undefined ? NOTHING : withMinus(numberFormat(digits).format(rounded(value, digits)));
  const withUnit = (value: number | undefined, unit: string, digits = 0): string =>
    value === undefined ? NOTHING : `${number(value, digits)}${NARROW_SPACE}${unit}`;
  // A repeated hour in autumn carries its offset, else 03:00 would stand twice for two different hours.
  const hourMark = (ms: number): string => {
    const offset = offsetMinutes(ms, zone);
    const isRepeated = offsetMinutes(ms + 3_600_000, zone) < offset || offsetMinutes(ms - 3_600_000, zone) > offset;
    return isRepeated ? `${time.format(ms)} ${zonePart(zoneName, ms)}` : time.format(ms);
  };
  const interval = (startMs: number, endMs: number): string => `${hourMark(startMs)}–${hourMark(endMs)}`;
  return {
    number,
    withUnit,
    power: (watts) => {
      if (watts === undefined) return { value: NOTHING, unit: 'W' };
      if (Math.abs(watts) < 10_000) return { value: number(watts), unit: 'W' };
      return { value: number(watts / 1000, Math.abs(watts) < 100_000 ? 2 : 1), unit: 'kW' };
    },
    energy: (kwh) => withUnit(kwh, 'kWh', kwh !== undefined && Math.abs(kwh) < 100 ? 3 : 1),
    time: (ms) => time.format(ms),
    timeWithSeconds: (ms) => seconds.format(ms),
    day: (ms) => day.format(ms),
    date: (ms) => date.format(ms),
    dateTime: (ms) => dateTime.format(ms),
    stamp: (ms) => stamp.format(ms),
    interval,
    intervalWithDay: (startMs, endMs) => `${day.format(startMs)}, ${interval(startMs, endMs)}`,
    zoneName: (ms) => zonePart(zoneName, ms),
  };
}

/** The keyboard's hyphen is shorter than a digit is wide, and easily missed. */
function withMinus(text: string): string {
  return text.replace('-', MINUS);
}

/** No "-0.0": what rounds to nothing has no sign. */
function rounded(value: number, digits: number): number {
  return Math.abs(value) < 0.5 / 10 ** digits ? 0 : value;
}

function zonePart(format: Intl.DateTimeFormat, ms: number): string {
  return format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? '';
}
