/** The tables of the database: a few fixed ones, and up to four per tenant and entity type, alike in their columns. */

import type { DuckDBConnection } from '@duckdb/node-api';
import type { SchemaChange } from '../store/columnar.js';
import { DAYS_TABLE } from '../store/days-sql.js';
import { columnName, hotTable, literal, quote } from '../store/identifiers.js';
import { SQL_TYPES } from '../store/source-sql.js';
import type { RowTables } from './row-tables.js';

/** Stands in the database; a newer one is refused. */
export const FORMAT = 4;

/** The format that brought daily sums. */
export const DAYS_SINCE = 4;

export const FIXED_TABLES = [
  'CREATE TABLE IF NOT EXISTS about (format INTEGER, applied BIGINT)',
  'CREATE TABLE IF NOT EXISTS kinds (tab INTEGER, tenant VARCHAR, type VARCHAR)',
  'CREATE TABLE IF NOT EXISTS attributes (tab INTEGER, col INTEGER, name VARCHAR, kind VARCHAR, unit VARCHAR)',
  'CREATE TABLE IF NOT EXISTS entities (tab INTEGER, e INTEGER, id VARCHAR, path VARCHAR)',
  'CREATE TABLE IF NOT EXISTS raw (tab INTEGER, e INTEGER, col INTEGER, t BIGINT, v BIGINT, said VARCHAR)',
  // Months that have left `hot`; with a file name they are archived, and `cols` are the columns the file has.
  'CREATE TABLE IF NOT EXISTS kept (tab INTEGER, month INTEGER, file VARCHAR, cols VARCHAR)',
  // The newest index of an entity in its kept months: an open must not read them all.
  'CREATE TABLE IF NOT EXISTS marks (tab INTEGER, e INTEGER, t BIGINT)',
  DAYS_TABLE,
  // Proof of what was erased: how much, when, on whose order; never what it said.
  `CREATE TABLE IF NOT EXISTS erasures (
     ordered BIGINT, sequence BIGINT, tenant VARCHAR, type VARCHAR, subject VARCHAR, from_t BIGINT, to_t BIGINT, rows BIGINT)`,
] as const;

/** Carried out inside the transaction of the rows that need it. */
export async function changeSchema(
  connection: DuckDBConnection,
  tables: RowTables,
  change: SchemaChange,
): Promise<void> {
  switch (change.kind) {
    case 'table':
      await connection.run(`CREATE TABLE ${quote(hotTable(change.table))} (e INTEGER, t BIGINT, v BIGINT)`);
      await connection.run('INSERT INTO kinds VALUES ($1, $2, $3)', [change.table, change.tenant, change.type]);
      return;
    case 'column': {
      const column = `${quote(columnName(change.column, change.name))} ${SQL_TYPES[change.columnKind]}`;
      for (const name of tables.of(change.table)) {
        await connection.run(`ALTER TABLE ${quote(name)} ADD COLUMN ${column}`);
      }
      await connection.run('INSERT INTO attributes VALUES ($1, $2, $3, $4, NULL)', [
        ...[change.table, change.column, change.name],
        change.columnKind,
      ]);
      return;
    }
    case 'unit':
      await connection.run(
        `UPDATE attributes SET unit = $1 WHERE tab = ${literal(change.table)} AND col = ${literal(change.column)}`,
        [change.unit],
      );
      return;
    case 'entity':
      // Many at once: appended by the caller.
      return;
  }
}

/** A database of an earlier format gets what it lacks, in the transaction that gives it its new number. */
export async function migrate(connection: DuckDBConnection): Promise<void> {
  // Format 3: entities lie in service paths; without one, in the root.
  await connection.run('ALTER TABLE entities ADD COLUMN IF NOT EXISTS path VARCHAR');
}
