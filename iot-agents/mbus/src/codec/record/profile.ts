/**
 * Compact profiles (EN 13757-3:2018, annex F): a series of values in the data of one record, forwards (VIFE 1F) or backwards
 * (VIFE 13) from a base that an earlier record of the same storage number gives.
 */

import type { MeterTime } from './date.js';
import type { MeterRecord } from './record.js';
import { bcdAt, FIELD_LENGTHS, integerAt, NO_VALUE, type RecordValue } from './value.js';

/** Spacing control: how the values differ, in which unit they are apart, and their size as in a DIF. */
const ABSOLUTE = 0;
const NEGATIVE = 2;
const BCD = 8;
const DAYS_OR_MONTHS = 3;
const MONTH = 254;
const HALF_MONTH = 253;
/** Spacing values from here on are no numbers of days. */
const NOT_DAYS = 251;
const UNIT_SECONDS = [1, 60, 3_600, 86_400] as const;
const HEAD = 2;

/** Bytes as sent; `storage` and meaning are those of the record that carries them. */
export function expandProfile(
  bytes: Uint8Array,
  record: MeterRecord,
  before: readonly MeterRecord[],
): readonly MeterRecord[] {
  const direction = directionOf(record);
  const [control = 0, spacing = 0] = bytes;
  const length = FIELD_LENGTHS[control & 0x0f] ?? 0;
  if (direction === undefined || bytes.length < HEAD || length < 1) return [];
  const base = before.find((other) => other.storage === record.storage && other.value.kind === 'time');
  const start = before.find(({ storage, quantity }) => storage === record.storage && quantity === record.quantity);
  const values = valuesOf(bytes, control, length, start?.value);
  return values.flatMap((value, index) => {
    const storage = record.storage + index + 1;
    const time =
      base?.value.kind === 'time' ? shifted(base.value.value, control, spacing, direction * (index + 1)) : undefined;
    const stamp =
      base && time
        ? [{ ...base, storage, modifiers: record.modifiers, value: { kind: 'time', value: time } as const }]
        : [];
    return [...stamp, { ...record, storage, value }];
  });
}

function directionOf({ modifiers }: MeterRecord): 1 | -1 | undefined {
  return modifiers.find(({ profile }) => profile !== undefined)?.profile;
}

function valuesOf(
  bytes: Uint8Array,
  control: number,
  length: number,
  start: RecordValue | undefined,
): readonly RecordValue[] {
  const mode = control >> 6;
  const values: RecordValue[] = [];
  let sum = start?.kind === 'integer' ? Number(start.value) : undefined;
  for (let at = HEAD; at + length <= bytes.length; at += length) {
    const isUnsigned = mode !== ABSOLUTE && mode !== 3;
    const value = (control & 0x0f) > BCD ? bcdAt(bytes, at, length) : integerAt(bytes, at, length, isUnsigned);
    if (mode === ABSOLUTE) {
      values.push(value);
      continue;
    }
    // A difference after one that is missing cannot be added to anything.
    sum =
      sum === undefined || value.kind !== 'integer'
        ? undefined
        : sum + (mode === NEGATIVE ? -1 : 1) * Number(value.value);
    values.push(sum === undefined ? NO_VALUE : { kind: 'integer', value: sum });
  }
  return values;
}

const MS = 1_000;

function shifted(base: MeterTime, control: number, spacing: number, steps: number): MeterTime | undefined {
  const unit = (control >> 4) & 3;
  if (unit === DAYS_OR_MONTHS && spacing === MONTH) return monthsFrom(base, steps);
  if (unit === DAYS_OR_MONTHS && spacing === HALF_MONTH && steps % 2 === 0) return monthsFrom(base, steps / 2);
  if (spacing === 0 || (unit === DAYS_OR_MONTHS && spacing >= NOT_DAYS)) return undefined;
  const { year, month, day, hour, minute, second } = base;
  const start = Date.UTC(year, month - 1, day, hour, minute, second ?? 0);
  const moment = new Date(start + steps * spacing * (UNIT_SECONDS[unit] ?? 1) * MS);
  return {
    ...base,
    year: moment.getUTCFullYear(),
    month: moment.getUTCMonth() + 1,
    day: moment.getUTCDate(),
    hour: moment.getUTCHours(),
    minute: moment.getUTCMinutes(),
    second: second === undefined ? undefined : moment.getUTCSeconds(),
  };
}

/** The last day of a month stays the last day. */
function monthsFrom(base: MeterTime, months: number): MeterTime {
  const count = base.year * 12 + base.month - 1 + months;
  const [year, month] = [Math.floor(count / 12), (count % 12) + 1];
  const lastDay = (y: number, m: number) => new Date(Date.UTC(y, m, 0)).getUTCDate();
  const isLast = base.day === lastDay(base.year, base.month);
  return { ...base, year, month, day: isLast ? lastDay(year, month) : Math.min(base.day, lastDay(year, month)) };
}
