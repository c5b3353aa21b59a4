/**
 * Dead letters on their way again: a few at a time, one of an entity at most, in the order in which they died. Which of them
 * go together follows from which of them are left, so after a crash the same ones go under the same id.
 */

import { type Clock, errnoOf, type Logger } from '@contor/kit';
import { saysFull } from '../store/disk-room.js';
import type { Owner } from './dead-letter-records.js';
import type { DeadLetters, Letter } from './dead-letters.js';
import type { Outbox, Parcel } from './outbox.js';

export interface ReplayOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly letters: DeadLetters;
  readonly outbox: Outbox;
  readonly owner: () => Owner;
  /** What has left the outbox and is not settled. */
  readonly underway: () => Iterable<{ readonly parcel: Parcel }>;
  readonly nudge: () => void;
}

const MAX_LETTERS = 500;
const MAX_BYTES = 4 * 2 ** 20;
const NO_ROOM_AGAIN_MS = 1_000;

export class Replay {
  readonly #options: ReplayOptions;
  #isGoing = false;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  /** There may be letters to send again. */
  feed(): void {
    if (this.#isGoing) return;
    const batch = this.#nextBatch();
    if (batch.length === 0) return;
    this.#isGoing = true;
    void this.#push(batch);
  }

  async told({ entries }: Parcel): Promise<void> {
    const { letters, clock, owner } = this.#options;
    const numbers = entries.flatMap(({ letter }) => letter ?? []).sort((a, b) => a - b);
    while (!(await isThereRoom(() => letters.gone(owner(), numbers)))) await clock.sleep(NO_ROOM_AGAIN_MS);
    this.next();
  }

  /** The letters of one parcel may have been told by halves, or be dead again; the next ones go when all are settled. */
  next(): void {
    const { outbox, underway } = this.#options;
    if (outbox.hasLetters || [...underway()].some(({ parcel }) => isOfLetters(parcel))) return;
    this.#isGoing = false;
    this.feed();
  }

  #nextBatch(): readonly Letter[] {
    const { letters, owner } = this.#options;
    const { tenant, subscription } = owner();
    const batch = new Map<string, Letter>();
    let bytes = 0;
    for (const letter of letters.of(tenant, subscription)) {
      if (letter.state !== 'replaying' || batch.has(letter.entity)) continue;
      if (batch.size >= MAX_LETTERS || bytes > MAX_BYTES) break;
      batch.set(letter.entity, letter);
      bytes += letter.bytes;
    }
    return [...batch.values()];
  }

  async #push(batch: readonly Letter[]): Promise<void> {
    const { letters, log, outbox, owner, nudge } = this.#options;
    const tellings = await letters.read(batch);
    const found = batch.flatMap(({ number }) => {
      const telling = tellings.get(number);
      return telling === undefined ? [] : [{ telling, letter: number }];
    });
    const missing = batch.filter(({ number }) => !tellings.has(number)).map(({ number }) => number);
    if (missing.length > 0) {
      const { tenant, subscription } = owner();
      log.error(
        { tenant, subscription, letters: missing.length },
        'Dead letters are damaged and cannot be sent again.',
      );
      await isThereRoom(() => letters.gone(owner(), missing));
    }
    if (found.length > 0) outbox.pushLetters(found);
    else this.#isGoing = false;
    nudge();
  }
}

export function isOfLetters({ entries }: Parcel): boolean {
  return entries[0]?.letter !== undefined;
}

/** False: the disk or the log of dead letters is full. A closed log is the end of this life, and nothing is lost. */
export async function isThereRoom(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (errnoOf(error) === 'log.stopped') return new Promise<never>(() => undefined);
    if (saysFull(error) || errnoOf(error) === 'log.full') return false;
    throw error;
  }
}
