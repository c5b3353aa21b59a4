/** AES-128-CMAC (RFC 4493), and the keys that OMS derives with it (OMS volume 2, 9.5.1; EN 13757-7, 9.6.2). */

import { createCipheriv, timingSafeEqual } from 'node:crypto';

const BLOCK = 16;
const NO_IV = new Uint8Array(BLOCK);

function encryptChain(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return createCipheriv('aes-128-cbc', key, NO_IV).setAutoPadding(false).update(bytes).subarray(-BLOCK);
}

/** A shift to the left over 128 bits, with the constant of RFC 4493, 2.3 when a bit falls out. */
function doubled(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(BLOCK);
  for (let at = 0; at < BLOCK; at += 1) result[at] = ((bytes[at] ?? 0) << 1) | ((bytes[at + 1] ?? 0) >> 7);
  if (((bytes[0] ?? 0) & 0x80) !== 0) result[BLOCK - 1] = (result[BLOCK - 1] ?? 0) ^ 0x87;
  return result;
}

export function cmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  const first = doubled(encryptChain(key, NO_IV));
  const isWhole = message.length > 0 && message.length % BLOCK === 0;
  const mask = isWhole ? first : doubled(first);
  const padded = new Uint8Array(Math.max(BLOCK, Math.ceil(message.length / BLOCK) * BLOCK));
  padded.set(message);
  if (!isWhole) padded[message.length] = 0x80;
  const last = padded.length - BLOCK;
  for (let at = 0; at < BLOCK; at += 1) padded[last + at] = (padded[last + at] ?? 0) ^ (mask[at] ?? 0);
  return encryptChain(key, padded);
}

/** First byte of the derivation: which key is wanted; here those of what the meter sends. */
export const DERIVE = { encryption: 0x00, authentication: 0x01 } as const;
const PADDING = 0x07;

/** `id` and counter as on the wire, least significant byte first. */
export function deriveKey(
  key: Uint8Array,
  purpose: (typeof DERIVE)[keyof typeof DERIVE],
  counter: Uint8Array,
  id: Uint8Array,
): Uint8Array {
  const message = new Uint8Array(BLOCK).fill(PADDING);
  message[0] = purpose;
  message.set(counter, 1);
  message.set(id, 5);
  return cmac(key, message);
}

/** In constant time; a code cut short is compared with as many bytes. */
export function isSame(actual: Uint8Array, expected: Uint8Array): boolean {
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}
