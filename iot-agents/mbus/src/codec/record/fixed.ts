/** Fixed data structure, CI 73 (EN 13757-3:2004, 5; dropped in 2013, still sent by old meters): two counters. */

import { WireError } from '@contor/kit';
import { idAt } from '../header/address.js';
import type { MeterRecord } from './record.js';
import { bcdAt, integerAt } from './value.js';

export interface FixedData {
  readonly id: string;
  readonly accessNumber: number;
  readonly status: number;
  readonly medium: number;
  readonly records: readonly MeterRecord[];
}

export const FIXED_LENGTH = 16;

interface UnitRow {
  readonly from: number;
  readonly quantity: string;
  readonly unit: string;
  readonly exponent: number;
}

/** Table of the six unit bits; each row goes on, a power of ten a step, until the next begins. */
const UNITS: readonly UnitRow[] = [
  { from: 0x02, quantity: 'Energy', unit: 'Wh', exponent: 0 },
  { from: 0x0b, quantity: 'Energy', unit: 'J', exponent: 3 },
  { from: 0x14, quantity: 'Power', unit: 'W', exponent: 0 },
  { from: 0x1d, quantity: 'Power', unit: 'J/h', exponent: 3 },
  { from: 0x26, quantity: 'Volume', unit: 'm^3', exponent: -6 },
  { from: 0x2f, quantity: 'Volume flow', unit: 'm^3/h', exponent: -6 },
  { from: 0x38, quantity: 'Temperature', unit: '°C', exponent: -3 },
  { from: 0x39, quantity: 'H.C.A.', unit: 'Units for H.C.A.', exponent: 0 },
  { from: 0x3a, quantity: 'Reserved', unit: '', exponent: 0 },
];
const SAME_AS_FIRST = 0x3e;
const NO_UNIT: UnitRow = { from: 0x3f, quantity: '', unit: '', exponent: 0 };

/** Status bits 0 and 1: counters in binary instead of BCD; stored at a fixed date instead of now. */
const IS_BINARY = 0x01;
const IS_STORED = 0x02;

export function decodeFixed(bytes: Uint8Array): FixedData | WireError {
  if (bytes.length !== FIXED_LENGTH) {
    const context = { expected: FIXED_LENGTH, actual: bytes.length };
    return new WireError('mbus.fixed.length', 'Fixed data have 16 bytes.', context);
  }
  const [status = 0, first = 0, second = 0] = [bytes[5], bytes[6], bytes[7]];
  const unitOfFirst = unitOf(first & 0x3f);
  const unitOfSecond = (second & 0x3f) === SAME_AS_FIRST ? unitOfFirst : unitOf(second & 0x3f);
  return {
    id: idAt(bytes, 0),
    accessNumber: bytes[4] ?? 0,
    status,
    medium: (first >> 6) | ((second >> 6) << 2),
    records: [counter(bytes, 8, status, unitOfFirst, 0), counter(bytes, 12, status, unitOfSecond, 1)],
  };
}

function unitOf(bits: number): UnitRow {
  const row = UNITS.findLast(({ from }) => from <= bits);
  if (row === undefined || bits === NO_UNIT.from || row.unit === '') return NO_UNIT;
  return { ...row, exponent: row.exponent + bits - row.from };
}

function counter(bytes: Uint8Array, at: number, status: number, unit: UnitRow, subunit: number): MeterRecord {
  const value = (status & IS_BINARY) === 0 ? bcdAt(bytes, at, 4) : integerAt(bytes, at, 4, true);
  return {
    function: 'instantaneous',
    storage: subunit === 1 && (status & IS_STORED) !== 0 ? 1 : 0,
    tariff: 0,
    subunit,
    quantity: unit.quantity,
    unit: unit.unit,
    exponent: unit.exponent,
    factor: 1,
    value,
    modifiers: [],
    makerBytes: undefined,
    asVif: undefined,
    at,
    dataAt: at,
    end: at + 4,
  };
}
