/**
 * One subscription's outbox: which entity states still have to be told, in which order. A lane per entity keeps its
 * states in order; a parcel takes at most the first state of each idle lane, so two states of one entity are never in
 * one notification, and never in two notifications at the same time. Pure data: no clock, no disk, no HTTP.
 */

import { sizeOf } from '../entity/model.js';
import type { Telling } from './model.js';

export interface Entry extends Telling {
  readonly size: number;
}

/** Entries on their way together, and their lanes closed behind them. */
export interface Parcel {
  readonly entries: readonly Entry[];
}

interface Lane {
  readonly entries: Entry[];
  isBusy: boolean;
}

interface Mark {
  readonly entry: Entry;
  isTold: boolean;
}

/**
 * `all`: every state is told, which is what history needs. `latest`: a state that still waits gives way to a newer one of
 * the same entity, so that the outbox never holds more than the entities there are, which is what a live page needs.
 */
export type Keeping = 'all' | 'latest';

export class Outbox {
  readonly #lanes = new Map<string, Lane>();
  readonly #ready = new Fifo<Lane>();
  /** All entries in log order with those already told marked: the cursor is where the marks stop. */
  readonly #order = new Fifo<Mark>();
  readonly #orderOf = new Map<Entry, Mark>();
  #bytes = 0;
  #cursor: number;

  /** Entries up to `cursor` were acknowledged in an earlier life. */
  constructor(cursor = 0) {
    this.#cursor = cursor;
  }

  /** Everything up to this position has been acknowledged. */
  get cursor(): number {
    return this.#cursor;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get length(): number {
    return this.#orderOf.size;
  }

  /** Lanes whose first entry could go now. */
  get ready(): number {
    return this.#ready.length;
  }

  /** When the oldest entry that waits was changed. */
  get oldestAtMs(): number | undefined {
    return this.#order.first?.entry.atMs;
  }

  push(telling: Telling, keeping: Keeping = 'all'): void {
    const { position, atMs, reason, entity, previous } = telling;
    if (position <= this.#cursor) return;
    const size = sizeOf(entity) + (previous === undefined ? 0 : sizeOf(previous));
    const entry: Entry = { position, atMs, reason, entity, previous, size };
    const mark = { entry, isTold: false };
    this.#order.push(mark);
    this.#orderOf.set(entry, mark);
    this.#bytes += entry.size;
    const lane = this.#lanes.get(entity.id);
    if (lane === undefined) {
      const opened: Lane = { entries: [entry], isBusy: false };
      this.#lanes.set(entity.id, opened);
      this.#ready.push(opened);
      return;
    }
    const waiting = lane.entries.length > (lane.isBusy ? 1 : 0) ? lane.entries.at(-1) : undefined;
    if (keeping === 'latest' && waiting !== undefined) {
      this.#forget(waiting);
      lane.entries.pop();
    }
    lane.entries.push(entry);
  }

  take(maxEntries: number, maxBytes: number): Parcel | undefined {
    const entries: Entry[] = [];
    let bytes = 0;
    for (let lane = this.#ready.first; lane !== undefined && entries.length < maxEntries; lane = this.#ready.first) {
      const entry = lane.entries[0];
      if (entry === undefined) break;
      if (entries.length > 0 && bytes + entry.size > maxBytes) break;
      this.#ready.shift();
      lane.isBusy = true;
      bytes += entry.size;
      entries.push(entry);
    }
    return entries.length === 0 ? undefined : { entries };
  }

  /** The subscriber has them: the lanes open again, the cursor moves as far as it can. */
  acknowledge({ entries }: Parcel): void {
    for (const entry of entries) {
      const lane = this.#lanes.get(entry.entity.id);
      if (lane === undefined) continue;
      this.#forget(entry);
      lane.entries.shift();
      lane.isBusy = false;
      if (lane.entries.length > 0) this.#ready.push(lane);
      else this.#lanes.delete(entry.entity.id);
    }
    for (let mark = this.#order.first; mark?.isTold; mark = this.#order.first) {
      this.#cursor = mark.entry.position;
      this.#order.shift();
    }
  }

  #forget(entry: Entry): void {
    const mark = this.#orderOf.get(entry);
    if (mark === undefined) return;
    mark.isTold = true;
    this.#orderOf.delete(entry);
    this.#bytes -= entry.size;
  }

  /** What has not been acknowledged, in log order. */
  pending(): readonly Entry[] {
    return [...this.#orderOf.keys()];
  }
}

/** A queue whose shift does not move the others; the room in front is given back when it is half of the array. */
class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get first(): T | undefined {
    return this.#items[this.#head];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): void {
    if (this.length === 0) return;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }
}
