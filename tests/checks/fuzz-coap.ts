/**
 * `node tests/dist/checks/fuzz-coap.js [--full] [--seed 1]`: 200,000 mutated inputs through CoAP, 6LoWPAN, CBOR and SenML, 10
 * million with --full; the fragments among them go into one reassembler that lives as long as the run. The control is a
 * decoder with a planted fault: the run fails when it is not caught.
 */

import { DECODERS, REASSEMBLY_LIMITS, Reassembler } from '@contor/coap';
import { toHex } from '@contor/kit';
import { readFlags } from '../support/arguments.js';
import { type FuzzFigures, fuzz } from '../support/fuzz.js';
import { CONTEXTS, LINK, SAMPLES } from '../unit/coap/samples.js';

const QUICK = 200_000;
const FULL = 10_000_000;
const MAX_GROWN_MIB = 64;

const flags = readFlags(process.argv);
const seed = flags.number('seed', 1);
const cases = flags.number('cases', flags.full ? FULL : QUICK);
const reassembler = new Reassembler(CONTEXTS);
const beside = { linkSource: '1234', linkDestination: '00124b0001020304', contexts: { 0: '2001:db8::/64' } };
let turn = 0;

const figures = fuzz({ name: 'fuzz-coap', seed, cases, samples: SAMPLES, probe });
const control = fuzz({
  name: 'control',
  seed,
  cases: Math.min(cases, 20_000),
  samples: SAMPLES,
  probe: probeWithFault,
});
console.log(JSON.stringify({ ...figures, heldBytes: reassembler.heldBytes, controlCaught: control.thrown }));
if (!isClean(figures) || control.thrown === 0) process.exitCode = 1;

function probe(bytes: Uint8Array): void {
  turn += 1;
  const decoder = DECODERS[turn % DECODERS.length];
  const request = { input: { hex: toHex(bytes), ...beside } };
  const answer = decoder?.decode(request);
  if (answer?.ok !== true && typeof answer?.code !== 'string') throw new Error('A refusal has no code.');
  if (turn % 8 < DECODERS.length) decoder?.explain?.(request);
  const source = Uint8Array.of(turn & 3, turn & 0xff);
  const received = reassembler.receive(bytes, turn % 2 === 0 ? LINK : { ...LINK, source }, turn);
  if (received.kind === 'refused' && received.error.code === '') throw new Error('A refusal has no code.');
  if (reassembler.heldBytes > REASSEMBLY_LIMITS.maxBytes) throw new Error('The reassembler holds too much.');
}

/** A parser that believes a length. */
function probeWithFault(bytes: Uint8Array): void {
  if ((bytes[0] ?? 0) >> 6 === 1 && ((bytes[0] ?? 0) & 15) > bytes.length - 4) throw new RangeError('planted');
  probe(bytes);
}

function isClean({ thrown, slow, grownMiB }: FuzzFigures): boolean {
  return thrown === 0 && slow === 0 && grownMiB < MAX_GROWN_MIB;
}
