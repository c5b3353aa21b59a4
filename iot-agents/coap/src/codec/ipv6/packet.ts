/**
 * IPv6 packets (RFC 8200) with their chain of extension headers, UDP (RFC 768) inside, and the checksum over both
 * (RFC 8200, 8.1).
 */

import type { Decoded } from '@contor/kit';
import { garbage } from '../garbage.js';

export interface ExtensionHeader {
  /** The protocol number by which its predecessor announced it. */
  readonly protocol: number;
  /** The whole header, its own next header and length included. */
  readonly bytes: Uint8Array;
}

export interface Ipv6Packet {
  readonly trafficClass: number;
  readonly flowLabel: number;
  readonly payloadLength: number;
  readonly nextHeader: number;
  readonly hopLimit: number;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly extensionHeaders: readonly ExtensionHeader[];
  /** What the chain ends in, and where in the packet it begins. */
  readonly protocol: number;
  readonly payloadAt: number;
  readonly payload: Uint8Array;
}

export interface UdpDatagram {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly checksum: number;
  readonly isChecksumRight: boolean;
  readonly payload: Uint8Array;
}

export const IPV6_HEADER_BYTES = 40;
export const UDP_HEADER_BYTES = 8;

export const PROTOCOL = {
  hopByHop: 0,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  routing: 43,
  fragment: 44,
  authentication: 51,
  icmp: 58,
  none: 59,
  destinationOptions: 60,
  mobility: 135,
} as const;

/** How the length byte of an extension header counts: in 8-octet units beyond the first (RFC 8200, 4), or in 4 (RFC 4302, 2.2). */
const EXTENSIONS: ReadonlyMap<number, (lengthByte: number) => number> = new Map([
  [PROTOCOL.hopByHop, eights],
  [PROTOCOL.routing, eights],
  [PROTOCOL.destinationOptions, eights],
  [PROTOCOL.mobility, eights],
  [PROTOCOL.fragment, () => 8],
  [PROTOCOL.authentication, (lengthByte: number) => (lengthByte + 2) * 4],
]);

/** RFC 8200, 4.1 recommends seven; twice that is still a packet, more is a chain for its own sake. */
const MAX_EXTENSIONS = 14;

export function decodePacket(bytes: Uint8Array): Decoded<Ipv6Packet> {
  if (bytes.length < IPV6_HEADER_BYTES) return refuse(bytes, 'ipv6.short', 'An IPv6 header has 40 bytes.');
  if (at(bytes, 0) >> 4 !== 6) return refuse(bytes, 'ipv6.version', 'The version of IPv6 is 6.');
  const payloadLength = word(bytes, 4);
  const end = IPV6_HEADER_BYTES + payloadLength;
  if (end > bytes.length) return refuse(bytes, 'ipv6.short', 'The packet ends before its payload does.');
  const extensionHeaders: ExtensionHeader[] = [];
  let protocol = at(bytes, 6);
  let position = IPV6_HEADER_BYTES;
  for (let lengthOf = EXTENSIONS.get(protocol); lengthOf !== undefined; lengthOf = EXTENSIONS.get(protocol)) {
    if (extensionHeaders.length === MAX_EXTENSIONS)
      return refuse(bytes, 'ipv6.extensions', 'The packet has too many extension headers.');
    const length = position + 2 <= end ? lengthOf(at(bytes, position + 1)) : 8;
    if (position + length > end) return refuse(bytes, 'ipv6.short', 'The packet ends within an extension header.');
    const header = bytes.subarray(position, position + length);
    extensionHeaders.push({ protocol, bytes: header });
    position += length;
    const isLaterFragment = protocol === PROTOCOL.fragment && (word(header, 2) & 0xfff8) !== 0;
    protocol = at(header, 0);
    if (isLaterFragment) break;
  }
  const value: Ipv6Packet = {
    trafficClass: ((at(bytes, 0) & 15) << 4) | (at(bytes, 1) >> 4),
    flowLabel: ((at(bytes, 1) & 15) << 16) | word(bytes, 2),
    payloadLength,
    nextHeader: at(bytes, 6),
    hopLimit: at(bytes, 7),
    source: bytes.subarray(8, 24),
    destination: bytes.subarray(24, 40),
    extensionHeaders,
    protocol,
    payloadAt: position,
    payload: bytes.subarray(position, end),
  };
  return { kind: 'value', value, used: end };
}

export function isFragmented(packet: Ipv6Packet): boolean {
  return packet.extensionHeaders.some(
    ({ protocol, bytes }) => protocol === PROTOCOL.fragment && (word(bytes, 2) & 0xfff9) !== 0,
  );
}

