/** The index in memory: every record of the log as a few numbers, the newest in columns, older ones as the times of their chunk. */

import type { KeptRecord } from '../record.js';
import { CHUNK_BYTES, Chunk, type Sieve, sieveOf } from './chunk.js';
import type { AuditQuery } from './query.js';
import { Words } from './words.js';

/** Columns of about two million records; what is older is found by its time and read. */
const MOST_COLUMN_BYTES = 32 * 2 ** 20;

export class RecordIndex {
  readonly #chunks: Chunk[] = [];
  readonly #words = new Words();
  readonly #mostColumns: number;
  #columns = 0;
  #oldestWithColumns = 0;

  constructor(mostBytes = MOST_COLUMN_BYTES) {
    this.#mostColumns = Math.max(1, Math.floor(mostBytes / CHUNK_BYTES));
  }

  /** In the order of the chain. */
  add(sequence: number, kept: KeptRecord): void {
    if (!this.#chunks.at(-1)?.add(sequence, kept, this.#words)) {
      const chunk = new Chunk(sequence, kept.atMs);
      chunk.add(sequence, kept, this.#words);
      this.#chunks.push(chunk);
      this.#columns += 1;
      this.#makeRoom();
    }
    if (kept.of !== undefined) this.#holding(kept.of)?.markEnded(kept.of);
  }

  /** What was archived is read from the archive. */
  dropThrough(sequence: number): void {
    while (this.#chunks.length > 1 && (this.#chunks[0]?.last ?? Number.POSITIVE_INFINITY) <= sequence) {
      if (this.#chunks.shift()?.hasColumns) this.#columns -= 1;
      this.#oldestWithColumns = Math.max(0, this.#oldestWithColumns - 1);
    }
  }

  sieve(query: AuditQuery): Sieve {
    return sieveOf(query, this.#words);
  }

  /** Sequences below `before` that may match, newest first. */
  *candidates(sieve: Sieve, before: number): Generator<number> {
    let below = before;
    for (let at = this.#chunks.length - 1; at >= 0; at -= 1) {
      const chunk = this.#chunks[at];
      // Between two steps the list may have changed at either end.
      if (chunk === undefined || chunk.first >= below) continue;
      yield* chunk.candidates(sieve, below);
      below = chunk.first;
    }
  }

  #makeRoom(): void {
    for (; this.#columns > this.#mostColumns; this.#columns -= 1) {
      this.#chunks[this.#oldestWithColumns]?.forgetColumns();
      this.#oldestWithColumns += 1;
    }
  }

  #holding(sequence: number): Chunk | undefined {
    // Almost always the newest one: an outcome follows within seconds.
    for (let at = this.#chunks.length - 1; at >= 0; at -= 1) {
      const chunk = this.#chunks[at];
      if (chunk !== undefined && chunk.first <= sequence) return chunk.last >= sequence ? chunk : undefined;
    }
    return undefined;
  }
}
