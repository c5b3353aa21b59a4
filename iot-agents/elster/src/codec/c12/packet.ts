/**
 * The packet of ANSI C12.18-2006, 4.6 (C12.21 has the same): `EE identity control sequence length data CRC`. A reader answers a
 * good one with ACK (06), a damaged one with NAK (15).
 */

import { type Decoded, WireError } from '@contor/kit';
import { crc16X25 } from '../checksum.js';

export interface Packet {
  /** 0, or the address of a meter behind a shared port. */
  readonly identity: number;
  /** As sent; its bits are below. */
  readonly control: number;
  /** Packets that still follow; the last has 0. */
  readonly sequence: number;
  readonly data: Uint8Array;
}

/** 4.6.1, control: bit 7 one of several packets, bit 6 the first of them, bit 5 toggles with every new packet, bits 0–1 the format. */
export const CONTROL = { multiPacket: 0x80, firstPacket: 0x40, toggle: 0x20, dataFormat: 0x03 } as const;

export const START = 0xee;
export const ACK = 0x06;
export const NAK = 0x15;

const HEADER = 6;
const CRC = 2;
/** 4.7.7: the least and the most a packet may be negotiated to be, frame included; 8192 is the largest the standard allows. */
export const MAX_PACKET = 8192;

export function decodePacket(bytes: Uint8Array): Decoded<Packet> {
  const first = bytes[0];
  if (first === undefined) return { kind: 'pending' };
  if (first !== START) return garbage(bytes, new WireError('c12.noise', 'The bytes do not begin a packet.'));
  if (bytes.length < HEADER) return { kind: 'pending' };
  const length = word(bytes, 4);
  const size = HEADER + length + CRC;
  if (size > MAX_PACKET) return garbage(bytes, new WireError('c12.length', 'The packet is too long.', { length }));
  if (bytes.length < size) return { kind: 'pending' };
  const expected = crc16X25(bytes, 0, size - CRC);
  // The CRC travels low byte first.
  const actual = (bytes[size - 2] ?? 0) | ((bytes[size - 1] ?? 0) << 8);
  // It goes as a whole: the other side hears NAK and sends it again, and no byte is summed twice.
  if (expected !== actual)
    return {
      kind: 'garbage',
      error: new WireError('wire.checksum', 'The CRC does not fit.', { expected, actual }),
      used: size,
    };
  const [, identity = 0, control = 0, sequence = 0] = bytes;
  const data = bytes.slice(HEADER, HEADER + length);
  return { kind: 'value', value: { identity, control, sequence, data }, used: size };
}

export function encodePacket({ identity, control, sequence, data }: Packet): Uint8Array {
  const size = HEADER + data.length + CRC;
  if (size > MAX_PACKET) throw new WireError('c12.length', 'The packet is too long.', { length: data.length });
  const bytes = new Uint8Array(size);
  bytes.set([START, identity, control, sequence, data.length >> 8, data.length & 0xff]);
  bytes.set(data, HEADER);
  const crc = crc16X25(bytes, 0, size - CRC);
  bytes.set([crc & 0xff, crc >> 8], size - CRC);
  return bytes;
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** Skips to where a packet might begin, past starts whose length no packet can have: a run of EE is one error, not many. */
function garbage(bytes: Uint8Array, error: WireError): Decoded<never> {
  let next = bytes.indexOf(START, 1);
  while (next >= 0 && next + HEADER <= bytes.length && HEADER + word(bytes, next + 4) + CRC > MAX_PACKET)
    next = bytes.indexOf(START, next + 1);
  return { kind: 'garbage', error, used: next < 0 ? bytes.length : next };
}
