/** Small things every page needs: headers, a form, an address, an answer. */

import type { IncomingMessage, ServerResponse } from 'node:http';

/** A name, a password and a language fit many times. */
const FORM_LIMIT = 8 * 1024;

export class FormError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Nothing inline, nothing foreign; the form may end at the dashboard, because browsers hold redirects to `form-action`. */
export function setSecurityHeaders(response: ServerResponse, dashboardOrigin: string, isSecure: boolean): void {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `form-action 'self' ${dashboardOrigin}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  response.setHeader('Content-Security-Policy', policy.join('; '));
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('X-Frame-Options', 'DENY');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  // `no-referrer` would make browsers send `Origin: null` with our own form.
  response.setHeader('Referrer-Policy', 'same-origin');
  response.setHeader('Cache-Control', 'no-store');
  if (isSecure) response.setHeader('Strict-Transport-Security', 'max-age=31536000');
}

export function sendPage(response: ServerResponse, status: number, page: string): void {
  send(response, status, 'text/html; charset=utf-8', page);
}

export function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', type);
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') throw new FormError(415, 'The form came in an unknown format.');
  // Sent by every current browser; another site's page must not post passwords here (login CSRF, RFC 6819, 4.4.1.13).
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') throw new FormError(403, 'The form came from another site.');
  return new URLSearchParams((await readBody(request, FORM_LIMIT)).toString('utf8'));
}

export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > limit) throw new FormError(413, 'The body is too large.');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

const IPV6_NETWORK_GROUPS = 4;

/** Who knocks. Of IPv6 the first half: whoever has one address usually has the whole /64 (RFC 6177). */
export function remoteAddress(request: IncomingMessage): string {
  const address = request.socket.remoteAddress ?? 'unknown';
  if (!address.includes(':') || address.startsWith('::')) return address.replace(/^::ffff:/, '');
  return address.split(':').slice(0, IPV6_NETWORK_GROUPS).join(':');
}
