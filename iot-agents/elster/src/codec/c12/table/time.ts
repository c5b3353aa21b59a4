/**
 * The times of ANSI C12.19-2008, 4.3, in the format of ST0: TM_FORMAT 1 pairs of BCD digits, 2 pairs of binary numbers, 3 minutes
 * since 1970 (with a byte of seconds), 4 seconds since 1970; 0 means that the device has no clock. As text, digit by digit: a
 * stamp that is no date (zeros for "never") stays what it is. Whose time it is, ST52 says.
 */

import { WireError } from '@contor/kit';
import type { Formats } from './context.js';
import { readUnsigned, writeUnsigned } from './number.js';

export type TimeType = 'stime' | 'ltime' | 'time' | 'date';

/** Bytes by TM_FORMAT. */
const LENGTHS: Readonly<Record<TimeType, readonly number[]>> = {
  stime: [0, 5, 5, 4, 4],
  ltime: [0, 6, 6, 5, 4],
  time: [0, 3, 3, 4, 4],
  date: [0, 3, 3, 2, 2],
};

const DAY_SECONDS = 86_400;

export function timeLength(type: TimeType, { tm }: Formats): number {
  const length = LENGTHS[type][tm];
  if (length === undefined)
    throw new WireError('c12.time-format', 'ST0 names a format of times that is reserved.', { tm });
  return length;
}

export function readTime(type: TimeType, bytes: Uint8Array, formats: Formats): string {
  const { tm, isLittle } = formats;
  if (tm === 0) return '';
  if (tm <= 2)
    return fromParts(
      type,
      Array.from(bytes, (byte) => (tm === 1 ? hex(byte) : two(byte))),
      tm === 1,
    );
  const number = Number(readUnsigned(type === 'ltime' ? bytes.subarray(0, 4) : bytes, isLittle));
  if (type === 'time')
    return `${two(Math.floor(number / 3600))}:${two(Math.floor(number / 60) % 60)}:${two(number % 60)}`;
  if (type === 'date') return iso(number * DAY_SECONDS).slice(0, -9);
  if (tm === 4) return iso(number);
  const minute = iso(number * 60).slice(0, -3);
  return type === 'stime' ? minute : `${minute}:${two(bytes[4] ?? 0)}`;
}

export function writeTime(type: TimeType, text: string, formats: Formats): Uint8Array {
  const { tm, isLittle } = formats;
  if (tm === 0) return new Uint8Array();
  if (tm <= 2) return fromText(type, text, tm === 1);
  const length = timeLength(type, formats);
  if (type === 'time') {
    const [hour = 0, minute = 0, second = 0] = text.split(':').map(Number);
    return writeUnsigned(whole(hour * 3600 + minute * 60 + second), length, isLittle);
  }
  const seconds = secondsOf(type, tm, text);
  if (type === 'date') return writeUnsigned(whole(seconds / DAY_SECONDS), length, isLittle);
  if (tm === 4) return writeUnsigned(whole(seconds), length, isLittle);
  const minutes = writeUnsigned(whole(seconds / 60), 4, isLittle);
  return type === 'stime' ? minutes : Uint8Array.of(...minutes, Number(text.slice(text.lastIndexOf(':') + 1)));
}

/** Years 90 to 99 lie in the last century (4.3). */
function fromParts(type: TimeType, parts: readonly string[], isBcd: boolean): string {
  if (type === 'time') return parts.join(':');
  const [year = '', month = '', day = '', ...clock] = parts;
  const century = isBcd
    ? `${year.startsWith('9') ? 19 : 20}${year}`
    : String(Number(year) + (Number(year) < 90 ? 2000 : 1900));
  const date = `${century}-${month}-${day}`;
  return type === 'date' ? date : `${date}T${clock.join(':')}`;
}

function fromText(type: TimeType, text: string, isBcd: boolean): Uint8Array {
  const [first = '', ...rest] = text.split(/[-T:]/);
  const year = isBcd
    ? first.slice(2)
    : String(Number(first) - (Number(first) < 2000 || Number(first) >= 2090 ? 1900 : 2000));
  const parts = type === 'time' ? [first, ...rest] : [year, ...rest];
  const numbers = parts.map((part) => Number.parseInt(part, isBcd ? 16 : 10));
  if (numbers.length !== LENGTHS[type][1] || numbers.some((number) => !(number >= 0 && number <= 0xff)))
    throw new WireError('wire.range', 'The text is no time of this format.', { type });
  return Uint8Array.from(numbers);
}

function secondsOf(type: TimeType, tm: number, text: string): number {
  const minute = type === 'ltime' && tm === 3 ? text.slice(0, text.lastIndexOf(':')) : text;
  return Date.parse(type === 'date' ? `${text}T00:00Z` : `${minute}Z`) / 1000;
}

function whole(number: number): bigint {
  if (!Number.isInteger(number)) throw new WireError('wire.range', 'The text is no time of this format.');
  return BigInt(number);
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, -5);
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
