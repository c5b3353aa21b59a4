/**
 * A columnar store on the simulated disk, in place of DuckDB: what was applied is in a log of its own when the promise
 * resolves, a checkpoint folds it into one file. After a power cut it holds exactly the batches that were committed.
 */

import type {
  Batch,
  Columnar,
  EntityEntry,
  LateExtent,
  OpenedColumnar,
  RowBlock,
  SchemaChange,
  TableEntry,
} from '@contor/history/store/columnar.js';
import { type Clock, type Disk, type DurableLog, openCheckpoint, openDurableLog } from '@contor/kit';

/** One cell as stored; `arrival` is 0 in hot rows. */
export interface StoredCell {
  readonly table: number;
  readonly entity: number;
  readonly column: number;
  readonly indexMs: number;
  readonly version: number;
  readonly arrival: number;
  readonly value: number | string | boolean;
}

interface Contents {
  readonly sequence: number;
  readonly schema: SchemaChange[];
  readonly cells: StoredCell[];
}

interface Snapshot extends Contents {
  readonly walSequence: number;
}

export interface MemoryColumnar extends Columnar {
  readonly cells: readonly StoredCell[];
  readonly schema: readonly SchemaChange[];
}

export function memoryColumnar(disk: Disk, clock: Clock, directory: string): MemoryColumnar {
  // Damaged only on a disk whose syncs are lies; then it begins again, as a database set aside does.
  const onDamaged = () => undefined;
  const snapshot = openCheckpoint({ disk, path: `${directory}/columns.snapshot`, onDamaged });
  const contents: { -readonly [K in keyof Contents]: Contents[K] } = { sequence: 0, schema: [], cells: [] };
  let wal: DurableLog | undefined;

  async function commit(change: Contents): Promise<void> {
    await wal?.append(new TextEncoder().encode(JSON.stringify(change)));
    add(change);
  }

  function add(change: Contents): void {
    contents.sequence = change.sequence;
    contents.schema.push(...change.schema);
    contents.cells.push(...change.cells);
  }

  const notNeeded = () => Promise.reject(new Error('not part of the stand-in'));
  return {
    get cells() {
      return contents.cells;
    },
    get schema() {
      return contents.schema;
    },
    async open() {
      await disk.makeDirectory(directory);
      const bytes = await snapshot.read();
      const saved: Snapshot | undefined = bytes && JSON.parse(new TextDecoder().decode(bytes));
      if (saved !== undefined) add(saved);
      wal = await openDurableLog({
        ...{ disk, clock, directory: `${directory}/wal`, kind: 'columns', version: 1 },
        onFatal: () => undefined,
      });
      for await (const { sequence, payload } of wal.read((saved?.walSequence ?? 0) + 1)) {
        if (sequence > (saved?.walSequence ?? 0)) add(JSON.parse(new TextDecoder().decode(payload)));
      }
      return toOpened(contents);
    },
    apply: (batch) => commit({ sequence: batch.sequence, schema: [...batch.schema], cells: cellsOf(batch) }),
    async checkpoint() {
      const walSequence = wal?.head ?? 0;
      const saved: Snapshot = { ...contents, walSequence };
      await snapshot.write(new TextEncoder().encode(JSON.stringify(saved)));
      await wal?.release(walSequence);
    },
    rebase: (sequence) => commit({ sequence, schema: [], cells: [] }),
    // No rows are moved: this stand-in has one place for them.
    survey: async () => ({ hot: [], late: [] }),
    seal: notNeeded,
    archive: notNeeded,
    discard: async () => undefined,
    backUp: notNeeded,
    sizes: notNeeded,
    erase: notNeeded,
    query: notNeeded,
    async close() {
      await wal?.close();
    },
  };
}

function cellsOf(batch: Batch): StoredCell[] {
  return batch.tables.flatMap(({ table, hot, late }) => [
    ...(hot ? blockCells(table, hot) : []),
    ...(late ? blockCells(table, late) : []),
  ]);
}

function blockCells(table: number, block: RowBlock): StoredCell[] {
  const cells: StoredCell[] = [];
  for (const { column, kind, values } of block.columns) {
    for (let row = 0; row < block.rows; row += 1) {
      const said = values[row];
      if (said === null || said === undefined || Number.isNaN(said) || (kind === 'boolean' && said === -1)) continue;
      cells.push({
        ...{ table, column, entity: block.entity[row] ?? -1, indexMs: block.index[row] ?? 0 },
        ...{ version: block.version[row] ?? 0, arrival: block.arrival[row] ?? 0 },
        value: kind === 'boolean' ? said === 1 : said,
      });
    }
  }
  return cells;
}

function toOpened({ sequence, schema, cells }: Contents): OpenedColumnar {
  const made = schema.filter((change) => change.kind === 'table');
  const tables = made.map(({ table, tenant, type }): TableEntry => {
    const own = cells.filter((cell) => cell.table === table);
    return {
      ...{ table, tenant, type, late: lateOf(own), kept: [], hotFromMs: 0 },
      columns: schema.flatMap((change) =>
        change.kind === 'column' && change.table === table
          ? [{ column: change.column, name: change.name, kind: change.columnKind, unit: undefined }]
          : [],
      ),
      entities: schema.flatMap((change) =>
        change.kind === 'entity' && change.table === table ? [toEntity(change.entity, change.id, own)] : [],
      ),
    };
  });
  return { appliedSequence: sequence, tables };
}

function toEntity(entity: number, id: string, cells: readonly StoredCell[]): EntityEntry {
  let newestMs: number | undefined;
  for (const cell of cells) {
    if (cell.entity === entity && (newestMs === undefined || cell.indexMs > newestMs)) newestMs = cell.indexMs;
  }
  return { entity, id, path: '', newestMs, late: undefined };
}

function lateOf(cells: readonly StoredCell[]): LateExtent {
  let extent = { rows: 0, fromMs: Number.POSITIVE_INFINITY, toMs: Number.NEGATIVE_INFINITY, arrival: 0 };
  for (const { arrival, indexMs } of cells) {
    if (arrival > 0) {
      const { rows, fromMs, toMs } = extent;
      extent = {
        ...{ rows: rows + 1, fromMs: Math.min(fromMs, indexMs), toMs: Math.max(toMs, indexMs) },
        arrival: Math.max(extent.arrival, arrival),
      };
    }
  }
  return extent;
}
