/**
 * The provisioning API of FIWARE's IoT Agents as an Express application. Guarded like every door: beyond loopback by TLS and the
 * platform's secret, on loopback against pages that had their own name rebound to our address.
 */

import { type Health, isLoopbackHost, type Logger, logLevelOf, sameSecret } from '@contor/kit';
import express, { type Express, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { type Answer, type Checked, refuse, refuseWith } from './answers.js';
import { isTooDeep } from './checks.js';
import {
  changeDevice,
  createDevices,
  createEach,
  type DevicesOptions,
  getDevice,
  listDevices,
  removeDevice,
  removeDevices,
} from './devices.js';
import { changeGroup, createGroups, type GroupsName, listGroups, removeGroup } from './groups.js';
import { changeLogLevel, readLogLevel } from './log-level.js';
import { type Tallies, tallies } from './metrics.js';
import { type Page, readPage } from './page.js';
import { type Scope, scopeOf } from './scope.js';

export interface ProvisioningOptions extends DevicesOptions {
  /** As metrics and log lines name it, e.g. `agent-json`. */
  readonly agent: string;
  /** Asked for as a bearer token when set. */
  readonly secret: string | undefined;
  readonly isLoopback: boolean;
  readonly health: () => Health;
  readonly log: Logger;
}

/** Of the platform: kit and agent are released together. */
const VERSION = '0.1.0';
/** A thousand devices with some attributes each. */
const LONGEST_BODY = 4 * 2 ** 20;
const GROUP_PATHS = [
  { path: '/iot/groups', name: 'groups' },
  { path: '/iot/services', name: 'services' },
] as const satisfies readonly { readonly path: string; readonly name: GroupsName }[];

type Asked = (scope: Scope, request: Request) => Answer | Promise<Answer>;

export function provisioningApp(options: ProvisioningOptions): Express {
  const { registry, log } = options;
  const counts = tallies(options);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(guard(options));
  // Nothing is unpacked: a body is as long as it says (T11).
  app.use(express.json({ limit: LONGEST_BODY, inflate: false, type: 'application/json' }));

  const scoped =
    (answer: Asked): RequestHandler =>
    async (request, response) => {
      const scope = scopeOf(request.headers);
      send(response, scope.kind === 'fault' ? refuse(scope.fault) : await answer(scope.value, request));
    };
  const paged =
    (answer: (scope: Scope, page: Page, request: Request) => Answer): Asked =>
    (scope, request) => {
      const page: Checked<Page> = readPage(request.query);
      return page.kind === 'fault' ? refuse(page.fault) : answer(scope, page.value, request);
    };

  app.get('/iot/devices', scoped(paged((scope, page) => listDevices(scope, page, options))));
  app.post(
    '/iot/devices',
    json,
    scoped(counted(counts, 'deviceCreationRequests', (scope, { body, query }) => create(scope, body, query, options))),
  );
  app.get(
    '/iot/devices/:id',
    scoped((scope, request) => getDevice(idOf(request), apiKeyOf(request), scope, options)),
  );
  app.put(
    '/iot/devices/:id',
    json,
    scoped((scope, request) => changeDevice(idOf(request), apiKeyOf(request), request.body, scope, options)),
  );
  app.delete(
    '/iot/devices/:id',
    scoped(
      counted(counts, 'deviceRemovalRequests', (scope, request) =>
        removeDevice(idOf(request), apiKeyOf(request), scope, options),
      ),
    ),
  );
  app.post(
    '/iot/op/delete',
    json,
    scoped(counted(counts, 'deviceRemovalRequests', (scope, { body }) => removeDevices(body, scope, options))),
  );

  for (const { path, name } of GROUP_PATHS) {
    app.get(path, scoped(paged((scope, page, request) => listGroups(groupOf(request), name, scope, page, registry))));
    app.post(
      path,
      json,
      scoped((scope, { body }) => createGroups(body, name, scope, registry)),
    );
    app.put(
      path,
      json,
      scoped((scope, request) => changeGroup(groupOf(request), request.body, scope, registry)),
    );
    app.delete(
      path,
      scoped((scope, request) => removeGroup(groupOf(request), scope, registry)),
    );
  }

  const about: RequestHandler = (request, response) => send(response, aboutOf(request, options));
  app.get('/iot/about', about);
  app.get('/version', about);
  app.get('/ready', (_request, response) => send(response, readyOf(options.health())));
  app.get('/metrics', async (_request, response) => {
    const { contentType, text } = await counts.text();
    response.status(200).type(contentType).send(text);
  });
  app.get('/admin/log', (_request, response) => send(response, readLogLevel(logLevelOf(log))));
  app.put('/admin/log', (request, response) => send(response, changeLogLevel(logLevelOf(log), request.query.level)));

  app.use((request, response) =>
    send(response, refuseWith('NOT_FOUND', `There is no ${request.method} of this path.`)),
  );
  app.use(failed(log));
  return app;
}

function guard({ secret, isLoopback }: ProvisioningOptions): RequestHandler {
  return (request, response, next) => {
    if (isLoopback && !isLoopbackHost(request.headers.host))
      return send(response, refuseWith('BAD_REQUEST', 'This port answers to loopback names only.'));
    // Whoever looks after the process may ask whether it is ready; nothing is told but that.
    const isOpen = request.path === '/ready' || secret === undefined;
    if (!isOpen && !sameSecret(request.headers.authorization ?? '', `Bearer ${secret}`)) {
      response.setHeader('WWW-Authenticate', 'Bearer');
      return send(response, refuseWith('UNAUTHORIZED', "The platform's secret is missing or wrong."));
    }
    next();
  };
}

/** A page of another origin can post a form or plain text without asking, but no JSON. */
const json: RequestHandler = (request, response, next) => {
  if (request.is('application/json'))
    return isTooDeep(request.body) ? send(response, refuseWith('WRONG_SYNTAX', 'The body is too deep.')) : next();
  const type = String(request.headers['content-type'] ?? 'none').slice(0, 100);
  return send(response, refuseWith('UNSUPPORTED_CONTENT_TYPE', `Unsupported content type in the request: ${type}`));
};

function failed(log: Logger) {
  return (error: unknown, _request: Request, response: Response, _next: NextFunction): void =>
    send(response, answerTo(error, log));
}

/** What the parser of bodies and paths says of a request; anything else is our own trouble. */
function answerTo(error: unknown, log: Logger): Answer {
  const code = typeof error === 'object' && error !== null && 'type' in error ? error.type : undefined;
  if (code === 'entity.too.large') return refuseWith('REQUEST_TOO_LARGE', 'The body is too long.');
  if (code === 'encoding.unsupported') return refuseWith('UNSUPPORTED_CONTENT_TYPE', 'A body must not be compressed.');
  if (typeof code === 'string') return refuseWith('WRONG_SYNTAX', 'The body is not JSON.');
  if (isStatus(error, 400)) return refuseWith('BAD_REQUEST', 'The path is not well formed.');
  log.error({ error }, 'A request to the provisioning API could not be answered.');
  return refuseWith('REGISTRY_NOT_AVAILABLE', 'The registry could not be written; ask again later.');
}

function isStatus(error: unknown, status: number): boolean {
  return typeof error === 'object' && error !== null && 'status' in error && error.status === status;
}

/** `?options=each`, or `each,replace`, is ours. */
function create(scope: Scope, body: unknown, query: Request['query'], options: ProvisioningOptions): Promise<Answer> {
  const words = typeof query.options === 'string' ? query.options.split(',') : [];
  return words.includes('each')
    ? createEach(body, scope, words.includes('replace'), options)
    : createDevices(body, scope, options);
}

function counted(counts: Tallies, name: 'deviceCreationRequests' | 'deviceRemovalRequests', answer: Asked): Asked {
  return (scope, request) => {
    counts.count(name);
    return answer(scope, request);
  };
}

function aboutOf(request: Request, { agent, health }: ProvisioningOptions): Answer {
  const { state, reason } = health();
  const port = String(request.socket.localPort ?? '');
  return { status: 200, body: { libVersion: VERSION, port, baseRoot: '/', version: VERSION, agent, state, reason } };
}

function readyOf({ state, reason }: Health): Answer {
  const isReady = state === 'ready' || state === 'degraded';
  return { status: isReady ? 200 : 503, body: { ready: isReady, state, reason } };
}

function idOf(request: Request): string {
  return String(request.params.id);
}

function apiKeyOf(request: Request): string | undefined {
  const { apikey } = request.query;
  return typeof apikey === 'string' && apikey !== '' ? apikey : undefined;
}

function groupOf(request: Request) {
  const { resource } = request.query;
  return { resource: typeof resource === 'string' ? resource : undefined, apiKey: apiKeyOf(request) };
}

function send(response: Response, { status, body }: Answer): void {
  if (body === undefined) response.status(status).end();
  else response.status(status).json(body);
}
