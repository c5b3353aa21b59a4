/** What the live feed asks of the broker, over the generated NGSI-LD client. */

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Configuration, EntitiesApi, type Subscription, SubscriptionsApi } from '@contor/ngsi-ld-client';
import type { LiveEntity } from './state.js';

export interface LiveBroker {
  /** Makes the subscription, or brings an earlier one up to date. */
  subscribe(subscription: LiveSubscription): Promise<void>;
  /** One page of entities of a type, in the broker's order. */
  query(type: string, offset: number, limit: number): Promise<readonly LiveEntity[]>;
  close(): void;
}

export interface LiveSubscription {
  readonly id: string;
  readonly types: readonly string[];
  readonly endpoint: string;
  /** Sent with every notification (GS CIM 009, 5.2.15 receiverInfo). */
  readonly headers: Readonly<Record<string, string>>;
}

export interface BrokerTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly contextUrl: string;
}

const TIMEOUT_MS = 15_000;
const HTTP_CONFLICT = 409;

export function createLiveBroker({ url, headers, contextUrl }: BrokerTarget): LiveBroker {
  const agent = url.startsWith('https:') ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const baseOptions = { headers, timeout: TIMEOUT_MS, httpAgent: agent, httpsAgent: agent, proxy: false };
  const configuration = new Configuration({ basePath: url, baseOptions });
  const entities = new EntitiesApi(configuration);
  const subscriptions = new SubscriptionsApi(configuration);
  const link = contextLink(contextUrl);

  return {
    async subscribe(wanted) {
      const subscription = toSubscription(wanted);
      try {
        await subscriptions.createSubscription({ link, subscription });
      } catch (error) {
        if (statusOf(error) !== HTTP_CONFLICT) throw error;
        const { entities: selectors, notification, type } = subscription;
        const requestBody = { type, entities: selectors, notification };
        await subscriptions.updateSubscription({ link, subscriptionId: wanted.id, requestBody });
      }
    },
    async query(type, offset, limit) {
      const { data } = await entities.queryEntities({ link, type, offset, limit });
      return data as readonly LiveEntity[];
    },
    close: () => agent.destroy(),
  };
}

/** GS CIM 009, 6.3.5. */
export function contextLink(contextUrl: string): string {
  return `<${contextUrl}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`;
}

function toSubscription({ id, types, endpoint, headers }: LiveSubscription): Subscription {
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

/** By shape: an axios error carries the answer it did not like. */
function statusOf(error: unknown): number | undefined {
  const answer = typeof error === 'object' && error !== null && 'response' in error ? error.response : undefined;
  const status = typeof answer === 'object' && answer !== null && 'status' in answer ? answer.status : undefined;
  return typeof status === 'number' ? status : undefined;
}
