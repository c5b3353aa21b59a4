/** NotificationParams and Endpoint (GS CIM 009 V1.9.1, 5.2.14, 5.2.15, 5.2.22): in from a request. */

import type { Context } from '../context/compile.js';
import type { Representation } from '../entity/format.js';
import { isObject, type Json, type JsonObject } from '../json.js';
import { badRequest, notBuilt } from '../problem.js';
import { type HostCheck, unmaskedUri } from './endpoint.js';
import { ACCEPTS, type Endpoint, type KeyValue, type Members, type NotificationParams } from './model.js';
import { flag, list, MAX_NAMES, names, numberWithin, oneOf, text, texts } from './read.js';
import { unmasked } from './secrets.js';
import { WISHES } from './wishes.js';

export interface NotificationOptions {
  readonly context: Context;
  readonly checkHost: HostCheck;
}

const NGSI_NULL = 'urn:ngsi-ld:null';
const FORMATS: Readonly<Record<string, Representation>> = {
  normalized: 'normalized',
  concise: 'concise',
  simplified: 'simplified',
  keyValues: 'simplified',
};

type Reader = (json: Json, options: NotificationOptions) => Omit<Partial<NotificationParams>, 'endpoint'>;

/** 5.2.14.1 member by member; what 5.2.14.2 adds is for reading, and may be echoed. */
const MEMBERS: Readonly<Record<string, Reader | 'ignored' | 'later'>> = {
  attributes: (json, { context }) => ({ attributes: attributeNames(json, context) }),
  pick: (json, { context }) => ({ pick: entityMembers('notification.pick', json, context) }),
  omit: (json, { context }) => ({ omit: entityMembers('notification.omit', json, context) }),
  format: (json) => ({ format: format(json) }),
  sysAttrs: (json) => ({ sysAttrs: flag('notification.sysAttrs', json) }),
  showChanges: (json) => ({ showChanges: flag('notification.showChanges', json) }),
  endpoint: 'ignored',
  join: 'later',
  joinLevel: 'later',
  status: 'ignored',
  timesSent: 'ignored',
  timesFailed: 'ignored',
  lastNotification: 'ignored',
  lastSuccess: 'ignored',
  lastFailure: 'ignored',
};

/** What a member is when it was not given or has been removed; the others are absent then. */
const DEFAULTS: { readonly format: Representation; readonly sysAttrs: boolean; readonly [member: string]: unknown } = {
  format: 'normalized',
  sysAttrs: false,
};

/**
 * 5.8.2: a fragment replaces what it names. A notification that says where to send it is whole and replaces the old one,
 * headers included; one that does not only changes the members it has.
 */
export function parseNotification(
  json: Json,
  options: NotificationOptions,
  old: NotificationParams | undefined,
): NotificationParams {
  if (!isObject(json)) throw badRequest("'notification' must be an object");
  if (json.endpoint === null) throw badRequest("'notification.endpoint' is null");
  const isWhole = isObject(json.endpoint) && json.endpoint.uri !== undefined;
  const before = isWhole ? undefined : old;
  if (json.endpoint === undefined && before === undefined)
    throw badRequest("'notification' needs an endpoint (5.2.14.1)");
  const params: NotificationParams = {
    ...(before ?? DEFAULTS),
    ...readMembers(json, options, old !== undefined),
    endpoint: parseEndpoint(json.endpoint ?? {}, options.checkHost, before?.endpoint, old?.endpoint),
  };
  checkWhole(params);
  return params;
}

function readMembers(json: JsonObject, options: NotificationOptions, isPatch: boolean): Partial<NotificationParams> {
  let read: Partial<NotificationParams> = {};
  for (const member of Object.keys(json)) {
    const reader = Object.hasOwn(MEMBERS, member) ? MEMBERS[member] : undefined;
    if (reader === undefined) throw badRequest(`'notification' has no member '${member}' (5.2.14.1)`);
    if (reader === 'later') throw notBuilt(`'notification.${member}'`);
    if (reader === 'ignored') continue;
    const value = json[member] ?? null;
    if (isNull(value) && !isPatch) throw badRequest(`'notification.${member}' is null`);
    if (isNull(value)) read = { ...read, [member]: DEFAULTS[member] };
    else read = { ...read, ...reader(value, options) };
  }
  return read;
}

function checkWhole({ attributes, pick, omit, showChanges, format: representation }: NotificationParams): void {
  if (showChanges && representation === 'simplified')
    throw badRequest("'notification.showChanges' needs the format normalized or concise (5.2.14.1)");
  if (attributes !== undefined && (pick !== undefined || omit !== undefined))
    throw badRequest("'notification.attributes' excludes pick and omit (5.2.14.1)");
  const both = [...(pick?.members ?? []), ...(pick?.attributes ?? [])].find(
    (name) => omit?.members.includes(name) || omit?.attributes.includes(name),
  );
  if (both !== undefined) throw badRequest(`'notification' has '${both}' in pick and in omit (4.21)`);
}

