/** The whole gateway as one Express application: first what holds for every request, then the table of routes. */

import { type Health, type Logger, type Metrics, type SecretStore, sameSecret } from '@contor/kit';
import express, { type Application, type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { AdminParts } from './admin/answer.js';
import type { ConsentParts } from './admin/consents.js';
import { registerAdmin } from './admin/routes.js';
import type { AuditDesk } from './audit/desk.js';
import type { AccessBook } from './book/book.js';
import type { Commanding } from './commands/open.js';
import type { Enforcement } from './enforcement.js';
import { defaultDeny, type GuardParts, register, registerAbsent } from './guard.js';
import { trustProxies } from './http/address.js';
import { correlationOf, setCorrelation } from './http/correlation.js';
import { noStore, securityHeaders } from './http/headers.js';
import { hostCheck, isFromThisMachine } from './http/host-check.js';
import { sendProblem } from './http/problem.js';
import type { Identify } from './identify.js';
import type { Limits } from './limits/limits.js';
import { type AuthParts, callback, signIn, signOut } from './oidc/routes.js';
import { pageStyle, sendMessagePage } from './pages/page.js';
import { registerDocs } from './partner/routes.js';
import { showSession } from './sessions/routes.js';
import { UpstreamError } from './upstream/upstream.js';
import { registerSecrets } from './vault/routes.js';

export interface AppParts {
  readonly auth: AuthParts;
  readonly book: AccessBook;
  readonly identify: Identify;
  readonly limits: Limits;
  /** Proxies in front whose word on addresses counts (GATEWAY_PROXIES). */
  readonly proxies: readonly string[] | undefined;
  readonly enforcement: Pick<Enforcement, 'register'>;
  readonly admin: AdminParts & ConsentParts;
  readonly commanding: Commanding;
  /** Keys and passwords of meters: the half that writes. */
  readonly vault: SecretStore;
  readonly auditDesk: Pick<AuditDesk, 'recorder' | 'register'>;
  readonly serveApp: RequestHandler;
  readonly issuer: string;
  readonly version: string;
  /** Where people change their password and second factor: Keycloak's path. */
  readonly accountUrl: string;
  readonly platformSecret: string | undefined;
  /** Where the broker reaches us, when that is another name. */
  readonly machineUrl?: URL | undefined;
  readonly health: () => Health;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export function createApp(parts: AppParts): Express {
  const { auth, log, metrics } = parts;
  const app = express();
  // As the policy reads paths: exactly. Otherwise /API/… would be one route here and another there.
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  trustProxies(app, parts.proxies);

  const requests = metrics.counter('gateway_requests_total', 'Answers by route and status.', ['route', 'status']);
  const denied = metrics.counter('gateway_denied_total', 'Requests refused by policy.', ['status']);
  const guard: GuardParts = {
    identify: parts.identify,
    limits: parts.limits,
    publicOrigin: auth.publicUrl.origin,
    nowMs: auth.nowMs,
    recorder: parts.auditDesk.recorder,
    onDenied: (_row, status) => denied.inc({ status }),
  };

  app.use(setCorrelation);
  app.use(parts.auditDesk.recorder.watchRefusals);
  app.use((request, response, next) => {
    response.once('finish', () => {
      const route: unknown = request.route?.path;
      requests.inc({ route: typeof route === 'string' ? route : 'none', status: response.statusCode });
    });
    next();
  });
  app.use(securityHeaders(auth.publicUrl.protocol === 'https:'));
  app.use(hostCheck(auth.publicUrl, parts.machineUrl));
  app.use(defaultDeny(guard));
  app.use(['/api', '/auth', '/notify', '/health', '/metrics'], noStore);

  // First, because most requests are theirs, and Express asks route by route.
  parts.enforcement.register(app, guard);
  register(app, guard, '/health', (_request, response) => {
    const report = parts.health();
    response.status(report.state === 'ready' || report.state === 'degraded' ? 200 : 503).json(report);
  });
  register(app, guard, '/metrics', showMetrics(parts));

  register(app, guard, '/auth/signin', signIn(auth));
  register(app, guard, '/auth/callback', callback(auth));
  register(app, guard, '/auth/page.css', pageStyle);
  register(app, guard, '/auth/signout', signOut(auth));

  register(app, guard, '/api/session', showSession(parts.book, parts.accountUrl));
  registerAdmin(app, guard, parts.admin);
  registerDocs(app, guard, { publicUrl: auth.publicUrl.origin, issuer: parts.issuer, version: parts.version });
  registerSecrets(app, guard, () => parts.vault);
  parts.commanding.register(app, guard);
  parts.auditDesk.register(app, guard);
  registerAbsent(app, guard);
  register(app, guard, '/{*page}', parts.serveApp);
  app.use(answerFault(log));
  return app;
}

/** What this very application answers to, for whoever checks that nothing is missing from the policy's table. */
export function routesOf(app: Application): readonly { readonly method: string; readonly path: string }[] {
  const { stack } = app.router as unknown as { readonly stack: readonly Layer[] };
  return stack.flatMap(({ route }) =>
    route === undefined
      ? []
      : Object.keys(route.methods).map((method) => ({ method: method.toUpperCase(), path: route.path })),
  );
}

/** Of Express's router: only what `routesOf` reads. */
interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
}

/** Figures are not for the public: the platform secret, or somebody on this very machine. */
function showMetrics({ platformSecret, metrics }: AppParts): RequestHandler {
  return async (request, response) => {
    const isKnown =
      platformSecret === undefined
        ? isFromThisMachine(request)
        : sameSecret(request.get('authorization') ?? '', `Bearer ${platformSecret}`);
    if (!isKnown) return sendProblem(response, 'metrics.refused');
    response.set('Content-Type', metrics.contentType).send(await metrics.text());
  };
}

/** Express knows an error handler by its four parameters. */
function answerFault(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const status = clientFaultOf(error);
    const isOurs = status === undefined && !(error instanceof UpstreamError);
    if (isOurs) log.error({ error, correlation: correlationOf(response) }, 'A request could not be answered.');
    if (response.headersSent) return void response.destroy();
    if (error instanceof UpstreamError) return sendProblem(response, error.code);
    if (status !== undefined) return sendProblem(response, 'notify.malformed');
    const isFull = isDiskFull(error);
    if (request.path.startsWith('/api/')) return sendProblem(response, isFull ? 'disk.full' : 'internal');
    sendMessagePage(request, response, isFull ? 'full' : 'failed');
  };
}

/** body-parser says by `status` that the sender is at fault. */
function clientFaultOf(error: unknown): number | undefined {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

function isDiskFull(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === 'ENOSPC' || code === 'disk.full';
}
