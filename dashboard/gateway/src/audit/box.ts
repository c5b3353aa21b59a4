/**
 * What identifies a person, closed under the key of that person: AES-256-GCM (NIST SP 800-38D). Whose it is, which key and which part of a record it is
 * are authenticated with it, so that a box cannot be moved to another record's other place.
 */

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { SubjectKey, SubjectKeys } from './subject-keys.js';

/** The parts of a record that can be closed: who did it (name, address), and the values before and after. */
export type Part = 'actor' | 'values';

export interface Box {
  readonly subject: string;
  /** Id of the key. */
  readonly key: string;
  /** Nonce (12), ciphertext, tag (16), base64url. */
  readonly box: string;
}

export type Opened = { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'erased' | 'lost' };

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** One key closes the records of one person: far from the 2^32 of SP 800-38D, 8.3. */
export function closeBox(key: SubjectKey, subject: string, part: Part, value: unknown): Box {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key.bytes, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(labelOf(subject, key.id, part));
  const pieces = [nonce, cipher.update(JSON.stringify(value), 'utf8'), cipher.final(), cipher.getAuthTag()];
  return { subject, key: key.id, box: Buffer.concat(pieces).toString('base64url') };
}

export async function openBox(
  keys: Pick<SubjectKeys, 'find'>,
  part: Part,
  { subject, key, box }: Box,
): Promise<Opened> {
  const bytes = await keys.find(subject, key);
  if (typeof bytes === 'string') return { kind: bytes };
  const sealed = Buffer.from(box, 'base64url');
  if (sealed.byteLength < NONCE_BYTES + TAG_BYTES) return { kind: 'lost' };
  const decipher = createDecipheriv(CIPHER, bytes, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(labelOf(subject, key, part));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const text = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
  try {
    return { kind: 'value', value: JSON.parse(Buffer.concat([text, decipher.final()]).toString('utf8')) };
  } catch {
    return { kind: 'lost' }; // Not authentic: Node says no more, and the chain says where.
  }
}

function labelOf(subject: string, key: string, part: Part): Uint8Array {
  return Buffer.from(`contor audit box 1 ${part} ${key} ${subject}`, 'utf8');
}
