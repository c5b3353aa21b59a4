/** A subscription as the broker holds it: names expanded, plain data, so that it can stand in a record (5.2.12 to 5.2.15). */

import type { ContextSource } from '../context/compile.js';
import type { EntityChange } from '../entity/change.js';
import type { Representation } from '../entity/format.js';
import type { Entity } from '../entity/model.js';
import type { JsonObject } from '../json.js';
import type { GeoQuery } from '../query/geo-query.js';
import type { Query } from '../query/q.js';
import type { ScopeQuery } from '../query/scope-query.js';
import type { Selector } from '../query/select.js';

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

export const ACCEPTS = ['application/json', 'application/ld+json', 'application/geo+json'] as const;

/** 5.2.15. */
export interface Endpoint {
  readonly uri: string;
  readonly accept: (typeof ACCEPTS)[number];
  readonly receiverInfo?: readonly KeyValue[] | undefined;
  readonly notifierInfo?: readonly KeyValue[] | undefined;
  /** Milliseconds an answer may take. */
  readonly timeout?: number | undefined;
  /** Milliseconds between a failure and the next attempt, at least. */
  readonly cooldown?: number | undefined;
}

/** The key of notifierInfo that says which states are told: `all` (the default) or `latest`. */
export const KEEP = 'keep';

/** 4.21: what `pick` and `omit` name. Attribute names are expanded; members are id, type, scope and the system times. */
export interface Members {
  readonly members: readonly string[];
  readonly attributes: readonly string[];
}

/** 5.2.14.1. */
export interface NotificationParams {
  readonly attributes?: readonly string[] | undefined;
  readonly pick?: Members | undefined;
  readonly omit?: Members | undefined;
  readonly format: Representation;
  readonly sysAttrs: boolean;
  readonly showChanges?: boolean | undefined;
  readonly endpoint: Endpoint;
}

export const TRIGGERS = [
  'entityCreated',
  'entityUpdated',
  'entityDeleted',
  'attributeCreated',
  'attributeUpdated',
  'attributeDeleted',
] as const;

export type Trigger = (typeof TRIGGERS)[number];

/** 5.2.12. Members that have a default are absent when they were not given, so that records of earlier builds still load. */
export interface Subscription {
  readonly id: string;
  readonly subscriptionName?: string | undefined;
  readonly description?: string | undefined;
  readonly entities?: readonly Selector[] | undefined;
  readonly watchedAttributes?: readonly string[] | undefined;
  readonly notificationTrigger?: readonly Trigger[] | undefined;
  /** Seconds; with it the subscription is periodic, and changes do not matter. */
  readonly timeInterval?: number | undefined;
  /** Seconds between two notifications, at least. */
  readonly throttling?: number | undefined;
  /** As given, and as a tree with expanded names: what a condition means does not change with an @context. */
  readonly q?: { readonly text: string; readonly query: Query } | undefined;
  readonly geoQ?: { readonly given: JsonObject; readonly query: GeoQuery } | undefined;
  readonly scopeQ?: { readonly text: string; readonly query: ScopeQuery } | undefined;
  /** Instances to be told, `@none` for the default one (4.5.5). */
  readonly datasetId?: readonly string[] | undefined;
  /** A language filter (4.15), as given. */
  readonly lang?: string | undefined;
  readonly localOnly?: boolean | undefined;
  readonly isActive: boolean;
  readonly expiresAt?: string | undefined;
  readonly notification: NotificationParams;
  /** The @context notifications are compacted with, when it is not that of the request. */
  readonly jsonldContext?: string | undefined;
  /** The @context of the request that made the subscription. */
  readonly context: ContextSource;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

/** What a PATCH names; `null` members are removed. */
export type SubscriptionPatch = Partial<Omit<Subscription, 'id' | 'createdAt' | 'context'>> & {
  readonly removed?: readonly string[];
};

/** 5.2.14.2: how notifying went so far. Moments in milliseconds. */
export interface NotificationStatus {
  readonly timesSent: number;
  readonly timesFailed: number;
  readonly lastNotification?: number | undefined;
  readonly lastSuccess?: number | undefined;
  readonly lastFailure?: number | undefined;
}

export const NEVER_SENT: NotificationStatus = { timesSent: 0, timesFailed: 0 };

export function patchSubscription(before: Subscription, { removed, ...patch }: SubscriptionPatch): Subscription {
  const after = { ...before, ...patch };
  if (removed === undefined) return after;
  return { ...after, ...Object.fromEntries(removed.map((member) => [member, undefined])) };
}

export function expiresAtMs({ expiresAt }: Subscription): number {
  return expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresAt);
}

/** Who hears of every change of the state, in log order: on the first run and on every replay alike. */
export interface Observer {
  entityChanged(change: EntityChange): void;
  /** New, or changed. */
  subscribed(tenant: string, subscription: Subscription): void;
  unsubscribed(tenant: string, id: string): void;
}

/** `sampled`: nothing happened, but it was time to say how things are (timeInterval). */
export type Reason = 'created' | 'updated' | 'deleted' | 'sampled';

/** One change as a subscriber hears of it. */
export interface Telling {
  /** Where in the log it happened. */
  readonly position: number;
  readonly atMs: number;
  readonly reason: Reason;
  /** The state after the change; of a deletion what is left to say: id, types and `deletedAt` (5.8.6). */
  readonly entity: Entity;
  /** The state before it, kept only for a subscription that shows changes (5.2.14). */
  readonly previous?: Entity | undefined;
}

/** What a subscription still has to tell: part of the state, and therefore of the snapshot. */
export interface BoxState {
  readonly tenant: string;
  readonly subscription: Subscription;
  readonly status: NotificationStatus;
  readonly cursor: number;
  readonly pending: readonly Telling[];
}

/** The subscriptions' side of the store: it observes commands, gives its state to snapshots and takes it back. */
export interface Boxes extends Observer {
  capture(): readonly BoxState[];
  restore(state: BoxState): void;
  /** Everything that was durable has been applied: now is the time to send. */
  settled(): void;
}
