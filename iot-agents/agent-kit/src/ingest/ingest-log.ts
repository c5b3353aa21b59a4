/**
 * The ingest log of one lane: the only place of truth between a device and the platform. `append` resolves when the
 * record is on disk, and that is when a device may be told "received" (DESIGN 2.1). The newest records stay in memory
 * under a cap, so that a forwarder that keeps up never reads the disk.
 */

import type { Clock, Disk, DurableLog } from '@contor/kit';
import { openDurableLog } from '@contor/kit';
import { decodeRecord, encodeRecord, INGEST_KIND, INGEST_VERSION, type IngestRecord, migrateRecord } from './record.js';

export interface IngestLogOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly directory: string;
  readonly maxBytes: number;
  /** Takes over what has been forwarded; without it, it is removed. */
  readonly retire?: (path: string) => Promise<void>;
  readonly onFatal: (error: Error) => void;
}

export interface Sequenced {
  readonly sequence: number;
  /** Undefined where the log holds something that is not a record of ours: it is stepped over and counted. */
  readonly record: IngestRecord | undefined;
}

export interface ReadLimits {
  readonly records: number;
  readonly bytes: number;
}

export interface IngestLog {
  readonly head: number;
  readonly tail: number;
  readonly bytes: number;
  readonly report: DurableLog['report'];
  append(record: IngestRecord): Promise<number>;
  /** Records from `sequence` on, in order, at least one when there is one, then up to the limits. `sequence` never goes back. */
  readFrom(sequence: number, limits: ReadLimits): Promise<readonly Sequenced[]>;
  /** Every record from `sequence` to the head, straight from disk and kept nowhere. */
  scan(sequence: number): AsyncIterable<Sequenced>;
  /** Called after each append is durable, in order. One listener: the lane that empties this log. */
  onStored(listener: (sequence: number, record: IngestRecord) => void): void;
  release(sequence: number): Promise<void>;
  close(): Promise<void>;
}

/** What stays in memory for a forwarder that keeps up; beyond it the log is read from disk. */
const RECENT_RECORDS = 4_096;
const RECENT_BYTES = 4 * 1024 * 1024;

/** Space comes back a segment at a time, so a small log needs small ones. */
const LARGEST_SEGMENT = 16 * 1024 * 1024;
const SEGMENTS = 8;

export async function openIngestLog(options: IngestLogOptions): Promise<IngestLog> {
  const segmentBytes = Math.min(LARGEST_SEGMENT, Math.ceil(options.maxBytes / SEGMENTS));
  const log = await openDurableLog({
    ...{ ...options, kind: INGEST_KIND, version: INGEST_VERSION, segmentBytes },
    migrate: migrateRecord,
  });
  const recent = new Recent();
  let stored: (sequence: number, record: IngestRecord) => void = () => undefined;
  return {
    get head() {
      return log.head;
    },
    get tail() {
      return log.tail;
    },
    get bytes() {
      return log.bytes;
    },
    report: log.report,
    async append(record) {
      const sequence = await log.append(encodeRecord(record));
      recent.add(sequence, record);
      stored(sequence, record);
      return sequence;
    },
    async readFrom(sequence, limits) {
      const cached = recent.from(sequence, limits);
      return cached.length > 0 ? cached : readDisk(log, sequence, limits);
    },
    async *scan(sequence) {
      for await (const { sequence: at, payload } of log.read(sequence))
        yield { sequence: at, record: decodeRecord(payload) };
    },
    onStored(listener) {
      stored = listener;
    },
    release: (sequence) => log.release(sequence),
    close: () => log.close(),
  };
}

async function readDisk(log: DurableLog, from: number, limits: ReadLimits): Promise<readonly Sequenced[]> {
  const found: Sequenced[] = [];
  let bytes = 0;
  if (from > log.head) return found;
  for await (const { sequence, payload } of log.read(Math.max(from, log.tail))) {
    found.push({ sequence, record: decodeRecord(payload) });
    bytes += payload.length;
    if (found.length >= limits.records || bytes >= limits.bytes) break;
  }
  return found;
}

/** Sequences come without gaps and are read in one direction: what the forwarder has passed it never asks for again. */
class Recent {
  readonly #records = new Map<number, IngestRecord>();
  #oldest = 0;
  #bytes = 0;

  add(sequence: number, record: IngestRecord): void {
    if (this.#records.size === 0) this.#oldest = sequence;
    this.#records.set(sequence, record);
    this.#bytes += record.bytes.length;
    while (this.#records.size > RECENT_RECORDS || this.#bytes > RECENT_BYTES) this.#forgetOldest();
  }

  from(sequence: number, limits: ReadLimits): readonly Sequenced[] {
    while (this.#records.size > 0 && this.#oldest < sequence) this.#forgetOldest();
    const found: Sequenced[] = [];
    let bytes = 0;
    for (let at = sequence; found.length < limits.records && bytes < limits.bytes; at += 1) {
      const record = this.#records.get(at);
      if (record === undefined) break;
      found.push({ sequence: at, record });
      bytes += record.bytes.length;
    }
    return found;
  }

  /** Not by a look at the first key: a Map steps over every key that was deleted before it. */
  #forgetOldest(): void {
    this.#bytes -= this.#records.get(this.#oldest)?.bytes.length ?? 0;
    this.#records.delete(this.#oldest);
    this.#oldest += 1;
  }
}
