/** Link layer of the wired bus (EN 13757-2, 5.4, format class FT1.2): single character, short frame, long frame. */

import { type Decoded, WireError } from '@contor/kit';
import { garbage, PENDING } from '../fault.js';

export type WiredFrame =
  | { readonly kind: 'ack' }
  | { readonly kind: 'short'; readonly control: number; readonly address: number }
  /** A control frame (L = 3) is a long frame without user data. */
  | {
      readonly kind: 'long';
      readonly control: number;
      readonly address: number;
      readonly ci: number;
      readonly data: Uint8Array;
    };

export const ACK = 0xe5;
const SHORT_START = 0x10;
const LONG_START = 0x68;
const STOP = 0x16;
const SHORT_LENGTH = 5;
/** Start, length, length, start, and behind the body checksum and stop. */
const LONG_OVERHEAD = 6;
/** C, A and CI. */
const LONG_LEAST = 3;
const BODY_AT = 4;
export const MAX_USER_DATA = 252;

export function decodeFrame(bytes: Uint8Array): Decoded<WiredFrame> {
  switch (bytes[0]) {
    case undefined:
      return PENDING;
    case ACK:
      return { kind: 'value', value: { kind: 'ack' }, used: 1 };
    case SHORT_START:
      return decodeShort(bytes);
    case LONG_START:
      return decodeLong(bytes);
    default:
      return garbage('mbus.start', 'No frame begins with this byte.', { actual: bytes[0] });
  }
}

function decodeShort(bytes: Uint8Array): Decoded<WiredFrame> {
  const [, control, address, checksum, stop] = bytes;
  if (control === undefined || address === undefined || checksum === undefined || stop === undefined) return PENDING;
  const expected = (control + address) & 0xff;
  if (checksum !== expected) return wrongChecksum(expected, checksum);
  if (stop !== STOP) return garbage('mbus.stop', 'A frame ends with 16.', { actual: stop });
  return { kind: 'value', value: { kind: 'short', control, address }, used: SHORT_LENGTH };
}

function decodeLong(bytes: Uint8Array): Decoded<WiredFrame> {
  // Not by destructuring: the iterator of a typed array costs more than the rest of the frame.
  const length = bytes[1];
  const again = bytes[2];
  const start = bytes[3];
  if (length === undefined) return PENDING;
  if (length < LONG_LEAST) return garbage('mbus.length', 'A frame has at least C, A and CI.', { actual: length });
  if (again === undefined) return PENDING;
  if (again !== length) return garbage('mbus.length', 'The two lengths differ.', { expected: length, actual: again });
  if (start === undefined) return PENDING;
  if (start !== LONG_START) return garbage('mbus.start', 'The second start is no 68.', { actual: start });
  const end = BODY_AT + length;
  const checksum = bytes[end];
  const stop = bytes[end + 1];
  if (checksum === undefined || stop === undefined) return PENDING;
  const expected = sum(bytes, BODY_AT, end);
  if (checksum !== expected) return wrongChecksum(expected, checksum);
  if (stop !== STOP) return garbage('mbus.stop', 'A frame ends with 16.', { actual: stop });
  const control = bytes[BODY_AT] ?? 0;
  const address = bytes[BODY_AT + 1] ?? 0;
  const ci = bytes[BODY_AT + 2] ?? 0;
  const data = bytes.subarray(BODY_AT + LONG_LEAST, end);
  return { kind: 'value', value: { kind: 'long', control, address, ci, data }, used: length + LONG_OVERHEAD };
}

export function encodeFrame(frame: WiredFrame): Uint8Array {
  if (frame.kind === 'ack') return Uint8Array.of(ACK);
  const { control, address } = frame;
  if (frame.kind === 'short') return Uint8Array.of(SHORT_START, control, address, (control + address) & 0xff, STOP);
  const length = frame.data.length + LONG_LEAST;
  if (frame.data.length > MAX_USER_DATA)
    throw new WireError('mbus.length', 'A frame holds at most 252 bytes.', { actual: frame.data.length });
  const bytes = new Uint8Array(length + LONG_OVERHEAD);
  bytes.set([LONG_START, length, length, LONG_START, control, address, frame.ci]);
  bytes.set(frame.data, BODY_AT + LONG_LEAST);
  bytes[BODY_AT + length] = sum(bytes, BODY_AT, BODY_AT + length);
  bytes[BODY_AT + length + 1] = STOP;
  return bytes;
}

function wrongChecksum(expected: number, actual: number): Decoded<never> {
  return garbage('mbus.checksum', 'The checksum is wrong.', { expected, actual });
}

function sum(bytes: Uint8Array, from: number, to: number): number {
  let total = 0;
  for (let at = from; at < to; at += 1) total += bytes[at] ?? 0;
  return total & 0xff;
}
