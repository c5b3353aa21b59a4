/** How rows of the maker tables read bytes: small readers at fixed places, put together in the row. */

import { WireError } from '@contor/kit';
import type { MeterTime } from '../record/date.js';
import { readTime } from '../record/date.js';
import type { MeterRecord } from '../record/record.js';
import { bcdAt, integerAt, type RecordValue } from '../record/value.js';

export type Read = (bytes: Uint8Array) => RecordValue;

export interface FieldRow {
  readonly quantity: string;
  readonly unit?: string;
  readonly exponent?: number;
  readonly factor?: number;
  readonly storage?: number;
  readonly function?: MeterRecord['function'];
  readonly value: Read;
}

const NO_MODIFIERS = [] as const;

export function fieldRecord(row: FieldRow, bytes: Uint8Array): MeterRecord {
  const { quantity, unit = '', exponent = 0, factor = 1, storage = 0, function: kind = 'instantaneous' } = row;
  return {
    function: kind,
    storage,
    tariff: 0,
    subunit: 0,
    quantity,
    unit,
    exponent,
    factor,
    value: row.value(bytes),
    modifiers: NO_MODIFIERS,
    makerBytes: undefined,
    asVif: undefined,
    at: 0,
    dataAt: 0,
    end: bytes.length,
  };
}

export function short(expected: number, actual: number): WireError {
  return new WireError('mbus.maker.short', "The bytes end within the maker's data.", { expected, actual });
}

export const integer = (value: number): RecordValue => ({ kind: 'integer', value });
export const real = (value: number): RecordValue => ({ kind: 'real', value });
export const text = (value: string): RecordValue => ({ kind: 'text', value });
export const noValue = (bytes: Uint8Array): RecordValue => ({ kind: 'invalid', bytes });

/** Little-endian and unsigned. */
export function uint(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let index = at + length - 1; index >= at; index -= 1) value = value * 256 + (bytes[index] ?? 0);
  return value;
}

export const unsigned =
  (at: number, length: number): Read =>
  (bytes) =>
    integerAt(bytes, at, length, true);
export const signed =
  (at: number, length: number): Read =>
  (bytes) =>
    integerAt(bytes, at, length, false);
export const bcd =
  (at: number, length: number): Read =>
  (bytes) =>
    bcdAt(bytes, at, length);
/** Type G of EN 13757-3, annex A. */
export const date =
  (at: number): Read =>
  (bytes) =>
    timeValue(readTime(bytes, at, 2), bytes.subarray(at, at + 2));

export function timeValue(time: MeterTime | undefined, bytes: Uint8Array): RecordValue {
  return time === undefined ? noValue(bytes) : { kind: 'time', value: time };
}

export function dayOf(year: number, month: number, day: number): MeterTime | undefined {
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  return { type: 'date', year, month, day, hour: 0, minute: 0, second: undefined, isSummerTime: false };
}

/** Day, month and year one above the other in a word: five, four and seven bits. */
export const packedDate =
  (at: number): Read =>
  (bytes) => {
    const word = uint(bytes, at, 2);
    return timeValue(dayOf(2000 + (word >> 9), (word >> 5) & 0x0f, word & 0x1f), bytes.subarray(at, at + 2));
  };

/** Two decimal digits of a byte; not a number where a digit is none. */
export function digits(byte = 0): number {
  const [high, low] = [byte >> 4, byte & 0x0f];
  return high > 9 || low > 9 ? Number.NaN : high * 10 + low;
}

/** Of this and what went before: named by the set bits. */
export function flags(byte: number, names: Readonly<Record<number, string>>): RecordValue {
  const set = Object.entries(names)
    .filter(([mask]) => (byte & Number(mask)) !== 0)
    .map(([, name]) => name);
  return text(set.join(' '));
}

export const VOLUME = { quantity: 'Volume', unit: 'm^3' } as const;
export const COST_UNITS = { quantity: 'H.C.A.', unit: 'Units for H.C.A.' } as const;
export const DATE = { quantity: 'Time point (date)', unit: '-' } as const;
export const DATE_TIME = { quantity: 'Time point (date & time)', unit: '-' } as const;
