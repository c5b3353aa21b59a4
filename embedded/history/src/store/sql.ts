/**
 * Questions → SQL, purely. Every name comes from `identifiers`, every literal is an integer: entity ids, attribute names
 * and dates of a request have become catalogue numbers and milliseconds before they get here.
 */

import { literal } from './identifiers.js';
import { keysSql, namesOf, type Source, sourceSql } from './source-sql.js';

export type AggregationMethod = 'count' | 'sum' | 'avg' | 'min' | 'max';
export type AggregationPeriod = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second';

export interface SeriesSql extends Source {
  readonly aggregation?:
    | { readonly method: AggregationMethod; readonly period: AggregationPeriod | undefined }
    | undefined;
  readonly newestFirst: boolean;
  readonly limit: number;
  readonly offset: number;
}

/** fsum and favg compensate rounding (Kahan), so that a sum does not depend on the order of its rows. */
const FUNCTIONS: Readonly<Record<AggregationMethod, string>> = {
  count: 'count',
  sum: 'fsum',
  avg: 'favg',
  min: 'min',
  max: 'max',
};

/** Periods of one length are plain arithmetic; the calendar knows the others. */
const PERIOD_MS: Readonly<Partial<Record<AggregationPeriod, number>>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/** Columns of the answer: entity number, index in ms, then one per column asked for. */
export function seriesSql(query: SeriesSql): string {
  const names = namesOf(query.columns);
  const direction = query.newestFirst ? 'DESC' : 'ASC';
  const window = `LIMIT ${literal(query.limit)} OFFSET ${literal(query.offset)}`;
  const source = sourceSql(query);
  if (query.aggregation === undefined) {
    return `SELECT e, t::DOUBLE AS t${list(names)} FROM (${source}) ORDER BY t ${direction}, e ${direction} ${window}`;
  }
  const { method, period } = query.aggregation;
  const values = names.map((name) => `${FUNCTIONS[method]}(${name})${method === 'count' ? '::DOUBLE' : ''}`);
  if (period === undefined) {
    return `SELECT e, 0::DOUBLE AS t${list(values)} FROM (${source}) GROUP BY e ORDER BY e ${window}`;
  }
  const bucket = `${bucketSql(period)}::DOUBLE`;
  return `SELECT e, ${bucket} AS b${list(values)} FROM (${source}) GROUP BY e, b ORDER BY e, b ${direction} ${window}`;
}

/** Newest index per entity in a window. */
export function newestSql(query: Omit<Source, 'columns'>): string {
  return `SELECT e, max(t)::DOUBLE FROM (${keysSql(query)}) GROUP BY e`;
}

function bucketSql(period: AggregationPeriod): string {
  const ms = PERIOD_MS[period];
  return ms === undefined
    ? `epoch_ms(date_trunc('${period}', epoch_ms(t)))`
    : `(t - ((t % ${literal(ms)}) + ${literal(ms)}) % ${literal(ms)})`;
}

function list(items: readonly string[]): string {
  return items.map((item) => `, ${item}`).join('');
}
