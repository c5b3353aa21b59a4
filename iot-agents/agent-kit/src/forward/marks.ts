/**
 * High-water marks: up to which time each attribute of each entity may already stand in the broker. An attribute older
 * than its mark never goes to the broker again, so that the present does not move backwards (DESIGN 2.6). Marks rise
 * when a state is about to be sent, not when it was acked: a request in doubt may have been applied.
 */

import { attributeNames, attributeTimeMs, type State } from './state.js';

interface Mark {
  /** Of the attributes that came with the newest state. */
  timeMs: number;
  /** Of the others, by name. Empty for a device that always sends all it has. */
  readonly others: Map<string, number>;
  readonly newest: Set<string>;
}

/** As kept in the cursor file: key, time, attributes of that time, and the rest by name. */
export type SavedMark = readonly [
  key: string,
  timeMs: number,
  newest: readonly string[],
  others: readonly [string, number][],
];

/** Tenant and entity as one key. A tenant name has no slash (contract: `^[a-z0-9_]{1,50}$`). */
export function entityKey(tenant: string, entityId: string): string {
  return `${tenant}/${entityId}`;
}

export class Marks {
  readonly #marks = new Map<string, Mark>();

  get size(): number {
    return this.#marks.size;
  }

  /** Undefined when the attribute was never sent. */
  timeMs(key: string, attribute: string): number | undefined {
    const mark = this.#marks.get(key);
    if (mark === undefined) return undefined;
    return mark.newest.has(attribute) ? mark.timeMs : mark.others.get(attribute);
  }

  raise(key: string, state: State): void {
    if (state.isOneOff) return;
    const mark = this.#marks.get(key);
    const names = attributeNames(state.entity);
    if (names.length === 0) return;
    const isUniform = names.every((name) => attributeTimeMs(state.entity[name], state.timeMs) === state.timeMs);
    if (isUniform && (mark === undefined || state.timeMs >= mark.timeMs) && covers(names, mark)) {
      if (mark === undefined) this.#marks.set(key, { timeMs: state.timeMs, others: new Map(), newest: new Set(names) });
      else mark.timeMs = state.timeMs;
      return;
    }
    this.#raiseEach(key, state, names);
  }

  save(): SavedMark[] {
    return [...this.#marks].map(([key, mark]) => [key, mark.timeMs, [...mark.newest], [...mark.others]]);
  }

  load(saved: readonly SavedMark[]): void {
    for (const [key, timeMs, newest, others] of saved) {
      this.#marks.set(key, { timeMs, newest: new Set(newest), others: new Map(others) });
    }
  }

  /** The slow way, for a state with only some of the attributes or with several times. */
  #raiseEach(key: string, state: State, names: readonly string[]): void {
    const times = new Map<string, number>();
    const mark = this.#marks.get(key);
    for (const name of mark?.newest ?? []) times.set(name, mark?.timeMs ?? 0);
    for (const [name, timeMs] of mark?.others ?? []) times.set(name, timeMs);
    for (const name of names) {
      const timeMs = attributeTimeMs(state.entity[name], state.timeMs);
      times.set(name, Math.max(timeMs, times.get(name) ?? timeMs));
    }
    const newestMs = Math.max(...times.values());
    const newest = new Set([...times].filter(([, timeMs]) => timeMs === newestMs).map(([name]) => name));
    this.#marks.set(key, {
      timeMs: newestMs,
      newest,
      others: new Map([...times].filter(([name]) => !newest.has(name))),
    });
  }
}

/** True when a state of these attributes can move the whole mark at once. */
function covers(names: readonly string[], mark: Mark | undefined): boolean {
  if (mark === undefined) return true;
  return mark.newest.size === names.length && names.every((name) => mark.newest.has(name));
}
