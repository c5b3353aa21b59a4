/** Reading LOWPAN_IPHC (RFC 6282, 3) and, behind it, the compressed next headers (RFC 6282, 4). */

import { ByteReader, WireError } from '@contor/kit';
import { ADDRESS_BYTES } from '../ipv6/address.js';
import { IPV6_HEADER_BYTES, PROTOCOL } from '../ipv6/packet.js';
import { type Contexts, contextOf, LINK_LOCAL, readMulticast, readPrefixMulticast, readUnicast } from './addresses.js';
import type { Expansion } from './expansion.js';
import { interfaceIdOf, type Link } from './link.js';
import { readUdp } from './nhc-udp.js';

/** IPv6 in IPv6 in IPv6 … : tunnels of a mesh are one deep. */
const MAX_NESTED = 4;
/** As in ipv6/packet.ts, over all nested packets. */
const MAX_EXTENSIONS = 14;

/** RFC 6282, 3.1.1: the values of HLIM; 0 says that it is inline. */
const HOP_LIMITS = [undefined, 1, 64, 255] as const;

/** RFC 6282, 4.2: EID to protocol number. 7 is an IPv6 header, 5 and 6 are reserved. */
export const EXTENSION_IDS = [
  { id: 0, protocol: PROTOCOL.hopByHop },
  { id: 1, protocol: PROTOCOL.routing },
  { id: 2, protocol: PROTOCOL.fragment },
  { id: 3, protocol: PROTOCOL.destinationOptions },
  { id: 4, protocol: PROTOCOL.mobility },
  { id: 7, protocol: PROTOCOL.ipv6 },
] as const satisfies readonly { readonly id: number; readonly protocol: number }[];

/** RFC 6282, 4.2: these may have lost a trailing pad, which is put back. */
const PADDED: ReadonlySet<number> = new Set([PROTOCOL.hopByHop, PROTOCOL.destinationOptions]);

/** Where elided interface identifiers come from: the link, or the IPv6 header around (RFC 6282, 3.2.2). */
interface Surroundings {
  readonly sourceId: () => Uint8Array;
  readonly destinationId: () => Uint8Array;
  readonly contexts: Contexts;
  readonly depth: number;
  extensions: number;
}

export function expandIphc(bytes: Uint8Array, link: Link, contexts: Contexts, into: Expansion): void {
  readIphc(new ByteReader(bytes), into, {
    sourceId: () => interfaceIdOf(link.source),
    destinationId: () => interfaceIdOf(link.destination),
    contexts,
    depth: 0,
    extensions: 0,
  });
}

function readIphc(reader: ByteReader, into: Expansion, around: Surroundings): void {
  if (around.depth > MAX_NESTED) throw new WireError('sixlowpan.depth', 'The packets nest too deeply.');
  const base = reader.u16();
  if (base >> 13 !== 0b011) throw new WireError('sixlowpan.dispatch', 'An IPHC header was announced and is not there.');
  // RFC 6282, 3.1.2: the context identifiers follow the base, before anything inline.
  const contextIds = (base & 0x80) === 0 ? 0 : reader.u8();
  const header = new Uint8Array(IPV6_HEADER_BYTES);
  readTraffic(reader, (base >> 11) & 3, header);
  const isNextCompressed = (base & 0x400) !== 0;
  if (!isNextCompressed) header[6] = reader.u8();
  header[7] = HOP_LIMITS[(base >> 8) & 3] ?? reader.u8();
  const source = readSource(reader, base, contextIds >> 4, around);
  const destination = readDestination(reader, base, contextIds & 15, around);
  header.set(source, 8);
  header.set(destination, 8 + ADDRESS_BYTES);

  if (!isNextCompressed) {
    into.beginIpv6(header);
    into.bytes(reader.rest());
    return;
  }
  header[6] = nextProtocol(reader.peek());
  into.beginIpv6(header);
  readNextHeader(reader, into, {
    ...around,
    sourceId: () => source.subarray(8),
    destinationId: () => destination.subarray(8),
    depth: around.depth + 1,
  });
}

