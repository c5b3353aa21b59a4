/** Edges by height: a plane cut into strips, so that a question about a place looks at few of many edges. */

import type { Segment } from './plane.js';

/** Fewer edges than this are looked at one by one. */
const FEW = 8;
const EDGES_PER_STRIP = 4;
const MAX_STRIPS = 1_024;
/** In how many strips an edge is on average, at the most: long edges make the strips fewer, not the index large. */
const MAX_MEAN = 4;

export class EdgeIndex {
  readonly #segments: readonly Segment[];
  #strips: readonly (readonly Segment[])[] | undefined;
  #bottom = 0;
  #perDegree = 0;

  constructor(segments: readonly Segment[]) {
    this.#segments = segments;
  }

  /** All edges that have a part between these heights, and others; one that is long may come more than once. */
  between(low: number, high: number): readonly Segment[] {
    if (this.#segments.length <= FEW) return this.#segments;
    const strips = this.#strips ?? this.#cut();
    const last = strips.length - 1;
    const from = Math.min(last, Math.max(0, this.#strip(low)));
    const to = Math.min(last, Math.max(0, this.#strip(high)));
    if (from === to) return strips[from] ?? [];
    // Beyond a half of the strips nothing is gained.
    return (to - from) * 2 > strips.length ? this.#segments : strips.slice(from, to + 1).flat();
  }

  /** The topmost height has a number beyond the last strip, and belongs to that. */
  #strip(height: number): number {
    return Math.floor((height - this.#bottom) * this.#perDegree);
  }

  #cut(): readonly (readonly Segment[])[] {
    let bottom = Number.POSITIVE_INFINITY;
    let top = Number.NEGATIVE_INFINITY;
    let heights = 0;
    for (const { a, b } of this.#segments) {
      bottom = Math.min(bottom, a.y, b.y);
      top = Math.max(top, a.y, b.y);
      heights += Math.abs(a.y - b.y);
    }
    const count = this.#segments.length;
    const height = top - bottom;
    const most = Math.min(MAX_STRIPS, count / EDGES_PER_STRIP, ((MAX_MEAN - 1) * count * height) / heights);
    const strips: Segment[][] = Array.from(
      { length: Number.isFinite(most) ? Math.max(1, Math.floor(most)) : 1 },
      () => [],
    );
    this.#bottom = bottom;
    this.#perDegree = height === 0 ? 0 : strips.length / height;
    const last = strips.length - 1;
    for (const segment of this.#segments) {
      const { a, b } = segment;
      const low = Math.min(last, this.#strip(Math.min(a.y, b.y)));
      const high = Math.min(last, this.#strip(Math.max(a.y, b.y)));
      for (let at = low; at <= high; at += 1) strips[at]?.push(segment);
    }
    this.#strips = strips;
    return strips;
  }
}
