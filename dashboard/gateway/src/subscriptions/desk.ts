/** Partners' subscriptions as one piece: where they are kept, how they are delivered, and whose they are. */

import type { Clock, Logger, Random } from '@contor/kit';
import { createPoster, type HostList, listHosts, type Poster } from '@contor/kit';
import type { Scope, Subject } from '@contor/policy';
import type { Request } from 'express';
import { startRounds } from '../rounds.js';
import type { KnownScopes } from '../scope/feed.js';
import type { Upstream } from '../upstream/upstream.js';
import type { DeliveryParts } from './delivery.js';
import { createFarewells } from './farewells.js';
import type { SubscriptionParts } from './routes.js';
import { createSubscriptionStore } from './store.js';

export interface SubscriptionDesk {
  readonly parts: SubscriptionParts;
  readonly delivery: DeliveryParts;
  /** Before the index forgets an entity: those who saw it are told of its end. */
  farewell(id: string): void;
  stop(): void;
}

export interface DeskParts {
  readonly broker: Upstream;
  readonly scopes: KnownScopes;
  readonly subjectOf: (request: Request) => Subject;
  readonly currentSubject: (id: string) => Subject | undefined;
  readonly notifyUrl: string;
  readonly notifySecret: string;
  /** Seals what the broker keeps for us and need not know. */
  readonly sealSecret: string;
  /** GATEWAY_NOTIFY_HOSTS. */
  readonly notifyHosts: readonly string[];
  readonly tenant: string;
  readonly contextUrl: () => Promise<string | undefined>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Other gateways may have made some meanwhile; this one hears of its own at once. */
const OWNERS_AGAIN_MS = 10 * 60_000;

export function openSubscriptionDesk(given: DeskParts): SubscriptionDesk {
  const { broker, scopes, currentSubject, notifySecret, sealSecret, clock, random, log } = given;
  const hosts: HostList = listHosts(given.notifyHosts);
  const poster: Poster = createPoster({ hosts, reach: 'public' });
  const store = createSubscriptionStore(broker, sealSecret);
  const farewells = createFarewells(scopes.index);
  const owners = new Set<string>();
  const rounds = startRounds({
    async run() {
      for (const { errand } of await store.all()) owners.add(errand.owner);
    },
    everyMs: OWNERS_AGAIN_MS,
    complaint: 'The broker does not say who has subscriptions; deletions may be told to fewer.',
    ...{ clock, random, log },
  });

  function* scopesOfOwners(): Iterable<Scope> {
    for (const owner of owners) {
      const subject = currentSubject(owner);
      if (subject !== undefined) yield subject.scope;
    }
  }

  const nowMs = (): number => clock.nowMs();
  return {
    parts: {
      ...{ store, scopes, subjectOf: given.subjectOf, notifyUrl: given.notifyUrl, notifySecret, hosts },
      onOwner: (id) => void owners.add(id),
    },
    delivery: {
      ...{ notifySecret, currentSubject, scopes, farewells, hosts, poster, nowMs, log },
      ...{ unseal: store.unseal, contextUrl: given.contextUrl, tenant: given.tenant },
    },
    farewell: (id) => farewells.note(id, scopesOfOwners(), nowMs()),
    stop() {
      rounds.stop();
      poster.close();
    },
  };
}
