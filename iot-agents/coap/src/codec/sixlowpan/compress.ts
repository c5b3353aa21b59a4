/** Writing LOWPAN_IPHC and compressed next headers (RFC 6282): of the forms that say the same, the shortest. */

import { ByteWriter, WireError } from '@contor/kit';
import {
  decodePacket,
  type ExtensionHeader,
  IPV6_HEADER_BYTES,
  type Ipv6Packet,
  isFragmented,
  PROTOCOL,
  UDP_HEADER_BYTES,
  udpChecksum,
} from '../ipv6/packet.js';
import { chooseDestination, chooseSource } from './address-forms.js';
import type { Contexts } from './addresses.js';
import { EXTENSION_IDS } from './iphc.js';
import type { Link } from './link.js';
import { PORTS_OF_EIGHT_BITS, PORTS_OF_FOUR_BITS } from './nhc-udp.js';

export interface Compression {
  /** RFC 6282, 4.3.2: only where the payload has an integrity check of its own, as under DTLS. */
  readonly isChecksumElided?: boolean;
}

export interface Compressed {
  readonly bytes: Uint8Array;
  /** So many bytes of it stand for so many of the packet; what follows is the same in both. */
  readonly headerBytes: number;
  readonly packetHeaderBytes: number;
}

/** The length of a compressed extension header is one byte (RFC 6282, 4.2). */
const MAX_EXTENSION = 2 + 0xff;
const MAX_HEADERS = 4096;

export function compress(bytes: Uint8Array, link: Link, contexts: Contexts, how: Compression = {}): Compressed {
  const decoded = decodePacket(bytes);
  if (decoded.kind !== 'value' || decoded.used !== bytes.length)
    throw new WireError('sixlowpan.packet', 'Only a whole IPv6 packet can be compressed.');
  const packet = decoded.value;
  const writer = new ByteWriter(MAX_HEADERS);
  const count = compressibleExtensions(packet.extensionHeaders);
  const isUdpCompressed = count === packet.extensionHeaders.length && hasPlainUdp(packet);
  writeBase(writer, packet, count > 0 || isUdpCompressed, link, contexts);
  let packetHeaderBytes = IPV6_HEADER_BYTES;
  for (let index = 0; index < count; index += 1) {
    const header = packet.extensionHeaders[index];
    if (header === undefined) break;
    writeExtension(writer, header, index + 1 < count || isUdpCompressed);
    packetHeaderBytes += header.bytes.length;
  }
  if (isUdpCompressed) {
    writeUdp(writer, packet, how.isChecksumElided === true);
    packetHeaderBytes += UDP_HEADER_BYTES;
  }
  const headers = writer.finish();
  return {
    bytes: new Uint8Array(Buffer.concat([headers, bytes.subarray(packetHeaderBytes)])),
    headerBytes: headers.length,
    packetHeaderBytes,
  };
}

/** How many of the chain, from its beginning, have a compressed form. */
function compressibleExtensions(headers: readonly ExtensionHeader[]): number {
  const first = headers.findIndex(
    ({ protocol, bytes }) => extensionId(protocol) === undefined || bytes.length > MAX_EXTENSION,
  );
  return first < 0 ? headers.length : first;
}

function extensionId(protocol: number): number | undefined {
  return EXTENSION_IDS.find((row) => row.protocol === protocol && protocol !== PROTOCOL.ipv6)?.id;
}

/** The length of UDP is elided, so it must be what the packet says; in a fragment it is not. */
function hasPlainUdp(packet: Ipv6Packet): boolean {
  const { payload } = packet;
  return (
    packet.protocol === PROTOCOL.udp &&
    !isFragmented(packet) &&
    payload.length >= UDP_HEADER_BYTES &&
    word(payload, 4) === payload.length
  );
}

function writeBase(
  writer: ByteWriter,
  packet: Ipv6Packet,
  isNextCompressed: boolean,
  link: Link,
  contexts: Contexts,
): void {
  const source = chooseSource(packet.source, link.source, contexts);
  const destination = chooseDestination(packet.destination, link.destination, contexts);
  const contextIds = (source.contextId << 4) | destination.contextId;
  const traffic = trafficForm(packet);
  const hopForm = HOP_FORMS.get(packet.hopLimit) ?? 0;
  writer.u16(
    0x6000 |
      (traffic.mode << 11) |
      (isNextCompressed ? 0x400 : 0) |
      (hopForm << 8) |
      (contextIds === 0 ? 0 : 0x80) |
      (source.bits << 4) |
      destination.bits,
  );
  if (contextIds !== 0) writer.u8(contextIds);
  writer.bytes(traffic.inline);
  if (!isNextCompressed) writer.u8(packet.nextHeader);
  if (hopForm === 0) writer.u8(packet.hopLimit);
  writer.bytes(source.inline).bytes(destination.inline);
}

const HOP_FORMS: ReadonlyMap<number, number> = new Map([
  [1, 1],
  [64, 2],
  [255, 3],
]);

/** RFC 6282, 3.2.1. */
function trafficForm({ trafficClass, flowLabel }: Ipv6Packet): { readonly mode: number; readonly inline: Uint8Array } {
  const ecn = (trafficClass & 3) << 6;
  const dscp = trafficClass >> 2;
  const label = [flowLabel >> 16, (flowLabel >> 8) & 0xff, flowLabel & 0xff] as const;
  if (flowLabel === 0 && trafficClass === 0) return { mode: 3, inline: new Uint8Array(0) };
  if (flowLabel === 0) return { mode: 2, inline: Uint8Array.of(ecn | dscp) };
  if (dscp === 0) return { mode: 1, inline: Uint8Array.of(ecn | label[0], label[1], label[2]) };
  return { mode: 0, inline: Uint8Array.of(ecn | dscp, ...label) };
}

function writeExtension(writer: ByteWriter, { protocol, bytes }: ExtensionHeader, isNextCompressed: boolean): void {
  writer.u8(0xe0 | ((extensionId(protocol) ?? 0) << 1) | (isNextCompressed ? 1 : 0));
  if (!isNextCompressed) writer.u8(bytes[0] ?? 0);
  writer.u8(protocol === PROTOCOL.fragment ? (bytes[1] ?? 0) : bytes.length - 2);
  writer.bytes(bytes.subarray(2));
}

/** RFC 6282, 4.3.3. A wrong checksum is never elided: the other side would make it right. */
function writeUdp(writer: ByteWriter, packet: Ipv6Packet, mayElide: boolean): void {
  const source = word(packet.payload, 0);
  const destination = word(packet.payload, 2);
  const checksum = word(packet.payload, 6);
  const isElided = mayElide && checksum === udpChecksum(packet);
  const first = 0xf0 | (isElided ? 4 : 0);
  if (source >> 4 === PORTS_OF_FOUR_BITS >> 4 && destination >> 4 === PORTS_OF_FOUR_BITS >> 4)
    writer.u8(first | 3).u8(((source & 15) << 4) | (destination & 15));
  else if (destination >> 8 === PORTS_OF_EIGHT_BITS >> 8)
    writer
      .u8(first | 1)
      .u16(source)
      .u8(destination & 0xff);
  else if (source >> 8 === PORTS_OF_EIGHT_BITS >> 8)
    writer
      .u8(first | 2)
      .u8(source & 0xff)
      .u16(destination);
  else writer.u8(first).u16(source).u16(destination);
  if (!isElided) writer.u16(checksum);
}

function word(bytes: Uint8Array, index: number): number {
  return ((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0);
}
