/**
 * One wrapped value: AES-256-GCM (NIST SP 800-38D) under a key of its own, which HKDF (RFC 5869) derives from the master key and a
 * random salt. So no key is ever near the 2^32 random nonces that SP 800-38D, 8.3 allows. The name of the value and the id of
 * the key are authenticated with it: a wrapped value that is moved to another name no longer opens.
 *
 * Written `sealed:1:<key id>:<base64url of salt (16), nonce (12), ciphertext, tag (16)>`: one word, so that it may stand in a file, in JSON or in a log
 * of documents.
 */

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

export interface MasterKey {
  /** Derived from the key, so that it need not be kept beside it and cannot be mistaken. */
  readonly id: string;
  readonly bytes: Uint8Array;
}

export interface Envelope {
  readonly keyId: string;
  readonly sealed: Uint8Array;
}

const VERSION = 1;
const CIPHER = 'aes-256-gcm';
export const KEY_BYTES = 32;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ID_BYTES = 8;
const FORM = /^sealed:(\d{1,3}):([0-9a-f]{16}):([A-Za-z0-9_-]+)$/;

export function masterKey(bytes: Uint8Array): MasterKey {
  const id = Buffer.from(hkdfSync('sha256', bytes, '', 'contor master key id', ID_BYTES)).toString('hex');
  return { id, bytes };
}

/** Randomness from the system, never from a port: a nonce must not come from a generator that can be replayed. */
export function seal(key: MasterKey, name: string, value: Uint8Array): string {
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, valueKey(key, salt), nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(label(key.id, name));
  const sealed = Buffer.concat([salt, nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
  return `sealed:${VERSION}:${key.id}:${sealed.toString('base64url')}`;
}

/** undefined: not what this key sealed under this name. */
export function unseal(key: MasterKey, name: string, { sealed }: Envelope): Uint8Array | undefined {
  if (sealed.byteLength < SALT_BYTES + NONCE_BYTES + TAG_BYTES) return undefined;
  const salt = sealed.subarray(0, SALT_BYTES);
  const nonce = sealed.subarray(SALT_BYTES, SALT_BYTES + NONCE_BYTES);
  const decipher = createDecipheriv(CIPHER, valueKey(key, salt), nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(label(key.id, name));
  decipher.setAuthTag(sealed.subarray(sealed.byteLength - TAG_BYTES));
  const body = decipher.update(sealed.subarray(SALT_BYTES + NONCE_BYTES, sealed.byteLength - TAG_BYTES));
  try {
    return Buffer.concat([body, decipher.final()]);
  } catch {
    return undefined; // Node says only that it is not authentic, and there is nothing else to say.
  }
}

export type ParsedEnvelope =
  | { readonly kind: 'envelope'; readonly envelope: Envelope }
  | { readonly kind: 'newer'; readonly version: number }
  | { readonly kind: 'plain' };

/** `plain`: not of this form at all, as a file is that was written before there was a master key. */
export function parseEnvelope(text: string): ParsedEnvelope {
  const [, version, keyId = '', sealed = ''] = FORM.exec(text.trim()) ?? [];
  if (version === undefined) return { kind: 'plain' };
  if (Number(version) !== VERSION) return { kind: 'newer', version: Number(version) };
  return { kind: 'envelope', envelope: { keyId, sealed: Buffer.from(sealed, 'base64url') } };
}

function valueKey(key: MasterKey, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key.bytes, salt, 'contor sealed value', KEY_BYTES));
}

function label(keyId: string, name: string): Uint8Array {
  return Buffer.from(`contor sealed ${VERSION} ${keyId} ${name}`, 'utf8');
}
