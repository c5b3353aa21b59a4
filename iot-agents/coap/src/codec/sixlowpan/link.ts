/** The addresses of the link below (IEEE 802.15.4, short and extended) and the interface identifiers made of them. */

import { WireError } from '@contor/kit';

/** Two or eight bytes, in the order in which they are written. */
export type LinkAddress = Uint8Array;

export interface Link {
  readonly source: LinkAddress | undefined;
  readonly destination: LinkAddress | undefined;
}

/** RFC 6282, 3.2.2: 0000:00ff:fe00:XXXX of a short address, the EUI-64 with its local bit turned of an extended one. */
export function interfaceIdOf(address: LinkAddress | undefined): Uint8Array {
  if (address?.length === 2) return Uint8Array.of(0, 0, 0, 0xff, 0xfe, 0, address[0] ?? 0, address[1] ?? 0);
  if (address?.length !== 8)
    throw new WireError('sixlowpan.link-address', 'An address is made of that of the link, which is not known.');
  const id = address.slice();
  id[0] = (id[0] ?? 0) ^ 0x02;
  return id;
}
