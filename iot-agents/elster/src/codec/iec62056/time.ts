/**
 * Times as meters of this family write them: digits in pairs with or without separators, a season digit in front (VDEW
 * specification 2.0, 5.4.6: 0 normal, 1 summer, 2 UTC) or a letter behind (DSMR P1 5.0.2, 6.4: W, S). Local time of the meter.
 */

export type Season = 'standard' | 'daylight' | 'utc';

export interface MeterTime {
  /** `YYYY-MM-DD`, absent for a time of day alone. */
  readonly date?: string;
  /** `hh:mm` or `hh:mm:ss`, absent for a date alone. */
  readonly time?: string;
  readonly season?: Season;
}

type TimeKind = 'stamp' | 'date' | 'time';

const SEASONS: Readonly<Record<string, Season>> = {
  '0': 'standard',
  '1': 'daylight',
  '2': 'utc',
  W: 'standard',
  S: 'daylight',
};

const DATE = String.raw`(?<year>(?:20)?\d\d)[-./]?(?<month>\d\d)[-./]?(?<day>\d\d)`;
const TIME = String.raw`(?<hour>\d\d):?(?<minute>\d\d)(?::?(?<second>\d\d))?`;
const FORMS: Readonly<Record<TimeKind, readonly RegExp[]>> = {
  stamp: [new RegExp(`^${DATE}[,& T]?${TIME}(?<season>[WS])?$`), new RegExp(`^(?<season>[012])${DATE}[,& T]?${TIME}$`)],
  date: [new RegExp(`^${DATE}$`), new RegExp(`^(?<season>[012])${DATE}$`)],
  time: [new RegExp(`^${TIME}$`), new RegExp(`^(?<season>[012])${TIME}$`)],
};

/** Digits that are no date of the calendar, such as `632525252525W` for "never", are undefined. */
export function parseTime(text: string, kind: TimeKind): MeterTime | undefined {
  if (text.length > 32) return undefined;
  for (const form of FORMS[kind]) {
    const groups = form.exec(text.trim())?.groups;
    const time = groups && fromGroups(groups);
    if (time !== undefined) return time;
  }
  return undefined;
}

export function formatStamp({ date = '', time = '', season }: MeterTime): string {
  const digit = season === undefined ? '' : String(['standard', 'daylight', 'utc'].indexOf(season));
  return `${digit}${date.slice(2).replaceAll('-', '')}${time.replaceAll(':', '')}`;
}

function fromGroups(groups: Readonly<Record<string, string | undefined>>): MeterTime | undefined {
  const { year, month, day, hour, minute, second, season } = groups;
  if (year !== undefined && !isDay(Number(year) % 100, Number(month), Number(day))) return undefined;
  if (hour !== undefined && (Number(hour) > 24 || Number(minute) > 59 || Number(second ?? 0) > 59)) return undefined;
  const name = season === undefined ? undefined : SEASONS[season];
  return {
    ...(year !== undefined && { date: `20${year.slice(-2)}-${month}-${day}` }),
    ...(hour !== undefined && { time: [hour, minute, second].filter((part) => part !== undefined).join(':') }),
    ...(name !== undefined && { season: name }),
  };
}

function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(2000 + year, month - 1, day));
  return month >= 1 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
