/** Radio link layer (EN 13757-4, 11 and 12): formats A and B with their checksums, or a frame whose receiver took them off. */

import { type Decoded, WireError } from '@contor/kit';
import { garbage, PENDING } from '../fault.js';
import { addressOfLink, linkBytes, type MeterAddress } from '../header/address.js';
import { crcOf } from './crc.js';

export type LinkFormat = 'A' | 'B' | 'bare';

export interface RadioFrame {
  /** Bytes behind the length, without checksums. */
  readonly length: number;
  readonly control: number;
  readonly sender: MeterAddress;
  /** From the CI field on. */
  readonly data: Uint8Array;
  /** L to the end without checksums. */
  readonly bytes: Uint8Array;
}

const CRC = 2;
const FIRST_BLOCK = 10;
const NEXT_BLOCK_OF_A = 16;
/** Format B: first and second block share one checksum, 128 bytes with it; what is left has one of its own. */
const SHARED_BLOCKS_OF_B = 126;
/** L, C, M, A: 10 bytes, and a CI field. */
const LEAST_LENGTH = 10;
const MAX_LENGTH = 255;

export function decodeLink(bytes: Uint8Array, format: LinkFormat): Decoded<RadioFrame> {
  const length = bytes[0];
  if (length === undefined) return PENDING;
  const crcs = crcBytes(length, format);
  if (length - (format === 'B' ? crcs : 0) < LEAST_LENGTH)
    return garbage('wmbus.length', 'A frame has at least a header and a CI field.', { actual: length });
  const used = length + 1 + (format === 'A' ? crcs : 0);
  if (bytes.length < used) return PENDING;
  const bare = withoutChecksums(bytes.subarray(0, used), format);
  if (bare instanceof WireError) return garbage(bare.code, bare.message, bare.context);
  const value = {
    length: bare.length - 1,
    control: bare[1] ?? 0,
    sender: addressOfLink(bare, 2),
    data: bare.subarray(FIRST_BLOCK),
    bytes: bare,
  };
  return { kind: 'value', value, used };
}

/** How many bytes of checksums a frame of that length byte has. */
function crcBytes(length: number, format: LinkFormat): number {
  if (format === 'A') return CRC * (1 + Math.ceil(Math.max(0, length + 1 - FIRST_BLOCK) / NEXT_BLOCK_OF_A));
  if (format === 'B') return length + 1 > SHARED_BLOCKS_OF_B + CRC ? 2 * CRC : CRC;
  return 0;
}

function withoutChecksums(bytes: Uint8Array, format: LinkFormat): Uint8Array | WireError {
  if (format === 'bare') return bytes;
  const bare = new Uint8Array(bytes.length);
  let to = 0;
  let at = 0;
  let block = format === 'A' ? FIRST_BLOCK : SHARED_BLOCKS_OF_B;
  while (at < bytes.length) {
    const end = Math.min(at + block, bytes.length - CRC);
    if (end <= at) return new WireError('wmbus.crc', 'A block has no room for its checksum.', { offset: at });
    const expected = crcOf(bytes, at, end);
    const actual = ((bytes[end] ?? 0) << 8) | (bytes[end + 1] ?? 0);
    if (actual !== expected)
      return new WireError('wmbus.crc', 'A checksum is wrong.', { offset: end, expected, actual });
    bare.set(bytes.subarray(at, end), to);
    to += end - at;
    at = end + CRC;
    block = format === 'A' ? NEXT_BLOCK_OF_A : MAX_LENGTH;
  }
  return bare.subarray(0, to);
}

/** `data` from the CI field on. */
export function encodeLink(
  { control, sender, data }: Pick<RadioFrame, 'control' | 'sender' | 'data'>,
  format: LinkFormat,
): Uint8Array {
  const bare = Uint8Array.of(0, control, ...linkBytes(sender), ...data);
  const length = bare.length - 1;
  const crcs = format === 'B' ? (bare.length > SHARED_BLOCKS_OF_B ? 2 * CRC : CRC) : 0;
  if (length + crcs > MAX_LENGTH)
    throw new WireError('wmbus.length', 'A frame holds at most 255 bytes.', { actual: length + crcs });
  bare[0] = length + crcs;
  if (format === 'bare') return bare;
  const parts: number[] = [];
  let block = format === 'A' ? FIRST_BLOCK : SHARED_BLOCKS_OF_B;
  for (let at = 0; at < bare.length; ) {
    const end = Math.min(at + block, bare.length);
    const crc = crcOf(bare, at, end);
    parts.push(...bare.subarray(at, end), crc >> 8, crc & 0xff);
    at = end;
    block = format === 'A' ? NEXT_BLOCK_OF_A : MAX_LENGTH;
  }
  return Uint8Array.from(parts);
}
