/**
 * Whether the disk has room for the log and for the database, and what the operator is told about it: one sentence when it
 * fills up, one when that is over. However often a sender asks meanwhile, the log stays quiet.
 */

import { type Clock, DiskFullError, isDiskFull, type Logger } from '@contor/kit';

export type Writer = 'log' | 'database';

export interface RoomOptions {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A nearly full disk takes a small record and refuses the next large one: it is over when nobody was refused for so long. */
const CALM_MS = 2_000;

const FIX = 'Free space on the disk, or move HISTORY_DATA to a larger one; history then goes on by itself.';

export class Room {
  readonly #options: RoomOptions;
  readonly #refused = new Map<Writer, number>();

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  /** One sentence while somebody has no room. */
  get reason(): string | undefined {
    if (this.#refused.has('database')) {
      return `The disk is full: answers hold what had reached the database, the rest waits in the log. ${FIX}`;
    }
    return this.#refused.has('log') ? `The disk is full: notifications are refused. ${FIX}` : undefined;
  }

  refused(writer: Writer, cause: Error): void {
    const wasFull = this.#refused.size > 0;
    this.#refused.set(writer, this.#options.clock.monotonicMs());
    if (!wasFull) {
      this.#options.logger.error(
        { writer, cause: cause.message, fix: FIX },
        'The disk is full: what was acknowledged is safe in the log, the database waits, and what the log cannot take is refused (503).',
      );
    }
  }

  served(writer: Writer): void {
    const refusedMs = this.#refused.get(writer);
    const isCalm = refusedMs !== undefined && this.#options.clock.monotonicMs() - refusedMs >= CALM_MS;
    // The database is served when all that waited for it is in; nothing more can be asked of it.
    if (refusedMs === undefined || (writer === 'log' && !isCalm)) {
      return;
    }
    this.#refused.delete(writer);
    if (this.#refused.size === 0) {
      this.#options.logger.info({}, 'The disk has room again: notifications are taken and answers are complete.');
    }
  }
}

/** In the kit's words or the system's, however deep. */
export function isFull(error: unknown): boolean {
  return error instanceof DiskFullError || isDiskFull(error) || (error instanceof Error && isFull(error.cause));
}

export interface Waiting extends RoomOptions {
  readonly folder: string;
}

const TRY_AGAIN_MS = 1_000;

/** A start that needs a little room waits for it: to end and be started again would not make any. */
export async function whenThereIsRoom<T>({ clock, logger, folder }: Waiting, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isFull(error)) {
        throw error;
      }
      if (tries === 1) {
        logger.error({ folder, fix: FIX }, 'The disk is full: history waits for room before it can start.');
      }
      await new Promise<void>((resolve) => void clock.after(TRY_AGAIN_MS, resolve));
    }
  }
}
