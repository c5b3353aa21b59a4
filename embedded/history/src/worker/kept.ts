/** Months that have left `hot`, as the database lists them, and the archive folder that must hold exactly their files. */

import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { KeptMonth, TableEntry } from '../store/columnar.js';
import { literal } from '../store/identifiers.js';

/** Named by the database, but not there. */
export async function missingArchives(tables: readonly TableEntry[], folder: string): Promise<readonly string[]> {
  const there = new Set(await archivesIn(folder));
  const named = tables.flatMap(({ kept }) => kept.flatMap(({ archive }) => archive?.file ?? []));
  return named.filter((file) => !there.has(file));
}

/** The database names files, not folders: a backup restored elsewhere finds its own. */
export async function readKept(
  connection: DuckDBConnection,
  folder: string,
): Promise<ReadonlyMap<number, readonly KeptMonth[]>> {
  const found = await connection.runAndReadAll('SELECT tab, month, file, cols FROM kept ORDER BY tab, month');
  const byTable = new Map<number, KeptMonth[]>();
  for (const [tab, month, file, columns] of found.getRows()) {
    const archive =
      typeof file === 'string' ? { file: join(folder, file), columns: toNumbers(String(columns)) } : undefined;
    const months = byTable.get(Number(tab)) ?? [];
    byTable.set(Number(tab), months);
    months.push({ month: Number(month), archive });
  }
  return byTable;
}

/** In the transaction that moves the rows. */
export async function writeKept(
  connection: DuckDBConnection,
  table: number,
  { month, archive }: KeptMonth,
): Promise<void> {
  await forgetKept(connection, table, month);
  await connection.run(`INSERT INTO kept VALUES (${literal(table)}, ${literal(month)}, $1, $2)`, [
    archive === undefined ? null : basename(archive.file),
    archive === undefined ? null : archive.columns.join(' '),
  ]);
}

export async function forgetKept(connection: DuckDBConnection, table: number, month: number): Promise<void> {
  await connection.run(`DELETE FROM kept WHERE tab = ${literal(table)} AND month = ${literal(month)}`);
}

/**
 * Files nobody names: written before a crash that kept their transaction from happening, or replaced just before one. Never
 * called on a database that began again empty: then the files may be all there is.
 */
export async function clearOrphans(connection: DuckDBConnection, folder: string): Promise<void> {
  const found = await connection.runAndReadAll('SELECT file FROM kept WHERE file IS NOT NULL');
  const named = new Set(found.getRows().map(([file]) => String(file)));
  for (const file of await archivesIn(folder)) {
    if (!named.has(basename(file))) {
      await rm(file, { force: true });
    }
  }
}

export async function archivesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.parquet')).map((name) => join(folder, name));
}

function toNumbers(text: string): readonly number[] {
  return text === '' ? [] : text.split(' ').map(Number);
}
