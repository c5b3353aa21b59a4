/** A subscription as a reader gets it: names compacted, status beside (GS CIM 009 V1.9.1, 5.2.12, 5.2.14.2, 5.8.3). */

import type { Context } from '../context/compile.js';
import type { JsonRecord } from '../entity/format.js';
import { formatTypeSelection, type Selector } from '../query/select.js';
import { shownUri } from './endpoint.js';
import {
  expiresAtMs,
  type Members,
  type NotificationParams,
  type NotificationStatus,
  type Subscription,
} from './model.js';
import { masked } from './secrets.js';

export interface DescribeOptions {
  readonly context: Context;
  readonly nowMs: number;
  readonly sysAttrs: boolean;
  /** Headers that let somebody in are shown as they are, and not masked. */
  readonly hasSecrets: boolean;
}

export function formatSubscription(
  subscription: Subscription,
  status: NotificationStatus,
  { context, nowMs, sysAttrs, hasSecrets }: DescribeOptions,
): JsonRecord {
  const { id, subscriptionName, description, entities, watchedAttributes, notificationTrigger } = subscription;
  const { timeInterval, throttling, q, geoQ, scopeQ, datasetId, lang, localOnly, expiresAt, jsonldContext } =
    subscription;
  const isExpired = expiresAtMs(subscription) <= nowMs;
  const isActive = subscription.isActive && !isExpired;
  return {
    ...{ id, type: 'Subscription', subscriptionName, description },
    entities: entities?.map((selector) => formatSelector(selector, context)),
    watchedAttributes: watchedAttributes?.map((name) => context.compact(name)),
    ...{ notificationTrigger, timeInterval, throttling },
    ...{ q: q?.text, geoQ: geoQ?.given, scopeQ: scopeQ?.text },
    ...{ datasetId, lang, localOnly, isActive, expiresAt, jsonldContext },
    status: isExpired ? 'expired' : isActive ? 'active' : 'paused',
    notification: { ...formatParams(subscription.notification, context, hasSecrets), ...formatStatus(status) },
    ...(sysAttrs && {
      createdAt: new Date(subscription.createdAt).toISOString(),
      modifiedAt: new Date(subscription.modifiedAt).toISOString(),
    }),
  };
}

function formatSelector({ ids, idPattern, types }: Selector, context: Context): JsonRecord {
  return {
    id: ids?.length === 1 ? ids[0] : ids,
    idPattern,
    type: types === undefined ? '*' : formatTypeSelection(types, context),
  };
}

function formatParams(params: NotificationParams, context: Context, hasSecrets: boolean): JsonRecord {
  const { attributes, pick, omit, format, sysAttrs, showChanges, endpoint } = params;
  return {
    attributes: attributes?.map((name) => context.compact(name)),
    pick: pick && formatMembers(pick, context),
    omit: omit && formatMembers(omit, context),
    format,
    ...(sysAttrs && { sysAttrs }),
    showChanges,
    endpoint: {
      ...endpoint,
      // In a URL a password is what proxies and histories keep: it is not shown to anybody.
      uri: shownUri(endpoint.uri),
      receiverInfo: hasSecrets ? endpoint.receiverInfo : endpoint.receiverInfo?.map(masked),
    },
  };
}

function formatMembers({ members, attributes }: Members, context: Context): readonly string[] {
  return [...members, ...attributes.map((name) => context.compact(name))];
}

function formatStatus(status: NotificationStatus): JsonRecord {
  const { timesSent, timesFailed, lastNotification, lastSuccess, lastFailure } = status;
  const isFailing = lastFailure !== undefined && lastFailure > (lastSuccess ?? 0);
  return {
    ...{ status: isFailing ? 'failed' : 'ok', timesSent, timesFailed },
    lastNotification: moment(lastNotification),
    lastSuccess: moment(lastSuccess),
    lastFailure: moment(lastFailure),
  };
}

function moment(atMs: number | undefined): string | undefined {
  return atMs === undefined ? undefined : new Date(atMs).toISOString();
}
