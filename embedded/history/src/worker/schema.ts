/** The tables of the database: a few fixed ones, and four per tenant and entity type, alike in their columns. */

import type { DuckDBConnection } from '@duckdb/node-api';
import type { SchemaChange } from '../store/columnar.js';
import { DAYS_TABLE } from '../store/days-sql.js';
import { columnName, hotTable, lateTable, literal, pastTable, quote, sealedTable } from '../store/identifiers.js';
import { SQL_TYPES } from '../store/source-sql.js';

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

interface RowTable {
  readonly name: (table: number) => string;
  /** Beside e, t and v. `s` is the order of arrival. */
  readonly key: string;
  /** The format that brought it. */
  readonly since: number;
}

export const ROW_TABLES = [
  { name: hotTable, key: 'e INTEGER, t BIGINT, v BIGINT', since: 1 },
  { name: lateTable, key: 'e INTEGER, t BIGINT, v BIGINT, s BIGINT', since: 1 },
  { name: sealedTable, key: 'e INTEGER, t BIGINT, v BIGINT', since: 2 },
  { name: pastTable, key: 'e INTEGER, t BIGINT, v BIGINT, s BIGINT', since: 2 },
] as const satisfies readonly RowTable[];

/** Carried out inside the transaction of the rows that need it. */
export async function changeSchema(connection: DuckDBConnection, change: SchemaChange): Promise<void> {
  switch (change.kind) {
    case 'table':
      for (const { name, key } of ROW_TABLES) {
        await connection.run(`CREATE TABLE ${quote(name(change.table))} (${key})`);
      }
      await connection.run('INSERT INTO kinds VALUES ($1, $2, $3)', [change.table, change.tenant, change.type]);
      return;
    case 'column': {
      const column = `${quote(columnName(change.column, change.name))} ${SQL_TYPES[change.columnKind]}`;
      for (const { name } of ROW_TABLES) {
        await connection.run(`ALTER TABLE ${quote(name(change.table))} ADD COLUMN ${column}`);
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

/** A database of an earlier format gets the tables and columns it lacks, in the transaction that gives it its new number. */
export async function migrate(connection: DuckDBConnection, format: number): Promise<void> {
  const found = await connection.runAndReadAll('SELECT tab FROM kinds ORDER BY tab');
  for (const [tab] of found.getRows()) {
    const table = Number(tab);
    for (const { name } of ROW_TABLES.filter(({ since }) => since > format)) {
      const like = name(table).startsWith('past') ? lateTable(table) : hotTable(table);
      await connection.run(`CREATE TABLE ${quote(name(table))} AS FROM ${quote(like)} LIMIT 0`);
    }
  }
  // Format 3: entities lie in service paths; without one, in the root.
  await connection.run('ALTER TABLE entities ADD COLUMN IF NOT EXISTS path VARCHAR');
}
