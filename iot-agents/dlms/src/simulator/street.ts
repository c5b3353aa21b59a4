/**
 * Many simulated meters behind one line, as behind a concentrator: the n-th is logical device n over the wrapper, and physical
 * device n over HDLC. Everything about a meter comes from the seed of the street and its number.
 */

import { createHash } from 'node:crypto';
import type { Random } from '@contor/kit';
import type { HdlcParameters } from '../codec/hdlc/parameters.js';
import { eitherServerLink, type ServerLink } from '../session/link/server-link.js';
import { uniform } from './load.js';
import { SimulatedMeter } from './meter.js';

export interface StreetOptions {
  readonly meters: number;
  readonly seed: number;
  readonly random: Random;
  readonly clockMs: () => number;
  readonly prefersGeneralBlocks?: boolean;
}

export interface SimulatedSecurity {
  readonly title: Uint8Array;
  readonly encryptionKey: Uint8Array;
  readonly authenticationKey: Uint8Array;
}

/** Physical addresses of HDLC begin here; those below are reserved (IEC 62056-46, 6.4.2.4). */
const FIRST_PHYSICAL = 16;
/** The password of every simulated meter; it guards nothing. */
export const SIMULATED_PASSWORD = 'canary-lls';
const HDLC_GRANT: HdlcParameters = {
  maxInformationTransmit: 512,
  maxInformationReceive: 512,
  windowTransmit: 7,
  windowReceive: 1,
};
const MOST_DRIFT_MS = 4_000;

export class SimulatedStreet {
  readonly #options: StreetOptions;
  /** Made when somebody knocks: a street of thousands costs what is used of it. */
  readonly #meters = new Map<number, SimulatedMeter>();

  constructor(options: StreetOptions) {
    this.#options = options;
  }

  /** From 1. */
  meter(number: number): SimulatedMeter | undefined {
    const { meters, seed, random, clockMs, prefersGeneralBlocks = false } = this.#options;
    if (number < 1 || number > meters) return undefined;
    const known = this.#meters.get(number);
    if (known !== undefined) return known;
    const serial = serialOf(seed, number);
    const meter = new SimulatedMeter({
      ...simulatedSecurity(serial),
      seed: seed * 100_003 + number,
      serial,
      password: Buffer.from(SIMULATED_PASSWORD),
      driftMsPerDay: Math.round((uniform(seed, number) - 0.5) * 2 * MOST_DRIFT_MS),
      prefersGeneralBlocks,
      random,
      clockMs,
    });
    this.#meters.set(number, meter);
    return meter;
  }

  /** What answers on one line. */
  link(): ServerLink {
    return eitherServerLink(
      (client, device, physical) =>
        this.meter(
          physical === undefined || physical < FIRST_PHYSICAL ? device : physical - FIRST_PHYSICAL + 1,
        )?.session(client),
      HDLC_GRANT,
    );
  }
}

export function physicalAddressOf(number: number): number {
  return FIRST_PHYSICAL + number - 1;
}

export function serialOf(seed: number, number: number): string {
  return String(70_000_000 + seed * 10_000 + number).slice(-8);
}

/** Keys of a meter that exists only in memory: anybody may know them. */
export function simulatedSecurity(serial: string): SimulatedSecurity {
  const digest = (use: string) => new Uint8Array(createHash('sha256').update(`canary ${use} ${serial}`).digest());
  const title = new Uint8Array(8);
  title.set(Buffer.from('CTR'));
  title.set(Buffer.from(serial.padStart(10, '0'), 'hex'), 3);
  return {
    title,
    encryptionKey: digest('encryption').slice(0, 16),
    authenticationKey: digest('authentication').slice(0, 16),
  };
}
