/**
 * Documents that survive a restart: an index in memory over a durable log. A document has a kind, an id, a JSON value
 * and perhaps an expiry. The log is rewritten from memory when it has grown far beyond what is alive.
 */

import { join } from 'node:path';
import type { Clock, Timer } from './clock.js';
import type { Disk } from './disk.js';
import { readSegment } from './durable-log/read-file.js';
import type { DurableLog } from './durable-log.js';
import type { Logger } from './log.js';

export interface Document {
  readonly kind: string;
  readonly id: string;
  readonly value: unknown;
  readonly expiresAtMs?: number;
}

export interface DocumentStore {
  get(kind: string, id: string): unknown;
  all(kind: string): Iterable<Document>;
  /** Visible at once, durable when it resolves. */
  put(document: Document): Promise<void>;
  remove(kind: string, id: string): Promise<void>;
  readonly size: number;
  close(): Promise<void>;
}

/** Somebody who keeps an index beside the documents: told of each that comes, goes or expires, from the first replay on. */
export interface DocumentWatcher {
  came(document: Document): void;
  went(document: Document): void;
}

const SWEEP_EVERY_MS = 60_000;
/** Rewriting a log smaller than this saves nothing worth the writes. */
const COMPACT_FROM_BYTES = 2 * 1024 * 1024;
/** Rewritten when at most a quarter is alive: each byte is then written at most about 1.3 times. */
const COMPACT_AT_RATIO = 4;
/** Appends in flight while rewriting; the log groups them into few commits. */
const COMPACT_BATCH = 256;

interface Kept {
  readonly document: Document;
  readonly bytes: number;
}

/** One record: a document, or with `gone` the end of one. Short keys, because there are many records. */
interface LogLine {
  readonly k: string;
  readonly i: string;
  readonly v?: unknown;
  readonly e?: number;
  readonly gone?: true;
}

export interface DocumentOptions {
  readonly durable: DurableLog;
  readonly clock: Clock;
  readonly watcher?: DocumentWatcher;
  readonly log: Logger;
}

export async function openDocuments(options: DocumentOptions): Promise<DocumentStore> {
  const store = new Documents(options);
  await store.load();
  return store;
}

/** The documents of a folder as they lie there, read beside whoever owns them: nothing is changed, and nothing of it is kept up to date. */
export async function readDocuments(disk: Disk, directory: string): Promise<readonly Document[]> {
  const kept = new Map<string, Document>();
  for (const name of await disk.list(directory)) {
    const segment = name.endsWith('.log') ? await readSegment(disk, join(directory, name)) : undefined;
    for (const { payload } of segment?.records() ?? []) {
      const line = JSON.parse(new TextDecoder().decode(payload)) as LogLine;
      if (line.gone) kept.delete(keyOf(line.k, line.i));
      else kept.set(keyOf(line.k, line.i), decode(line));
    }
  }
  return [...kept.values()];
}

class Documents implements DocumentStore {
  readonly #durable: DurableLog;
  readonly #clock: Clock;
  readonly #watcher: DocumentWatcher | undefined;
  readonly #log: Logger;
  readonly #kept = new Map<string, Kept>();
  #liveBytes = 0;
  #compaction: Promise<void> | undefined;
  #sweep: Timer | undefined;

  constructor({ durable, clock, watcher, log }: DocumentOptions) {
    this.#durable = durable;
    this.#clock = clock;
    this.#watcher = watcher;
    this.#log = log;
  }

  get size(): number {
    return this.#kept.size;
  }

