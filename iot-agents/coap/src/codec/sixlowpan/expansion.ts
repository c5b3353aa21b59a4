/**
 * The packet that grows while its compressed headers are read. Lengths are not on the air: they follow from where the
 * packet ends, which a fragment knows from its header (RFC 6282, 3 and 4.3.1).
 */

import { WireError } from '@contor/kit';
import { decodePacket, IPV6_HEADER_BYTES, PROTOCOL, UDP_HEADER_BYTES, udpChecksum } from '../ipv6/packet.js';

/** An IPv6 header and all that its length field can announce. */
const MAX_PACKET = IPV6_HEADER_BYTES + 0xffff;

/** Where a checksum is still to be made: the IPv6 header the UDP datagram belongs to. */
export interface ElidedChecksum {
  readonly ipv6At: number;
}

/** The packet as far as this frame has it; `checksum` waits for the rest of it. */
export interface Expanded {
  readonly bytes: Uint8Array;
  readonly elidedChecksum: ElidedChecksum | undefined;
}

export class Expansion {
  #bytes: Uint8Array;
  #length = 0;
  readonly #ipv6At: number[] = [];
  #udpAt = -1;
  #isChecksumElided = false;

  /** `expected` bytes are made room for at once; more is found when it is needed. */
  constructor(expected: number) {
    this.#bytes = new Uint8Array(Math.min(expected, MAX_PACKET));
  }

  beginIpv6(header: Uint8Array): void {
    this.#ipv6At.push(this.#length);
    this.bytes(header);
  }

  udp(sourcePort: number, destinationPort: number, checksum: number | undefined): void {
    const at = this.#length;
    this.#udpAt = at;
    this.#isChecksumElided = checksum === undefined;
    this.#grow(UDP_HEADER_BYTES);
    setWord(this.#bytes, at, sourcePort);
    setWord(this.#bytes, at + 2, destinationPort);
    setWord(this.#bytes, at + 6, checksum ?? 0);
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#length;
    this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** With `size` the packet is known to be longer than what is there. */
  finish(size: number | undefined): Expanded {
    const bytes = this.#bytes.subarray(0, this.#length);
    const total = size ?? bytes.length;
    if (bytes.length > total)
      throw new WireError('sixlowpan.size', 'The headers are longer than the packet.', { size: total });
    for (const at of this.#ipv6At) setWord(bytes, at + 4, total - at - IPV6_HEADER_BYTES);
    if (this.#udpAt >= 0) setWord(bytes, this.#udpAt + 4, total - this.#udpAt);
    const ipv6At = this.#ipv6At.at(-1);
    return { bytes, elidedChecksum: this.#isChecksumElided && ipv6At !== undefined ? { ipv6At } : undefined };
  }

  #grow(length: number): void {
    const end = this.#length + length;
    if (end > MAX_PACKET) throw new WireError('sixlowpan.size', 'The packet is longer than IPv6 allows.');
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.min(MAX_PACKET, Math.max(end, this.#bytes.length * 2)));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#length = end;
  }
}

function setWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
}

/** RFC 6282, 4.3.2: an elided checksum is made again, over the whole datagram. */
export function restoreChecksum(packet: Uint8Array, { ipv6At }: ElidedChecksum): void {
  const inner = decodePacket(packet.subarray(ipv6At));
  if (inner.kind !== 'value' || inner.value.protocol !== PROTOCOL.udp || inner.value.payload.length < 8)
    throw new WireError('sixlowpan.checksum', 'The datagram whose checksum was elided cannot be read.');
  const at = ipv6At + inner.value.payloadAt + 6;
  const checksum = udpChecksum(inner.value);
  packet[at] = checksum >> 8;
  packet[at + 1] = checksum & 0xff;
}
