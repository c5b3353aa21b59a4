/**
 * The wires: every meter hears what the master says, and who speaks at once speaks over each other. Slaves modulate their
 * current, so of two characters sent at once the master sees the bits that both leave at one. Pure: time is an argument.
 */

import type { Random } from '@contor/kit';
import { decodeFrame } from '../../codec/link/frame.js';
import { joined } from '../../session/exchange.js';
import { type Baud, bitsMs, charactersMs, USUAL_BAUD } from '../../session/timing.js';
import type { Slave } from './slave.js';

export interface BusFaults {
  /** Chance that a request, or an answer, loses a byte or has one turned. */
  readonly damage: number;
  /** Chance that an answer never comes. */
  readonly loss: number;
}

export const NO_FAULTS: BusFaults = { damage: 0, loss: 0 };

/** What comes back, and when the last character of it is through. */
export interface Heard {
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

/** A master's frame and some noise before it. */
const MAX_BUFFER = 1_024;

export class SimulatedBus {
  readonly slaves: readonly Slave[];
  baud: Baud = USUAL_BAUD;
  readonly #random: Random;
  readonly #faults: BusFaults;
  #buffer: Uint8Array = new Uint8Array(0);

  constructor(slaves: readonly Slave[], random: Random, faults: BusFaults = NO_FAULTS) {
    this.slaves = slaves;
    this.#random = random;
    this.#faults = faults;
  }

  /** `atMs`: when the master began to send; its characters leave at the rate of the bus. */
  hear(bytes: Uint8Array, atMs: number): readonly Heard[] {
    this.#buffer = joined(this.#buffer, this.#damaged(bytes)).slice(-MAX_BUFFER);
    const heard: Heard[] = [];
    let sentMs = atMs;
    while (this.#buffer.length > 0) {
      const decoded = decodeFrame(this.#buffer);
      // A request cut short is forgotten when the bus falls quiet, which it does before the master asks again.
      if (decoded.kind === 'pending') break;
      this.#buffer = this.#buffer.slice(decoded.used);
      sentMs += charactersMs(decoded.used, this.baud);
      if (decoded.kind === 'garbage') continue;
      const answers = this.slaves.flatMap((slave) => {
        // At another rate a meter hears noise.
        const answer = slave.baud === this.baud ? slave.hear(decoded.value, sentMs) : undefined;
        return answer === undefined || this.#random.next() < this.#faults.loss
          ? []
          : [{ startMs: sentMs + bitsMs(slave.answerDelayBits, this.baud), bytes: answer }];
      });
      const merged = merge(answers, charactersMs(1, this.baud));
      if (merged !== undefined) heard.push({ ...merged, bytes: this.#damaged(merged.bytes) });
    }
    return heard;
  }

  /** The bus fell quiet: half a frame is none. */
  forget(): void {
    this.#buffer = new Uint8Array(0);
  }

  #damaged(bytes: Uint8Array): Uint8Array {
    if (bytes.length === 0 || this.#random.next() >= this.#faults.damage) return bytes;
    const at = this.#random.integer(bytes.length);
    if (this.#random.next() < 0.5) return Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + 1));
    const turned = bytes.slice();
    turned[at] = (turned[at] ?? 0) ^ (1 << this.#random.integer(8));
    return turned;
  }
}

interface Spoken {
  readonly startMs: number;
  readonly bytes: Uint8Array;
}

const IDLE = 0xff;

function merge(spoken: readonly Spoken[], characterMs: number): Heard | undefined {
  if (spoken.length === 0) return undefined;
  const startMs = Math.min(...spoken.map((one) => one.startMs));
  const endMs = Math.max(...spoken.map((one) => one.startMs + one.bytes.length * characterMs));
  const [only] = spoken;
  if (spoken.length === 1 && only !== undefined) return { atMs: endMs, bytes: only.bytes };
  const bytes = new Uint8Array(Math.ceil((endMs - startMs) / characterMs)).fill(IDLE);
  for (const one of spoken) {
    const offset = Math.round((one.startMs - startMs) / characterMs);
    for (const [at, byte] of one.bytes.entries()) {
      const slot = offset + at;
      if (slot < bytes.length) bytes[slot] = (bytes[slot] ?? IDLE) & byte;
    }
  }
  return { atMs: endMs, bytes };
}
