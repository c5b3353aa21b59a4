/**
 * One subscription's outbox: which entity states still have to be told, in which order. A lane per entity keeps its
 * states in order; a parcel takes at most the first state of each idle lane, so two states of one entity are never in
 * one notification, and never in two notifications at the same time. Pure data: no clock, no disk, no HTTP.
 */

import { sizeOf } from '../entity/model.js';
import { Fifo } from './fifo.js';
import { type Entry, type Item, Lane } from './lane.js';
import type { Telling } from './model.js';

export type { Entry } from './lane.js';

/** Entries on their way together, and their lanes closed behind them. */
export interface Parcel {
  readonly entries: readonly Entry[];
}

/**
 * `all`: every state is told, which is what history needs. `latest`: a state that still waits gives way to a newer one of
 * the same entity, so that the outbox never holds more than the entities there are, which is what a live page needs.
 */
export type Keeping = 'all' | 'latest';

/** Everything up to `cursor` was told, and everything up to `horizon` that is not among the holes. */
export interface Progress {
  readonly cursor: number;
  readonly horizon: number;
  readonly holes: Iterable<number>;
}

/** What an earlier life knew. */
export interface Resume {
  readonly cursor: number;
  readonly horizon: number;
  readonly holes: ReadonlySet<number>;
  /** Told, or in the dead letters, though beyond the horizon. */
  readonly told: ReadonlySet<number>;
  /** On their way when it ended: they go again together, and no newer state takes their place. */
  readonly claimed: ReadonlySet<number>;
}

const FRESH: Resume = { cursor: 0, horizon: 0, holes: new Set(), told: new Set(), claimed: new Set() };
/** Told entries may stand in the middle of the order until they are so many, and more than half. */
const MOST_TOLD_IN_ORDER = 1_024;

export function weightOf({ entity, previous }: Telling): number {
  return sizeOf(entity) + (previous === undefined ? 0 : sizeOf(previous));
}

export class Outbox {
  readonly #lanes = new Map<string, Lane>();
  /** May hold lanes that have become busy or empty since; `isReady` says which are meant. */
  readonly #ready = new Fifo<Lane>();
  #readyCount = 0;
  /** All entries in log order with those already told marked: the cursor is where the marks stop. */
  readonly #order = new Fifo<Item>();
  #toldInOrder = 0;
  #letters: { readonly items: readonly Item[]; waiting: number } | undefined;
  #resume: Resume | undefined;
  readonly #claims = new Map<number, Item>();
  #length = 0;
  #bytes = 0;
  #cursor: number;
  #newest: number;
  #horizon: number;

  constructor(resume: Resume | number = FRESH) {
    this.#resume = typeof resume === 'number' ? { ...FRESH, cursor: resume } : resume;
    this.#cursor = this.#resume.cursor;
    this.#newest = this.#cursor;
    this.#horizon = Math.max(this.#cursor, this.#resume.horizon);
  }

  /** Everything up to this position has been acknowledged. */
  get cursor(): number {
    return this.#cursor;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get length(): number {
    return this.#length;
  }

  /** Lanes whose first entry could go now. */
  get ready(): number {
    return this.#readyCount;
  }

  /** The newest position that ever came in. */
  get newest(): number {
    return this.#newest;
  }

  get oldest(): Entry | undefined {
    return this.#order.first;
  }

  get hasLetters(): boolean {
    return this.#letters !== undefined;
  }

  /** How many states of an entity wait, and whether one of them is on its way. */
  of(entityId: string): { readonly waiting: number; readonly isOnItsWay: boolean } {
    const lane = this.#lanes.get(entityId);
    let waiting = 0;
    for (let item = lane?.first; item !== undefined; item = item.behind) waiting += 1;
    return { waiting, isOnItsWay: lane?.isBusy ?? false };
  }

