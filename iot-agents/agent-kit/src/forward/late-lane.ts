/**
 * The late lane: empties the late ingest log into history, and tells the broker about stored intervals by Acquisition
 * entities. Two loops, because the two peers are away at different times: rows never wait for the broker, and an
 * announcement is made only after its rows are durable in history.
 */

import type { Clock, Disk, Logger, Random } from '@contor/kit';
import { groupBy } from '../group-by.js';
import type { IngestLog } from '../ingest/ingest-log.js';
import type { Shelf } from '../shelf.js';
import { AcquisitionBook, type Announcement, type SavedPage } from './acquisition-book.js';
import { type CursorFile, openCursorFile, resumeAfter } from './cursor.js';
import { deliverBatch, deliverQueues, runSome } from './deliver.js';
import { type LaneFigures, LaneLoop } from './lane-loop.js';
import { type BrokerPort, type HistoryPort, MOST_ENTITIES } from './ports.js';
import { putDeadLetter, putRefusals, translateSafely } from './refusals.js';
import type { AcquiredIntervals, Entity, Translator } from './state.js';

export interface LateLaneOptions {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly random: Random;
  readonly log: Logger;
  readonly cursorPath: string;
  readonly late: IngestLog;
  readonly translator: Translator;
  readonly broker: BrokerPort;
  readonly history: HistoryPort;
  readonly deadLetters: Shelf;
  readonly quarantine: Shelf;
  readonly onFatal: (error: Error) => void;
}

export interface LateLane {
  readonly figures: LaneFigures & { readonly unannounced: number };
  start(): void;
  stop(): Promise<void>;
}

/** Read at once; the rows they make are what fills memory, see MOST_ROWS. */
const WINDOW = { records: 200, bytes: 1024 * 1024 } as const;
/** Rows made before they are sent: about 8 MB as objects. */
const MOST_ROWS = 4_000;
/** Batches in flight: history merges rows by key, so their order does not matter. */
const IN_FLIGHT = 2;

interface Memory {
  readonly pages: readonly SavedPage[];
}

interface Row {
  readonly tenant: string;
  readonly entity: Entity;
}

interface Entry {
  readonly tenant: string;
  readonly acquired: AcquiredIntervals;
  readonly receivedAtMs: number;
}

export async function openLateLane(options: LateLaneOptions): Promise<LateLane> {
  const cursor = openCursorFile<Memory>(options.disk, options.cursorPath, options.log);
  const saved = await cursor.read();
  return new Lane(options, cursor, resumeAfter(saved, options.late, options.log), saved?.memory.pages ?? []);
}

class Lane implements LateLane {
  readonly #options: LateLaneOptions;
  readonly #cursor: CursorFile<Memory>;
  readonly #book = new AcquisitionBook();
  readonly #rows: LaneLoop;
  readonly #announcements: LaneLoop;
  #done: number;
  #forwarded = 0;
  #saving: Promise<void> = Promise.resolve();

  constructor(options: LateLaneOptions, cursor: CursorFile<Memory>, done: number, pages: readonly SavedPage[]) {
    this.#options = options;
    this.#cursor = cursor;
    this.#done = done;
    this.#book.load(pages);
    this.#rows = new LaneLoop({ ...options, name: 'late', step: () => this.#storeRows() });
    this.#announcements = new LaneLoop({ ...options, name: 'announcements', step: () => this.#announce() });
    options.late.onStored(() => this.#rows.ring());
  }

  get figures() {
    return {
      forwarded: this.#forwarded,
      lag: this.#options.late.head - this.#done,
      failures: Math.max(this.#rows.failures, this.#announcements.failures),
      unannounced: this.#book.pendingCount,
    };
  }

  start(): void {
    this.#rows.start();
    this.#announcements.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#rows.stop(), this.#announcements.stop()]);
    await this.#save();
  }

  async #storeRows(): Promise<boolean> {
    const { late } = this.#options;
    if (this.#done >= late.head) return false;
    const { rows, entries, lastSequence } = await this.#read();
    for (const [tenant, group] of groupBy(rows, (row) => row.tenant)) await this.#append(tenant, group);
    for (const { tenant, acquired, receivedAtMs } of entries) this.#book.enter(tenant, acquired, receivedAtMs);
    this.#done = lastSequence;
    await this.#save();
    await late.release(this.#done);
    if (entries.length > 0) this.#announcements.ring();
    return true;
  }

  async #read(): Promise<{ rows: readonly Row[]; entries: readonly Entry[]; lastSequence: number }> {
    const { late, translator, log } = this.#options;
    const rows: Row[] = [];
    const entries: Entry[] = [];
    let lastSequence = this.#done;
    for (const { sequence, record } of await late.readFrom(this.#done + 1, WINDOW)) {
      if (rows.length >= MOST_ROWS) break;
      lastSequence = sequence;
      if (record === undefined) {
        log.error({ sequence }, 'The ingest log holds a record that is not ours: stepped over.');
        continue;
      }
      const { tenant, receivedAtMs } = record;
      const { states, acquired, refusals } = translateSafely((one) => translator.late(one), record, log);
      for (const { entity } of states) rows.push({ tenant, entity });
      for (const intervals of acquired) entries.push({ tenant, acquired: intervals, receivedAtMs });
      await putRefusals(refusals, record, this.#options);
    }
    return { rows, entries, lastSequence };
  }

  async #append(tenant: string, rows: readonly Row[]): Promise<void> {
    const batches: (readonly Row[])[] = [];
    for (let at = 0; at < rows.length; at += MOST_ENTITIES) batches.push(rows.slice(at, at + MOST_ENTITIES));
    const post = (name: string, entities: readonly Entity[]) => this.#options.history.append(name, entities);
    await runSome(batches, IN_FLIGHT, (batch) =>
      deliverBatch(tenant, batch, post, {
        delivered: () => {
          this.#forwarded += 1;
        },
        refused: (row, reason) => putDeadLetter(tenant, row.entity, `history: ${reason}`, this.#options),
      }),
    );
  }

  async #announce(): Promise<boolean> {
    const pending = this.#book.pending();
    if (pending.length === 0) return false;
    const tenants = groupBy(pending, (announcement) => announcement.tenant);
    for (const [tenant, announcements] of tenants) await this.#tellBroker(tenant, announcements);
    await this.#save();
    return true;
  }

  async #tellBroker(tenant: string, announcements: readonly Announcement[]): Promise<void> {
    const queues = announcements.map((announcement) => [announcement]);
    await deliverQueues(tenant, queues, (name, entities) => this.#options.broker.upsert(name, entities), {
      delivered: (announcement) => this.#book.announced(announcement),
      refused: async (announcement, reason) => {
        await putDeadLetter(tenant, announcement.entity, `broker: ${reason}`, this.#options);
        this.#book.announced(announcement);
      },
    });
  }

  /** Two loops save: one after the other, each with what holds when its turn comes. */
  #save(): Promise<void> {
    const write = () => this.#cursor.write({ sequence: this.#done, memory: { pages: this.#book.save() } });
    this.#saving = this.#saving.then(write, write);
    return this.#saving;
  }
}
