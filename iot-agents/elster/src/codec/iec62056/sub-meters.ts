/**
 * Meters behind a meter: the M-Bus channels of a P1 telegram (DSMR P1 companion standard 5.0.2, 6.12; the gas line of versions
 * 2.2 and 3.0, `0-n:24.3.0(stamp)(status)(minutes)(count)(obis)(unit)(value)`; Belgian `24.2.3` for gas at its own temperature).
 */

import type { DataSet } from './data-set.js';
import { type MeterTime, parseTime } from './time.js';

export interface SubMeter {
  readonly channel: number;
  /** EN 13757-3 device type: 3 gas, 4 heat, 6 warm water, 7 water, … */
  readonly deviceType?: number;
  /** Characters in hexadecimal, as sent. */
  readonly equipmentId?: string;
  readonly at?: MeterTime;
  readonly value?: string;
  readonly unit?: string;
}

type Found = Partial<Omit<SubMeter, 'channel'>>;

/** What each code of channel n adds; the rest of the address stands after `0-n:`. */
const LINES: Readonly<Record<string, (set: DataSet) => Found>> = {
  '24.1.0': ({ values }) => number('deviceType', values[0]?.value),
  '96.1.0': ({ values }) => text('equipmentId', values[0]?.value),
  '96.1.1': ({ values }) => text('equipmentId', values[0]?.value),
  '24.2.1': reading,
  '24.2.3': reading,
  '24.3.0': oldReading,
};

export function subMetersIn(sets: readonly DataSet[]): readonly SubMeter[] {
  const meters = new Map<number, SubMeter>();
  for (const set of sets) {
    const match = /^0-([1-4]):(\d+\.\d+\.\d+)(?:\*255)?$/.exec(set.address);
    const line = LINES[match?.[2] ?? ''];
    if (match === null || line === undefined) continue;
    const channel = Number(match[1]);
    meters.set(channel, { ...(meters.get(channel) ?? { channel }), ...line(set) });
  }
  return [...meters.values()];
}

function reading({ values: [stamp, value] }: DataSet): Found {
  return measured(stamp?.value, value?.value, value?.unit);
}

/** Six cells and a value, often on a line of its own. */
function oldReading({ values }: DataSet): Found {
  return values.length < 7 ? {} : measured(values[0]?.value, values[6]?.value, values[5]?.value);
}

function measured(stamp = '', value: string | undefined, unit: string | undefined): Found {
  const at = parseTime(stamp, 'stamp');
  return {
    ...(at !== undefined && { at }),
    ...(value !== undefined && { value }),
    ...(unit !== undefined && { unit }),
  };
}

function number(name: 'deviceType', text: string | undefined): Found {
  return text !== undefined && /^\d{1,3}$/.test(text) ? { [name]: Number(text) } : {};
}

function text(name: 'equipmentId', value: string | undefined): Found {
  return value === undefined || value === '' ? {} : { [name]: value };
}
