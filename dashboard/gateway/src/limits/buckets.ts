/** Token buckets: each key may spend up to `capacity` at once and gets `perSecond` back. Pure but for what it remembers. */

export interface BucketRules {
  readonly capacity: number;
  readonly perSecond: number;
  /** Keys remembered; beyond it the one that asked longest ago is forgotten, which fills its bucket. */
  readonly most: number;
}

export interface Taken {
  readonly isAllowed: boolean;
  readonly remaining: number;
  /** Until the same could be taken; 0 when it was. */
  readonly waitMs: number;
}

interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

export class Buckets {
  readonly rules: BucketRules;
  /** In the order of their last use. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(rules: BucketRules) {
    this.rules = rules;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** A cost above the capacity is the capacity: what is allowed at all must be possible once the bucket is full. */
  take(key: string, cost: number, nowMs: number): Taken {
    const tokens = this.#tokensOf(key, nowMs);
    const wanted = Math.min(cost, this.rules.capacity);
    const isAllowed = tokens >= wanted;
    const left = isAllowed ? tokens - wanted : tokens;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: left, atMs: nowMs });
    this.#forgetOldest();
    const waitMs = isAllowed ? 0 : Math.ceil(((wanted - tokens) / this.rules.perSecond) * 1000);
    return { isAllowed, remaining: Math.floor(left), waitMs };
  }

  /** As `take`, without taking. */
  look(key: string, cost: number, nowMs: number): Taken {
    const tokens = this.#tokensOf(key, nowMs);
    const wanted = Math.min(cost, this.rules.capacity);
    const waitMs = Math.max(0, Math.ceil(((wanted - tokens) / this.rules.perSecond) * 1000));
    return { isAllowed: tokens >= wanted, remaining: Math.floor(tokens), waitMs };
  }

  #tokensOf(key: string, nowMs: number): number {
    const { capacity, perSecond } = this.rules;
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return capacity;
    const gainedMs = Math.max(0, nowMs - bucket.atMs);
    return Math.min(capacity, bucket.tokens + (gainedMs / 1000) * perSecond);
  }

  #forgetOldest(): void {
    if (this.#buckets.size <= this.rules.most) return;
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}
