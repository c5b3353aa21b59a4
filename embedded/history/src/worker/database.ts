/** DuckDB behind the columnar port: one connection writes, a few read, and each sees whole transactions only. */

import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type {
  Archive,
  Archiving,
  Batch,
  ColumnarResult,
  Erased,
  Erasure,
  KeptMonth,
  Moved,
  OpenedColumnar,
  Sealing,
  SetAside,
  Sizes,
  Survey,
} from '../store/columnar.js';
import { hotTable, lateTable, literal, pathLiteral, quote } from '../store/identifiers.js';
import { monthName } from '../store/months.js';
import type { SqlColumn } from '../store/source-sql.js';
import { appendBlock, appendEntities, appendRaw } from './append.js';
import { Breath, withRoomInMemory } from './breath.js';
import { readCatalogue, readHotFrom, readLate } from './catalogue.js';
import { eraseRows, rewriteArchives } from './erase.js';
import { isDamage } from './failure.js';
import { archivesIn, clearOrphans, missingArchives, readKept, writeKept } from './kept.js';
import type { WorkerSettings } from './protocol.js';
import { readColumns } from './results.js';
import { rollDays } from './roll.js';
import { RowTables } from './row-tables.js';
import { changeSchema, DAYS_SINCE, FIXED_TABLES, FORMAT, migrate } from './schema.js';
import { setAside } from './set-aside.js';
import { measure } from './sizes.js';
import { forgetSealed, restoreArchive, sealRows, surveyRows, writeArchive } from './upkeep.js';

const NOTHING_LATE = { rows: 0, fromMs: Number.POSITIVE_INFINITY, toMs: Number.NEGATIVE_INFINITY, arrival: 0 };

/** Questions that run side by side; more would fight for the same two cores. */
const READERS = 3;

export interface Database {
  apply(batch: Batch): Promise<undefined>;
  erase(erasure: Erasure): Promise<Erased>;
  query(sql: string): Promise<ColumnarResult>;
  survey(table: number, beforeMonth: number): Promise<Survey>;
  seal(sealing: Sealing): Promise<Moved>;
  archive(archiving: Archiving): Promise<Moved>;
  discard(): Promise<undefined>;
  backUp(folder: string): Promise<undefined>;
  sizes(): Promise<Sizes>;
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
      const { database, opened } = await openOnce(settings, folder);
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
  const { database, opened } = await openOnce(settings, folder);
  return { database, opened: { ...opened, ...(aside && { setAside: aside }) } };
}

