/** The routes that show broker and history, each tied to its handler. */

import { ROUTES, type RouteName, type RouteRow, type Subject } from '@contor/policy';
import type { Application, Request } from 'express';
import { type GuardParts, register } from '../guard.js';
import { notify, type Standing, stream } from '../live/routes.js';
import type { LiveState } from '../live/state.js';
import type { StreamHub } from '../live/stream.js';
import { notificationDoor } from '../notify/door.js';
import type { ScopeFeed } from '../scope/feed.js';
import type { Upstream } from '../upstream/upstream.js';
import { readHistory } from './history.js';
import { readEntities } from './reads.js';

/** Who asks, whoever keeps that: sessions, the access book, keys of partners. */
export interface Askers {
  /** Behind a guard. */
  subjectOf(request: Request): Subject;
  /** What a stream holds on to, of a person's session or of a partner. */
  standingOf(request: Request): Standing;
}

export interface ContextParts {
  readonly broker: Upstream;
  readonly history: Upstream;
  readonly scopes: ScopeFeed;
  readonly state: LiveState;
  readonly hub: StreamHub;
  readonly askers: Askers;
  readonly notifySecret: string;
  readonly nowMs: () => number;
}

export function registerContext(app: Application, guard: GuardParts, parts: ContextParts): void {
  const { broker, history, scopes, state, hub, askers, notifySecret, nowMs } = parts;
  const { subjectOf, standingOf } = askers;
  register(app, guard, '/notify/live', ...notify(state, notifySecret));
  register(app, guard, '/notify/scope', ...notificationDoor(notifySecret, ({ data }) => scopes.receive(data)));
  register(app, guard, '/api/stream', stream({ hub, scopes, nowMs, subjectOf, standingOf }));
  for (const row of ROUTES) {
    const name = `${row.method} ${row.path}` as RouteName;
    if (isEntityRead(row)) register(app, guard, name, readEntities({ broker, subjectOf }));
    if (row.path.startsWith('/api/quantumleap/')) register(app, guard, name, readHistory({ history, subjectOf }));
  }
}

function isEntityRead({ method, path }: RouteRow): boolean {
  return method === 'GET' && /^\/api\/ngsi-ld\/v1\/(entities|types)/.test(path);
}
