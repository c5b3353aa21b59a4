/**
 * What an address is for, by the special-purpose registries of IANA (RFC 6890). Addresses of one family that carry one of the other
 * (NAT64, 6to4, Teredo) are no way round: they count as reserved, and a mapped IPv4 address (RFC 4291, 2.5.5.2) as what it maps.
 */

import { BlockList, isIPv4, isIPv6 } from 'node:net';

export type AddressClass = 'public' | 'private' | 'loopback' | 'reserved';

/** The first class that has the address counts. */
const CLASSES = [
  { kind: 'loopback', subnets: ['127.0.0.0/8', '::1/128'] },
  // RFC 1918, RFC 6598 (shared by carriers), RFC 4193.
  { kind: 'private', subnets: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'] },
  {
    kind: 'reserved',
    subnets: [
      // This network, link-local (metadata services live there), protocol assignments, documentation, 6to4 relays, benchmarks.
      ...['0.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'],
      ...['192.88.99.0/24', '198.18.0.0/15'],
      // Multicast, reserved and broadcast.
      ...['224.0.0.0/4', '240.0.0.0/4'],
      // Unspecified and IPv4-compatible; NAT64 (RFC 6052, RFC 8215); discard; protocol assignments with Teredo and ORCHID.
      ...['::/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23'],
      // Documentation (RFC 3849, RFC 9637), 6to4, segment routing, link-local, site-local, multicast.
      ...['2001:db8::/32', '3fff::/20', '2002::/16', '5f00::/16', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
    ],
  },
] as const satisfies readonly { kind: AddressClass; subnets: readonly string[] }[];

const LISTS = CLASSES.map(({ kind, subnets }) => ({ kind, list: blockList(subnets) }));

/** Of an IPv4 or IPv6 address; anything else is reserved, for nobody may be reached at it. */
export function addressClassOf(address: string): AddressClass {
  if (!isIPv4(address) && !isIPv6(address)) return 'reserved';
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  return LISTS.find(({ list }) => list.check(address, family))?.kind ?? 'public';
}

function blockList(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = '', bits = ''] = subnet.split('/');
    list.addSubnet(address, Number(bits), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return list;
}
