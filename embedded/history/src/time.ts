/**
 * Instants on the wire. ISO 8601 in, milliseconds of UTC inside, QuantumLeap's index strings out: UTC with milliseconds
 * and a spelled-out "+00:00". A stamp without an offset is UTC, as QuantumLeap reads it.
 */

const INSTANT =
  /^"?(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|z|[+-]\d{2}(?::?\d{2})?)?)?"?$/;

/** A URL decodes "+02:00" to " 02:00"; dates in query strings get their sign back. */
const LOST_PLUS = /^(.+T.+) (\d{2}:?\d{2}"?)$/;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export function parseInstant(text: string): number | undefined {
  const match = INSTANT.exec(text);
  if (match === null) {
    return undefined;
  }
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const [hour, minute, second] = [Number(match[4] ?? 0), Number(match[5] ?? 0), Number(match[6] ?? 0)];
  if (hour > 24 || minute > 59 || second > 60) {
    return undefined;
  }
  const midnight = Date.UTC(year, month - 1, day);
  const back = new Date(midnight);
  if (month < 1 || back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day || back.getUTCFullYear() !== year) {
    return undefined;
  }
  const fractionMs = match[7] === undefined ? 0 : Math.trunc(Number(`0.${match[7]}`) * 1000 + 1e-6);
  const localMs = midnight + hour * 3_600_000 + minute * MINUTE_MS + second * 1000 + fractionMs;
  return localMs - offsetMinutes(match[8]) * MINUTE_MS;
}

export function parseQueryInstant(text: string): number | undefined {
  return parseInstant(text.replace(LOST_PLUS, '$1+$2'));
}

function offsetMinutes(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z' || zone === 'z') {
    return 0;
  }
  const digits = zone.slice(1).replace(':', '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0);
  return zone.startsWith('-') ? -minutes : minutes;
}

/** Returns a formatter that remembers the last day: a series walks through a day many times before it leaves it. */
export function indexFormatter(): (ms: number) => string {
  let day = Number.NaN;
  let prefix = '';
  return (ms) => {
    const ofDay = Math.floor(ms / DAY_MS);
    if (ofDay !== day) {
      day = ofDay;
      const iso = new Date(ofDay * DAY_MS).toISOString();
      prefix = iso.slice(0, iso.indexOf('T') + 1);
    }
    const rest = ms - ofDay * DAY_MS;
    const hour = Math.floor(rest / 3_600_000);
    const minute = Math.floor(rest / MINUTE_MS) % 60;
    const second = Math.floor(rest / 1000) % 60;
    return `${prefix}${two(hour)}:${two(minute)}:${two(second)}.${three(rest % 1000)}+00:00`;
  };
}

export function formatIndex(ms: number): string {
  return indexFormatter()(ms);
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

function three(value: number): string {
  return value < 10 ? `00${value}` : value < 100 ? `0${value}` : `${value}`;
}
