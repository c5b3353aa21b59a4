/**
 * Entities that an agent itself has to say (what it exchanged with devices, alerts, jobs), on their way to broker and history. `put`
 * never waits and never fails: what is told here must not hold up a reading. On disk a moment later, delivered in order, again and
 * again while a peer is away; bounded, and when it is full its oldest entries make room, counted and logged.
 */

import { join } from 'node:path';
import {
  type Clock,
  ContorError,
  type Disk,
  type DurableLog,
  LogFullError,
  type Logger,
  openDurableLog,
  type Random,
} from '@contor/kit';
import { type CursorFile, openCursorFile } from './forward/cursor.js';
import { deliverBatch, deliverQueues, type Parcel, type Post } from './forward/deliver.js';
import { LaneLoop } from './forward/lane-loop.js';
import { type BrokerPort, type HistoryPort, MOST_ENTITIES } from './forward/ports.js';
import type { Entity } from './forward/state.js';
import { groupBy } from './group-by.js';

export interface OutboxEntry {
  /** `history`: rows. `broker`: the present, and what subscriptions make of it. */
  readonly to: 'broker' | 'history';
  readonly tenant: string;
  readonly entity: Entity;
}

export interface OutboxOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly directory: string;
  readonly maxBytes: number;
  readonly broker: BrokerPort;
  readonly history: HistoryPort;
  readonly onFatal: (error: Error) => void;
}

export interface OutboxFigures {
  readonly untold: number;
  /** Made room, were refused by a peer for what they are, or found no room on disk; since the start. */
  readonly untoldGivenUp: number;
}

export interface Outbox {
  readonly figures: OutboxFigures;
  put(entry: OutboxEntry): void;
  start(): void;
  /** What was put is on disk when it resolves. */
  stop(): Promise<void>;
}

const VERSION = 1;
/** Room is made in steps of a segment. */
const SEGMENTS = 8;
/** Appends under way at once: beyond it the disk is not keeping up, and what is told here is the first that may go. */
const MOST_APPENDING = 10_000;
/** An entry is a row of a log, not a document. */
const LONGEST_ENTRY = 64 * 1024;

export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const { disk, directory, maxBytes, log } = options;
  const segmentBytes = Math.ceil(maxBytes / SEGMENTS);
  const file = await openDurableLog({ ...options, kind: 'outbox', version: VERSION, segmentBytes });
  const cursor = openCursorFile<object>(disk, join(directory, 'cursor'), log);
  const saved = await cursor.read();
  return new DurableOutbox(options, file, cursor, Math.min(file.head, Math.max(saved?.sequence ?? 0, file.tail - 1)));
}

class DurableOutbox implements Outbox {
  readonly #options: OutboxOptions;
  readonly #file: DurableLog;
  readonly #cursor: CursorFile<object>;
  readonly #loop: LaneLoop;
  readonly #appending = new Set<Promise<void>>();
  #done: number;
  #givenUp = 0;

  constructor(options: OutboxOptions, file: DurableLog, cursor: CursorFile<object>, done: number) {
    this.#options = options;
    this.#file = file;
    this.#cursor = cursor;
    this.#done = done;
    this.#loop = new LaneLoop({ ...options, name: 'outbox', step: () => this.#deliver() });
  }

  get figures(): OutboxFigures {
    return { untold: this.#file.head - this.#done, untoldGivenUp: this.#givenUp };
  }

  put(entry: OutboxEntry): void {
    const payload = new TextEncoder().encode(JSON.stringify(entry));
    if (this.#appending.size >= MOST_APPENDING || payload.length > LONGEST_ENTRY) {
      this.#giveUp(1, 'Something an agent had to tell could not be kept.');
      return;
    }
    const appended = this.#append(payload).finally(() => this.#appending.delete(appended));
    this.#appending.add(appended);
  }

  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#appending);
    await this.#loop.stop();
    await this.#file.close();
  }

  async #append(payload: Uint8Array): Promise<void> {
    try {
      for (;;) {
        try {
          await this.#file.append(payload);
          break;
        } catch (error) {
          if (!(error instanceof LogFullError) || !(await this.#makeRoom())) throw error;
        }
      }
      this.#loop.ring();
    } catch (error) {
      // A full disk, or a log that has stopped and has said so: readings come first, and this is not one.
      if (!(error instanceof ContorError)) throw error;
      this.#giveUp(1, 'Something an agent had to tell could not be kept.');
    }
  }

  async #makeRoom(): Promise<boolean> {
    const before = this.#file.tail;
    const step = Math.max(1, Math.ceil((this.#file.head - before + 1) / SEGMENTS));
    for (let upTo = before + step; upTo < this.#file.head && this.#file.tail === before; upTo += step)
      await this.#file.release(upTo);
    const untold = Math.max(0, this.#file.tail - 1 - Math.max(before - 1, this.#done));
    this.#done = Math.max(this.#done, this.#file.tail - 1);
    if (untold > 0) this.#giveUp(untold, 'The outbox is full: its oldest entries made room.');
    return this.#file.tail > before;
  }

  #giveUp(count: number, sentence: string): void {
    this.#givenUp += count;
    // The first, and then one line in a thousand.
    if (this.#givenUp % 1_000 < count) this.#options.log.error({ givenUp: this.#givenUp }, sentence);
  }

  async #deliver(): Promise<boolean> {
    if (this.#done >= this.#file.head) return false;
    const entries: OutboxEntry[] = [];
    let through = this.#done;
    for await (const { sequence, payload } of this.#file.read(this.#done + 1)) {
      entries.push(JSON.parse(new TextDecoder().decode(payload)) as OutboxEntry);
      through = sequence;
      if (entries.length >= MOST_ENTITIES) break;
    }
    for (const group of groupBy(entries, ({ to, tenant }) => `${to} ${tenant}`).values()) await this.#tell(group);
    // Nothing was appended where the log was damaged: then its end is the end of what can be told.
    this.#done = Math.max(this.#done, entries.length === 0 ? this.#file.head : through);
    await this.#cursor.write({ sequence: this.#done, memory: {} });
    await this.#file.release(this.#done);
    return true;
  }

  /** History takes several states of an entity at once; the broker one after the other. */
  async #tell(entries: readonly OutboxEntry[]): Promise<void> {
    const [first] = entries;
    if (first === undefined) return;
    const { broker, history, log } = this.#options;
    const outcome = {
      delivered: () => undefined,
      refused: async ({ entity }: Parcel, reason: string) => {
        log.warn({ entity: entity.id, reason }, 'A peer does not take what the agent tells.');
        this.#giveUp(1, 'A peer does not take what the agent tells.');
      },
    };
    if (first.to === 'history') {
      const post: Post = (tenant, entities) => history.append(tenant, entities);
      return deliverBatch(first.tenant, entries, post, outcome);
    }
    const post: Post = (tenant, entities) => broker.upsert(tenant, entities);
    return deliverQueues(first.tenant, [...groupBy(entries, ({ entity }) => entity.id).values()], post, outcome);
  }
}
