/**
 * The present, as the stream shows it: the newest state of each live entity, in the order in which they changed. A change
 * gets the next number of one counter, so "everything since number n" is the tail of the list.
 */

/** An entity as the broker sends it, normalized; what it holds is the app's business. */
export interface LiveEntity {
  readonly id: string;
  readonly type: string;
  readonly [attribute: string]: unknown;
}

export interface Change {
  readonly entity: LiveEntity;
  readonly counter: number;
}

/** What the page shows without asking: meters, totals, alarms, and which windows have arrived. */
export const LIVE_TYPES = ['ACMeasurement', 'AggregatedReading', 'Alert', 'Acquisition'] as const;

/** About 1.5 kB each. Far beyond one person's screen; a fleet larger than this is shown by query. */
const ENTITIES_LIMIT = 50_000;

export class LiveState {
  /** A Map keeps the order of insertion; a changed entity is taken out and put at the end. */
  readonly #changes = new Map<string, Change>();
  readonly #listeners: ((change: Change) => void)[] = [];
  readonly #firstCounter: number;
  #counter: number;
  #dropped = 0;

  /**
   * The counter starts at the clock's microseconds, so that numbers of an earlier process are always smaller and a browser
   * that reconnects after our restart gets everything.
   */
  constructor(nowMs: number) {
    this.#firstCounter = nowMs * 1000;
    this.#counter = this.#firstCounter;
  }

  get size(): number {
    return this.#changes.size;
  }

  get counter(): number {
    return this.#counter;
  }

  /** Entities that found no room. */
  get dropped(): number {
    return this.#dropped;
  }

  onChange(listener: (change: Change) => void): void {
    this.#listeners.push(listener);
  }

  /** Newest word on an entity, straight from a notification. The same state again is no change. */
  apply(entity: LiveEntity): void {
    const before = this.#changes.get(entity.id);
    if (before === undefined && this.#changes.size >= ENTITIES_LIMIT) {
      this.#dropped += 1;
      return;
    }
    if (before !== undefined && JSON.stringify(before.entity) === JSON.stringify(entity)) return;
    this.#counter += 1;
    const change = { entity, counter: this.#counter };
    this.#changes.delete(entity.id);
    this.#changes.set(entity.id, change);
    for (const listener of this.#listeners) listener(change);
  }

  /**
   * What a query for a type found. `asOf` is the counter when it was asked: whatever changed since then is newer than the answer and
   * is left alone. What the query did not find is gone.
   */
  reconcile(type: string, found: readonly LiveEntity[], asOf: number): void {
    const ids = new Set(found.map(({ id }) => id));
    for (const [id, { entity, counter }] of this.#changes) {
      if (entity.type === type && !ids.has(id) && counter <= asOf) this.#changes.delete(id);
    }
    for (const entity of found) {
      const known = this.#changes.get(entity.id);
      if (known === undefined || known.counter <= asOf) this.apply(entity);
    }
  }

  /** A number we gave, in this process. */
  hasGiven(counter: number): boolean {
    return counter >= this.#firstCounter && counter <= this.#counter;
  }

  /** In order, oldest first, at most `limit`. */
  since(counter: number, limit: number): readonly Change[] {
    const changes: Change[] = [];
    for (const change of this.#changes.values()) {
      if (change.counter <= counter) continue;
      changes.push(change);
      if (changes.length === limit) break;
    }
    return changes;
  }
}
