/** Registration documents: in from a request (GS CIM 009 V1.9.1, 5.2.9 to 5.2.11, 5.2.34, 5.9.2, 5.9.3). */

import type { Context, ContextSource } from '../context/compile.js';
import { checkValue } from '../entity/values.js';
import { isDateTime, isList, isObject, isUri, type Json, type JsonObject, measure } from '../json.js';
import { badRequest } from '../problem.js';
import { compilePattern } from '../query/pattern.js';
import type { SourceCheck } from './endpoint.js';
import {
  type EntityInfo,
  type Information,
  type Interval,
  type Management,
  MODES,
  type Mode,
  patchRegistration,
  type Registration,
  type RegistrationPatch,
} from './model.js';
import { DEFAULT_OPERATIONS, isOperationName } from './operations.js';
import { parseSourceInfo } from './source-info.js';

export interface RegistrationOptions {
  readonly context: Context;
  readonly resolve: (source: ContextSource) => Context;
  readonly checkSource: SourceCheck;
  readonly atMs: number;
  /** Service path of the request. */
  readonly path: string | undefined;
}

type Draft = Omit<RegistrationPatch, 'modifiedAt' | 'removed'>;
type MemberReader = (json: Json, options: RegistrationOptions) => Draft;

const MAX_INFORMATION = 100;
const MAX_ENTITIES = 1_000;
const MAX_NAMES = 1_000;
/** Made-up properties of a source, and the bytes of each. */
const MAX_PROPERTIES = 50;
const MAX_PROPERTY_BYTES = 16_384;

/** 5.2.9, member by member. */
const MEMBERS: Readonly<Record<string, MemberReader | 'ignored'>> = {
  id: 'ignored',
  type: 'ignored',
  '@context': 'ignored',
  createdAt: 'ignored',
  modifiedAt: 'ignored',
  // Read-only, and echoed by clients that send back what they have read.
  status: 'ignored',
  timesSent: 'ignored',
  timesFailed: 'ignored',
  lastSuccess: 'ignored',
  lastFailure: 'ignored',
  registrationName: (json) => ({ registrationName: text('registrationName', json) }),
  description: (json) => ({ description: text('description', json) }),
  information: (json, { context }) => ({
    information: list('information', json, MAX_INFORMATION).map((item) => parseInformation(item, context)),
  }),
  tenant: (json) => ({ tenant: tenantName(json) }),
  observationInterval: (json) => ({ observationInterval: interval('observationInterval', json) }),
  managementInterval: (json) => ({ managementInterval: interval('managementInterval', json) }),
  location: (json, { context }) => ({ location: geometry('location', json, context) }),
  observationSpace: (json, { context }) => ({ observationSpace: geometry('observationSpace', json, context) }),
  operationSpace: (json, { context }) => ({ operationSpace: geometry('operationSpace', json, context) }),
  expiresAt: (json, { atMs }) => ({ expiresAt: futureTime(json, atMs) }),
  endpoint: (json, { checkSource }) => {
    const endpoint = text('endpoint', json);
    checkSource(endpoint);
    return { endpoint };
  },
  contextSourceInfo: (json, { resolve }) => ({ contextSourceInfo: parseSourceInfo(json, resolve) }),
  contextSourceAlias: (json) => ({ contextSourceAlias: alias(json) }),
  scope: (json) => ({ scope: (isList(json) ? json : [json]).map(scope) }),
  mode: (json) => ({ mode: mode(json) }),
  operations: (json) => ({ operations: list('operations', json, 100).map(operation) }),
  refreshRate: (json) => ({ refreshRate: duration('refreshRate', json) }),
  management: (json) => ({ management: management(json) }),
  datasetId: (json) => ({ datasetId: (isList(json) ? json : [json]).map((item) => uri('datasetId', item)) }),
};

export function parseRegistration(json: Json, id: string, options: RegistrationOptions): Registration {
  if (!isObject(json)) throw badRequest('a registration must be a JSON object');
  if (json.type !== 'ContextSourceRegistration')
    throw badRequest("a registration has the type 'ContextSourceRegistration' (5.2.9)");
  const { information, endpoint, ...draft } = readMembers(json, options, false);
  if (information === undefined) throw badRequest('a registration needs information (5.2.9)');
  if (endpoint === undefined) throw badRequest('a registration needs an endpoint (5.2.9)');
  const { atMs, context, path } = options;
  return checked({
    ...{ mode: 'inclusive', operations: DEFAULT_OPERATIONS },
    ...draft,
    ...{ id, information, endpoint, path, context: context.source, createdAt: atMs, modifiedAt: atMs },
  });
}

