/**
 * Refusals, counted: the first of a kind is told at once, the same again is summed up, and whoever comes with ever new kinds is summed up as a
 * whole. So a flood of refusals is in the trail and cannot fill it. Pure: time is an argument.
 */

export interface Refusal<Facts> {
  readonly facts: Facts;
  readonly count: number;
  /** When the first of them was, where one stands for several. */
  readonly sinceMs?: number;
}

interface Kind<Facts> {
  readonly facts: Facts;
  count: number;
  sinceMs: number;
  windowMs: number;
  endsMs: number;
}

/** A sum is told after a minute; while the same goes on, after two, four … up to an hour. */
const FIRST_WINDOW_MS = 60_000;
const LONGEST_WINDOW_MS = 3_600_000;
/** Kinds told by themselves: so many at once, and so many a minute. With 400 bytes each that is 35 MB a day at worst. */
const MOST_AT_ONCE = 120;
const EACH_MS = 1_000;
/** Kinds in memory. Their number is bounded by the rate, and they are forgotten after a quiet minute. */
const MOST_KINDS = 2_000;

export class Refusals<Facts> {
  readonly #kinds = new Map<string, Kind<Facts>>();
  /** Stands for all that came too fast. */
  readonly #others: Facts;
  #credit = MOST_AT_ONCE;
  #creditAtMs = Number.NEGATIVE_INFINITY;

  constructor(others: Facts) {
    this.#others = others;
  }

  /** Answers what is to be told at once, if anything. */
  note(kind: string, facts: Facts, nowMs: number): Refusal<Facts> | undefined {
    const known = this.#kinds.get(kind);
    if (known !== undefined) {
      if (known.count === 0) known.sinceMs = nowMs;
      known.count += 1;
      return undefined;
    }
    if (!this.#takeCredit(nowMs)) return this.#noteOther(nowMs);
    this.#begin(kind, facts, 0, nowMs);
    return { facts, count: 1 };
  }

  /** Sums that are due. */
  due(nowMs: number): readonly Refusal<Facts>[] {
    const sums: Refusal<Facts>[] = [];
    for (const [name, kind] of this.#kinds) {
      if (nowMs < kind.endsMs) continue;
      if (kind.count === 0) {
        this.#kinds.delete(name);
        continue;
      }
      sums.push({ facts: kind.facts, count: kind.count, sinceMs: kind.sinceMs });
      kind.count = 0;
      kind.windowMs = Math.min(LONGEST_WINDOW_MS, 2 * kind.windowMs);
      kind.endsMs = nowMs + kind.windowMs;
    }
    return sums;
  }

  /** All that was counted, at the end. */
  rest(): readonly Refusal<Facts>[] {
    return [...this.#kinds.values()].flatMap(({ facts, count, sinceMs }) =>
      count > 0 ? [{ facts, count, sinceMs }] : [],
    );
  }

  get isEmpty(): boolean {
    return this.#kinds.size === 0;
  }

  #noteOther(nowMs: number): undefined {
    const others = this.#kinds.get('');
    if (others === undefined) this.#begin('', this.#others, 1, nowMs);
    else {
      if (others.count === 0) others.sinceMs = nowMs;
      others.count += 1;
    }
  }

  #begin(name: string, facts: Facts, count: number, nowMs: number): void {
    this.#kinds.set(name, { facts, count, sinceMs: nowMs, windowMs: FIRST_WINDOW_MS, endsMs: nowMs + FIRST_WINDOW_MS });
  }

  #takeCredit(nowMs: number): boolean {
    const earned = Math.max(0, nowMs - this.#creditAtMs) / EACH_MS;
    this.#credit = Math.min(MOST_AT_ONCE, this.#credit + earned);
    this.#creditAtMs = nowMs;
    if (this.#credit < 1 || this.#kinds.size >= MOST_KINDS) return false;
    this.#credit -= 1;
    return true;
  }
}
