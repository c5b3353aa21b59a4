/**
 * Parameters of a question, as tables: how each is read and what a bad one is answered. First QuantumLeap's, with its names,
 * bounds, statuses and order of complaints; then ours, which it ignores. Others are ignored here, too.
 */

import { WireError } from '@contor/kit';
import { RE2JS } from 're2js';
import { type Checked, type Fault, fault, value } from '../fault.js';
import { type LocationTest, readGeoQuery } from '../geo/geo-query.js';
import type { Method, MethodKind } from '../store/aggregates.js';
import { ALL_PERIODS, gridOf, type Period } from '../store/buckets.js';
import type { Aggregation } from '../store/questions.js';
import { parseQueryInstant } from '../time.js';

export type Format = 'json' | 'columns' | 'csv';

export interface Parameters {
  readonly type: string | undefined;
  readonly ids: readonly string[] | undefined;
  readonly matchesId: ((id: string) => boolean) | undefined;
  readonly attributes: readonly string[] | undefined;
  readonly aggregation: Aggregation | undefined;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly lastN: number | undefined;
  /** Bounded; `askedLimit` is what was said. */
  readonly limit: number;
  readonly askedLimit: number | undefined;
  readonly offset: number;
  readonly isAtPlace: LocationTest | undefined;
  readonly asOfMs: number | undefined;
  readonly tellsRevisions: boolean;
  readonly tellsMetadata: boolean;
  readonly points: number | undefined;
  readonly format: Format;
}

/** From a URL a text, or several of one name; from a body a list may be given as what it is. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface ReadingRules {
  readonly defaultLimit: number;
  /** Only what QuantumLeap knows. */
  readonly ignoresOwn?: boolean;
  /** Items of lists are as they stand, commas and all. */
  readonly hasExactLists?: boolean;
}

/** QuantumLeap's; those of ours come behind them in the tables of `aggregates` and `buckets`. */
const FEW_METHODS: readonly MethodKind[] = ['count', 'sum', 'avg', 'min', 'max'];
const FEW_PERIODS: readonly Period[] = ['year', 'month', 'day', 'hour', 'minute', 'second'];
export const METHODS: readonly MethodKind[] = [...FEW_METHODS, 'first', 'last', 'delta'];
export const FORMATS: readonly Format[] = ['json', 'columns', 'csv'];

/** Bounds on what one question may ask for. */
export const MAX_LIST = 10_000;
const MAX_PATTERN_LENGTH = 500;
const MAX_METHODS = 20;
/** Digits of a register, and decimals: together they stay within 128 bits. */
const MAX_DIGITS = 15;
const MAX_DECIMALS = 9;
export const MAX_POINTS = 10_000;

const PERCENTILE = /^p(\d{1,2}(?:\.\d{1,2})?|100)$/;

const READERS = {
  type: text,
  idPattern: pattern,
  aggrMethod: text,
  aggrPeriod: text,
  fromDate: instant('fromDate'),
  toDate: instant('toDate'),
  lastN: integer('lastN', 1, Number.MAX_SAFE_INTEGER),
  limit: integer('limit', 1, Number.MAX_SAFE_INTEGER),
  offset: integer('offset', Number.NEGATIVE_INFINITY, Number.MAX_SAFE_INTEGER),
  georel: text,
  geometry: text,
  coords: text,
} as const satisfies Readonly<Record<string, (text: string) => Checked<unknown>>>;

const OWN_READERS = {
  timezone: zone,
  digits: integer('digits', 1, MAX_DIGITS),
  decimals: integer('decimals', 0, MAX_DECIMALS),
  fill: oneOf('fill', ['gaps', 'none']),
  asOf: instant('asOf'),
  revisions: flag('revisions'),
  metadata: flag('metadata'),
  points: integer('points', 2, MAX_POINTS),
  format: oneOf('format', FORMATS),
} as const satisfies Readonly<Record<string, (text: string) => Checked<unknown>>>;

