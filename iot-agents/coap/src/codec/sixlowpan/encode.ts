/** An IPv6 packet to the frames that carry it (RFC 4944, 5.2, 5.3 and 11.1), each within what the link can take. */

import { ByteWriter, WireError } from '@contor/kit';
import type { Contexts } from './addresses.js';
import { type Compression, compress } from './compress.js';
import type { MeshHeader } from './frame.js';
import type { Link } from './link.js';

export interface Framing extends Compression {
  /** Bytes a frame may have: 127 of 802.15.4 less its own header, security and checksum. */
  readonly maxFrame: number;
  /** Of the fragments, when it takes any: each packet of a sender has another one. */
  readonly tag: number;
}

/** The size of a packet in fragments has eleven bits. */
const MAX_SIZE = 0x7ff;
const FIRST_HEADER = 4;
const LATER_HEADER = 5;

export function encodeFrames(
  packet: Uint8Array,
  link: Link,
  contexts: Contexts,
  framing: Framing,
): readonly Uint8Array[] {
  const { maxFrame, tag } = framing;
  const { bytes, headerBytes, packetHeaderBytes } = compress(packet, link, contexts, framing);
  if (bytes.length <= maxFrame) return [bytes];
  // Each share but the last ends at a multiple of eight octets of the packet.
  const firstEnd = floorToEight(packetHeaderBytes + maxFrame - FIRST_HEADER - headerBytes);
  const share = floorToEight(maxFrame - LATER_HEADER);
  if (packet.length > MAX_SIZE || firstEnd < packetHeaderBytes || share < 8)
    throw new WireError('sixlowpan.size', 'The packet does not go into frames of this size.', { maxFrame });
  const firstShare = bytes.subarray(0, headerBytes + firstEnd - packetHeaderBytes);
  const frames = [fragment(0xc0, packet.length, tag).bytes(firstShare).finish()];
  for (let offset = firstEnd; offset < packet.length; offset += share) {
    const later = fragment(0xe0, packet.length, tag).u8(offset / 8);
    frames.push(later.bytes(packet.subarray(offset, offset + share)).finish());
  }
  return frames;
}

/** RFC 4944, 5.2; the frame that follows is as it would be without. */
export function encodeMesh({ hopsLeft, originator, finalDestination }: MeshHeader): Uint8Array {
  const short = (originator.length === 2 ? 0x20 : 0) | (finalDestination.length === 2 ? 0x10 : 0);
  const writer = new ByteWriter(18).u8(0x80 | short | Math.min(hopsLeft, 15));
  if (hopsLeft >= 15) writer.u8(hopsLeft);
  return writer.bytes(originator).bytes(finalDestination).finish();
}

/** RFC 4944, 11.1. */
export function encodeBroadcast(sequence: number): Uint8Array {
  return new ByteWriter(2).u8(0x50).u8(sequence).finish();
}

function fragment(dispatch: number, size: number, tag: number): ByteWriter {
  return new ByteWriter(FIRST_HEADER + MAX_SIZE).u16((dispatch << 8) | size).u16(tag);
}

function floorToEight(length: number): number {
  return length - (length % 8);
}
