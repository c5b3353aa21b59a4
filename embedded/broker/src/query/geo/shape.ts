/**
 * A GeoJSON geometry (RFC 7946, 3.1) as a set of points of the plane of longitude and latitude: what its interior, its
 * boundary and its exterior are (OGC 06-103r4, 6.1.15). Edges are straight lines of that plane (RFC 7946, 3.1.1).
 */

import { isList, isObject, type Json } from '../../json.js';
import { EdgeIndex } from './edge-index.js';
import { type Box, boxOf, isOn, isSame, type Point, type Segment, side } from './plane.js';

/** The edges of all its rings: what lies between an odd number of them is inside, so a hole needs no name. */
export interface Polygon {
  readonly segments: readonly Segment[];
  readonly edges: EdgeIndex;
}

export interface Shape {
  /** Of points, of lines, of areas. */
  readonly dimension: 0 | 1 | 2;
  /** Every position. */
  readonly points: readonly Point[];
  /** Lines, or the edges of areas. */
  readonly segments: readonly Segment[];
  /** Of lines: the ends, those that an even number of lines share left out. */
  readonly ends: readonly Point[];
  readonly endKeys: ReadonlySet<string>;
  readonly edges: EdgeIndex;
  /** Of areas. */
  readonly polygons: readonly Polygon[];
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

const NO_EDGES = new EdgeIndex([]);
const NO_ENDS: Pick<Shape, 'ends' | 'endKeys'> = { ends: [], endKeys: new Set() };

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
  return { dimension: 0, points, segments: [], edges: NO_EDGES, ...NO_ENDS, polygons: [], box: boxOf(points) };
}

function linesShape(coordinates: Coordinates): Shape | undefined {
  const lines = coordinates.filter(isList).map(pointsOf);
  const points = lines.flat();
  const segments = lines.flatMap(segmentsOf);
  // A line without length is a point.
  if (segments.length === 0) return pointsShape(coordinates.filter(isList).flat());
  const edges = new EdgeIndex(segments);
  return { dimension: 1, points, segments, edges, ...endsOf(lines), polygons: [], box: boxOf(points) };
}

/** OGC 06-103r4, 6.1.8: the boundary of lines are the ends that an odd number of them have (a closed line has none). */
function endsOf(lines: readonly (readonly Point[])[]): Pick<Shape, 'ends' | 'endKeys'> {
  const ends = new Map<string, Point>();
  for (const line of lines) {
    if (segmentsOf(line).length === 0) continue;
    for (const end of [line[0], line.at(-1)])
      if (end !== undefined && !ends.delete(keyOf(end))) ends.set(keyOf(end), end);
  }
  return { ends: [...ends.values()], endKeys: new Set(ends.keys()) };
}

function keyOf({ x, y }: Point): string {
  return `${x} ${y}`;
}

function areasShape(coordinates: Coordinates): Shape | undefined {
  const polygons = coordinates
    .filter(isList)
    .map((rings) => polygonOf(rings.filter(isList).flatMap((ring) => ringOf(pointsOf(ring)))))
    .filter((polygon) => polygon.segments.length > 0);
  const [first] = polygons;
  if (first === undefined) return undefined;
  const segments = polygons.length === 1 ? first.segments : polygons.flatMap((polygon) => polygon.segments);
  const edges = polygons.length === 1 ? first.edges : new EdgeIndex(segments);
  const points = segments.map(({ a }) => a);
  return { dimension: 2, points, segments, edges, ...NO_ENDS, polygons, box: boxOf(points) };
}

function polygonOf(segments: readonly Segment[]): Polygon {
  return { segments, edges: new EdgeIndex(segments) };
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
  1: (point, { edges, endKeys }) => {
    if (endKeys.has(keyOf(point))) return 'border';
    return edges.between(point.y, point.y).some((segment) => isOn(point, segment)) ? 'inside' : 'outside';
  },
  2: (point, { polygons }) => {
    let isBorder = false;
    for (const polygon of polygons) {
      const location = locateInPolygon(point, polygon);
      if (location === 'inside') return 'inside';
      isBorder ||= location === 'border';
    }
    return isBorder ? 'border' : 'outside';
  },
};

/** A ray to the right meets the rings an odd number of times from inside. */
function locateInPolygon(point: Point, { edges }: Polygon): Location {
  const { x, y } = point;
  let isInside = false;
  for (const { a, b } of edges.between(y, y)) {
    if (a.y === y && (a.x === x || (b.y === y && a.x < x !== b.x < x))) return 'border';
    if (a.y > y === b.y > y) continue;
    const turn = side(a, b, point);
    if (turn === 0) return 'border';
    if (turn > 0 === b.y > a.y) isInside = !isInside;
  }
  return isInside ? 'inside' : 'outside';
}

/** A point in the interior of a polygon; undefined when it has none, being no more than a line. */
export function pointInside({ segments }: Polygon): Point | undefined {
  const heights = [...new Set(segments.map(({ a }) => a.y))].sort((p, q) => p - q);
  const y = middleOfWidest(heights);
  if (y === undefined) return undefined;
  const crossings = segments
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
