/**
 * When to checkpoint the columnar store and how much of the log may go then: only what the database file itself holds,
 * and never the last stretch, so that a file that turns out torn can be derived again as far as possible.
 */

import { type Clock, type DurableLog, type Logger, type Timer, toError } from '@contor/kit';
import type { Columnar } from './columnar.js';
import { isFull } from './room.js';

export interface LogKeeperOptions {
  readonly log: DurableLog;
  readonly columnar: Columnar;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly checkpointEveryMs: number;
  readonly keepLogBytes: number;
  /** A checkpoint that had no room leaves the database unusable until it is opened again. */
  readonly onFull: (error: Error) => void;
  /** False while the disk is full: a checkpoint that fails would take the answers away, too. */
  readonly mayCheckpoint: () => boolean;
}

interface Mark {
  readonly sequence: number;
  readonly appendedBytes: number;
}

/** A checkpoint comes early when this much was appended since the last one. */
const CHECKPOINT_BYTES = 64 * 1024 * 1024;

/** Times `keepLogBytes` after which everything checkpointed is released. */
const MAX_KEPT = 3;

export class LogKeeper {
  readonly #options: LogKeeperOptions;
  #appendedBytes = 0;
  /** Nothing is known of earlier lives: the first checkpoint of this one always runs. */
  #checkpointed: Mark = { sequence: -1, appendedBytes: 0 };
  #marks: Mark[] = [];
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;

  constructor(options: LogKeeperOptions) {
    this.#options = options;
  }

  /** Lives that end early never come to a checkpoint; one that finds their log begins with it. */
  async recovered(appliedSequence: number): Promise<void> {
    if (this.#isLong()) {
      await this.#checkpoint(appliedSequence);
    }
  }

  appended(bytes: number, appliedSequence: () => number): void {
    this.#appendedBytes += bytes;
    const { clock, checkpointEveryMs } = this.#options;
    if (this.#appendedBytes - this.#checkpointed.appendedBytes > CHECKPOINT_BYTES) {
      this.#start(appliedSequence());
    } else {
      this.#timer ??= clock.after(checkpointEveryMs, () => this.#start(appliedSequence()));
    }
  }

  async close(appliedSequence: number): Promise<void> {
    await this.#running;
    this.#timer?.cancel();
    await this.#checkpoint(appliedSequence);
  }

  #start(appliedSequence: number): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#running ??= this.#checkpoint(appliedSequence).finally(() => {
      this.#running = undefined;
    });
  }

  #isLong(): boolean {
    const { log, keepLogBytes } = this.#options;
    return log.bytes > keepLogBytes * MAX_KEPT;
  }

  async #checkpoint(sequence: number): Promise<void> {
    if (sequence === this.#checkpointed.sequence || !this.#options.mayCheckpoint()) {
      return;
    }
    const { columnar, log, logger, keepLogBytes } = this.#options;
    const mark = { sequence, appendedBytes: this.#appendedBytes };
    try {
      await columnar.checkpoint();
    } catch (error) {
      if (isFull(error)) {
        this.#options.onFull(toError(error));
        return;
      }
      // Readers may hold it up; nothing is released, and the next one tries again.
      logger.warn({ cause: String(error) }, 'The database could not be checkpointed.');
      return;
    }
    this.#checkpointed = mark;
    this.#marks.push(mark);
    const old = this.#marks.filter((each) => this.#appendedBytes - each.appendedBytes >= keepLogBytes);
    this.#marks = this.#marks.slice(old.length);
    // Short runs never see their own marks grow old; a log of several such runs is let go all the same.
    const release = this.#isLong() ? mark : old.at(-1);
    if (release !== undefined) {
      await log.release(release.sequence);
    }
  }
}
