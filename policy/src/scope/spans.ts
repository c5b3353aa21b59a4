/**
 * Sets of time as sorted spans that neither overlap nor touch, so that equal sets are equal lists. Half open: from is inside,
 * to is not. Results share their arguments where they can, because most of a town is seen for ever.
 */

import { EVER, type Span } from '../scope.js';

export type Spans = readonly Span[];

export const NEVER: Spans = Object.freeze([]);
export const ALWAYS: Spans = Object.freeze([EVER]);

export function spansOf(fromMs: number, toMs: number): Spans {
  if (!(fromMs < toMs)) return NEVER;
  return isEver(fromMs, toMs) ? ALWAYS : [{ fromMs, toMs }];
}

/** What of a set lies between two instants. */
export function within(spans: Spans, fromMs: number, toMs: number): Spans {
  if (isEver(fromMs, toMs) || spans.length === 0) return spans;
  if (spans === ALWAYS) return spansOf(fromMs, toMs);
  const cut = spans
    .filter((span) => span.fromMs < toMs && fromMs < span.toMs)
    .map((span) => ({ fromMs: Math.max(span.fromMs, fromMs), toMs: Math.min(span.toMs, toMs) }));
  return cut.filter((span) => span.fromMs < span.toMs);
}

export function intersect(a: Spans, b: Spans): Spans {
  if (a === ALWAYS) return b;
  if (b === ALWAYS || a === b) return a;
  return normal(b.flatMap(({ fromMs, toMs }) => within(a, fromMs, toMs)));
}

export function unite(a: Spans, b: Spans): Spans {
  if (a.length === 0 || b === ALWAYS || a === b) return b;
  if (b.length === 0 || a === ALWAYS) return a;
  return normal([...a, ...b]);
}

/** All time but this. */
export function complement(spans: Spans): Spans {
  const rest: Span[] = [];
  let fromMs = EVER.fromMs;
  for (const span of spans) {
    if (fromMs < span.fromMs) rest.push({ fromMs, toMs: span.fromMs });
    fromMs = span.toMs;
  }
  if (fromMs < EVER.toMs) rest.push({ fromMs, toMs: EVER.toMs });
  return normal(rest);
}

export function contains(spans: Spans, atMs: number): boolean {
  for (const { fromMs, toMs } of spans) if (fromMs <= atMs && atMs < toMs) return true;
  return false;
}

/** Whether the whole of a period lies inside; of a period without length, its instant; of one that ends before it begins, nothing. */
export function covers(spans: Spans, fromMs: number, toMs: number): boolean {
  if (fromMs >= toMs) return fromMs === toMs && contains(spans, fromMs);
  for (const span of spans) if (span.fromMs <= fromMs && toMs <= span.toMs) return true;
  return false;
}

export function overlaps(spans: Spans, fromMs: number, toMs: number): boolean {
  if (fromMs >= toMs) return fromMs === toMs && contains(spans, fromMs);
  return within(spans, fromMs, toMs).length > 0;
}

/** Sorted, joined where they touch; the very constants where they are meant. */
function normal(spans: readonly Span[]): Spans {
  const sorted = spans
    .filter(({ fromMs, toMs }) => fromMs < toMs)
    .sort((a, b) => a.fromMs - b.fromMs || a.toMs - b.toMs);
  const joined: Span[] = [];
  for (const span of sorted) {
    const last = joined.at(-1);
    if (last === undefined || last.toMs < span.fromMs) joined.push(span);
    else if (last.toMs < span.toMs) joined[joined.length - 1] = { fromMs: last.fromMs, toMs: span.toMs };
  }
  const [first] = joined;
  if (first === undefined) return NEVER;
  return isEver(first.fromMs, first.toMs) ? ALWAYS : joined;
}

function isEver(fromMs: number, toMs: number): boolean {
  return fromMs === EVER.fromMs && toMs === EVER.toMs;
}
