/** What two shapes on the map are to each other: plane geometry on degrees, as PostGIS has it for `geometry`; distances on the sphere. */

import type { Position } from './simple-location.js';

type Segment = readonly [Position, Position];

/** Any GeoJSON geometry, taken apart. */
export interface Parts {
  readonly points: readonly Position[];
  readonly segments: readonly Segment[];
  /** Each an outer ring and its holes. */
  readonly polygons: readonly (readonly (readonly Position[])[])[];
}

/** A location of more corners than this is matched by nothing: no meter needs them, and every one is compared with every other. */
const MOST_POINTS = 10_000;
const EARTH_M = 6_371_008.8;

/** How deep the coordinates of each type lie (RFC 7946, 3.1). */
const DEPTHS: Readonly<Record<string, { readonly depth: number; readonly kind: 'point' | 'line' | 'polygon' }>> = {
  Point: { depth: 0, kind: 'point' },
  MultiPoint: { depth: 1, kind: 'point' },
  LineString: { depth: 1, kind: 'line' },
  MultiLineString: { depth: 2, kind: 'line' },
  Polygon: { depth: 2, kind: 'polygon' },
  MultiPolygon: { depth: 3, kind: 'polygon' },
};

/** undefined: not a geometry that we know. */
export function toParts(geometry: unknown): Parts | undefined {
  if (typeof geometry !== 'object' || geometry === null || !('type' in geometry) || !('coordinates' in geometry)) {
    return undefined;
  }
  const form = DEPTHS[String(geometry.type)];
  if (form === undefined) {
    return undefined;
  }
  const lines = linesOf(geometry.coordinates, form.depth);
  if (lines === undefined || lines.flat(2).length > MOST_POINTS) {
    return undefined;
  }
  return {
    points: lines.flat(2),
    segments: form.kind === 'point' ? [] : lines.flat().flatMap(segmentsOf),
    polygons: form.kind === 'polygon' ? lines : [],
  };
}

export function intersects(a: Parts, b: Parts): boolean {
  return (
    a.points.some((point) => covers(b, point)) ||
    b.points.some((point) => covers(a, point)) ||
    a.segments.some((one) => b.segments.some((other) => cross(one, other) !== undefined))
  );
}

/** No point of `a` lies outside `b`. */
export function isCoveredBy(a: Parts, b: Parts): boolean {
  const isInside =
    a.points.length > 0 &&
    a.points.every((point) => covers(b, point)) &&
    a.segments.every((segment) => piecesOf(segment, b).every((middle) => covers(b, middle)));
  // A hole of b within a would leave a part of a uncovered.
  const holes = b.polygons.flatMap(([, ...inner]) => inner);
  return isInside && (a.polygons.length === 0 || !holes.some((ring) => ring.some((point) => isInsideOf(a, point))));
}

export function centroid({ points }: Parts): Position {
  const sum = points.reduce<Position>(([x, y], [lon, lat]) => [x + lon, y + lat], [0, 0]);
  return [sum[0] / points.length, sum[1] / points.length];
}

/** Great circle, by haversines. */
export function distanceM([lonA, latA]: Position, [lonB, latB]: Position): number {
  const radians = Math.PI / 180;
  const half = (degrees: number) => Math.sin((degrees * radians) / 2) ** 2;
  const h = half(latB - latA) + Math.cos(latA * radians) * Math.cos(latB * radians) * half(lonB - lonA);
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Lists of rings or lines, of whatever depth the geometry has. */
function linesOf(coordinates: unknown, depth: number): Position[][][] | undefined {
  let nested: unknown = coordinates;
  for (let level = depth; level < 3; level += 1) {
    nested = [nested];
  }
  const found = nested as unknown[][][][];
  const isGood =
    Array.isArray(found) &&
    found.every(
      (group) => Array.isArray(group) && group.every((line) => Array.isArray(line) && line.every(isPosition)),
    );
  return isGood ? (found as unknown as Position[][][]) : undefined;
}

function isPosition(item: unknown): boolean {
  return Array.isArray(item) && item.length >= 2 && Number.isFinite(item[0]) && Number.isFinite(item[1]);
}

function segmentsOf(line: readonly Position[]): Segment[] {
  return line.slice(1).map((point, at) => [line[at] ?? point, point]);
}

/** On its border counts. */
function covers(parts: Parts, point: Position): boolean {
  return (
    parts.segments.some((segment) => isOn(segment, point)) ||
    (parts.segments.length === 0 && parts.points.some(([x, y]) => x === point[0] && y === point[1])) ||
    isInsideOf(parts, point)
  );
}

function isInsideOf({ polygons }: Parts, point: Position): boolean {
  return polygons.some(
    ([outer = [], ...holes]) => isInRing(outer, point) && !holes.some((hole) => isInRing(hole, point)),
  );
}

/** Even-odd rule. */
function isInRing(ring: readonly Position[], [x, y]: Position): boolean {
  let isIn = false;
  for (const [[ax, ay], [bx, by]] of segmentsOf(ring)) {
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) {
      isIn = !isIn;
    }
  }
  return isIn;
}

function isOn([[ax, ay], [bx, by]]: Segment, [x, y]: Position): boolean {
  const isBetween = x >= Math.min(ax, bx) && x <= Math.max(ax, bx) && y >= Math.min(ay, by) && y <= Math.max(ay, by);
  return isBetween && Math.abs((bx - ax) * (y - ay) - (by - ay) * (x - ax)) < 1e-12;
}

/** How far along `one` it meets `other`, 0 to 1. */
function cross([[ax, ay], [bx, by]]: Segment, [[cx, cy], [dx, dy]]: Segment): number | undefined {
  const denominator = (bx - ax) * (dy - cy) - (by - ay) * (dx - cx);
  if (denominator === 0) {
    return undefined; // Parallel: if they share anything, then an end of one of them.
  }
  const along = ((cx - ax) * (dy - cy) - (cy - ay) * (dx - cx)) / denominator;
  const across = ((cx - ax) * (by - ay) - (cy - ay) * (bx - ax)) / denominator;
  return along >= 0 && along <= 1 && across >= 0 && across <= 1 ? along : undefined;
}

/** The middles of the pieces that the borders of `parts` cut a segment into. */
function piecesOf(segment: Segment, { segments }: Parts): Position[] {
  const [[ax, ay], [bx, by]] = segment;
  const cuts = [0, 1, ...segments.map((other) => cross(segment, other)).filter((cut) => cut !== undefined)];
  cuts.sort((a, b) => a - b);
  return cuts.slice(1).map((cut, at) => {
    const middle = (cut + (cuts[at] ?? 0)) / 2;
    return [ax + (bx - ax) * middle, ay + (by - ay) * middle];
  });
}
