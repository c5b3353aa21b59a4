/**
 * How two shapes lie to each other: the relations of NGSI-LD, which are patterns of the nine-intersection matrix (GS CIM
 * 009 V1.9.1, 4.10; OGC 06-103r4, 6.1.15.3). Each edge of one is cut where it meets the other; a piece then lies inside,
 * on, or outside of it as a whole. What has been seen ends the search as soon as it decides.
 */

import { type Box, boxesMeet, type Meeting, meet, pointAt, reaches, type Segment } from './plane.js';
import { type Location, locate, pointInside, type Shape } from './shape.js';

export type Relation = 'equals' | 'disjoint' | 'intersects' | 'within' | 'contains' | 'overlaps';

/** Whether `target` stands in the relation to `reference`. */
export const RELATIONS: Record<Relation, (target: Shape, reference: Shape) => boolean> = {
  equals: (a, b) => isCovered(a, b) && isCovered(b, a),
  disjoint: (a, b) => !isMeeting(a, b),
  intersects: isMeeting,
  within: isCovered,
  contains: (a, b) => isCovered(b, a),
  overlaps: (a, b) => a.dimension === b.dimension && boxesMeet(a.box, b.box) && OVERLAPS[a.dimension](a, b),
};

/** Anything in common: an edge that meets another, or, where none does, a part of one within the other. */
function isMeeting(a: Shape, b: Shape): boolean {
  if (!boxesMeet(a.box, b.box)) return false;
  return edgesMeet(a, b) || hasPointIn(a, b) || hasPointIn(b, a);
}

function edgesMeet(a: Shape, b: Shape): boolean {
  return a.segments.some((segment) => {
    if (!reaches(segment, b.box)) return false;
    const box = boxAround(segment);
    const edges = b.edges.between(box.minY, box.maxY);
    return edges.some((edge) => reaches(edge, box) && meet(segment, edge) !== undefined);
  });
}

function hasPointIn(a: Shape, b: Shape): boolean {
  // Edges that do not meet leave a line or an area no point in a line; and points look for themselves.
  if (a.dimension > 0 && b.dimension < 2) return false;
  return a.points.some((point) => locate(point, b) !== 'outside');
}

/** T*F**F***: interiors meet, and nothing of `a` is outside of `b`. */
function isCovered(a: Shape, b: Shape): boolean {
  if (a.dimension > b.dimension || !isIn(a.box, b.box)) return false;
  const seen = view(a, b, ({ isOutside }) => isOutside);
  if (seen.isOutside || a.ends.some((end) => locate(end, b) === 'outside')) return false;
  if (a.dimension < 2) return seen.isInside || (a.dimension === 1 && b.dimension === 1 && seen.isOn);
  if (view(b, a, ({ isInside }) => isInside).isInside) return false;
  const locations = polygonsOf(a, b);
  return !locations.includes('outside') && locations.includes('inside');
}

/** T*T***T**, for lines 1*T***T**: both have something in common of their own dimension, and something apart. */
const OVERLAPS: Record<Shape['dimension'], (a: Shape, b: Shape) => boolean> = {
  0: (a, b) => {
    const seen = view(a, b, ({ isInside, isOutside }) => isInside && isOutside);
    return seen.isInside && seen.isOutside && view(b, a, ({ isOutside }) => isOutside).isOutside;
  },
  1: (a, b) => {
    const seen = view(a, b, ({ isOn, isOutside }) => isOn && isOutside);
    return seen.isOn && seen.isOutside && view(b, a, ({ isOutside }) => isOutside).isOutside;
  },
  2: (a, b) => {
    // An edge of one that is inside and outside of the other says all: beside it lie both inside and outside of its own.
    const seen = view(a, b, ({ isInside, isOutside }) => isInside && isOutside);
    if (seen.isInside && seen.isOutside) return true;
    const back = view(b, a, ({ isInside, isOutside }) => isInside && isOutside);
    const [own, other] = [polygonsOf(a, b), polygonsOf(b, a)];
    const isCommon = seen.isInside || back.isInside || own.includes('inside') || other.includes('inside');
    const leaves = seen.isOutside || back.isInside || own.includes('outside');
    return isCommon && leaves && (back.isOutside || seen.isInside || other.includes('outside'));
  },
};

