/**
 * What is due when: entries ordered by an instant, for fleets of some hundred thousand. A binary heap, so that the next one is at
 * hand and putting one back costs some twenty comparisons.
 */

export interface Entry {
  readonly dueMs: number;
}

export class Agenda<E extends Entry> {
  /** Children of `at` are at `2 at + 1` and `2 at + 2`, and never due before it. */
  #heap: E[] = [];

  get size(): number {
    return this.#heap.length;
  }

  get next(): E | undefined {
    return this.#heap[0];
  }

  put(entry: E): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt];
      if (parent === undefined || parent.dueMs <= entry.dueMs) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = entry;
  }

  /** The next one when it is due by then. */
  take(byMs: number): E | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.dueMs > byMs) return undefined;
    const last = this.#heap.pop();
    if (last !== undefined && last !== first) this.#sink(last);
    return first;
  }

  /** Everything out, in no order: to be put in anew. */
  drain(): readonly E[] {
    const all = this.#heap;
    this.#heap = [];
    return all;
  }

  #sink(entry: E): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      const earlier = (heap[right]?.dueMs ?? Number.POSITIVE_INFINITY) < (heap[left]?.dueMs ?? 0) ? right : left;
      const child = heap[earlier];
      if (child === undefined || child.dueMs >= entry.dueMs) break;
      heap[at] = child;
      at = earlier;
    }
    heap[at] = entry;
  }
}
