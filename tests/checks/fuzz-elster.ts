/**
 * `node tests/dist/checks/fuzz-elster.js [--full] [--seed 1]`: 200,000 mutated inputs through the decoders of IEC 62056-21 and
 * ANSI C12, 10 million with --full. A part of them gets a right check around it, or the layers within would never be reached.
 * The control is a decoder with a planted fault: the run fails when it is not caught.
 */

import { decodePacket, encodePacket } from '@contor/elster/codec/c12/packet.js';
import { decodeTable } from '@contor/elster/codec/c12/table/decode.js';
import { TABLES } from '@contor/elster/codec/c12/table/tables.js';
import type { Fields } from '@contor/elster/codec/c12/table/type.js';
import { blockCheck } from '@contor/elster/codec/checksum.js';
import { decodeBlock } from '@contor/elster/codec/iec62056/block.js';
import { decodeIdentification, decodeOptionSelect, decodeRequest } from '@contor/elster/codec/iec62056/sign-on.js';
import { decodeTelegram } from '@contor/elster/codec/iec62056/telegram.js';
import { DECODERS } from '@contor/elster/decode.js';
import { type Decoded, fromHex, toHex, WireError } from '@contor/kit';
import { readFlags } from '../support/arguments.js';
import { type FuzzFigures, fuzz } from '../support/fuzz.js';

const QUICK = 200_000;
const FULL = 10_000_000;
const MAX_GROWN_MIB = 64;
const MAX_DATA = 4000;

const TEXTS = [
  '/?00123456!\r\n',
  '/ELS5\\@V9.30\r\n',
  '\x06051\r\n',
  '/ISk5\\2MT382-1000\r\n\r\n1-0:1.8.1(12345.678*kWh)\r\n0-1:24.3.0(090212160000)(00)(60)(1)(0-1:24.2.1)(m3)\r\n(00001.001)\r\n!6EEE\r\n',
  '\x02F.F(00)\r\nC.1.1(0000000074892473)\r\n1.6.1(09.48*kW)(16-03-14,18:45)\r\n1.8.1*02(00002229.372)\r\n!\r\n\x03\x00',
  '\x01R5\x02P.01(0220823161500;0220823171500)(4)\x03\x00',
  'P.01(1220823161500)(00000000)(15)(2)(1.5)(kW)(2.5)(kW)\r\n(0.18374)(0.00078)\r\n(0.16832)(0.00000)\r\n',
  'P.98(1220826235646)(00008020)()(2)(0.9.1)()(0.9.2)()(1235703)(1220826)\r\n',
];
const FRAMES = [
  'ee0000000001201310',
  'ee00200000083f0733059356b499b5c0',
  '06ee002000000500040080063583',
  'ee000000000740002d0001867acef6',
];
/** ST0 with everything in use, little sets elsewhere: what the tables below are read by. */
const DECLARING = `02090a474520200200080801000b0102010201${'ff'.repeat(11)}01030400${'00'.repeat(12)}`;
const SMALL = '01020301010101020101010101010101010101010101010101010101010101';

const flags = readFlags(process.argv);
const seed = flags.number('seed', 1);
const cases = flags.number('cases', flags.full ? FULL : QUICK);
const samples = [
  ...TEXTS.map((text) => new Uint8Array(Buffer.from(text, 'latin1'))),
  ...[...FRAMES, DECLARING, SMALL, SMALL.repeat(8)].map(fromHex),
];
const known = new Map<number, Fields>();
for (const number of [0, 11, 21, 51, 61, 62, 71]) {
  const fields = decodeTable(number, fromHex(number === 0 ? DECLARING : SMALL.repeat(4)), known);
  if (fields instanceof WireError) throw fields;
  known.set(number, fields);
}

