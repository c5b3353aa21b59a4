/**
 * Answers only under its own name (T32): links and redirects are built from the configured address, and a page that was
 * rebound to us by DNS has another Host. Services on this machine may use a loopback name.
 */

import { isLoopback } from '@contor/kit';
import type { Request, RequestHandler } from 'express';
import { sendProblem } from './problem.js';

/** What the broker, the launcher and a monitor ask for. */
const MACHINE_PATHS: ReadonlySet<string> = new Set(['/health', '/metrics']);

/** `machineUrl`: where other machines of the platform reach us (GATEWAY_NOTIFY_URL), when that is another name. */
export function hostCheck(publicUrl: URL, machineUrl?: URL): RequestHandler {
  return (request, response, next) => {
    const host = request.headers.host?.toLowerCase() ?? '';
    if (host === publicUrl.host) return next();
    const isMachine = isLoopback(hostName(host)) || host === machineUrl?.host;
    if (isMachine && isMachinePath(request.path)) return next();
    if (isAlias(host, publicUrl) && isPage(request))
      return response.redirect(308, new URL(request.url, publicUrl).href);
    sendProblem(response, 'host.unknown');
  };
}

function isMachinePath(path: string): boolean {
  return MACHINE_PATHS.has(path) || path.startsWith('/notify/');
}

/** Asked from this very machine under a loopback name: a proxy in front would show the public name. */
export function isFromThisMachine(request: Request): boolean {
  return isLoopback(request.socket.remoteAddress ?? '') && isLoopback(hostName(request.headers.host ?? ''));
}

/** Somebody typed localhost where the address says 127.0.0.1; cookies need one of the two. */
function isAlias(host: string, publicUrl: URL): boolean {
  const [, port] = /:(\d+)$/.exec(host) ?? [];
  return isLoopback(hostName(host)) && isLoopback(publicUrl.hostname) && port === publicUrl.port;
}

function isPage(request: Request): boolean {
  return (
    request.method === 'GET' &&
    !request.path.startsWith('/api/') &&
    request.path.startsWith('/') &&
    !request.url.startsWith('//')
  );
}

function hostName(host: string): string {
  return host.replace(/:\d+$/, '');
}
