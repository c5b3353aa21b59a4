/** Where the trail meets the rest of the gateway: what is recorded of each route, and the routes that show it. */

import type { Clock } from '@contor/kit';
import type { Application } from 'express';
import type { AccessBook } from '../book/book.js';
import { type GuardParts, register } from '../guard.js';
import type { KnownScopes } from '../scope/feed.js';
import { visitorOf } from '../visitor.js';
import type { AuditTrail } from './audit.js';
import { type EraseParts, eraseSubject } from './http/erase.js';
import { type AuditRouteParts, exportRecords, listRecords, showAnchors } from './http/routes.js';
import { actorOfVisitor, type Recorder, whereOf } from './intake/recorder.js';
import { visibleTo } from './scope.js';

export interface AuditDesk {
  readonly recorder: Recorder;
  /** Ties the routes to their handlers. */
  readonly register: (app: Application, guard: GuardParts) => void;
}

export interface AuditDeskParts {
  readonly trail: AuditTrail;
  readonly recorder: Recorder;
  readonly book: Pick<AccessBook, 'people'>;
  readonly scopes: KnownScopes;
  readonly platformSecret: string | undefined;
  readonly clock: Clock;
}

export type AuditRoutes = AuditRouteParts & EraseParts;

export function openAuditDesk({ trail, recorder, book, scopes, platformSecret, clock }: AuditDeskParts): AuditDesk {
  const routes: AuditRoutes = {
    ...{ trail, platformSecret, nowMs: () => clock.nowMs() },
    viewerOf: (request, response) => {
      const visitor = visitorOf(request);
      const isVisible = visibleTo(visitor.subject, scopes.index);
      if (isVisible !== undefined && !scopes.isTrue) return 'scope.unknown';
      return { actor: actorOfVisitor(visitor), ...whereOf(request, response), isVisible };
    },
    subjectsNamed: (name) => book.people.all().flatMap(({ subject, username }) => (username === name ? [subject] : [])),
  };
  return { recorder, register: (app, guard) => registerAudit(app, guard, routes) };
}

export function registerAudit(app: Application, guard: GuardParts, routes: AuditRoutes): void {
  register(app, guard, '/api/audit', listRecords(routes));
  register(app, guard, '/api/audit/export', exportRecords(routes));
  register(app, guard, '/api/audit/anchors', showAnchors(routes));
  register(app, guard, '/notify/erase', ...eraseSubject(routes));
}
