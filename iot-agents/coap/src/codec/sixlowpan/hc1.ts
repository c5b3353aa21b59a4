/**
 * Reading LOWPAN_HC1 and HC_UDP (RFC 4944, 10), which RFC 6282 replaced and old meshes still send. Fields follow each
 * other bit by bit; what remains of the last byte is padding.
 */

import { ByteReader, WireError } from '@contor/kit';
import { IPV6_HEADER_BYTES, PROTOCOL } from '../ipv6/packet.js';
import { LINK_LOCAL } from './addresses.js';
import type { Expansion } from './expansion.js';
import { interfaceIdOf, type Link, type LinkAddress } from './link.js';
import { PORTS_OF_FOUR_BITS } from './nhc-udp.js';

/** RFC 4944, 10.1, bits 5 and 6; 0 says that the next header is inline. */
const NEXT_HEADERS = [undefined, PROTOCOL.udp, PROTOCOL.icmp, PROTOCOL.tcp] as const;

/** `bytes` begin with the HC1 encoding, behind the dispatch. */
export function expandHc1(bytes: Uint8Array, link: Link, into: Expansion): void {
  const reader = new BitReader(bytes);
  const encoding = reader.bits(8);
  const nextHeader = NEXT_HEADERS[(encoding >> 1) & 3];
  const hasUdp = (encoding & 1) !== 0;
  if (hasUdp && nextHeader !== PROTOCOL.udp)
    throw new WireError('sixlowpan.hc1', 'Only UDP has a compression behind HC1.');
  const udpEncoding = hasUdp ? reader.bits(8) : 0;
  const header = new Uint8Array(IPV6_HEADER_BYTES);
  header[7] = reader.bits(8);
  readAddress(reader, encoding >> 6, link.source, header.subarray(8, 24));
  readAddress(reader, (encoding >> 4) & 3, link.destination, header.subarray(24, 40));
  const isTrafficZero = (encoding & 8) !== 0;
  const trafficClass = isTrafficZero ? 0 : reader.bits(8);
  const flowLabel = isTrafficZero ? 0 : reader.bits(20);
  header.set([0x60 | (trafficClass >> 4), ((trafficClass & 15) << 4) | (flowLabel >> 16), flowLabel >> 8, flowLabel]);
  header[6] = nextHeader ?? reader.bits(8);
  into.beginIpv6(header);
  if (hasUdp) readUdp(reader, udpEncoding, into);
  into.bytes(reader.rest());
}

/** RFC 4944, 10.1: the upper bit elides the prefix, which is then link-local, the lower one the interface identifier. */
function readAddress(reader: BitReader, form: number, link: LinkAddress | undefined, address: Uint8Array): void {
  if ((form & 2) !== 0) address.set(LINK_LOCAL.address);
  else for (let index = 0; index < 8; index += 1) address[index] = reader.bits(8);
  if ((form & 1) !== 0) address.set(interfaceIdOf(link), 8);
  else for (let index = 8; index < 16; index += 1) address[index] = reader.bits(8);
}

/** RFC 4944, 10.2: the length is inline unless its bit is set, and is that of the packet either way. */
function readUdp(reader: BitReader, encoding: number, into: Expansion): void {
  const sourcePort = (encoding & 0x80) === 0 ? reader.bits(16) : PORTS_OF_FOUR_BITS | reader.bits(4);
  const destinationPort = (encoding & 0x40) === 0 ? reader.bits(16) : PORTS_OF_FOUR_BITS | reader.bits(4);
  if ((encoding & 0x20) === 0) reader.bits(16);
  into.udp(sourcePort, destinationPort, reader.bits(16));
}

class BitReader {
  readonly #reader: ByteReader;
  #held = 0;
  #heldBits = 0;

  constructor(bytes: Uint8Array) {
    this.#reader = new ByteReader(bytes);
  }

  /** At most 20 at a time, so that what is held stays within 32. */
  bits(count: number): number {
    while (this.#heldBits < count) {
      this.#held = (this.#held << 8) | this.#reader.u8();
      this.#heldBits += 8;
    }
    this.#heldBits -= count;
    const value = this.#held >>> this.#heldBits;
    this.#held &= (1 << this.#heldBits) - 1;
    return value;
  }

  rest(): Uint8Array {
    return this.#reader.rest();
  }
}
