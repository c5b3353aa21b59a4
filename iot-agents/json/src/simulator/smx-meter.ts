/** One SMX: what its metrology part shows at any second, and the file of any minute. A pure function of seed, meter and time. */

import { createHash } from 'node:crypto';
import { SAMPLE_CITY } from '@contor/orion-config';
import { encodeAttrs } from '../codec/attrs.js';
import type { SmxFile } from '../smx/codec.js';
import { noise, seedKey } from './noise.js';
import { MeterRegisters } from './register.js';

export interface SmxMeterOptions {
  readonly seed: string;
  /** 1, 2, 3 … */
  readonly number: number;
}

export const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;
const PHASES = [1, 2, 3] as const;
const NOMINAL_V = 231;
const TAN_PHI = 0.25;
const NAME = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})Z\.jsonl$/;

export class SmxMeter {
  readonly deviceId: string;
  readonly #key: number;
  readonly #registers: MeterRegisters;

  constructor({ seed, number }: SmxMeterOptions) {
    this.deviceId = `smx-${String(number).padStart(4, '0')}`;
    this.#key = Math.floor(noise(seedKey(seed), 80, number) * 2 ** 32) | 0;
    this.#registers = new MeterRegisters({
      ...{ key: this.#key, zone: SAMPLE_CITY.timeZone, openingWh: 1_000_000 + number * 77_000, solarPeakW: 3_000 },
      ...{ registerDigits: SAMPLE_CITY.registerDigits, rollsOverAtMs: undefined },
    });
  }

  /** The second that begins at `atMs`. */
  measureAt(atMs: number): Uint8Array {
    const { importWh, exportWh } = this.#registers.at(atMs);
    const { l1W, l2W, l3W } = this.#registers.powersAt(atMs);
    const powers = [l1W, l2W, l3W];
    const values = new Map<string, number>([
      ['energyImport', importWh / 1_000],
      ['energyExport', exportWh / 1_000],
      // A quarter of the active one: enough to be seen, and exact in whole varh.
      ['reactiveEnergyImport', Math.floor(importWh * TAN_PHI) / 1_000],
      ['reactiveEnergyExport', 0],
      ['frequency', rounded(50 + (noise(7, Math.floor(atMs / SECOND_MS)) - 0.5) * 0.06, 3)],
    ]);
    for (const [index, phase] of PHASES.entries()) {
      const watts = powers[index] ?? 0;
      const volts = rounded(NOMINAL_V + (noise(this.#key, phase, atMs) - 0.5) * 3, 1);
      values.set(`powerL${phase}`, watts);
      values.set(`reactivePowerL${phase}`, rounded(watts * TAN_PHI, 1));
      values.set(`voltageL${phase}`, volts);
      values.set(`currentL${phase}`, rounded(Math.abs(watts) / volts, 3));
    }
    return encodeAttrs([{ observedMs: atMs, sequence: undefined, values, events: [] }]);
  }

  /** A line for each second of the minute. */
  file(minuteMs: number): Uint8Array {
    const lines = Array.from({ length: MINUTE_MS / SECOND_MS }, (_, second) =>
      Buffer.from(this.measureAt(minuteMs + second * SECOND_MS)).toString(),
    );
    return Buffer.from(`${lines.join('\n')}\n`);
  }

  /** Its row in the list of files. */
  fileRow(minuteMs: number): SmxFile {
    const bytes = this.file(minuteMs);
    return { name: nameOf(minuteMs), bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  }
}

export function nameOf(minuteMs: number): string {
  return `${new Date(minuteMs).toISOString().slice(0, 16).replaceAll(/[-:]/g, '')}Z.jsonl`;
}

/** Undefined: no file has this name. */
export function minuteOf(name: string): number | undefined {
  const [, year, month, day, hour, minute] = (NAME.exec(name) ?? []).map(Number);
  if (year === undefined || month === undefined) return undefined;
  const atMs = Date.UTC(year, month - 1, day, hour, minute);
  return Number.isNaN(atMs) ? undefined : atMs;
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
