/** Subscriptions (GS CIM 009 V1.9.1, 5.8.1 to 5.8.5, 6.10, 6.11). */

import { toHex } from '@contor/kit';
import { Problem } from '../problem.js';
import { noSubscription } from '../store/memory.js';
import { formatSubscription } from '../subscription/describe.js';
import type { Subscription } from '../subscription/model.js';
import {
  parseSubscription,
  parseSubscriptionId,
  parseSubscriptionPatch,
  type SubscriptionOptions,
} from '../subscription/parse.js';
import { type Answer, type Call, created, jsonAnswer, locationOf, NO_CONTENT, param } from './call.js';
import { answerForm, answerHeaders, readBody, requestContext, withContext } from './content.js';
import { pageLinks, readOption, readPage } from './parameters.js';
import { submit } from './writing.js';

/** Each is matched against every change of its types, so there is an end to them. */
const MAX_SUBSCRIPTIONS = 10_000;

export async function createSubscription(call: Call): Promise<Answer> {
  const { json, contextOf } = readBody(call);
  const { broker, tenant } = call;
  const id = parseSubscriptionId(json) ?? `urn:ngsi-ld:Subscription:${toHex(broker.random.bytes(12))}`;
  const atMs = broker.clock.nowMs();
  const subscription = parseSubscription(json, id, optionsOf(call, contextOf(json), atMs));
  const there = broker.store.memory.tenants.get(tenant)?.subscriptions;
  if (there?.has(id)) throw new Problem('alreadyExists', `subscription ${id} already exists`);
  if ((there?.size ?? 0) >= MAX_SUBSCRIPTIONS)
    throw new Problem('unavailable', `the tenant has ${MAX_SUBSCRIPTIONS} subscriptions`);
  await submit(call, { kind: 'subscribe', tenant, atMs, subscription });
  return created(locationOf('subscriptions', id));
}

export function retrieveSubscription(call: Call): Answer {
  const form = answerForm(call);
  const context = requestContext(call);
  return jsonAnswer(200, withContext(form, formatted(call, existing(call)), context), answerHeaders(form, context));
}

export function listSubscriptions(call: Call): Answer {
  const form = answerForm(call);
  const context = requestContext(call);
  const page = readPage(call);
  const { offset, limit, isCounted } = page;
  const all = [...(call.broker.store.memory.tenants.get(call.tenant)?.subscriptions.values() ?? [])];
  const shown = all
    .slice(offset, offset + limit)
    .map((subscription) => withContext(form, formatted(call, subscription), context));
  const headers = answerHeaders(form, context, pageLinks(call, page, all.length > offset + limit));
  if (isCounted) headers['NGSILD-Results-Count'] = String(all.length);
  return jsonAnswer(200, shown, headers);
}

export async function updateSubscription(call: Call): Promise<Answer> {
  const { json, contextOf } = readBody(call);
  const { broker, tenant } = call;
  const before = existing(call);
  const atMs = broker.clock.nowMs();
  const patch = parseSubscriptionPatch(json, before, optionsOf(call, contextOf(json), atMs));
  await submit(call, { kind: 'resubscribe', tenant, atMs, id: before.id, patch });
  return NO_CONTENT;
}

export async function deleteSubscription(call: Call): Promise<Answer> {
  const { id } = existing(call);
  await submit(call, { kind: 'unsubscribe', tenant: call.tenant, atMs: call.broker.clock.nowMs(), id });
  return NO_CONTENT;
}

function existing(call: Call): Subscription {
  const id = param(call, 'subscriptionId');
  const subscription = call.broker.store.memory.tenants.get(call.tenant)?.subscriptions.get(id);
  if (subscription === undefined) throw noSubscription(id);
  return subscription;
}

function formatted(call: Call, subscription: Subscription): object {
  const { broker, tenant } = call;
  const sysAttrs = readOption(call, ['sysAttrs']) !== undefined;
  const options = {
    ...{ context: requestContext(call), nowMs: broker.clock.nowMs(), sysAttrs },
    hasSecrets: broker.isGuarded,
  };
  return formatSubscription(subscription, broker.office.statusOf(tenant, subscription.id), options);
}

function optionsOf({ broker }: Call, context: SubscriptionOptions['context'], atMs: number): SubscriptionOptions {
  return { context, checkHost: broker.checkHost, resolve: (source) => broker.contexts.resolve(source), atMs };
}
