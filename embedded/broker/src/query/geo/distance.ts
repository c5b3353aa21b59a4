/**
 * Metres between shapes, on a sphere, by the haversine formula, which is the one GS CIM 009 V1.9.1, 4.23.1 names. Edges
 * are straight lines of longitude and latitude (RFC 7946, 3.1.1), so the nearest point of one is looked for along it.
 */

import { type Box, type Point, pointAt, type Segment } from './plane.js';
import { RELATIONS } from './relate.js';
import { locate, type Shape } from './shape.js';

/** Mean radius of the Earth (IUGG, R1 of GRS 80). */
const EARTH_RADIUS_M = 6_371_008.8;
const RADIANS = Math.PI / 180;

export function metresBetween(p: Point, q: Point): number {
  const sinLatitude = Math.sin(((q.y - p.y) * RADIANS) / 2);
  const sinLongitude = Math.sin(((q.x - p.x) * RADIANS) / 2);
  const h = sinLatitude ** 2 + Math.cos(p.y * RADIANS) * Math.cos(q.y * RADIANS) * sinLongitude ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** From the nearest point of one to the nearest point of the other; 0 when they meet. */
export function distanceM(a: Shape, b: Shape): number {
  if (RELATIONS.intersects(a, b)) return 0;
  return nearest(a, b, nearest(b, a, Number.POSITIVE_INFINITY));
}

/** Shapes that do not meet are nearest at a vertex of one of them. */
function nearest({ points }: Shape, other: Shape, best: number): number {
  let least = best;
  for (const point of points) least = toBorder(point, other, least);
  return least;
}

/** The distance, when it is less than the best so far; it need not be looked for further once it is near enough. */
function toBorder(point: Point, { dimension, points, segments }: Shape, best: number, enough = 0): number {
  let least = best;
  if (dimension === 0) {
    for (const other of points) {
      if (least <= enough) break;
      if (riseM(point, other, other) < least) least = Math.min(least, metresBetween(point, other));
    }
    return least;
  }
  for (const segment of segments) {
    if (least <= enough) break;
    if (riseM(point, segment.a, segment.b) < least) least = toSegment(point, segment, least);
  }
  return least;
}

/** What lies north or south is at least that far away, and this is quickly said. */
function riseM(point: Point, a: Point, b: Point): number {
  const degrees = Math.max(Math.min(a.y, b.y) - point.y, point.y - Math.max(a.y, b.y), 0);
  return degrees * RADIANS * EARTH_RADIUS_M * (1 - 1e-9);
}

/** So many steps of the golden ratio find a place to 2 cm on an edge of 100 km. */
const STEPS = 32;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

function toSegment(point: Point, segment: Segment, best: number): number {
  const atA = metresBetween(point, segment.a);
  const atB = metresBetween(point, segment.b);
  // No point of the edge is further from an end than the edge is long.
  if (Math.max(atA, atB) - lengthBoundM(segment) >= best) return best;
  let from = 0;
  let to = 1;
  const at = (place: number): number => metresBetween(point, pointAt(segment, place));
  for (let step = 0; step < STEPS; step += 1) {
    const width = (to - from) * GOLDEN;
    if (at(to - width) < at(from + width)) to = from + width;
    else from = to - width;
  }
  return Math.min(best, atA, atB, at((from + to) / 2));
}

/** No degree is longer than one of latitude. */
function lengthBoundM({ a, b }: Segment): number {
  return Math.hypot(b.x - a.x, b.y - a.y) * RADIANS * EARTH_RADIUS_M;
}

/** Whether no point of `target` is further than `metres` from `reference`: 4.10, "within the buffer". */
export function isWithinDistance(target: Shape, reference: Shape, metres: number): boolean {
  const isNear = (point: Point): boolean => toShape(point, reference, metres) <= metres;
  if (!target.points.every(isNear)) return false;
  // The buffer of a point has no bays: with both ends of an edge, all of it is inside.
  if (reference.points.length === 1) return true;
  const search: Search = { reference, metres, left: MAX_LOOKS };
  return target.segments.every((segment) => isEdgeNear(segment, search)) && isAreaNear(target, search);
}

function toShape(point: Point, shape: Shape, enough: number): number {
  if (shape.dimension > 0 && locate(point, shape) !== 'outside') return 0;
  return toBorder(point, shape, Number.POSITIVE_INFINITY, enough);
}

interface Search {
  readonly reference: Shape;
  readonly metres: number;
  left: number;
}

/** How finely edges are looked at, and how often in all: an edge along the very rim of a buffer could be halved for ever. */
const FINE_M = 1;
const MAX_LOOKS = 10_000;

/** Along an edge the distance changes by no more than the way gone, so a far-off middle speaks for its surroundings. */
function isEdgeNear(segment: Segment, search: Search): boolean {
  const halfM = lengthBoundM(segment) / 2;
  if (halfM <= FINE_M || search.left <= 0) return true;
  search.left -= 1;
  const middle = pointAt(segment, 0.5);
  const away = toShape(middle, search.reference, search.metres - halfM);
  if (away > search.metres) return false;
  if (away + halfM <= search.metres) return true;
  return isEdgeNear({ a: segment.a, b: middle }, search) && isEdgeNear({ a: middle, b: segment.b }, search);
}

/** How finely an area is looked at: to this share of the distance. */
const FINE_SHARE = 0.01;

/**
 * A buffer around a ring leaves out its middle. Box after box of an area is near as a whole, or far, or parted; one that
 * is far as a whole holds nothing of the border, which is near, so that its centre speaks for all of it.
 */
function isAreaNear(target: Shape, search: Search): boolean {
  if (target.dimension < 2) return true;
  const boxes: Box[] = [target.box];
  for (let box = boxes.shift(); box !== undefined && search.left > 0; box = boxes.shift()) {
    search.left -= 1;
    const { minX, minY, maxX, maxY } = box;
    const centre = { x: (minX + maxX) / 2, y: (minY + maxY) / 2 };
    const halfM = lengthBoundM({ a: centre, b: { x: maxX, y: maxY } });
    const away = toShape(centre, search.reference, search.metres - halfM);
    if (away > search.metres && locate(centre, target) === 'inside') return false;
    const isDecided = away + halfM <= search.metres || away - halfM > search.metres;
    if (isDecided || halfM <= search.metres * FINE_SHARE) continue;
    for (const [fromX, toX] of [
      [minX, centre.x],
      [centre.x, maxX],
    ] as const)
      for (const [fromY, toY] of [
        [minY, centre.y],
        [centre.y, maxY],
      ] as const)
        boxes.push({ minX: fromX, minY: fromY, maxX: toX, maxY: toY });
  }
  return true;
}
