/**
 * What the gateway shows of broker and history, to each as they may see it: the relays, the index of scopes, the live stream. Start here
 * for where a scope is applied; `index.ts` opens it beside sign-in and the app.
 */

import type { BrokerClient } from '@contor/history-query';
import type { Clock, Logger, Random } from '@contor/kit';
import { contextLink } from '@contor/orion-config';
import { createScopeIndex, type Subject, TIE_ATTRIBUTES } from '@contor/policy';
import type { Application } from 'express';
import { type Askers, registerContext } from './context/routes.js';
import type { GuardParts } from './guard.js';
import { createLiveBroker } from './live/broker.js';
import { startLiveFeed } from './live/feed.js';
import { LIVE_TYPES, LiveState } from './live/state.js';
import { createStreamHub } from './live/stream.js';
import { NOTIFY_HEADER } from './notify/door.js';
import { createScopeBroker } from './scope/broker.js';
import { type KnownScopes, startScopeFeed } from './scope/feed.js';
import { createScopeHistory } from './scope/history.js';
import type { GatewayConfig } from './settings.js';
import { openSubscriptionDesk } from './subscriptions/desk.js';
import { createUpstream, type Upstream } from './upstream/upstream.js';

export interface EnforcementParts {
  readonly config: GatewayConfig;
  readonly client: BrokerClient;
  /** Where the broker reaches us. */
  readonly notifyUrl: string;
  readonly notifySecret: string;
  /** Seals what the broker keeps for us and need not know. */
  readonly sealSecret: string;
  readonly askers: Askers;
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface Enforcement {
  /** Ties the routes to their handlers. */
  readonly register: (app: Application, guard: GuardParts) => void;
  /** For whoever else has to know what lies inside a scope. */
  readonly scopes: KnownScopes;
  readonly figures: Readonly<Record<string, number>>;
  /** What cannot be shown now, for `/health`. */
  readonly missing: readonly string[];
  /** Whether somebody sees an entity now; `unknown` while that is not known. */
  sees(subject: Subject, id: string): boolean | 'unknown';
  closeSession(sessionKey: string): void;
  /** What this subject may do or see has changed. */
  recheckSubject(subjectId: string): void;
  stop(): void;
}

const LIVE_SUBSCRIPTION = 'urn:ngsi-ld:Subscription:contor-gateway-live';
const DEFAULT_TENANT = 'default';

export function openEnforcement(parts: EnforcementParts): Enforcement {
  const { client, notifyUrl, notifySecret, askers, version, clock, random, log } = parts;
  const { broker, history } = openUpstreams(parts);
  const ports = { clock, random, log };
  const headers = { [NOTIFY_HEADER]: notifySecret };

  const index = createScopeIndex();
  const scopes = startScopeFeed({
    ...{ index, ...ports },
    broker: createScopeBroker({ client, ties: TIE_ATTRIBUTES, endpoint: `${notifyUrl}/notify/scope`, headers }),
    history: createScopeHistory(history, TIE_ATTRIBUTES),
    onRemove: (id) => subscriptions.farewell(id),
  });
  const subscriptions = openSubscriptionDesk({
    ...{ broker, scopes, notifyUrl, notifySecret, sealSecret: parts.sealSecret, ...ports },
    ...{ notifyHosts: parts.config.notifyHosts, tenant: parts.config.tenant, contextUrl: () => client.contextUrl() },
    ...{ subjectOf: askers.subjectOf, currentSubject: askers.currentSubject },
  });
  const state = new LiveState(clock.nowMs());
  const hub = createStreamHub({ state, index, clock, version });
  const live = startLiveFeed({
    ...{ state, ...ports },
    broker: createLiveBroker(client),
    subscription: { id: LIVE_SUBSCRIPTION, types: LIVE_TYPES, endpoint: `${notifyUrl}/notify/live`, headers },
  });

  return {
    scopes,
    register: (app, guard) =>
      registerContext(app, guard, {
        ...{ broker, history, scopes, state, hub, askers, notifySecret, subscriptions },
        nowMs: () => clock.nowMs(),
      }),
    get figures() {
      const { size: entities, dropped: entitiesDropped } = state;
      return { streams: hub.clients, views: hub.views, entities, entitiesDropped, tied: index.size };
    },
    get missing() {
      if (!live.isTrue || !scopes.isTrue) return ['the broker'];
      return scopes.isHistoryTrue ? [] : ['history'];
    },
    sees: ({ scope }, id) => {
      if (scope.kind === 'everything') return !scopes.isTrue || index.has(id);
      return scopes.isTrue ? index.isVisible(scope, id, clock.nowMs()) : 'unknown';
    },
    closeSession: (sessionKey) => hub.closeSession(sessionKey),
    recheckSubject: (subjectId) => hub.recheckSubject(subjectId),
    stop() {
      for (const each of [scopes, live, subscriptions]) each.stop();
      hub.close();
      for (const each of [broker, history]) each.close();
    },
  };
}

function openUpstreams({ config, client, log }: EnforcementParts): {
  readonly broker: Upstream;
  readonly history: Upstream;
} {
  const headers = headersFor(config);
  return {
    broker: createUpstream({
      target: new URL(config.brokerUrl),
      headers: async () => ({ ...headers, link: contextLink(await client.contextUrl()) }),
      unreachable: 'broker.unreachable',
      log,
    }),
    history: createUpstream({
      target: new URL(config.historyUrl),
      headers: async () => headers,
      unreachable: 'history.unreachable',
      log,
    }),
  };
}

/** What broker and history want to see from a service: the secret, and the tenant, which has no header when default. */
function headersFor({ tenant, secret }: GatewayConfig): Readonly<Record<string, string>> {
  return {
    ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
    ...(tenant === DEFAULT_TENANT ? {} : { 'ngsild-tenant': tenant, 'fiware-service': tenant }),
  };
}
