/** Keys that both sides compute, and signatures: IEC 62056-5-3, 5.3.4.6 (ECDH with the NIST concatenation KDF) and 5.3.4.4 (ECDSA). */

import { createHash, diffieHellman, type KeyObject, sign, verify } from 'node:crypto';
import { WireError } from '@contor/kit';
import { asBytes } from './gcm.js';
import type { SuiteRow } from './suite.js';

/** IEC 62056-5-3, table of algorithm identifiers: 2.16.756.5.8.3.n. */
const ALGORITHM_IDS = { 'aes-gcm-128': 0, 'aes-gcm-256': 1, 'aes-wrap-128': 2, 'aes-wrap-256': 3 } as const;
const ALGORITHM_PREFIX = [0x60, 0x85, 0x74, 0x05, 0x08, 0x03];

export type KeyPurpose = keyof typeof ALGORITHM_IDS;

/** NIST SP 800-56A, 5.8.1: one round of the hash gives 32 or 48 bytes, more than any key here. */
export function agreeKey(
  suite: SuiteRow,
  purpose: KeyPurpose,
  own: KeyObject,
  peer: KeyObject,
  partyU: Uint8Array,
  partyV: Uint8Array,
): Uint8Array {
  const shared = diffieHellman({ privateKey: own, publicKey: peer });
  return deriveKey(suite, purpose, shared, partyU, partyV);
}

export function deriveKey(
  suite: SuiteRow,
  purpose: KeyPurpose,
  shared: Uint8Array,
  partyU: Uint8Array,
  partyV: Uint8Array,
): Uint8Array {
  const hash = createHash(suite.hash)
    .update(Uint8Array.of(0, 0, 0, 1))
    .update(shared);
  hash
    .update(Uint8Array.of(...ALGORITHM_PREFIX, ALGORITHM_IDS[purpose]))
    .update(partyU)
    .update(partyV);
  return asBytes(hash.digest()).subarray(0, purpose.endsWith('256') ? 32 : 16);
}

/** r and s, one after the other. */
export function signBytes(suite: SuiteRow, key: KeyObject, bytes: Uint8Array): Uint8Array {
  if (suite.curve === undefined) throw new WireError('security.suite', 'This suite has no signatures.', {});
  return asBytes(sign(suite.hash, bytes, { key, dsaEncoding: 'ieee-p1363' }));
}

export function verifyBytes(suite: SuiteRow, key: KeyObject, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (suite.curve === undefined) return false;
  return verify(suite.hash, bytes, { key, dsaEncoding: 'ieee-p1363' }, signature);
}