/** RFC 6282, 3.2.1: ECN comes first on the air, DSCP first in the traffic class. */
function readTraffic(reader: ByteReader, mode: number, header: Uint8Array): void {
  let trafficClass = 0;
  let flowLabel = 0;
  if (mode === 0 || mode === 2) {
    const byte = reader.u8();
    trafficClass = ((byte & 0x3f) << 2) | (byte >> 6);
  }
  if (mode === 0) flowLabel = ((reader.u8() & 15) << 16) | reader.u16();
  if (mode === 1) {
    const byte = reader.u8();
    trafficClass = byte >> 6;
    flowLabel = ((byte & 15) << 16) | reader.u16();
  }
  header[0] = 0x60 | (trafficClass >> 4);
  header[1] = ((trafficClass & 15) << 4) | (flowLabel >> 16);
  header[2] = flowLabel >> 8;
  header[3] = flowLabel;
}

function readSource(reader: ByteReader, base: number, contextId: number, around: Surroundings): Uint8Array {
  const mode = (base >> 4) & 3;
  const isStateful = (base & 0x40) !== 0;
  // SAC = 1 and SAM = 00 is the unspecified address.
  if (mode === 0) return isStateful ? new Uint8Array(ADDRESS_BYTES) : reader.bytes(ADDRESS_BYTES);
  const prefix = isStateful ? contextOf(around.contexts, contextId) : LINK_LOCAL;
  return readUnicast(reader, mode, prefix, around.sourceId);
}

function readDestination(reader: ByteReader, base: number, contextId: number, around: Surroundings): Uint8Array {
  const mode = base & 3;
  const isStateful = (base & 4) !== 0;
  const isMulticast = (base & 8) !== 0;
  if (isMulticast && !isStateful) return readMulticast(reader, mode);
  if (isStateful && isMulticast !== (mode === 0))
    throw new WireError('sixlowpan.address', 'The form of the destination address is reserved.');
  if (isMulticast) return readPrefixMulticast(reader, contextOf(around.contexts, contextId));
  if (mode === 0) return reader.bytes(ADDRESS_BYTES);
  const prefix = isStateful ? contextOf(around.contexts, contextId) : LINK_LOCAL;
  return readUnicast(reader, mode, prefix, around.destinationId);
}

function isUdp(byte: number): boolean {
  return (byte & 0xf8) === 0xf0;
}

/** RFC 6282, 4.1: the protocol a compressed next header stands for. */
function nextProtocol(byte: number | undefined): number {
  if (byte === undefined) throw new WireError('sixlowpan.short', 'The frame ends before its next header.');
  if (isUdp(byte)) return PROTOCOL.udp;
  const known = EXTENSION_IDS.find(({ id }) => (byte & 0xf0) === 0xe0 && ((byte >> 1) & 7) === id);
  if (known === undefined)
    throw new WireError('sixlowpan.nhc', 'The next header has an unknown compression.', { byte });
  return known.protocol;
}

function readNextHeader(reader: ByteReader, into: Expansion, around: Surroundings): void {
  for (;;) {
    const first = reader.u8();
    if (isUdp(first)) {
      readUdp(reader, first, into);
      return;
    }
    const protocol = nextProtocol(first);
    if (protocol === PROTOCOL.ipv6) {
      readIphc(reader, into, around);
      return;
    }
    around.extensions += 1;
    if (around.extensions > MAX_EXTENSIONS)
      throw new WireError('sixlowpan.nhc', 'There are too many extension headers.');
    const isNextCompressed = (first & 1) !== 0;
    readExtension(reader, protocol, isNextCompressed, into);
    if (!isNextCompressed) {
      into.bytes(reader.rest());
      return;
    }
  }
}

/** RFC 6282, 4.2: the length counts octets behind itself; a fragment header has a reserved octet there and six behind it. */
function readExtension(reader: ByteReader, protocol: number, isNextCompressed: boolean, into: Expansion): void {
  const inlineNext = isNextCompressed ? undefined : reader.u8();
  const length = reader.u8();
  const body = reader.bytes(protocol === PROTOCOL.fragment ? 6 : length);
  const total = 2 + body.length;
  const missing = (8 - (total % 8)) % 8;
  if (missing > 0 && !PADDED.has(protocol))
    throw new WireError('sixlowpan.nhc', 'The length of an extension header is no multiple of eight.', { length });
  const header = new Uint8Array(total + missing);
  header[0] = inlineNext ?? nextProtocol(reader.peek());
  header[1] = protocol === PROTOCOL.fragment ? length : header.length / 8 - 1;
  header.set(body, 2);
  // Pad1 is a zero byte; PadN says 1 and how many follow (RFC 8200, 4.2).
  if (missing > 1) header.set([1, missing - 2], total);
  into.bytes(header);
}
