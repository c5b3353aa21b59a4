/**
 * The heartbeat of a service: a round at start, one every few minutes, and one soon after a nudge. A notification is state and not
 * an event, so a service never works *from* it: it is nudged by it and asks what is true now. Never two rounds at once.
 */

import type { Clock, Logger, RetrySchedule, Timer } from '@contor/kit';

export interface RoundsOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly everyMs: number;
  /** A nudge waits this long for its sisters: twenty meters report the same quarter-hour within a few seconds. */
  readonly settleMs: number;
  readonly retry: RetrySchedule;
  readonly round: () => Promise<void>;
}

export interface Rounds {
  /** Asks for a round soon. Resolves when a round that began after this call has ended well. */
  nudge(): Promise<void>;
  readonly done: number;
  readonly failed: number;
  /** Why the last round failed, if it did. */
  readonly trouble: string | undefined;
  stop(): Promise<void>;
}

export function startRounds({ clock, log, everyMs, settleMs, retry, round }: RoundsOptions): Rounds {
  let waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  let timer: Timer | undefined;
  let timerAt = Number.POSITIVE_INFINITY;
  let running: Promise<void> | undefined;
  let stopped = false;
  let attempt = 0;
  const state = { done: 0, failed: 0, trouble: undefined as string | undefined };

  const plan = (delayMs: number): void => {
    const at = clock.monotonicMs() + delayMs;
    if (stopped || at >= timerAt) return;
    timer?.cancel();
    timerAt = at;
    timer = clock.after(delayMs, () => {
      timerAt = Number.POSITIVE_INFINITY;
      running ??= run().finally(() => {
        running = undefined;
      });
    });
  };

  const run = async (): Promise<void> => {
    const served = waiting;
    waiting = [];
    try {
      await round();
      state.done += 1;
      state.trouble = undefined;
      attempt = 0;
      for (const { resolve } of served) resolve();
      plan(waiting.length > 0 ? settleMs : everyMs);
    } catch (error) {
      state.failed += 1;
      state.trouble = error instanceof Error ? error.message : String(error);
      log.warn({ error, attempt }, 'a round failed and will be tried again');
      waiting = [...served, ...waiting];
      plan(retry.delayMs(attempt));
      attempt += 1;
    }
  };

  plan(0);
  return {
    nudge: () =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        if (running === undefined) plan(settleMs);
      }),
    get done() {
      return state.done;
    },
    get failed() {
      return state.failed;
    },
    get trouble() {
      return state.trouble;
    },
    async stop() {
      stopped = true;
      timer?.cancel();
      await running;
      for (const { reject } of waiting) reject(new Error('the service stops'));
      waiting = [];
    },
  };
}
