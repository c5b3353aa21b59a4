/**
 * A home with a one-second meter: active and reactive power from voltage and current, as a pure function of seed, home and time. So a pause leaves no
 * hole that a test could not fill in, and two runs with one seed say the same.
 */

import { SAMPLE_CITY } from '@contor/orion-config';
import { encodeAttrs } from '../codec/attrs.js';
import { noise, seedKey } from './noise.js';
import { MeterRegisters } from './register.js';

export interface HomeOptions {
  readonly seed: string;
  /** 1, 2, 3 … */
  readonly number: number;
  /** Its clock gains so much in a day. */
  readonly driftMsADay?: number | undefined;
}

const NOMINAL_V = 231;
const DAY_MS = 86_400_000;

export class OneSecondHome {
  readonly deviceId: string;
  readonly number: number;
  readonly #key: number;
  readonly #registers: MeterRegisters;
  readonly #driftMsADay: number;

  constructor({ seed, number, driftMsADay = 0 }: HomeOptions) {
    this.number = number;
    this.deviceId = `home-${String(number).padStart(4, '0')}`;
    this.#key = Math.floor(noise(seedKey(seed), 90, number) * 2 ** 32) | 0;
    this.#driftMsADay = driftMsADay;
    this.#registers = new MeterRegisters({
      ...{ key: this.#key, zone: SAMPLE_CITY.timeZone, openingWh: 0, solarPeakW: 0 },
      ...{ registerDigits: SAMPLE_CITY.registerDigits, rollsOverAtMs: undefined },
    });
  }

  /** What it says of the second that begins at `atMs`, `sinceMs` after its clock was last set. */
  message(atMs: number, sinceMs = 0): Uint8Array {
    const { l1W, l2W, l3W } = this.#registers.powersAt(atMs);
    const powerW = l1W + l2W + l3W;
    // Motors and power supplies: between cos φ 0.9 and 1, slowly changing.
    const tangent = 0.05 + 0.4 * noise(this.#key, 91, Math.floor(atMs / 60_000));
    const reactive = rounded(powerW * tangent, 1);
    const voltage = rounded(NOMINAL_V + 3 * Math.sin(atMs / 5_400_000) + (noise(this.#key, 92, atMs) - 0.5) * 1.2, 1);
    const current = rounded(Math.hypot(powerW, reactive) / voltage, 3);
    const values = new Map(Object.entries({ power: rounded(powerW, 1), reactivePower: reactive, voltage, current }));
    const observedMs = atMs + Math.round((this.#driftMsADay * sinceMs) / DAY_MS);
    return encodeAttrs([{ observedMs, sequence: undefined, values, events: [] }]);
  }
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
