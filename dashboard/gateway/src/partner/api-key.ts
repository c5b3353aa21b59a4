/**
 * API keys: `contor_<id>_<secret>`. The beginning is for people and scanners of leaked secrets, the id finds the partner, the secret
 * is 256 random bits. Kept is the SHA-256 of the whole (as of a random key nothing slower is needed); the key is shown once.
 */

import { hash, timingSafeEqual } from 'node:crypto';
import type { Random } from '@contor/kit';
import type { PartnerEntry, PartnerKey } from '../book/entries.js';

export const KEY_BEGINNING = 'contor_';

const ID_BYTES = 5;
const SECRET_BYTES = 32;
const KEY = /^contor_([0-9a-f]{10})_[\w-]{43}$/;

export interface NewKey {
  /** For the partner, now and never again. */
  readonly text: string;
  readonly kept: PartnerKey;
}

export function newApiKey(random: Random, nowMs: number): NewKey {
  const id = Buffer.from(random.bytes(ID_BYTES)).toString('hex');
  const text = `${KEY_BEGINNING}${id}_${Buffer.from(random.bytes(SECRET_BYTES)).toString('base64url')}`;
  return { text, kept: { id, hash: hashOf(text), createdAtMs: nowMs } };
}

/** What may be shown of a key, to tell it from the others. */
export function prefixOf({ id }: PartnerKey): string {
  return `${KEY_BEGINNING}${id}`;
}

/** The part of a key that finds its partner; `undefined` for what never was a key of ours. */
export function keyIdOf(text: string): string | undefined {
  return KEY.exec(text)?.[1];
}

/** The partner's own entry of this key, when it is theirs and has not ended. */
export function findKey({ keys }: PartnerEntry, text: string, nowMs: number): PartnerKey | undefined {
  const shown = Buffer.from(hashOf(text), 'hex');
  return keys.find((key) => isAlive(key, nowMs) && timingSafeEqual(Buffer.from(key.hash, 'hex'), shown));
}

export function isAlive({ expiresAtMs }: PartnerKey, nowMs: number): boolean {
  return expiresAtMs === undefined || nowMs < expiresAtMs;
}

function hashOf(text: string): string {
  return hash('sha256', text, 'hex');
}
