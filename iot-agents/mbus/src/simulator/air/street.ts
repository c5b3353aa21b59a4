/** A street of radio meters as one receiver hears it: each meter at its own moment, some telegrams lost, repeated, damaged or replayed by seed. */

import { type Random, seededRandom } from '@contor/kit';
import type { AirMeter } from './meter.js';

export interface AirFaults {
  /** Chances for each telegram. */
  readonly loss: number;
  readonly damage: number;
  /** A repeater says it again. */
  readonly repeat: number;
  /** Somebody plays an older one. */
  readonly replay: number;
}

export const QUIET: AirFaults = { loss: 0, damage: 0, repeat: 0, replay: 0 };

export interface Spoken {
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

/** A repeater waits until the air is free. */
const REPEATED_AFTER_MS = 1_500;

export class AirStreet {
  readonly meters: readonly AirMeter[];
  readonly #random: Random;
  readonly #faults: AirFaults;
  readonly #intervalMs: number;
  /** Of each meter, the telegram before. */
  readonly #older = new Map<string, Uint8Array>();

  constructor(meters: readonly AirMeter[], intervalMs: number, seed: string, faults: AirFaults = QUIET) {
    this.meters = meters;
    this.#intervalMs = intervalMs;
    this.#random = seededRandom(`${seed}/faults`);
    this.#faults = faults;
  }

  /** When meter number `index` speaks next after `afterMs`: each at its own place in the interval. */
  nextMs(index: number, afterMs: number): number {
    const place = (index / this.meters.length) * this.#intervalMs;
    const slot = Math.floor((afterMs - place) / this.#intervalMs) + 1;
    return slot * this.#intervalMs + place;
  }

  /** What is heard when a meter speaks. */
  speak(meter: AirMeter, atMs: number): readonly Spoken[] {
    const { loss, damage, repeat, replay } = this.#faults;
    const fresh = meter.telegram(atMs);
    const older = this.#older.get(meter.meter.id);
    this.#older.set(meter.meter.id, fresh);
    const spoken: Spoken[] = [];
    if (!this.#hits(loss)) spoken.push({ atMs, bytes: this.#hits(damage) ? this.#damaged(fresh) : fresh });
    if (this.#hits(repeat)) spoken.push({ atMs: atMs + REPEATED_AFTER_MS, bytes: fresh });
    if (older !== undefined && this.#hits(replay)) spoken.push({ atMs: atMs + REPEATED_AFTER_MS, bytes: older });
    return spoken;
  }

  #hits(chance: number): boolean {
    return chance > 0 && this.#random.next() < chance;
  }

  /** The receiver has taken the checksums off, so what it lets through is damaged behind the header. */
  #damaged(bytes: Uint8Array): Uint8Array {
    const damaged = bytes.slice();
    const at = 12 + this.#random.integer(Math.max(1, bytes.length - 12));
    damaged[at] = (damaged[at] ?? 0) ^ (1 << this.#random.integer(8));
    return damaged;
  }
}
