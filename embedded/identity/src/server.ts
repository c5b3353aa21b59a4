/** Which request goes where. Only the provider's own address is answered, so that no page is built from a forged Host. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Health, isLoopback, type Logger, type Metrics, sameSecret } from '@contor/kit';
import type { Provider } from 'oidc-provider';
import { isAccountPath } from './account/routes.js';
import { ADMIN_PATH } from './admin/routes.js';
import { FormError, send, sendPage, setSecurityHeaders } from './http.js';
import { messagePage, SIGN_OUT_SCRIPT, SIGN_OUT_SCRIPT_PATH } from './pages/pages.js';
import { MARK_PATH, STYLE_PATH } from './pages/shell.js';
import { MARK, STYLE } from './pages/style.js';
import { chooseLanguage, type Texts } from './pages/texts.js';
import { SIGN_IN_PATH } from './provider.js';
import { REALM_PATH } from './settings.js';

export interface ServerParts {
  readonly publicUrl: URL;
  readonly dashboardUrl: string;
  readonly secret: string | undefined;
  readonly provider: Provider;
  readonly signIn: Handler;
  readonly admin: Handler;
  /** False: there is no such page. */
  readonly account: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;
  readonly health: () => Health;
  readonly metrics: Metrics;
  readonly log: Logger;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export function createHandler(parts: ServerParts): Handler {
  const isSecure = parts.publicUrl.protocol === 'https:';
  const dashboardOrigin = new URL(parts.dashboardUrl).origin;
  const runProvider = mount(parts.provider, isSecure);

  return async (request, response) => {
    setSecurityHeaders(response, dashboardOrigin, isSecure);
    try {
      await dispatch(parts, runProvider, request, response);
    } catch (error) {
      answerFault(parts, error, request, response);
    }
  };
}

async function dispatch(parts: ServerParts, runProvider: Handler, request: IncomingMessage, response: ServerResponse) {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  if (path === '/health') return sendHealth(parts, response);
  if (path === '/metrics') return sendMetrics(parts, request, response);
  if (request.headers.host?.toLowerCase() !== parts.publicUrl.host) {
    return sendMessage(parts, request, response, 421, 'refusedTitle', 'refusedText');
  }
  if (path === STYLE_PATH) return sendAsset(response, 'text/css; charset=utf-8', STYLE);
  if (path === MARK_PATH) return sendAsset(response, 'image/svg+xml', MARK);
  if (path === SIGN_OUT_SCRIPT_PATH) return sendAsset(response, 'text/javascript; charset=utf-8', SIGN_OUT_SCRIPT);
  if (path.startsWith(`${ADMIN_PATH}/`)) return parts.admin(request, response);
  if (path.startsWith(`${SIGN_IN_PATH}/`)) return parts.signIn(request, response);
  if (isAccountPath(path) && (await parts.account(request, response))) return;
  if (path.startsWith(`${REALM_PATH}/`) && !isAccountPath(path)) return runProvider(request, response);
  if (path === '/') {
    response.writeHead(302, { Location: parts.dashboardUrl }).end();
    return;
  }
  sendMessage(parts, request, response, 404, 'notFoundTitle', 'notFoundText');
}

/** oidc-provider learns from `originalUrl` where it is mounted. Of a proxy's headers only what we know ourselves stays. */
function mount(provider: Provider, isSecure: boolean): Handler {
  provider.proxy = isSecure; // Then TLS may end in front of us.
  const run = provider.callback();
  return async (request, response) => {
    const url = request.url ?? '/';
    Object.assign(request, { originalUrl: url, url: url.slice(REALM_PATH.length) });
    for (const name of ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto']) delete request.headers[name];
    if (isSecure) request.headers['x-forwarded-proto'] = 'https';
    await run(request, response);
  };
}

function sendHealth({ health }: ServerParts, response: ServerResponse): void {
  const report = health();
  const isServing = report.state === 'ready' || report.state === 'degraded';
  send(response, isServing ? 200 : 503, 'application/json', JSON.stringify(report));
}

/** Figures are not for the public: with a platform secret one must show it, without one we are on loopback. */
async function sendMetrics(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const shown = request.headers.authorization ?? '';
  const isKnown =
    parts.secret === undefined
      ? isLoopback(request.socket.remoteAddress ?? '')
      : sameSecret(shown, `Bearer ${parts.secret}`);
  if (!isKnown)
    return send(response, 401, 'text/plain; charset=utf-8', 'Show the platform secret as a Bearer token.\n');
  send(response, 200, parts.metrics.contentType, await parts.metrics.text());
}

function sendAsset(response: ServerResponse, type: string, text: string): void {
  response.setHeader('Cache-Control', 'public, max-age=300');
  send(response, 200, type, text);
}

function sendMessage(
  { dashboardUrl }: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  title: keyof Texts,
  text: keyof Texts,
): void {
  const language = chooseLanguage(request.headers['accept-language']);
  sendPage(response, status, messagePage({ language, title, text, dashboardUrl }));
}

function answerFault(parts: ServerParts, error: unknown, request: IncomingMessage, response: ServerResponse): void {
  const status = error instanceof FormError ? error.status : 500;
  if (status === 500) parts.log.error({ error }, 'A request could not be answered.');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const isFull = isRefusedWrite(error);
  const [title, text]: [keyof Texts, keyof Texts] =
    status < 500 ? ['refusedTitle', 'refusedText'] : ['failedTitle', isFull ? 'notSaved' : 'failedText'];
  sendMessage(parts, request, response, isFull ? 503 : status, title, text);
}

function isRefusedWrite(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'log.full' || code === 'disk.full';
}
