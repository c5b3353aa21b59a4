/** Entity → GeoJSON Feature (GS CIM 009 V1.9.1, 4.5.16, 4.5.17; RFC 7946, 3.2). */

import type { Json } from '../json.js';
import { type FormatOptions, formatEntity, type JsonRecord } from './format.js';
import type { Entity } from './model.js';

/** `properties` has what the representation of the entity has, its id aside. */
export function formatFeature(entity: Entity, geometryProperty: string, options: FormatOptions): JsonRecord {
  return asFeature(formatEntity(entity, options), entity, geometryProperty, options);
}

/** For a representation that somebody has added to. */
export function asFeature(
  formatted: JsonRecord,
  entity: Entity,
  geometryProperty: string,
  options: FormatOptions,
): JsonRecord {
  const { id, ...properties } = formatted;
  return {
    ...(id !== undefined && { id }),
    type: 'Feature',
    geometry: geometryOf(entity, geometryProperty, options),
    properties,
  };
}

/** 4.5.16.1: of several instances the one a datasetId names, else the default one; null where there is none. */
function geometryOf({ attributes }: Entity, name: string, { datasets }: FormatOptions): Json {
  const found = attributes.find(
    (attribute) =>
      attribute.name === name &&
      attribute.kind === 'GeoProperty' &&
      (datasets === undefined ? attribute.datasetId === undefined : datasets.has(attribute.datasetId ?? '@none')),
  );
  return found?.value ?? null;
}
