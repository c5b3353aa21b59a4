/** What one meter of the street says: its ten-second messages and its load profile, from registers that need no memory. */

import { SAMPLE_CITY } from '@contor/orion-config';
import { encodeAttrs, type Scalar } from '../codec/attrs.js';
import { encodeProfile } from '../codec/profile.js';
import { noise, seedKey } from './noise.js';
import { MeterRegisters } from './register.js';

export const LIVE_MS = SAMPLE_CITY.reportingIntervalSeconds * 1_000;
export const INTERVAL_MS = SAMPLE_CITY.profileIntervalSeconds * 1_000;

export interface MeterOptions {
  readonly seed: string;
  /** 1, 2, 3 … */
  readonly number: number;
  readonly rollsOverAtMs?: number | undefined;
}

interface EventRow {
  readonly word: string;
  /** How likely in one message. */
  readonly chance: number;
}

const MESSAGES_A_DAY = 8_640;
const EVENTS = [
  { word: 'voltageSag', chance: 1 / (MESSAGES_A_DAY * 2) },
  { word: 'coverOpened', chance: 1 / (MESSAGES_A_DAY * 30) },
] as const satisfies readonly EventRow[];

const SAG_V = 38;
const NOMINAL_V = 231;
/** Sequence numbers count ten-second slots since then. */
const FIRST_SLOT_MS = Date.UTC(2026, 0, 1);
/** Meters do not speak all at once: each sends this much after its slot begins, at the most. */
const LARGEST_SHIFT_MS = 1_500;

export class SimulatedMeter {
  readonly deviceId: string;
  readonly number: number;
  readonly shiftMs: number;
  readonly registers: MeterRegisters;
  readonly #key: number;

  constructor({ seed, number, rollsOverAtMs }: MeterOptions) {
    const house = SAMPLE_CITY.houses[number - 1];
    this.number = number;
    this.deviceId = house?.deviceLocalId ?? `e350-${String(number).padStart(4, '0')}`;
    this.#key = Math.floor(noise(seedKey(seed), number) * 2 ** 32) | 0;
    this.shiftMs = Math.floor(noise(this.#key, 30) * LARGEST_SHIFT_MS);
    this.registers = new MeterRegisters({
      key: this.#key,
      zone: SAMPLE_CITY.timeZone,
      openingWh: (house?.openingRegister ?? 2_000 + (number % 1_000) * 611) * 1_000,
      solarPeakW: house?.solarPeakW ?? (number % 5 === 0 ? 4_000 : 0),
      registerDigits: SAMPLE_CITY.registerDigits,
      rollsOverAtMs,
    });
  }

  /** The eight values and events of the slot that begins at `slotMs`. */
  liveMessage(slotMs: number): Uint8Array {
    const { importWh, exportWh } = this.registers.at(slotMs);
    const { l1W, l2W, l3W } = this.registers.powersAt(slotMs);
    const events = this.eventsAt(slotMs);
    const isSagging = events.includes('voltageSag');
    const values = new Map<string, Scalar>([
      ['energyImport', importWh / 1_000],
      ['energyExport', exportWh / 1_000],
      ['powerL1', l1W],
      ['powerL2', l2W],
      ['powerL3', l3W],
      ['voltageL1', this.#voltage(1, slotMs, isSagging)],
      ['voltageL2', this.#voltage(2, slotMs, isSagging)],
      ['voltageL3', this.#voltage(3, slotMs, isSagging)],
    ]);
    const sequence = Math.max(0, Math.floor((slotMs - FIRST_SLOT_MS) / LIVE_MS));
    return encodeAttrs([{ observedMs: slotMs, sequence, values, events }]);
  }

  /** Words, now and then. */
  eventsAt(slotMs: number): readonly string[] {
    const happening = EVENTS.filter(({ chance }, index) => noise(this.#key, 40 + index, slotMs) < chance);
    return happening.map(({ word }) => word);
  }

  /** The stored registers from `startMs` to the end of the `count`-th interval after it. */
  profileMessage(startMs: number, count: number): Uint8Array {
    const registers = Array.from({ length: count + 1 }, (_, index) => this.registers.at(startMs + index * INTERVAL_MS));
    return encodeProfile({
      intervalSeconds: INTERVAL_MS / 1_000,
      startMs,
      registers: new Map([
        ['energyImport', registers.map(({ importWh }) => importWh / 1_000)],
        ['energyExport', registers.map(({ exportWh }) => exportWh / 1_000)],
      ]),
    });
  }

  /** One decimal, as an E350 shows it: a slow swing of the grid and a flicker of the phase. */
  #voltage(phase: number, slotMs: number, isSagging: boolean): number {
    const swing = 2.5 * Math.sin(slotMs / 5_400_000 + phase);
    const flicker = (noise(this.#key, 50 + phase, slotMs) - 0.5) * 1.6;
    return Math.round((NOMINAL_V + swing + flicker - (isSagging && phase === 1 ? SAG_V : 0)) * 10) / 10;
  }
}
