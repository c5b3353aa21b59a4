/**
 * Simplified input (4.5.4) of a merge: bare values, which say nothing of their kind. What the attribute is already tells
 * it; a new one is a Property, or a GeoProperty when the value is a geometry. GS CIM 009 V1.9.1, 5.6.17, 6.5.3.4.
 */

import { isList, isObject, isUri, type Json, type JsonObject } from '../json.js';
import { badRequest } from '../problem.js';
import { geometryFault } from './geometry.js';
import { type Attribute, type AttributeKind, type EntityInput, KINDS, NGSI_NULL } from './model.js';
import { assemble, ENTITY_MEMBERS, finished, type ParseOptions, parseScope, parseTypes } from './parse.js';

export function parseSimplified(json: JsonObject, id: string, options: ParseOptions): EntityInput {
  const attributes: Attribute[] = [];
  for (const key of Object.keys(json)) {
    if (ENTITY_MEMBERS.has(key)) continue;
    const name = options.context.expand(key);
    for (const [datasetId, value] of instancesOf(key, json[key] ?? null))
      attributes.push(simple(key, name, datasetId, value, options));
  }
  const types = parseTypes(json.type ?? json['@type'], options.context);
  return finished(id, types, parseScope(json.scope, true), attributes);
}

/** 4.5.5: several instances come as a map by datasetId. */
function instancesOf(key: string, json: Json): readonly (readonly [string | undefined, Json])[] {
  const dataset = isObject(json) && Object.keys(json).length === 1 ? json.dataset : undefined;
  if (!isObject(dataset)) return [[undefined, json]];
  return Object.entries(dataset).map(([datasetId, value]) => {
    if (datasetId === '@none') return [undefined, value] as const;
    if (!isUri(datasetId)) throw badRequest(`the dataset of '${key}' must map URIs, or @none, to values`);
    return [datasetId, value] as const;
  });
}

/** 4.5.4: these kinds keep the member that carries their value. */
const KEPT: readonly AttributeKind[] = ['LanguageProperty', 'VocabProperty', 'JsonProperty'];

function simple(
  key: string,
  name: string,
  datasetId: string | undefined,
  json: Json,
  options: ParseOptions,
): Attribute {
  const members: JsonObject = datasetId === undefined ? {} : { datasetId };
  const now = options.kindOf?.(name, datasetId);
  const kept = isObject(json) && Object.keys(json).length === 1 ? json : {};
  const told = KEPT.find((kind) => Object.hasOwn(kept, KINDS[kind].member));
  if (told !== undefined) return assemble(key, name, told, kept[KINDS[told].member] ?? null, members, options, 1);
  const isGeometry = isObject(json) && geometryFault(json) === undefined;
  if (json === null) throw badRequest(`attribute '${key}' is null; ${NGSI_NULL} removes an attribute`);
  if (json === NGSI_NULL || now === undefined || now === 'Property' || now === 'GeoProperty')
    return assemble(key, name, isGeometry ? 'GeoProperty' : 'Property', json, members, options, 1);
  if (now !== 'LanguageProperty') return assemble(key, name, now, json, members, options, 1);
  if (typeof json !== 'string' && !isList(json))
    throw badRequest(`attribute '${key}' is a LanguageProperty: write a text, or {"languageMap": …}`);
  return assemble(key, name, now, { [options.lang ?? '@none']: json }, members, options, 1);
}
