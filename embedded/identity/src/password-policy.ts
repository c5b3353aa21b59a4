/**
 * Which passwords are good enough (NIST SP 800-63B, 5.1.1.2): length above all, not one that everybody tries first, not one's own
 * name. No rules about digits and signs, which only move people to `Password1!`.
 */

import { COMMON_PASSWORDS } from './common-passwords.js';
import { PASSWORD_LIMIT } from './passwords.js';

export const PASSWORD_LEAST = 12;

export type PasswordFault = 'passwordShort' | 'passwordLong' | 'passwordCommon' | 'passwordLikeName';

/** Shorter names turn up in any text by chance. */
const TELLING_NAME = 4;
/** Fewer different letters are a pattern, not a secret. */
const LEAST_LETTERS = 5;
/** Of so many letters in a row from a keyboard or an alphabet nobody would think as of a secret. */
const LONGEST_RUN = 6;

const RUNS = [
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  '01234567890',
  'qwertzuiop',
  'azertyuiop',
];

/** What is wrong with it, `undefined` when nothing is. */
export function faultOfPassword(password: string, names: readonly string[]): PasswordFault | undefined {
  const text = password.normalize('NFKC');
  if ([...text].length < PASSWORD_LEAST) return 'passwordShort';
  if (text.length > PASSWORD_LIMIT) return 'passwordLong';
  const plain = text.toLowerCase();
  const isLikeName = names.some((name) => name.length >= TELLING_NAME && plain.includes(name.toLowerCase()));
  if (isLikeName) return 'passwordLikeName';
  return isCommon(plain) ? 'passwordCommon' : undefined;
}

function isCommon(plain: string): boolean {
  if (new Set(plain).size < LEAST_LETTERS) return true;
  const core = withoutRuns(plain);
  if (core.length < LEAST_LETTERS) return true; // 123456789abcdef, qwertyuiop12
  const bare = unmask(plain);
  return COMMON_PASSWORDS.has(bare) || COMMON_PASSWORDS.has(halfOf(bare));
}

/** P4$$w0rd_2024! is "password": signs for letters, and what people hang on at the ends, do not make it rare. */
function unmask(plain: string): string {
  const letters = plain.replace(/[^\p{L}]+$/u, '').replace(/^[^\p{L}]+/u, '');
  return letters
    .replace(/[@4]/g, 'a')
    .replace(/[$5]/g, 's')
    .replace(/0/g, 'o')
    .replace(/3/g, 'e')
    .replace(/[1!]/g, 'i');
}

/** passwordpassword */
function halfOf(text: string): string {
  const half = text.slice(0, text.length / 2);
  return half + half === text ? half : text;
}

function withoutRuns(plain: string): string {
  let rest = plain;
  for (const run of RUNS) {
    for (const line of [run, [...run].reverse().join('')]) rest = withoutLine(rest, line);
  }
  return rest;
}

/** Takes out every stretch of the line that is at least `LONGEST_RUN` long. */
function withoutLine(text: string, line: string): string {
  let kept = '';
  for (let at = 0; at < text.length; ) {
    const length = stretch(text, at, line);
    if (length >= LONGEST_RUN) at += length;
    else {
      kept += text.charAt(at);
      at += 1;
    }
  }
  return kept;
}

function stretch(text: string, at: number, line: string): number {
  const start = line.indexOf(text.charAt(at));
  if (start < 0) return 0;
  let length = 0;
  while (start + length < line.length && line.charAt(start + length) === text.charAt(at + length)) length += 1;
  return length;
}