export const OWN_PARAMETERS = Object.keys(OWN_READERS);

const LISTS = ['id', 'attrs'] as const;

type Readers = typeof READERS & typeof OWN_READERS;
type Read = {
  readonly [K in keyof Readers]?: Extract<ReturnType<Readers[K]>, { kind: 'value' }>['value'];
} & { readonly id?: readonly string[]; readonly attrs?: readonly string[] };

/** `attribute`: the one that stands in the path. */
export function readParameters(query: Query, rules: ReadingRules, attribute?: string): Checked<Parameters> {
  const misused = misuse(query, attribute);
  if (misused !== undefined) {
    return misused;
  }
  const read: Record<string, unknown> = {};
  for (const name of LISTS) {
    const checked = list(query[name], rules.hasExactLists === true);
    if (checked.kind === 'fault') {
      return checked;
    }
    read[name] = checked.value;
  }
  for (const [name, reader] of Object.entries(rules.ignoresOwn === true ? READERS : { ...READERS, ...OWN_READERS })) {
    const said = single(query[name]);
    const checked = said === undefined ? undefined : reader(said);
    if (checked?.kind === 'fault') {
      return checked;
    }
    read[name] = checked?.value;
  }
  return toParameters(read as Read, rules, attribute);
}

function toParameters(read: Read, rules: ReadingRules, attribute: string | undefined): Checked<Parameters> {
  const geo = readGeoQuery({ georel: read.georel, geometry: read.geometry, coords: read.coords });
  const aggregation = readAggregation(read, rules.ignoresOwn === true);
  if (geo.kind === 'fault' || aggregation.kind === 'fault') {
    return geo.kind === 'fault' ? geo : (aggregation as Fault);
  }
  return value({
    type: read.type,
    ids: read.id,
    matchesId: read.idPattern,
    attributes: attribute === undefined ? read.attrs : [attribute],
    aggregation: aggregation.value,
    ...{ fromMs: read.fromDate, toMs: read.toDate, lastN: read.lastN, asOfMs: read.asOf },
    limit: Math.min(read.limit ?? rules.defaultLimit, rules.defaultLimit),
    askedLimit: read.limit,
    offset: Math.max(read.offset ?? 0, 0),
    isAtPlace: geo.value,
    tellsRevisions: read.revisions ?? false,
    tellsMetadata: read.metadata ?? false,
    points: read.points,
    format: read.format ?? 'json',
  });
}

/** In QuantumLeap's order. */
function misuse(query: Query, attribute: string | undefined): Fault | undefined {
  const said = (name: string) => single(query[name]);
  if (said('aggrPeriod') !== undefined && said('aggrMethod') === undefined) {
    return fault(400, 'Bad parameters use', 'aggrMethod is compulsory when using aggrPeriod.');
  }
  if (said('options') !== undefined || (said('aggrScope') ?? 'entity') !== 'entity') {
    return fault(501, 'Not implemented option', 'aggrScope and options are not yet implemented.');
  }
  if (said('aggrMethod') !== undefined && said('attrs') === undefined && attribute === undefined) {
    const description = `Specified aggrMethod = ${said('aggrMethod')} but missing attrs parameter.`;
    return fault(400, 'Bad parameters use', description);
  }
  return undefined;
}

function readAggregation(read: Read, ignoresOwn: boolean): Checked<Aggregation | undefined> {
  if (read.aggrMethod === undefined) {
    return value(undefined);
  }
  const names = ignoresOwn ? [read.aggrMethod] : read.aggrMethod.split(',').map((name) => name.trim());
  const methods = [...new Set(names)].map((name) => readMethod(name, ignoresOwn));
  if (methods.length > MAX_METHODS || methods.some((method) => method === undefined)) {
    const known = ignoresOwn ? FEW_METHODS.join(', ') : `${METHODS.join(', ')} or a percentile such as p95`;
    return fault(400, 'Bad Request', `aggrMethod must be one of ${known}.`);
  }
  const periods = ignoresOwn ? FEW_PERIODS : ALL_PERIODS;
  const period = periods.find((known) => known === read.aggrPeriod?.toLowerCase());
  if (read.aggrPeriod !== undefined && period === undefined) {
    return fault(400, 'Bad Request', `aggrPeriod must be one of ${periods.join(', ')}.`);
  }
  return value({
    methods: methods.filter((method) => method !== undefined),
    ...{ period, zone: read.timezone, digits: read.digits, decimals: read.decimals },
    fillsGaps: read.fill === 'gaps',
  });
}

