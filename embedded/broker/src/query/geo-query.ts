/**
 * The geoquery language (GS CIM 009 V1.9.1, 4.10 and 5.2.13): parameters or a GeoQuery document → a tree of plain data
 * with expanded names, which can stand in a record → a predicate.
 */

import type { Context } from '../context/compile.js';
import type { Attribute, Entity } from '../entity/model.js';
import { intern, isList, type Json } from '../json.js';
import { badRequest } from '../problem.js';
import { distanceM, isWithinDistance } from './geo/distance.js';
import { RELATIONS, type Relation } from './geo/relate.js';
import { GEOMETRIES, type GeometryType, isGeometryType, type Shape, shapeOf } from './geo/shape.js';

export interface ReferenceGeometry {
  readonly type: GeometryType;
  readonly coordinates: readonly Json[];
}

export interface GeoQuery {
  readonly relation: Relation | 'near';
  /** Of `near`, at least one of the two. */
  readonly maxDistanceM?: number;
  readonly minDistanceM?: number;
  readonly geometry: ReferenceGeometry;
  /** Expanded names, from attribute to sub-attribute. */
  readonly geoproperty: readonly string[];
}

/** Positions of a reference geometry: each entity is compared with all of them. */
const MAX_POSITIONS = 2_000;
/** Positions of a target times those of the reference: seconds of work, in the worst case. Beyond it none is compared. */
const MAX_PAIRS = 20_000_000;
const MAX_PATH = 8;
const DEFAULT_GEOPROPERTY = 'location';

export interface GeoQueryInput {
  readonly georel?: Json | undefined;
  readonly geometry?: Json | undefined;
  /** An array, or its text (5.2.13). */
  readonly coordinates?: Json | undefined;
  readonly geoproperty?: Json | undefined;
}

export function parseGeoQuery(input: GeoQueryInput, context: Context): GeoQuery {
  const { georel, geometry, coordinates, geoproperty = DEFAULT_GEOPROPERTY } = input;
  if (georel === undefined || geometry === undefined || coordinates === undefined)
    throw badRequest('a geoquery needs georel, geometry and coordinates (4.10)');
  if (typeof georel !== 'string') throw badRequest('georel must be a text (4.10)');
  return {
    ...parseGeorel(georel),
    geometry: parseReference(geometry, coordinates),
    geoproperty: parseGeoproperty(geoproperty, context),
  };
}

const DISTANCE = /^(maxDistance|minDistance)==((?:0|[1-9]\d{0,15})(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?)$/;

function parseGeorel(georel: string): Pick<GeoQuery, 'relation' | 'maxDistanceM' | 'minDistanceM'> {
  if (Object.hasOwn(RELATIONS, georel)) return { relation: georel as Relation };
  const [name, ...modifiers] = georel.split(';', 4);
  if (name !== 'near')
    throw badRequest(`georel is near;maxDistance==…, near;minDistance==…, ${Object.keys(RELATIONS).join(', ')} (4.10)`);
  let distances: Pick<GeoQuery, 'maxDistanceM' | 'minDistanceM'> = {};
  for (const modifier of modifiers) {
    const [, which, number] = DISTANCE.exec(modifier) ?? [];
    const metres = Number(number);
    const key = `${which}M` as 'maxDistanceM' | 'minDistanceM';
    if (which === undefined || !(metres > 0 && metres < Number.POSITIVE_INFINITY) || distances[key] !== undefined)
      throw badRequest('near takes maxDistance==x or minDistance==x, with x a number of metres above 0 (4.10)');
    distances = { ...distances, [key]: metres };
  }
  if (modifiers.length === 0) throw badRequest('near needs a maxDistance or a minDistance (4.10)');
  return { relation: 'near', ...distances };
}

export function parseReference(geometry: Json, coordinates: Json): ReferenceGeometry {
  if (!isGeometryType(geometry)) throw badRequest(`geometry is one of ${GEOMETRIES.join(', ')} (4.10)`);
  const json = typeof coordinates === 'string' ? parseArray(coordinates) : coordinates;
  if (!isList(json)) throw badRequest('coordinates must be a JSON array (RFC 7946, 3.1)');
  const count = CHECKS[geometry](json);
  if (count > MAX_POSITIONS) throw badRequest(`coordinates has more than ${MAX_POSITIONS} positions`);
  const reference = { type: geometry, coordinates: json };
  if (shapeOf(reference) === undefined) throw badRequest(`coordinates is not that of a ${geometry} with an extent`);
  return reference;
}

function parseArray(text: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badRequest('coordinates must be a JSON array (RFC 7946, 3.1)');
  }
}

/** RFC 7946, 3.1.2 to 3.1.7: what the coordinates of each type are. They return how many positions there are. */
const CHECKS: Record<GeometryType, (coordinates: readonly Json[]) => number> = {
  Point: checkPosition,
  MultiPoint: (coordinates) => checkEach(coordinates, checkPosition),
  LineString: checkLine,
  MultiLineString: (coordinates) => checkEach(coordinates, checkLine),
  Polygon: (coordinates) => checkEach(coordinates, checkRing),
  MultiPolygon: (coordinates) => checkEach(coordinates, (polygon) => checkEach(polygon, checkRing)),
};

