/**
 * The seeded Random: the same seed gives the same stream on every machine. sfc32 (Doty-Humphrey, PractRand): small, fast,
 * and without the weak low bits of a linear generator. Not for secrets.
 */

import type { Random } from '../random.js';

const UNIT_32 = 2 ** -32;
const UNIT_53 = 2 ** -53;
/** Rounds thrown away so that near seeds part company. */
const WARM_UP_ROUNDS = 20;

export function seededRandom(seed: number | string): Random {
  let [a, b, c] = spread(String(seed));
  let counter = 1;

  const word = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  for (let round = 0; round < WARM_UP_ROUNDS; round += 1) word();

  return {
    next: () => ((word() >>> 5) * 2 ** 26 + (word() >>> 6)) * UNIT_53,
    integer: (bound) => Math.floor(word() * UNIT_32 * bound),
    bytes: (length) => {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; at += 1) bytes[at] = word() >>> 24;
      return bytes;
    },
  };
}

/** Three words from the text of a seed (FNV-1a with three offsets). */
function spread(text: string): [number, number, number] {
  const hash = (offset: number): number => {
    let value = 0x811c9dc5 ^ offset;
    for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
    return value | 0;
  };
  return [hash(0), hash(0x9e3779b9), hash(0x85ebca6b)];
}