export function decodeUdp(packet: Ipv6Packet): Decoded<UdpDatagram> {
  const { payload } = packet;
  if (payload.length < UDP_HEADER_BYTES) return refuse(payload, 'udp.short', 'A UDP header has eight bytes.');
  const length = word(payload, 4);
  if (length < UDP_HEADER_BYTES || length > payload.length)
    return refuse(payload, 'udp.length', 'The length of UDP is not that of its packet.');
  const checksum = word(payload, 6);
  const value: UdpDatagram = {
    sourcePort: word(payload, 0),
    destinationPort: word(payload, 2),
    checksum,
    // RFC 8200, 8.1: zero, "no checksum", is not allowed over IPv6.
    isChecksumRight: checksum !== 0 && sum16(pseudoSum(packet, length), payload.subarray(0, length)) === 0xffff,
    payload: payload.subarray(UDP_HEADER_BYTES, length),
  };
  return { kind: 'value', value, used: length };
}

/** The checksum a UDP datagram should have, its own field taken as zero. */
export function udpChecksum(packet: Ipv6Packet): number {
  const { payload } = packet;
  const total = sum16(pseudoSum(packet, payload.length), payload);
  const without = foldTwice(total + (~word(payload, 6) & 0xffff));
  const checksum = ~without & 0xffff;
  return checksum === 0 ? 0xffff : checksum;
}

export function encodePacket(packet: Omit<Ipv6Packet, 'payloadAt' | 'payloadLength' | 'protocol'>): Uint8Array {
  const extensions = packet.extensionHeaders.reduce((total, { bytes }) => total + bytes.length, 0);
  const payloadLength = extensions + packet.payload.length;
  const bytes = new Uint8Array(IPV6_HEADER_BYTES + payloadLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, ((6 << 28) | (packet.trafficClass << 20) | packet.flowLabel) >>> 0);
  view.setUint16(4, payloadLength);
  view.setUint8(6, packet.nextHeader);
  view.setUint8(7, packet.hopLimit);
  bytes.set(packet.source, 8);
  bytes.set(packet.destination, 24);
  let position = IPV6_HEADER_BYTES;
  for (const { bytes: header } of packet.extensionHeaders) {
    bytes.set(header, position);
    position += header.length;
  }
  bytes.set(packet.payload, position);
  return bytes;
}

/** RFC 8200, 8.1: with a routing header the checksum is made with the final destination. */
function finalDestination(packet: Ipv6Packet): Uint8Array {
  const routing = packet.extensionHeaders.find(({ protocol }) => protocol === PROTOCOL.routing)?.bytes;
  if (routing === undefined || at(routing, 3) === 0) return packet.destination;
  if (SOURCE_ROUTES.has(at(routing, 2)) && routing.length >= 24) return routing.subarray(routing.length - 16);
  return at(routing, 2) === RPL_ROUTE ? finalRplDestination(packet.destination, routing) : packet.destination;
}

/** RFC 5095 (type 0) and RFC 6275 (type 2) list whole addresses. */
const SOURCE_ROUTES: ReadonlySet<number> = new Set([0, 2]);
const RPL_ROUTE = 3;

/** RFC 6554, 3: the last address lacks the first CmprE octets, which it shares with the destination; padding follows it. */
function finalRplDestination(destination: Uint8Array, routing: Uint8Array): Uint8Array {
  const shared = at(routing, 4) & 15;
  const end = routing.length - (at(routing, 5) >> 4);
  if (end - (16 - shared) < 8) return destination;
  const address = destination.slice();
  address.set(routing.subarray(end - (16 - shared), end), shared);
  return address;
}

function pseudoSum(packet: Ipv6Packet, length: number): number {
  const sum = sum16(sum16(0, packet.source), finalDestination(packet));
  return foldTwice(sum + length + PROTOCOL.udp);
}

function sum16(start: number, bytes: Uint8Array): number {
  let sum = start;
  const even = bytes.length & ~1;
  for (let index = 0; index < even; index += 2) sum += (at(bytes, index) << 8) | at(bytes, index + 1);
  if (even < bytes.length) sum += at(bytes, even) << 8;
  return foldTwice(sum);
}

/** Good for sums of up to 2^32: packets of 64 kB stay below. */
function foldTwice(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

function eights(lengthByte: number): number {
  return (lengthByte + 1) * 8;
}

function word(bytes: Uint8Array, index: number): number {
  return (at(bytes, index) << 8) | at(bytes, index + 1);
}

function at(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}

function refuse(bytes: Uint8Array, code: string, message: string): Decoded<never> {
  return garbage(code, message, bytes.length);
}
