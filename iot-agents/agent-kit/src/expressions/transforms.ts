/**
 * The transforms of iotagent-node-lib by their names (doc/api.md, "Available functions"). Differences, all on purpose: a value that is not
 * there stays not there, regular expressions run in linear time, `now` is when the reading arrived (so that the same reading always gives the same
 * entity), and times are in UTC whatever the machine's zone.
 */

import { RE2JS } from 're2js';
import { type Budget, LONGEST_TEXT, MOST_ELEMENTS } from './budget.js';

export interface Around {
  readonly budget: Budget;
  readonly nowMs: number;
}

type Transform = (value: unknown, args: readonly unknown[], around: Around) => unknown;

const LONGEST_PATTERN = 200;

/** Asked also when there is no value. */
export const OF_NOTHING: ReadonlySet<string> = new Set(['typeof', 'isarray', 'isnan', 'now']);

const word = (value: unknown): string => String(value);
const text =
  (make: (value: string) => unknown): Transform =>
  (value) =>
    make(word(value));
const date =
  (make: (value: Date) => unknown): Transform =>
  (value) =>
    make(new Date(value as string | number));
const list = (value: unknown): readonly unknown[] | undefined => (Array.isArray(value) ? value : undefined);

export const TRANSFORMS: ReadonlyMap<string, Transform> = new Map<string, Transform>([
  ['jsonparse', text((value) => JSON.parse(value))],
  ['jsonstringify', (value) => JSON.stringify(value)],
  ['indexOf', (value, [part]) => word(value).indexOf(word(part))],
  ['length', text((value) => value.length)],
  ['trim', text((value) => value.trim())],
  ['substr', (value, [start, length]) => substr(word(value), Number(start), length)],
  ['addreduce', (value) => list(value)?.reduce((sum, one) => add(sum, one))],
  ['lengtharray', (value) => list(value)?.length],
  ['typeof', (value) => typeof value],
  ['isarray', (value) => Array.isArray(value)],
  ['isnan', (value) => Number.isNaN(Number(value))],
  ['parseint', text((value) => Number.parseInt(value, 10))],
  ['parsefloat', text((value) => Number.parseFloat(value))],
  ['toisodate', date((value) => value.toISOString())],
  ['toisostring', date((value) => value.toISOString())],
  ['gettime', date((value) => value.getTime())],
  ['timeoffset', date((value) => (Number.isNaN(value.getTime()) ? undefined : 0))],
  ['localestring', (value, [locale, options]) => localeString(value, locale, options)],
  ['now', (_value, _args, { nowMs }) => nowMs],
  ['tostring', text((value) => value)],
  ['urlencode', text(encodeURI)],
  ['urldecode', text(decodeURI)],
  ['touppercase', text((value) => value.toUpperCase())],
  ['tolowercase', text((value) => value.toLowerCase())],
  ['replacestr', (value, [from, to]) => word(value).replace(word(from), () => word(to))],
  ['replaceallstr', (value, [from, to], { budget }) => replaceAll(word(value), word(from), word(to), budget)],
  ['replaceregexp', (value, [from, to], around) => replaceRegExp(word(value), from, word(to), false, around)],
  ['replaceallregexp', (value, [from, to], around) => replaceRegExp(word(value), from, word(to), true, around)],
  ['split', (value, [by]) => word(value).split(word(by), MOST_ELEMENTS + 1)],
  ['joinarrtostr', (value, [by], { budget }) => join(list(value), by === undefined ? ',' : word(by), budget)],
  ['concatarr', (value, [more]) => list(value)?.concat(more)],
  ['slice', (value, [start, end]) => slice(value, start, end)],
  ['addset', (value, [one]) => list(value) && [...new Set([...(list(value) ?? []), one])]],
  ['removeset', (value, [one]) => list(value)?.filter((each, at, all) => each !== one && all.indexOf(each) === at)],
  ['mapper', (value, [values, choices]) => list(choices)?.[list(values)?.indexOf(value) ?? -1]],
  ['thmapper', (value, [values, choices]) => list(choices)?.[thresholdOf(value, list(values))]],
  ['bitwisemask', (value, [mask, operator, shift]) => masked(word(value), Number(mask), operator, Number(shift))],
  ['round', (value) => Math.round(Number(value))],
  ['floor', (value) => Math.floor(Number(value))],
  ['ceil', (value) => Math.ceil(Number(value))],
  ['tofixed', (value, [decimals]) => Number.parseFloat(word(value)).toFixed(Number(decimals ?? 0))],
  ['hextostring', (value) => fromHexText(word(value))],
  ['valuePicker', (value, [wanted]) => picked(value, (one) => one === wanted)],
  ['valuePickerMulti', (value, [wanted]) => picked(value, (one) => list(wanted)?.includes(one) === true)],
]);

