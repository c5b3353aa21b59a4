/** GeoJSON geometries as values: the shape RFC 7946, 3.1 asks for, so that whoever measures them later need not look again. */

import { isList, isObject, type Json, type JsonObject } from '../json.js';

/** What a list of positions must be: a line has two of them at least, a ring four, the last being the first. */
type Check = (coordinates: Json | undefined) => string | undefined;

const GEOMETRIES: Readonly<Record<string, Check>> = {
  Point: position,
  MultiPoint: all(position),
  LineString: line,
  MultiLineString: all(line),
  Polygon: polygon,
  MultiPolygon: all(polygon),
};

export function isGeometryType(type: string): boolean {
  return type === 'GeometryCollection' || Object.hasOwn(GEOMETRIES, type);
}

/** RFC 7946, 3.1.8: collections within collections should be avoided; without a bound they are a bomb. */
const MAX_COLLECTIONS = 4;

/** What is wrong with a geometry, or undefined. */
export function geometryFault(value: JsonObject, depth = 1): string | undefined {
  if (typeof value.type !== 'string') return 'it has no type';
  if (value.type === 'GeometryCollection') {
    if (depth > MAX_COLLECTIONS) return `its collections are nested deeper than ${MAX_COLLECTIONS} levels`;
    const check: Check = (json) => (isObject(json) ? geometryFault(json, depth + 1) : 'a geometry is no object');
    return each(value.geometries, check, 'geometries');
  }
  const check = Object.hasOwn(GEOMETRIES, value.type) ? GEOMETRIES[value.type] : undefined;
  return check === undefined ? `'${value.type.slice(0, 40)}' is no geometry type` : check(value.coordinates);
}

function position(json: Json | undefined): string | undefined {
  const isFine = isList(json) && json.length >= 2 && json.length <= 4 && json.every((item) => Number.isFinite(item));
  return isFine ? undefined : 'a position is 2 to 4 numbers, longitude first';
}

function line(json: Json | undefined): string | undefined {
  if (isList(json) && json.length < 2) return 'a line has two positions at least';
  return all(position)(json);
}

function ring(json: Json | undefined): string | undefined {
  if (!isList(json) || json.length < 4) return 'a ring has four positions at least';
  if (JSON.stringify(json[0]) !== JSON.stringify(json[json.length - 1])) return 'a ring ends where it began';
  return all(position)(json);
}

function polygon(json: Json | undefined): string | undefined {
  if (isList(json) && json.length === 0) return 'a polygon has a ring at least';
  return all(ring)(json);
}

function all(check: Check): Check {
  return (json) => each(json, check, 'coordinates');
}

function each(json: Json | undefined, check: Check, what: string): string | undefined {
  if (!isList(json)) return `its ${what} are no array`;
  for (const item of json) {
    const fault = check(item);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
