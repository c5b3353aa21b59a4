/**
 * The hosts an operator lets a server call (T14): names, addresses and networks (`10.0.0.0/8`). A name that is not on the list leads
 * nowhere, whatever it resolves to, and an unusual way of writing a listed one is another name.
 */

import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { isLoopback } from '../exposure.js';
import { addressClassOf } from './address-class.js';

/**
 * Where a listed name may lead. `public`: to the internet, and to addresses that are on the list themselves. `network`: also to
 * private networks and this machine, which is where the parts of one platform are. Neither: link-local, multicast, reserved.
 */
export type Reach = 'public' | 'network';

export interface HostList {
  /** As they were written, for messages. */
  readonly entries: readonly string[];
  /** Of a host as WHATWG URL has it, with or without brackets. */
  has(host: string): boolean;
  /** Whether this listed host may be reached at this address. */
  mayBeAt(host: string, address: string, reach: Reach): boolean;
}

export function listHosts(entries: readonly string[]): HostList {
  const names = new Set<string>();
  const networks = new BlockList();
  for (const entry of entries) {
    const name = canonical(entry);
    if (!addNetwork(networks, entry)) names.add(name);
    if (isIP(name) !== 0) networks.addAddress(name, familyOf(name));
  }
  const isListed = (address: string): boolean => networks.check(address, familyOf(address));
  return {
    entries,
    has(host) {
      const name = bare(host);
      return names.has(name) || (isIP(name) !== 0 && isListed(name));
    },
    mayBeAt(host, address, reach) {
      if (isIP(address) === 0) return false;
      if (isListed(address)) return true;
      const kind = addressClassOf(address);
      if (kind === 'public') return true;
      if (kind === 'private') return reach === 'network';
      // The name of this machine means this machine.
      return kind === 'loopback' && (reach === 'network' || isLoopback(bare(host)));
    },
  };
}

/** Without brackets; a final dot would be the same host under another name, so it stays another name. */
function bare(host: string): string {
  return host.toLowerCase().replace(/^\[|\]$/g, '');
}

function canonical(entry: string): string {
  const name = bare(entry.trim());
  return isIPv6(name) ? bare(new URL(`http://[${name}]`).hostname) : name;
}

function addNetwork(networks: BlockList, entry: string): boolean {
  const [, address = '', bits = ''] = /^([\d.]+|[\da-f:]+)\/(\d{1,3})$/i.exec(entry.trim()) ?? [];
  if (isIP(address) === 0 || Number(bits) > (isIPv4(address) ? 32 : 128)) return false;
  networks.addSubnet(address, Number(bits), familyOf(address));
  return true;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}
