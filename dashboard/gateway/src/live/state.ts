/**
 * The present, as the stream shows it: the newest state of each live entity, in the order in which they changed. A change
 * gets the next number of one counter, so "everything since number n" is the tail of the list.
 */

import type { NotifiedEntity } from '../notify/door.js';

/** A state as it goes out: its text is made once, however many see it. */
export class Change {
  readonly id: string;
  readonly type: string;
  /** The entity as the broker sent it, normalized; what it holds is the app's business. */
  readonly text: string;
  readonly counter: number;
  #targets: readonly string[] | undefined;

  constructor(entity: NotifiedEntity, text: string, counter: number) {
    this.id = entity.id;
    this.type = entity.type;
    this.text = text;
    this.counter = counter;
  }

  /** What stands in its relationships; a value of its own that looks like one may be among them. */
  get targets(): readonly string[] {
    this.#targets ??= targetsIn(this.text);
    return this.#targets;
  }
}

export interface StateListener {
  changed(change: Change): void;
  /** The broker has it no more. */
  gone(id: string, type: string): void;
}

/** What the page shows without asking: meters, totals, alarms, and which windows have arrived. */
export const LIVE_TYPES = [
  'ACMeasurement',
  'HeatMeasurement',
  'WaterConsumptionObserved',
  'GasMeasurement',
  'AggregatedReading',
  'Alert',
  'Acquisition',
] as const;

/** About 1.5 kB each. Far beyond one person's screen; a fleet larger than this is shown by query. */
const ENTITIES_LIMIT = 50_000;

export class LiveState {
  /** A Map keeps the order of insertion; a changed entity is taken out and put at the end. */
  readonly #changes = new Map<string, Change>();
  readonly #listeners: StateListener[] = [];
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

  follow(listener: StateListener): void {
    this.#listeners.push(listener);
  }

  get(id: string): Change | undefined {
    return this.#changes.get(id);
  }

  /** Newest word on an entity, straight from a notification. The same state again is no change. */
  apply(entity: NotifiedEntity): void {
    const { id } = entity;
    const before = this.#changes.get(id);
    if (before === undefined && this.#changes.size >= ENTITIES_LIMIT) {
      this.#dropped += 1;
      return;
    }
    const text = JSON.stringify(entity);
    if (before?.text === text) return;
    this.#counter += 1;
    const change = new Change(entity, text, this.#counter);
    this.#changes.delete(id);
    this.#changes.set(id, change);
    for (const listener of this.#listeners) listener.changed(change);
  }

  /**
   * What a query for a type found. `asOf` is the counter when it was asked: whatever changed since then is newer than the answer and
   * is left alone. What the query did not find is gone.
   */
  reconcile(type: string, found: readonly NotifiedEntity[], asOf: number): void {
    const ids = new Set(found.map(({ id }) => id));
    for (const [id, change] of this.#changes) {
      if (change.type !== type || ids.has(id) || change.counter > asOf) continue;
      this.#changes.delete(id);
      for (const listener of this.#listeners) listener.gone(id, type);
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

  /** In order, oldest first, at most `limit`, of the wanted types. */
  since(counter: number, limit: number, isWanted: (type: string) => boolean = () => true): readonly Change[] {
    const changes: Change[] = [];
    for (const change of this.#changes.values()) {
      if (change.counter <= counter || !isWanted(change.type)) continue;
      changes.push(change);
      if (changes.length === limit) break;
    }
    return changes;
  }
}

/** GS CIM 009, 4.5.3: one object, or several. The text is compact, so its words stand next to each other. */
const OBJECT = /"object":(?:"((?:[^"\\]|\\.)*)"|\[([^\]]*)\])/g;

function targetsIn(text: string): readonly string[] {
  const targets: string[] = [];
  for (const [, one, several] of text.matchAll(OBJECT)) {
    if (one !== undefined) targets.push(one);
    else targets.push(...[...(several ?? '').matchAll(/"([^"]*)"/g)].map(([, target = '']) => target));
  }
  return targets;
}
