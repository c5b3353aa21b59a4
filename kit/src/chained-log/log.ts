/** The chain over the durable log: one batch at a time, each linked to what is durable, all of it or nothing of it. */

import type { ChainedLog, ChainedLogOptions, ChainedRecord, ChainTip } from '../chained-log.js';
import { openDurableLog } from '../durable-log/log.js';
import type { DurableLog, OpenReport } from '../durable-log.js';
import { assert, DamagedFileError, LogFullError, LogStoppedError, toError } from '../errors.js';
import { decodeLink, encodeLink, GENESIS, hashOfLink, LINK_BYTES } from './link.js';

const VERSION = 1;
/** A trail is kept for years and refuses work when it is full, so it may take a good part of a disk. */
const DEFAULT_MAX_BYTES = 64 * 2 ** 30;
/** What is linked and written together. More waits for the next turn; the durable log takes 64 MiB at once. */
const BATCH_BYTES = 8 * 2 ** 20;
/** Bodies in memory while the disk is busy. Beyond it appends are refused. */
const MAX_WAITING_BYTES = 32 * 2 ** 20;
/** Of a record and, when it begins one, of a segment: more than the durable log adds. */
const OVERHEAD_BYTES = 256;

interface Waiting {
  readonly body: Uint8Array;
  readonly resolve: (tip: ChainTip) => void;
  readonly reject: (error: Error) => void;
}

export async function openChainedLog(options: ChainedLogOptions): Promise<ChainedLog> {
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const durable = await openDurableLog({ ...options, maxBytes, version: VERSION });
  return new Chain(durable, maxBytes, { sequence: durable.head, hash: await newestHash(durable) });
}

/** Of the newest record that can be read. What was damaged behind it is a gap that verifying names. */
async function newestHash(durable: DurableLog): Promise<string> {
  for (let back = 1; back < 2 * durable.head; back *= 2) {
    let hash: string | undefined;
    for await (const { sequence, payload } of durable.read(durable.head - back + 1))
      hash = recordOf(sequence, payload).hash;
    if (hash !== undefined) return hash;
  }
  return GENESIS;
}

class Chain implements ChainedLog {
  readonly report: OpenReport;
  readonly #durable: DurableLog;
  readonly #maxBytes: number;
  #tip: ChainTip;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(durable: DurableLog, maxBytes: number, tip: ChainTip) {
    this.#durable = durable;
    this.#maxBytes = maxBytes;
    this.#tip = tip;
    this.report = durable.report;
  }

  get tip(): ChainTip {
    return this.#tip;
  }

  get tail(): number {
    return this.#durable.tail;
  }

  get bytes(): number {
    return this.#durable.bytes;
  }

  append(body: Uint8Array): Promise<ChainTip> {
    if (this.#isClosed) return Promise.reject(new LogStoppedError('The log is closed.'));
    const size = sizeOf(body);
    if (
      this.#waitingBytes + size > MAX_WAITING_BYTES ||
      this.#durable.bytes + this.#waitingBytes + size > this.#maxBytes
    )
      return Promise.reject(new LogFullError('The chained log has reached its bound.', { bytes: this.#durable.bytes }));
    this.#waitingBytes += size;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ body: body.slice(), resolve, reject });
      this.#running ??= this.#run();
    });
  }

  async *read(fromSequence: number): AsyncGenerator<ChainedRecord> {
    for await (const { sequence, payload } of this.#durable.read(fromSequence)) yield recordOf(sequence, payload);
  }

  release(sequence: number): Promise<void> {
    return this.#durable.release(Math.min(sequence, this.#tip.sequence - 1));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
    await this.#durable.close();
  }

  async #run(): Promise<void> {
    await undefined; // Whoever appends in the same turn comes along.
    while (this.#waiting.length > 0) await this.#commit(this.#takeBatch());
    this.#running = undefined;
  }

  #takeBatch(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { body } of this.#waiting) {
      bytes += sizeOf(body);
      if (count > 0 && bytes > BATCH_BYTES) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  /** Appended in one turn, a batch is one commit group of the durable log: it is taken or refused as a whole. */
  async #commit(batch: readonly Waiting[]): Promise<void> {
    const tips: ChainTip[] = [];
    const appends: Promise<number>[] = [];
    let before = this.#tip;
    for (const { body } of batch) {
      const sequence = before.sequence + 1;
      const hash = hashOfLink(before.hash, sequence, body);
      appends.push(this.#durable.append(encodeLink({ previous: before.hash, hash, body })));
      before = { sequence, hash };
      tips.push(before);
    }
    const outcomes = await Promise.allSettled(appends);
    for (const { body } of batch) this.#waitingBytes -= sizeOf(body);
    for (const [index, outcome] of outcomes.entries()) {
      const tip = tips[index];
      const waiting = batch[index];
      if (tip === undefined || waiting === undefined) continue;
      if (outcome.status === 'rejected') {
        waiting.reject(toError(outcome.reason));
        continue;
      }
      assert(outcome.value === tip.sequence, 'A chain has one writer.', {
        sequence: outcome.value,
        expected: tip.sequence,
      });
      this.#tip = tip;
      waiting.resolve(tip);
    }
  }
}

function recordOf(sequence: number, payload: Uint8Array): ChainedRecord {
  const link = decodeLink(payload);
  if (link === undefined)
    throw new DamagedFileError('chain.record', 'A record of the chain is too short.', { sequence });
  return { sequence, ...link };
}

function sizeOf(body: Uint8Array): number {
  return body.byteLength + LINK_BYTES + OVERHEAD_BYTES;
}
