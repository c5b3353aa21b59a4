/**
 * Codes that change every half minute: TOTP (RFC 6238) over HOTP (RFC 4226), with the parameters that every authenticator app
 * understands: SHA-1, six digits, thirty seconds. Pure: the time is an argument.
 */

import { createHmac } from 'node:crypto';
import { sameSecret } from '@contor/kit';

export type TotpAlgorithm = 'sha1' | 'sha256' | 'sha512';

export const PERIOD_SECONDS = 30;
export const DIGITS = 6;
export const ALGORITHM: TotpAlgorithm = 'sha1';
/** RFC 4226, 4 (R6): 160 bits are recommended. */
export const SECRET_BYTES = 20;
/** RFC 6238, 5.2: one step for a slow network, and one for a phone whose clock is ahead. */
const TOLERATED_STEPS = [0, -1, 1] as const;

export function stepAt(nowMs: number): number {
  return Math.floor(nowMs / 1000 / PERIOD_SECONDS);
}

export function totp(secret: Uint8Array, step: number, digits = DIGITS, algorithm = ALGORITHM): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac(algorithm, secret).update(counter).digest();
  const offset = mac.readUInt8(mac.length - 1) & 0x0f; // RFC 4226, 5.3: dynamic truncation.
  const binary = mac.readUInt32BE(offset) & 0x7fffffff;
  return String(binary % 10 ** digits).padStart(digits, '0');
}

/**
 * The step that the code belongs to, `undefined` when it is wrong or was there before: a code is good once, and none is good that
 * is older than the newest that was taken.
 */
export function stepOfCode(secret: Uint8Array, code: string, nowMs: number, lastStep: number): number | undefined {
  const now = stepAt(nowMs);
  const matching = TOLERATED_STEPS.map((shift) => now + shift).filter((step) => sameSecret(totp(secret, step), code));
  return matching.find((step) => step > lastStep);
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648, 6, without padding, as apps want it. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let buffer = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32.charAt((buffer >>> (bits - 5)) & 31);
    buffer &= 0xff;
  }
  return bits === 0 ? text : text + BASE32.charAt((buffer << (5 - bits)) & 31);
}

/** What the app reads out of the picture (the Key URI format). The issuer stands twice, because apps differ in where they look. */
export function otpauthUri(secret: Uint8Array, issuer: string, account: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  const parameters = [
    `secret=${encodeBase32(secret)}`,
    `issuer=${encodeURIComponent(issuer)}`,
    `algorithm=${ALGORITHM.toUpperCase()}`,
    `digits=${DIGITS}`,
    `period=${PERIOD_SECONDS}`,
  ];
  return `otpauth://totp/${label}?${parameters.join('&')}`;
}
