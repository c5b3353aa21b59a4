/** Subscription documents (GS CIM 009 V1.9.1, 5.2.12, 5.2.33, 5.8.1, 5.8.2): in from a request. */

import type { Context, ContextSource } from '../context/compile.js';
import { parseLanguages } from '../entity/language.js';
import { isDateTime, isList, isObject, isUri, type Json, type JsonObject } from '../json.js';
import { badRequest, notBuilt } from '../problem.js';
import { bindQuery, compileQuery } from '../query/evaluate.js';
import { parseGeoQuery } from '../query/geo-query.js';
import { compilePattern } from '../query/pattern.js';
import { parseQuery } from '../query/q.js';
import { parseScopeQuery } from '../query/scope-query.js';
import { parseTypeSelection, type Selector } from '../query/select.js';
import { patchSubscription, type Subscription, type SubscriptionPatch, TRIGGERS } from './model.js';
import { type NotificationOptions, parseNotification } from './parse-notification.js';
import { flag, list, names, numberWithin, oneOf, text, uri } from './read.js';

export interface SubscriptionOptions extends NotificationOptions {
  /** Throws the Problem that says why an @context cannot be used. */
  readonly resolve: (source: ContextSource) => Context;
  readonly atMs: number;
}

type Draft = Omit<SubscriptionPatch, 'modifiedAt'>;
type MemberReader = (json: Json, options: SubscriptionOptions, before: Subscription | undefined) => Draft;

const MAX_SELECTORS = 100;
const MAX_DATASETS = 100;
/** Each is a place in the index of those who watch. */
const MAX_IDS = 10_000;
/** Characters of a geoquery as it was given: as many as its positions can need. */
const MAX_GEO_TEXT = 200_000;
/** Seconds. Who wants to know oftener wants changes; who waits longer than ten years wants nothing. */
const MIN_INTERVAL = 0.1;
const MAX_INTERVAL = 315_360_000;
/** Seconds; throttling may be as short as it likes. */
const MIN_THROTTLING = 0.001;

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
  notificationTrigger: (json) => ({
    notificationTrigger: list('notificationTrigger', json, TRIGGERS.length).map((trigger) =>
      oneOf('notificationTrigger', trigger, TRIGGERS),
    ),
  }),
  timeInterval: (json) => ({ timeInterval: numberWithin('timeInterval', json, MIN_INTERVAL, MAX_INTERVAL) }),
  throttling: (json) => ({ throttling: numberWithin('throttling', json, MIN_THROTTLING, MAX_INTERVAL) }),
  q: (json, { context }) => ({ q: parseQ(text('q', json), context) }),
  geoQ: (json, { context }) => ({ geoQ: parseGeoQ(json, context) }),
  scopeQ: (json) => ({ scopeQ: { text: text('scopeQ', json), query: parseScopeQuery(text('scopeQ', json)) } }),
  datasetId: (json) => ({ datasetId: datasets(json) }),
  lang: (json) => ({ lang: languages(json) }),
  localOnly: (json) => ({ localOnly: flag('localOnly', json) }),
  isActive: (json) => ({ isActive: flag('isActive', json) }),
  expiresAt: (json, { atMs }) => ({ expiresAt: futureTime(json, atMs) }),
  jsonldContext: (json, { resolve }) => ({ jsonldContext: contextUrl(json, resolve) }),
  notification: (json, options, before) => ({ notification: parseNotification(json, options, before?.notification) }),
  csf: 'later',
  temporalQ: 'later',
  expandValues: 'later',
  jsonKeys: 'later',
  splitEntities: 'later',
  ngsildConformance: 'later',
};

export function parseSubscription(json: Json, id: string, options: SubscriptionOptions): Subscription {
  if (!isObject(json)) throw badRequest('a subscription must be a JSON object');
  if (json.type !== 'Subscription') throw badRequest("a subscription has the type 'Subscription' (5.2.12)");
  const { removed: _, notification, ...draft } = readMembers(json, options, undefined);
  if (notification === undefined) throw badRequest('a subscription needs a notification (5.2.12)');
  const { atMs, context } = options;
  const made: Subscription = {
    ...{ isActive: true, ...draft, notification, id },
    ...{ context: context.source, createdAt: atMs, modifiedAt: atMs },
  };
  checkWhole(made);
  return made;
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
  const patch: SubscriptionPatch = { ...readMembers(json, options, before), modifiedAt: options.atMs };
  checkWhole(patchSubscription(before, patch));
  return patch;
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

/** Which members exclude each other, and which need another (5.2.12). */
function checkWhole(subscription: Subscription): void {
  const { entities, watchedAttributes, timeInterval, localOnly } = subscription;
  if (entities === undefined && watchedAttributes === undefined && localOnly !== true)
    throw badRequest('a subscription needs entities or watchedAttributes (5.2.12)');
  if (timeInterval === undefined) return;
  for (const member of ['watchedAttributes', 'throttling', 'notificationTrigger'] as const) {
    if (subscription[member] !== undefined) throw badRequest(`'timeInterval' excludes '${member}' (5.2.12)`);
  }
  if (entities === undefined && localOnly !== true) throw badRequest("'timeInterval' needs entities (5.2.12)");
}

/** 5.2.33: type is needed by the standard, id or idPattern is enough for us. */
export function parseSelector(json: Json, context: Context): Selector {
  if (!isObject(json)) throw badRequest('an entity selector must be an object with a type');
  for (const member of Object.keys(json)) {
    if (!['id', 'idPattern', 'type'].includes(member))
      throw badRequest(`an entity selector has no member '${member}' (5.2.33)`);
  }
  const { id, idPattern, type } = json;
  if (id === undefined && idPattern === undefined && type === undefined)
    throw badRequest('an entity selector needs a type, an id or an idPattern');
  return {
    types: type === undefined ? undefined : parseTypeSelection(text('type', type), context),
    ids: id === undefined ? undefined : list('id', isList(id) ? id : [id], MAX_IDS).map((one) => uri('id', one)),
    // 5.2.33: id takes precedence over idPattern.
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

const GEO_MEMBERS = new Set(['georel', 'geometry', 'coordinates', 'geoproperty']);

/** 5.2.13. */
function parseGeoQ(json: Json, context: Context): Subscription['geoQ'] {
  if (!isObject(json)) throw badRequest("'geoQ' must be an object");
  for (const member of Object.keys(json))
    if (!GEO_MEMBERS.has(member)) throw badRequest(`'geoQ' has no member '${member}' (5.2.13)`);
  if (JSON.stringify(json).length > MAX_GEO_TEXT) throw badRequest("'geoQ' is too long");
  return { given: json, query: parseGeoQuery(json, context) };
}

function datasets(json: Json): readonly string[] {
  return list('datasetId', json, MAX_DATASETS).map((item) => (item === '@none' ? item : uri('datasetId', item)));
}

/** Checked, and kept as it was given. */
function languages(json: Json): string {
  const lang = text('lang', json);
  parseLanguages(lang);
  return lang;
}

/** 5.8.1, 5.8.2: 504 when it is not available, 400 when it is no @context at all. */
function contextUrl(json: Json, resolve: SubscriptionOptions['resolve']): string {
  const url = uri('jsonldContext', json);
  resolve(url);
  return url;
}

function futureTime(json: Json, atMs: number): string {
  if (typeof json !== 'string' || !isDateTime(json)) throw badRequest("'expiresAt' must be a UTC DateTime (4.6.3)");
  if (Date.parse(json) <= atMs) throw badRequest("'expiresAt' is in the past (5.8.1)");
  return json;
}
