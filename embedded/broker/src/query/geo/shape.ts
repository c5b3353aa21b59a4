/**
 * A GeoJSON geometry (RFC 7946, 3.1) as a set of points of the plane of longitude and latitude: what its interior, its
 * boundary and its exterior are (OGC 06-103r4, 6.1.15). Edges are straight lines of that plane (RFC 7946, 3.1.1).
 */

import { isList, isObject, type Json } from '../../json.js';
import { type Box, boxOf, isOn, isSame, type Point, type Segment, side } from './plane.js';

/** The first ring is the outer one, the others are holes. */
export type Rings = readonly (readonly Segment[])[];

export interface Shape {
  /** Of points, of lines, of areas. */
  readonly dimension: 0 | 1 | 2;
  /** Every position. */
  readonly points: readonly Point[];
  /** Lines, or the edges of areas. */
  readonly segments: readonly Segment[];
  /** Of lines: the ends, those that an even number of lines share left out. */
  readonly ends: readonly Point[];
  /** Of areas. */
  readonly polygons: readonly Rings[];
  readonly box: Box;
}

export type Location = 'inside' | 'border' | 'outside';

export const GEOMETRIES = ['Point', 'MultiPoint', 'LineString', 'MultiLineString', 'Polygon', 'MultiPolygon'] as const;
export type GeometryType = (typeof GEOMETRIES)[number];

export function isGeometryType(text: Json | undefined): text is GeometryType {
  return GEOMETRIES.some((type) => type === text);
}

/** undefined: not a geometry that has a place, such as one without positions (RFC 7946, 3.1). */
export function shapeOf(geometry: Json): Shape | undefined {
  if (!isObject(geometry) || !isGeometryType(geometry.type) || !isList(geometry.coordinates)) return undefined;
  return SHAPES[geometry.type](geometry.coordinates);
}

type Coordinates = readonly Json[];

const SHAPES: Record<GeometryType, (coordinates: Coordinates) => Shape | undefined> = {
  Point: (coordinates) => pointsShape([coordinates]),
  MultiPoint: pointsShape,
  LineString: (coordinates) => linesShape([coordinates]),
  MultiLineString: linesShape,
  Polygon: (coordinates) => areasShape([coordinates]),
  MultiPolygon: areasShape,
};

function pointsShape(coordinates: Coordinates): Shape | undefined {
  const points = pointsOf(coordinates);
  if (points.length === 0) return undefined;
  return { dimension: 0, points, segments: [], ends: [], polygons: [], box: boxOf(points) };
}

function linesShape(coordinates: Coordinates): Shape | undefined {
  const lines = coordinates.filter(isList).map(pointsOf);
  const points = lines.flat();
  const segments = lines.flatMap(segmentsOf);
  // A line without length is a point.
  if (segments.length === 0) return pointsShape(coordinates.filter(isList).flat());
  return { dimension: 1, points, segments, ends: endsOf(lines), polygons: [], box: boxOf(points) };
}

/** OGC 06-103r4, 6.1.8: the boundary of lines are the ends that an odd number of them have (a closed line has none). */
function endsOf(lines: readonly (readonly Point[])[]): readonly Point[] {
  const ends = new Map<string, Point | undefined>();
  for (const line of lines) {
    for (const end of [line[0], line.at(-1)]) {
      if (end === undefined || segmentsOf(line).length === 0) continue;
      const key = `${end.x} ${end.y}`;
      ends.set(key, ends.get(key) === undefined ? end : undefined);
    }
  }
  return [...ends.values()].filter((end) => end !== undefined);
}

function areasShape(coordinates: Coordinates): Shape | undefined {
  const polygons = coordinates
    .filter(isList)
    .map((rings) => rings.filter(isList).map((ring) => ringOf(pointsOf(ring))))
    .filter(([outer]) => outer !== undefined && outer.length > 0);
  const segments = polygons.flat(2);
  if (segments.length === 0) return undefined;
  const points = segments.map(({ a }) => a);
  return { dimension: 2, points, segments, ends: [], polygons, box: boxOf(points) };
}

