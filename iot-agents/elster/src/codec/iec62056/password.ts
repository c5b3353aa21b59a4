/**
 * How a meter wants its password (IEC 62056-21, 6.5, P command), behind one interface: a row a scheme. None of them is
 * security: `plain` shows the password to the line, `a1700` gives it away to whoever has heard one exchange.
 */

import { fromHex, WireError } from '@contor/kit';
import { type Block, encodeBlock } from './block.js';

export interface PasswordScheme {
  readonly name: string;
  /** Where the scheme is written down. */
  readonly source: string;
  readonly command: 'P1' | 'P2';
  /** What stands in the brackets of the answer. `seed` is the text in the brackets of the meter's P0. */
  readonly answer: (password: string, seed: string) => string;
}

export const PASSWORD_SCHEMES = [
  { name: 'plain', source: 'IEC 62056-21, 6.5', command: 'P1', answer: (password: string) => password },
  { name: 'a1700', source: 'gurux.fi/node/5415', command: 'P2', answer: scramble },
] as const satisfies readonly PasswordScheme[];

export type PasswordSchemeName = (typeof PASSWORD_SCHEMES)[number]['name'];

export function passwordSchemeNamed(name: string): PasswordScheme | undefined {
  return PASSWORD_SCHEMES.find((scheme) => scheme.name === name);
}

export function passwordBlock(scheme: PasswordScheme, password: string, seed: string): Block {
  return { command: scheme.command, data: `(${scheme.answer(password, seed)})`, isLast: true };
}

export function encodePassword(scheme: PasswordScheme, password: string, seed: string): Uint8Array {
  return encodeBlock(passwordBlock(scheme, password, seed));
}

/** Eight characters of password ⊕ the eight bytes of the seed, then a running sum that begins with the last. */
function scramble(password: string, seed: string): string {
  const bytes = fromHex(seed);
  if (bytes.length !== SEED_BYTES) throw new WireError('iec62056.seed', 'The seed is not of 16 hexadecimal digits.');
  if (!/^[\x20-\x7e]{8}$/.test(password)) throw new WireError('iec62056.password', 'The password has 8 characters.');
  const mixed = bytes.map((byte, at) => byte ^ password.charCodeAt(at));
  let sum = mixed[SEED_BYTES - 1] ?? 0;
  const answer = mixed.map((byte) => {
    sum = (sum + byte) & 0xff;
    return sum;
  });
  return Buffer.from(answer).toString('hex').toUpperCase();
}

const SEED_BYTES = 8;
