/**
 * Request payload → checked, expanded input. Normalized and concise representations are read alike: a missing type is
 * inferred from the member that carries the value (GS CIM 009 V1.9.1, 4.5.1 to 4.5.4 and 4.5.17).
 */

import type { Context } from '../context/compile.js';
import { isDateTime, isList, isObject, isUri, type Json, type JsonObject, MAX_DEPTH, measure } from '../json.js';
import { badRequest, notBuilt } from '../problem.js';
import { type Attribute, type AttributeKind, type EntityInput, KINDS, NGSI_NULL, NO_PARTS, SAME } from './model.js';
import { checkValue, inferKind } from './values.js';

export interface ParseOptions {
  readonly context: Context;
  readonly atMs: number;
  /** Updates may say urn:ngsi-ld:null; creations may not. */
  readonly isNullAllowed: boolean;
  /** Merge and partial update may leave out the value (5.5.12, 5.6.4). */
  readonly isValueOptional?: boolean;
}

/** Attributes of one entity, sub-attributes not counted: a bound for the loops that compare attribute lists. */
const MAX_ATTRIBUTES = 5_000;

/** Members of an attribute that are not sub-attributes, and what happens to each. */
const ATTRIBUTE_MEMBERS: ReadonlyMap<string, 'read' | 'ignored' | 'later'> = new Map([
  ['type', 'read'],
  ['value', 'read'],
  ['object', 'read'],
  ['languageMap', 'read'],
  ['vocab', 'read'],
  ['json', 'read'],
  ['observedAt', 'read'],
  ['unitCode', 'read'],
  ['datasetId', 'read'],
  // System generated (4.8): accepted from clients that echo what they read, and ignored.
  ['createdAt', 'ignored'],
  ['modifiedAt', 'ignored'],
  ['deletedAt', 'ignored'],
  ['instanceId', 'ignored'],
  ['valueList', 'later'],
  ['objectList', 'later'],
  ['objectType', 'later'],
  ['valueType', 'later'],
  ['expiresAt', 'later'],
]);

/** Members of an entity that are not attributes. */
const ENTITY_MEMBERS = new Set([
  'id',
  'type',
  'scope',
  '@id',
  '@type',
  '@context',
  'createdAt',
  'modifiedAt',
  'deletedAt',
]);

/** A whole entity: id and type are there (5.6.1). */
export function parseEntity(json: Json, options: ParseOptions): EntityInput {
  if (!isObject(json)) throw badRequest('an entity must be a JSON object');
  return parseFragment(json, parseId(json), options, true);
}

/** Part of an entity whose id stands in the URL; a type is optional (5.6.2, 5.6.3, 5.6.17). */
export function parseFragment(json: JsonObject, id: string, options: ParseOptions, isWhole = false): EntityInput {
  const types = parseTypes(json.type ?? json['@type'], options.context);
  if (isWhole && types.length === 0) throw badRequest(`entity ${id} has no type`);
  const attributes: Attribute[] = [];
  for (const key of Object.keys(json)) {
    if (ENTITY_MEMBERS.has(key)) continue;
    if (key === 'expiresAt') throw notBuilt('a transient entity (expiresAt, 4.22)');
    parseInstances(key, json[key] ?? null, options, attributes, 1);
  }
  if (attributes.length > MAX_ATTRIBUTES) throw badRequest(`entity ${id} has more than ${MAX_ATTRIBUTES} attributes`);
  checkInstances(attributes);
  return { id, types, scope: parseScope(json.scope), attributes };
}

export function parseId(json: JsonObject): string {
  const id = json.id ?? json['@id'];
  if (typeof id !== 'string') throw badRequest('an entity needs an id');
  if (!isUri(id)) throw badRequest(`the entity id '${id.slice(0, 100)}' is not a URI`);
  return id;
}

export function parseTypes(json: Json | undefined, context: Context): readonly string[] {
  if (json === undefined) return [];
  const names = isList(json) ? json : [json];
  if (names.length === 0) throw badRequest('type is an empty array');
  const types = names.map((name) => {
    if (typeof name !== 'string' || name === '') throw badRequest('type must be a name or an array of names');
    return context.expand(name);
  });
  return types.length === 1 ? types : [...new Set(types)];
}

/** 4.18: a scope is `/a/b`, levels are names; an entity has one or an array of them. */
const SCOPE = /^\/?[\p{L}\p{N}_-]+(?:\/[\p{L}\p{N}_-]+)*$/u;

function parseScope(json: Json | undefined): readonly string[] | undefined {
  if (json === undefined) return undefined;
  return (isList(json) ? json : [json]).map((scope) => {
    if (typeof scope !== 'string' || !SCOPE.test(scope))
      throw badRequest('scope must be a path such as /Bucharest/North (4.18)');
    return scope.startsWith('/') ? scope : `/${scope}`;
  });
}

