/** Integers of any width in both byte orders, and the fourteen formats of non-integers (ANSI C12.19-2008, 4.2 and table 0). */

import { WireError } from '@contor/kit';
import type { Formats } from './context.js';
import type { Value } from './type.js';

export function readUnsigned(bytes: Uint8Array, isLittle: boolean): bigint {
  let value = 0n;
  for (let at = 0; at < bytes.length; at += 1)
    value = (value << 8n) | BigInt(bytes[isLittle ? bytes.length - 1 - at : at] ?? 0);
  return value;
}

/** Up to six bytes, without the way through a bigint: a profile has thousands of them. */
export function readSmall(bytes: Uint8Array, isLittle: boolean): number {
  let value = 0;
  for (let at = 0; at < bytes.length; at += 1)
    value = value * 256 + (bytes[isLittle ? bytes.length - 1 - at : at] ?? 0);
  return value;
}

export function readSmallSigned(bytes: Uint8Array, formats: Formats): number {
  const value = readSmall(bytes, formats.isLittle);
  const sign = 2 ** (bytes.length * 8 - 1);
  if (value < sign) return value;
  return formats.int === 0 ? value - 2 * sign : Number(readSigned(bytes, formats));
}

export function writeUnsigned(value: bigint, length: number, isLittle: boolean): Uint8Array {
  if (value < 0n || value >= 1n << BigInt(length * 8)) throw outOfRange(value, length);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 1)
    bytes[isLittle ? at : length - 1 - at] = Number((value >> BigInt(8 * at)) & 0xffn);
  return bytes;
}

export function readSigned(bytes: Uint8Array, { isLittle, int }: Formats): bigint {
  const value = readUnsigned(bytes, isLittle);
  const sign = 1n << BigInt(bytes.length * 8 - 1);
  if ((value & sign) === 0n) return value;
  if (int === 2) return -(value - sign);
  return int === 1 ? value - (sign << 1n) + 1n : value - (sign << 1n);
}

export function writeSigned(value: bigint, length: number, { isLittle, int }: Formats): Uint8Array {
  const sign = 1n << BigInt(length * 8 - 1);
  if (value >= sign || value < (int === 0 ? -sign : 1n - sign)) throw outOfRange(value, length);
  if (value >= 0n) return writeUnsigned(value, length, isLittle);
  if (int === 2) return writeUnsigned(sign - value, length, isLittle);
  return writeUnsigned(value + (sign << 1n) - (int === 1 ? 1n : 0n), length, isLittle);
}

interface NonInteger {
  readonly length: number;
  readonly read: (bytes: Uint8Array, formats: Formats) => Value;
  readonly write: (value: Value, length: number, formats: Formats) => Uint8Array;
}

/** At the index of NI_FORMAT. A number of characters or BCD stays the text that it is. */
export const NON_INTEGERS: readonly NonInteger[] = [
  float(8),
  float(4),
  characters(12),
  characters(6),
  // An implied point between the fourth and the fifth digit from the right.
  { length: 4, read: (bytes, formats) => Number(readSigned(bytes, formats)) / 1e4, write: writeImplied },
  digits(6),
  digits(4),
  integer(3),
  integer(4),
  integer(5),
  integer(6),
  integer(8),
  digits(8),
  characters(21),
];

export function nonInteger(format: number): NonInteger {
  const row = NON_INTEGERS[format];
  if (row === undefined)
    throw new WireError('c12.number-format', 'ST0 names a format of numbers that is reserved.', { format });
  return row;
}

function float(length: 4 | 8): NonInteger {
  const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, length);
  return {
    length,
    read: (bytes, { isLittle }) =>
      length === 4 ? view(bytes).getFloat32(0, isLittle) : view(bytes).getFloat64(0, isLittle),
    write: (value, _length, { isLittle }) => {
      const bytes = new Uint8Array(length);
      if (length === 4) view(bytes).setFloat32(0, Number(value), isLittle);
      else view(bytes).setFloat64(0, Number(value), isLittle);
      return bytes;
    },
  };
}

function integer(length: number): NonInteger {
  return {
    length,
    read: (bytes, formats) => (length <= 6 ? readSmallSigned(bytes, formats) : readSigned(bytes, formats)),
    write: (value, size, formats) => writeSigned(integral(value), size, formats),
  };
}

function characters(length: number): NonInteger {
  return {
    length,
    read: (bytes) => Buffer.from(bytes).toString('latin1'),
    write: (value, size) => writeText(value, size),
  };
}

function digits(length: number): NonInteger {
  return { length, read: (bytes) => Buffer.from(bytes).toString('hex'), write: writeHex };
}

function writeImplied(value: Value, length: number, formats: Formats): Uint8Array {
  return writeSigned(integral(Math.round(Number(value) * 1e4)), length, formats);
}

export function writeText(value: Value, length: number, encoding: Formats['encoding'] = 'latin1'): Uint8Array {
  const bytes = new Uint8Array(length).fill(0x20);
  const text = Buffer.from(String(value), encoding);
  if (text.length > length) throw outOfRange(BigInt(text.length), length);
  bytes.set(text);
  return bytes;
}

export function writeHex(value: Value, length: number): Uint8Array {
  const bytes = Buffer.from(String(value), 'hex');
  if (bytes.length !== length) throw outOfRange(BigInt(bytes.length), length);
  return new Uint8Array(bytes);
}

export function integral(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  throw new WireError('wire.range', 'The value is no integer.');
}

function outOfRange(value: bigint, bytes: number): WireError {
  return new WireError('wire.range', 'The value does not fit its field.', { bytes, value: value.toString() });
}
