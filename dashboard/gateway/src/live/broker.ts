/** What the live feed asks of the broker: its subscription, and pages of entities. */

import type { BrokerClient } from '@contor/history-query';
import { ensureSubscription, type SubscriptionDefinition } from '@contor/orion-config';
import type { NotifiedEntity } from '../notify/door.js';

export interface LiveBroker {
  /** Makes the subscription, or brings an earlier one up to date. */
  subscribe(subscription: LiveSubscription): Promise<void>;
  /** One page of entities of a type, in the broker's order. */
  query(type: string, offset: number, limit: number): Promise<readonly NotifiedEntity[]>;
  close(): void;
}

export interface LiveSubscription {
  readonly id: string;
  readonly types: readonly string[];
  readonly endpoint: string;
  /** Sent with every notification (GS CIM 009, 5.2.15 receiverInfo). */
  readonly headers: Readonly<Record<string, string>>;
}

export function createLiveBroker(broker: BrokerClient): LiveBroker {
  return {
    async subscribe(wanted) {
      await ensureSubscription(broker, toSubscription(wanted), await broker.contextUrl());
    },
    async query(type, offset, limit) {
      return (await broker.entities.queryEntities({ type, offset, limit })).data;
    },
    close: () => broker.close(),
  };
}

function toSubscription({ id, types, endpoint, headers }: LiveSubscription): SubscriptionDefinition {
  const receiverInfo = Object.entries(headers).map(([key, value]) => ({ key, value }));
  return {
    id,
    type: 'Subscription',
    description: 'Live values for the dashboard',
    entities: types.map((type) => ({ type })),
    notification: {
      endpoint: {
        uri: endpoint,
        accept: 'application/json',
        receiverInfo,
        // Pages show what is true now: while we are away the broker keeps the newest states only, and never refuses a write for us.
        notifierInfo: [{ key: 'keep', value: 'latest' }],
      },
    },
  };
}
