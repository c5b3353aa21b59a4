/** What exists, read back from the database at open: tables, columns, entities, watermarks, how far `late` reaches. */

import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnKind } from '../notify/attributes.js';
import type { ColumnEntry, EntityEntry, LateExtent, TableEntry } from '../store/columnar.js';
import { hotTable, lateTable, literal, pastTable, quote } from '../store/identifiers.js';
import { readKept } from './kept.js';
import type { RowTables } from './row-tables.js';

/** One statement reads so many tables: four thousand one by one would take half a minute. */
const TABLES_A_QUESTION = 100;

export async function readCatalogue(
  connection: DuckDBConnection,
  rowTables: RowTables,
  archiveFolder: string,
): Promise<readonly TableEntry[]> {
  const kinds = await rows(connection, 'SELECT tab, tenant, type FROM kinds ORDER BY tab');
  const columns = grouped(
    await rows(connection, 'SELECT tab, col, name, kind, unit FROM attributes ORDER BY tab, col'),
  );
  const entities = grouped(await rows(connection, 'SELECT tab, e, id, path FROM entities ORDER BY tab, e'));
  const kept = await readKept(connection, archiveFolder);
  const tables = kinds.map(([tab]) => Number(tab));
  const marks = byEntity(await rows(connection, 'SELECT tab, e, max(t)::DOUBLE FROM marks GROUP BY tab, e'));
  const hot = await rowsOfAll(connection, rowTables, tables, hotTable, 'max(t)::DOUBLE, min(t)::DOUBLE');
  const late = await rowsOfAll(
    connection,
    rowTables,
    tables,
    lateTable,
    'max(t)::DOUBLE, min(t)::DOUBLE, count(*), max(s)',
  );
  const past = await rowsOfAll(connection, rowTables, tables, pastTable, 'max(s)');
  return kinds.map(([tab, tenant, type]) => {
    const table = Number(tab);
    const of = { hot: hot.get(table), late: late.get(table), marks: marks.get(table) };
    return {
      ...{ table, tenant: String(tenant), type: String(type) },
      columns: (columns.get(table) ?? []).map(toColumn),
      entities: (entities.get(table) ?? []).map((row) => toEntity(row, of)),
      late: toExtent([...(late.get(table)?.values() ?? [])], [...(past.get(table)?.values() ?? [])]),
      kept: kept.get(table) ?? [],
      hotFromMs: Math.min(
        Number.POSITIVE_INFINITY,
        ...[...(of.hot?.values() ?? [])].map(([, oldest]) => Number(oldest)),
      ),
    };
  });
}

export async function readLate(connection: DuckDBConnection, rowTables: RowTables, table: number): Promise<LateExtent> {
  const of = async (beside: 'late' | 'past', name: string, what: string) =>
    rowTables.has(beside, table) ? await rows(connection, `SELECT ${what} FROM ${quote(name)}`) : [];
  const late = await of('late', lateTable(table), 'max(t)::DOUBLE, min(t)::DOUBLE, count(*), max(s)');
  return toExtent(late, await of('past', pastTable(table), 'max(s)'));
}

export async function readHotFrom(connection: DuckDBConnection, table: number): Promise<number> {
  const [found] = await rows(connection, `SELECT min(t)::DOUBLE FROM ${quote(hotTable(table))}`);
  return Number(found?.[0] ?? Number.POSITIVE_INFINITY);
}

type SqlRow = readonly unknown[];
type ByEntity = ReadonlyMap<number, SqlRow>;

/** Of all tables that have rows of a kind: by entity. */
async function rowsOfAll(
  connection: DuckDBConnection,
  rowTables: RowTables,
  tables: readonly number[],
  nameOf: (table: number) => string,
  what: string,
): Promise<ReadonlyMap<number, ByEntity>> {
  const filled = tables.filter((table) => !rowTables.wasEmpty(nameOf(table)));
  const found: SqlRow[] = [];
  for (let at = 0; at < filled.length; at += TABLES_A_QUESTION) {
    const parts = filled
      .slice(at, at + TABLES_A_QUESTION)
      .map((table) => `SELECT ${literal(table)} AS tab, e, ${what} FROM ${quote(nameOf(table))} GROUP BY e`);
    found.push(...(await rows(connection, parts.join(' UNION ALL '))));
  }
  return byEntity(found);
}

function toExtent(late: readonly SqlRow[], past: readonly SqlRow[]): LateExtent {
  const numbers = (list: readonly SqlRow[], at: number) =>
    list
      .map((row) => row[at])
      .filter((value) => value !== null)
      .map(Number);
  return {
    rows: numbers(late, 2).reduce((sum, count) => sum + count, 0),
    fromMs: Math.min(Number.POSITIVE_INFINITY, ...numbers(late, 1)),
    toMs: Math.max(Number.NEGATIVE_INFINITY, ...numbers(late, 0)),
    arrival: Math.max(0, ...numbers(late, 3), ...numbers(past, 0)),
  };
}

function toColumn([column, name, kind, unit]: SqlRow): ColumnEntry {
  return {
    column: Number(column),
    name: String(name),
    kind: String(kind) as ColumnKind,
    unit: typeof unit === 'string' ? unit : undefined,
  };
}

function toEntity(
  [number, id, path]: SqlRow,
  { hot, late, marks }: { readonly [Kind in 'hot' | 'late' | 'marks']: ByEntity | undefined },
): EntityEntry {
  const entity = Number(number);
  const [lateTo, lateFrom] = late?.get(entity) ?? [];
  const newest = [hot?.get(entity)?.[0], lateTo, marks?.get(entity)?.[0]].filter((ms) => typeof ms === 'number');
  return {
    ...{ entity, id: String(id), path: typeof path === 'string' ? path : '' },
    newestMs: newest.length === 0 ? undefined : Math.max(...newest),
    late: typeof lateFrom === 'number' ? { fromMs: lateFrom, toMs: Number(lateTo) } : undefined,
  };
}

/** By the first column, without it. */
function grouped(found: readonly SqlRow[]): ReadonlyMap<number, readonly SqlRow[]> {
  const groups = new Map<number, SqlRow[]>();
  for (const [tab, ...rest] of found) {
    const group = groups.get(Number(tab));
    if (group === undefined) {
      groups.set(Number(tab), [rest]);
    } else {
      group.push(rest);
    }
  }
  return groups;
}

/** By the first two columns, without them. */
function byEntity(found: readonly SqlRow[]): ReadonlyMap<number, ByEntity> {
  const tables = grouped(found);
  return new Map(
    [...tables].map(([table, list]) => [table, new Map(list.map(([entity, ...rest]) => [Number(entity), rest]))]),
  );
}

async function rows(connection: DuckDBConnection, sql: string): Promise<readonly SqlRow[]> {
  return (await connection.runAndReadAll(sql)).getRows();
}
