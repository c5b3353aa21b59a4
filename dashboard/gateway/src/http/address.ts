/** Where a request comes from: the socket, or what proxies that the operator trusts say about it. */

import { ConfigError } from '@contor/kit';
import type { Application, Request } from 'express';

/** Addresses and networks of proxies in front of us (GATEWAY_PROXIES). Nobody else's word counts. */
export function trustProxies(app: Application, proxies: readonly string[] = []): void {
  try {
    app.set('trust proxy', proxies.length === 0 ? false : proxies);
  } catch (error) {
    const message = `GATEWAY_PROXIES is ${proxies.join(',')}, in which something is no address and no network.`;
    throw new ConfigError(
      [{ code: 'config.proxies', message, fix: 'Write 10.0.0.7 or 10.0.0.0/8, with commas.' }],
      error,
    );
  }
}

export function addressOf(request: Request): string {
  return request.ip ?? '';
}

/** Whom a limit by address means: an IPv6 customer has a whole /64 (RFC 6177), and IPv4 may come mapped (RFC 4291, 2.5.5.2). */
export function addressGroup(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}
