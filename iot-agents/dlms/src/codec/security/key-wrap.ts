/** Keys on their way: AES key wrap (RFC 3394), as key_transfer of the security setup uses it (IEC 62056-6-2, 4.4.7). */

import { createCipheriv, createDecipheriv } from 'node:crypto';
import { type Decoded, WireError } from '@contor/kit';
import { asBytes } from './gcm.js';
import { SUITES } from './suite.js';

/** RFC 3394, 2.2.3.1. */
const DEFAULT_IV = new Uint8Array(8).fill(0xa6);

export function wrapKey(masterKey: Uint8Array, key: Uint8Array): Uint8Array {
  const wrap = wrapOf(masterKey);
  if (wrap === undefined || key.length < 16 || key.length % 8 !== 0)
    throw new WireError('security.key-size', 'A key has 16 or 32 bytes.', { size: key.length });
  const cipher = createCipheriv(wrap, masterKey, DEFAULT_IV);
  return asBytes(Buffer.concat([cipher.update(key), cipher.final()]));
}

export function unwrapKey(masterKey: Uint8Array, wrapped: Uint8Array): Decoded<Uint8Array> {
  const refuse = (code: string, message: string): Decoded<never> => ({
    kind: 'garbage',
    error: new WireError(code, message, {}),
    used: 1,
  });
  const wrap = wrapOf(masterKey);
  if (wrap === undefined || wrapped.length < 24 || wrapped.length % 8 !== 0)
    return refuse('security.key-size', 'A wrapped key has 24 or 40 bytes.');
  try {
    const decipher = createDecipheriv(wrap, masterKey, DEFAULT_IV);
    const key = asBytes(Buffer.concat([decipher.update(wrapped), decipher.final()]));
    return { kind: 'value', value: key, used: wrapped.length };
  } catch {
    // node:crypto says only that the integrity check failed.
    return refuse('security.unwrap', 'The wrapped key does not open with this master key.');
  }
}

function wrapOf(masterKey: Uint8Array): string | undefined {
  return SUITES.find(({ keySize }) => keySize === masterKey.length)?.wrap;
}
