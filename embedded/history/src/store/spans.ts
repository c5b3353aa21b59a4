/** Stretches of time, both ends inclusive, in whole milliseconds. */

import type { Span } from './columnar.js';

/** What Date can hold: before and after every row. */
export const ALWAYS: Span = { fromMs: -8.64e15, toMs: 8.64e15 };

/** Sorted, without overlaps, without empty ones. */
export function merged(spans: readonly Span[]): readonly Span[] {
  const sorted = spans.filter(({ fromMs, toMs }) => fromMs <= toMs).sort((a, b) => a.fromMs - b.fromMs);
  const joined: { fromMs: number; toMs: number }[] = [];
  for (const { fromMs, toMs } of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && fromMs <= last.toMs + 1) {
      last.toMs = Math.max(last.toMs, toMs);
    } else {
      joined.push({ fromMs, toMs });
    }
  }
  return joined;
}

/** Of two lists that are merged. */
export function shared(some: readonly Span[], others: readonly Span[]): readonly Span[] {
  return merged(
    some.flatMap((a) => others.map((b) => ({ fromMs: Math.max(a.fromMs, b.fromMs), toMs: Math.min(a.toMs, b.toMs) }))),
  );
}