function checkEach(items: readonly Json[], check: (item: readonly Json[]) => number): number {
  if (items.length === 0) throw badRequest('coordinates has an empty array (RFC 7946, 3.1)');
  let count = 0;
  for (const item of items) {
    if (!isList(item)) throw badRequest('coordinates is not nested as its geometry asks (RFC 7946, 3.1)');
    count += check(item);
  }
  return count;
}

function checkPosition(position: readonly Json[]): number {
  const [longitude, latitude] = position;
  if (position.length < 2 || position.length > 4 || position.some((item) => typeof item !== 'number'))
    throw badRequest('a position is two or three numbers: longitude, latitude, altitude (RFC 7946, 3.1.1)');
  if (Math.abs(Number(longitude)) > 180 || Math.abs(Number(latitude)) > 90)
    throw badRequest('a longitude is from -180 to 180 and a latitude from -90 to 90 (RFC 7946, 4)');
  return 1;
}

function checkLine(line: readonly Json[]): number {
  if (line.length < 2) throw badRequest('a line has at least two positions (RFC 7946, 3.1.4)');
  return checkEach(line, checkPosition);
}

function checkRing(ring: readonly Json[]): number {
  const count = checkEach(ring, checkPosition);
  const [first, last] = [ring[0], ring.at(-1)];
  const isClosed = isList(first) && isList(last) && first[0] === last[0] && first[1] === last[1];
  if (count < 4 || !isClosed)
    throw badRequest('a ring has at least four positions, and its last is its first (RFC 7946, 3.1.6)');
  return count;
}

function parseGeoproperty(text: Json, context: Context): readonly string[] {
  if (typeof text !== 'string') throw badRequest('geoproperty must be the name of a GeoProperty (4.10)');
  const names = text.includes('://') ? [text] : text.split('.', MAX_PATH + 1);
  if (names.length > MAX_PATH) throw badRequest(`geoproperty is a path of more than ${MAX_PATH} names`);
  return names.map((name) => context.expand(name));
}

/** Whether some instance of the geoproperty meets the restriction (5.7.2.4); without a geoproperty none does (4.10). */
export function compileGeoQuery(query: GeoQuery): (entity: Entity) => boolean {
  const test = compileTest(query);
  const path = query.geoproperty.map(intern);
  return ({ attributes }) => someShape(attributes, path, 0, test);
}

/** From the nearest instance of the geoproperty to the reference; undefined without one. */
export function compileDistance(
  geoproperty: readonly string[],
  geometry: ReferenceGeometry,
): (entity: Entity) => number | undefined {
  const reference = referenceShape(geometry);
  const path = geoproperty.map(intern);
  return ({ attributes }) => {
    let least: number | undefined;
    someShape(attributes, path, 0, (shape) => {
      if (isComparable(shape, reference))
        least = Math.min(least ?? Number.POSITIVE_INFINITY, distanceM(shape, reference));
      return false;
    });
    return least;
  };
}

function compileTest({ relation, geometry, maxDistanceM, minDistanceM }: GeoQuery): (shape: Shape) => boolean {
  const reference = referenceShape(geometry);
  if (relation !== 'near') {
    const relates = RELATIONS[relation];
    return (shape) => isComparable(shape, reference) && relates(shape, reference);
  }
  return (shape) =>
    isComparable(shape, reference) &&
    (maxDistanceM === undefined || isWithinDistance(shape, reference, maxDistanceM)) &&
    (minDistanceM === undefined || distanceM(shape, reference) > minDistanceM);
}

function isComparable({ points }: Shape, reference: Shape): boolean {
  return points.length * reference.points.length <= MAX_PAIRS;
}

function referenceShape(geometry: ReferenceGeometry): Shape {
  const shape = shapeOf({ ...geometry });
  if (shape === undefined) throw badRequest(`coordinates is not that of a ${geometry.type}`);
  return shape;
}

function someShape(
  attributes: readonly Attribute[],
  path: readonly string[],
  at: number,
  test: (shape: Shape) => boolean,
): boolean {
  const name = path[at];
  for (const attribute of attributes) {
    if (attribute.name !== name) continue;
    if (at + 1 < path.length) {
      if (someShape(attribute.parts, path, at + 1, test)) return true;
    } else if (attribute.kind === 'GeoProperty') {
      const shape = keptShape(attribute.value);
      if (shape !== undefined && test(shape)) return true;
    }
  }
  return false;
}

/** Values never change, so the shape of one is made once for as long as the value lives. */
const shapes = new WeakMap<object, Shape | 'none'>();

function keptShape(value: Json): Shape | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const known = shapes.get(value);
  if (known !== undefined) return known === 'none' ? undefined : known;
  const shape = shapeOf(value);
  shapes.set(value, shape ?? 'none');
  return shape;
}
