/**
 * The circuit breaker of one device: after some failures in a row it is left alone for a while, and longer each time, so that a dead
 * meter does not hold up the line it shares with others. Pure: state and time go in, the next state comes out.
 */

import type { Random } from '@contor/kit';

export interface Breaker {
  /** In a row. */
  readonly failures: number;
  /** Not asked by schedule before; a person may always ask. */
  readonly restsUntilMs: number;
}

export const CLOSED: Breaker = Object.freeze({ failures: 0, restsUntilMs: 0 });

/** One lost answer is a noisy line; three whole reads, each with its retries, are a meter that is not there. */
const FAILURES_BEFORE_REST = 3;
const FIRST_REST_MS = 60_000;
/** A meter that came back is found again within the hour. */
const LONGEST_REST_MS = 3_600_000;
/** A feeder that went dark comes back as a whole: its meters are then not all asked in the same second. */
const JITTER = 0.2;

export function afterSuccess(): Breaker {
  return CLOSED;
}

export function afterFailure({ failures }: Breaker, nowMs: number, random: Random): Breaker {
  const inRow = failures + 1;
  if (inRow < FAILURES_BEFORE_REST) return { failures: inRow, restsUntilMs: 0 };
  const fullMs = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** (inRow - FAILURES_BEFORE_REST));
  return { failures: inRow, restsUntilMs: nowMs + fullMs * (1 - JITTER * random.next()) };
}

export function isResting({ restsUntilMs }: Breaker, nowMs: number): boolean {
  return nowMs < restsUntilMs;
}
