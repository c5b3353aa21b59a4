/** Faults by seed: what a noisy or broken meter does to a message on its way out. All off by default. */

import { noise, seedKey } from './noise.js';

export interface FaultRates {
  /** The message is lost inside the meter; it believes that it was sent. */
  readonly drop: number;
  /** Sent twice. */
  readonly duplicate: number;
  /** Kept back until the message after it has been sent. */
  readonly reorder: number;
  /** Preceded by half of itself: the receiver must refuse that and take the next. */
  readonly badJson: number;
}

export const NO_FAULTS: FaultRates = { drop: 0, duplicate: 0, reorder: 0, badJson: 0 };

/** What to publish instead of one good message, and whether it waits for the next one. */
export interface Disturbed {
  readonly payloads: readonly Uint8Array[];
  readonly isKeptBack: boolean;
}

export function disturb(
  payload: Uint8Array,
  rates: FaultRates,
  seed: string,
  meter: number,
  slotMs: number,
): Disturbed {
  const hits = (fault: number, rate: number): boolean =>
    rate > 0 && noise(seedKey(seed), 60 + fault, meter, slotMs) < rate;
  if (hits(0, rates.drop)) return { payloads: [], isKeptBack: false };
  const payloads = [payload];
  if (hits(1, rates.duplicate)) payloads.push(payload);
  if (hits(3, rates.badJson)) payloads.unshift(payload.subarray(0, Math.floor(payload.length / 2)));
  return { payloads, isKeptBack: hits(2, rates.reorder) };
}
