/**
 * Query parameters, as a table: how each is read and what a bad one is answered. QuantumLeap's names, bounds and
 * statuses; parameters that it does not know are ignored, those that we have not built answer 501.
 */

import { RE2JS } from 're2js';
import { type Checked, type Fault, fault, value } from '../fault.js';
import type { Aggregation } from '../store/questions.js';
import type { AggregationMethod, AggregationPeriod } from '../store/sql.js';
import { parseQueryInstant } from '../time.js';

export interface Parameters {
  readonly type: string | undefined;
  readonly ids: readonly string[] | undefined;
  readonly matchesId: ((id: string) => boolean) | undefined;
  readonly attributes: readonly string[] | undefined;
  readonly aggregation: Aggregation | undefined;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly lastN: number | undefined;
  readonly limit: number;
  readonly offset: number;
}

export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

const METHODS: readonly AggregationMethod[] = ['count', 'sum', 'avg', 'min', 'max'];
const PERIODS: readonly AggregationPeriod[] = ['year', 'month', 'day', 'hour', 'minute', 'second'];

/** Bounds on what one URL may ask for. */
const MAX_LIST = 10_000;
const MAX_PATTERN_LENGTH = 500;

const READERS = {
  type: text,
  id: list,
  idPattern: pattern,
  attrs: list,
  aggrMethod: oneOf('aggrMethod', METHODS),
  aggrPeriod: oneOf('aggrPeriod', PERIODS),
  fromDate: instant('fromDate'),
  toDate: instant('toDate'),
  lastN: integer('lastN', 1),
  limit: integer('limit', 1),
  offset: integer('offset', Number.NEGATIVE_INFINITY),
} as const satisfies Readonly<Record<string, (text: string) => Checked<unknown>>>;

/** Known to QuantumLeap, not built here. */
const NOT_BUILT = ['options', 'georel', 'geometry', 'coords'] as const;

type Read = {
  readonly [K in keyof typeof READERS]?: Extract<ReturnType<(typeof READERS)[K]>, { kind: 'value' }>['value'];
};

export function readParameters(query: Query, defaultLimit: number): Checked<Parameters> {
  const missing = NOT_BUILT.find((name) => query[name] !== undefined);
  if (missing !== undefined || (query.aggrScope !== undefined && query.aggrScope !== 'entity')) {
    return fault(501, 'Not implemented option', `${missing ?? 'aggrScope'} is not yet implemented.`);
  }
  const read: Record<string, unknown> = {};
  for (const [name, reader] of Object.entries(READERS)) {
    const given = query[name];
    const said = Array.isArray(given) ? given.join(',') : given;
    if (typeof said !== 'string' || said === '') {
      continue;
    }
    const checked = reader(said);
    if (checked.kind === 'fault') {
      return checked;
    }
    read[name] = checked.value;
  }
  return toParameters(read as Read, defaultLimit);
}

function toParameters(read: Read, defaultLimit: number): Checked<Parameters> {
  if (read.aggrPeriod !== undefined && read.aggrMethod === undefined) {
    return fault(400, 'Bad parameters use', 'aggrMethod is compulsory when using aggrPeriod.');
  }
  return value({
    type: read.type,
    ids: read.id,
    matchesId: read.idPattern,
    attributes: read.attrs,
    aggregation: read.aggrMethod === undefined ? undefined : { method: read.aggrMethod, period: read.aggrPeriod },
    fromMs: read.fromDate,
    toMs: read.toDate,
    lastN: read.lastN,
    limit: Math.min(read.limit ?? defaultLimit, defaultLimit),
    offset: Math.max(read.offset ?? 0, 0),
  });
}

function text(said: string): Checked<string> {
  return value(said);
}

function list(said: string): Checked<readonly string[]> {
  const items = said
    .split(',')
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

function oneOf<T extends string>(name: string, allowed: readonly T[]) {
  return (said: string): Checked<T> => {
    const found = allowed.find((item) => item === said.toLowerCase());
    return found === undefined
      ? fault(400, 'Bad Request', `${name} must be one of ${allowed.join(', ')}.`)
      : value(found);
  };
}

function instant(name: string) {
  return (said: string): Checked<number> => {
    const ms = parseQueryInstant(said);
    return ms === undefined ? invalid(name, 'an ISO 8601 date') : value(ms);
  };
}

function integer(name: string, least: number) {
  return (said: string): Checked<number> => {
    const number = /^[+-]?\d{1,15}$/.test(said) ? Number(said) : Number.NaN;
    return Number.isNaN(number) || number < least
      ? invalid(name, Number.isFinite(least) ? `an integer of ${least} or more` : 'an integer')
      : value(number);
  };
}

function invalid(name: string, expected: string): Fault {
  return fault(422, 'Invalid parameter value', `${name} must be ${expected}.`);
}
