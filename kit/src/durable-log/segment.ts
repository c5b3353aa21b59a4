/** One segment file of a log: where it is, what it holds, and how its records are read back. */

import type { Disk, DiskFile } from '../disk.js';
import { DamagedFileError } from '../errors.js';
import { HEADER_BYTES, RECORD_HEADER_BYTES, RecordWalk } from './format.js';

/** One entry of the sparse index per this many bytes: a read begins at most so far before the record it wants. */
const INDEX_STRIDE_BYTES = 64 * 1024;
const READ_CHUNK_BYTES = 256 * 1024;
/** Of the first read: whoever wants one record finds it in one stride, and whoever goes on gets more at once. */
const FIRST_CHUNK_BYTES = INDEX_STRIDE_BYTES;

export interface StoredRecord {
  readonly sequence: number;
  readonly payload: Uint8Array;
}

export class Segment {
  readonly path: string;
  readonly firstSequence: number;
  readonly payloadVersion: number;
  readonly seed: number;
  /** Sequence of the newest durable record; `firstSequence - 1` while there is none. */
  lastSequence: number;
  /** Durable bytes. What may stand behind them in the file is a commit under way. */
  bytes = HEADER_BYTES;
  readonly #disk: Disk;
  readonly #indexSequences: number[] = [];
  readonly #indexOffsets: number[] = [];
  #file: DiskFile | undefined;
  #users = 0;

  constructor(disk: Disk, path: string, firstSequence: number, payloadVersion: number, seed: number) {
    this.#disk = disk;
    this.path = path;
    this.firstSequence = firstSequence;
    this.payloadVersion = payloadVersion;
    this.seed = seed;
    this.lastSequence = firstSequence - 1;
  }

  get isEmpty(): boolean {
    return this.lastSequence < this.firstSequence;
  }

  /** Notes where a record begins, once per stride. */
  index(sequence: number, offset: number): void {
    const last = this.#indexOffsets.at(-1);
    if (last !== undefined && offset - last < INDEX_STRIDE_BYTES) return;
    this.#indexSequences.push(sequence);
    this.#indexOffsets.push(offset);
  }

  /** The open file; whoever takes it gives it back by `letGo`, and the last one closes it. */
  async take(file?: DiskFile): Promise<DiskFile> {
    this.#users += 1;
    try {
      this.#file ??= file ?? (await this.#disk.open(this.path, 'append'));
      return this.#file;
    } catch (error) {
      this.#users -= 1;
      throw error;
    }
  }

  async letGo(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** Durable records from `fromSequence` on, up to what was durable when it was called. */
  async *read(fromSequence: number): AsyncGenerator<StoredRecord> {
    const endBytes = this.bytes;
    const file = await this.take();
    try {
      let { sequence, offset } = this.#before(fromSequence);
      let chunkBytes = FIRST_CHUNK_BYTES;
      while (offset < endBytes) {
        const wanted = Math.min(chunkBytes, endBytes - offset);
        const chunk = await file.read(offset, wanted);
        if (chunk.byteLength < wanted) throw this.#damaged(offset);
        const walk = new RecordWalk(chunk, 0, this.seed, sequence);
        for (let step = walk.next(); ; step = walk.next()) {
          if (step === 'damage') throw this.#damaged(offset + walk.offset);
          if (step === 'short') break;
          if (step === 'record' && walk.sequence >= fromSequence) {
            yield { sequence: walk.sequence, payload: walk.payload };
          }
        }
        // A record longer than the chunk: once more from its beginning, with room for it.
        if (walk.offset === 0) {
          if (chunk.byteLength === endBytes - offset) throw this.#damaged(offset);
          chunkBytes = needed(chunk);
        } else {
          chunkBytes = READ_CHUNK_BYTES;
        }
        offset += walk.offset;
        sequence = walk.expected;
      }
    } finally {
      await this.letGo();
    }
  }

  #before(sequence: number): { sequence: number; offset: number } {
    let low = 0;
    let high = this.#indexSequences.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#indexSequences[middle] ?? 0) <= sequence) low = middle + 1;
      else high = middle;
    }
    return {
      sequence: this.#indexSequences[low - 1] ?? this.firstSequence,
      offset: this.#indexOffsets[low - 1] ?? HEADER_BYTES,
    };
  }

  #damaged(offset: number): DamagedFileError {
    return new DamagedFileError(
      'log.damaged',
      `${this.path} has changed under us. Restart: opening sets the damage aside.`,
      {
        path: this.path,
        offset,
      },
    );
  }
}

/** Bytes of the record that begins with `chunk`. */
function needed(chunk: Uint8Array): number {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return RECORD_HEADER_BYTES + view.getUint32(4);
}
