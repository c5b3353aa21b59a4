/**
 * Every route passes here: who is asking, does policy allow this row, and did a change come from our own page. A route is
 * registered only through `register`, which ties it to its row; what has no row is refused before any route is looked at.
 */

import { sameSecret } from '@contor/kit';
import {
  type Decision,
  decide,
  findRoute,
  type Method,
  ROUTES,
  type RouteName,
  type RoutePath,
  type RouteRow,
} from '@contor/policy';
import type { Application, Handler, Request, RequestHandler, Response } from 'express';
import { sendProblem } from './http/problem.js';
import type { Access, Visitor } from './sessions/access.js';
import { csrfToken } from './sessions/seal.js';
import { subjectOf } from './sessions/subject.js';

/** Marks the handler that guards a route, with the row it guards by: the test of the register looks for it. */
export const GUARDS = Symbol('guards');

export type Guard = RequestHandler & { readonly [GUARDS]: RouteRow };

export interface GuardParts {
  readonly access: Access;
  readonly publicOrigin: string;
  /** Told of each refusal, for the metrics. */
  readonly onDenied: (row: RouteRow | undefined, status: number) => void;
}

const visitors = new WeakMap<Request, Visitor>();

/** The person behind a request that passed a guard other than `public` or `service`. */
export function visitorOf(request: Request): Visitor {
  const visitor = visitors.get(request);
  if (visitor === undefined) throw new Error(`No visitor: ${request.path} is guarded as public.`);
  return visitor;
}

export function defaultDeny(parts: GuardParts): RequestHandler {
  return (request, response, next) => {
    const row = findRoute(request.method, request.path);
    if (row !== undefined) return next();
    refuse(parts, row, decide(undefined, row), response);
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
    app[VERBS[row.method]](row.path, createGuard(parts, row), ...handlers);
    (registered.get(app) ?? registered.set(app, new Set()).get(app))?.add(row);
  }
}

const registered = new WeakMap<Application, Set<RouteRow>>();

/** Rows nobody has tied a handler to: guarded like the others, so that no other route picks their requests up, and not there. */
export function registerAbsent(app: Application, parts: GuardParts): void {
  for (const row of ROUTES) {
    if (row.path === '/{*page}' || registered.get(app)?.has(row)) continue;
    register(app, parts, `${row.method} ${row.path}` as RouteName, (_request, response) =>
      sendProblem(response, 'route.unknown'),
    );
  }
}

function createGuard(parts: GuardParts, row: RouteRow): Guard {
  const guard: RequestHandler = async (request, response, next) => {
    if (row.access === 'public' || row.access === 'service') return next();
    const found = await parts.access.visitorOf(request);
    if (found === 'unreachable') return sendProblem(response, 'identity.unreachable');
    const decision = decide(found && subjectOf(found.person), row);
    if (decision.kind === 'deny' || found === undefined) return refuse(parts, row, decision, response);
    if (row.method !== 'GET' && !isFromOurPage(request, found, parts.publicOrigin)) {
      parts.onDenied(row, 403);
      return sendProblem(response, 'csrf.refused');
    }
    visitors.set(request, found);
    next();
  };
  return Object.assign(guard, { [GUARDS]: row });
}

function refuse(parts: GuardParts, row: RouteRow | undefined, decision: Decision, response: Response): void {
  if (decision.kind === 'allow') throw new Error('Allowed, but by whom?');
  parts.onDenied(row, decision.status);
  response.set('Cache-Control', 'no-store');
  sendProblem(response, decision.code);
}

/** Three walls: the token only our own page can read, the origin, and what the browser itself says (Fetch Metadata). */
function isFromOurPage(request: Request, visitor: Visitor, publicOrigin: string): boolean {
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (origin !== undefined && origin !== publicOrigin) return false;
  if (site !== undefined && site !== 'same-origin') return false;
  return sameSecret(request.get('x-csrf-token') ?? '', csrfToken(visitor.sessionId));
}
