/**
 * `node tests/dist/checks/fuzz-dlms.js [--full] [--seed 1]`: 200,000 mutated inputs through every layer of the DLMS decoder,
 * 10 million with --full. Half of them get right check sequences around them, or the layers within would never be reached.
 * The control is a decoder with a planted fault: the run fails when it is not caught.
 */

import { encodeFrame } from '@contor/dlms/codec/hdlc/frame.js';
import { DECODERS } from '@contor/dlms/decode.js';
import { toHex, WireError } from '@contor/kit';
import { readFlags } from '../support/arguments.js';
import { type FuzzFigures, fuzz } from '../support/fuzz.js';
import { SAMPLES, sample } from '../unit/dlms/samples.js';

const LAYERS = ['hdlc', 'llc', 'wrapper', 'acse', 'xdlms', 'axdr', undefined] as const;
const QUICK = 200_000;
const FULL = 10_000_000;
const MAX_GROWN_MIB = 64;
const KEYS = {
  key: '000102030405060708090a0b0c0d0e0f',
  systemTitle: '4d4d4d0000bc614e',
} as const;

const flags = readFlags(process.argv);
const seed = flags.number('seed', 1);
const cases = flags.number('cases', flags.full ? FULL : QUICK);
let turn = 0;
const samples = SAMPLES.map(([name]) => sample(name));

const figures = fuzz({ name: 'fuzz-dlms', seed, cases, samples, probe });
const control = fuzz({ name: 'control', seed, cases: Math.min(cases, 20_000), samples, probe: probeWithFault });
console.log(JSON.stringify({ ...figures, controlCaught: control.thrown }));
if (!isClean(figures) || control.thrown === 0) process.exitCode = 1;

function probe(bytes: Uint8Array): void {
  turn = (turn + 1) % (LAYERS.length * 2);
  const layer = LAYERS[turn % LAYERS.length];
  const framed = turn < LAYERS.length || bytes.length > 2000 ? bytes : framedAgain(bytes);
  const request = { input: { hex: toHex(framed) }, ...(layer && { layer }), ...(turn % 3 === 0 && KEYS) };
  const answer = DECODERS[0]?.decode(request);
  if (answer?.ok !== true && typeof answer?.code !== 'string') throw new Error('A refusal has no code.');
  if (turn % 4 === 0) DECODERS[0]?.explain?.(request);
}

/** A parser that believes a length. */
function probeWithFault(bytes: Uint8Array): void {
  if (bytes[0] === 0xc4 && (bytes[3] ?? 0) > bytes.length) throw new RangeError('planted');
  probe(bytes);
}

function framedAgain(information: Uint8Array): Uint8Array {
  try {
    const end = { upper: 1, size: 1 } as const;
    const control = { name: 'UI', isPollFinal: false } as const;
    return encodeFrame({ destination: end, source: end, control, isSegmented: turn % 5 === 0, information });
  } catch (error) {
    if (error instanceof WireError) return information;
    throw error;
  }
}

function isClean({ thrown, slow, grownMiB }: FuzzFigures): boolean {
  return thrown === 0 && slow === 0 && grownMiB < MAX_GROWN_MIB;
}
