/** Compressed UDP headers (RFC 6282, 4.3): 11110CPP, ports of the range 0xf0 in eight bits, of 0xf0b in four. */

import type { ByteReader } from '@contor/kit';
import type { Expansion } from './expansion.js';

export const PORTS_OF_EIGHT_BITS = 0xf000;
export const PORTS_OF_FOUR_BITS = 0xf0b0;

export function readUdp(reader: ByteReader, first: number, into: Expansion): void {
  const [sourcePort, destinationPort] = readPorts(reader, first & 3);
  const checksum = (first & 4) === 0 ? reader.u16() : undefined;
  into.udp(sourcePort, destinationPort, checksum);
  into.bytes(reader.rest());
}

function readPorts(reader: ByteReader, form: number): readonly [number, number] {
  if (form === 3) {
    const both = reader.u8();
    return [PORTS_OF_FOUR_BITS | (both >> 4), PORTS_OF_FOUR_BITS | (both & 15)];
  }
  const sourcePort = form === 2 ? PORTS_OF_EIGHT_BITS | reader.u8() : reader.u16();
  return [sourcePort, form === 1 ? PORTS_OF_EIGHT_BITS | reader.u8() : reader.u16()];
}
