/**
 * `npm run bench -- codecs`: frames a second of each codec on one core, by CPU time, each beside a control that reads the same
 * hex and only sums its bytes. A protocol is a row; its frames and its decoder are in a file of its own.
 */

import { fromHex } from '@contor/kit';
import { coapCodecs } from './codecs/coap.js';
import { dlmsCodecs } from './codecs/dlms.js';
import { elsterCodecs } from './codecs/elster.js';
import { mbusCodecs } from './codecs/mbus.js';

export interface CodecRow {
  readonly name: string;
  /** One frame each, in hex. */
  readonly frames: readonly string[];
  /** What is done to a frame; it throws when the frame does not decode. */
  readonly decode: (frame: Uint8Array) => unknown;
}

const ROWS: readonly (() => readonly CodecRow[])[] = [dlmsCodecs, elsterCodecs, coapCodecs, mbusCodecs];
const WARM_UP_MS = 300;
const MEASURE_MS = 700;
const RUNS = 3;

export async function benchCodecs(): Promise<object> {
  const codecs = ROWS.flatMap((rows) => rows()).map((row) => ({ codec: row.name, ...measureRow(row) }));
  return { codecs };
}

function measureRow({ frames, decode }: CodecRow): object {
  const bytes = frames.map(fromHex);
  perSecond(WARM_UP_MS, bytes, decode);
  const runs = Array.from({ length: RUNS }, () => perSecond(MEASURE_MS, bytes, decode)).sort((a, b) => a - b);
  const control = perSecond(MEASURE_MS, frames, (frame) => sumOf(fromHex(frame)));
  return { framesPerSecond: runs[1], slowest: runs[0], fastest: runs[2], controlPerSecond: control };
}

/** By CPU time: a neighbour on the machine costs time, but no work. */
function perSecond<T>(forMs: number, frames: readonly T[], deed: (frame: T) => unknown): number {
  let done = 0;
  const before = process.cpuUsage();
  let usedUs = 0;
  while (usedUs < forMs * 1000) {
    for (let round = 0; round < 50; round += 1) for (const frame of frames) deed(frame);
    done += 50 * frames.length;
    const { user, system } = process.cpuUsage(before);
    usedUs = user + system;
  }
  return Math.round((done * 1_000_000) / usedUs);
}

function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum = (sum + byte) & 0xffff;
  return sum;
}