function readMethod(said: string, ignoresOwn: boolean): Method | undefined {
  const name = said.toLowerCase();
  const kind = (ignoresOwn ? FEW_METHODS : METHODS).find((known) => known === name);
  if (kind !== undefined) {
    return { name, kind };
  }
  const percent = ignoresOwn ? undefined : PERCENTILE.exec(name)?.[1];
  return percent === undefined ? undefined : { name, kind: 'percentile', fraction: Number(percent) / 100 };
}

/** Nothing said is nothing asked. */
function single(given: Query[string]): string | undefined {
  const said = Array.isArray(given) ? given.join(',') : given;
  return typeof said === 'string' && said !== '' ? said : undefined;
}

function text(said: string): Checked<string> {
  return value(said);
}

function list(given: Query[string], isExact: boolean): Checked<readonly string[] | undefined> {
  if (given === undefined || given === '') {
    return value(undefined);
  }
  const items =
    isExact && typeof given !== 'string'
      ? given
      : [given]
          .flat()
          .flatMap((part) => part.split(','))
          .map((item) => item.trim())
          .filter((item) => item !== '');
  return items.length > MAX_LIST ? invalid('A list', `at most ${MAX_LIST} items`) : value(items);
}

/** A prefix match that ignores case, as QuantumLeap's; RE2 takes time linear in the id, whatever the pattern. */
function pattern(said: string): Checked<(id: string) => boolean> {
  if (said.length > MAX_PATTERN_LENGTH) {
    return invalid('idPattern', `at most ${MAX_PATTERN_LENGTH} characters`);
  }
  try {
    const compiled = RE2JS.compile(said, RE2JS.CASE_INSENSITIVE);
    return value((id) => compiled.matcher(id).lookingAt());
  } catch (error) {
    return invalid('idPattern', `a regular expression (${String(error)})`);
  }
}

/** Asked of the table of zones itself, so that no bad name comes any further. */
function zone(said: string): Checked<string> {
  try {
    gridOf('day', said, 0, 0);
    return value(said);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return invalid('timezone', 'a time zone of the IANA database such as Europe/Bucharest');
  }
}

function oneOf<T extends string>(name: string, allowed: readonly T[]) {
  return (said: string): Checked<T> => {
    const found = allowed.find((item) => item === said.toLowerCase());
    return found === undefined
      ? fault(400, 'Bad Request', `${name} must be one of ${allowed.join(', ')}.`)
      : value(found);
  };
}

function flag(name: string) {
  return (said: string): Checked<boolean> =>
    /^(true|false)$/i.test(said) ? value(said.toLowerCase() === 'true') : invalid(name, 'true or false');
}

function instant(name: string) {
  return (said: string): Checked<number> => {
    const ms = parseQueryInstant(said);
    return ms === undefined ? invalid(name, 'an ISO 8601 date') : value(ms);
  };
}

function integer(name: string, least: number, most: number) {
  return (said: string): Checked<number> => {
    const number = /^[+-]?\d{1,15}$/.test(said) ? Number(said) : Number.NaN;
    const bounds = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most}`;
    return Number.isNaN(number) || number < least || number > most
      ? invalid(name, Number.isFinite(least) ? `an integer of ${bounds}` : 'an integer')
      : value(number);
  };
}

function invalid(name: string, expected: string): Fault {
  return fault(422, 'Invalid parameter value', `${name} must be ${expected}.`);
}
