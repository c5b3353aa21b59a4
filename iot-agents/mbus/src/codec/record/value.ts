/**
 * Data fields into values (EN 13757-3:2018, 6.3 and annex A). Integers stay integers. What the standard marks as no value
 * (a hexadecimal digit in a BCD number, the most negative integer, NaN) becomes `invalid`, never a number.
 */

import { type MeterTime, readTime } from './date.js';
import type { ValueKind } from './vif-row.js';

export type RecordValue =
  | { readonly kind: 'integer'; readonly value: number | bigint }
  | { readonly kind: 'real'; readonly value: number }
  | { readonly kind: 'time'; readonly value: MeterTime }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'none' }
  | { readonly kind: 'invalid'; readonly bytes: Uint8Array };

export const NO_VALUE: RecordValue = { kind: 'none' };

/** Bytes of each data field (table 4); LVAR says its own, and the special functions are no data fields. */
export const FIELD_LENGTHS = [0, 1, 2, 3, 4, 4, 6, 8, 0, 1, 2, 3, 4, -1, 6, -1] as const;
const REAL = 0x05;
const BCD = 0x08;

export function readField(bytes: Uint8Array, at: number, field: number, kind: ValueKind): RecordValue {
  const length = FIELD_LENGTHS[field] ?? 0;
  if (length === 0) return NO_VALUE;
  if (field === REAL) return realAt(bytes, at);
  if (field > BCD) return bcdAt(bytes, at, length);
  if (kind === 'date' || kind === 'dateTime') {
    const time = readTime(bytes, at, length);
    if (time !== undefined) return { kind: 'time', value: time };
    if (length !== 1 && length !== 8) return invalid(bytes, at, length);
  }
  return integerAt(bytes, at, length, kind === 'unsigned');
}

function invalid(bytes: Uint8Array, at: number, length: number): RecordValue {
  return { kind: 'invalid', bytes: bytes.subarray(at, at + length) };
}

const BYTE = 256;
const HALF_RANGES = [0, 0x80, 0x8000, 0x80_0000, 0x8000_0000, 2 ** 39, 2 ** 47] as const;

/** Types B and C, least significant byte first. Up to six bytes fit a number. */
export function integerAt(bytes: Uint8Array, at: number, length: number, isUnsigned: boolean): RecordValue {
  if (length > 6) return longIntegerAt(bytes, at, length, isUnsigned);
  let value = 0;
  for (let index = at + length - 1; index >= at; index -= 1) value = value * BYTE + (bytes[index] ?? 0);
  if (isUnsigned) return { kind: 'integer', value };
  const half = HALF_RANGES[length] ?? 0;
  // Type B: the most negative integer says that there is no value.
  if (value === half) return invalid(bytes, at, length);
  return { kind: 'integer', value: value > half ? value - 2 * half : value };
}

function longIntegerAt(bytes: Uint8Array, at: number, length: number, isUnsigned: boolean): RecordValue {
  let value = 0n;
  for (let index = at + length - 1; index >= at; index -= 1) value = (value << 8n) | BigInt(bytes[index] ?? 0);
  const bits = length * 8;
  if (isUnsigned) return { kind: 'integer', value };
  if (value === 1n << BigInt(bits - 1)) return invalid(bytes, at, length);
  return { kind: 'integer', value: BigInt.asIntN(bits, value) };
}

const MINUS = 0xf;
/** More digits than these are no safe integer. */
const SAFE_BYTES = 7;

/** Type A: two digits a byte; F in the first digit is a minus sign, any other hexadecimal digit spoils the number. */
export function bcdAt(bytes: Uint8Array, at: number, length: number, sign: 1 | -1 = 1): RecordValue {
  if (length > SAFE_BYTES) return longBcdAt(bytes, at, length, sign);
  let value = 0;
  let factor = sign;
  for (let index = at + length - 1; index >= at; index -= 1) {
    const byte = bytes[index] ?? 0;
    let high = byte >> 4;
    const low = byte & 0x0f;
    if (high === MINUS && index === at + length - 1) {
      high = 0;
      factor = -sign as 1 | -1;
    }
    if (high > 9 || low > 9) return invalid(bytes, at, length);
    value = value * 100 + high * 10 + low;
  }
  return { kind: 'integer', value: value === 0 ? 0 : value * factor };
}

function longBcdAt(bytes: Uint8Array, at: number, length: number, sign: 1 | -1): RecordValue {
  let digits = '';
  for (let index = at; index < at + length; index += 1)
    digits = (bytes[index] ?? 0).toString(16).padStart(2, '0') + digits;
  if (!/^\d*$/.test(digits)) return invalid(bytes, at, length);
  return { kind: 'integer', value: BigInt(digits) * BigInt(sign) };
}

const REAL_VIEW = new DataView(new ArrayBuffer(4));

/** Type H, IEEE 754 in four bytes. */
function realAt(bytes: Uint8Array, at: number): RecordValue {
  for (let index = 0; index < 4; index += 1) REAL_VIEW.setUint8(index, bytes[at + index] ?? 0);
  const value = REAL_VIEW.getFloat32(0, true);
  return Number.isFinite(value) ? { kind: 'real', value } : invalid(bytes, at, 4);
}

/** LVAR (table 5): what a first byte announces. `undefined` where it is reserved. */
export function lvarLength(lvar: number): number | undefined {
  if (lvar <= 0xbf) return lvar;
  if (lvar <= 0xc9) return lvar - 0xc0;
  if (lvar >= 0xd0 && lvar <= 0xd9) return lvar - 0xd0;
  if (lvar >= 0xe0 && lvar <= 0xef) return lvar - 0xe0;
  if (lvar >= 0xf0 && lvar <= 0xf4) return 4 * (lvar - 0xec);
  if (lvar === 0xf5) return 48;
  return lvar === 0xf6 ? 64 : undefined;
}

/** `at` is behind the LVAR byte; the length has been checked. */
export function readVariable(bytes: Uint8Array, at: number, lvar: number, length: number): RecordValue {
  if (lvar <= 0xbf) return { kind: 'text', value: textAt(bytes, at, length) };
  if (length === 0) return NO_VALUE;
  if (lvar <= 0xc9) return bcdAt(bytes, at, length);
  if (lvar <= 0xd9) return bcdAt(bytes, at, length, -1);
  // Type M, a time of variable length, comes here too and stays bytes: types F and I would misread it.
  return { kind: 'bytes', value: bytes.subarray(at, at + length) };
}

/** ISO 8859-1, sent from the last character to the first. */
export function textAt(bytes: Uint8Array, at: number, length: number): string {
  let text = '';
  for (let index = at + length - 1; index >= at; index -= 1) text += String.fromCharCode(bytes[index] ?? 0);
  return text;
}
