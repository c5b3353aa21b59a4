/**
 * Passwords: scrypt (RFC 7914) with the parameters written into each hash, so that they can be raised later. N = 2^15,
 * r = 8, p = 3 is one of the settings OWASP counts as equal (32 MiB, about a third of a second here). The larger memory
 * is on purpose: above 32 MiB glibc returns a block to the system at once, below it keeps one for each thread for ever.
 */

import { randomBytes, randomInt, scrypt, timingSafeEqual } from 'node:crypto';

const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** Two hashes at a time keep both cores of a small machine busy and memory at 64 MiB; more only wait. */
const AT_ONCE = 2;
/** A longer queue would be answered after people have given up. */
const QUEUE_LIMIT = 32;

export const PASSWORD_LIMIT = 256;

export interface PasswordCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

const TODAY: PasswordCost = { N: 32_768, r: 8, p: 3 };

export interface Passwords {
  hash(password: string): Promise<string>;
  /** Costs the same time whether or not there is such a user: `encoded` undefined compares with a hash nobody has. */
  verify(password: string, encoded: string | undefined): Promise<boolean>;
  /** Made with other parameters than today's: hashed anew as soon as the password is at hand. */
  isOutdated(encoded: string): boolean;
}

export class PasswordQueueFull extends Error {
  readonly code = 'identity.busy';
}

/** Another cost than today's is for tests of what is not about passwords. */
export function passwordsAt(today: PasswordCost = TODAY): Passwords {
  const { N, r, p } = today;
  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES);
      const hash = await derive(password, salt, today);
      return ['scrypt', N, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$');
    },
    async verify(password, encoded) {
      const parsed = encoded === undefined ? undefined : parseHash(encoded);
      const nobodys = { cost: today, salt: Buffer.alloc(SALT_BYTES), hash: Buffer.alloc(HASH_BYTES) };
      const { cost, salt, hash } = parsed ?? nobodys;
      const candidate = await derive(password, salt, cost);
      return timingSafeEqual(candidate, hash) && parsed !== undefined;
    },
    isOutdated(encoded) {
      const parsed = parseHash(encoded);
      return parsed === undefined || parsed.cost.N !== N || parsed.cost.r !== r || parsed.cost.p !== p;
    },
  };
}

function parseHash(encoded: string): { cost: PasswordCost; salt: Buffer; hash: Buffer } | undefined {
  const [kind, N, r, p, salt, hash] = encoded.split('$');
  if (kind !== 'scrypt' || salt === undefined || hash === undefined) return undefined;
  const bytes = Buffer.from(hash, 'base64url');
  if (bytes.length !== HASH_BYTES) return undefined;
  return { cost: { N: Number(N), r: Number(r), p: Number(p) }, salt: Buffer.from(salt, 'base64url'), hash: bytes };
}

let running = 0;
const waiting: (() => void)[] = [];

async function derive(password: string, salt: Buffer, cost: PasswordCost): Promise<Buffer> {
  await enter();
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      const maxmem = 256 * cost.N * cost.r;
      scrypt(password.normalize('NFKC'), salt, HASH_BYTES, { ...cost, maxmem }, (error, key) =>
        error === null ? resolve(key) : reject(error),
      );
    });
  } finally {
    leave();
  }
}

async function enter(): Promise<void> {
  if (running < AT_ONCE) {
    running += 1;
    return;
  }
  if (waiting.length >= QUEUE_LIMIT) throw new PasswordQueueFull('Too many sign-ins at once.');
  await new Promise<void>((resolve) => waiting.push(resolve)); // The one who leaves hands over its place.
}

function leave(): void {
  const next = waiting.shift();
  if (next === undefined) running -= 1;
  else next();
}

const CONSONANTS = 'bdfghjkmnprstvz';
const VOWELS = 'aeiou';
const GROUPS = 5;
const SYLLABLES = 2;

/** Something a person can read aloud and type: kodu-mive-tasa-reni-bupo. 75^10 choices are 62 bits. */
export function readablePassword(): string {
  const groups = Array.from({ length: GROUPS }, () => Array.from({ length: SYLLABLES }, syllable).join(''));
  return groups.join('-');
}

function syllable(): string {
  return pick(CONSONANTS) + pick(VOWELS);
}

function pick(letters: string): string {
  return letters.charAt(randomInt(letters.length));
}
