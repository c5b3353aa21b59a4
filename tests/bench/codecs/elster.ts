/** A readout of 38 lines with its check character, a P1 telegram with its CRC, and the packets of a C12.18 session. */

import { decodePacket, encodePacket } from '@contor/elster/codec/c12/packet.js';
import { decodeRequest, encodeRequest, type Request } from '@contor/elster/codec/c12/service.js';
import { decodeBlock, encodeBlock } from '@contor/elster/codec/iec62056/block.js';
import { setsIn } from '@contor/elster/codec/iec62056/command.js';
import type { DataSet } from '@contor/elster/codec/iec62056/data-set.js';
import { decodeTelegram, encodeTelegram, readoutBlock } from '@contor/elster/codec/iec62056/telegram.js';
import { type Decoded, toHex, WireError } from '@contor/kit';
import type { CodecRow } from '../codecs.js';

const LINES = 38;
const REQUESTS: readonly Request[] = [
  { service: 'identify' },
  { service: 'logon', userId: 2, user: 'METERUSER' },
  { service: 'security', password: '00'.repeat(20) },
  { service: 'read', table: 23 },
  { service: 'read-partial', table: 64, offset: 4096, count: 512 },
  { service: 'write', table: 7, data: '0a0001070c0f0a0f22' },
  { service: 'logoff' },
];

export function elsterCodecs(): readonly CodecRow[] {
  const sets = Array.from({ length: LINES }, (_, index) => register(index));
  return [
    { name: `iec62056-readout-of-${LINES}`, frames: [toHex(encodeBlock(readoutBlock(sets)))], decode: readReadout },
    {
      name: `iec62056-p1-telegram-of-${LINES}`,
      frames: [toHex(encodeTelegram({ identification: { line: '/ISk5\\2MT382-1000' }, sets }, true))],
      decode: (bytes) => value(decodeTelegram(bytes)),
    },
    { name: 'c12-request-packet', frames: REQUESTS.map((request) => toHex(packet(request))), decode: readRequest },
  ];
}

function readReadout(bytes: Uint8Array): unknown {
  const sets = setsIn(value(decodeBlock(bytes)));
  if (sets.length !== LINES) throw new Error(`There are ${sets.length} sets.`);
  return sets;
}

function readRequest(bytes: Uint8Array): unknown {
  const request = decodeRequest(value(decodePacket(bytes)).data);
  if (request instanceof WireError) throw request;
  return request;
}

function packet(request: Request): Uint8Array {
  return encodePacket({ identity: 0, control: 0, sequence: 0, data: encodeRequest(request) });
}

function register(index: number): DataSet {
  const value = (123_456.789 + index).toFixed(3).padStart(10, '0');
  return {
    address: `1-0:${1 + (index % 8)}.8.${index % 5}*255`,
    values: [{ value, unit: index % 2 ? 'kvarh' : 'kWh' }],
  };
}

function value<T>(decoded: Decoded<T>): T {
  if (decoded.kind !== 'value') throw new Error(`The frame is ${decoded.kind}.`);
  return decoded.value;
}
