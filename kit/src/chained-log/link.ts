/**
 * One link of the chain, as a pure codec. A record is the hash of the one before (32), its own hash (32) and its body; its
 * own hash is SHA-256 over a label, the hash before, the sequence (u64, big-endian) and the body. Both hashes are stored: a
 * record that lost its neighbours still says whether it is itself whole.
 */

import { createHash } from 'node:crypto';
import { fromHex, toHex } from '../hex.js';

const HASH_BYTES = 32;
export const LINK_BYTES = 2 * HASH_BYTES;
/** What the first record holds on to. */
export const GENESIS = '0'.repeat(2 * HASH_BYTES);

/** Keeps these hashes apart from every other use of SHA-256. */
const LABEL = Buffer.from('contor chain 1\n', 'latin1');

export interface Link {
  /** Lower-case hexadecimal, as all hashes outside the bytes. */
  readonly previous: string;
  readonly hash: string;
  readonly body: Uint8Array;
}

export function hashOfLink(previous: string, sequence: number, body: Uint8Array): string {
  const place = Buffer.alloc(8);
  place.writeBigUInt64BE(BigInt(sequence));
  return createHash('sha256').update(LABEL).update(fromHex(previous)).update(place).update(body).digest('hex');
}

export function encodeLink({ previous, hash, body }: Link): Uint8Array {
  return Buffer.concat([fromHex(previous), fromHex(hash), body]);
}

/** undefined: too short to be a link. */
export function decodeLink(payload: Uint8Array): Link | undefined {
  if (payload.byteLength < LINK_BYTES) return undefined;
  return {
    previous: toHex(payload.subarray(0, HASH_BYTES)),
    hash: toHex(payload.subarray(HASH_BYTES, LINK_BYTES)),
    body: payload.subarray(LINK_BYTES),
  };
}
