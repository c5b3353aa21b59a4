/** The HTTP side: fastify carries requests to the route table and answers back. Every answer is one of ours, errors too. */

import type { Server } from 'node:http';
import { isLoopback, type Logger, type Metrics, type ServerCertificate, sameSecret } from '@contor/kit';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { badRequest, notBuilt, Problem } from '../problem.js';
import type { Answer, Broker, Call } from './call.js';
import { withContexts } from './contexts.js';
import { LATER_RESOURCES, ROUTES, type RouteRow } from './routes.js';
import { DEFAULT_TENANT, readTenant } from './tenant.js';

export interface FrontOptions {
  readonly broker: Broker;
  /** Default: all there are. */
  readonly routes?: readonly RouteRow[];
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly maxBodyBytes: number;
  readonly secret: string | undefined;
  readonly tls: ServerCertificate['options'] | undefined;
  /** GET /version, /health and /metrics, beside the API. */
  readonly service: Readonly<Record<string, () => Answer | Promise<Answer>>>;
}

const BASE = '/ngsi-ld/v1';
const OUR_BASE = '/ngsi-ld/ex/v1';
/** Ids are URIs, and those may be long (RFC 3986 sets no limit; we do). */
const MAX_PARAM = 2_048;
/** A client that sends a request slower than this is not a meter platform. */
const REQUEST_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_MS = 72_000;

export function createFront(options: FrontOptions): FastifyInstance<Server> {
  const { maxBodyBytes, tls, secret, service, routes = ROUTES } = options;
  const app = fastify({
    ...(tls && { https: { ...tls } }),
    bodyLimit: maxBodyBytes,
    routerOptions: { maxParamLength: MAX_PARAM, ignoreTrailingSlash: true },
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    exposeHeadRoutes: false,
    frameworkErrors: (_error, _request, reply) => send(reply, problemAnswer(badRequest('the URL is malformed'))),
  }) as FastifyInstance<Server>;

  // Bodies stay bytes: handlers decide what they are, and no framework parses with rules of its own.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error, request, reply) => send(reply, errorAnswer(error, request, options)));
  app.setNotFoundHandler((request, reply) => send(reply, notFoundAnswer(request, routes)));
  app.addHook('onRequest', secret === undefined ? checkHost : bearerCheck(secret));
  const requests = options.metrics.counter('broker_requests_total', 'Requests answered, by route and status.', [
    'route',
    'status',
  ]);
  for (const route of routes) {
    const name = `${route.method} ${route.isOurs ? OUR_BASE : ''}${route.path}`;
    app.route({
      method: route.method,
      url: urlOf(route),
      handler: async (request, reply) => {
        const answer = await answerCall(route, request, options);
        requests.inc({ route: name, status: String(answer.status) });
        return send(reply, answer);
      },
    });
  }
  for (const [path, answer] of Object.entries(service))
    app.get(path, async (_request, reply) => send(reply, await answer()));
  return app;
}

function bearerCheck(secret: string): (request: FastifyRequest) => Promise<void> {
  const expected = `Bearer ${secret}`;
  return async ({ headers }) => {
    if (sameSecret(headers.authorization ?? '', expected)) return;
    throw new Problem('unauthorized', 'this broker needs the platform secret as bearer token', {
      'WWW-Authenticate': 'Bearer',
    });
  };
}

/** Without a secret we are on loopback, and nobody calls us by another name but a page that had its own name rebound. */
async function checkHost({ hostname }: FastifyRequest): Promise<void> {
  if (!isLoopback(hostname)) throw badRequest('the Host of the request is not a loopback name');
}

