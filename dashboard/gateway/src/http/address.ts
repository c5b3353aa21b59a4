/** Where a request comes from: the socket, or what proxies that the operator trusts say about it. */

import type { Application, Request } from 'express';

/** `list`: addresses and networks of proxies in front of us, comma separated (GATEWAY_PROXIES). Nobody else's word counts. */
export function trustProxies(app: Application, list: string | undefined): void {
  const proxies = (list ?? '').split(',').map((one) => one.trim());
  const named = proxies.filter((one) => one !== '');
  app.set('trust proxy', named.length === 0 ? false : named);
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
