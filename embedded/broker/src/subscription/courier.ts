/**
 * Carries parcels from an outbox to its subscriber: several on the way when there is much to tell, one at a time while
 * the subscriber is in trouble, and again on schedule until it has said yes. At least once, in order per entity.
 *
 * A subscriber in trouble is waited for. One that refuses what it was told is another matter: waiting will not help, and the
 * parcel is halved until the entity it cannot take is alone. That one is tried again beside the others, and at last buried.
 */

import type { Clock, RetrySchedule, Timer } from '@contor/kit';
import type { Entry, Outbox, Parcel } from './outbox.js';

export type SendResult =
  | { readonly kind: 'accepted' }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      /** The subscriber understood and does not want it: sending it again will not help. */
      readonly isRefusal?: boolean;
      /** Nobody is to try it again: it is lost. */
      readonly isFinal?: boolean;
    };

export interface CourierOptions {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly schedule: RetrySchedule;
  /** The same parcel has the same id whenever it is sent. */
  readonly idOf: (parcel: Parcel) => string;
  /** Before a parcel goes for the first time; false: it must not go any more. */
  readonly note: (parcel: Parcel, id: string) => Promise<boolean>;
  /** Never rejects: a failure is a result. */
  readonly send: (parcel: Parcel, id: string) => Promise<SendResult>;
  readonly isOpen: () => boolean;
  /** How long until the next notification may go (5.2.12, throttling). */
  readonly pauseMs: () => number;
  /** Least wait after a failure (5.2.15, cooldown). */
  readonly cooldownMs: () => number;
  /** Whether an entry that was refused so often, alone, for so long is to be given up. */
  readonly isHopeless: (refused: Refused) => boolean;
  /** Resolves with false when there is no room for it; then it is tried again. */
  readonly bury: (entry: Entry, refused: Refused) => Promise<boolean>;
  readonly onSettled: (result: SendResult, parcel: Parcel, id: string) => void;
}

/** One entry that the subscriber does not take. */
export interface Refused {
  readonly id: string;
  readonly reason: string;
  readonly times: number;
  readonly forMs: number;
  /** It has accepted something else meanwhile: so it is well, and this entry is not. */
  readonly isAlone: boolean;
  readonly isLetter: boolean;
}

/** 5.8.6 joins entities into one notification; the bounds keep a subscriber's request and our memory small. */
export const MAX_ENTITIES = 1_000;
const MAX_PARCEL_BYTES = 8 * 2 ** 20;
const MAX_IN_FLIGHT = 4;
/** A second notification beside one on the way is worth its request from here on, or after the linger. */
const WORTH_A_REQUEST = 200;
const LINGER_MS = 20;
/** Between the pieces of a parcel that was refused: twenty requests find one entity among a thousand, and no more a second. */
const PIECE_PAUSE_MS = 50;
/** With so many entries refused it is the subscriber that is wrong: nothing new goes until they are settled. */
const MAX_SUSPECTS = 200;

interface Consignment {
  readonly parcel: Parcel;
  readonly id: string;
  isNoted: boolean;
  refusals: number;
  firstRefusedMs: number;
  acceptedBefore: number;
}

export class Courier {
  readonly #options: CourierOptions;
  /** Goes before anything new. */
  readonly #again: Consignment[] = [];
  readonly #suspects = new Map<Consignment, Timer | undefined>();
  readonly #underway = new Set<Consignment>();
  #failures = 0;
  #lastReason: string | undefined;
  #accepted = 0;
  #retry: Timer | undefined;
  #retryAtMs: number | undefined;
  #linger: Timer | undefined;
  #throttle: Timer | undefined;
  #isStopped = false;

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  /** How often in a row the subscriber has failed; 0 when it is well. */
  get failures(): number {
    return this.#failures;
  }

  get lastReason(): string | undefined {
    return this.#lastReason;
  }

  /** On the monotonic clock; undefined when nothing is held back by a failure. */
  get retryAtMs(): number | undefined {
    return this.#retryAtMs;
  }

  /** Entries that were refused alone and are tried again. */
  get suspects(): number {
    return this.#suspects.size;
  }

  /** Everything that has left the outbox and was not accepted yet. */
  *consignments(): Iterable<{ readonly parcel: Parcel; readonly id: string }> {
    yield* this.#underway;
    yield* this.#again;
    yield* this.#suspects.keys();
  }

  /** What an earlier life had on its way goes first, under the id it had. */
  resume(parcel: Parcel, id: string): void {
    this.#again.push({ parcel, id, isNoted: true, refusals: 0, firstRefusedMs: 0, acceptedBefore: 0 });
  }

  /** There may be something to carry. */
  nudge(): void {
    while (this.#isFree) {
      const consignment = this.#again.shift() ?? this.#pack();
      if (consignment === undefined) return;
      void this.#carry(consignment);
    }
  }

