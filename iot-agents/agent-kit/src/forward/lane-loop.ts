/**
 * What both lanes share: a loop that runs one step after another, waits for work, and when a step fails waits as the
 * retry schedule says and tries again, for ever. Only a stop ends it.
 */

import type { Clock, Logger, Random, RetryOptions } from '@contor/kit';
import { AssertionError, ContorError, retrySchedule } from '@contor/kit';
import { Wakeup } from '../wakeup.js';

export interface LaneFigures {
  /** Readings (entities) that a peer has confirmed. */
  readonly forwarded: number;
  /** Records in the log that are not done yet. */
  readonly lag: number;
  /** Failed attempts in a row; 0 when the peers answer. */
  readonly failures: number;
}

export interface LoopOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly onFatal: (error: Error) => void;
  /** One step; false when there was nothing to do. */
  readonly step: () => Promise<boolean>;
}

/** Half a second is not felt by a person; and a peer that is back shows the newest values within five seconds. */
const RETRY: RetryOptions = { firstMs: 500, factor: 2, maxMs: 4_000, jitter: 0.3 };

/** A stop takes ten seconds at most; what was in flight is sent again at the next start, to no effect. */
const GRACE_MS = 5_000;

export class LaneLoop {
  readonly #options: LoopOptions;
  readonly #work = new Wakeup();
  readonly #stopping = new AbortController();
  #ended: Promise<void> = Promise.resolve();
  #failures = 0;
  #failingSinceMs = 0;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  get failures(): number {
    return this.#failures;
  }

  /** How long the steps have been failing, 0 when they do not. */
  get failingForMs(): number {
    return this.#failures === 0 ? 0 : this.#options.clock.monotonicMs() - this.#failingSinceMs;
  }

  get isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  start(): void {
    this.#ended = this.#run().catch((error: unknown) => {
      this.#options.onFatal(error instanceof Error ? error : new Error(String(error)));
    });
  }

  ring(): void {
    this.#work.ring();
  }

  /** Ends after the step in flight; a peer that keeps us waiting is left to wait for itself. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#work.ring();
    await new Promise<void>((resolve) => {
      const grace = this.#options.clock.after(GRACE_MS, resolve);
      void this.#ended.then(() => {
        grace.cancel();
        resolve();
      });
    });
  }

  async #run(): Promise<void> {
    const schedule = retrySchedule(RETRY, this.#options.random);
    while (!this.isStopping) {
      try {
        const hasWorked = await this.#options.step();
        this.#recovered();
        if (!hasWorked && !this.isStopping) await this.#work.wait();
      } catch (error) {
        if (!isPeersFault(error)) throw error;
        this.#failed(error);
        await this.#pause(schedule.delayMs(this.#failures));
      }
    }
  }

  #failed(error: unknown): void {
    const { clock, log, name } = this.#options;
    if (this.#failures === 0) this.#failingSinceMs = clock.monotonicMs();
    this.#failures += 1;
    // The first failure is news; after that one line in a hundred, every six minutes, is enough for a night.
    if (this.#failures % 100 === 1)
      log.warn({ lane: name, failures: this.#failures, error }, 'A peer is away: readings wait in the log.');
  }

  #recovered(): void {
    if (this.#failures === 0) return;
    this.#options.log.info({ lane: this.#options.name, afterMs: this.failingForMs }, 'The peer is back.');
    this.#failures = 0;
  }

  async #pause(delayMs: number): Promise<void> {
    const { signal } = this.#stopping;
    await this.#options.clock.sleep(delayMs, signal).catch((error: unknown) => {
      // A stop ends the pause; the loop looks at it next.
      if (!signal.aborted) throw error;
    });
  }
}

/** The line, a full log, a peer that answers nonsense: try again. A broken assertion or a plain bug must not spin for ever. */
function isPeersFault(error: unknown): boolean {
  return error instanceof ContorError && !(error instanceof AssertionError);
}
