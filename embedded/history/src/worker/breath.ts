/**
 * Rows that are not checkpointed yet cannot leave memory, and a table needs some for each of its columns however few its rows are. Thousands of
 * tables that all get a row would use all the database may have: it is checkpointed before.
 */

import type { DuckDBConnection } from '@duckdb/node-api';

/** Of the memory that was free after the last checkpoint: the rest is for questions and for the checkpoint itself. */
const MOST = 0.5;

export class Breath {
  readonly #limitBytes: number;
  /** In use after the last checkpoint: no checkpoint makes it less. */
  #restBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** After a transaction, outside of any. */
  async take(connection: DuckDBConnection): Promise<void> {
    const free = Math.max(0, this.#limitBytes - this.#restBytes);
    if ((await usedBytes(connection)) > this.#restBytes + free * MOST) {
      await connection.run('CHECKPOINT');
      this.#restBytes = await usedBytes(connection);
    }
  }
}

async function usedBytes(connection: DuckDBConnection): Promise<number> {
  const found = await connection.runAndReadAll('SELECT sum(memory_usage_bytes)::DOUBLE FROM duckdb_memory()');
  return Number(found.getRows()[0]?.[0] ?? 0);
}

/** Does it again after a checkpoint, once, when there was no memory for it. It leaves nothing behind when it fails. */
export async function withRoomInMemory<T>(connection: DuckDBConnection, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isOutOfMemory(error)) {
      throw error;
    }
    await connection.run('CHECKPOINT');
    return work();
  }
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && /could not allocate block|out of memory/i.test(error.message);
}