  /** No new sends; what is on the way ends on its own and still counts when it was accepted. */
  stop(): void {
    this.#isStopped = true;
    for (const timer of [this.#retry, this.#linger, this.#throttle, ...this.#suspects.values()]) timer?.cancel();
  }

  get #isFree(): boolean {
    if (this.#isStopped || this.#retry !== undefined || !this.#options.isOpen()) return false;
    return this.#underway.size < (this.#failures > 0 ? 1 : MAX_IN_FLIGHT);
  }

  #pack(isWorthIt = false): Consignment | undefined {
    const { outbox, clock, pauseMs } = this.#options;
    if ((outbox.ready === 0 && !outbox.hasLetters) || this.#suspects.size >= MAX_SUSPECTS) return undefined;
    const waitMs = pauseMs();
    if (waitMs > 0) {
      this.#throttle ??= clock.after(waitMs, () => {
        this.#throttle = undefined;
        this.nudge();
      });
      return undefined;
    }
    const letters = outbox.takeLetters();
    if (letters !== undefined) return this.#consign(letters);
    if (!isWorthIt && this.#underway.size > 0 && outbox.ready < WORTH_A_REQUEST) {
      this.#linger ??= clock.after(LINGER_MS, () => this.#endLinger());
      return undefined;
    }
    const parcel = outbox.take(MAX_ENTITIES, MAX_PARCEL_BYTES);
    return parcel && this.#consign(parcel);
  }

  #consign(parcel: Parcel): Consignment {
    const id = this.#options.idOf(parcel);
    return { parcel, id, isNoted: false, refusals: 0, firstRefusedMs: 0, acceptedBefore: 0 };
  }

  #endLinger(): void {
    this.#linger = undefined;
    if (!this.#isFree || this.#failures > 0) return;
    const consignment = this.#pack(true);
    if (consignment !== undefined) void this.#carry(consignment);
  }

  async #carry(consignment: Consignment): Promise<void> {
    const { note, send, onSettled } = this.#options;
    const { parcel, id } = consignment;
    this.#underway.add(consignment);
    if (!consignment.isNoted) {
      consignment.isNoted = await note(parcel, id);
      if (!consignment.isNoted || this.#isStopped) return;
    }
    const result = await send(parcel, id);
    this.#underway.delete(consignment);
    if (result.kind === 'accepted') this.#done(consignment);
    else if (result.isFinal) this.#options.outbox.acknowledge(parcel);
    else {
      this.#failures += 1;
      this.#lastReason = result.reason;
      if (result.isRefusal) await this.#refused(consignment, result.reason);
      else this.#sendAgain(consignment);
    }
    onSettled(result, parcel, id);
    this.nudge();
  }

  #done({ parcel }: Consignment): void {
    this.#options.outbox.acknowledge(parcel);
    this.#accepted += 1;
    // While an entry is refused the subscriber is not well, however many others it takes.
    if (this.#suspects.size === 0) this.#failures = 0;
  }

  #sendAgain(consignment: Consignment): void {
    this.#again.push(consignment);
    const { schedule, cooldownMs } = this.#options;
    this.#pause(Math.max(schedule.delayMs(this.#failures), cooldownMs()));
  }

  async #refused(consignment: Consignment, reason: string): Promise<void> {
    const { entries } = consignment.parcel;
    const [entry] = entries;
    this.#pause(PIECE_PAUSE_MS);
    if (entries.length > 1 || entry === undefined) {
      const middle = Math.ceil(entries.length / 2);
      const halves = [entries.slice(0, middle), entries.slice(middle)];
      this.#again.unshift(...halves.map((half) => this.#consign({ entries: half })));
      return;
    }
    const nowMs = this.#options.clock.monotonicMs();
    if (consignment.refusals === 0) {
      consignment.firstRefusedMs = nowMs;
      consignment.acceptedBefore = this.#accepted;
    }
    consignment.refusals += 1;
    this.#suspects.set(consignment, undefined);
    const refused: Refused = {
      id: consignment.id,
      reason,
      times: consignment.refusals,
      forMs: nowMs - consignment.firstRefusedMs,
      isAlone: this.#accepted > consignment.acceptedBefore,
      isLetter: entry.letter !== undefined,
    };
    if (this.#options.isHopeless(refused) && (await this.#options.bury(entry, refused))) {
      this.#suspects.delete(consignment);
      this.#options.outbox.acknowledge(consignment.parcel);
      // The letter speaks for itself now.
      if (this.#suspects.size === 0) this.#failures = 0;
      return;
    }
    if (!this.#isStopped) this.#tryLater(consignment);
  }

  /** On its own, so that others are not held up. */
  #tryLater(consignment: Consignment): void {
    const { clock, schedule, cooldownMs } = this.#options;
    const delayMs = Math.max(schedule.delayMs(consignment.refusals), cooldownMs());
    const timer = clock.after(delayMs, () => {
      this.#suspects.delete(consignment);
      this.#again.push(consignment);
      this.nudge();
    });
    this.#suspects.set(consignment, timer);
  }

  #pause(delayMs: number): void {
    if (this.#isStopped || this.#retry !== undefined) return;
    const { clock } = this.#options;
    this.#retryAtMs = clock.monotonicMs() + delayMs;
    this.#retry = clock.after(delayMs, () => {
      this.#retry = undefined;
      this.#retryAtMs = undefined;
      this.nudge();
    });
  }
}