/** A ring that was left open is closed: stored geometries are not all as careful as RFC 7946, 3.1.6 asks. */
function ringOf(points: readonly Point[]): readonly Segment[] {
  const first = points[0];
  const last = points.at(-1);
  const isClosed = first === undefined || last === undefined || isSame(first, last);
  return segmentsOf(isClosed ? points : [...points, first]);
}

/** Steps that go nowhere are left out: no segment has the length 0. */
function segmentsOf(points: readonly Point[]): readonly Segment[] {
  const segments: Segment[] = [];
  let a = points[0];
  for (const b of points) {
    if (a !== undefined && !isSame(a, b)) segments.push({ a, b });
    a = b;
  }
  return segments;
}

function pointsOf(positions: Coordinates): readonly Point[] {
  const points: Point[] = [];
  for (const position of positions) {
    const [x, y] = isList(position) ? position : [];
    // Adding 0 makes -0 the 0 it is equal to.
    if (typeof x === 'number' && typeof y === 'number') points.push({ x: x + 0, y: y + 0 });
  }
  return points;
}

export function locate(point: Point, shape: Shape): Location {
  const { box } = shape;
  if (point.x < box.minX || point.x > box.maxX || point.y < box.minY || point.y > box.maxY) return 'outside';
  return LOCATORS[shape.dimension](point, shape);
}

const LOCATORS: Record<Shape['dimension'], (point: Point, shape: Shape) => Location> = {
  0: (point, { points }) => (points.some((other) => isSame(point, other)) ? 'inside' : 'outside'),
  1: (point, { segments, ends }) => {
    if (ends.some((end) => isSame(point, end))) return 'border';
    return segments.some((segment) => isOn(point, segment)) ? 'inside' : 'outside';
  },
  2: (point, { polygons }) => {
    let isBorder = false;
    for (const rings of polygons) {
      const location = locateInPolygon(point, rings);
      if (location === 'inside') return 'inside';
      isBorder ||= location === 'border';
    }
    return isBorder ? 'border' : 'outside';
  },
};

function locateInPolygon(point: Point, [outer = [], ...holes]: Rings): Location {
  const location = locateInRing(point, outer);
  if (location !== 'inside') return location;
  for (const hole of holes) {
    const inHole = locateInRing(point, hole);
    if (inHole !== 'outside') return inHole === 'inside' ? 'outside' : 'border';
  }
  return 'inside';
}

/** A ray to the right meets the ring an odd number of times from inside. */
function locateInRing(point: Point, ring: readonly Segment[]): Location {
  const { x, y } = point;
  let isInside = false;
  for (const { a, b } of ring) {
    if (a.y === y && (a.x === x || (b.y === y && a.x < x !== b.x < x))) return 'border';
    if (a.y > y === b.y > y) continue;
    const turn = side(a, b, point);
    if (turn === 0) return 'border';
    if (turn > 0 === b.y > a.y) isInside = !isInside;
  }
  return isInside ? 'inside' : 'outside';
}

/** A point in the interior of a polygon; undefined when it has none, being no more than a line. */
export function pointInside(rings: Rings): Point | undefined {
  const edges = rings.flat();
  const heights = [...new Set(edges.map(({ a }) => a.y))].sort((p, q) => p - q);
  const y = middleOfWidest(heights);
  if (y === undefined) return undefined;
  const crossings = edges
    .filter(({ a, b }) => a.y > y !== b.y > y)
    .map(({ a, b }) => a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x))
    .sort((p, q) => p - q);
  const x = middleOfWidest(crossings, 2);
  return x === undefined ? undefined : { x, y };
}

function middleOfWidest(sorted: readonly number[], step = 1): number | undefined {
  let widest = 0;
  let middle: number | undefined;
  for (let index = 0; index + 1 < sorted.length; index += step) {
    const [from = 0, to = 0] = sorted.slice(index, index + 2);
    if (to - from > widest) {
      widest = to - from;
      middle = from + widest / 2;
    }
  }
  return middle;
}
