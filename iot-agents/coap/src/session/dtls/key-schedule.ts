/** From the pre-shared key to the keys of a connection (RFC 4279, 2; RFC 5246, 5, 6.3, 7.4.9 and 8.1; RFC 7627, 4). */

import { createHmac } from 'node:crypto';
import type { SuiteRow } from './suites.js';

const MASTER_BYTES = 48;
const VERIFY_BYTES = 12;
/** RFC 6655, 3: the half of the nonce that is not sent. */
export const SALT_BYTES = 4;

export interface Randoms {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

/** RFC 4279, 2: as many zeros as the key has bytes, then the key, each behind its length. */
export function preMasterOf(key: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 2 * key.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, key.length);
  view.setUint16(2 + key.length, key.length);
  bytes.set(key, 4 + key.length);
  return bytes;
}

/** RFC 5246, 8.1. */
export function masterOf(preMaster: Uint8Array, randoms: Randoms): Uint8Array {
  return expand(preMaster, 'master secret', [randoms.client, randoms.server], MASTER_BYTES);
}

/** RFC 7627, 4: bound to the whole handshake as far as the key exchange. */
export function extendedMasterOf(preMaster: Uint8Array, sessionHash: Uint8Array): Uint8Array {
  return expand(preMaster, 'extended master secret', [sessionHash], MASTER_BYTES);
}

/** RFC 5246, 6.3: of an AEAD cipher two keys and two salts, the client's first. */
export function keyBlockOf(master: Uint8Array, randoms: Randoms, suite: SuiteRow): Uint8Array {
  return expand(master, 'key expansion', [randoms.server, randoms.client], 2 * (suite.keyBytes + SALT_BYTES));
}

/** RFC 5246, 7.4.9. */
export function verifyDataOf(master: Uint8Array, role: 'client' | 'server', transcript: Uint8Array): Uint8Array {
  return expand(master, `${role} finished`, [transcript], VERIFY_BYTES);
}

/** RFC 5246, 5: P_SHA256. */
export function expand(secret: Uint8Array, label: string, seeds: readonly Uint8Array[], length: number): Uint8Array {
  const seed = Buffer.concat([Buffer.from(label, 'ascii'), ...seeds]);
  const out = Buffer.alloc(length);
  let chain = hmac(secret, seed);
  for (let at = 0; at < length; at += chain.length) {
    createHmac('sha256', secret).update(chain).update(seed).digest().copy(out, at);
    chain = hmac(secret, chain);
  }
  return out;
}

function hmac(secret: Uint8Array, bytes: Uint8Array): Buffer {
  return createHmac('sha256', secret).update(bytes).digest();
}
