/**
 * Request payload → checked, expanded input. Normalized and concise representations are read alike: a missing type is
 * inferred from the member that carries the value (GS CIM 009 V1.9.1, 4.5.1 to 4.5.4 and 4.5.17).
 */

import type { Context } from '../context/compile.js';
import { isDateTime, isList, isObject, isUri, type Json, type JsonObject, MAX_DEPTH, measure } from '../json.js';
import { badRequest, notBuilt, type Problem } from '../problem.js';
import {
  type Attribute,
  type AttributeKind,
  type EntityInput,
  KINDS,
  MAX_ATTRIBUTES,
  NGSI_NULL,
  NO_PARTS,
  SAME,
} from './model.js';
import { checkValue, inferKind, isRemoval, refuseNulls } from './values.js';

export interface ParseOptions {
  readonly context: Context;
  readonly atMs: number;
  /**
   * Where urn:ngsi-ld:null may stand (5.2.1, 5.5.4): creations have nothing to remove, updates remove attributes and
   * their members, and a merge also what is inside a value.
   */
  readonly nulls: 'nowhere' | 'members' | 'values';
  /** Merge and partial update may leave out the value (5.5.8, 5.5.12). */
  readonly isValueOptional?: boolean;
  /** What an attribute is now, for fragments that do not say what they are. */
  readonly kindOf?: KindOf;
  /** The language of a bare text that goes into a LanguageProperty (6.5.3.4). */
  readonly lang?: string | undefined;
}

export type KindOf = (name: string, datasetId: string | undefined) => AttributeKind | undefined;

/** Members of an attribute that are not sub-attributes, and what happens to each. */
const ATTRIBUTE_MEMBERS: ReadonlyMap<string, 'read' | 'value' | 'ignored' | 'later' | 'refused'> = new Map([
  ['type', 'read'],
  ['@type', 'read'],
  ['value', 'value'],
  ['object', 'value'],
  ['languageMap', 'value'],
  ['vocab', 'value'],
  ['json', 'value'],
  ['valueList', 'value'],
  ['objectList', 'value'],
  ['observedAt', 'read'],
  ['unitCode', 'read'],
  ['datasetId', 'read'],
  // System generated (4.8): accepted from clients that echo what they read, and ignored.
  ['createdAt', 'ignored'],
  ['modifiedAt', 'ignored'],
  ['deletedAt', 'ignored'],
  ['instanceId', 'ignored'],
  ['objectType', 'later'],
  ['valueType', 'later'],
  ['expiresAt', 'later'],
  ['ngsildproof', 'later'],
  // 4.5.2.2, 4.5.3.2: these stand in answers and notifications only.
  ['previousValue', 'refused'],
  ['previousObject', 'refused'],
  ['previousLanguageMap', 'refused'],
  ['previousVocab', 'refused'],
  ['previousJson', 'refused'],
  ['previousValueList', 'refused'],
  ['previousObjectList', 'refused'],
  ['entity', 'refused'],
  ['entityList', 'refused'],
  ['entityIdSealed', 'refused'],
  ['entityTypeSealed', 'refused'],
]);

/** 4.5.3.2, 4.5.18, 4.5.20, 4.5.24: what has no number has no unit. */
const UNITLESS: ReadonlySet<AttributeKind> = new Set([
  'Relationship',
  'LanguageProperty',
  'VocabProperty',
  'JsonProperty',
]);

