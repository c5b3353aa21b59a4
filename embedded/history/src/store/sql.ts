/**
 * Questions → SQL, purely. Every name comes from `identifiers`, every literal is an integer: entity ids, attribute names
 * and dates of a request have become catalogue numbers and milliseconds before they get here.
 */

import type { ColumnKind } from '../notify/attributes.js';
import { columnName, hotTable, lateTable, literal, quote } from './identifiers.js';

export type AggregationMethod = 'count' | 'sum' | 'avg' | 'min' | 'max';
export type AggregationPeriod = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second';

export interface SqlColumn {
  readonly column: number;
  readonly name: string;
  readonly kind: ColumnKind;
}

export interface SeriesSql {
  readonly table: number;
  readonly columns: readonly SqlColumn[];
  /** Catalogue numbers; undefined means all of the table. */
  readonly entities: readonly number[] | undefined;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  /** Whether `late` may hold rows of this window. */
  readonly mergeLate: boolean;
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
  const names = query.columns.map((column) => quote(columnName(column.column, column.name)));
  const direction = query.newestFirst ? 'DESC' : 'ASC';
  const window = `LIMIT ${literal(query.limit)} OFFSET ${literal(query.offset)}`;
  const source = sourceSql(query, names);
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
export function newestSql(query: Pick<SeriesSql, 'table' | 'fromMs' | 'toMs' | 'mergeLate'>): string {
  const where = filterSql({ ...query, entities: undefined });
  const hot = `SELECT e, t FROM ${quote(hotTable(query.table))}${where}`;
  const late = `SELECT e, t FROM ${quote(lateTable(query.table))}${where}`;
  return `SELECT e, max(t)::DOUBLE FROM (${query.mergeLate ? `${hot} UNION ALL ${late}` : hot}) GROUP BY e`;
}

/**
 * Rows by key, each column with its newest value. Without late rows that is `hot` itself. Otherwise keys that occur in
 * `late` are merged from both: newest version first, then newest arrival; a row that says nothing about a column never
 * hides one that does.
 */
function sourceSql(query: SeriesSql, names: readonly string[]): string {
  const hot = quote(hotTable(query.table));
  const where = filterSql(query);
  const said = `(${names.map((name) => `${name} IS NOT NULL`).join(' OR ')})`;
  if (!query.mergeLate) {
    return `SELECT e, t${list(names)} FROM ${hot}${where}${where === '' ? ' WHERE ' : ' AND '}${said}`;
  }
  const merged = names.map((name) => `arg_max(${name}, o) FILTER (${name} IS NOT NULL) AS ${name}`);
  return [
    `WITH l AS (SELECT e, t, v::HUGEINT * ${ORDER_STEP} + s AS o${list(names)} FROM ${quote(lateTable(query.table))}${where}),`,
    'k AS (SELECT DISTINCT e, t FROM l),',
    `h AS (SELECT e, t, v::HUGEINT * ${ORDER_STEP} AS o${list(names)} FROM ${hot}${where})`,
    `SELECT e, t${list(names)} FROM (SELECT e, t${list(names)} FROM h ANTI JOIN k USING (e, t)`,
    `UNION ALL SELECT e, t${list(merged)} FROM`,
    `(SELECT * FROM h SEMI JOIN k USING (e, t) UNION ALL SELECT * FROM l) GROUP BY e, t) WHERE ${said}`,
  ].join(' ');
}

/** More late rows than one table can ever see, so that version goes before arrival in one sortable number. */
const ORDER_STEP = '1000000000000';

export function filterSql(query: Pick<SeriesSql, 'entities' | 'fromMs' | 'toMs'>): string {
  const clauses: string[] = [];
  if (query.entities !== undefined) {
    clauses.push(entitiesSql(query.entities));
  }
  if (query.fromMs !== undefined) {
    clauses.push(`t >= ${literal(query.fromMs)}`);
  }
  if (query.toMs !== undefined) {
    clauses.push(`t <= ${literal(query.toMs)}`);
  }
  return clauses.length === 0 ? '' : ` WHERE ${clauses.join(' AND ')}`;
}

function entitiesSql(entities: readonly number[]): string {
  const [only] = entities;
  return entities.length === 1 && only !== undefined
    ? `e = ${literal(only)}`
    : `e IN (${entities.length === 0 ? 'NULL' : entities.map(literal).join(', ')})`;
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
