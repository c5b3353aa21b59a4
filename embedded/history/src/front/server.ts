/** The HTTP front: fastify with our route table, bounded bodies, the shared secret, health and figures. */

import {
  type Clock,
  ContorError,
  createMetrics,
  type Health,
  isLoopbackHost,
  type Logger,
  type Metrics,
  type ServerCertificate,
  sameSecret,
} from '@contor/kit';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Backups } from '../backups.js';
import type { Role } from '../deviations.js';
import { type Fault, fault } from '../fault.js';
import type { HistoryStore } from '../store/history-store.js';
import type { Retention } from '../store/retention.js';
import { type Answer, faultAnswer, json, refusalAnswer } from './answer.js';
import { servicePathsOf, tenantOf } from './headers.js';
import type { Query } from './parameters.js';
import { ROUTES, type RouteRow } from './routes.js';

export interface FrontOptions {
  readonly store: HistoryStore;
  readonly retention: Retention;
  readonly backups: Backups;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  readonly secret: string | undefined;
  readonly tls: ServerCertificate['options'] | undefined;
  readonly bodyLimitBytes: number;
  readonly defaultLimit: number;
  readonly role: Role;
  readonly health: () => Health;
}

/** Entity ids in paths: as long as a notification may name them, percent-encoded. */
const MAX_PATH_PARAMETER = 4_096;

/** A body that trickles in slower than this is given up. */
const REQUEST_TIMEOUT_MS = 60_000;

export function createFront(options: FrontOptions): FastifyInstance {
  const { tls, bodyLimitBytes: bodyLimit } = options;
  const common = {
    bodyLimit,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: MAX_PATH_PARAMETER },
  };
  const app = (tls === undefined ? Fastify(common) : Fastify({ ...common, https: { ...tls } })) as FastifyInstance;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  const metrics = createMetrics('history');
  guard(app, options.secret);
  serveErrors(app, options.logger);
  serveOperators(app, options, metrics);
  const isHidden = (route: RouteRow) => route.isOwn === true && options.role.deviations.has('own-paths-unknown');
  for (const route of ROUTES.filter((each) => !isHidden(each))) {
    serve(app, route, options, metrics);
  }
  return app;
}

function guard(app: FastifyInstance, secret: string | undefined): void {
  if (secret === undefined) {
    // We are on loopback then, and nobody calls us by another name but a page that had its own name rebound (T14).
    app.addHook('onRequest', async ({ headers }, reply) => {
      if (!isLoopbackHost(headers.host)) {
        return send(reply, faultAnswer(fault(400, 'Bad Request', 'The Host of the request is not a loopback name.')));
      }
    });
    return;
  }
  const expected = `Bearer ${secret}`;
  app.addHook('onRequest', async (request, reply) => {
    if (!sameSecret(request.headers.authorization ?? '', expected)) {
      return send(reply, faultAnswer(fault(401, 'Unauthorized', 'This server needs the platform secret.')));
    }
  });
}

function serve(app: FastifyInstance, route: RouteRow, options: FrontOptions, metrics: Metrics): void {
  const { store, retention, backups, defaultLimit, role, clock } = options;
  const ignored = route.method === 'GET' && role.deviations.has('tenant-on-get') ? 'ngsild-tenant' : undefined;
  const seconds = metrics.histogram('history_request_seconds', 'Time to answer, by route.', ['route']);
  app.route({
    method: route.method,
    url: route.path,
    handler: async (request, reply) => {
      const startMs = clock.monotonicMs();
      const tenant = tenantOf(request.headers, ignored);
      const paths = servicePathsOf(request.headers);
      const answer =
        tenant.kind === 'fault' || paths.kind === 'fault'
          ? faultAnswer(tenant.kind === 'fault' ? tenant : (paths as Fault))
          : await route.handler(
              { store, retention, backups, defaultLimit, role },
              {
                ...{ tenant: tenant.value, paths: paths.value },
                query: request.query as Query,
                path: request.params as Readonly<Record<string, string | undefined>>,
                headers: request.headers,
                body: Buffer.isBuffer(request.body) ? request.body : undefined,
                arrivalMs: clock.nowMs(),
              },
            );
      seconds.observe({ route: `${route.method} ${route.path}` }, (clock.monotonicMs() - startMs) / 1000);
      echoCorrelator(request, reply);
      return send(reply, answer);
    },
  });
}

function serveOperators(app: FastifyInstance, { store, version, health }: FrontOptions, metrics: Metrics): void {
  app.get('/version', (_request, reply) => send(reply, json({ version })));
  app.get('/health', (_request, reply) => {
    const now = health();
    const isServing = now.state === 'ready' || now.state === 'degraded';
    const status = isServing ? 'pass' : 'fail';
    return send(reply, json({ status, ...now }, isServing ? 200 : 503, { 'Cache-Control': 'max-age=180' }));
  });
  app.get('/metrics', async (_request, reply) => {
    for (const [name, figure] of Object.entries(store.figures)) {
      const metric = `history_${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
      metrics.gauge(metric, `Figure ${name} of the store.`).set(figure);
    }
    return reply.header('content-type', metrics.contentType).send(await metrics.text());
  });
}

function serveErrors(app: FastifyInstance, logger: Logger): void {
  app.setNotFoundHandler((request, reply) =>
    send(reply, faultAnswer(fault(404, 'Not Found', `There is no ${request.method} ${request.url.split('?')[0]}.`))),
  );
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    // Not a line for each: whoever refuses has said it once.
    const refusal = refusalAnswer(error);
    if (refusal !== undefined) {
      echoCorrelator(request, reply);
      return send(reply, refusal);
    }
    if (isTooLarge(error)) {
      return send(
        reply,
        faultAnswer(fault(422, 'Invalid parameter value', 'A value is too large for so many decimals.')),
      );
    }
    const status = error.statusCode ?? 500;
    if (status >= 500) {
      logger.error({ cause: error.stack, route: request.routeOptions.url }, 'A request failed.');
      return send(
        reply,
        faultAnswer(fault(500, 'Internal Server Error', 'The request could not be answered; see the log.')),
      );
    }
    return send(reply, faultAnswer(fault(status, 'Bad Request', error.message)));
  });
}

/** 1e300 has no last decimal that anything could hold. */
function isTooLarge(error: Error): boolean {
  return error instanceof ContorError && /Conversion Error|Out of Range Error/.test(error.message);
}

function echoCorrelator(request: FastifyRequest, reply: FastifyReply): void {
  const correlator = request.headers['fiware-correlator'];
  if (typeof correlator === 'string') {
    reply.header('Fiware-Correlator', correlator);
  }
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  if (answer.headers !== undefined) {
    reply.headers(answer.headers);
  }
  return reply.code(answer.status).header('content-type', answer.contentType).send(answer.body);
}