const STREAMS: readonly ((bytes: Uint8Array) => Decoded<unknown>)[] = [
  decodeRequest,
  decodeIdentification,
  decodeOptionSelect,
  decodeBlock,
  decodeTelegram,
  decodePacket,
];
const PROBES: readonly ((bytes: Uint8Array) => void)[] = [
  (bytes) => answer(0, bytes),
  (bytes) => answer(0, checked(bytes)),
  (bytes) => answer(1, bytes),
  (bytes) => answer(1, framed(bytes)),
  readStreams,
  readTables,
  declareTables,
];

let turn = 0;
let table = 0;
const figures = fuzz({ name: 'fuzz-elster', seed, cases, samples, probe });
const control = fuzz({ name: 'control', seed, cases: Math.min(cases, 20_000), samples, probe: probeWithFault });
// After the storm the next good frames decode.
const isWell = DECODERS.every((decoder) => decoder.decode({ input: { hex: decoder.example } }).ok);
console.log(JSON.stringify({ ...figures, controlCaught: control.thrown, isWell }));
if (!isClean(figures) || control.thrown === 0 || !isWell) process.exitCode = 1;

function probe(bytes: Uint8Array): void {
  turn = (turn + 1) % (PROBES.length * 4);
  PROBES[turn % PROBES.length]?.(bytes);
}

/** A parser that believes a length. */
function probeWithFault(bytes: Uint8Array): void {
  if (bytes[0] === 0xee && (bytes[5] ?? 0) > bytes.length) throw new RangeError('planted');
  probe(bytes);
}

function answer(index: 0 | 1, bytes: Uint8Array): void {
  const request = { input: { hex: toHex(bytes), ...(turn % 5 === 0 && { request: 'read' }) } };
  const said = DECODERS[index]?.decode(request);
  if (said?.ok !== true && typeof said?.code !== 'string') throw new Error('A refusal has no code.');
  if (turn % 4 !== 0) return;
  const rows = DECODERS[index]?.explain?.(request) ?? [];
  const length = rows.reduce((sum, row) => sum + row.bytes.length, 0);
  if (length !== bytes.length) throw new Error('Not every byte is explained.');
}

/** A reader of a stream always moves on. */
function readStreams(bytes: Uint8Array): void {
  for (const decode of STREAMS) {
    let at = 0;
    while (at < bytes.length) {
      const decoded = decode(bytes.subarray(at));
      if (decoded.kind === 'pending') break;
      if (decoded.used < 1 || decoded.used > bytes.length - at) throw new Error(`It used ${decoded.used} bytes.`);
      at += decoded.used;
    }
  }
}

function readTables(bytes: Uint8Array): void {
  table = (table + 1) % TABLES.length;
  decodeTable(TABLES[table]?.number ?? 0, bytes, known);
}

/** The bytes say how others are written: whatever they declare, the others come to an end. */
function declareTables(bytes: Uint8Array): void {
  const declared = new Map(known);
  for (const number of [0, 11, 21, 51, 61, 62, 71]) {
    const fields = decodeTable(number, bytes, declared);
    if (!(fields instanceof WireError)) declared.set(number, fields);
  }
  for (const number of [12, 15, 23, 26, 28, 54, 64, 74, 76]) decodeTable(number, bytes, declared);
}

/** A right check character behind the last ETX. */
function checked(bytes: Uint8Array): Uint8Array {
  const etx = bytes.lastIndexOf(0x03);
  if (etx < 1) return bytes;
  const framed = Uint8Array.of(...bytes.subarray(0, etx + 1), 0);
  framed[etx + 1] = blockCheck(framed, 1, etx + 1);
  return framed;
}

function framed(bytes: Uint8Array): Uint8Array {
  const data = bytes.slice(0, MAX_DATA);
  return encodePacket({ identity: 0, control: turn % 3 === 0 ? 0xc0 : 0, sequence: turn % 3 === 0 ? 1 : 0, data });
}

function isClean({ thrown, slow, grownMiB }: FuzzFigures): boolean {
  return thrown === 0 && slow === 0 && grownMiB < MAX_GROWN_MIB;
}
