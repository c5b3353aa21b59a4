/**
 * What the platform itself keeps in a broker: its @context and the subscription through which history hears of live values.
 * Installing is idempotent: an equal definition is left alone, a changed one is updated, and the answer says which.
 */

import { CONTEXT_MARK, CONTEXT_URL, contextDocument, contextLink } from './context.js';
import type { EntityType } from './entity-types.js';
import { urn } from './urn.js';
import { VocabularyError } from './vocabulary-error.js';

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

/** How the broker is reached; the broker client's `request` fits. Every status is an answer. */
export interface BrokerPort {
  request(request: {
    readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
    readonly path: string;
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  }): Promise<{ readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: unknown }>;
}

export interface InstallOptions {
  /** As the broker reaches it. */
  readonly historyUrl: string;
  /** The tenant the broker client speaks for; notifications carry it on. */
  readonly tenant?: string | undefined;
  readonly secret?: string | undefined;
}

export interface InstallStep {
  readonly what: 'context' | 'subscription';
  readonly id: string;
  readonly did: 'created' | 'updated' | 'untouched';
}

export interface InstallReport {
  /** The @context to name in Link headers: ours by heart, or where a foreign broker hosts it. */
  readonly contextUrl: string;
  readonly steps: readonly InstallStep[];
}

const CONTEXTS = '/ngsi-ld/v1/jsonldContexts';
const SUBSCRIPTIONS = '/ngsi-ld/v1/subscriptions';

export async function installPlatform(broker: BrokerPort, options: InstallOptions): Promise<InstallReport> {
  const context = await installContext(broker);
  const subscription = await ensureSubscription(broker, historySubscription(options), context.id);
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

/**
 * Our own broker has the context built in, under its name. A foreign one hosts it under an address of its own making (5.13.2):
 * it is recognised there by our prefix, and the old one goes when the vocabulary has changed.
 */
async function installContext(broker: BrokerPort): Promise<InstallStep> {
  const document = contextDocument();
  const builtIn = await broker.request({ method: 'GET', path: `${CONTEXTS}/${encodeURIComponent(CONTEXT_URL)}` });
  if (builtIn.status === 200) return { what: 'context', id: CONTEXT_URL, did: 'untouched' };

  const isOurs = ({ body }: Hosted) => covers(body, document) && covers(document, body);
  const hosted = await hostedContexts(broker);
  const equal = hosted.find(isOurs);
  if (equal !== undefined) return { what: 'context', id: equal.url, did: 'untouched' };
  const answer = await broker.request({ method: 'POST', path: CONTEXTS, body: document });
  if (answer.status !== 201) throw refused('hosting the context', answer);
  for (const old of hosted) await broker.request({ method: 'DELETE', path: contextPath(old.url) });
  // Its address is read from the list: a Location may be a path only, and a Link header needs the whole.
  const made = (await hostedContexts(broker)).find(isOurs);
  if (made === undefined) throw refused('finding the context that was just hosted', answer);
  return { what: 'context', id: made.url, did: hosted.length === 0 ? 'created' : 'updated' };
}

interface Hosted {
  readonly url: string;
  readonly body: Fields;
}

async function hostedContexts(broker: BrokerPort): Promise<readonly Hosted[]> {
  const list = await broker.request({ method: 'GET', path: `${CONTEXTS}?kind=Hosted` });
  if (list.status !== 200 || !Array.isArray(list.body)) throw refused('listing the contexts', list);
  const ours: Hosted[] = [];
  for (const url of list.body) {
    if (typeof url !== 'string') continue;
    const { body } = await broker.request({ method: 'GET', path: contextPath(url) });
    if (isFields(body) && isFields(body['@context']) && CONTEXT_MARK in body['@context']) ours.push({ url, body });
  }
  return ours;
}

/** A hosted context is known by its address; brokers also answer to the last part of it (6.30.2). */
function contextPath(url: string): string {
  return `${CONTEXTS}/${encodeURIComponent(url.slice(url.lastIndexOf('/') + 1))}`;
}

/** Makes the subscription be as defined: created, updated, or left alone when it already is. */
export async function ensureSubscription(
  broker: BrokerPort,
  definition: SubscriptionDefinition,
  contextUrl: string = CONTEXT_URL,
): Promise<InstallStep> {
  const step = { what: 'subscription', id: definition.id } as const;
  const headers = { Link: contextLink(contextUrl) };
  const path = `${SUBSCRIPTIONS}/${encodeURIComponent(definition.id)}`;
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

type Fields = Readonly<Record<string, unknown>>;

/** Whether `actual` says all that `wanted` says; it may say more, such as counters. */
function covers(actual: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(actual) &&
      actual.length === wanted.length &&
      wanted.every((one) => actual.some((other) => covers(other, one)))
    );
  }
  if (!isFields(wanted)) return Object.is(actual, wanted);
  return isFields(actual) && Object.entries(wanted).every(([key, value]) => covers(actual[key], value));
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

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refused(what: string, answer: { readonly status: number; readonly body: unknown }): VocabularyError {
  return new VocabularyError('install.refused', `${what}: the broker answered ${answer.status}`, {
    status: answer.status,
    body: answer.body,
  });
}