export function parseRegistrationPatch(
  json: Json,
  before: Registration,
  options: RegistrationOptions,
): RegistrationPatch {
  if (!isObject(json)) throw badRequest('a registration fragment must be a JSON object');
  if (json.type !== undefined && json.type !== 'ContextSourceRegistration')
    throw badRequest("a registration has the type 'ContextSourceRegistration' (5.2.9)");
  if (json.id !== undefined && json.id !== before.id) throw badRequest('the id of a registration cannot change');
  const patch = { ...readMembers(json, options, true), modifiedAt: options.atMs };
  checked(patchRegistration(before, patch));
  return patch;
}

export function parseRegistrationId(json: Json): string | undefined {
  const id = isObject(json) ? json.id : undefined;
  if (id === undefined) return undefined;
  if (typeof id !== 'string' || !isUri(id)) throw badRequest('the id of a registration must be a URI');
  return id;
}

const NEEDED = new Set(['information', 'endpoint', 'mode', 'operations']);

function readMembers(json: JsonObject, options: RegistrationOptions, isPatch: boolean): RegistrationPatch {
  let draft: Draft = {};
  const removed: string[] = [];
  const properties: [string, Json][] = [];
  for (const member of Object.keys(json)) {
    const reader = Object.hasOwn(MEMBERS, member) ? MEMBERS[member] : undefined;
    if (reader === 'ignored') continue;
    const value = json[member] ?? null;
    if (value === null || value === 'urn:ngsi-ld:null') {
      if (!isPatch || reader === undefined || NEEDED.has(member)) throw badRequest(`'${member}' is null`);
      removed.push(member);
    } else if (reader === undefined) properties.push(property(member, value, options.context));
    else draft = { ...draft, ...reader(value, options) };
  }
  if (properties.length > MAX_PROPERTIES) throw badRequest(`a source has at most ${MAX_PROPERTIES} properties`);
  return {
    ...draft,
    ...(properties.length > 0 && { properties: Object.fromEntries(properties) }),
    ...(removed.length > 0 && { removed }),
  };
}

/** 4.3.6.3: what an exclusive source holds is said entity by entity and attribute by attribute. */
function checked(registration: Registration): Registration {
  if (registration.mode !== 'exclusive') return registration;
  for (const { entities, propertyNames, relationshipNames } of registration.information) {
    if (entities === undefined || entities.some(({ id }) => id === undefined))
      throw badRequest('an exclusive registration names each entity by its id, and has no idPattern (4.3.6.3)');
    if (propertyNames === undefined && relationshipNames === undefined)
      throw badRequest('an exclusive registration names its attributes (4.3.6.3)');
  }
  return registration;
}

function parseInformation(json: Json, context: Context): Information {
  if (!isObject(json)) throw badRequest('information is a list of objects (5.2.10)');
  for (const member of Object.keys(json)) {
    if (!['entities', 'propertyNames', 'relationshipNames'].includes(member))
      throw badRequest(`information has no member '${member}' (5.2.10)`);
  }
  const { entities, propertyNames, relationshipNames } = json;
  if (entities === undefined && propertyNames === undefined && relationshipNames === undefined)
    throw badRequest('information needs entities, propertyNames or relationshipNames (5.2.10)');
  return {
    entities:
      entities === undefined
        ? undefined
        : list('entities', entities, MAX_ENTITIES).map((item) => parseEntityInfo(item, context)),
    propertyNames: propertyNames === undefined ? undefined : names('propertyNames', propertyNames, context),
    relationshipNames:
      relationshipNames === undefined ? undefined : names('relationshipNames', relationshipNames, context),
  };
}

/** 5.2.8. */
function parseEntityInfo(json: Json, context: Context): EntityInfo {
  if (!isObject(json)) throw badRequest('entities is a list of objects (5.2.8)');
  for (const member of Object.keys(json)) {
    if (!['id', 'idPattern', 'type'].includes(member))
      throw badRequest(`an entity of a registration has no member '${member}' (5.2.8)`);
  }
  const { id, idPattern, type } = json;
  if (type === undefined) throw badRequest('an entity of a registration needs a type (5.2.8)');
  if (id !== undefined && idPattern !== undefined) throw badRequest('id and idPattern exclude each other (5.2.8)');
  if (idPattern !== undefined) compilePattern(text('idPattern', idPattern));
  return {
    id: id === undefined ? undefined : uri('id', id),
    idPattern: idPattern === undefined ? undefined : text('idPattern', idPattern),
    types: names('type', isList(type) ? type : [type], context),
  };
}

const MANAGEMENT: Readonly<Record<keyof Management, (json: Json) => Management>> = {
  localOnly: (json) => ({ localOnly: flag('management.localOnly', json) }),
  cacheDuration: (json) => ({ cacheDuration: duration('management.cacheDuration', json) }),
  timeout: (json) => ({ timeout: milliseconds('management.timeout', json) }),
  cooldown: (json) => ({ cooldown: milliseconds('management.cooldown', json) }),
};

