/** Subscription documents: in from a request (GS CIM 009 V1.9.1, 5.2.12 to 5.2.15, 5.8.1, 5.8.2), out to a reader. */

import type { Context } from '../context/compile.js';
import type { JsonRecord, Representation } from '../entity/format.js';
import { isDateTime, isList, isObject, isUri, type Json, type JsonObject } from '../json.js';
import { badRequest, notBuilt } from '../problem.js';
import { bindQuery, compileQuery } from '../query/evaluate.js';
import { compilePattern } from '../query/pattern.js';
import { parseQuery } from '../query/q.js';
import { formatTypeSelection, parseTypeSelection, type Selector } from '../query/select.js';
import type { HostCheck } from './endpoint.js';
import {
  type Endpoint,
  KEEP,
  type KeyValue,
  type NotificationParams,
  type NotificationStatus,
  type Subscription,
  type SubscriptionPatch,
} from './model.js';

export interface SubscriptionOptions {
  readonly context: Context;
  readonly checkHost: HostCheck;
  readonly atMs: number;
}

type Draft = Omit<SubscriptionPatch, 'modifiedAt'>;
type MemberReader = (json: Json, options: SubscriptionOptions, before: Subscription | undefined) => Draft;

const MAX_SELECTORS = 100;
const MAX_NAMES = 200;

/** 5.2.12, member by member. What is not built is named, so that a client knows at once and not by silence. */
const MEMBERS: Readonly<Record<string, MemberReader | 'ignored' | 'later'>> = {
  id: 'ignored',
  type: 'ignored',
  '@context': 'ignored',
  status: 'ignored',
  createdAt: 'ignored',
  modifiedAt: 'ignored',
  subscriptionName: (json) => ({ subscriptionName: text('subscriptionName', json) }),
  description: (json) => ({ description: text('description', json) }),
  entities: (json, { context }) => ({
    entities: list('entities', json, MAX_SELECTORS).map((item) => parseSelector(item, context)),
  }),
  watchedAttributes: (json, { context }) => ({ watchedAttributes: names('watchedAttributes', json, context) }),
  q: (json, { context }) => ({ q: parseQ(text('q', json), context) }),
  isActive: (json) => ({ isActive: flag('isActive', json) }),
  expiresAt: (json, { atMs }) => ({ expiresAt: futureTime(json, atMs) }),
  notification: (json, options, before) => ({ notification: parseNotification(json, options, before?.notification) }),
  timeInterval: 'later',
  throttling: 'later',
  geoQ: 'later',
  scopeQ: 'later',
  csf: 'later',
  lang: 'later',
  datasetId: 'later',
  notificationTrigger: 'later',
  jsonldContext: 'later',
  temporalQ: 'later',
  localOnly: 'later',
  expandValues: 'later',
  jsonKeys: 'later',
};

export function parseSubscription(json: Json, id: string, options: SubscriptionOptions): Subscription {
  if (!isObject(json)) throw badRequest('a subscription must be a JSON object');
  if (json.type !== 'Subscription') throw badRequest("a subscription has the type 'Subscription' (5.2.12)");
  const { removed: _, notification, ...draft } = readMembers(json, options, undefined);
  if (draft.entities === undefined && draft.watchedAttributes === undefined) {
    throw badRequest('a subscription needs entities or watchedAttributes (5.2.12)');
  }
  if (notification === undefined) throw badRequest('a subscription needs a notification (5.2.12)');
  const { atMs, context } = options;
  return { isActive: true, ...draft, notification, id, context: context.source, createdAt: atMs, modifiedAt: atMs };
}

export function parseSubscriptionPatch(
  json: Json,
  before: Subscription,
  options: SubscriptionOptions,
): SubscriptionPatch {
  if (!isObject(json)) throw badRequest('a subscription fragment must be a JSON object');
  if (json.type !== undefined && json.type !== 'Subscription')
    throw badRequest("a subscription has the type 'Subscription' (5.2.12)");
  if (json.id !== undefined && json.id !== before.id) throw badRequest('the id of a subscription cannot change');
  return { ...readMembers(json, options, before), modifiedAt: options.atMs };
}

export function parseSubscriptionId(json: Json): string | undefined {
  const id = isObject(json) ? json.id : undefined;
  if (id === undefined) return undefined;
  if (typeof id !== 'string' || !isUri(id)) throw badRequest('the id of a subscription must be a URI');
  return id;
}

const NEEDED = new Set(['notification', 'isActive']);

