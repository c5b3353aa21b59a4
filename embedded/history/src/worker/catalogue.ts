/** What exists, read back from the database at open: tables, columns, entities, watermarks, how far `late` reaches. */

import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnKind } from '../notify/attributes.js';
import type { ColumnEntry, EntityEntry, LateExtent, TableEntry } from '../store/columnar.js';
import { hotTable, lateTable, literal, pastTable, quote } from '../store/identifiers.js';
import { readKept } from './kept.js';

export async function readCatalogue(
  connection: DuckDBConnection,
  archiveFolder: string,
): Promise<readonly TableEntry[]> {
  const tables: TableEntry[] = [];
  for (const [tab, tenant, type] of await rows(connection, 'SELECT tab, tenant, type FROM kinds ORDER BY tab')) {
    const table = Number(tab);
    tables.push({
      ...{ table, tenant: String(tenant), type: String(type) },
      columns: await readColumns(connection, table),
      entities: await readEntities(connection, table),
      late: await readLate(connection, table),
      kept: await readKept(connection, table, archiveFolder),
      hotFromMs: await readHotFrom(connection, table),
    });
  }
  return tables;
}

export async function readLate(connection: DuckDBConnection, table: number): Promise<LateExtent> {
  const [late, past] = [quote(lateTable(table)), quote(pastTable(table))];
  const [found] = await rows(
    connection,
    `SELECT count(*)::DOUBLE, min(t)::DOUBLE, max(t)::DOUBLE, greatest(max(s), (SELECT max(s) FROM ${past}))::DOUBLE FROM ${late}`,
  );
  return {
    rows: Number(found?.[0] ?? 0),
    fromMs: Number(found?.[1] ?? Number.POSITIVE_INFINITY),
    toMs: Number(found?.[2] ?? Number.NEGATIVE_INFINITY),
    arrival: Number(found?.[3] ?? 0),
  };
}

export async function readHotFrom(connection: DuckDBConnection, table: number): Promise<number> {
  const [found] = await rows(connection, `SELECT min(t)::DOUBLE FROM ${quote(hotTable(table))}`);
  return Number(found?.[0] ?? Number.POSITIVE_INFINITY);
}

async function readColumns(connection: DuckDBConnection, table: number): Promise<readonly ColumnEntry[]> {
  const sql = `SELECT col, name, kind, unit FROM attributes WHERE tab = ${literal(table)} ORDER BY col`;
  return (await rows(connection, sql)).map(([column, name, kind, unit]) => ({
    column: Number(column),
    name: String(name),
    kind: String(kind) as ColumnKind,
    unit: typeof unit === 'string' ? unit : undefined,
  }));
}

async function readEntities(connection: DuckDBConnection, table: number): Promise<readonly EntityEntry[]> {
  const sql = [
    'SELECT n.e, n.id, n.path, h.t::DOUBLE, l.a::DOUBLE, l.z::DOUBLE, m.t::DOUBLE FROM entities n',
    `LEFT JOIN (SELECT e, max(t) AS t FROM ${quote(hotTable(table))} GROUP BY e) h ON h.e = n.e`,
    `LEFT JOIN (SELECT e, min(t) AS a, max(t) AS z FROM ${quote(lateTable(table))} GROUP BY e) l ON l.e = n.e`,
    `LEFT JOIN (SELECT e, max(t) AS t FROM marks WHERE tab = ${literal(table)} GROUP BY e) m ON m.e = n.e`,
    `WHERE n.tab = ${literal(table)} ORDER BY n.e`,
  ].join(' ');
  return (await rows(connection, sql)).map(([entity, id, path, hot, lateFrom, lateTo, mark]) => {
    const newest = [hot, lateTo, mark].filter((ms) => ms !== null).map(Number);
    return {
      ...{ entity: Number(entity), id: String(id), path: typeof path === 'string' ? path : '' },
      newestMs: newest.length === 0 ? undefined : Math.max(...newest),
      late: lateFrom === null ? undefined : { fromMs: Number(lateFrom), toMs: Number(lateTo) },
    };
  });
}

async function rows(connection: DuckDBConnection, sql: string) {
  return (await connection.runAndReadAll(sql)).getRows();
}
