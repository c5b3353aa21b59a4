/**
 * What stands in front of a 6LoWPAN payload (RFC 4944, 5.1 to 5.3 and 11.1): mesh addressing, broadcast and fragmentation
 * headers, each at most once and in this order.
 */

import { ByteReader, type Decoded, WireError } from '@contor/kit';
import type { Link, LinkAddress } from './link.js';

export interface MeshHeader {
  readonly hopsLeft: number;
  readonly originator: LinkAddress;
  readonly finalDestination: LinkAddress;
}

export interface FragmentHeader {
  /** Of the whole IPv6 packet, uncompressed, in bytes. */
  readonly size: number;
  readonly tag: number;
  /** In bytes; zero in the first. */
  readonly offset: number;
  readonly isFirst: boolean;
}

export interface SixlowpanFrame {
  readonly mesh: MeshHeader | undefined;
  readonly broadcastSequence: number | undefined;
  readonly fragment: FragmentHeader | undefined;
  /** From the next dispatch on; of a later fragment its share of the packet. */
  readonly payload: Uint8Array;
  /** End to end: the mesh header's addresses go before those of the hop (RFC 4944, 5.2). */
  readonly link: Link;
}

/** RFC 4944, 5.1 and RFC 6282, 2, by the upper bits of the first byte. */
export const DISPATCHES = [
  { name: 'notLowpan', mask: 0xc0, bits: 0x00 },
  { name: 'escape', mask: 0xff, bits: 0x40 },
  { name: 'ipv6', mask: 0xff, bits: 0x41 },
  { name: 'hc1', mask: 0xff, bits: 0x42 },
  { name: 'broadcast', mask: 0xff, bits: 0x50 },
  { name: 'iphc', mask: 0xe0, bits: 0x60 },
  { name: 'mesh', mask: 0xc0, bits: 0x80 },
  { name: 'firstFragment', mask: 0xf8, bits: 0xc0 },
  { name: 'laterFragment', mask: 0xf8, bits: 0xe0 },
] as const satisfies readonly { readonly name: string; readonly mask: number; readonly bits: number }[];

export type Dispatch = (typeof DISPATCHES)[number]['name'];

const BY_BYTE: readonly (Dispatch | undefined)[] = Array.from(
  { length: 256 },
  (_, byte) => DISPATCHES.find(({ mask, bits }) => (byte & mask) === bits)?.name,
);

export function dispatchOf(byte: number | undefined): Dispatch | undefined {
  return byte === undefined ? undefined : BY_BYTE[byte];
}

export function decodeFrame(bytes: Uint8Array, hop: Link): Decoded<SixlowpanFrame> {
  const first = dispatchOf(bytes[0]);
  if (first !== undefined && !IN_FRONT.has(first))
    return { kind: 'value', value: plainFrame(bytes, hop), used: bytes.length };
  const reader = new ByteReader(bytes);
  try {
    const mesh = dispatchOf(reader.peek()) === 'mesh' ? readMesh(reader) : undefined;
    const broadcastSequence = dispatchOf(reader.peek()) === 'broadcast' ? readBroadcast(reader) : undefined;
    const fragment = readFragment(reader);
    const payload = reader.rest();
    if (payload.length === 0) throw new WireError('sixlowpan.short', 'The frame ends with its headers.');
    const link = mesh === undefined ? hop : { source: mesh.originator, destination: mesh.finalDestination };
    return { kind: 'value', value: { mesh, broadcastSequence, fragment, payload, link }, used: bytes.length };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { kind: 'garbage', error: shortened(error), used: Math.max(1, bytes.length) };
  }
}

/** Headers that stand in front of others; most frames have none. */
const IN_FRONT: ReadonlySet<Dispatch> = new Set(['mesh', 'broadcast', 'firstFragment', 'laterFragment']);

function plainFrame(payload: Uint8Array, link: Link): SixlowpanFrame {
  return { mesh: undefined, broadcastSequence: undefined, fragment: undefined, payload, link };
}

/** A frame is whole or wrong: an end too early is no "not yet". */
export function shortened(error: WireError): WireError {
  return error.code === 'wire.short'
    ? new WireError('sixlowpan.short', 'The frame ends within its headers.', error.context)
    : error;
}

/** RFC 4944, 5.2: V and F say which of the two addresses is short; 15 hops say that the number is in the next byte. */
function readMesh(reader: ByteReader): MeshHeader {
  const first = reader.u8();
  const hopsLeft = (first & 15) === 15 ? reader.u8() : first & 15;
  const originator = reader.bytes((first & 0x20) === 0 ? 8 : 2);
  return { hopsLeft, originator, finalDestination: reader.bytes((first & 0x10) === 0 ? 8 : 2) };
}

function readBroadcast(reader: ByteReader): number {
  reader.skip(1);
  return reader.u8();
}

/** RFC 4944, 5.3. */
function readFragment(reader: ByteReader): FragmentHeader | undefined {
  const dispatch = dispatchOf(reader.peek());
  if (dispatch !== 'firstFragment' && dispatch !== 'laterFragment') return undefined;
  const size = reader.u16() & 0x7ff;
  const tag = reader.u16();
  const isFirst = dispatch === 'firstFragment';
  return { size, tag, offset: isFirst ? 0 : reader.u8() * 8, isFirst };
}
