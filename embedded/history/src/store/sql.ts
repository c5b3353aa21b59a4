/**
 * Questions → SQL, purely. Every name comes from `identifiers`, every literal is an integer: entity ids, attribute names
 * and dates of a request have become catalogue numbers and milliseconds before they get here.
 */

import { aggregateSql, type Exactness, type Method, stepName, stepSql } from './aggregates.js';
import { type Grid, keySql } from './buckets.js';
import { type Days, daysSql } from './days.js';
import { literal } from './identifiers.js';
import { instantsSql, type Relation, relationSql, revisionsSql } from './relation.js';
import { namesOf } from './source-sql.js';

export interface AggregationSql extends Exactness {
  readonly methods: readonly Method[];
  /** undefined: one bucket of everything. */
  readonly grid: Grid | undefined;
}

export interface SeriesSql extends Relation {
  /** Buckets begin until then; rows behind it only end the last steps of registers. */
  readonly endMs?: number | undefined;
  readonly aggregation?: AggregationSql | undefined;
  /** Where the answer is a sum of days. */
  readonly days?: Days | undefined;
  readonly newestFirst: boolean;
  readonly limit: number;
  readonly offset: number;
}

/** Columns of the answer: entity number, index, then one per column asked for, or one per column and method. */
export function seriesSql(query: SeriesSql): string {
  const direction = query.newestFirst ? 'DESC' : 'ASC';
  const window = `LIMIT ${literal(query.limit)} OFFSET ${literal(query.offset)}`;
  const names = namesOf(query.columns);
  const { aggregation } = query;
  if (aggregation === undefined) {
    const rows = relationSql(query);
    return `SELECT e, t::DOUBLE AS t${list(names)} FROM (${rows}) ORDER BY t ${direction}, e ${direction} ${window}`;
  }
  const { methods, grid } = aggregation;
  if (query.days !== undefined) {
    return `${daysSql(query, query.days, methods, grid)} ORDER BY e, b ${direction} ${window}`;
  }
  const values = query.columns.flatMap(({ kind }, at) =>
    methods.map((method) => aggregateSql(method, names[at] ?? '', kind, aggregation)),
  );
  const source = steppedSql(query, aggregation, names);
  return grid === undefined
    ? `SELECT e, 0::DOUBLE AS b${list(values)} FROM (${source}) GROUP BY e ORDER BY e ${window}`
    : `SELECT e, (${keySql(grid)})::DOUBLE AS b${list(values)} FROM (${source}) GROUP BY e, b ORDER BY e, b ${direction} ${window}`;
}

/** Rows in the order of entity and time, beyond the last one told: pages of an answer of any size. */
export function pageSql(query: Relation, after: { entity: number; ms: number } | undefined, limit: number): string {
  const [entity, ms] = after === undefined ? [] : [literal(after.entity), literal(after.ms)];
  const where = after === undefined ? '' : ` WHERE e > ${entity} OR (e = ${entity} AND t > ${ms})`;
  const columns = list(namesOf(query.columns));
  return `SELECT e, t::DOUBLE AS t${columns} FROM (${relationSql(query)})${where} ORDER BY e, t LIMIT ${literal(limit)}`;
}

/** Columns: entity, index, record time, one per column; oldest revision of an instant first. What repeats one is none. */
export function revisionSql(query: SeriesSql): string {
  const names = namesOf(query.columns);
  const direction = query.newestFirst ? 'DESC' : 'ASC';
  const window = `LIMIT ${literal(query.limit)} OFFSET ${literal(query.offset)}`;
  const order = ['t', 'e', 'v', 's'].map((name) => `${name} ${direction}`).join(', ');
  const said = `row(v${list(names)})`;
  const changed = `${said} IS DISTINCT FROM lag(${said}) OVER (PARTITION BY e, t ORDER BY v, s)`;
  const told = `SELECT * FROM (${revisionsSql(query)}) QUALIFY ${changed}`;
  return `SELECT e, t::DOUBLE AS t, v::DOUBLE AS v${list(names)} FROM (${told}) ORDER BY ${order} ${window}`;
}

/** Newest index per entity in a window. */
export function newestSql(query: Omit<Relation, 'columns'>): string {
  return `SELECT e, max(t)::DOUBLE FROM (${instantsSql(query)}) GROUP BY e`;
}

/** The newest value of each column, with its index and its record time: three columns of the answer for each. */
export function latestSql(query: Relation): string {
  const values = namesOf(query.columns).flatMap((name) => {
    const newest = (what: string) => `arg_max(${what}, row(t, v, s)) FILTER (${name} IS NOT NULL)`;
    return [newest(name), `(${newest('t')})::DOUBLE`, `(${newest('v')})::DOUBLE`];
  });
  return `SELECT e, 0::DOUBLE${list(values)} FROM (${revisionsSql(query)}) GROUP BY e ORDER BY e`;
}

/** Where the value of one column changes: columns e, t, value. */
export function changesSql(query: Relation): string {
  const [name = ''] = namesOf(query.columns);
  const changed = `${name} IS DISTINCT FROM lag(${name}) OVER (PARTITION BY e ORDER BY t)`;
  return `SELECT e, t::DOUBLE, ${name} FROM (${relationSql(query)}) QUALIFY ${changed} ORDER BY e, t`;
}

/** With a column of steps beside each register, when deltas are asked for. */
function steppedSql(query: SeriesSql, aggregation: AggregationSql, names: readonly string[]): string {
  if (!aggregation.methods.some(({ kind }) => kind === 'delta')) {
    return relationSql(query);
  }
  const steps = names.map((name) => `${stepSql(name, aggregation)} AS ${stepName(name)}`);
  const stepped = `SELECT *${list(steps)} FROM (${relationSql(query)}) WINDOW w AS (PARTITION BY e ORDER BY t)`;
  return query.endMs === undefined ? stepped : `SELECT * FROM (${stepped}) WHERE t <= ${literal(query.endMs)}`;
}

function list(items: readonly string[]): string {
  return items.map((item) => `, ${item}`).join('');
}
