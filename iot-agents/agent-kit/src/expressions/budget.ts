/** What an evaluation may use: steps, texts and lists of a bounded size. Whoever wrote the expression, it ends soon. */

/** Thrown inside an evaluation only, and caught where it began. */
export class OverBudget extends Error {
  override readonly name = 'OverBudget';
}

/** A measure with a hundred expressions of fifty steps each takes a tenth of this; at most some milliseconds. */
export const MOST_STEPS = 50_000;
export const LONGEST_TEXT = 16_384;
export const MOST_ELEMENTS = 1_000;
/** Objects within objects, of a result. */
const DEEPEST = 20;
/** Characters or elements that cost as much as one step of arithmetic. */
const PER_STEP = 64;

export class Budget {
  #left = MOST_STEPS;

  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new OverBudget('it takes too many steps');
  }

  /** Paid before it is made: `length` is what it will have at most. */
  room(length: number, most: number): void {
    if (length > most) throw new OverBudget('a text or list becomes too long');
    this.spend(1 + Math.floor(length / PER_STEP));
  }

  text(value: string): string {
    this.room(value.length, LONGEST_TEXT);
    return value;
  }

  list<T>(value: readonly T[]): readonly T[] {
    this.room(value.length, MOST_ELEMENTS);
    return value;
  }

  /** A result as a whole, before it leaves. */
  whole(value: unknown, depth = 0): void {
    if (typeof value === 'string') this.text(value);
    else if (typeof value === 'object' && value !== null) {
      if (depth > DEEPEST) throw new OverBudget('objects stand too deep in one another');
      const members = Array.isArray(value) ? this.list(value) : Object.values(value);
      this.room(members.length, MOST_ELEMENTS);
      for (const member of members) this.whole(member, depth + 1);
    } else this.spend(1);
  }
}