/** 5.2.34. */
function management(json: Json): Management {
  if (!isObject(json)) throw badRequest('management must be an object (5.2.34)');
  let read: Management = {};
  for (const member of Object.keys(json)) {
    if (!Object.hasOwn(MANAGEMENT, member)) throw badRequest(`management has no member '${member}' (5.2.34)`);
    read = { ...read, ...MANAGEMENT[member as keyof Management](json[member] ?? null) };
  }
  return read;
}

function text(member: string, json: Json): string {
  if (typeof json !== 'string' || json === '' || json.length > 8_192) throw badRequest(`'${member}' must be a text`);
  return json;
}

function flag(member: string, json: Json): boolean {
  if (typeof json !== 'boolean') throw badRequest(`'${member}' must be true or false`);
  return json;
}

/** 5.2.34 has it as a number of milliseconds from 1; a day is more than anybody waits. */
function milliseconds(member: string, json: Json): number {
  if (typeof json !== 'number' || !Number.isInteger(json) || json < 1 || json > 86_400_000)
    throw badRequest(`'${member}' must be a whole number of milliseconds from 1`);
  return json;
}

/** ISO 8601: P1DT2H and the like. */
const DURATION = /^P(?=[\dT])(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?$/;

function duration(member: string, json: Json): string {
  if (typeof json !== 'string' || json.length > 40 || !DURATION.test(json))
    throw badRequest(`'${member}' must be a duration such as PT1H (ISO 8601)`);
  return json;
}

function uri(member: string, json: Json): string {
  if (typeof json !== 'string' || !isUri(json)) throw badRequest(`'${member}' must be a URI`);
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

function tenantName(json: Json): string {
  if (typeof json !== 'string' || !/^[A-Za-z0-9_.~-]{1,100}$/.test(json))
    throw badRequest("'tenant' must be the name of a tenant");
  return json;
}

/** RFC 9110, 5.6.2: a pseudonym in Via is a token. */
function alias(json: Json): string {
  if (typeof json !== 'string' || !/^[!#$%&'*+.^_`|~0-9A-Za-z:-]{1,200}$/.test(json))
    throw badRequest("'contextSourceAlias' must be a token as in a Via header");
  return json;
}

/** 4.18. */
function scope(json: Json): string {
  const path = text('scope', json);
  if (!/^\/?[\p{L}\p{N}_-]+(?:\/[\p{L}\p{N}_-]+)*$/u.test(path)) throw badRequest('scope must be a path (4.18)');
  return path.startsWith('/') ? path : `/${path}`;
}

function mode(json: Json): Mode {
  const known = MODES.find((name) => name === json);
  if (known === undefined) throw badRequest(`mode is one of ${MODES.join(', ')} (4.3.6)`);
  return known;
}

function operation(json: Json): string {
  if (typeof json !== 'string' || !isOperationName(json))
    throw badRequest(`'${String(json).slice(0, 60)}' is not an operation nor a group of them (4.20)`);
  return json;
}

function geometry(member: string, json: Json, context: Context): Json {
  return checkValue('GeoProperty', member, json, context);
}

function interval(member: string, json: Json): Interval {
  if (!isObject(json) || Object.keys(json).some((key) => key !== 'startAt' && key !== 'endAt'))
    throw badRequest(`'${member}' has startAt and endAt (5.2.11)`);
  const { startAt, endAt } = json;
  if (typeof startAt !== 'string' || !isDateTime(startAt)) throw badRequest(`'${member}' needs startAt (5.2.11)`);
  if (endAt === undefined) return { startAt };
  if (typeof endAt !== 'string' || !isDateTime(endAt) || Date.parse(endAt) < Date.parse(startAt))
    throw badRequest(`'${member}': endAt must be a DateTime not before startAt (5.2.11)`);
  return { startAt, endAt };
}

function futureTime(json: Json, atMs: number): string {
  if (typeof json !== 'string' || !isDateTime(json)) throw badRequest('expiresAt must be a UTC DateTime (4.6.3)');
  if (Date.parse(json) <= atMs) throw badRequest('expiresAt is in the past (5.9.2)');
  return json;
}

/** 5.2.9, last row: any other member is a property of the source. */
function property(member: string, json: Json, context: Context): [string, Json] {
  if (measure(json, 1) > MAX_PROPERTY_BYTES)
    throw badRequest(`'${member.slice(0, 60)}' has more than ${MAX_PROPERTY_BYTES} bytes`);
  return [context.expand(member), json];
}