async function answerCall(route: RouteRow, request: FastifyRequest, options: FrontOptions): Promise<Answer> {
  let tenant = DEFAULT_TENANT;
  let answer: Answer;
  try {
    tenant = readTenant(request.headers);
    const call: Call = {
      broker: options.broker,
      tenant,
      params: request.params as Record<string, string>,
      query: readQuery(route, request.query as Record<string, unknown>),
      headers: request.headers,
      body: Buffer.isBuffer(request.body) ? request.body : undefined,
      url: request.url,
    };
    if (route.readsTenant && tenant !== DEFAULT_TENANT && !options.broker.store.memory.tenants.has(tenant)) {
      throw new Problem('nonexistentTenant', `there is no tenant '${tenant}'; the first write makes it`);
    }
    answer = await withContexts(options.broker, () => route.handle(call));
  } catch (error) {
    answer = errorAnswer(error, request, options);
  }
  // 6.3.14: the answer says which tenant it speaks for.
  return tenant === DEFAULT_TENANT ? answer : { ...answer, headers: { ...answer.headers, 'NGSILD-Tenant': tenant } };
}

/** 6.3.3: a parameter nobody knows is a mistake of the client, not something to overlook. */
function readQuery(
  { query = [], later = [] }: RouteRow,
  given: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const [name, value] of Object.entries(given)) {
    if (later.includes(name)) throw notBuilt(`the parameter '${name}'`);
    if (!query.includes(name)) throw badRequest(`the parameter '${name.slice(0, 60)}' is not known here`);
    if (typeof value !== 'string') throw badRequest(`the parameter '${name}' is there more than once`);
    if (value === '') throw badRequest(`the parameter '${name}' is empty`);
    known.set(name, value);
  }
  return known;
}

function send(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  reply.code(status);
  if (headers !== undefined) reply.headers(headers);
  if (body === undefined) return reply.send();
  if (headers?.['Content-Type'] === undefined) reply.header('Content-Type', 'application/json');
  return reply.send(body);
}

function problemAnswer(problem: Problem): Answer {
  // 6.3.2: an error is plain JSON whatever the client accepts.
  return {
    status: problem.status,
    headers: { 'Content-Type': 'application/json', ...problem.headers },
    body: JSON.stringify(problem.details()),
  };
}

/** Fastify's own refusals, in our words. */
const FRAMEWORK_PROBLEMS: ReadonlyMap<string, (options: FrontOptions) => Problem> = new Map<
  string,
  (options: FrontOptions) => Problem
>([
  [
    'FST_ERR_CTP_BODY_TOO_LARGE',
    ({ maxBodyBytes }) => new Problem('tooLarge', `a body is at most ${maxBodyBytes} bytes`),
  ],
  ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', () => badRequest('the body is not as long as Content-Length says')],
  [
    'FST_ERR_CTP_INVALID_MEDIA_TYPE',
    () => new Problem('unsupportedMediaType', 'the body needs a Content-Type such as application/json'),
  ],
]);

function errorAnswer(error: unknown, request: FastifyRequest, options: FrontOptions): Answer {
  if (error instanceof Problem) return problemAnswer(error);
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const known = FRAMEWORK_PROBLEMS.get(code);
  if (known !== undefined) return problemAnswer(known(options));
  options.log.error(
    { err: error, method: request.method, route: request.routeOptions.url },
    'A request failed in a way it should not.',
  );
  return problemAnswer(new Problem('internalError', 'the broker made a mistake; its log says which'));
}

function notFoundAnswer(request: FastifyRequest, routes: readonly RouteRow[]): Answer {
  const path = (request.url.split('?', 1)[0] ?? '').replace(/\/+$/, '');
  const isBelow = (base: string): boolean => path === base || path.startsWith(`${base}/`);
  const unbuilt = LATER_RESOURCES.find((resource) => isBelow(BASE + resource.path));
  if (unbuilt !== undefined) return problemAnswer(notBuilt(unbuilt.what));
  const methods = routes.filter((route) => matches(urlOf(route), path)).map(({ method }) => method);
  if (methods.length === 0)
    return problemAnswer(new Problem('resourceNotFound', `there is nothing at ${path.slice(0, 200)}`));
  return problemAnswer(
    new Problem('methodNotAllowed', `${path.slice(0, 200)} takes ${methods.join(', ')}`, { Allow: methods.join(', ') }),
  );
}

function urlOf({ path, isOurs }: RouteRow): string {
  return (isOurs ? OUR_BASE : BASE) + path;
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  return wanted.length === given.length && wanted.every((part, index) => part.startsWith(':') || part === given[index]);
}