/** As JavaScript adds what is no object. */
export function add(left: unknown, right: unknown): unknown {
  if (typeof left === 'string' || typeof right === 'string') return `${String(left)}${String(right)}`;
  return Number(left) + Number(right);
}

function substr(value: string, start: number, length: unknown): string {
  const from = start < 0 ? Math.max(0, value.length + start) : start;
  return value.slice(from, length === undefined ? undefined : from + Number(length));
}

function slice(value: unknown, start: unknown, end: unknown): unknown {
  if (typeof value !== 'string' && !Array.isArray(value)) return undefined;
  return value.slice(start === undefined ? 0 : Number(start), end === undefined ? undefined : Number(end));
}

function replaceAll(value: string, from: string, to: string, budget: Budget): string {
  const parts = value.split(from);
  budget.room(value.length + parts.length * to.length, LONGEST_TEXT);
  return parts.join(to);
}

function join(values: readonly unknown[] | undefined, by: string, budget: Budget): string | undefined {
  if (values === undefined) return undefined;
  const words = values.map((one) => (one === undefined || one === null ? '' : word(one)));
  budget.room(
    words.reduce((sum, one) => sum + one.length, by.length * words.length),
    LONGEST_TEXT,
  );
  return words.join(by);
}

function replaceRegExp(value: string, pattern: unknown, to: string, isEach: boolean, { budget }: Around): unknown {
  if (typeof pattern !== 'string' || pattern.length > LONGEST_PATTERN) return undefined;
  // The machine looks at every character for every state of the pattern.
  budget.spend(Math.ceil(((value.length + 1) * (pattern.length + 1)) / 16));
  budget.room(isEach ? value.length + (value.length + 1) * to.length : value.length + to.length, 4 * LONGEST_TEXT);
  const matcher = RE2JS.compile(pattern).matcher(value);
  return isEach ? matcher.replaceAll(to) : matcher.replaceFirst(to);
}

function thresholdOf(value: unknown, values: readonly unknown[] = []): number {
  return values.findIndex((one) => Number(value) <= Number(one));
}

function masked(value: string, mask: number, operator: unknown, shift: number): number {
  const number = Number.parseInt(value, 10);
  const result =
    operator === '&' ? number & mask : operator === '|' ? number | mask : operator === '^' ? number ^ mask : number;
  return result >> shift;
}

function fromHexText(value: string): string | undefined {
  return /^(?:[0-9a-f]{2})+$/i.test(value) ? Buffer.from(value, 'hex').toString('utf8') : undefined;
}

function localeString(value: unknown, locale: unknown, options: unknown): string {
  const chosen = typeof options === 'object' && options !== null ? (options as Intl.DateTimeFormatOptions) : {};
  const moment = new Date(value as string | number);
  return moment.toLocaleString(typeof locale === 'string' ? locale : 'en-US', { timeZone: 'UTC', ...chosen });
}

function picked(value: unknown, isWanted: (one: unknown) => boolean): readonly string[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).flatMap(([name, one]) => (isWanted(one) ? [name] : []));
}
