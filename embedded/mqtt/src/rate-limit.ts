/** Connections an address may open (T24): a bucket of tokens each, refilled with time. */

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Addresses remembered; full buckets are forgotten first, because forgetting them changes nothing. */
const MAX_ADDRESSES = 10_000;

export class RateLimit {
  readonly #rate: Rate;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** False: too many. A refusal costs nothing, so that a crowd behind one address gets in at the stated rate. */
  take(address: string, nowMs: number): boolean {
    const tokens = this.#tokens(address, nowMs);
    if (tokens < 1) return false;
    this.#keep(address, tokens - 1, nowMs);
    return true;
  }

  /** Some things cost more than a connection: a wrong password, for one. */
  charge(address: string, nowMs: number, tokens: number): void {
    this.#keep(address, Math.max(-this.#rate.burst, this.#tokens(address, nowMs) - tokens), nowMs);
  }

  #tokens(address: string, nowMs: number): number {
    const bucket = this.#buckets.get(address);
    if (bucket === undefined) return this.#rate.burst;
    return Math.min(this.#rate.burst, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * this.#rate.perSecond);
  }

  #keep(address: string, tokens: number, nowMs: number): void {
    if (!this.#buckets.has(address) && this.#buckets.size >= MAX_ADDRESSES) this.#forgetFull(nowMs);
    this.#buckets.set(address, { tokens, atMs: nowMs });
  }

  #forgetFull(nowMs: number): void {
    for (const address of [...this.#buckets.keys()]) {
      if (this.#tokens(address, nowMs) >= this.#rate.burst) this.#buckets.delete(address);
    }
    // Nobody is full: an attack from very many addresses. Begin afresh rather than grow.
    if (this.#buckets.size >= MAX_ADDRESSES) this.#buckets.clear();
  }
}