async function openOnce(settings: WorkerSettings, setAsideFolder: string): Promise<Opening> {
  await mkdir(settings.archiveFolder, { recursive: true, mode: 0o700 });
  const instance = await DuckDBInstance.create(settings.path, {
    threads: `${settings.threads}`,
    memory_limit: `${Math.ceil(settings.memoryLimitBytes / 1024)}KiB`,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  try {
    const writer = await instance.connect();
    await confine(writer, settings);
    for (const sql of FIXED_TABLES) {
      await writer.run(sql);
    }
    const rowTables = new RowTables();
    await rowTables.read(writer);
    const about = (await writer.runAndReadAll('SELECT format, applied::DOUBLE FROM about')).getRows()[0];
    const format = Number(about?.[0] ?? FORMAT);
    if (about === undefined) {
      // Files of old months belong to a database that is not here any more.
      await setAside(await archivesIn(settings.archiveFolder), setAsideFolder);
      await writer.run(`INSERT INTO about VALUES (${literal(FORMAT)}, 0)`);
    } else if (format > FORMAT) {
      throw new Error(`history format ${format}, this program knows ${FORMAT}`);
    } else {
      if (format < FORMAT) {
        await inTransaction(writer, () => renew(writer, rowTables, settings, format));
        await rowTables.read(writer);
      }
      await clearOrphans(writer, settings.archiveFolder);
    }
    const named = await readCatalogue(writer, rowTables, settings.archiveFolder);
    const missingFiles = await missingArchives(named, settings.archiveFolder);
    const tables = named.map((table) => ({ ...table, kept: withoutFiles(table.kept, missingFiles) }));
    const readers = await Promise.all(Array.from({ length: READERS }, () => instance.connect()));
    const opened = { appliedSequence: Number(about?.[1] ?? 0), tables, missingFiles };
    return { database: databaseOn({ instance, writer, readers, settings, rowTables, missingFiles }, tables), opened };
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

function withoutFiles(kept: readonly KeptMonth[], missing: readonly string[]): readonly KeptMonth[] {
  return kept.filter(({ archive }) => archive === undefined || !missing.includes(archive.file));
}

/** All or nothing: a database says the number of its format only when it has all that belongs to it. */
async function renew(
  writer: DuckDBConnection,
  rowTables: RowTables,
  { archiveFolder }: WorkerSettings,
  format: number,
): Promise<void> {
  await migrate(writer);
  const tables = format < DAYS_SINCE ? await readCatalogue(writer, rowTables, archiveFolder) : [];
  for (const { table, columns, kept } of tables) {
    const archives = kept.flatMap(({ archive }) => archive ?? []);
    const everything = { entities: undefined, fromMs: undefined, toMs: undefined };
    await rollDays(writer, {
      table,
      columns,
      ...everything,
      kept: { isSealed: kept.length > archives.length, archives },
    });
  }
  await writer.run(`UPDATE about SET format = ${literal(FORMAT)}`);
}

/** The database reads and writes its own folders and nothing else, whatever a question might say (T28). */
async function confine(writer: DuckDBConnection, { archiveFolder, backupFolder }: WorkerSettings): Promise<void> {
  const folders = [archiveFolder, backupFolder].map(pathLiteral).join(', ');
  await writer.run(`SET allowed_directories = [${folders}]`);
  // A question over years names a hundred files; their footers are read once.
  await writer.run('SET parquet_metadata_cache = true');
  await writer.run('SET enable_external_access = false');
  await writer.run('SET lock_configuration = true');
}

interface Connections {
  readonly instance: DuckDBInstance;
  readonly writer: DuckDBConnection;
  readonly readers: readonly DuckDBConnection[];
  readonly settings: WorkerSettings;
  readonly rowTables: RowTables;
  readonly missingFiles: readonly string[];
}

/** What the database thread knows of a table. */
interface Known {
  readonly columns: SqlColumn[];
  kept: readonly KeptMonth[];
}

function databaseOn(
  { instance, writer, readers, settings, rowTables, missingFiles }: Connections,
  tables: OpenedColumnar['tables'],
): Database {
  const known = new Map<number, Known>(
    tables.map(({ table, columns, kept }) => [table, { columns: [...columns], kept }]),
  );
  const idle = [...readers];
  const asked = new Set<Promise<ColumnarResult>>();
  const queue: ((reader: DuckDBConnection) => void)[] = [];
  /** Files no table names any more, which a question on its way may still read. */
  let retired: Archive[] = [];
  let files = 0;
  const breath = new Breath(settings.memoryLimitBytes);

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

  function knownOf(table: number): Known {
    return known.get(table) ?? { columns: [], kept: [] };
  }

  /** Never a name that was used before: what a question reads does not change under it. */
  function newFile(table: number, month: number): string {
    files += 1;
    return join(settings.archiveFolder, `${table}-${monthName(month)}-${Date.now().toString(36)}${files}.parquet`);
  }

  /** The tables that a transaction made came to nothing with it. */
  async function undo(error: unknown): Promise<never> {
    await rowTables.read(writer);
    throw error;
  }

  async function moved(table: number): Promise<Moved> {
    const of = knownOf(table);
    of.kept = withoutFiles((await readKept(writer, settings.archiveFolder)).get(table) ?? [], missingFiles);
    return {
      late: await readLate(writer, rowTables, table),
      kept: of.kept,
      hotFromMs: await readHotFrom(writer, table),
    };
  }

  function archiveOf(table: number, month: number): Archive | undefined {
    return knownOf(table).kept.find((kept) => kept.month === month)?.archive;
  }

  return {
    async apply(batch) {
      await withRoomInMemory(writer, () =>
        inTransaction(writer, async () => {
          for (const change of batch.schema) {
            await changeSchema(writer, rowTables, change);
            noteSchema(known, change);
          }
          await appendEntities(
            writer,
            batch.schema.filter((change) => change.kind === 'entity'),
          );
          for (const { table, hot, late } of batch.tables) {
            const kinds = knownOf(table).columns.map(({ kind }) => kind);
            if (hot !== undefined) {
              await appendBlock(writer, hotTable(table), hot, kinds, false);
            }
            if (late !== undefined) {
              await rowTables.ensure(writer, 'late', table, knownOf(table).columns);
              await appendBlock(writer, lateTable(table), late, kinds, true);
            }
          }
          await appendRaw(writer, batch.raw);
          await writer.run(`UPDATE about SET applied = ${literal(batch.sequence)}`);
        }).catch(undo),
      );
      await breath.take(writer);
      return undefined;
    },
    async erase(erasure) {
      const { columns, kept } = knownOf(erasure.table);
      const rewritten = await rewriteArchives(writer, erasure, kept, (month) => newFile(erasure.table, month));
      const newest = await inTransaction(writer, () => eraseRows(writer, rowTables, erasure, columns, kept, rewritten));
      retired.push(...rewritten.map(({ before }) => before));
      if (erasure.isDrop) {
        known.delete(erasure.table);
        retired.push(...rewritten.map(({ after }) => after), ...kept.flatMap(({ archive }) => archive ?? []));
        return { newest, late: NOTHING_LATE, kept: [], hotFromMs: Number.POSITIVE_INFINITY };
      }
      return { newest, ...(await moved(erasure.table)) };
    },
    query(sql) {
      const answer = ask(sql).finally(() => asked.delete(answer));
      asked.add(answer);
      return answer;
    },
    survey: (table, beforeMonth) => surveyRows(writer, rowTables, table, beforeMonth),
    async seal(sealing) {
      const { table, month } = sealing;
      const archive = archiveOf(table, month);
      await inTransaction(writer, async () => {
        if (archive !== undefined) {
          await restoreArchive(writer, rowTables, knownOf(table).columns, sealing, archive);
        }
        await sealRows(writer, rowTables, knownOf(table).columns, sealing);
        await writeKept(writer, table, { month, archive: undefined });
      }).catch(undo);
      await breath.take(writer);
      retired.push(...(archive === undefined ? [] : [archive]));
      return moved(table);
    },
    async archive(archiving) {
      const { table, month } = archiving;
      if (archiveOf(table, month) === undefined) {
        const archive = await writeArchive(writer, knownOf(table).columns, archiving, newFile(table, month));
        await inTransaction(writer, async () => {
          await forgetSealed(writer, archiving);
          await writeKept(writer, table, { month, archive });
        });
      }
      return moved(table);
    },
    async discard() {
      await Promise.allSettled(asked);
      const gone = retired;
      retired = [];
      for (const { file } of gone) {
        await rm(file, { force: true });
      }
      return undefined;
    },
    backUp: (folder) => backUp(instance, folder),
    async sizes() {
      const connection = await instance.connect();
      try {
        return await measure(connection, settings.path, rowTables, known);
      } finally {
        connection.closeSync();
      }
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

/** As the database is at one moment: what is applied while it is copied is not in the copy. */
async function backUp(instance: DuckDBInstance, folder: string): Promise<undefined> {
  const connection = await instance.connect();
  try {
    await connection.run(`ATTACH ${pathLiteral(join(folder, 'history.duckdb'))} AS copied`);
    const [name] = (await connection.runAndReadAll('SELECT current_database()')).getRows()[0] ?? [];
    await connection.run(`COPY FROM DATABASE ${quote(String(name))} TO copied`);
    await connection.run('DETACH copied');
    return undefined;
  } finally {
    connection.closeSync();
  }
}

async function inTransaction<T>(writer: DuckDBConnection, work: () => Promise<T>): Promise<T> {
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

function noteSchema(known: Map<number, Known>, change: Batch['schema'][number]): void {
  if (change.kind === 'table') {
    known.set(change.table, { columns: [], kept: [] });
  } else if (change.kind === 'column') {
    const { column, name, columnKind } = change;
    const columns = known.get(change.table)?.columns;
    if (columns !== undefined) {
      columns[column] = { column, name, kind: columnKind };
    }
  }
}
