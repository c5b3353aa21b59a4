/** The addresses in an IPHC header (RFC 6282, 3.1.1 and 3.2): what is inline, what the context adds, what the link knows. */

import { type ByteReader, WireError } from '@contor/kit';
import { ADDRESS_BYTES, overlay, type Prefix } from '../ipv6/address.js';

/** Sixteen contexts at most (RFC 6282, 3.1.2). */
export type Contexts = ReadonlyMap<number, Prefix>;

export const LINK_LOCAL: Prefix = {
  address: Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
  length: 64,
};

const INLINE_ID = 1;
const SHORT_ID = 2;

/** SAM or DAM with SAC or DAC set or not; `interfaceId` is asked only when the address is wholly elided. */
export function readUnicast(
  reader: ByteReader,
  mode: number,
  prefix: Prefix,
  interfaceId: () => Uint8Array,
): Uint8Array {
  const address = new Uint8Array(ADDRESS_BYTES);
  if (mode === INLINE_ID) address.set(reader.bytes(8), 8);
  else if (mode === SHORT_ID) {
    address.set([0xff, 0xfe], 11);
    address.set(reader.bytes(2), 14);
  } else address.set(interfaceId(), 8);
  return overlay(address, prefix.address, prefix.length);
}

export function contextOf(contexts: Contexts, id: number): Prefix {
  const context = contexts.get(id);
  if (context === undefined)
    throw new WireError('sixlowpan.context', 'An address is made of a context that is not known.', { context: id });
  return context;
}

/** RFC 6282, 3.1.1, M = 1 and DAC = 0: the inline bytes and the places in the address they go to. */
export const MULTICAST_FORMS = [
  { mode: 0, places: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] },
  { mode: 1, places: [1, 11, 12, 13, 14, 15] },
  { mode: 2, places: [1, 13, 14, 15] },
  { mode: 3, places: [15] },
] as const satisfies readonly { readonly mode: number; readonly places: readonly number[] }[];

export function readMulticast(reader: ByteReader, mode: number): Uint8Array {
  const address = new Uint8Array(ADDRESS_BYTES);
  address.set([0xff, 0x02]);
  for (const place of MULTICAST_FORMS[mode]?.places ?? []) address[place] = reader.u8();
  if (address[0] !== 0xff) throw new WireError('sixlowpan.address', 'A multicast address does not begin with ff.');
  return address;
}

/** RFC 6282, 3.1.1, M = 1, DAC = 1, DAM = 00: a unicast-prefix-based address (RFC 3306) of the context. */
export function readPrefixMulticast(reader: ByteReader, { address: prefix, length }: Prefix): Uint8Array {
  const address = new Uint8Array(ADDRESS_BYTES);
  address[0] = 0xff;
  address.set(reader.bytes(2), 1);
  address[3] = length;
  address.set(prefix.subarray(0, 8), 4);
  address.set(reader.bytes(4), 12);
  return address;
}