/** Members of an entity that are not attributes (4.5.1). */
export const ENTITY_MEMBERS: ReadonlySet<string> = new Set([
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
  if (isWhole && types.length === 0) throw badRequest(`entity ${id} has no type; add "type" (5.2.4)`);
  const attributes: Attribute[] = [];
  const keys = Object.keys(json);
  // Too many are refused before any of them is read.
  if (keys.length > MAX_ATTRIBUTES + ENTITY_MEMBERS.size) throw tooMany(id);
  for (const key of keys) {
    if (ENTITY_MEMBERS.has(key)) continue;
    if (key === 'expiresAt') throw notBuilt('a transient entity (expiresAt, 4.22)');
    parseInstances(key, json[key] ?? null, options, attributes, 1);
  }
  return finished(id, types, parseScope(json.scope, options.nulls !== 'nowhere'), attributes);
}

export function finished(
  id: string,
  types: readonly string[],
  scope: readonly string[] | undefined,
  attributes: readonly Attribute[],
): EntityInput {
  if (attributes.length > MAX_ATTRIBUTES) throw tooMany(id);
  checkInstances(attributes);
  return { id, types, scope, attributes };
}

function tooMany(id: string): Problem {
  return badRequest(`entity ${id} has more than ${MAX_ATTRIBUTES} attributes`);
}

export function parseId(json: JsonObject): string {
  const id = json.id ?? json['@id'];
  if (typeof id !== 'string') throw badRequest('an entity needs an id; add "id", a URI (5.2.4)');
  if (!isUri(id) || id === NGSI_NULL) throw badRequest(`the entity id '${id.slice(0, 100)}' is not a URI`);
  return id;
}

export function parseTypes(json: Json | undefined, context: Context): readonly string[] {
  if (json === undefined) return [];
  const names = isList(json) ? json : [json];
  if (names.length === 0) throw badRequest('type is an empty array');
  const types = names.map((name) => {
    if (typeof name !== 'string' || name === '' || name === NGSI_NULL)
      throw badRequest('type must be a name or an array of names');
    return context.expand(name);
  });
  return types.length === 1 ? types : [...new Set(types)];
}

/** 4.18: a scope is `/a/b`, levels begin with a letter; an entity has one or an array of them. */
const SCOPE = /^\/?\p{L}[\p{L}\p{N}_]*(?:\/\p{L}[\p{L}\p{N}_]*)*$/u;

/** No scope at all, as opposed to none said: what urn:ngsi-ld:null asks for (4.18). */
const NO_SCOPE: readonly string[] = [];

export function parseScope(json: Json | undefined, isNullAllowed: boolean): readonly string[] | undefined {
  if (json === undefined) return undefined;
  if (json === NGSI_NULL && isNullAllowed) return NO_SCOPE;
  const scopes = (isList(json) ? json : [json]).map((scope) => {
    if (typeof scope !== 'string' || !SCOPE.test(scope))
      throw badRequest('scope must be a path such as /Bucharest/North: levels of letters, digits and _ (4.18)');
    return scope.startsWith('/') ? scope : `/${scope}`;
  });
  if (scopes.length === 0) throw badRequest('scope is an empty array');
  return [...new Set(scopes)];
}

/** One attribute, or the array of its instances told apart by datasetId (4.5.5). */
function parseInstances(key: string, json: Json, options: ParseOptions, into: Attribute[], depth: number): void {
  const name = options.context.expand(key);
  if (isList(json) && json.length > 0 && json.every((item) => isInstance(item, options))) {
    for (const instance of json) into.push(parseAttribute(key, name, instance, options, depth));
  } else {
    into.push(parseAttribute(key, name, json, options, depth));
  }
}

/** An array of attribute objects is a multi-attribute; any other array is the value of a concise Property. */
function isInstance(json: Json, { isValueOptional }: ParseOptions): boolean {
  if (!isObject(json)) return false;
  const { kind } = inferKind(json);
  return kind !== 'unknown' && (kind !== 'unsaid' || (isValueOptional === true && json.datasetId !== undefined));
}

export function parseAttribute(key: string, name: string, json: Json, options: ParseOptions, depth = 1): Attribute {
  if (depth > MAX_DEPTH) throw badRequest(`JSON is nested deeper than ${MAX_DEPTH} levels`);
  if (json === null) throw badRequest(`attribute '${key}' is null; ${NGSI_NULL} removes an attribute`);
  if (!isObject(json)) return bare(key, name, json, options, depth);
  const inferred = inferKind(json);
  switch (inferred.kind) {
    case 'geometry':
      return assemble(key, name, 'GeoProperty', json, {}, options, depth);
    case 'unknown':
      throw badRequest(`attribute '${key}': its type must be one of ${Object.keys(KINDS).join(', ')} (4.5.2)`);
    case 'unsaid':
      if (options.isValueOptional) return assemble(key, name, SAME, '', json, options, depth);
      throw badRequest(`attribute '${key}' has neither a type nor a value; write {"value": …} (4.5.2)`);
  }
  const { member } = KINDS[inferred.kind];
  const value = json[member];
  if (value === undefined) {
    const now = options.kindOf?.(name, datasetOf(json));
    if (!options.isValueOptional || (now !== undefined && now !== inferred.kind))
      throw badRequest(`attribute '${key}' is a ${inferred.kind} without '${member}'`);
    return assemble(key, name, SAME, '', json, options, depth);
  }
  return assemble(key, name, kindFor(inferred, name, json, options), value, json, options, depth);
}

/** A fragment that names no type is of the kind that is there already, when it brings the member of that kind. */
function kindFor(
  { kind, isExplicit }: { readonly kind: AttributeKind; readonly isExplicit: boolean },
  name: string,
  json: JsonObject,
  { kindOf }: ParseOptions,
): AttributeKind {
  if (isExplicit || kindOf === undefined) return kind;
  const now = kindOf(name, datasetOf(json));
  return now !== undefined && KINDS[now].member === KINDS[kind].member ? now : kind;
}

function datasetOf({ datasetId }: JsonObject): string | undefined {
  return typeof datasetId === 'string' && datasetId !== '@none' ? datasetId : undefined;
}

/** 4.5.2.3: `"speed": 55` is a Property. With a language, a text goes into the LanguageProperty that is there. */
function bare(key: string, name: string, value: Json, options: ParseOptions, depth: number): Attribute {
  const { lang } = options;
  if (lang === undefined || value === NGSI_NULL || options.kindOf?.(name, undefined) !== 'LanguageProperty')
    return assemble(key, name, 'Property', value, {}, options, depth);
  return assemble(key, name, 'LanguageProperty', { [lang]: value }, {}, options, depth);
}

/** One attribute of a known kind. `members` is the object it came in: what is beside the value. */
export function assemble(
  key: string,
  name: string,
  kind: AttributeKind | typeof SAME,
  value: Json,
  members: JsonObject,
  options: ParseOptions,
  depth: number,
): Attribute {
  const { atMs } = options;
  // Measured first, which bounds its depth: the checks walk it too.
  let size = 160 + measure(value, depth);
  const checked = kind === SAME ? value : readValue(kind, key, value, options);
  let observedAt: string | undefined;
  let unitCode: string | undefined;
  let datasetId: string | undefined;
  let parts: Attribute[] | undefined;
  for (const member of Object.keys(members)) {
    switch (ATTRIBUTE_MEMBERS.get(member)) {
      case undefined:
        parts ??= [];
        parseInstances(member, members[member] ?? null, inner(options), parts, depth + 1);
        break;
      case 'value':
        if (kind === SAME || member !== KINDS[kind].member)
          throw badRequest(`attribute '${key}': a ${kind === SAME ? 'fragment of its type' : kind} has no '${member}'`);
        break;
      case 'later':
        throw notBuilt(`'${member}' in attribute '${key}'`);
      case 'refused':
        throw badRequest(`attribute '${key}': '${member}' stands in answers only (4.5.2.2)`);
      case 'read':
        if (member === 'observedAt') observedAt = dateTime(key, members.observedAt, options);
        else if (member === 'unitCode')
          unitCode = unit(
            key,
            members.unitCode,
            kind === SAME ? options.kindOf?.(name, datasetOf(members)) : kind,
            options,
          );
        else if (member === 'datasetId') datasetId = dataset(key, members.datasetId);
    }
  }
  if (parts !== undefined) {
    checkInstances(parts);
    for (const part of parts) size += part.size;
  }
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

/**
 * For sub-attributes: what is known of the attributes of the entity says nothing of them, and outside of a merge they are
 * replaced as wholes, so that they need a value (5.5.8).
 */
function inner(options: ParseOptions): ParseOptions {
  if (!options.isValueOptional && options.kindOf === undefined) return options;
  const { context, atMs, nulls } = options;
  return { context, atMs, nulls, isValueOptional: nulls === 'values' };
}

function readValue(kind: AttributeKind, key: string, value: Json, { context, nulls }: ParseOptions): Json {
  if (nulls !== 'nowhere' && isRemoval(kind, value)) return NGSI_NULL;
  refuseNulls(key, value, nulls === 'values');
  return checkValue(kind, key, value, context);
}

/** The attributes of one message share their moment: checked once, and kept in memory once. */
let lastMoment = '';

function dateTime(key: string, json: Json | undefined, options: ParseOptions): string {
  if (json === lastMoment && json !== '') return lastMoment;
  if (typeof json === 'string' && isDateTime(json)) {
    lastMoment = json;
    return json;
  }
  if (json === NGSI_NULL && options.nulls !== 'nowhere') return json;
  throw badRequest(`observedAt of '${key}' must be a UTC DateTime such as 2026-11-20T07:00:10.000Z (4.6.3)`);
}

function unit(key: string, json: Json | undefined, kind: AttributeKind | undefined, { nulls }: ParseOptions): string {
  if (kind !== undefined && UNITLESS.has(kind)) throw badRequest(`attribute '${key}': a ${kind} has no unitCode`);
  if (json === NGSI_NULL ? nulls !== 'nowhere' : typeof json === 'string' && json !== '' && json.length <= 256)
    return String(json);
  throw badRequest(`unitCode of '${key}' must be a text, a UN/CEFACT code such as KWH`);
}

/** 4.5.5.1: `@none` is the default instance. A datasetId tells which instance is meant, so there is no removing it. */
function dataset(key: string, json: Json | undefined): string | undefined {
  if (json === '@none') return undefined;
  if (typeof json === 'string' && isUri(json) && json !== NGSI_NULL) return json;
  throw badRequest(`datasetId of '${key}' must be a URI`);
}

/** 4.5.5: at most one default instance, and one instance per datasetId. */
function checkInstances(attributes: readonly Attribute[]): void {
  const seen = new Set<string>();
  for (const { name, datasetId } of attributes) {
    const instance = datasetId === undefined ? name : `${name} ${datasetId}`;
    if (seen.has(instance))
      throw badRequest(
        `attribute ${name} is there twice${datasetId === undefined ? '' : ` with datasetId ${datasetId}`}; a datasetId tells instances apart (4.5.5)`,
      );
    seen.add(instance);
  }
}
