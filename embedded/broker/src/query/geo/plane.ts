/**
 * Points and segments of a plane, with decisions that are exact: on which side of a line a point lies is answered
 * rightly for any doubles, so a border that is touched is never taken for one that is crossed.
 */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Segment {
  readonly a: Point;
  readonly b: Point;
}

export interface Box {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
}

/** Beyond this share of its terms the rounded determinant has the right sign (J. R. Shewchuk, 1997, ccwerrboundA). */
const SAFE_SHARE = 3.3306690738754716e-16;

/** Positive when c lies left of the line from a to b, negative when right, zero only when exactly on it. */
export function side(a: Point, b: Point, c: Point): number {
  const left = (a.x - c.x) * (b.y - c.y);
  const right = (a.y - c.y) * (b.x - c.x);
  const determinant = left - right;
  const isPlain = left > 0 ? right <= 0 : left < 0 ? right >= 0 : left === 0;
  if (isPlain || Math.abs(determinant) >= SAFE_SHARE * Math.abs(left + right)) return determinant;
  return exactSide(a, b, c);
}

/** The same determinant in whole numbers: every double is one, times a power of two. */
function exactSide(a: Point, b: Point, c: Point): number {
  const numbers = [a.x, a.y, b.x, b.y, c.x, c.y].map(split);
  const least = Math.min(...numbers.map(({ exponent }) => exponent));
  const [ax = 0n, ay = 0n, bx = 0n, by = 0n, cx = 0n, cy = 0n] = numbers.map(
    ({ mantissa, exponent }) => mantissa << BigInt(exponent - least),
  );
  const determinant = (ax - cx) * (by - cy) - (ay - cy) * (bx - cx);
  return determinant > 0n ? 1 : determinant < 0n ? -1 : 0;
}

const view = new DataView(new ArrayBuffer(8));

/** IEEE 754: mantissa × 2^exponent. */
function split(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const magnitude = biased === 0 ? fraction : fraction | 0x10000000000000n;
  return { mantissa: value < 0 ? -magnitude : magnitude, exponent: Math.max(biased, 1) - 1075 };
}

export function isSame(p: Point, q: Point): boolean {
  return p.x === q.x && p.y === q.y;
}

export function boxOf(points: Iterable<Point>): Box {
  let minX = Number.POSITIVE_INFINITY;
  let minY = minX;
  let maxX = Number.NEGATIVE_INFINITY;
  let maxY = maxX;
  for (const { x, y } of points) {
    if (x < minX) minX = x;
    if (x > maxX) maxX = x;
    if (y < minY) minY = y;
    if (y > maxY) maxY = y;
  }
  return { minX, minY, maxX, maxY };
}

export function boxesMeet(p: Box, q: Box): boolean {
  return p.minX <= q.maxX && q.minX <= p.maxX && p.minY <= q.maxY && q.minY <= p.maxY;
}

/** Whether the segment can have a point in the box. */
export function reaches({ a, b }: Segment, box: Box): boolean {
  return (
    Math.min(a.x, b.x) <= box.maxX &&
    Math.max(a.x, b.x) >= box.minX &&
    Math.min(a.y, b.y) <= box.maxY &&
    Math.max(a.y, b.y) >= box.minY
  );
}

export function isOn(p: Point, segment: Segment): boolean {
  return reaches(segment, { minX: p.x, maxX: p.x, minY: p.y, maxY: p.y }) && side(segment.a, segment.b, p) === 0;
}

/** What two segments share. Places are shares of the way along the first, from 0 at its a to 1 at its b. */
export type Meeting =
  | { readonly kind: 'crossing'; readonly place: number }
  | { readonly kind: 'touch'; readonly place: number; readonly at: Point }
  | { readonly kind: 'overlap'; readonly from: number; readonly to: number };

export function meet(p: Segment, q: Segment): Meeting | undefined {
  const startSide = side(q.a, q.b, p.a);
  const endSide = side(q.a, q.b, p.b);
  if ((startSide > 0 && endSide > 0) || (startSide < 0 && endSide < 0)) return undefined;
  if (startSide === 0 && endSide === 0) return meetInLine(p, q);
  const aSide = side(p.a, p.b, q.a);
  const bSide = side(p.a, p.b, q.b);
  if ((aSide > 0 && bSide > 0) || (aSide < 0 && bSide < 0)) return undefined;
  if (startSide === 0) return { kind: 'touch', place: 0, at: p.a };
  if (endSide === 0) return { kind: 'touch', place: 1, at: p.b };
  if (aSide === 0) return { kind: 'touch', place: placeOf(p, q.a), at: q.a };
  if (bSide === 0) return { kind: 'touch', place: placeOf(p, q.b), at: q.b };
  return { kind: 'crossing', place: startSide / (startSide - endSide) };
}

function meetInLine(p: Segment, q: Segment): Meeting | undefined {
  const [first, last] = [placeOf(p, q.a), placeOf(p, q.b)].sort((s, t) => s - t) as [number, number];
  if (last < 0 || first > 1) return undefined;
  if (last === 0) return { kind: 'touch', place: 0, at: p.a };
  if (first === 1) return { kind: 'touch', place: 1, at: p.b };
  return { kind: 'overlap', from: Math.max(0, first), to: Math.min(1, last) };
}

/** Of a point that is on the line of the segment; by the longer axis, so that the ends are exactly 0 and 1. */
function placeOf({ a, b }: Segment, p: Point): number {
  return Math.abs(b.x - a.x) >= Math.abs(b.y - a.y) ? (p.x - a.x) / (b.x - a.x) : (p.y - a.y) / (b.y - a.y);
}

export function pointAt({ a, b }: Segment, place: number): Point {
  return { x: a.x + (b.x - a.x) * place, y: a.y + (b.y - a.y) * place };
}
