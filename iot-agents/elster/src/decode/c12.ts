/**
 * `contor decode ansi-c12`: one packet, or the packets of one message, as they came over the line. With `input.request` (a
 * service) the answer of a meter is read to its end. In the layer `table` the bytes are those of a table of C12.19.
 */

import {
  type DecodeAnswer,
  type DecodeRequest,
  type ExplainedRow,
  fromHex,
  type LineDecoder,
  toHex,
  WireError,
} from '@contor/kit';
import { type Assembly, assemble, EMPTY_ASSEMBLY } from '../codec/c12/multi-packet.js';
import { ACK, CONTROL, decodePacket, NAK, type Packet, START } from '../codec/c12/packet.js';
import { decodeResponse, RESPONSES } from '../codec/c12/response.js';
import { decodeRequest, SERVICES, type ServiceName } from '../codec/c12/service.js';
import { decodeTable } from '../codec/c12/table/decode.js';
import { tableNumbered } from '../codec/c12/table/tables.js';
import type { Fields } from '../codec/c12/table/type.js';
import { crc16X25 } from '../codec/checksum.js';
import { inputOf, refusal } from './input.js';

export const ANSI_C12: LineDecoder = {
  protocol: 'ansi-c12',
  about: 'ANSI C12.18 and C12.21: packets and services; C12.19: standard tables',
  example: 'ee0000000001201310',
  decode,
  explain,
};

function decode(request: DecodeRequest): DecodeAnswer {
  try {
    const input = inputOf(request);
    if (typeof input.hex !== 'string') throw new WireError('decode.input', 'The line has no hex.');
    const bytes = fromHex(input.hex);
    if (request.layer === 'table') return { ok: true, ...tableOf(input, bytes) };
    return { ok: true, ...answerOf(bytes, serviceNamed(input.request)) };
  } catch (error) {
    return refusal(error);
  }
}

/** `table` its number, `known` the tables it leans on: hex by number. */
function tableOf({ table, known = {} }: Readonly<Record<string, unknown>>, bytes: Uint8Array): object {
  if (typeof table !== 'number' || typeof known !== 'object' || known === null)
    throw new WireError('decode.input', 'A table wants its number, and those that it leans on.');
  const tables = new Map<number, Fields>();
  // Ascending, as the tables that say how others are written stand before them.
  for (const [number, hex] of Object.entries(known).sort(([a], [b]) => Number(a) - Number(b)))
    tables.set(Number(number), read(Number(number), fromHex(String(hex)), tables));
  return { table, name: tableNumbered(table)?.name, fields: read(table, bytes, tables) };
}

function read(number: number, bytes: Uint8Array, known: ReadonlyMap<number, Fields>): Fields {
  const fields = decodeTable(number, bytes, known);
  if (fields instanceof WireError) throw fields;
  return fields;
}

function serviceNamed(name: unknown): ServiceName | undefined {
  return SERVICES.find(({ service }) => service === name)?.service;
}

function answerOf(bytes: Uint8Array, asked: ServiceName | undefined): Readonly<Record<string, unknown>> {
  const isAcknowledged = bytes[0] === ACK;
  if (bytes.length === 1 && (isAcknowledged || bytes[0] === NAK)) return { ack: isAcknowledged };
  const packets = packetsIn(bytes.subarray(isAcknowledged ? 1 : 0));
  const [first] = packets;
  if (first === undefined) throw short();
  const message = messageOf(packets);
  const { identity, control, sequence, data } = first;
  return {
    ack: isAcknowledged,
    identity,
    control,
    sequence,
    length: data.length,
    data: toHex(message ?? data),
    crcOk: true,
    ...(packets.length > 1 && { packetCount: packets.length }),
    ...(message === undefined ? { isPartial: true } : said(message, asked)),
  };
}

/** Requests begin at 20, answers lie below. */
function said(message: Uint8Array, asked: ServiceName | undefined): object {
  const [code] = message;
  if (code === undefined) return {};
  const value = code >= 0x20 ? decodeRequest(message) : decodeResponse(message, asked);
  if (value instanceof WireError) throw value;
  return value;
}