function readMembers(json: JsonObject, options: SubscriptionOptions, before: Subscription | undefined): Draft {
  let draft: Draft = {};
  const removed: string[] = [];
  for (const member of Object.keys(json)) {
    const reader = Object.hasOwn(MEMBERS, member) ? MEMBERS[member] : undefined;
    if (reader === undefined) throw badRequest(`a subscription has no member '${member}' (5.2.12)`);
    if (reader === 'later') throw notBuilt(`'${member}' in a subscription`);
    if (reader === 'ignored') continue;
    const value = json[member] ?? null;
    const isRemoval = value === null || value === 'urn:ngsi-ld:null';
    if (isRemoval && (before === undefined || NEEDED.has(member))) throw badRequest(`'${member}' is null`);
    if (isRemoval) removed.push(member);
    else draft = { ...draft, ...reader(value, options, before) };
  }
  return removed.length === 0 ? draft : { ...draft, removed };
}

/** 5.2.8 and 4.17: type is needed, id may be one or several. */
export function parseSelector(json: Json, context: Context): Selector {
  if (!isObject(json)) throw badRequest('an entity selector must be an object with a type');
  for (const member of Object.keys(json)) {
    if (!['id', 'idPattern', 'type'].includes(member))
      throw badRequest(`an entity selector has no member '${member}' (5.2.8)`);
  }
  const { id, idPattern, type } = json;
  if (id === undefined && idPattern === undefined && type === undefined)
    throw badRequest('an entity selector needs a type, an id or an idPattern');
  return {
    types: type === undefined ? undefined : parseTypeSelection(text('type', type), context),
    ids: id === undefined ? undefined : (isList(id) ? id : [id]).map(uri),
    // 5.2.8: id takes precedence over idPattern.
    idPattern: idPattern === undefined || id !== undefined ? undefined : checkedPattern(text('idPattern', idPattern)),
  };
}

function checkedPattern(pattern: string): string {
  compilePattern(pattern);
  return pattern;
}

function parseQ(q: string, context: Context): Subscription['q'] {
  const query = bindQuery(parseQuery(q), context);
  compileQuery(query);
  return { text: q, query };
}

const NOTIFICATION_LATER = new Set(['showChanges', 'pick', 'omit', 'join', 'joinLevel']);
/** Read-only members of 5.2.14.2 that a client may echo. */
const NOTIFICATION_STATUS = new Set([
  'status',
  'timesSent',
  'timesFailed',
  'lastNotification',
  'lastSuccess',
  'lastFailure',
]);

/**
 * 5.8.2: a fragment replaces what it names. A notification that says where to send it is whole and replaces the old one,
 * headers included; one that does not only changes the members it has.
 */
function parseNotification(
  json: Json,
  options: SubscriptionOptions,
  old: NotificationParams | undefined,
): NotificationParams {
  if (!isObject(json)) throw badRequest('notification must be an object');
  for (const member of Object.keys(json)) {
    if (NOTIFICATION_LATER.has(member)) throw notBuilt(`'notification.${member}'`);
    if (!NOTIFICATION_STATUS.has(member) && !['attributes', 'format', 'sysAttrs', 'endpoint'].includes(member)) {
      throw badRequest(`notification has no member '${member}' (5.2.14)`);
    }
  }
  const { attributes, format, sysAttrs, endpoint } = json;
  const before = isObject(endpoint) && endpoint.uri !== undefined ? undefined : old;
  if (endpoint === undefined && before === undefined) throw badRequest('notification needs an endpoint (5.2.14)');
  return {
    attributes:
      attributes === undefined ? before?.attributes : names('notification.attributes', attributes, options.context),
    format: format === undefined ? (before?.format ?? 'normalized') : parseFormat(format),
    sysAttrs: sysAttrs === undefined ? (before?.sysAttrs ?? false) : flag('notification.sysAttrs', sysAttrs),
    endpoint: parseEndpoint(endpoint ?? {}, options.checkHost, before?.endpoint),
  };
}

const FORMATS: Readonly<Record<string, Representation>> = {
  normalized: 'normalized',
  concise: 'concise',
  simplified: 'simplified',
  keyValues: 'simplified',
};

function parseFormat(json: Json): Representation {
  const format = typeof json === 'string' && Object.hasOwn(FORMATS, json) ? FORMATS[json] : undefined;
  if (format === undefined) throw badRequest('notification.format is normalized, concise, simplified or keyValues');
  return format;
}

function parseEndpoint(json: Json, checkHost: HostCheck, before: Endpoint | undefined): Endpoint {
  if (!isObject(json)) throw badRequest('notification.endpoint must be an object');
  const {
    uri: address = before?.uri ?? null,
    accept = before?.accept ?? 'application/json',
    receiverInfo,
    notifierInfo,
  } = json;
  for (const member of Object.keys(json)) {
    if (member === 'timeout' || member === 'cooldown') throw notBuilt(`'endpoint.${member}'`);
    if (!['uri', 'accept', 'receiverInfo', 'notifierInfo'].includes(member))
      throw badRequest(`endpoint has no member '${member}' (5.2.15)`);
  }
  if (typeof address !== 'string') throw badRequest('endpoint.uri must be a URL');
  checkHost(address);
  if (accept === 'application/geo+json') throw notBuilt('notifications as application/geo+json');
  if (accept !== 'application/json' && accept !== 'application/ld+json')
    throw badRequest('endpoint.accept is application/json or application/ld+json');
  return {
    uri: address,
    accept,
    receiverInfo:
      receiverInfo === undefined ? before?.receiverInfo : parsePairs('receiverInfo', receiverInfo).map(checkedHeader),
    notifierInfo:
      notifierInfo === undefined ? before?.notifierInfo : parsePairs('notifierInfo', notifierInfo).map(checkedWish),
  };
}