function attributeNames(json: Json, context: Context): readonly string[] {
  for (const name of texts('notification.attributes', json)) {
    if (ENTITY_MEMBERS.has(name) && name !== 'createdAt' && name !== 'modifiedAt')
      throw badRequest(`'notification.attributes' cannot name '${name}'; pick can (5.2.14.1)`);
  }
  return names('notification.attributes', json, context);
}

/** Members of an entity that are no attributes. */
const ENTITY_MEMBERS = new Set(['id', 'type', 'scope', 'createdAt', 'modifiedAt']);

/** 4.21: each item is a name, or several with `,` or `|`. */
function entityMembers(member: string, json: Json, context: Context): Members {
  const items = texts(member, json).flatMap((item) => item.split(/[,|]/).map((name) => name.trim()));
  if (items.length > MAX_NAMES) throw badRequest(`'${member}' has more than ${MAX_NAMES} names`);
  if (items.some((name) => name.includes('{'))) throw notBuilt(`'${member}' of linked entities`);
  return {
    members: items.filter((name) => ENTITY_MEMBERS.has(name)),
    attributes: items.filter((name) => !ENTITY_MEMBERS.has(name)).map((name) => context.expand(name)),
  };
}

function format(json: Json): Representation {
  const known = typeof json === 'string' && Object.hasOwn(FORMATS, json) ? FORMATS[json] : undefined;
  if (known === undefined) throw badRequest(`'notification.format' is one of ${Object.keys(FORMATS).join(', ')}`);
  return known;
}

const MAX_PAIRS = 50;
const MAX_WISH = 4_096;
/** Milliseconds; a day is more than anybody waits for one answer. */
const MAX_PATIENCE_MS = 86_400_000;

type EndpointReader = (json: Json, uri: string, old: Endpoint | undefined) => Partial<Endpoint>;

/** 5.2.15 member by member. */
const ENDPOINT_MEMBERS: Readonly<Record<string, EndpointReader>> = {
  accept: (json) => ({ accept: oneOf('endpoint.accept', json, ACCEPTS) }),
  receiverInfo: (json, uri, old) => ({
    receiverInfo: pairs('receiverInfo', json).map((pair) => unmasked(checkedHeader(pair), uri, old)),
  }),
  notifierInfo: (json) => ({ notifierInfo: pairs('notifierInfo', json).map(checkedWish) }),
  timeout: (json) => ({ timeout: numberWithin('endpoint.timeout', json, 1, MAX_PATIENCE_MS) }),
  cooldown: (json) => ({ cooldown: numberWithin('endpoint.cooldown', json, 1, MAX_PATIENCE_MS) }),
};

/** `before` gives what the fragment leaves out; `old` is what a mask may stand for. */
function parseEndpoint(
  json: Json,
  checkHost: HostCheck,
  before: Endpoint | undefined,
  old: Endpoint | undefined,
): Endpoint {
  if (!isObject(json)) throw badRequest("'notification.endpoint' must be an object");
  const given = json.uri ?? before?.uri;
  if (typeof given !== 'string') throw badRequest("'endpoint.uri' must be a URL");
  const uri = unmaskedUri(given, old?.uri);
  checkHost(uri);
  let endpoint: Endpoint = { accept: 'application/json', ...before, uri };
  for (const member of Object.keys(json)) {
    if (member === 'uri') continue;
    const reader = Object.hasOwn(ENDPOINT_MEMBERS, member) ? ENDPOINT_MEMBERS[member] : undefined;
    if (reader === undefined) throw badRequest(`'endpoint' has no member '${member}' (5.2.15)`);
    const value = json[member] ?? null;
    if (isNull(value) && old === undefined) throw badRequest(`'endpoint.${member}' is null`);
    if (isNull(value)) endpoint = { ...endpoint, [member]: member === 'accept' ? 'application/json' : undefined };
    else endpoint = { ...endpoint, ...reader(value, uri, old) };
  }
  return endpoint;
}

function pairs(member: string, json: Json): readonly KeyValue[] {
  return list(member, json, MAX_PAIRS).map((item) => {
    if (!isObject(item) || typeof item.key !== 'string' || typeof item.value !== 'string')
      throw badRequest(`'${member}' is a list of {key, value} texts (5.2.22)`);
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
  const known = Object.hasOwn(WISHES, key) ? WISHES[key] : undefined;
  if (known !== undefined && !known.includes(value)) throw badRequest(`notifierInfo: ${key} is ${known.join(' or ')}`);
  if (value.length > MAX_WISH) throw badRequest(`notifierInfo: a value has at most ${MAX_WISH} characters`);
  return { key: text('notifierInfo', key), value };
}

/** 5.5.8: null cannot stand in JSON-LD, so a URI stands for it. Clients send either. */
function isNull(value: Json): boolean {
  return value === null || value === NGSI_NULL;
}
