/**
 * A radio meter by seed: water, heat, gas, a heat cost allocator, in the security modes that such meters have in the field. Counters
 * are of the clock, so that they go on growing when the street is started again.
 */

import { createHash } from 'node:crypto';
import { seededRandom } from '@contor/kit';
import type { MeterAddress } from '../../codec/header/address.js';
import { encodeLink } from '../../codec/radio/link.js';
import { ellTelegram, mode5Telegram, mode7Telegram, plainTelegram, type SealRequest } from '../../codec/radio/seal.js';
import { heatPlant, volumePlant } from '../bus/plant.js';
import { meterTime, records, whole } from '../bus/readout.js';

export type AirSecurity = 'plain' | 'mode 5' | 'mode 7' | 'ELL';

interface AirRow {
  readonly kind: 'water' | 'heat' | 'gas' | 'allocator';
  readonly manufacturer: string;
  readonly version: number;
  readonly deviceType: number;
  readonly security: AirSecurity;
  readings(seed: string): (atMs: number) => Uint8Array;
}

/** One after the other along the street. */
export const AIR_KINDS = [
  { kind: 'water', manufacturer: 'BMT', version: 0x17, deviceType: 7, security: 'mode 5', readings: water },
  { kind: 'heat', manufacturer: 'KAM', version: 0x30, deviceType: 4, security: 'ELL', readings: heat },
  { kind: 'gas', manufacturer: 'ELS', version: 0x12, deviceType: 3, security: 'mode 7', readings: gas },
  { kind: 'water', manufacturer: 'BMT', version: 0x17, deviceType: 6, security: 'mode 7', readings: water },
  { kind: 'allocator', manufacturer: 'EFE', version: 0x00, deviceType: 8, security: 'plain', readings: allocator },
] as const satisfies readonly AirRow[];

export interface AirMeterOptions {
  readonly seed: string;
  /** 1, 2, 3 … */
  readonly number: number;
  /** Field 13 of a Hydrodigit: its pipe has burst. */
  readonly isLeaking?: boolean;
}

const FIRST_ID = 60_000_000;
const SEND_NO_REPLY = 0x44;
const EPOCH_MS = Date.UTC(2024, 0, 1);
/** The time in a session number has 25 bits: minutes since the epoch, as the standard counts them, are enough for decades. */
const SESSION_BITS = 29;
const PERMANENT_FLOW = 0x03;

export class AirMeter {
  readonly meter: MeterAddress;
  readonly kind: AirRow['kind'];
  readonly security: AirSecurity;
  readonly key: Uint8Array;
  readonly #readings: (atMs: number) => Uint8Array;
  readonly #status: number;

  constructor({ seed, number, isLeaking = false }: AirMeterOptions) {
    const row: AirRow = AIR_KINDS[(number - 1) % AIR_KINDS.length] ?? AIR_KINDS[0];
    const { manufacturer, version, deviceType } = row;
    const random = seededRandom(`${seed}/air`);
    const base = FIRST_ID + random.integer(20_000_000);
    this.meter = { id: String(base + number * 7), manufacturer, version, deviceType };
    this.kind = row.kind;
    this.security = row.security;
    this.key = keyOf(seed, number);
    this.#readings = row.readings(`${seed}/air/${number}`);
    this.#status = isLeaking ? PERMANENT_FLOW : 0;
  }

  /** From the L field on, without checksums. `isForcedPlain`: somebody speaks in its name who has no key. */
  telegram(atMs: number, isForcedPlain = false): Uint8Array {
    const { meter, key } = this;
    const seconds = Math.floor((atMs - EPOCH_MS) / 1_000);
    const request: SealRequest = {
      meter,
      accessNumber: seconds & 0xff,
      status: this.#status,
      records: this.#readings(atMs),
    };
    const security = isForcedPlain ? 'plain' : this.security;
    const data = SEALS[security](request, key, seconds);
    return encodeLink({ control: SEND_NO_REPLY, sender: meter, data }, 'bare');
  }
}

const SEALS: Readonly<Record<AirSecurity, (request: SealRequest, key: Uint8Array, count: number) => Uint8Array>> = {
  plain: (request) => plainTelegram(request),
  'mode 5': (request, key) => mode5Telegram(request, key),
  'mode 7': (request, key, count) => mode7Telegram(request, key, count),
  ELL: (request, key, count) => ellTelegram(request, key, count % 2 ** SESSION_BITS),
};

/** Made up from the seed: the street and whoever provisions it agree without telling each other. */
export function keyOf(seed: string, number: number): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`${seed}/key/${number}`).digest().subarray(0, 16));
}

function water(seed: string): (atMs: number) => Uint8Array {
  const plant = volumePlant(seed, 0.01, 0.08);
  return (atMs) => {
    const { volumeM3, flowM3h } = plant(atMs);
    return records([
      whole('int32', [0x13], volumeM3 * 1_000),
      whole('int16', [0x3b], flowM3h * 1_000),
      { field: 'int32', vib: Uint8Array.of(0x6d), value: { kind: 'time', value: meterTime(atMs) } },
    ]);
  };
}

function heat(seed: string): (atMs: number) => Uint8Array {
  const plant = heatPlant(seed);
  return (atMs) => {
    const now = plant(atMs);
    return records([
      whole('int32', [0x06], now.energyKwh / 20),
      whole('int32', [0x14], (now.volumeM3 / 20) * 100),
      whole('int16', [0x3b], (now.flowM3h / 20) * 1_000),
      whole('int16', [0x59], now.forwardC * 100),
      whole('int16', [0x5d], now.returnC * 100),
      whole('int32', [0x2b], now.powerW / 20),
    ]);
  };
}

function gas(seed: string): (atMs: number) => Uint8Array {
  const plant = volumePlant(seed, 0.1, 0.6);
  return (atMs) => records([whole('bcd8', [0x14], plant(atMs).volumeM3 * 100)]);
}

function allocator(seed: string): (atMs: number) => Uint8Array {
  const plant = volumePlant(seed, 0.01, 0.2);
  return (atMs) =>
    records([
      whole('bcd6', [0x6e], plant(atMs).volumeM3),
      whole('int16', [0x59], 3_000 + 1_500 * Math.sin(atMs / 9_000_000)),
    ]);
}
