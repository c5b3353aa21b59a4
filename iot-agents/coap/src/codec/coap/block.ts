/** The value of Block1 and Block2 (RFC 7959, 2.2): block number, whether more follow, and the size as a power of two. */

import { type Decoded, WireError } from '@contor/kit';
import { garbage } from '../garbage.js';
import { readUint, writeUint } from './options.js';

export interface Block {
  readonly number: number;
  readonly hasMore: boolean;
  /** 16 to 1024 bytes. */
  readonly size: number;
}

const MAX_BYTES = 3;
const MAX_NUMBER = 0xf_ffff;
/** RFC 7959, 2.2: SZX 7 is reserved and must be answered with 4.00. */
const RESERVED_SIZE = 7;
const SMALLEST_SHIFT = 4;

export function decodeBlock(value: Uint8Array): Decoded<Block> {
  if (value.length > MAX_BYTES) return garbage('coap.block', 'A block option has at most three bytes.', value.length);
  const bits = readUint(value);
  if ((bits & 7) === RESERVED_SIZE) return garbage('coap.block', 'The block size is reserved.', value.length);
  return {
    kind: 'value',
    value: { number: bits >>> 4, hasMore: (bits & 8) !== 0, size: 1 << ((bits & 7) + SMALLEST_SHIFT) },
    used: Math.max(1, value.length),
  };
}

export function encodeBlock({ number, hasMore, size }: Block): Uint8Array {
  const exponent = Math.log2(size) - SMALLEST_SHIFT;
  if (!Number.isInteger(exponent) || exponent < 0 || exponent >= RESERVED_SIZE)
    throw new WireError('coap.block', 'A block has 16, 32, … 1024 bytes.', { size });
  if (!Number.isInteger(number) || number < 0 || number > MAX_NUMBER)
    throw new WireError('coap.block', 'The block number has 20 bits.', { number });
  return writeUint(((number << 4) >>> 0) + (hasMore ? 8 : 0) + exponent);
}
