/** Days of kept months written anew, in the transaction that changes their rows. */

import type { DuckDBConnection } from '@duckdb/node-api';
import { toDaysSql } from '../store/days-sql.js';
import { literal } from '../store/identifiers.js';
import { filterSql, keptSql, type Source } from '../store/source-sql.js';

/** Of the entities and whole days that the source names. */
export async function rollDays(connection: DuckDBConnection, source: Omit<Source, 'mergeLate'>): Promise<void> {
  const tab = literal(source.table);
  const columns = source.columns.filter(({ kind }) => kind === 'number');
  const where = filterSql(source);
  await connection.run(`DELETE FROM days${where}${where === '' ? ' WHERE' : ' AND'} tab = ${tab}`);
  if (columns.length > 0) {
    const rows = keptSql({ ...source, columns });
    await connection.run(
      `INSERT INTO days SELECT ${tab}, e, col, t, n, total, low, high FROM (${toDaysSql(columns, rows)}) WHERE n > 0 ORDER BY e, col, t`,
    );
  }
}
