/**
 * Id → slot, for a million ids: many small maps instead of one, because a map that grows is copied at once, and a large
 * one would keep everybody waiting for a tenth of a second.
 */

/** A power of two. */
const PARTS = 64;

export class IdMap {
  readonly #parts: (Map<string, number> | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: string): number | undefined {
    return this.#parts[partOf(id)]?.get(id);
  }

  has(id: string): boolean {
    return this.get(id) !== undefined;
  }

  set(id: string, slot: number): void {
    const at = partOf(id);
    const part = this.#parts[at] ?? new Map<string, number>();
    this.#parts[at] = part;
    const before = part.size;
    part.set(id, slot);
    this.#size += part.size - before;
  }

  delete(id: string): void {
    if (this.#parts[partOf(id)]?.delete(id)) this.#size -= 1;
  }
}

/** Ids of a fleet differ at their end. */
function partOf(id: string): number {
  const { length } = id;
  const sum = id.charCodeAt(length - 1) * 11 + id.charCodeAt(length - 2) * 5 + id.charCodeAt(length - 3);
  return sum & (PARTS - 1);
}