  push(telling: Telling, keeping: Keeping = 'all', size = weightOf(telling)): void {
    const { position } = telling;
    if (position <= this.#cursor) return;
    if (position > this.#newest) this.#newest = position;
    if (this.#wasTold(position)) {
      this.#advance();
      return;
    }
    const item = newItem(telling, size);
    this.#order.push(item);
    this.#length += 1;
    this.#bytes += size;
    if (this.#resume?.claimed.has(position)) this.#claims.set(position, item);
    const lane = this.#lanes.get(item.entity.id);
    if (lane === undefined) {
      const opened = this.#openLane(item.entity.id);
      opened.add(item);
      this.#makeReady(opened);
      return;
    }
    const waiting = keeping === 'latest' ? lane.newestWaiting : undefined;
    lane.add(item);
    if (waiting === undefined || waiting.letter !== undefined || this.#claims.has(waiting.position)) return;
    lane.remove(waiting);
    this.#tell(waiting);
    this.#advance();
  }

  take(maxEntries: number, maxBytes: number): Parcel | undefined {
    const entries: Item[] = [];
    let bytes = 0;
    for (let lane = this.#ready.first; lane !== undefined && entries.length < maxEntries; lane = this.#ready.first) {
      const item = lane.isReady ? lane.first : undefined;
      if (item !== undefined && entries.length > 0 && bytes + item.size > maxBytes) break;
      this.#ready.shift();
      if (item === undefined) continue;
      this.#close(lane);
      bytes += item.size;
      entries.push(item);
    }
    return entries.length === 0 ? undefined : { entries };
  }

  /** The subscriber has them, or the dead letters have: the lanes open again, the cursor moves as far as it can. */
  acknowledge({ entries }: Parcel): void {
    for (const item of entries as readonly Item[]) {
      const { lane } = item;
      if (item.isTold) continue;
      this.#tell(item);
      if (lane === undefined) continue;
      lane.remove(item);
      lane.isBusy = false;
      this.#openNext(lane);
    }
    this.#advance();
  }

  /** What was on its way together when the last life ended; undefined when it cannot go in the same way again. */
  claim(positions: readonly number[]): Parcel | undefined {
    const entries = positions.flatMap((position) => this.#claims.get(position) ?? []);
    const canGo = ({ lane, ahead, isTold }: Item): boolean =>
      lane !== undefined && !lane.isBusy && ahead === undefined && !isTold;
    const lanes = new Set(entries.map(({ lane }) => lane));
    if (entries.length < positions.length || lanes.size < entries.length || !entries.every(canGo)) return undefined;
    for (const { lane } of entries) if (lane !== undefined) this.#close(lane);
    return { entries };
  }

  /** What an earlier life knew has been heeded: all that comes from now on is new. */
  resumed(): void {
    this.#resume = undefined;
    this.#claims.clear();
  }

  /** Takes out the oldest entries that are not on their way. They count as waiting until they are acknowledged. */
  spill(maxEntries: number, maxBytes: number): readonly Entry[] {
    const spilled: Item[] = [];
    let bytes = 0;
    for (const item of this.#order) {
      if (spilled.length >= maxEntries || bytes >= maxBytes) break;
      const { lane } = item;
      if (item.isTold || lane === undefined || (lane.isBusy && lane.first === item)) continue;
      lane.remove(item);
      if (lane.first === undefined) this.#drop(lane);
      bytes += item.size;
      spilled.push(item);
    }
    return spilled;
  }

  /** There was no room for them elsewhere: they wait again, before all others of their entities. */
  unspill(entries: readonly Entry[]): void {
    for (const item of [...(entries as readonly Item[])].reverse()) {
      if (item.isTold) continue;
      const lane = this.#lanes.get(item.entity.id) ?? this.#openLane(item.entity.id);
      lane.addNext(item);
      if (!lane.isBusy) this.#makeReady(lane);
    }
  }

  /** Dead letters that are sent again, one of an entity at most: each goes before what waits for the same entity. */
  pushLetters(letters: readonly { readonly telling: Telling; readonly letter: number }[]): void {
    const items = letters.map(({ telling, letter }) => newItem(telling, weightOf(telling), letter));
    const parcel = { items, waiting: items.length };
    this.#letters = parcel;
    for (const item of items) {
      this.#length += 1;
      this.#bytes += item.size;
      const lane = this.#lanes.get(item.entity.id) ?? this.#openLane(item.entity.id);
      lane.addNext(item);
      if (lane.isBusy) continue;
      this.#close(lane);
      parcel.waiting -= 1;
    }
  }

  /** The letters, when nothing else of their entities is on its way. */
  takeLetters(): Parcel | undefined {
    if (this.#letters === undefined || this.#letters.waiting > 0) return undefined;
    const { items } = this.#letters;
    this.#letters = undefined;
    return { entries: items };
  }

  /** What has not been acknowledged, in log order; dead letters have their own place on disk. */
  pending(): readonly Entry[] {
    return [...this.#order].filter(({ isTold }) => !isTold);
  }

  /** Without holes when they are more than `mostHoles`: then a crash repeats what was told beyond the cursor. */
  progress(mostHoles: number): Progress {
    const holes: number[] = [];
    for (const { position, isTold } of this.#order) {
      if (position > this.#horizon) break;
      if (!isTold) holes.push(position);
      if (holes.length > mostHoles) return { cursor: this.#cursor, horizon: this.#cursor, holes: [] };
    }
    return { cursor: this.#cursor, horizon: Math.max(this.#horizon, this.#cursor), holes };
  }

  #wasTold(position: number): boolean {
    const resume = this.#resume;
    if (resume === undefined) return false;
    return resume.told.has(position) || (position <= resume.horizon && !resume.holes.has(position));
  }

  #openLane(id: string): Lane {
    const lane = new Lane(id);
    this.#lanes.set(id, lane);
    return lane;
  }

  #makeReady(lane: Lane): void {
    if (lane.isReady) return;
    lane.isReady = true;
    this.#readyCount += 1;
    this.#ready.push(lane);
  }

  #close(lane: Lane): void {
    lane.isBusy = true;
    if (!lane.isReady) return;
    lane.isReady = false;
    this.#readyCount -= 1;
  }

  #openNext(lane: Lane): void {
    if (lane.first === undefined) this.#drop(lane);
    else if (lane.first.letter === undefined || this.#letters === undefined) this.#makeReady(lane);
    else {
      this.#close(lane);
      this.#letters.waiting -= 1;
    }
  }

  #drop(lane: Lane): void {
    if (lane.isReady) this.#readyCount -= 1;
    lane.isReady = false;
    this.#lanes.delete(lane.id);
  }

  #tell(item: Item): void {
    item.isTold = true;
    this.#length -= 1;
    this.#bytes -= item.size;
    if (item.letter !== undefined) return;
    this.#toldInOrder += 1;
    if (item.position > this.#horizon) this.#horizon = item.position;
  }

  #advance(): void {
    while (this.#order.first?.isTold) {
      this.#order.shift();
      this.#toldInOrder -= 1;
    }
    if (this.#toldInOrder > MOST_TOLD_IN_ORDER && this.#toldInOrder * 2 > this.#order.length) {
      this.#order.keep(({ isTold }) => !isTold);
      this.#toldInOrder = 0;
    }
    const { first } = this.#order;
    this.#cursor = Math.max(this.#cursor, first === undefined ? this.#newest : first.position - 1);
  }
}

function newItem(telling: Telling, size: number, letter?: number): Item {
  const { position, atMs, reason, entity, previous } = telling;
  return {
    position,
    atMs,
    reason,
    entity,
    previous,
    size,
    letter,
    lane: undefined,
    ahead: undefined,
    behind: undefined,
    isTold: false,
  };
}
