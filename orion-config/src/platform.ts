/**
 * What the platform itself keeps in a broker: its @context and the subscription through which history hears of live values.
 * Installing is idempotent: an equal definition is left alone, a changed one is updated, and the answer says which.
 */

import { type BrokerPort, type InstallStep, refused } from './broker-port.js';
import { CONTEXT_URL, contextLink } from './context.js';
import { covers, isFields } from './covers.js';
import type { EntityType } from './entity-types.js';
import { installContext } from './hosted-context.js';
import { urn } from './urn.js';

/** The types whose values are live: they go to the broker, and from there to history. */
export const LIVE_TYPES = [
  'ACMeasurement',
  'HeatMeasurement',
  'GasMeasurement',
  'WaterConsumptionObserved',
  'IndoorEnvironmentObserved',
  'Alert',
] as const satisfies readonly EntityType[];

export const PLATFORM_SUBSCRIPTIONS = {
  historyLive: {
    id: urn('Subscription', 'contor-history-live'),
    subscriptionName: 'contor-history-live',
    description: 'Live values to history',
    types: LIVE_TYPES,
    path: '/v2/notify',
  },
} as const;

export interface InstallOptions {
  /** As the broker reaches it. */
  readonly historyUrl: string;
  /** The tenant the broker client speaks for; notifications carry it on. */
  readonly tenant?: string | undefined;
  readonly secret?: string | undefined;
}

export interface InstallReport {
  /** The @context to name in Link headers: ours by heart, or where a foreign broker hosts it. */
  readonly contextUrl: string;
  readonly steps: readonly InstallStep[];
}

const SUBSCRIPTIONS = '/ngsi-ld/v1/subscriptions';

export async function installPlatform(broker: BrokerPort, options: InstallOptions): Promise<InstallReport> {
  const context = await installContext(broker);
  const wanted = historySubscription(options);
  // It tells in the words of the @context it was made with (5.8.6), which is gone: made anew, it knows the new ones.
  if (context.did === 'updated') await broker.request({ method: 'DELETE', path: subscriptionPath(wanted.id) });
  const subscription = await ensureSubscription(broker, wanted, context.id);
  return { contextUrl: context.id, steps: [context, subscription] };
}

/** The definition of the history subscription (GS CIM 009, 5.2.12). */
export function historySubscription({ historyUrl, tenant, secret }: InstallOptions): SubscriptionDefinition {
  const { id, subscriptionName, description, types, path } = PLATFORM_SUBSCRIPTIONS.historyLive;
  const headers = [
    ...(tenant === undefined || tenant === 'default'
      ? []
      : ['NGSILD-Tenant', 'Fiware-Service'].map((key) => ({ key, value: tenant }))),
    ...(secret === undefined ? [] : [{ key: 'Authorization', value: `Bearer ${secret}` }]),
  ];
  return {
    id,
    type: 'Subscription',
    subscriptionName,
    description,
    entities: types.map((type) => ({ type })),
    notification: {
      format: 'normalized',
      endpoint: {
        uri: historyUrl.replace(/\/+$/, '') + path,
        accept: 'application/json',
        ...(headers.length === 0 ? {} : { receiverInfo: headers }),
        // Our broker lets writes wait rather than that history misses a value; others pass the word over.
        notifierInfo: [{ key: 'deliver', value: 'must' }],
      },
    },
  };
}

/** A subscription as we want it (GS CIM 009, 5.2.12). */
export interface SubscriptionDefinition {
  readonly id: string;
  readonly type: 'Subscription';
  readonly [member: string]: unknown;
}

/** Makes the subscription be as defined: created, updated, or left alone when it already is. */
export async function ensureSubscription(
  broker: BrokerPort,
  definition: SubscriptionDefinition,
  contextUrl: string = CONTEXT_URL,
): Promise<InstallStep> {
  const step = { what: 'subscription', id: definition.id } as const;
  const headers = { Link: contextLink(contextUrl) };
  const path = subscriptionPath(definition.id);
  const present = await broker.request({ method: 'GET', path, headers });
  if (present.status === 404) {
    const answer = await broker.request({ method: 'POST', path: SUBSCRIPTIONS, body: definition, headers });
    if (answer.status !== 201) throw refused(`creating ${definition.id}`, answer);
    return { ...step, did: 'created' };
  }
  if (present.status !== 200) throw refused(`reading ${definition.id}`, present);
  if (covers(present.body, definition) && sameReceiver(present.body, definition)) return { ...step, did: 'untouched' };
  const { id: _id, type: _type, ...fragment } = definition;
  const answer = await broker.request({ method: 'PATCH', path, body: fragment, headers });
  if (answer.status !== 204 && answer.status !== 200) throw refused(`updating ${definition.id}`, answer);
  return { ...step, did: 'updated' };
}

function subscriptionPath(id: string): string {
  return `${SUBSCRIPTIONS}/${encodeURIComponent(id)}`;
}

/** Headers that we no longer want must go too. */
function sameReceiver(actual: unknown, wanted: unknown): boolean {
  return covers(receiverOf(wanted), receiverOf(actual));
}

function receiverOf(subscription: unknown): unknown {
  const notification = isFields(subscription) ? subscription.notification : undefined;
  const endpoint = isFields(notification) ? notification.endpoint : undefined;
  return (isFields(endpoint) ? endpoint.receiverInfo : undefined) ?? [];
}
