/**
 * Name resolution that sees what it resolves (T14): asked once for each connection, every address of the answer is looked at, and
 * the connection goes to one of exactly these. So a name that changes its mind between the check and the call (DNS rebinding) gains nothing.
 */

import { type LookupAddress, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { TransportError } from '../errors.js';
import type { HostList, Reach } from './host-list.js';

export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

/** Of a name that resolves elsewhere; the request has not left. */
export const REFUSED_ADDRESS = 'outgoing.address';

export function guardedLookup(hosts: HostList, reach: Reach, resolve: Resolve = ofThisMachine): LookupFunction {
  return (host, options, callback) => {
    resolve(host).then(
      (found) => {
        const addresses = found.filter(({ family }) => !options.family || options.family === family);
        const [first] = addresses;
        if (first === undefined || addresses.some(({ address }) => !hosts.mayBeAt(host, address, reach)))
          return callback(refused(host), '');
        // Node tries them in turn when it asks for all (RFC 8305).
        if (options.all) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}

const ofThisMachine: Resolve = (host) =>
  new Promise((resolve, reject) =>
    lookup(host, { all: true, verbatim: true }, (error, addresses) => (error ? reject(error) : resolve(addresses))),
  );

function refused(host: string): TransportError {
  return new TransportError(REFUSED_ADDRESS, `'${host}' leads to an address that may not be called from here.`);
}
