/** Who stands behind a request that passed its guard, and what they have shown for it. */

import type { Subject } from '@contor/policy';
import type { Request } from 'express';
import type { Authentication } from './sessions/store.js';

export interface Visitor {
  readonly subject: Subject;
  readonly fullName: string;
  readonly standing: Standing;
  /** People only: partners have no session, no cookie and no CSRF token. */
  readonly session?: VisitorSession;
}

/** What a request was made with: a session, a key or a token. A stream it opens hangs on it, and ends with it. */
export interface Standing {
  readonly key: string;
  /** Asked as often as one likes; does not count as use of a session. */
  isStanding(): Promise<boolean>;
}

export interface VisitorSession {
  /** The secret of the cookie. */
  readonly id: string;
  readonly key: string;
  readonly authentication: Authentication;
}

const visitors = new WeakMap<Request, Visitor>();

const askers = new WeakMap<Request, Visitor>();

/** Who asks, whether or not they may: for limits, logs and the audit trail, and never for a handler. */
export function recognise(request: Request, visitor: Visitor): void {
  askers.set(request, visitor);
}

export function askerOf(request: Request): Visitor | undefined {
  return askers.get(request);
}

export function remember(request: Request, visitor: Visitor): void {
  visitors.set(request, visitor);
}

/** Behind a guard other than `public` or `service`. */
export function visitorOf(request: Request): Visitor {
  const visitor = visitors.get(request);
  if (visitor === undefined) throw new Error(`No visitor: ${request.path} is guarded as public.`);
  return visitor;
}

export function subjectOf(request: Request): Subject {
  return visitorOf(request).subject;
}

/** Behind a row that is for people. */
export function sessionOf(request: Request): VisitorSession {
  const { session } = visitorOf(request);
  if (session === undefined) throw new Error(`No session: ${request.path} is not only for people.`);
  return session;
}
