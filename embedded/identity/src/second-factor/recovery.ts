/** Recovery codes: the way in without the phone, each good once. 80 random bits, so their hash needs to be no slower than SHA-256. */

import { createHash, randomBytes } from 'node:crypto';
import { encodeBase32 } from './totp.js';

export const RECOVERY_CODES = 10;
const CODE_BYTES = 10;

/** abcd-efgh-ijkl-mnop: base32 has no 0, 1 and 8, which look like letters. */
export function newRecoveryCodes(): readonly string[] {
  return Array.from({ length: RECOVERY_CODES }, () => {
    const letters = encodeBase32(randomBytes(CODE_BYTES)).toLowerCase();
    return (letters.match(/.{4}/g) ?? []).join('-');
  });
}

/** However somebody types it: capitals, blanks and hyphens mean nothing. */
export function hashRecoveryCode(code: string): string {
  const letters = code.toLowerCase().replace(/[\s-]/g, '');
  return createHash('sha256').update(`contor recovery ${letters}`).digest('base64url');
}
