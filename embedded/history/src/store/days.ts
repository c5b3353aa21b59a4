/**
 * Daily sums of kept months: a question about years of many meters by day, week, month or year adds up days and not readings. A month counts by
 * its days only while nothing of it waits in `hot` or `late`; of any other, and at the edges of a window, the readings are read.
 */

import type { Method, MethodKind } from './aggregates.js';
import { type Grid, isOfDays, keySql } from './buckets.js';
import type { Span } from './columnar.js';
import { toDaysSql } from './days-sql.js';
import { literal, quote } from './identifiers.js';
import { type Relation, relationSql } from './relation.js';
import { filterSql, type SqlColumn } from './source-sql.js';

/** Windows with more holes are read as readings. */
const MOST_RESTS = 12;

/** What is added up from days, and what is left to be read: relations that do not overlap each other or a day. */
export interface Days {
  readonly runs: readonly Span[];
  readonly rests: readonly Relation[];
}

const FROM_DAYS: Readonly<Partial<Record<MethodKind, (where: string) => string>>> = {
  count: (where) => `sum(n)${where}::DOUBLE`,
  sum: (where) => `fsum(total)${where}`,
  avg: (where) => `fsum(total)${where} / sum(n)${where}`,
  min: (where) => `min(low)${where}`,
  max: (where) => `max(high)${where}`,
};

/** Whether the answer to such a question is a sum of days. */
export function addsDays(
  relation: Relation,
  columns: readonly SqlColumn[],
  methods: readonly Method[],
  grid: Grid | undefined,
  decimals: number | undefined,
): boolean {
  const { asOfMs, scopes, sameAs, tellsNulls } = relation;
  const isPlain = asOfMs === undefined && scopes === undefined && sameAs === undefined && tellsNulls !== true;
  const isNumeric = columns.every(({ kind }) => kind === 'number');
  const isSummed = methods.every(({ kind }) => FROM_DAYS[kind] !== undefined);
  return isPlain && isNumeric && isSummed && decimals === undefined && (grid === undefined || isOfDays(grid));
}

const DAY_MS = 86_400_000;

/** The whole days of UTC within a stretch; empty when it ends before it begins. */
export function wholeDays({ fromMs, toMs }: Span): Span {
  return { fromMs: Math.ceil(fromMs / DAY_MS) * DAY_MS, toMs: Math.floor((toMs + 1) / DAY_MS) * DAY_MS - 1 };
}

/** The stretches of a window between the runs: at most so many that they are worth it. */
export function restsOf(window: Span, runs: readonly Span[]): readonly Span[] | undefined {
  const rests: Span[] = [];
  let fromMs = window.fromMs;
  for (const run of runs) {
    if (fromMs < run.fromMs) {
      rests.push({ fromMs, toMs: run.fromMs - 1 });
    }
    fromMs = run.toMs + 1;
  }
  if (fromMs <= window.toMs) {
    rests.push({ fromMs, toMs: window.toMs });
  }
  return rests.length > MOST_RESTS ? undefined : rests;
}

/** As `seriesSql` of an aggregation, without its window of rows. */
export function daysSql(
  relation: Relation,
  { runs, rests }: Days,
  methods: readonly Method[],
  grid: Grid | undefined,
): string {
  const parts = [...runs.map((run) => ranSql(relation, run)), ...rests.map(restSql)];
  const values = relation.columns.flatMap(({ column }) =>
    methods.map(({ kind }) => FROM_DAYS[kind]?.(` FILTER (col = ${literal(column)})`) ?? 'NULL'),
  );
  const key = grid === undefined ? '0' : keySql(grid);
  return `SELECT e, (${key})::DOUBLE AS b, ${values.join(', ')} FROM (${parts.join(' UNION ALL ')}) WHERE n > 0 GROUP BY e, b`;
}

function ranSql(relation: Relation, run: Span): string {
  const columns = relation.columns.map(({ column }) => literal(column)).join(', ');
  const where = filterSql({ entities: relation.entities, ...run });
  return `SELECT e, col, t, n, total, low, high FROM ${quote('days')}${where} AND tab = ${literal(relation.table)} AND col IN (${columns})`;
}

function restSql(rest: Relation): string {
  return `(${toDaysSql(rest.columns, relationSql(rest))})`;
}
