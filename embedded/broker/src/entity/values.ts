/** What may stand in the value member of each attribute kind (GS CIM 009 V1.9.1, 4.5.2, 4.5.3, 4.5.18, 4.5.20, 4.5.24, 4.7.1). */

import type { Context } from '../context/compile.js';
import { isList, isObject, isUri, type Json, type JsonObject } from '../json.js';
import { badRequest, notBuilt } from '../problem.js';
import { geometryFault, isGeometryType } from './geometry.js';
import { type AttributeKind, KINDS, NGSI_NULL } from './model.js';

/** 4.5.4: without a type, the member that is there tells the kind. */
const INFERRED = [
  { member: 'value', kind: 'Property' },
  { member: 'object', kind: 'Relationship' },
  { member: 'languageMap', kind: 'LanguageProperty' },
  { member: 'vocab', kind: 'VocabProperty' },
  { member: 'json', kind: 'JsonProperty' },
] as const;

const LATER = new Set(['ListProperty', 'ListRelationship']);

/** What kind an attribute object says it is; `geometry` when the object itself is a GeoJSON value. */
export type Inferred =
  | { readonly kind: AttributeKind; readonly isExplicit: boolean }
  | { readonly kind: 'geometry' | 'unknown' | 'unsaid'; readonly isExplicit: false };

/** Made once: an entity asks for each of its attributes. */
const EXPLICIT: ReadonlyMap<string, Inferred> = new Map(
  (Object.keys(KINDS) as AttributeKind[]).map((kind) => [kind, { kind, isExplicit: true }]),
);
const UNSAID: Inferred = { kind: 'unsaid', isExplicit: false };
const UNKNOWN: Inferred = { kind: 'unknown', isExplicit: false };

export function inferKind(json: JsonObject): Inferred {
  const type = json.type ?? json['@type'];
  if (typeof type === 'string') {
    if (LATER.has(type)) throw notBuilt(`a ${type}`);
    return EXPLICIT.get(type) ?? (isGeometryType(type) ? { kind: 'geometry', isExplicit: false } : UNKNOWN);
  }
  if (type !== undefined) return UNKNOWN;
  const row = INFERRED.find(({ member }) => json[member] !== undefined);
  if (row === undefined) return UNSAID;
  const isGeometry = row.kind === 'Property' && isObject(json.value) && geometryFault(json.value) === undefined;
  return { kind: isGeometry ? 'GeoProperty' : row.kind, isExplicit: false };
}

/**
 * 4.5.0, 5.2.1, 5.5.4: urn:ngsi-ld:null removes what it stands for, and nothing keeps it. In a merge it may also stand for
 * a member of a value; in an array it would replace nothing and stay.
 */
export function refuseNulls(key: string, value: Json, isMerge: boolean): void {
  if (value === NGSI_NULL)
    throw badRequest(`attribute '${key}': ${NGSI_NULL} cannot stand here; it removes members in updates (4.5.0)`);
  if (typeof value !== 'object' || value === null) return;
  if (isList(value)) {
    for (const item of value) refuseNulls(key, item, false);
    return;
  }
  for (const member of Object.values(value)) if (!(isMerge && member === NGSI_NULL)) refuseNulls(key, member, isMerge);
}

/** 4.5.18: a LanguageProperty says "remove" in a map of its own. */
export function isRemoval(kind: AttributeKind, value: Json): boolean {
  if (value === NGSI_NULL) return true;
  if (kind !== 'LanguageProperty' || !isObject(value)) return false;
  return value['@none'] === NGSI_NULL && Object.keys(value).length === 1;
}

/** Checks a value and expands it where its kind says so. Returns what is to be stored. */
export function checkValue(kind: AttributeKind, key: string, value: Json, context: Context): Json {
  return CHECKS[kind](key, value, context);
}

/** A language tag (RFC 5646, 2.1) or @none. */
const LANGUAGE = /^(?:@none|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,8})$/;

export function isLanguage(tag: string): boolean {
  return LANGUAGE.test(tag);
}

const CHECKS: Record<AttributeKind, (key: string, value: Json, context: Context) => Json> = {
  Property: (key, value) => {
    if (value === null) throw badRequest(`the value of '${key}' is null`);
    return value;
  },
  JsonProperty: (key, value) => {
    if (isObject(value) || (isList(value) && value.every(isObject))) return value;
    throw badRequest(`the json of '${key}' must be an object or an array of objects (4.5.24)`);
  },
  Relationship: (key, value) => {
    const isFine = isList(value) ? value.length > 0 && value.every(isReference) : isReference(value);
    if (!isFine) throw badRequest(`the object of '${key}' must be a URI or an array of URIs (4.5.3)`);
    return value;
  },
  GeoProperty: (key, value) => {
    const fault = isObject(value) ? geometryFault(value) : 'it is no object';
    if (fault !== undefined) throw badRequest(`the value of '${key}' is not a GeoJSON geometry: ${fault} (4.7.1)`);
    return value;
  },
  LanguageProperty: (key, value) => {
    if (!isObject(value) || !Object.entries(value).every(([tag, text]) => isLanguage(tag) && isLanguageText(text)))
      throw badRequest(`the languageMap of '${key}' must map language tags to texts, as {"en": "…"} (4.5.18)`);
    return value;
  },
  VocabProperty: (key, value, context) => {
    const terms = isList(value) ? value : [value];
    if (terms.length === 0) throw badRequest(`the vocab of '${key}' is an empty array`);
    const expanded = terms.map((term) => {
      if (typeof term !== 'string') throw badRequest(`the vocab of '${key}' must be a term or an array of terms`);
      return context.expand(term);
    });
    return isList(value) ? expanded : (expanded[0] ?? null);
  },
};

function isReference(value: Json): boolean {
  return typeof value === 'string' && isUri(value);
}

function isLanguageText(value: Json): boolean {
  return typeof value === 'string' || (isList(value) && value.every((item) => typeof item === 'string'));
}
