/**
 * Carries parcels from an outbox to its subscriber: several on the way when there is much to tell, one at a time while
 * the subscriber is in trouble, and again on schedule until it has said yes. At least once, in order per entity.
 */

import type { Clock, RetrySchedule, Timer } from '@contor/kit';
import type { Outbox, Parcel } from './outbox.js';

export type SendResult = { readonly kind: 'accepted' } | { readonly kind: 'failed'; readonly reason: string };

export interface CourierOptions {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly schedule: RetrySchedule;
  /** Never rejects: a failure is a result. */
  readonly send: (parcel: Parcel, notificationId: string) => Promise<SendResult>;
  /** The same id is kept when a parcel is sent again, so that a subscriber can tell a duplicate. */
  readonly newId: () => string;
  readonly isOpen: () => boolean;
  readonly onSettled: (result: SendResult) => void;
}

/** 5.8.6 joins entities into one notification; the bounds keep a subscriber's request and our memory small. */
export const MAX_ENTITIES = 1_000;
const MAX_PARCEL_BYTES = 8 * 2 ** 20;
const MAX_IN_FLIGHT = 4;
/** A second notification beside one on the way is worth its request from here on, or after the linger. */
const WORTH_A_REQUEST = 200;
const LINGER_MS = 20;

interface Consignment {
  readonly parcel: Parcel;
  readonly id: string;
}

export class Courier {
  readonly #options: CourierOptions;
  #returned: Consignment[] = [];
  #inFlight = 0;
  #failures = 0;
  #retry: Timer | undefined;
  #linger: Timer | undefined;
  #isStopped = false;

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  /** How often in a row the subscriber has failed; 0 when it is well. */
  get failures(): number {
    return this.#failures;
  }

  /** There may be something to carry. */
  nudge(): void {
    if (this.#isStopped || this.#retry !== undefined || !this.#options.isOpen()) return;
    const most = this.#failures > 0 ? 1 : MAX_IN_FLIGHT;
    while (this.#inFlight < most) {
      const consignment = this.#returned.shift() ?? this.#pack();
      if (consignment === undefined) return;
      this.#inFlight += 1;
      void this.#carry(consignment);
    }
  }

  /** No new sends; what is on the way ends on its own and still counts when it was accepted. */
  stop(): void {
    this.#isStopped = true;
    this.#retry?.cancel();
    this.#linger?.cancel();
  }

  #pack(): Consignment | undefined {
    const { outbox, clock, newId } = this.#options;
    if (outbox.ready === 0) return undefined;
    if (this.#inFlight > 0 && outbox.ready < WORTH_A_REQUEST) {
      this.#linger ??= clock.after(LINGER_MS, () => this.#endLinger());
      return undefined;
    }
    return this.#take(newId());
  }

  #take(id: string): Consignment | undefined {
    const parcel = this.#options.outbox.take(MAX_ENTITIES, MAX_PARCEL_BYTES);
    return parcel && { parcel, id };
  }

  #endLinger(): void {
    this.#linger = undefined;
    if (this.#isStopped || this.#retry !== undefined || this.#failures > 0 || !this.#options.isOpen()) return;
    if (this.#inFlight >= MAX_IN_FLIGHT) return;
    const consignment = this.#take(this.#options.newId());
    if (consignment === undefined) return;
    this.#inFlight += 1;
    void this.#carry(consignment);
  }

  async #carry(consignment: Consignment): Promise<void> {
    const { outbox, send, onSettled } = this.#options;
    const result = await send(consignment.parcel, consignment.id);
    this.#inFlight -= 1;
    if (result.kind === 'accepted') {
      outbox.acknowledge(consignment.parcel);
      this.#failures = 0;
    } else {
      this.#returned.push(consignment);
      this.#failures += 1;
      this.#retryLater();
    }
    onSettled(result);
    this.nudge();
  }

  #retryLater(): void {
    if (this.#isStopped || this.#retry !== undefined) return;
    const { clock, schedule } = this.#options;
    this.#retry = clock.after(schedule.delayMs(this.#failures), () => {
      this.#retry = undefined;
      this.nudge();
    });
  }
}
