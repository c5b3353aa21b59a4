/** How much there is: bytes on disk, rows by where they lie, values. Reads every column once. */

import { stat } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { KeptMonth, Sizes, TableSize } from '../store/columnar.js';
import { hotTable, lateTable, pastTable, pathLiteral, quote, sealedTable } from '../store/identifiers.js';
import { namesOf, type SqlColumn } from '../store/source-sql.js';
import type { Beside, RowTables } from './row-tables.js';

interface Measured {
  readonly columns: readonly SqlColumn[];
  readonly kept: readonly KeptMonth[];
}

export async function measure(
  connection: DuckDBConnection,
  path: string,
  rowTables: RowTables,
  known: ReadonlyMap<number, Measured>,
): Promise<Sizes> {
  const tables: TableSize[] = [];
  let archiveBytes = 0;
  for (const [table, { columns, kept }] of known) {
    const archives = kept.flatMap(({ archive }) => (archive === undefined ? [] : [archive]));
    const sizeOf = (from: string, has: readonly SqlColumn[]) => rowsAndValues(connection, from, has);
    const beside = (kind: Beside, name: string, has: readonly SqlColumn[]) =>
      rowTables.has(kind, table) ? sizeOf(quote(name), has) : NOTHING;
    const hot = await sizeOf(quote(hotTable(table)), columns);
    const late = await beside('late', lateTable(table), columns);
    const sealed = await beside('sealed', sealedTable(table), columns);
    const replaced = await beside('past', pastTable(table), []);
    const archived = { rows: 0, values: 0 };
    for (const { file, columns: has } of archives) {
      const own = columns.filter(({ column }) => has.includes(column));
      const { rows, values } = await sizeOf(`read_parquet([${pathLiteral(file)}])`, own);
      archived.rows += rows;
      archived.values += values;
      archiveBytes += await bytesOf(file);
    }
    tables.push({
      ...{
        table,
        hot: hot.rows,
        late: late.rows,
        sealed: sealed.rows,
        archived: archived.rows,
        replaced: replaced.rows,
      },
      readings: hot.values + late.values + sealed.values + archived.values,
    });
  }
  const databaseBytes = (await bytesOf(path)) + (await bytesOf(`${path}.wal`));
  return { databaseBytes, freeBytes: await freeBytesOf(connection), archiveBytes, tables };
}

const NOTHING = { rows: 0, values: 0 };

async function rowsAndValues(
  connection: DuckDBConnection,
  from: string,
  columns: readonly SqlColumn[],
): Promise<{ readonly rows: number; readonly values: number }> {
  const counts = ['count(*)', ...namesOf(columns).map((name) => `count(${name})`)].join(', ');
  const [rows, ...values] = (await connection.runAndReadAll(`SELECT ${counts} FROM ${from}`)).getRows()[0] ?? [];
  return { rows: Number(rows ?? 0), values: values.reduce<number>((sum, each) => sum + Number(each), 0) };
}

async function freeBytesOf(connection: DuckDBConnection): Promise<number> {
  const found = await connection.runAndReadAll('SELECT block_size * free_blocks FROM pragma_database_size()');
  return Number(found.getRows()[0]?.[0] ?? 0);
}

async function bytesOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    // There is a write-ahead log only between checkpoints.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return 0;
    }
    throw error;
  }
}
