/**
 * How passwords are kept. A chosen password is guessable, so each guess is made expensive: scrypt (RFC 7914). A generated one
 * has 128 random bits, which no number of guesses reaches; a salted SHA-256 is as safe for it and lets ten thousand meters
 * come back in a second after a power cut.
 */

import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

export type PasswordHash =
  | { readonly kind: 'sha256'; readonly salt: string; readonly digest: string }
  | { readonly kind: 'scrypt'; readonly cost: number; readonly salt: string; readonly digest: string };

const GENERATED_BYTES = 16;
const SALT_BYTES = 16;
const DIGEST_BYTES = 32;
/** OWASP's parameters for scrypt: N = 2^17, r = 8, p = 1; 128 MiB and about 0.3 s a guess. */
const SCRYPT_COST = 2 ** 17;
const SCRYPT_MAX_MEMORY = 256 * 1024 * 1024;
/** At once, because each takes 128 MiB and one of four threads that fsync needs too. */
const SCRYPTS_AT_ONCE = 1;

export function generatePassword(): string {
  return randomBytes(GENERATED_BYTES).toString('base64url');
}

export function hashGenerated(password: string): PasswordHash {
  const salt = randomBytes(SALT_BYTES).toString('base64');
  return { kind: 'sha256', salt, digest: sha256(password, salt).toString('base64') };
}

export async function hashChosen(password: string): Promise<PasswordHash> {
  const salt = randomBytes(SALT_BYTES).toString('base64');
  const digest = await slowly(password, salt, SCRYPT_COST);
  return { kind: 'scrypt', cost: SCRYPT_COST, salt, digest: digest.toString('base64') };
}

export async function isPassword(password: string, hash: PasswordHash): Promise<boolean> {
  const expected = Buffer.from(hash.digest, 'base64');
  const actual = hash.kind === 'sha256' ? sha256(password, hash.salt) : await slowly(password, hash.salt, hash.cost);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

function sha256(password: string, salt: string): Buffer {
  return createHash('sha256').update(salt).update(password).digest();
}

let running = 0;
const queue: (() => void)[] = [];

async function slowly(password: string, salt: string, cost: number): Promise<Buffer> {
  if (running >= SCRYPTS_AT_ONCE) await new Promise<void>((resolve) => queue.push(resolve));
  running += 1;
  try {
    return await new Promise((resolve, reject) => {
      scrypt(password, salt, DIGEST_BYTES, { N: cost, r: 8, p: 1, maxmem: SCRYPT_MAX_MEMORY }, (error, key) => {
        if (error) reject(error);
        else resolve(key);
      });
    });
  } finally {
    running -= 1;
    queue.shift()?.();
  }
}
