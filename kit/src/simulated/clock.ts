/**
 * A clock that stands still until it is advanced. Timers fire in the order of their times (then of their making), and what
 * a timer sets off, promises and all, has settled before the next one fires: a day of traffic replays in a second.
 */

import type { Clock, Timer } from '../clock.js';
import { sleepOn } from '../real/clock.js';

interface Pending extends Timer {
  readonly dueMs: number;
  readonly task: () => void;
}

export class SimulatedClock implements Clock {
  #wallMs: number;
  #monotonicMs = 0;
  /** Sorted by due time on the monotonic scale; equal times in the order of their making. */
  readonly #pending: Pending[] = [];

  constructor(startMs: number) {
    this.#wallMs = startMs;
  }

  nowMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  after(delayMs: number, task: () => void): Timer {
    const dueMs = this.#monotonicMs + Math.max(0, delayMs);
    const pending: Pending = { dueMs, task, cancel: () => this.#remove(pending) };
    let at = this.#pending.length;
    while (at > 0 && (this.#pending[at - 1]?.dueMs ?? 0) > dueMs) at -= 1;
    this.#pending.splice(at, 0, pending);
    return pending;
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn((ms, task) => this.after(ms, task), delayMs, signal);
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.#pending.length;
  }

  /** Lets `ms` pass. Resolves when every timer due until then has fired and what they set off has settled. */
  async advance(ms: number): Promise<void> {
    const targetMs = this.#monotonicMs + ms;
    await settled();
    for (let next = this.#pending[0]; next && next.dueMs <= targetMs; next = this.#pending[0]) {
      this.#pending.shift();
      this.#moveTo(next.dueMs);
      next.task();
      await settled();
    }
    this.#moveTo(targetMs);
  }

  /** Somebody sets the wall clock: forwards or backwards, without any time passing. */
  stepWall(deltaMs: number): void {
    this.#wallMs += deltaMs;
  }

  #moveTo(monotonicMs: number): void {
    this.#wallMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }

  #remove(pending: Pending): void {
    const at = this.#pending.indexOf(pending);
    if (at >= 0) this.#pending.splice(at, 1);
  }
}

/** One turn of the real event loop: every promise that waits for nothing but other promises has settled by then. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
