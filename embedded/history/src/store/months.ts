/** Calendar months in UTC as plain numbers: what is sealed, archived and erased goes by them. */

import type { Span } from './columnar.js';

/** ECMA-262, 21.4.1.1: a Date goes no farther. */
const FARTHEST_MS = 8.64e15;

/** Months since year 0: 2026-11 is 2026 * 12 + 10. */
export function monthOf(ms: number): number {
  const date = new Date(Math.min(Math.max(ms, -FARTHEST_MS), FARTHEST_MS));
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** First and last millisecond. */
export function monthSpan(month: number): Span {
  return { fromMs: startOf(month), toMs: startOf(month + 1) - 1 };
}

/** `2026-11`. */
export function monthName(month: number): string {
  return `${String(Math.floor(month / 12)).padStart(4, '0')}-${String((month % 12) + 1).padStart(2, '0')}`;
}

function startOf(month: number): number {
  return Date.UTC(Math.floor(month / 12), month % 12);
}