/**
 * Where no edge of one runs inside the other, each polygon of the other is wholly inside or wholly outside of the
 * first, because its interior is in one piece; so one point of it tells.
 */
function polygonsOf(a: Shape, b: Shape): readonly Location[] {
  return a.polygons.flatMap((polygon) => {
    const point = pointInside(polygon);
    return point === undefined ? [] : [locate(point, b)];
  });
}

type Overlap = Extract<Meeting, { readonly kind: 'overlap' }>;

/** Where the parts of one shape (its points, or the pieces of its edges) lie to another. */
interface View {
  isInside: boolean;
  isOn: boolean;
  isOutside: boolean;
}

/** Looks at part after part until what has been seen is enough. */
function view(a: Shape, b: Shape, isEnough: (seen: View) => boolean): View {
  const seen: View = { isInside: false, isOn: false, isOutside: false };
  if (a.dimension === 0) {
    for (const point of a.points) {
      note(seen, locate(point, b));
      if (isEnough(seen)) break;
    }
    return seen;
  }
  for (const segment of a.segments) {
    if (reaches(segment, b.box)) viewSegment(segment, b, seen);
    else seen.isOutside = true;
    if (isEnough(seen)) break;
  }
  return seen;
}

function note(seen: View, location: Location): void {
  if (location === 'inside') seen.isInside = true;
  else if (location === 'border') seen.isOn = true;
  else seen.isOutside = true;
}

function viewSegment(segment: Segment, b: Shape, seen: View): void {
  const box = boxAround(segment);
  const edges = b.edges.between(box.minY, box.maxY).filter((edge) => reaches(edge, box));
  const meetings = edges.map((edge) => meet(segment, edge)).filter((meeting) => meeting !== undefined);
  const overlaps = meetings.filter((meeting) => meeting.kind === 'overlap').sort((p, q) => p.from - q.from);
  if (overlaps.length > 0) seen.isOn = true;
  // What lies along no edge of lines or points is outside of them.
  if (b.dimension < 2) seen.isOutside ||= !coversAll(overlaps);
  else viewPieces(segment, meetings, b, seen);
}

function coversAll(sorted: readonly Overlap[]): boolean {
  let covered = 0;
  for (const { from, to } of sorted) if (from <= covered) covered = Math.max(covered, to);
  return covered >= 1;
}

/** Between two places where an edge meets those of an area, it is on one side of them; or on one of them, already seen. */
function viewPieces(segment: Segment, meetings: readonly Meeting[], b: Shape, seen: View): void {
  const cuts = [0, 1, ...meetings.flatMap((meeting) => placesOf(meeting))].sort((p, q) => p - q);
  const overlaps = meetings.filter((meeting) => meeting.kind === 'overlap');
  for (const [index, to] of cuts.entries()) {
    const from = cuts[index - 1];
    if (from === undefined || to <= from) continue;
    const middle = (from + to) / 2;
    if (overlaps.some((overlap) => overlap.from <= middle && middle <= overlap.to)) continue;
    note(seen, locate(pointAt(segment, middle), b));
  }
}

function placesOf(meeting: Meeting): readonly number[] {
  return meeting.kind === 'overlap' ? [meeting.from, meeting.to] : [meeting.place];
}

function boxAround({ a, b }: Segment): Box {
  return {
    minX: Math.min(a.x, b.x),
    maxX: Math.max(a.x, b.x),
    minY: Math.min(a.y, b.y),
    maxY: Math.max(a.y, b.y),
  };
}

function isIn(p: Box, q: Box): boolean {
  return p.minX >= q.minX && p.maxX <= q.maxX && p.minY >= q.minY && p.maxY <= q.maxY;
}
