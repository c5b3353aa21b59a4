/**
 * Addresses of HDLC frames: IEC 62056-46, 6.4.2.3 and 6.4.2.4. Seven bits a byte, the last byte has its lowest bit set. A
 * client has one byte; a server one (logical device), two or four (logical and physical device).
 */

import { type ByteReader, type ByteWriter, WireError } from '@contor/kit';

export interface HdlcAddress {
  /** The logical device of a server, or the client. */
  readonly upper: number;
  /** The physical device. */
  readonly lower?: number;
  readonly size: 1 | 2 | 4;
}

export function readAddress(from: ByteReader): HdlcAddress {
  const first = from.u8();
  if (first & 1) return { upper: first >>> 1, size: 1 };
  const second = from.u8();
  if (second & 1) return { upper: first >>> 1, lower: second >>> 1, size: 2 };
  const [third, fourth] = [from.u8(), from.u8()];
  if (third & 1 || !(fourth & 1))
    throw new WireError('hdlc.address', 'An address has one, two or four bytes.', { offset: from.offset });
  return {
    upper: ((first >>> 1) << 7) | (second >>> 1),
    lower: ((third >>> 1) << 7) | (fourth >>> 1),
    size: 4,
  };
}

export function writeAddress(to: ByteWriter, { upper, lower, size }: HdlcAddress): void {
  const limit = size === 4 ? 0x3fff : 0x7f;
  const second = lower ?? 0;
  if (upper < 0 || upper > limit || second < 0 || second > limit || (size === 1 && lower !== undefined))
    throw new WireError('wire.range', 'The address does not fit its bytes.', { upper, lower, size });
  if (size === 1) to.u8((upper << 1) | 1);
  else if (size === 2) to.u8(upper << 1).u8((second << 1) | 1);
  else
    to.u8((upper >>> 7) << 1)
      .u8((upper & 0x7f) << 1)
      .u8((second >>> 7) << 1)
      .u8(((second & 0x7f) << 1) | 1);
}
