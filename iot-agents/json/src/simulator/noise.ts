/**
 * Noise without memory: a number that depends on its keys and on nothing else. So a meter of this street needs no past:
 * what it shows at any instant can be computed there and then, in any order, by the simulator and by a test.
 */

/** Uniform in [0, 1). The finaliser of MurmurHash3 (Appleby, public domain) over each key in turn. */
export function noise(...keys: readonly number[]): number {
  let hash = 0x9e3779b9;
  for (const key of keys) {
    hash = mix(hash ^ (key | 0));
    // Keys beyond 32 bits (times) have a second half.
    hash = mix(hash ^ Math.floor(key / 0x1_0000_0000));
  }
  return (hash >>> 0) / 0x1_0000_0000;
}

/** Text → key (FNV-1a). */
export function seedKey(seed: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < seed.length; at += 1) hash = Math.imul(hash ^ seed.charCodeAt(at), 0x01000193);
  return hash | 0;
}

function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
