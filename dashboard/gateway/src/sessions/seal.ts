/**
 * What is made of a session's id, which only the browser knows. On disk stands its hash; the tokens beside it are sealed
 * with a key derived from the id (HKDF, RFC 5869), so a copy of the data folder opens no session and no token.
 */

import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

const KEY_BYTES = 32;
/** NIST SP 800-38D: 96-bit nonces, random and never reused under one key; a session is sealed some hundred times. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function newSecret(): string {
  return randomBytes(KEY_BYTES).toString('base64url');
}

export function sessionKey(sessionId: string): string {
  return createHash('sha256').update(`contor session\n${sessionId}`).digest('hex');
}

/** What a session is called where it is listed: nothing can be made of it. */
export function sessionName(key: string): string {
  return createHash('sha256').update(`contor session name\n${key}`).digest('hex').slice(0, 32);
}

export function csrfToken(sessionId: string): string {
  return derive(sessionId, 'csrf').toString('base64url');
}

export function seal(secret: string, purpose: string, value: unknown): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', derive(secret, purpose), nonce);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** `undefined` when it was not sealed with this secret for this purpose. */
export function unseal(secret: string, purpose: string, text: string): unknown {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', derive(secret, purpose), bytes.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    const plain = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    return JSON.parse(plain.toString('utf8'));
  } catch {
    return undefined; // The tag does not match: forged, or sealed by somebody else.
  }
}

function derive(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `contor ${purpose}`, KEY_BYTES));
}
