/** One entity's states that wait, oldest first: a list that gives up any of its items without moving the others. */

import type { Telling } from './model.js';

export interface Entry extends Telling {
  /** Bytes in memory, roughly. */
  readonly size: number;
  /** Number of the dead letter that is sent again as this entry. */
  readonly letter?: number | undefined;
}

/** An entry and its place. Only the outbox makes entries, and all of them are items. */
export interface Item extends Entry {
  lane: Lane | undefined;
  /** The item before it in its lane, and the one after it. */
  ahead: Item | undefined;
  behind: Item | undefined;
  isTold: boolean;
}

export class Lane {
  readonly id: string;
  first: Item | undefined;
  last: Item | undefined;
  /** The first is on its way. */
  isBusy = false;
  /** Stands among those whose first could go. */
  isReady = false;

  constructor(id: string) {
    this.id = id;
  }

  /** The newest that is not on its way. */
  get newestWaiting(): Item | undefined {
    return this.isBusy && this.last === this.first ? undefined : this.last;
  }

  add(item: Item): void {
    this.#put(item, this.last);
  }

  /** As the next one to go: behind the one on its way, before all others. */
  addNext(item: Item): void {
    this.#put(item, this.isBusy ? this.first : undefined);
  }

  remove(item: Item): void {
    const { ahead, behind } = item;
    if (ahead === undefined) this.first = behind;
    else ahead.behind = behind;
    if (behind === undefined) this.last = ahead;
    else behind.ahead = ahead;
    item.lane = undefined;
    item.ahead = undefined;
    item.behind = undefined;
  }

  #put(item: Item, ahead: Item | undefined): void {
    const behind = ahead === undefined ? this.first : ahead.behind;
    item.lane = this;
    item.ahead = ahead;
    item.behind = behind;
    if (ahead === undefined) this.first = item;
    else ahead.behind = item;
    if (behind === undefined) this.last = item;
    else behind.ahead = item;
  }
}
