/**
 * Dates and times as meters pack them (EN 13757-3:2018, annex A): types F and I (date and time), G (date) and J (time).
 * Local time of the meter; what does not exist in the calendar, or is marked invalid, is undefined.
 */

export interface MeterTime {
  readonly type: 'date' | 'time' | 'dateTime';
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  /** Types F and G have none. */
  readonly second: number | undefined;
  readonly isSummerTime: boolean;
}

const CENTURY = 100;
const NO_YEAR = -1;
/** Two digits below this are of the century that began in 2000 (EN 13757-3, A.6). */
const PIVOT = 81;
const INVALID = 0x80;
const SUMMER_OF_F = 0x80;
const SUMMER_OF_I = 0x40;

/** Type by number of bytes: 2 G, 3 J, 4 F, 6 I. */
export function readTime(bytes: Uint8Array, at: number, length: number): MeterTime | undefined {
  const byte = (offset: number) => bytes[at + offset] ?? 0;
  switch (length) {
    case 2:
      return checked('date', dateOf(byte(0), byte(1), undefined), 0, 0, undefined, false);
    case 3:
      return checked('time', NO_DATE, byte(2) & 0x1f, byte(1) & 0x3f, byte(0) & 0x3f, false);
    case 4: {
      if ((byte(0) & INVALID) !== 0) return undefined;
      const date = dateOf(byte(2), byte(3), (byte(1) >> 5) & 3);
      return checked('dateTime', date, byte(1) & 0x1f, byte(0) & 0x3f, undefined, (byte(1) & SUMMER_OF_F) !== 0);
    }
    case 6: {
      if ((byte(1) & INVALID) !== 0) return undefined;
      const isSummer = (byte(0) & SUMMER_OF_I) !== 0;
      const date = dateOf(byte(3), byte(4), undefined);
      return checked('dateTime', date, byte(2) & 0x1f, byte(1) & 0x3f, byte(0) & 0x3f, isSummer);
    }
    default:
      return undefined;
  }
}

interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const NO_DATE: CalendarDate = { year: 0, month: 1, day: 1 };

/**
 * `hundreds` counts from 1900; a meter of before that rule leaves it zero, and then the pivot decides. Zenner IUWS (version
 * 99) sends 2 for the years from 2000: a meter of the twenty-second century there is none. Years of 100 and more are
 * no years but "every year" and the like.
 */
function dateOf(low: number, high: number, hundreds: number | undefined): CalendarDate {
  const twoDigits = (low >> 5) | ((high & 0xf0) >> 1);
  const isThisCentury = twoDigits < PIVOT || (hundreds ?? 0) > 0;
  const year = twoDigits >= CENTURY ? NO_YEAR : (isThisCentury ? 2000 : 1900) + twoDigits;
  return { year, month: high & 0x0f, day: low & 0x1f };
}

/** What a date that is none says all the same: `2000-00-00`. Undefined for lengths that are no dates. */
export function digitsAsSent(bytes: Uint8Array): string | undefined {
  if (bytes.length !== 2 && bytes.length !== 4) return undefined;
  const [low = 0, high = 0] = bytes.subarray(-2);
  const date = `${2000 + ((low >> 5) | ((high & 0xf0) >> 1))}-${two(high & 0x0f)}-${two(low & 0x1f)}`;
  return bytes.length === 2 ? date : `${date}T${two((bytes[1] ?? 0) & 0x1f)}:${two((bytes[0] ?? 0) & 0x3f)}:00`;
}

function checked(
  type: MeterTime['type'],
  { year, month, day }: CalendarDate,
  hour: number,
  minute: number,
  second: number | undefined,
  isSummerTime: boolean,
): MeterTime | undefined {
  if (year === NO_YEAR || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || (second ?? 0) > 59) return undefined;
  return { type, year, month, day, hour, minute, second, isSummerTime };
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

function daysIn(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeap ? 29 : (DAYS[month - 1] ?? 0);
}

/** Into the type of that many bytes. */
export function writeTime(time: MeterTime, length: 2 | 3 | 4 | 6): Uint8Array {
  const { hour, minute, second = 0 } = time;
  const twoDigits = time.year % CENTURY;
  const low = time.day | ((twoDigits & 7) << 5);
  const high = time.month | ((twoDigits & 0x78) << 1);
  const hundreds = Math.floor((time.year - 1900) / CENTURY);
  switch (length) {
    case 2:
      return Uint8Array.of(low, high);
    case 3:
      return Uint8Array.of(second, minute, hour);
    case 4:
      return Uint8Array.of(minute, hour | (hundreds << 5) | (time.isSummerTime ? SUMMER_OF_F : 0), low, high);
    case 6:
      return Uint8Array.of(second | (time.isSummerTime ? SUMMER_OF_I : 0), minute, hour, low, high, 0);
  }
}

const two = (value: number) => String(value).padStart(2, '0');

/** `2014-03-13`, `14:26:00` or `2014-03-13T14:26:00`: the meter's own clock, so without a zone. */
export function formatTime({ type, year, month, day, hour, minute, second = 0 }: MeterTime): string {
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
  const clock = `${two(hour)}:${two(minute)}:${two(second)}`;
  if (type === 'date') return date;
  return type === 'time' ? clock : `${date}T${clock}`;
}
