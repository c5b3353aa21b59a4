/**
 * A bound in bytes with a queue in front of it. What does not fit waits its turn; nothing is dropped. A publisher whose message
 * waits here has no PUBACK, and its socket is not read.
 */

export interface Waiter {
  readonly bytes: number;
  readonly sinceMs: number;
  /** Tries again; it may come to wait at another budget. */
  retry(): void;
  refuse(error: Error): void;
}

export class Budget {
  readonly limit: number;
  #used = 0;
  #isBlocked = false;
  #waiters: Waiter[] = [];
  #isWaking = false;

  constructor(limit: number) {
    this.limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  get waiting(): number {
    return this.#waiters.length;
  }

  /** An empty budget takes one message of any size, or a message larger than the limit would wait for ever. */
  hasRoom(bytes: number): boolean {
    if (this.#isBlocked || (this.#waiters.length > 0 && !this.#isWaking)) return false;
    return this.#used === 0 || this.#used + bytes <= this.limit;
  }

  take(bytes: number): void {
    this.#used += bytes;
  }

  give(bytes: number): void {
    this.#used -= bytes;
    if (this.#waiters.length > 0) this.wake();
  }

  wait(waiter: Waiter): void {
    // A waiter that is tried again and still finds no room keeps its place at the front.
    if (this.#isWaking) this.#waiters.unshift(waiter);
    else this.#waiters.push(waiter);
  }

  /** The disk said no: nobody passes until `unblock`. */
  block(): void {
    this.#isBlocked = true;
  }

  unblock(): void {
    this.#isBlocked = false;
    this.wake();
  }

  wake(): void {
    if (this.#isWaking) return;
    this.#isWaking = true;
    for (let next = this.#waiters[0]; next !== undefined && this.hasRoom(next.bytes); next = this.#waiters[0]) {
      this.#waiters.shift();
      next.retry();
    }
    this.#isWaking = false;
  }

  /** Refuses those that have waited since before `beforeMs`. */
  refuseOlderThan(beforeMs: number, error: Error): void {
    const late = this.#waiters.filter((waiter) => waiter.sinceMs < beforeMs);
    if (late.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => waiter.sinceMs >= beforeMs);
    for (const waiter of late) waiter.refuse(error);
  }
}
