/**
 * Rows on the move, without a change to any answer: closed months from `hot` and `late` to `sealed`, sealed months to Parquet
 * files and back. What runs on the connection runs inside a transaction of the caller.
 */

import { open } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Archive, Archiving, Sealing, Survey } from '../store/columnar.js';
import { hotTable, lateTable, literal, pathLiteral, quote, sealedTable } from '../store/identifiers.js';
import { monthSpan } from '../store/months.js';
import { namesOf, newestOf, ORDER, type SqlColumn } from '../store/source-sql.js';
import { rollDays } from './roll.js';
import type { RowTables } from './row-tables.js';

/** One row a key again, sorted by entity and time: what a question about one meter reads lies together then. */
export async function sealRows(
  connection: DuckDBConnection,
  rowTables: RowTables,
  columns: readonly SqlColumn[],
  { table, month, fromEntity, toEntity }: Sealing,
): Promise<void> {
  const names = list(namesOf(columns));
  const where = `${monthWhere(month)} AND e >= ${literal(fromEntity)} AND e <= ${literal(toEntity)}`;
  const [hot, late] = [quote(hotTable(table)), quote(lateTable(table))];
  const sealed = await rowTables.ensure(connection, 'sealed', table, columns);
  const past = await rowTables.ensure(connection, 'past', table, columns);
  const told = (from: string, arrival: string) => `SELECT e, t, v, ${arrival} AS s${names} FROM ${from}${where}`;
  const lateRows = rowTables.has('late', table) ? await count(connection, `${late}${where}`) : 0;
  if (lateRows === 0) {
    // What is sealed already stays where it is.
    await connection.run(`CREATE OR REPLACE TEMP TABLE moving AS SELECT e, t, v${names} FROM ${hot}${where}`);
  } else {
    const once = `(${told(hot, '0')} UNION ALL ${told(sealed, '0')})`;
    await connection.run(`CREATE OR REPLACE TEMP TABLE repeated AS SELECT DISTINCT e, t FROM ${late}${where}`);
    // A key that `past` knows has all its tellings there; of another the first is still in its row.
    await connection.run(
      `INSERT INTO ${past} (e, t, v, s${names}) SELECT e, t, v, s${names} FROM ${once} ` +
        `SEMI JOIN repeated USING (e, t) ANTI JOIN (SELECT e, t FROM ${past}${where}) USING (e, t)`,
    );
    await connection.run(`INSERT INTO ${past} (e, t, v, s${names}) ${told(late, 's')}`);
    await connection.run(
      `CREATE OR REPLACE TEMP TABLE moving AS SELECT e, t, v${names} FROM ${once} ANTI JOIN repeated USING (e, t) ` +
        `UNION ALL SELECT e, t, max(v)${list(newestOf(namesOf(columns), ORDER))} ` +
        `FROM (${told(past, 's')}) SEMI JOIN repeated USING (e, t) GROUP BY e, t`,
    );
    await connection.run(`DELETE FROM ${late}${where}`);
    await connection.run(`DELETE FROM ${sealed}${where}`);
    await connection.run('DROP TABLE repeated');
  }
  await connection.run(`DELETE FROM ${hot}${where}`);
  await connection.run(`INSERT INTO ${sealed} (e, t, v${names}) SELECT e, t, v${names} FROM moving ORDER BY e, t`);
  await raiseMarks(connection, table);
  await rollEntities(connection, columns, { table, month, fromEntity, toEntity });
  await connection.run('DROP TABLE moving');
}

/** Before the transaction that names the file: the rows of a sealed month, durable when it resolves. */
export async function writeArchive(
  connection: DuckDBConnection,
  columns: readonly SqlColumn[],
  { table, month }: Archiving,
  file: string,
): Promise<Archive> {
  const names = list(namesOf(columns));
  await copyTo(connection, `SELECT e, t, v${names} FROM ${quote(sealedTable(table))}${monthWhere(month)}`, file);
  return { file, columns: columns.map(({ column }) => column) };
}

