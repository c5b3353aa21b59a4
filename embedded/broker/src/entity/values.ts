/** What may stand in the value member of each attribute kind (GS CIM 009 V1.9.1, 4.5.2, 4.5.3, 4.5.18, 4.5.20, 4.7.1). */

import type { Context } from '../context/compile.js';
import { isList, isObject, isUri, type Json, type JsonObject } from '../json.js';
import { badRequest, notBuilt } from '../problem.js';
import { type AttributeKind, KINDS } from './model.js';

/** 4.7.1: GeoJSON geometries (RFC 7946), and how deep the arrays of numbers lie. */
const GEOMETRIES: ReadonlyMap<string, number> = new Map([
  ['Point', 0],
  ['MultiPoint', 1],
  ['LineString', 1],
  ['MultiLineString', 2],
  ['Polygon', 2],
  ['MultiPolygon', 3],
]);

/** 4.5.4: without a type, the member that is there tells the kind. */
const INFERRED = [
  { member: 'value', kind: 'Property' },
  { member: 'object', kind: 'Relationship' },
  { member: 'languageMap', kind: 'LanguageProperty' },
  { member: 'vocab', kind: 'VocabProperty' },
  { member: 'json', kind: 'JsonProperty' },
] as const;

const LATER = new Set(['ListProperty', 'ListRelationship']);

/** The kind of an attribute object; `geometry` when the object itself is a GeoJSON value; undefined when it is neither. */
export function inferKind(json: JsonObject): AttributeKind | 'geometry' | undefined {
  const type = json.type ?? json['@type'];
  if (typeof type === 'string') {
    if (Object.hasOwn(KINDS, type)) return type as AttributeKind;
    if (LATER.has(type)) throw notBuilt(`a ${type}`);
    return isGeometry(json) ? 'geometry' : undefined;
  }
  const row = INFERRED.find(({ member }) => json[member] !== undefined);
  if (row?.kind === 'Property' && isObject(json.value) && isGeometry(json.value)) return 'GeoProperty';
  return row?.kind;
}

/** Checks a value and expands it where its kind says so. Returns what is to be stored. */
export function checkValue(kind: AttributeKind, key: string, value: Json, context: Context): Json {
  return CHECKS[kind](key, value, context);
}

const CHECKS: Record<AttributeKind, (key: string, value: Json, context: Context) => Json> = {
  Property: (key, value) => {
    if (value === null) throw badRequest(`the value of '${key}' is null`);
    return value;
  },
  JsonProperty: (_key, value) => value,
  Relationship: (key, value) => {
    const isFine = isList(value) ? value.length > 0 && value.every(isReference) : isReference(value);
    if (!isFine) throw badRequest(`the object of '${key}' must be a URI or an array of URIs`);
    return value;
  },
  GeoProperty: (key, value) => {
    if (!isObject(value) || !isGeometry(value))
      throw badRequest(`the value of '${key}' is not a GeoJSON geometry (4.7.1)`);
    return value;
  },
  LanguageProperty: (key, value) => {
    if (!isObject(value) || !Object.values(value).every(isLanguageText)) {
      throw badRequest(`the languageMap of '${key}' must map language tags to texts`);
    }
    return value;
  },
  VocabProperty: (key, value, context) => {
    const terms = isList(value) ? value : [value];
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

function isGeometry(value: JsonObject): boolean {
  if (value.type === 'GeometryCollection') {
    return isList(value.geometries) && value.geometries.every((item) => isObject(item) && isGeometry(item));
  }
  const depth = typeof value.type === 'string' ? GEOMETRIES.get(value.type) : undefined;
  return depth !== undefined && hasCoordinates(value.coordinates, depth);
}

function hasCoordinates(value: Json | undefined, depth: number): boolean {
  if (!isList(value)) return false;
  if (depth > 0) return value.every((item) => hasCoordinates(item, depth - 1));
  return (
    value.length >= 2 && value.length <= 4 && value.every((item) => typeof item === 'number' && Number.isFinite(item))
  );
}
