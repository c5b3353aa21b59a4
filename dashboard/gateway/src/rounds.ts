/**
 * Work that is done again and again for as long as the gateway runs: at the start, every few minutes, and after a failure soon and then
 * less soon, until it works again.
 */

import { type Clock, isError, type Logger, type Random, retrySchedule, type Timer } from '@contor/kit';

export interface RoundsParts {
  /** One round. Rejects when the other side is away. */
  readonly run: () => Promise<void>;
  readonly everyMs: number;
  /** Said once when a row of failures begins. */
  readonly complaint: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface Rounds {
  /** Whether the last round went well. */
  readonly isWell: boolean;
  /** On the monotonic clock; undefined before the first. */
  readonly lastGoodMs: number | undefined;
  stop(): void;
}

const RETRY = { firstMs: 250, factor: 1.6, maxMs: 10_000, jitter: 0.3 } as const;

export function startRounds({ run, everyMs, complaint, clock, random, log }: RoundsParts): Rounds {
  const schedule = retrySchedule(RETRY, random);
  let isStopped = false;
  let isWell = false;
  let lastGoodMs: number | undefined;
  let timer: Timer | undefined;
  let failures = 0;

  async function round(): Promise<void> {
    try {
      await run();
      isWell = true;
      lastGoodMs = clock.monotonicMs();
      failures = 0;
      plan(everyMs);
    } catch (error) {
      isWell = false;
      failures += 1;
      const reason = isError(error) ? error.message : 'unknown';
      if (failures === 1 && !isStopped) log.warn({ reason }, complaint);
      plan(schedule.delayMs(failures));
    }
  }

  function plan(delayMs: number): void {
    if (!isStopped) timer = clock.after(delayMs, () => void round());
  }

  void round();
  return {
    get isWell() {
      return isWell;
    },
    get lastGoodMs() {
      return lastGoodMs;
    },
    stop() {
      isStopped = true;
      timer?.cancel();
    },
  };
}