/** One attribute, or the array of its instances told apart by datasetId (4.5.5). */
function parseInstances(key: string, json: Json, options: ParseOptions, into: Attribute[], depth: number): void {
  const name = options.context.expand(key);
  if (isList(json) && json.length > 0 && json.every(isInstance)) {
    for (const instance of json) into.push(parseAttribute(key, name, instance, options, depth));
  } else {
    into.push(parseAttribute(key, name, json, options, depth));
  }
}

/** An array of attribute objects is a multi-attribute; any other array is the value of a concise Property. */
function isInstance(json: Json): boolean {
  return isObject(json) && inferKind(json) !== undefined;
}

export function parseAttribute(key: string, name: string, json: Json, options: ParseOptions, depth = 1): Attribute {
  if (json === null) throw badRequest(`attribute '${key}' is null; urn:ngsi-ld:null removes an attribute`);
  if (!isObject(json)) return conciseAttribute(key, name, json, options, depth);
  const kind = inferKind(json);
  if (kind === 'geometry') return assemble(key, name, 'GeoProperty', json, {}, options, depth);
  const value = kind === undefined ? undefined : json[KINDS[kind].member];
  if (value === undefined && options.isValueOptional && isKindOpen(json))
    return assemble(key, name, SAME, '', json, options, depth);
  if (kind === undefined) throw badRequest(`attribute '${key}' has neither a known type nor a value (4.5.2)`);
  if (value === undefined) throw badRequest(`attribute '${key}' is a ${kind} without '${KINDS[kind].member}'`);
  return assemble(key, name, kind, value, json, options, depth);
}

/** A fragment without a value: its type, when it names one, is a kind we know. */
function isKindOpen(json: JsonObject): boolean {
  return json.type === undefined || (typeof json.type === 'string' && Object.hasOwn(KINDS, json.type));
}

/** 4.5.2.3: `"speed": 55` is a Property. */
function conciseAttribute(key: string, name: string, value: Json, options: ParseOptions, depth: number): Attribute {
  return assemble(key, name, 'Property', value, {}, options, depth);
}

function assemble(
  key: string,
  name: string,
  kind: AttributeKind | typeof SAME,
  value: Json,
  members: JsonObject,
  options: ParseOptions,
  depth: number,
): Attribute {
  if (depth > MAX_DEPTH) throw badRequest(`JSON is nested deeper than ${MAX_DEPTH} levels`);
  const isNull = value === NGSI_NULL;
  if (isNull && !options.isNullAllowed)
    throw badRequest(`attribute '${key}': urn:ngsi-ld:null is only for updates (4.5.0)`);
  const checked = isNull || kind === SAME ? value : checkValue(kind, key, value, options.context);
  let size = 160 + measure(checked, depth);
  let observedAt: string | undefined;
  let unitCode: string | undefined;
  let datasetId: string | undefined;
  let parts: Attribute[] | undefined;
  for (const member of Object.keys(members)) {
    const handling = ATTRIBUTE_MEMBERS.get(member);
    if (handling === 'later') throw notBuilt(`'${member}' in attribute '${key}'`);
    if (handling === undefined) {
      parts ??= [];
      parseInstances(member, members[member] ?? null, options, parts, depth + 1);
    } else if (member === 'observedAt') observedAt = dateTime(key, members.observedAt, options);
    else if (member === 'unitCode') unitCode = text(key, members.unitCode);
    else if (member === 'datasetId') datasetId = dataset(key, members.datasetId);
  }
  if (parts !== undefined) for (const part of parts) size += part.size;
  const { atMs } = options;
  return {
    name,
    kind,
    value: checked,
    observedAt,
    unitCode,
    datasetId,
    parts: parts ?? NO_PARTS,
    createdAt: atMs,
    modifiedAt: atMs,
    size,
  };
}

/** The attributes of one message share their moment: checked once, and kept in memory once. */
let lastMoment = '';

function dateTime(key: string, json: Json | undefined, options: ParseOptions): string {
  if (json === lastMoment && json !== '') return lastMoment;
  if (typeof json === 'string' && isDateTime(json)) {
    lastMoment = json;
    return json;
  }
  if (json === NGSI_NULL && options.isNullAllowed) return json;
  throw badRequest(`observedAt of '${key}' must be a UTC DateTime such as 2026-11-20T07:00:10.000Z (4.6.3)`);
}

function text(key: string, json: Json | undefined): string {
  if (typeof json === 'string' && json !== '' && json.length <= 256) return json;
  throw badRequest(`unitCode of '${key}' must be a text`);
}

function dataset(key: string, json: Json | undefined): string | undefined {
  if (json === '@none') return undefined;
  if (typeof json === 'string' && isUri(json)) return json;
  throw badRequest(`datasetId of '${key}' must be a URI`);
}

/** 4.5.5: at most one default instance, and one instance per datasetId. */
function checkInstances(attributes: readonly Attribute[]): void {
  const seen = new Set<string>();
  for (const { name, datasetId } of attributes) {
    const instance = datasetId === undefined ? name : `${name} ${datasetId}`;
    if (seen.has(instance))
      throw badRequest(
        `attribute ${name} is there twice${datasetId === undefined ? '' : ` with datasetId ${datasetId}`}`,
      );
    seen.add(instance);
  }
}
