/**
 * High-water marks: up to which time each attribute of each entity may already stand in the broker. An attribute older
 * than its mark never goes to the broker again, so that the present does not move backwards (DESIGN 2.6). Marks rise
 * when a state is about to be sent, not when it was acked: a request in doubt may have been applied.
 */

import { attributeNames, attributeTimeMs, type State } from './state.js';

interface Mark {
  timeMs: number;
  /** The attributes that came with the newest state: they share its time. */
  readonly newest: Shape;
  /** Of the others, by name. Empty for a device that always sends all it has. */
  readonly others: ReadonlyMap<string, number>;
}

/** Attributes that come together. A thousand meters of one model share one shape, in memory and in the file. */
type Shape = ReadonlySet<string>;

export interface SavedMarks {
  readonly shapes: readonly (readonly string[])[];
  readonly marks: readonly (readonly [
    key: string,
    timeMs: number,
    shape: number,
    others?: readonly [string, number][],
  ])[];
}

export const NO_MARKS: SavedMarks = { shapes: [], marks: [] };

/** Tenant and entity as one key. A tenant name has no slash. */
export function entityKey(tenant: string, entityId: string): string {
  return `${tenant}/${entityId}`;
}

export class Marks {
  readonly #marks = new Map<string, Mark>();
  readonly #shapes = new Map<string, Shape>();

  /** Undefined when the attribute was never sent. */
  timeMs(key: string, attribute: string): number | undefined {
    const mark = this.#marks.get(key);
    if (mark === undefined) return undefined;
    return mark.newest.has(attribute) ? mark.timeMs : mark.others.get(attribute);
  }

  raise(key: string, state: State): void {
    const names = attributeNames(state.entity);
    if (state.isOneOff || names.length === 0) return;
    const mark = this.#marks.get(key);
    const shape = this.#shapeOf(names);
    const isUniform = names.every((name) => attributeTimeMs(state.entity[name], state.timeMs) === state.timeMs);
    if (isUniform && mark === undefined) this.#marks.set(key, { timeMs: state.timeMs, newest: shape, others: NOTHING });
    else if (isUniform && mark?.newest === shape) mark.timeMs = Math.max(mark.timeMs, state.timeMs);
    else this.#raiseEach(key, state, names);
  }

  save(): SavedMarks {
    const shapes = [...this.#shapes.values()];
    const indexes = new Map(shapes.map((shape, index) => [shape, index]));
    const marks = [...this.#marks].map(([key, { timeMs, newest, others }]): SavedMarks['marks'][number] => {
      const shape = indexes.get(newest) ?? 0;
      return others.size === 0 ? [key, timeMs, shape] : [key, timeMs, shape, [...others]];
    });
    return { shapes: shapes.map((shape) => [...shape]), marks };
  }

  load({ shapes, marks }: SavedMarks): void {
    const known = shapes.map((names) => this.#shapeOf(names));
    for (const [key, timeMs, shape, others = []] of marks) {
      this.#marks.set(key, { timeMs, newest: known[shape] ?? new Set(), others: new Map(others) });
    }
  }

  /** The slow way, for a state with only some of the attributes or with several times. */
  #raiseEach(key: string, state: State, names: readonly string[]): void {
    const mark = this.#marks.get(key);
    const times = new Map(mark?.others);
    for (const name of mark?.newest ?? []) times.set(name, mark?.timeMs ?? 0);
    for (const name of names) {
      const timeMs = attributeTimeMs(state.entity[name], state.timeMs);
      times.set(name, Math.max(timeMs, times.get(name) ?? timeMs));
    }
    const newestMs = Math.max(...times.values());
    const newest = this.#shapeOf([...times].filter(([, timeMs]) => timeMs === newestMs).map(([name]) => name));
    const others = new Map([...times].filter(([name]) => !newest.has(name)));
    this.#marks.set(key, { timeMs: newestMs, newest, others });
  }

  #shapeOf(names: readonly string[]): Shape {
    const key = names.join(' ');
    const known = this.#shapes.get(key);
    if (known !== undefined) return known;
    const shape = new Set(names);
    this.#shapes.set(key, shape);
    return shape;
  }
}

const NOTHING: ReadonlyMap<string, number> = new Map();
