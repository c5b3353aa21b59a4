/** The table of daily sums and how it is made of rows. The database thread loads this file; see `identifiers`. */

import { aggregateSql, type MethodKind } from './aggregates.js';
import { literal } from './identifiers.js';
import { namesOf, type SqlColumn } from './source-sql.js';

/** tab, e, col, t (start of the day, UTC), and of the values that day: how many, their sum, the lowest, the highest. */
export const DAYS_TABLE =
  'CREATE TABLE IF NOT EXISTS days (tab INTEGER, e INTEGER, col INTEGER, t BIGINT, n BIGINT, total DOUBLE, low DOUBLE, high DOUBLE)';

const DAY_MS = 86_400_000;

/** Rows of `days` from rows with e, t and the columns. */
export function toDaysSql(columns: readonly SqlColumn[], rows: string): string {
  const names = namesOf(columns);
  const perColumn = columns.map(({ column, kind }, at) => {
    const name = names[at] ?? '';
    const of = (method: MethodKind) =>
      aggregateSql({ name: method, kind: method }, name, kind, { digits: undefined, decimals: undefined });
    return (
      `SELECT e, ${literal(column)} AS col, ${DAY} AS d, count(${name}) AS n, ${of('sum')} AS total, ${of('min')} AS low, ${of('max')} AS high ` +
      'FROM r GROUP BY e, d'
    );
  });
  return `WITH r AS MATERIALIZED (${rows}) SELECT e, col, d AS t, n, total, low, high FROM (${perColumn.join(' UNION ALL ')})`;
}

const DAY = `t - ((t % ${DAY_MS}) + ${DAY_MS}) % ${DAY_MS}`;
