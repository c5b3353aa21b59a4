/** The retry schedule: exponential, bounded, jittered downwards so that no delay is ever longer than `maxMs`. */

import { assert } from './errors.js';
import type { Random } from './random.js';

export interface RetryOptions {
  readonly firstMs: number;
  /** Each delay is this many times the one before; 1 keeps a steady pace. */
  readonly factor: number;
  readonly maxMs: number;
  /** 0: none. 0.5: each delay is between half of itself and itself, so that a herd does not come back together. */
  readonly jitter: number;
}

export interface RetrySchedule {
  /** Delay before retry number `attempt`; the first retry is 1. */
  delayMs(attempt: number): number;
}

export function retrySchedule({ firstMs, factor, maxMs, jitter }: RetryOptions, random: Random): RetrySchedule {
  assert(
    firstMs > 0 && maxMs >= firstMs && factor >= 1 && jitter >= 0 && jitter <= 1,
    'A retry schedule needs sane bounds.',
    {
      firstMs,
      factor,
      maxMs,
      jitter,
    },
  );
  return {
    delayMs(attempt) {
      // factor ** attempt overflows to Infinity after some hundred attempts; Math.min brings it back.
      const fullMs = Math.min(maxMs, firstMs * factor ** (Math.max(1, attempt) - 1));
      return fullMs * (1 - jitter * random.next());
    },
  };
}