/** The same file without the rows of an erasure. */
export async function writeWithout(
  connection: DuckDBConnection,
  { file, columns }: Archive,
  where: string,
  replacement: string,
): Promise<Archive> {
  const source = `SELECT * FROM read_parquet([${pathLiteral(file)}]) WHERE NOT (${where.replace(/^ WHERE /, '')})`;
  await copyTo(connection, source, replacement);
  return { file: replacement, columns };
}

/** The rows of a file are in the database again, for late rows to be merged with them. */
export async function restoreArchive(
  connection: DuckDBConnection,
  rowTables: RowTables,
  columns: readonly SqlColumn[],
  { table }: Archiving,
  archive: Archive,
): Promise<void> {
  const known = columns.filter(({ column }) => archive.columns.includes(column));
  const names = `e, t, v${list(namesOf(known))}`;
  await connection.run(
    `INSERT INTO ${await rowTables.ensure(connection, 'sealed', table, columns)} (${names}) SELECT ${names} FROM read_parquet([${pathLiteral(archive.file)}])`,
  );
}

export async function forgetSealed(connection: DuckDBConnection, { table, month }: Archiving): Promise<void> {
  await connection.run(`DELETE FROM ${quote(sealedTable(table))}${monthWhere(month)}`);
}

/** Closed months that still have rows in `hot`, or late ones, by entity. */
export async function surveyRows(
  connection: DuckDBConnection,
  rowTables: RowTables,
  table: number,
  beforeMonth: number,
): Promise<Survey> {
  const before = literal(monthSpan(beforeMonth).fromMs);
  const byMonth = async (from: string) => {
    const sql =
      `SELECT year(d) * 12 + month(d) - 1, e, count(*) FROM (SELECT e, epoch_ms(t) AS d FROM ${from} WHERE t < ${before}) ` +
      'GROUP BY ALL ORDER BY ALL';
    const found = await connection.runAndReadAll(sql);
    return found.getRows().map(([month, entity, rows]) => ({
      month: Number(month),
      entity: Number(entity),
      rows: Number(rows),
    }));
  };
  return {
    hot: await byMonth(quote(hotTable(table))),
    late: rowTables.has('late', table) ? await byMonth(quote(lateTable(table))) : [],
  };
}

/** Only of those whose rows moved: a range of entities may have holes. */
async function rollEntities(
  connection: DuckDBConnection,
  columns: readonly SqlColumn[],
  { table, month }: Sealing,
): Promise<void> {
  const moved = (await connection.runAndReadAll('SELECT DISTINCT e FROM moving ORDER BY e')).getRows();
  const entities = moved.map(([entity]) => Number(entity));
  await rollDays(connection, { table, columns, entities, ...monthSpan(month), kept: { isSealed: true, archives: [] } });
}

export async function hasRows(connection: DuckDBConnection, { file }: Archive, where: string): Promise<boolean> {
  return (await count(connection, `(FROM read_parquet([${pathLiteral(file)}])${where} LIMIT 1)`)) > 0;
}

async function raiseMarks(connection: DuckDBConnection, table: number): Promise<void> {
  const tab = literal(table);
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE newer AS SELECT e, max(t) AS t FROM (SELECT e, t FROM moving UNION ALL ` +
      `SELECT e, t FROM marks WHERE tab = ${tab} AND e IN (SELECT DISTINCT e FROM moving)) GROUP BY e`,
  );
  await connection.run(`DELETE FROM marks WHERE tab = ${tab} AND e IN (SELECT e FROM newer)`);
  await connection.run(`INSERT INTO marks SELECT ${tab}, e, t FROM newer`);
  await connection.run('DROP TABLE newer');
}

async function copyTo(connection: DuckDBConnection, sql: string, file: string): Promise<void> {
  await connection.run(`COPY (${sql} ORDER BY e, t) TO ${pathLiteral(file)} (FORMAT parquet, COMPRESSION zstd)`);
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function count(connection: DuckDBConnection, from: string): Promise<number> {
  return Number((await connection.runAndReadAll(`SELECT count(*) FROM ${from}`)).getRows()[0]?.[0] ?? 0);
}

function monthWhere(month: number): string {
  const { fromMs, toMs } = monthSpan(month);
  return ` WHERE t >= ${literal(fromMs)} AND t <= ${literal(toMs)}`;
}

function list(items: readonly string[]): string {
  return items.map((item) => `, ${item}`).join('');
}
