/** Erasures: gone from every table and every file, with a line that proves it and says nothing about what it was. */

import type { DuckDBConnection } from '@duckdb/node-api';
import type { Archive, Erased, Erasure, KeptMonth } from '../store/columnar.js';
import { literal, quote } from '../store/identifiers.js';
import { monthSpan } from '../store/months.js';
import { filterSql, type Kept, keysSql, type SqlColumn } from '../store/source-sql.js';
import { merged } from '../store/spans.js';
import { writeKept } from './kept.js';
import { rollDays } from './roll.js';
import type { RowTables } from './row-tables.js';
import { hasRows, writeWithout } from './upkeep.js';

/** A file that takes the place of another. */
interface Rewritten {
  readonly month: number;
  readonly before: Archive;
  readonly after: Archive;
}

/** Before the transaction: files with rows to erase are written anew without them. */
export async function rewriteArchives(
  connection: DuckDBConnection,
  erasure: Erasure,
  kept: readonly KeptMonth[],
  newFile: (month: number) => string,
): Promise<readonly Rewritten[]> {
  const where = filterSql(erasure);
  const rewritten: Rewritten[] = [];
  for (const { month, archive } of kept) {
    const { fromMs, toMs } = monthSpan(month);
    const isOutside = (erasure.fromMs ?? fromMs) > toMs || (erasure.toMs ?? toMs) < fromMs;
    if (archive === undefined || isOutside || !(await hasRows(connection, archive, where))) {
      continue;
    }
    rewritten.push({ month, before: archive, after: await writeWithout(connection, archive, where, newFile(month)) });
  }
  return rewritten;
}

/** Inside the transaction; returns what is left as each entity's newest index. */
export async function eraseRows(
  connection: DuckDBConnection,
  rowTables: RowTables,
  erasure: Erasure,
  columns: readonly SqlColumn[],
  kept: readonly KeptMonth[],
  rewritten: readonly Rewritten[],
): Promise<Erased['newest']> {
  const { table, entities, sequence } = erasure;
  const everywhere = { table, mergeLate: rowTables.has('late', table) };
  const isSealed = kept.some(({ archive }) => archive === undefined);
  const before = { isSealed, archives: archivesOf(kept) };
  const erased = `SELECT DISTINCT e, t FROM (${keysSql({ ...everywhere, ...erasure, kept: before })})`;
  const { rows, subject, fromMs, toMs } = { ...erasure, rows: await count(connection, erased) };
  const where = filterSql(erasure);
  for (const name of rowTables.of(table)) {
    await connection.run(`DELETE FROM ${quote(name)}${where}`);
  }
  await connection.run(`DELETE FROM raw${where} AND tab = ${literal(table)}`);
  for (const { month, after } of rewritten) {
    await writeKept(connection, table, { month, archive: after });
  }
  await connection.run(`UPDATE about SET applied = ${literal(sequence)}`);
  await connection.run(
    `INSERT INTO erasures SELECT $1, $2, tenant, type, $3, $4, $5, $6 FROM kinds WHERE tab = ${literal(table)}`,
    [BigInt(erasure.atMs), BigInt(sequence), subject ?? null, bigOrNull(fromMs), bigOrNull(toMs), BigInt(rows)],
  );
  const after = new Map(rewritten.map((each) => [each.before, each.after]));
  const archives = archivesOf(kept).map((archive) => after.get(archive) ?? archive);
  const all = { ...everywhere, entities, fromMs: undefined, toMs: undefined, kept: { isSealed, archives } };
  const newest = await connection.runAndReadAll(`SELECT e, max(t)::DOUBLE FROM (${keysSql(all)}) GROUP BY e`);
  const byEntity = new Map(newest.getRows().map(([entity, ms]) => [Number(entity), Number(ms)]));
  await rewriteMarks(connection, table, entities, byEntity);
  await rollErased(connection, erasure, columns, kept, { isSealed, archives });
  if (erasure.isDrop) {
    await dropType(connection, rowTables, table);
  }
  return entities.map((entity) => ({ entity, newestMs: byEntity.get(entity) }));
}

/** The days of the months that the erasure touches. */
async function rollErased(
  connection: DuckDBConnection,
  { table, entities, fromMs, toMs }: Erasure,
  columns: readonly SqlColumn[],
  months: readonly KeptMonth[],
  kept: Kept,
): Promise<void> {
  const spans = months
    .map(({ month }) => monthSpan(month))
    .filter((span) => (fromMs ?? span.fromMs) <= span.toMs && (toMs ?? span.toMs) >= span.fromMs);
  for (const span of merged(spans)) {
    await rollDays(connection, { table, columns, entities, ...span, kept });
  }
}

/** The tables of a type and every word on it; the line that proves it stays. */
async function dropType(connection: DuckDBConnection, rowTables: RowTables, table: number): Promise<void> {
  for (const name of rowTables.of(table)) {
    await connection.run(`DROP TABLE ${quote(name)}`);
  }
  rowTables.forget(table);
  for (const name of ['kinds', 'attributes', 'entities', 'kept', 'marks', 'days', 'raw'] as const) {
    await connection.run(`DELETE FROM ${name} WHERE tab = ${literal(table)}`);
  }
}

async function rewriteMarks(
  connection: DuckDBConnection,
  table: number,
  entities: readonly number[],
  newest: ReadonlyMap<number, number>,
): Promise<void> {
  const where = filterSql({ entities, fromMs: undefined, toMs: undefined });
  await connection.run(`DELETE FROM marks${where} AND tab = ${literal(table)}`);
  const rows = [...newest].map(([entity, ms]) => `(${literal(table)}, ${literal(entity)}, ${literal(ms)})`);
  if (rows.length > 0) {
    await connection.run(`INSERT INTO marks VALUES ${rows.join(', ')}`);
  }
}

async function count(connection: DuckDBConnection, sql: string): Promise<number> {
  return Number((await connection.runAndReadAll(`SELECT count(*) FROM (${sql})`)).getRows()[0]?.[0] ?? 0);
}

function archivesOf(kept: readonly KeptMonth[]): readonly Archive[] {
  return kept.flatMap(({ archive }) => (archive === undefined ? [] : [archive]));
}

function bigOrNull(ms: number | undefined): bigint | null {
  return ms === undefined ? null : BigInt(ms);
}
