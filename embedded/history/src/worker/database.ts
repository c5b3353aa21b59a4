/** DuckDB behind the columnar port: one connection writes, a few read, and each sees whole transactions only. */

import { dirname, join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { ColumnKind } from '../notify/attributes.js';
import type { Batch, ColumnarResult, Erased, Erasure, OpenedColumnar, SetAside } from '../store/columnar.js';
import { hotTable, lateTable, literal, quote } from '../store/identifiers.js';
import { filterSql } from '../store/source-sql.js';
import { appendBlock, appendEntities, appendRaw } from './append.js';
import { readCatalogue, readLate } from './catalogue.js';
import { isDamage } from './failure.js';
import type { WorkerSettings } from './protocol.js';
import { readColumns } from './results.js';
import { changeSchema, FIXED_TABLES, FORMAT } from './schema.js';
import { setAside } from './set-aside.js';

/** Questions that run side by side; more would fight for the same two cores. */
const READERS = 3;

export interface Database {
  apply(batch: Batch): Promise<undefined>;
  erase(erasure: Erasure): Promise<Erased>;
  query(sql: string): Promise<ColumnarResult>;
  checkpoint(): Promise<undefined>;
  rebase(sequence: number): Promise<undefined>;
  close(): Promise<undefined>;
}

interface Opening {
  readonly database: Database;
  readonly opened: OpenedColumnar;
}

/**
 * Files that cannot be read are moved away, the least of them first: without its write-ahead log the database is as it
 * was at its last checkpoint, and our log still has everything since then; without its file it begins again empty.
 */
export async function openDatabase(settings: WorkerSettings, setAsideName: string): Promise<Opening> {
  const folder = join(dirname(settings.path), setAsideName);
  const writeAheadLog = `${settings.path}.wal`;
  let aside: SetAside | undefined;
  for (const files of [[writeAheadLog], [settings.path, writeAheadLog]]) {
    try {
      const { database, opened } = await openOnce(settings);
      return { database, opened: { ...opened, ...(aside && { setAside: aside }) } };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!isDamage(reason)) {
        throw error;
      }
      await setAside(files, folder);
      aside = { path: folder, reason, isWhole: files.includes(settings.path) };
    }
  }
  const { database, opened } = await openOnce(settings);
  return { database, opened: { ...opened, ...(aside && { setAside: aside }) } };
}

async function openOnce(settings: WorkerSettings): Promise<Opening> {
  const instance = await DuckDBInstance.create(settings.path, {
    threads: `${settings.threads}`,
    memory_limit: `${Math.ceil(settings.memoryLimitBytes / 1024)}KiB`,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    enable_external_access: 'false',
  });
  try {
    const writer = await instance.connect();
    for (const sql of FIXED_TABLES) {
      await writer.run(sql);
    }
    const about = (await writer.runAndReadAll('SELECT format, applied::DOUBLE FROM about')).getRows()[0];
    if (about === undefined) {
      await writer.run(`INSERT INTO about VALUES (${literal(FORMAT)}, 0)`);
    } else if (Number(about[0]) > FORMAT) {
      throw new Error(`history format ${String(about[0])}, this program knows ${FORMAT}`);
    }
    const tables = await readCatalogue(writer);
    const kinds = new Map(tables.map((table) => [table.table, table.columns.map((column) => column.kind)]));
    const readers = await Promise.all(Array.from({ length: READERS }, () => instance.connect()));
    const opened = { appliedSequence: Number(about?.[1] ?? 0), tables };
    return { database: databaseOn(instance, writer, readers, kinds), opened };
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

function databaseOn(
  instance: DuckDBInstance,
  writer: DuckDBConnection,
  readers: readonly DuckDBConnection[],
  kinds: Map<number, ColumnKind[]>,
): Database {
  const idle = [...readers];
  const asked = new Set<Promise<ColumnarResult>>();
  const queue: ((reader: DuckDBConnection) => void)[] = [];

  async function inTransaction<T>(work: () => Promise<T>): Promise<T> {
    await writer.run('BEGIN');
    try {
      const result = await work();
      await writer.run('COMMIT');
      return result;
    } catch (error) {
      await writer.run('ROLLBACK').catch(() => undefined); // The first error is the one to report.
      throw error;
    }
  }

  async function ask(sql: string): Promise<ColumnarResult> {
    const reader = idle.pop() ?? (await new Promise<DuckDBConnection>((resolve) => queue.push(resolve)));
    try {
      return await readColumns(await reader.run(sql));
    } finally {
      const next = queue.shift();
      if (next === undefined) {
        idle.push(reader);
      } else {
        next(reader);
      }
    }
  }

  return {
    async apply(batch) {
      await inTransaction(async () => {
        for (const change of batch.schema) {
          await changeSchema(writer, change);
          noteKind(kinds, change);
        }
        await appendEntities(
          writer,
          batch.schema.filter((change) => change.kind === 'entity'),
        );
        for (const { table, hot, late } of batch.tables) {
          const ofTable = kinds.get(table) ?? [];
          if (hot !== undefined) {
            await appendBlock(writer, hotTable(table), hot, ofTable, false);
          }
          if (late !== undefined) {
            await appendBlock(writer, lateTable(table), late, ofTable, true);
          }
        }
        await appendRaw(writer, batch.raw);
        await writer.run(`UPDATE about SET applied = ${literal(batch.sequence)}`);
      });
      return undefined;
    },
    erase: (erasure) => inTransaction(() => eraseRows(writer, erasure)),
    query(sql) {
      const answer = ask(sql).finally(() => asked.delete(answer));
      asked.add(answer);
      return answer;
    },
    async checkpoint() {
      await writer.run('CHECKPOINT');
      return undefined;
    },
    async rebase(sequence) {
      await writer.run(`UPDATE about SET applied = ${literal(sequence)}`);
      return undefined;
    },
    async close() {
      await Promise.allSettled(asked);
      for (const connection of [...readers, writer]) {
        connection.closeSync();
      }
      instance.closeSync();
      return undefined;
    },
  };
}

function noteKind(kinds: Map<number, ColumnKind[]>, change: Batch['schema'][number]): void {
  if (change.kind === 'table') {
    kinds.set(change.table, []);
  } else if (change.kind === 'column') {
    kinds.get(change.table)?.push(change.columnKind);
  }
}

async function eraseRows(writer: DuckDBConnection, erasure: Erasure): Promise<Erased> {
  const { table, entities, sequence } = erasure;
  const where = filterSql(erasure);
  await writer.run(`DELETE FROM ${quote(hotTable(table))}${where}`);
  await writer.run(`DELETE FROM ${quote(lateTable(table))}${where}`);
  await writer.run(`DELETE FROM raw${where} AND tab = ${literal(table)}`);
  await writer.run(`UPDATE about SET applied = ${literal(sequence)}`);
  const left = filterSql({ entities, fromMs: undefined, toMs: undefined });
  const newest = await writer.runAndReadAll(
    `SELECT e, max(t)::DOUBLE FROM (SELECT e, t FROM ${quote(hotTable(table))}${left} ` +
      `UNION ALL SELECT e, t FROM ${quote(lateTable(table))}${left}) GROUP BY e`,
  );
  const byEntity = new Map(newest.getRows().map(([entity, ms]) => [Number(entity), Number(ms)]));
  return {
    newest: entities.map((entity) => ({ entity, newestMs: byEntity.get(entity) })),
    late: await readLate(writer, table),
  };
}
