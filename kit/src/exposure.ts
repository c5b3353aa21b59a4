/** The rule of DESIGN section 7: outside loopback a server listens only with TLS and a shared secret. */

import { createHash, timingSafeEqual } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { ConfigError } from './errors.js';

export interface Exposure {
  readonly host: string;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly secret?: string | undefined;
  /** The service's part of the variable names, e.g. 'BROKER' in BROKER_TLS_CERT. */
  readonly prefix?: string;
}

/** Throws 'config.exposed' when the server would be reachable from other machines without TLS and a secret. */
export function checkExposure({ host, tlsCert, tlsKey, secret, prefix = 'X' }: Exposure): void {
  const names = { tlsCert: `${prefix}_TLS_CERT`, tlsKey: `${prefix}_TLS_KEY` };
  if (Boolean(tlsCert) !== Boolean(tlsKey)) {
    const [given, missing] = tlsCert ? [names.tlsCert, names.tlsKey] : [names.tlsKey, names.tlsCert];
    throw new ConfigError([
      { code: 'config.tls-half', message: `${given} is set but ${missing} is not.`, fix: 'Set both, or neither.' },
    ]);
  }
  if (isLoopback(host) || (tlsCert && tlsKey && secret)) return;
  throw exposed(host, prefix);
}

/** The same for a listener alone, whoever opens it: nothing leaves this machine in plain text. */
export function checkEncrypted(host: string, isEncrypted: boolean, prefix = 'X'): void {
  if (!isEncrypted && !isLoopback(host)) throw exposed(host, prefix);
}

function exposed(host: string, prefix: string): ConfigError {
  return new ConfigError([
    {
      code: 'config.exposed',
      message: `${host} is not a loopback address, so other machines could reach this server unprotected.`,
      fix: `Set ${prefix}_TLS_CERT, ${prefix}_TLS_KEY (\`contor certs make\` makes them) and PLATFORM_SECRET, or bind 127.0.0.1.`,
    },
  ]);
}

/** 127.0.0.0/8, ::1, their mapped forms, and the name `localhost`. Unusual spellings count as not loopback. */
export function isLoopback(host: string): boolean {
  const bare = (host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host).toLowerCase();
  if (bare === 'localhost') return true;
  const v4 = bare.startsWith('::ffff:') ? bare.slice('::ffff:'.length) : bare;
  if (isIPv4(v4)) return v4.startsWith('127.');
  return isIPv6(bare) && (bare === '::1' || bare === '0:0:0:0:0:0:0:1');
}

/** The Host header of a request to a server on loopback: another name means a page that had its own name rebound to our address. */
export function isLoopbackHost(header: string | undefined): boolean {
  return isLoopback((header ?? '').replace(/:\d+$/, ''));
}

/** Constant in time whatever the lengths: digests are compared, not the texts. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