  async load(): Promise<void> {
    for await (const { payload } of this.#durable.read(this.#durable.tail)) this.#replay(payload);
    this.#dropExpired();
    this.#scheduleSweep();
  }

  get(kind: string, id: string): unknown {
    const kept = this.#kept.get(keyOf(kind, id));
    return kept === undefined || this.#isExpired(kept.document) ? undefined : kept.document.value;
  }

  *all(kind: string): Iterable<Document> {
    for (const { document } of this.#kept.values()) {
      if (document.kind === kind && !this.#isExpired(document)) yield document;
    }
  }

  async put(document: Document): Promise<void> {
    const before = this.#kept.get(keyOf(document.kind, document.id));
    const payload = encode(document);
    this.#keep(document, payload.length);
    try {
      await this.#durable.append(payload);
    } catch (error) {
      this.#restore(document, before); // Refused, for instance by a full disk: memory must not promise what disk lacks.
      throw error;
    }
    this.#compactWhenWorthIt();
  }

  async remove(kind: string, id: string): Promise<void> {
    const before = this.#kept.get(keyOf(kind, id));
    if (before === undefined) return;
    this.#forget(kind, id);
    await this.#durable.append(encodeLine({ k: kind, i: id, gone: true }));
  }

  async close(): Promise<void> {
    this.#sweep?.cancel();
    await this.#compaction;
    await this.#durable.close();
  }

  #replay(payload: Uint8Array): void {
    const line = JSON.parse(new TextDecoder().decode(payload)) as LogLine;
    if (line.gone) this.#forget(line.k, line.i);
    else this.#keep(decode(line), payload.length);
  }

  #keep(document: Document, bytes: number): void {
    this.#forget(document.kind, document.id);
    this.#kept.set(keyOf(document.kind, document.id), { document, bytes });
    this.#liveBytes += bytes;
    this.#watcher?.came(document);
  }

  #forget(kind: string, id: string): void {
    const kept = this.#kept.get(keyOf(kind, id));
    if (kept === undefined) return;
    this.#kept.delete(keyOf(kind, id));
    this.#liveBytes -= kept.bytes;
    this.#watcher?.went(kept.document);
  }

  #restore(refused: Document, before: Kept | undefined): void {
    if (this.#kept.get(keyOf(refused.kind, refused.id))?.document !== refused) return; // Overtaken by a newer one.
    this.#forget(refused.kind, refused.id);
    if (before !== undefined) this.#keep(before.document, before.bytes);
  }

  #isExpired(document: Document): boolean {
    return document.expiresAtMs !== undefined && document.expiresAtMs <= this.#clock.nowMs();
  }

  /** Needs no record: the expiry stands in the document, and the next start leaves it out again. */
  #dropExpired(): void {
    for (const { document } of this.#kept.values()) {
      if (this.#isExpired(document)) this.#forget(document.kind, document.id);
    }
  }

  #scheduleSweep(): void {
    this.#sweep = this.#clock.after(SWEEP_EVERY_MS, () => {
      this.#dropExpired();
      this.#compactWhenWorthIt();
      this.#scheduleSweep();
    });
  }

  #compactWhenWorthIt(): void {
    const isWorthIt = this.#durable.bytes > Math.max(COMPACT_FROM_BYTES, COMPACT_AT_RATIO * this.#liveBytes);
    if (!isWorthIt || this.#compaction !== undefined) return;
    this.#compaction = this.#compact()
      .catch((error: unknown) =>
        this.#log.warn({ error }, 'The log of documents could not be rewritten; it goes on growing.'),
      )
      .finally(() => {
        this.#compaction = undefined;
      });
  }

  /**
   * Appends what is alive once more, then lets go of everything before. Safe against writers meanwhile: a document is
   * read and appended in one step, so the log keeps the order in which memory changed.
   */
  async #compact(): Promise<void> {
    const lastOld = this.#durable.head;
    const keys = [...this.#kept.keys()];
    for (let start = 0; start < keys.length; start += COMPACT_BATCH) {
      const batch = keys.slice(start, start + COMPACT_BATCH).flatMap((key) => this.#kept.get(key)?.document ?? []);
      await Promise.all(batch.map((document) => this.#durable.append(encode(document))));
    }
    await this.#durable.release(lastOld);
  }
}

function keyOf(kind: string, id: string): string {
  return `${kind}\n${id}`;
}

function encode(document: Document): Uint8Array {
  const { kind, id, value, expiresAtMs } = document;
  return encodeLine({ k: kind, i: id, v: value, ...(expiresAtMs === undefined ? {} : { e: expiresAtMs }) });
}

function encodeLine(line: LogLine): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(line));
}

function decode(line: LogLine): Document {
  return { kind: line.k, id: line.i, value: line.v, ...(line.e === undefined ? {} : { expiresAtMs: line.e }) };
}
