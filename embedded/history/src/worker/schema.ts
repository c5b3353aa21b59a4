/** The tables of the database: a few fixed ones, and a `hot` and a `late` one per tenant and entity type. */

import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnKind } from '../notify/attributes.js';
import type { SchemaChange } from '../store/columnar.js';
import { columnName, hotTable, lateTable, literal, quote } from '../store/identifiers.js';

/** Stands in the database; a newer one is refused. */
export const FORMAT = 1;

export const FIXED_TABLES = [
  'CREATE TABLE IF NOT EXISTS about (format INTEGER, applied BIGINT)',
  'CREATE TABLE IF NOT EXISTS kinds (tab INTEGER, tenant VARCHAR, type VARCHAR)',
  'CREATE TABLE IF NOT EXISTS attributes (tab INTEGER, col INTEGER, name VARCHAR, kind VARCHAR, unit VARCHAR)',
  'CREATE TABLE IF NOT EXISTS entities (tab INTEGER, e INTEGER, id VARCHAR)',
  'CREATE TABLE IF NOT EXISTS raw (tab INTEGER, e INTEGER, col INTEGER, t BIGINT, v BIGINT, said VARCHAR)',
] as const;

const SQL_TYPES: Readonly<Record<ColumnKind, string>> = {
  number: 'DOUBLE',
  text: 'VARCHAR',
  json: 'VARCHAR',
  boolean: 'BOOLEAN',
};

/** Carried out inside the transaction of the rows that need it. */
export async function changeSchema(connection: DuckDBConnection, change: SchemaChange): Promise<void> {
  switch (change.kind) {
    case 'table':
      await connection.run(`CREATE TABLE ${quote(hotTable(change.table))} (e INTEGER, t BIGINT, v BIGINT)`);
      await connection.run(`CREATE TABLE ${quote(lateTable(change.table))} (e INTEGER, t BIGINT, v BIGINT, s BIGINT)`);
      await connection.run('INSERT INTO kinds VALUES ($1, $2, $3)', [change.table, change.tenant, change.type]);
      return;
    case 'column': {
      const column = `${quote(columnName(change.column, change.name))} ${SQL_TYPES[change.columnKind]}`;
      await connection.run(`ALTER TABLE ${quote(hotTable(change.table))} ADD COLUMN ${column}`);
      await connection.run(`ALTER TABLE ${quote(lateTable(change.table))} ADD COLUMN ${column}`);
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
