/**
 * How two shapes lie to each other: the entries of the nine-intersection matrix that the relations of NGSI-LD ask for
 * (GS CIM 009 V1.9.1, 4.10; OGC 06-103r4, 6.1.15.3). Each edge of one is cut where it meets the other; a piece then
 * lies inside, on, or outside of it as a whole.
 */

import { boxesMeet, isSame, meet, type Point, pointAt, reaches, type Segment } from './plane.js';
import { locate, pointInside, type Shape } from './shape.js';

export type Relation = 'equals' | 'disjoint' | 'intersects' | 'within' | 'contains' | 'overlaps';

/** Whether `target` stands in the relation to `reference`. The patterns are those of OGC 06-103r4, 6.1.15.3. */
export const RELATIONS: Record<Relation, (target: Shape, reference: Shape) => boolean> = {
  equals: (a, b) => isCovered(a, b) && isCovered(b, a),
  disjoint: (a, b) => !isMeeting(a, b),
  intersects: isMeeting,
  within: isCovered,
  contains: (a, b) => isCovered(b, a),
  overlaps: (a, b) => {
    if (a.dimension !== b.dimension || !boxesMeet(a.box, b.box)) return false;
    const { common, leaves, isLeft } = compare(a, b);
    return common >= (a.dimension === 1 ? 1 : 0) && leaves && isLeft;
  },
};

function isMeeting(a: Shape, b: Shape): boolean {
  return boxesMeet(a.box, b.box) && compare(a, b).isMeeting;
}

/** T*F**F***: interiors meet, and nothing of `a` is outside of `b`. */
function isCovered(a: Shape, b: Shape): boolean {
  if (!boxesMeet(a.box, b.box)) return false;
  const { common, leaves } = compare(a, b);
  return common >= 0 && !leaves;
}

interface Comparison {
  /** Dimension of what the interiors have in common; -1: nothing. */
  readonly common: -1 | 0 | 1 | 2;
  readonly isMeeting: boolean;
  /** Something of the first is outside of the second, and the other way round. */
  readonly leaves: boolean;
  readonly isLeft: boolean;
}

/** Where the parts of one shape (its points, or the pieces of its edges) lie to another. */
interface View {
  isInside: boolean;
  isOn: boolean;
  isOutside: boolean;
  /** Where its edges touch those of the other at a point. */
  readonly nodes: Point[];
}

function compare(a: Shape, b: Shape): Comparison {
  const seen = view(a, b);
  const back = view(b, a);
  const isMeeting = [seen, back].some(({ isInside, isOn, nodes }) => isInside || isOn || nodes.length > 0);
  if (a.dimension === 2 && b.dimension === 2) return compareAreas(a, b, seen, back, isMeeting);
  return {
    common: commonOf(a, b, seen, back),
    isMeeting,
    leaves: a.dimension > b.dimension || seen.isOutside || hasEndOutside(a, b),
    isLeft: b.dimension > a.dimension || back.isOutside || hasEndOutside(b, a),
  };
}

function commonOf(a: Shape, b: Shape, seen: View, back: View): -1 | 0 | 1 {
  if (a.dimension === 0) return seen.isInside ? 0 : -1;
  if (b.dimension === 0) return back.isInside ? 0 : -1;
  if (a.dimension === 2) return back.isInside ? 1 : -1;
  if (b.dimension === 2) return seen.isInside ? 1 : -1;
  if (seen.isOn) return 1;
  const isCommon = (point: Point): boolean => isInterior(point, a) && isInterior(point, b);
  return seen.nodes.some(isCommon) ? 0 : -1;
}

/** Of a point that is on the line: whether it is not one of its ends. */
function isInterior(point: Point, { ends }: Shape): boolean {
  return !ends.some((end) => isSame(end, point));
}

function hasEndOutside(line: Shape, other: Shape): boolean {
  return line.ends.some((end) => locate(end, other) === 'outside');
}

/**
 * Where no edge of one runs inside the other, each polygon of the other is wholly inside or wholly outside of the
 * first, because its interior is in one piece; so one point of it tells.
 */
function compareAreas(a: Shape, b: Shape, seen: View, back: View, isMeeting: boolean): Comparison {
  const aPoints = locations(a, b);
  const bPoints = locations(b, a);
  const isCommon = seen.isInside || back.isInside || [...aPoints, ...bPoints].some((location) => location === 'inside');
  return {
    common: isCommon ? 2 : -1,
    isMeeting: isMeeting || isCommon,
    leaves: seen.isOutside || back.isInside || aPoints.some((location) => location === 'outside'),
    isLeft: back.isOutside || seen.isInside || bPoints.some((location) => location === 'outside'),
  };
}

function locations(a: Shape, b: Shape): readonly string[] {
  return a.polygons.flatMap((rings) => {
    const point = pointInside(rings);
    return point === undefined ? [] : [locate(point, b)];
  });
}

function view(a: Shape, b: Shape): View {
  const seen: View = { isInside: false, isOn: false, isOutside: false, nodes: [] };
  if (a.dimension === 0) {
    for (const point of a.points) note(seen, locate(point, b));
    return seen;
  }
  const edges = b.segments.filter((edge) => reaches(edge, a.box));
  for (const segment of a.segments) {
    if (reaches(segment, b.box)) viewSegment(segment, edges, b, seen);
    else seen.isOutside = true;
  }
  return seen;
}

function note(seen: View, location: 'inside' | 'border' | 'outside'): void {
  if (location === 'inside') seen.isInside = true;
  else if (location === 'border') seen.isOn = true;
  else seen.isOutside = true;
}

function viewSegment(segment: Segment, edges: readonly Segment[], b: Shape, seen: View): void {
  const cuts = [0, 1];
  const overlaps: { readonly from: number; readonly to: number }[] = [];
  const box = {
    minX: Math.min(segment.a.x, segment.b.x),
    maxX: Math.max(segment.a.x, segment.b.x),
    minY: Math.min(segment.a.y, segment.b.y),
    maxY: Math.max(segment.a.y, segment.b.y),
  };
  for (const edge of edges) {
    if (!reaches(edge, box)) continue;
    const meeting = meet(segment, edge);
    if (meeting === undefined) continue;
    if (meeting.kind === 'overlap') {
      overlaps.push(meeting);
      cuts.push(meeting.from, meeting.to);
    } else {
      cuts.push(meeting.place);
      seen.nodes.push(meeting.kind === 'touch' ? meeting.at : pointAt(segment, meeting.place));
    }
  }
  cuts.sort((p, q) => p - q);
  for (const [index, to] of cuts.entries()) {
    const from = cuts[index - 1];
    if (from === undefined || to <= from) continue;
    const middle = (from + to) / 2;
    if (overlaps.some((overlap) => overlap.from <= middle && middle <= overlap.to)) seen.isOn = true;
    else if (b.dimension < 2) seen.isOutside = true;
    else note(seen, locate(pointAt(segment, middle), b));
  }
}