function parsePairs(member: string, json: Json): readonly KeyValue[] {
  return list(member, json, 50).map((item) => {
    if (!isObject(item) || typeof item.key !== 'string' || typeof item.value !== 'string')
      throw badRequest(`${member} is a list of {key, value} texts (5.2.22)`);
    return { key: item.key, value: item.value };
  });
}

/** RFC 9110, 5.1 and 5.5; those that frame the message are ours. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
const HEADER_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]{0,4096}$/;
const OUR_HEADERS = new Set([
  'host',
  'content-length',
  'content-type',
  'transfer-encoding',
  'connection',
  'upgrade',
  'te',
  'trailer',
  'expect',
]);

function checkedHeader({ key, value }: KeyValue): KeyValue {
  if (!HEADER_NAME.test(key) || !HEADER_VALUE.test(value))
    throw badRequest(`receiverInfo: '${key.slice(0, 60)}' cannot be an HTTP header`);
  if (OUR_HEADERS.has(key.toLowerCase())) throw badRequest(`receiverInfo: the header '${key}' belongs to the broker`);
  return { key, value };
}

function checkedWish({ key, value }: KeyValue): KeyValue {
  if (key === KEEP && value !== 'all' && value !== 'latest') throw badRequest(`notifierInfo: ${KEEP} is all or latest`);
  return { key, value };
}

function text(member: string, json: Json): string {
  if (typeof json !== 'string' || json === '' || json.length > 8_192) throw badRequest(`'${member}' must be a text`);
  return json;
}

function flag(member: string, json: Json): boolean {
  if (typeof json !== 'boolean') throw badRequest(`'${member}' must be true or false`);
  return json;
}

function uri(json: Json): string {
  if (typeof json !== 'string' || !isUri(json)) throw badRequest('an entity id must be a URI');
  return json;
}

function list(member: string, json: Json, most: number): readonly Json[] {
  if (!isList(json) || json.length === 0) throw badRequest(`'${member}' must be an array with something in it`);
  if (json.length > most) throw badRequest(`'${member}' has more than ${most} items`);
  return json;
}

function names(member: string, json: Json, context: Context): readonly string[] {
  return list(member, json, MAX_NAMES).map((name) => context.expand(text(member, name)));
}

function futureTime(json: Json, atMs: number): string {
  if (typeof json !== 'string' || !isDateTime(json)) throw badRequest('expiresAt must be a UTC DateTime (4.6.3)');
  if (Date.parse(json) <= atMs) throw badRequest('expiresAt is in the past (5.8.1)');
  return json;
}

/** What a reader gets: names compacted, status beside (5.2.12, 5.2.14.2). */
export function formatSubscription(
  subscription: Subscription,
  status: NotificationStatus,
  options: { readonly context: Context; readonly nowMs: number; readonly sysAttrs: boolean },
): JsonRecord {
  const { context, nowMs, sysAttrs } = options;
  const { id, subscriptionName, description, entities, watchedAttributes, q, isActive, expiresAt, notification } =
    subscription;
  const isExpired = expiresAt !== undefined && Date.parse(expiresAt) <= nowMs;
  const { attributes, format, endpoint } = notification;
  return {
    id,
    type: 'Subscription',
    subscriptionName,
    description,
    entities: entities?.map((selector) => formatSelector(selector, context)),
    watchedAttributes: watchedAttributes?.map((name) => context.compact(name)),
    q: q?.text,
    isActive: isActive && !isExpired,
    expiresAt,
    status: isExpired ? 'expired' : isActive ? 'active' : 'paused',
    notification: {
      attributes: attributes?.map((name) => context.compact(name)),
      format,
      ...(notification.sysAttrs && { sysAttrs: true }),
      endpoint,
      ...formatStatus(status),
    },
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

function formatStatus({
  timesSent,
  timesFailed,
  lastNotification,
  lastSuccess,
  lastFailure,
}: NotificationStatus): JsonRecord {
  const moment = (atMs: number | undefined): string | undefined =>
    atMs === undefined ? undefined : new Date(atMs).toISOString();
  const isFailing = lastFailure !== undefined && lastFailure > (lastSuccess ?? 0);
  return {
    status: isFailing ? 'failed' : 'ok',
    timesSent,
    timesFailed,
    lastNotification: moment(lastNotification),
    lastSuccess: moment(lastSuccess),
    lastFailure: moment(lastFailure),
  };
}
