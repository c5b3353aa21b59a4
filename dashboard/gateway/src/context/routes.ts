/** The routes that show broker and history, each tied to its handler. */

import { ROUTES, type RouteName, type Subject } from '@contor/policy';
import type { Application, Request } from 'express';
import { type GuardParts, register } from '../guard.js';
import { jsonBody } from '../http/json-body.js';
import { notify, type Standing, stream } from '../live/routes.js';
import type { LiveState } from '../live/state.js';
import type { StreamHub } from '../live/stream.js';
import { notificationDoor } from '../notify/door.js';
import type { ScopeFeed } from '../scope/feed.js';
import { deliverToPartner } from '../subscriptions/delivery.js';
import type { SubscriptionDesk } from '../subscriptions/desk.js';
import { answerSubscriptions, SUBSCRIPTION_ROUTES } from '../subscriptions/routes.js';
import type { Upstream } from '../upstream/upstream.js';
import { BATCHES, writeBatch } from './batches.js';
import { createBrokerQuery } from './broker-query.js';
import { readHistory } from './history.js';
import { checkContext } from './ld-context.js';
import { READ_PATHS, readContext } from './reads.js';
import { checkTenant } from './tenant.js';
import { createEntity, WRITE_NAMES, writeEntity } from './writes.js';

/** Who asks, whoever keeps that: sessions, the access book, keys of partners. */
export interface Askers {
  /** Behind a guard. */
  subjectOf(request: Request): Subject;
  /** As they are now; undefined when locked or gone. */
  currentSubject(id: string): Subject | undefined;
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
  readonly subscriptions: SubscriptionDesk;
}

/** A batch of a thousand entities; most of them are smaller. */
const ENTITY_BOUNDS = { names: 50_000 };

export function registerContext(app: Application, guard: GuardParts, parts: ContextParts): void {
  const { broker, history, scopes, state, hub, askers, notifySecret, nowMs, subscriptions } = parts;
  const { subjectOf, standingOf } = askers;
  register(app, guard, '/notify/live', ...notify(state, notifySecret));
  register(app, guard, '/notify/scope', ...notificationDoor(notifySecret, ({ data }) => scopes.receive(data)));
  const tenant = checkTenant(subjectOf);
  register(app, guard, '/api/stream', tenant, stream({ hub, scopes, nowMs, subjectOf, standingOf }));
  const query = createBrokerQuery(broker, (id) => scopes.index.typeOf(id));
  const reads = { broker, query, scopes, subjectOf, nowMs };
  for (const path of READ_PATHS) {
    const isDocument = path === '/api/ngsi-ld/v1/entityOperations/query';
    const body = isDocument ? [jsonBody(ENTITY_BOUNDS), checkContext] : [];
    register(app, guard, isDocument ? `POST ${path}` : `GET ${path}`, tenant, ...body, readContext(reads, path));
  }
  const writes = { broker, query, scopes, subjectOf, nowMs };
  const body = [jsonBody(ENTITY_BOUNDS), checkContext];
  for (const name of WRITE_NAMES) {
    const parsed = name.startsWith('DELETE') ? [] : body;
    register(app, guard, name, tenant, ...parsed, writeEntity(writes, name));
  }
  register(app, guard, 'POST /api/ngsi-ld/v1/entities', tenant, ...body, createEntity(writes));
  for (const batch of BATCHES)
    register(app, guard, `POST /api/ngsi-ld/v1/entityOperations/${batch}`, tenant, ...body, writeBatch(writes, batch));
  for (const name of SUBSCRIPTION_ROUTES) {
    const parsed = name.startsWith('POST') || name.startsWith('PATCH') ? [jsonBody(), checkContext] : [];
    register(app, guard, name, tenant, ...parsed, answerSubscriptions(subscriptions.parts, name));
  }
  register(app, guard, '/notify/subscription/:subscriptionId', ...deliverToPartner(subscriptions.delivery));
  for (const row of ROUTES) {
    const name = `${row.method} ${row.path}` as RouteName;
    if (row.path.startsWith('/api/quantumleap/'))
      register(app, guard, name, tenant, readHistory({ history, scopes, subjectOf }));
  }
}
