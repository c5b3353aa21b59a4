/** What each kind of simulated meter says: its records, telegram by telegram (EN 13757-3, 6). */

import type { MeterTime } from '../../codec/record/date.js';
import { encodeRecord, type RecordSpec } from '../../codec/record/encode.js';
import { heatPlant, volumePlant } from './plant.js';

export type BusKind = 'heat' | 'water' | 'gas';

/** Of a kind of meter at an instant: the records of each telegram, the last one without DIF 1F. */
export type Readout = (atMs: number) => readonly Uint8Array[];

export interface KindRow {
  readonly kind: BusKind;
  readonly manufacturer: string;
  readonly version: number;
  readonly deviceType: number;
  readout(seed: string): Readout;
}

const MORE = Uint8Array.of(0x1f);
const MONTHS_STORED = 12;
const MONTH_MS = 30 * 86_400_000;

export const BUS_KINDS = [
  { kind: 'heat', manufacturer: 'KAM', version: 0x1b, deviceType: 4, readout: heatReadout },
  { kind: 'water', manufacturer: 'HYD', version: 0x85, deviceType: 7, readout: waterReadout },
  { kind: 'gas', manufacturer: 'ELS', version: 0x0a, deviceType: 3, readout: gasReadout },
] as const satisfies readonly KindRow[];

/** The seven values of a district heating meter and its clock; in a second telegram the energies of a year's months. */
function heatReadout(seed: string): Readout {
  const plant = heatPlant(seed);
  return (atMs) => {
    const now = plant(atMs);
    const months = Array.from({ length: MONTHS_STORED }, (_, month) =>
      whole('int32', [0x06], plant(monthStart(atMs, month)).energyKwh, { storage: month + 1 }),
    );
    return [
      records(
        [
          whole('int32', [0x06], now.energyKwh),
          whole('int32', [0x13], now.volumeM3 * 1_000),
          whole('int32', [0x2b], now.powerW),
          whole('int32', [0x2b], now.peakPowerW, { function: 'maximum' }),
          whole('int32', [0x3b], now.flowM3h * 1_000),
          whole('int16', [0x59], now.forwardC * 100),
          whole('int16', [0x5d], now.returnC * 100),
          whole('int16', [0x61], (now.forwardC - now.returnC) * 100),
          { field: 'int32', vib: Uint8Array.of(0x6d), value: { kind: 'time', value: meterTime(atMs) } },
          whole('int16', [0xfd, 0x17], 0),
        ],
        MORE,
      ),
      records(months),
    ];
  };
}

function waterReadout(seed: string): Readout {
  const plant = volumePlant(seed, 0.01, 0.08);
  return (atMs) => {
    const { volumeM3, flowM3h } = plant(atMs);
    return [
      records([
        whole('bcd8', [0x13], volumeM3 * 1_000),
        whole('bcd8', [0x93, 0x3c], 12),
        whole('int16', [0x3b], flowM3h * 1_000),
        whole('int8', [0xfd, 0x17], 0),
      ]),
    ];
  };
}

function gasReadout(seed: string): Readout {
  const plant = volumePlant(seed, 0.2, 1.5);
  return (atMs) => {
    const { volumeM3, flowM3h } = plant(atMs);
    return [
      records([
        whole('bcd8', [0x14], volumeM3 * 100),
        whole('int16', [0x3b], flowM3h * 1_000),
        whole('int16', [0x65], 1_200 + 300 * Math.sin(atMs / 20_000_000)),
      ]),
    ];
  };
}

function monthStart(atMs: number, monthsBack: number): number {
  return atMs - (atMs % MONTH_MS) - monthsBack * MONTH_MS;
}

export function whole(
  field: RecordSpec['field'],
  vib: readonly number[],
  value: number,
  more: Partial<RecordSpec> = {},
): RecordSpec {
  return { ...more, field, vib: Uint8Array.from(vib), value: { kind: 'integer', value: Math.floor(value) } };
}

export function records(specs: readonly RecordSpec[], tail: Uint8Array = new Uint8Array(0)): Uint8Array {
  return new Uint8Array(Buffer.concat([...specs.map(encodeRecord), tail]));
}

/** Simulated meters keep UTC. */
export function meterTime(atMs: number): MeterTime {
  const at = new Date(atMs);
  return {
    type: 'dateTime',
    year: at.getUTCFullYear(),
    month: at.getUTCMonth() + 1,
    day: at.getUTCDate(),
    hour: at.getUTCHours(),
    minute: at.getUTCMinutes(),
    second: at.getUTCSeconds(),
    isSummerTime: false,
  };
}