function packetsIn(bytes: Uint8Array): readonly Packet[] {
  const packets: Packet[] = [];
  let at = 0;
  while (at < bytes.length) {
    // Between the packets of one message a capture has the other side's acknowledgements.
    if (packets.length > 0 && bytes[at] === ACK) {
      at += 1;
      continue;
    }
    const decoded = decodePacket(bytes.subarray(at));
    if (decoded.kind !== 'value') throw decoded.kind === 'garbage' ? decoded.error : short();
    packets.push(decoded.value);
    at += decoded.used;
  }
  return packets;
}

/** The whole message, or undefined while only a part of it is here. */
function messageOf(packets: readonly Packet[]): Uint8Array | undefined {
  const [first] = packets;
  if (first === undefined || isContinuation(first)) return undefined;
  let assembly: Assembly = EMPTY_ASSEMBLY;
  for (const [index, packet] of packets.entries()) {
    const assembled = assemble(assembly, packet);
    if (assembled.kind === 'fault') throw assembled.error;
    if (assembled.kind === 'more') assembly = assembled.assembly;
    else if (index === packets.length - 1) return assembled.data;
    else throw new WireError('c12.trailing', 'More than one message.');
  }
  return undefined;
}

function isContinuation({ control }: Packet): boolean {
  return (control & CONTROL.multiPacket) !== 0 && (control & CONTROL.firstPacket) === 0;
}

function short(): WireError {
  return new WireError('wire.short', 'The bytes end before the packet does.');
}

const HEADER_ROWS = [
  { length: 1, name: 'start', says: () => 'EE' },
  { length: 1, name: 'identity', says: ([identity = 0]: Uint8Array) => String(identity) },
  { length: 1, name: 'control', says: ([control = 0]: Uint8Array) => controlText(control) },
  { length: 1, name: 'sequence', says: ([left = 0]: Uint8Array) => (left === 0 ? 'last packet' : `${left} to come`) },
  { length: 2, name: 'length', says: ([high = 0, low = 0]: Uint8Array) => `${high * 256 + low} bytes` },
] as const;

/** Nothing of a line without bytes. */
function bytesOf(request: DecodeRequest): Uint8Array {
  try {
    const { hex } = inputOf(request);
    return fromHex(typeof hex === 'string' ? hex : '');
  } catch (error) {
    refusal(error);
    return new Uint8Array();
  }
}

function explain(request: DecodeRequest): readonly ExplainedRow[] {
  const bytes = bytesOf(request);
  const rows: ExplainedRow[] = [];
  let at = 0;
  const take = (length: number, name: string, says: (taken: Uint8Array) => string): void => {
    const taken = bytes.subarray(at, at + length);
    if (taken.length > 0) rows.push({ bytes: taken, name, says: taken.length < length ? 'cut' : says(taken) });
    at += length;
  };
  while (at < bytes.length) {
    if (bytes[at] === ACK) take(1, 'ACK', () => 'acknowledged');
    else if (bytes[at] === NAK) take(1, 'NAK', () => 'not acknowledged, repeat');
    else if (bytes[at] !== START) take(1, 'noise', () => 'no packet begins here');
    else {
      const start = at;
      for (const row of HEADER_ROWS) take(row.length, row.name, row.says);
      const length = (bytes[start + 4] ?? 0) * 256 + (bytes[start + 5] ?? 0);
      if (length > 0) take(1, 'service', ([code = 0]) => codeText(code));
      if (length > 1) take(length - 1, 'data', () => `${length - 1} bytes`);
      const computed = crc16X25(bytes, start, at);
      take(2, 'CRC', ([low = 0, high = 0]) => (low + high * 256 === computed ? 'right' : 'wrong'));
    }
  }
  return rows;
}

function controlText(control: number): string {
  const parts = Object.entries(CONTROL).filter(([name, bit]) => name !== 'dataFormat' && (control & bit) !== 0);
  return [...parts.map(([name]) => name), (control & CONTROL.dataFormat) === 1 ? 'C12.22' : 'C12.18 or C12.21'].join(
    ', ',
  );
}

function codeText(code: number): string {
  const service = SERVICES.find(({ codes: [from, to] }) => code >= from && code <= to)?.service;
  const response = RESPONSES[code];
  return (
    service ?? (response === undefined ? 'unknown, or data of a later packet' : `${response.name}: ${response.says}`)
  );
}
