/** How often somebody may come: a bucket of tokens each, refilled with time (T32). Time is an argument. */

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/** Only who has a credential gets a bucket, so this is far more than there are. */
const MOST_BUCKETS = 100_000;

export class RateLimit {
  readonly #rate: Rate;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** True: come in. A refusal costs nothing, so that who waits gets in at the stated rate. */
  take(who: string, nowMs: number): boolean {
    const { perSecond, burst } = this.#rate;
    const bucket = this.#buckets.get(who) ?? this.#newBucket(who, nowMs);
    bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, nowMs - bucket.atMs) / 1_000) * perSecond);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Forgetting everybody gives each a burst, and nobody more. */
  #newBucket(who: string, nowMs: number): Bucket {
    if (this.#buckets.size >= MOST_BUCKETS) this.#buckets.clear();
    const bucket = { tokens: this.#rate.burst, atMs: nowMs };
    this.#buckets.set(who, bucket);
    return bucket;
  }
}
