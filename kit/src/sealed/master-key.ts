/**
 * Master keys as they are written: 32 bytes as base64url, base64 or hexadecimal, perhaps with the word `contor-key-` in front, by which people,
 * logs and secret scanners know one. Several stand one after the other with white space or commas between; `#` begins a comment.
 */

import { randomBytes } from 'node:crypto';
import type { ConfigFault } from '../errors.js';
import { KEY_BYTES, type MasterKey, masterKey } from './envelope.js';

const PREFIX = 'contor-key-';
/** More would be a mistake: each is only kept until everything is wrapped anew. */
const MOST_KEYS = 16;
/** Thirty-two random bytes with fewer different ones do not happen; `000…` and `abab…` do. */
const LEAST_DIFFERENT_BYTES = 12;

export function newMasterKey(): string {
  return PREFIX + randomBytes(KEY_BYTES).toString('base64url');
}

export type ParsedKeys = { readonly keys: readonly MasterKey[] } | { readonly fault: ConfigFault };

/** `where` names the variable or the file; a key itself is never repeated. */
export function parseMasterKeys(text: string, where: string): ParsedKeys {
  const words = text
    .split('\n')
    .map((line) => line.replace(/#.*/, ''))
    .join('\n')
    .split(/[\s,]+/)
    .filter((word) => word !== '');
  const refuse = (why: string): ParsedKeys => ({
    fault: {
      code: 'config.master-key',
      message: `${where} ${why}.`,
      fix: 'Make one with `contor secrets new-key`: 32 random bytes, newest first when there are several.',
    },
  });
  if (words.length === 0) return refuse('holds no key');
  if (words.length > MOST_KEYS) return refuse(`holds more than ${MOST_KEYS} keys`);
  const keys: MasterKey[] = [];
  for (const word of words) {
    const bytes = bytesOf(word.startsWith(PREFIX) ? word.slice(PREFIX.length) : word);
    if (bytes === undefined) return refuse('holds something that is not a key of 32 bytes');
    if (new Set(bytes).size < LEAST_DIFFERENT_BYTES) return refuse('holds a key that is not random');
    keys.push(masterKey(bytes));
  }
  return { keys };
}

function bytesOf(text: string): Uint8Array | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  if (!/^[A-Za-z0-9_+/-]{43}=?$/.test(text)) return undefined;
  return Buffer.from(text, 'base64'); // Takes the letters of base64url too.
}
