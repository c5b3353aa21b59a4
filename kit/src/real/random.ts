/** The Random of the operating system: fit for secrets. */

import { randomBytes } from 'node:crypto';
import type { Random } from '../random.js';

/** 2^-53: the distance between neighbouring doubles just below 1. */
const UNIT = 2 ** -53;
/** Drawn at once, because one system call for eight bytes costs as much as one for four thousand. */
const POOL_BYTES = 4096;

export function realRandom(): Random {
  let pool = randomBytes(POOL_BYTES);
  let used = 0;
  const next = (): number => {
    if (used + 8 > POOL_BYTES) {
      pool = randomBytes(POOL_BYTES);
      used = 0;
    }
    const high = pool.readUInt32LE(used) >>> 5;
    const low = pool.readUInt32LE(used + 4) >>> 6;
    used += 8;
    return (high * 2 ** 26 + low) * UNIT;
  };
  return {
    next,
    integer: (bound) => Math.floor(next() * bound),
    bytes: (length) => new Uint8Array(randomBytes(length)),
  };
}
