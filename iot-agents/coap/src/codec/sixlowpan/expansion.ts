/**
 * The packet that grows while its compressed headers are read. Lengths are not on the air: they follow from where the
 * packet ends, which a fragment knows from its header (RFC 6282, 3 and 4.3.1).
 */

import { ByteWriter, WireError } from '@contor/kit';
import { decodePacket, IPV6_HEADER_BYTES, PROTOCOL, udpChecksum } from '../ipv6/packet.js';

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
  readonly #writer = new ByteWriter(MAX_PACKET);
  readonly #ipv6At: number[] = [];
  #udpAt: number | undefined;
  #isChecksumElided = false;

  get length(): number {
    return this.#writer.length;
  }

  beginIpv6(header: Uint8Array): void {
    this.#ipv6At.push(this.#writer.length);
    this.#writer.bytes(header);
  }

  udp(sourcePort: number, destinationPort: number, checksum: number | undefined): void {
    this.#udpAt = this.#writer.length;
    this.#isChecksumElided = checksum === undefined;
    this.#writer
      .u16(sourcePort)
      .u16(destinationPort)
      .u16(0)
      .u16(checksum ?? 0);
  }

  bytes(bytes: Uint8Array): void {
    this.#writer.bytes(bytes);
  }

  /** With `size` the packet is known to be longer than what is there. */
  finish(size: number | undefined): Expanded {
    const bytes = this.#writer.finish();
    const total = size ?? bytes.length;
    if (bytes.length > total)
      throw new WireError('sixlowpan.size', 'The headers are longer than the packet.', { size: total });
    if (total > MAX_PACKET) throw new WireError('sixlowpan.size', 'The packet is longer than IPv6 allows.');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (const at of this.#ipv6At) view.setUint16(at + 4, total - at - IPV6_HEADER_BYTES);
    if (this.#udpAt !== undefined) view.setUint16(this.#udpAt + 4, total - this.#udpAt);
    const ipv6At = this.#ipv6At.at(-1);
    return { bytes, elidedChecksum: this.#isChecksumElided && ipv6At !== undefined ? { ipv6At } : undefined };
  }
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
