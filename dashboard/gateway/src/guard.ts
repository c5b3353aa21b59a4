/**
 * Every route passes here: who is asking, how much have they asked for, does policy allow this row, did a change come from our own page,
 * is the sign-in fresh enough. A route is registered only through `register`, which ties it to its row; what has no row is refused
 * before any route is looked at.
 */

import { sameSecret } from '@contor/kit';
import {
  type Decision,
  decide,
  findRoute,
  isFresh,
  type Method,
  ROUTES,
  type RouteName,
  type RoutePath,
  type RouteRow,
} from '@contor/policy';
import type { Application, Handler, Request, RequestHandler, Response } from 'express';
import type { Recorder } from './audit/intake/recorder.js';
import { sendProblem } from './http/problem.js';
import type { Identify } from './identify.js';
import type { Limits, StrangersDeed } from './limits/limits.js';
import { csrfToken } from './sessions/seal.js';
import { recognise, remember, type Visitor, type VisitorSession } from './visitor.js';

/** Marks the handler that guards a route, with the row it guards by: the test of the register looks for it. */
export const GUARDS = Symbol('guards');

export type Guard = RequestHandler & { readonly [GUARDS]: RouteRow };

export interface GuardParts {
  readonly identify: Identify;
  readonly limits: Limits;
  readonly publicOrigin: string;
  readonly nowMs: () => number;
  /** What is recorded of a row stands between its guard and its handlers. */
  readonly recorder: Pick<Recorder, 'handlersFor'>;
  /** Told of each refusal, for the metrics. */
  readonly onDenied: (row: RouteRow | undefined, status: number) => void;
}

export function defaultDeny(parts: GuardParts): RequestHandler {
  return (request, response, next) => {
    const row = findRoute(request.method, request.path);
    if (row !== undefined) return next();
    if (parts.limits.allowStranger('nothing', request, response)) refuse(parts, row, decide(undefined, row), response);
  };
}

const VERBS = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const satisfies Readonly<
  Record<Method, string>
>;

/** Ties handlers to one row (`PUT /api/admin/roles/:role`), or to all rows of a path. */
export function register(
  app: Application,
  parts: GuardParts,
  name: RoutePath | RouteName,
  ...handlers: readonly Handler[]
): void {
  for (const row of ROUTES) {
    if (row.path !== name && `${row.method} ${row.path}` !== name) continue;
    app[VERBS[row.method]](row.path, createGuard(parts, row), ...parts.recorder.handlersFor(row), ...handlers);
    (registered.get(app) ?? registered.set(app, new Set()).get(app))?.add(row);
  }
}

const NOTHING_TO_RECORD: GuardParts['recorder'] = { handlersFor: () => [] };

const registered = new WeakMap<Application, Set<RouteRow>>();

/** Rows nobody has tied a handler to: guarded like the others, so that no other route picks their requests up, and not there. */
export function registerAbsent(app: Application, guard: GuardParts): void {
  const parts = { ...guard, recorder: NOTHING_TO_RECORD };
  for (const row of ROUTES) {
    if (row.path === '/{*page}' || registered.get(app)?.has(row)) continue;
    register(app, parts, `${row.method} ${row.path}` as RouteName, (_request, response) =>
      sendProblem(response, 'route.unknown'),
    );
  }
}

/** What of the public rows makes us work. Pages of the app and our own health come from memory. */
const PUBLIC_DEEDS: Readonly<Record<string, StrangersDeed>> = {
  '/auth/signin': 'sign-in',
  '/auth/callback': 'sign-in',
  '/api/openapi.json': 'page',
  '/api/docs': 'page',
};

function createGuard(parts: GuardParts, row: RouteRow): Guard {
  const deed = PUBLIC_DEEDS[row.path];
  const guardPublic: RequestHandler = (request, response, next) => {
    if (deed === undefined || parts.limits.allowStranger(deed, request, response)) next();
  };
  const guard: RequestHandler = async (request, response, next) => {
    const visitor = await admit(parts, row, request, response);
    if (visitor === undefined) return;
    remember(request, visitor);
    next();
  };
  const isOpen = row.access === 'public' || row.access === 'service';
  return Object.assign(isOpen ? guardPublic : guard, { [GUARDS]: row });
}

/** `undefined`: refused, and answered. */
async function admit(
  parts: GuardParts,
  row: RouteRow,
  request: Request,
  response: Response,
): Promise<Visitor | undefined> {
  const { limits, identify } = parts;
  const showsKey = request.headers.authorization !== undefined || request.headers['x-api-key'] !== undefined;
  if (showsKey && !limits.mayTry(request, response)) return undefined;
  const identified = await identify(request);
  if (identified.kind === 'unreachable') return void sendProblem(response, 'identity.unreachable');
  if (identified.kind !== 'visitor') {
    if (!limits.allowStranger(identified.kind === 'nobody' ? 'nothing' : 'failed', request, response)) return undefined;
    if (identified.kind === 'refused') return void refuseCredentials(parts, row, identified.code, response);
    return void refuse(parts, row, decide(undefined, row), response);
  }
  const { visitor } = identified;
  recognise(request, visitor);
  if (!limits.allow(visitor, row, request, response)) return undefined;
  const decision = decide(visitor.subject, row);
  if (decision.kind === 'deny') return void refuse(parts, row, decision, response);
  const { session } = visitor;
  // A key or a token is never sent by a browser on its own, so only a cookie can be abused by another page.
  if (row.method !== 'GET' && session !== undefined && !isFromOurPage(request, session, parts.publicOrigin)) {
    parts.onDenied(row, 403);
    return void sendProblem(response, 'csrf.refused');
  }
  if (!isFresh(row, session?.authentication.authenticatedAtMs, parts.nowMs())) {
    parts.onDenied(row, 403);
    return void sendProblem(response, 'sign-in.stale');
  }
  return visitor;
}

function refuse(parts: GuardParts, row: RouteRow | undefined, decision: Decision, response: Response): void {
  if (decision.kind === 'allow') throw new Error('Allowed, but by whom?');
  parts.onDenied(row, decision.status);
  response.set('Cache-Control', 'no-store');
  sendProblem(response, decision.code);
}

/** RFC 6750, 3: whoever shows a token that is not good is told so where programs look. */
function refuseCredentials(
  parts: GuardParts,
  row: RouteRow,
  code: 'credentials.mixed' | 'credentials.refused',
  response: Response,
): void {
  const isMixed = code === 'credentials.mixed';
  parts.onDenied(row, isMixed ? 400 : 401);
  response.set('WWW-Authenticate', `Bearer error="${isMixed ? 'invalid_request' : 'invalid_token'}"`);
  sendProblem(response, code);
}

/** Three walls: the token only our own page can read, the origin, and what the browser itself says (Fetch Metadata). */
function isFromOurPage(request: Request, session: VisitorSession, publicOrigin: string): boolean {
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (origin !== undefined && origin !== publicOrigin) return false;
  if (site !== undefined && site !== 'same-origin') return false;
  return sameSecret(request.get('x-csrf-token') ?? '', csrfToken(session.id));
}
