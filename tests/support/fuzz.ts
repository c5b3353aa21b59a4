/**
 * Seeded mutation fuzz of a decoder: good inputs with bits turned, bytes cut, put in, taken out and lengths blown up. What a
 * decoder owes is an answer: no throw, no long think, no growing memory. A control plants a fault that must be caught.
 */

import { seededRandom } from '@contor/kit';

export interface FuzzOptions {
  readonly name: string;
  readonly seed: number;
  readonly cases: number;
  readonly samples: readonly Uint8Array[];
  /** Throws where the decoder breaks its word. */
  readonly probe: (bytes: Uint8Array) => void;
}

export interface FuzzFigures {
  readonly check: string;
  readonly seed: number;
  readonly cases: number;
  readonly thrown: number;
  /** Inputs that took longer than 50 ms, twice: a pause of the machine is not the decoder's. */
  readonly slow: number;
  readonly casesPerSecond: number;
  readonly grownMiB: number;
  /** The first that failed, to be replayed. */
  readonly first?: { readonly hex: string; readonly error: string };
}

const SLOW_MS = 50;
const MAX_GROWN = 4;
/** Values that length fields like to be tried with. */
const EDGES = [0x00, 0x01, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xff] as const;

export function fuzz({ name, seed, cases, samples, probe }: FuzzOptions): FuzzFigures {
  const random = seededRandom(seed);
  const below = (limit: number) => random.integer(limit);
  let [thrown, slow] = [0, 0];
  let first: FuzzFigures['first'];
  // The engine compiles and fills its young heap first; what grows after that grows with the inputs.
  const warmUntil = Math.floor(cases / 10);
  let memoryBefore = process.memoryUsage().rss;
  const startedAt = performance.now();
  for (let index = 0; index < cases; index += 1) {
    if (index === warmUntil) memoryBefore = process.memoryUsage().rss;
    const bytes = mutate(samples[below(samples.length)] ?? new Uint8Array(0), below);
    const at = performance.now();
    const error = caught(probe, bytes);
    if (error !== undefined) {
      thrown += 1;
      first ??= { hex: Buffer.from(bytes).toString('hex'), error };
    } else if (performance.now() - at > SLOW_MS && isSlowAgain(probe, bytes)) {
      slow += 1;
      first ??= { hex: Buffer.from(bytes).toString('hex'), error: 'slow' };
    }
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const grownMiB = Math.round((process.memoryUsage().rss - memoryBefore) / 2 ** 20);
  const figures = { check: name, seed, cases, thrown, slow, casesPerSecond: Math.round(cases / seconds), grownMiB };
  return first === undefined ? figures : { ...figures, first };
}

function mutate(sample: Uint8Array, below: (limit: number) => number): Uint8Array {
  let bytes = [...sample];
  for (let step = below(4); step >= 0; step -= 1) {
    const at = below(bytes.length + 1);
    const deed = below(6);
    if (deed === 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
    else if (deed === 1) bytes[at] = EDGES[below(EDGES.length)] ?? 0;
    else if (deed === 2) bytes = bytes.slice(0, at);
    else if (deed === 3) bytes.splice(at, 1 + below(4));
    else if (deed === 4) bytes.splice(at, 0, ...Array.from({ length: 1 + below(4) }, () => below(256)));
    else if (bytes.length < sample.length * MAX_GROWN) bytes.splice(at, 0, ...bytes.slice(at, at + below(32)));
  }
  return Uint8Array.from(bytes);
}

function caught(probe: (bytes: Uint8Array) => void, bytes: Uint8Array): string | undefined {
  try {
    probe(bytes);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

function isSlowAgain(probe: (bytes: Uint8Array) => void, bytes: Uint8Array): boolean {
  const at = performance.now();
  caught(probe, bytes);
  return performance.now() - at > SLOW_MS;
}
