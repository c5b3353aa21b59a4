/** By which names this machine is called, as far as it knows itself. */

import { hostname, networkInterfaces } from 'node:os';

export const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '::1'];

export function namesOfThisMachine(): readonly string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    // A link-local address needs its interface with it, which a certificate has no place for.
    .filter(({ internal, address }) => !internal && !address.toLowerCase().startsWith('fe80:'))
    .map(({ address }) => address);
  const own = hostname().toLowerCase();
  return [...new Set([...LOOPBACK_NAMES, ...(/^[a-z0-9.-]+$/.test(own) ? [own] : []), ...addresses])];
}
