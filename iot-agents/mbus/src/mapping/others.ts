/**
 * What no row of the model names is kept all the same: on the Device entity, with quantity, unit and value, for whoever looks. It is
 * the newest of each telegram and no history; the frame itself is kept where frames are kept.
 */

import type { Device, State } from '@contor/agent-kit';
import { toHex } from '@contor/kit';
import { entity } from '@contor/orion-config';
import { formatTime } from '../codec/record/date.js';
import { numberOf } from '../codec/record/number.js';
import type { MeterRecord } from '../codec/record/record.js';

export interface OtherRecord {
  readonly quantity: string;
  readonly unit: string;
  readonly value: number | string | null;
  readonly function?: string;
  readonly storage?: number;
  readonly tariff?: number;
  readonly subunit?: number;
  readonly modifiers?: readonly string[];
}

/** A telegram of storages has some sixty; an entity is no place for a profile. */
const MOST_RECORDS = 100;
/** Of a text or the bytes of a maker. */
const LONGEST_VALUE = 512;

export function otherRecords(records: readonly MeterRecord[]): readonly OtherRecord[] {
  return records
    .filter(({ function: kind }) => kind !== 'moreFollows')
    .slice(0, MOST_RECORDS)
    .map(shown);
}

function shown(record: MeterRecord): OtherRecord {
  const { function: kind, storage, tariff, subunit, modifiers, quantity, unit } = record;
  return {
    quantity: quantity === '' ? 'Manufacturer specific' : quantity,
    unit,
    value: shownValue(record),
    ...(kind !== 'instantaneous' && { function: kind }),
    ...(storage !== 0 && { storage }),
    ...(tariff !== 0 && { tariff }),
    ...(subunit !== 0 && { subunit }),
    ...(modifiers.length > 0 && { modifiers: modifiers.map(({ name }) => name) }),
  };
}

function shownValue(record: MeterRecord): number | string | null {
  const { value } = record;
  switch (value.kind) {
    case 'integer':
    case 'real':
      return numberOf(record) ?? null;
    case 'text':
      return value.value.slice(0, LONGEST_VALUE);
    case 'time':
      return formatTime(value.value);
    case 'bytes':
      return toHex(value.value).slice(0, LONGEST_VALUE);
    default:
      return null;
  }
}

export function othersState(device: Device, records: readonly MeterRecord[], atMs: number): State | undefined {
  const others = otherRecords(records);
  if (others.length === 0) return undefined;
  const about = entity('Device', device.refDevice).property('meterRecords', others);
  return { entity: about.build(), timeMs: atMs, isOneOff: false };
}
