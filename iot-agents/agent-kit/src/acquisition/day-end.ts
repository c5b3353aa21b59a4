/**
 * Day-end recovery (S0-17): which intervals a meter should have delivered for a local day, which are missing, and which stretches of its
 * stored profile to read again. Pure; run twice, the second time finds nothing to do.
 */

import { localDayBounds } from '@contor/kit';

/** Half open, in whole intervals. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Starts of the intervals of a local day: 96 quarters of an hour on most, 92 or 100 when the clocks change (24 hours of whatever zone). */
export function expectedStarts(day: string, zone: string, intervalSeconds: number): readonly number[] {
  const { startMs, endMs } = localDayBounds(day, zone);
  const stepMs = intervalSeconds * 1_000;
  // Meters cut intervals at multiples of their length in UTC; where a zone is off by less than an interval the day takes those that begin in it.
  const starts: number[] = [];
  for (let at = Math.ceil(startMs / stepMs) * stepMs; at < endMs; at += stepMs) starts.push(at);
  return starts;
}

/** What is missing, as stretches of neighbouring intervals, oldest first. */
export function gapsIn(
  expected: readonly number[],
  present: ReadonlySet<number>,
  intervalSeconds: number,
): readonly Stretch[] {
  const stepMs = intervalSeconds * 1_000;
  const gaps: { fromMs: number; toMs: number }[] = [];
  for (const at of expected) {
    if (present.has(at)) continue;
    const last = gaps.at(-1);
    if (last !== undefined && last.toMs === at) last.toMs = at + stepMs;
    else gaps.push({ fromMs: at, toMs: at + stepMs });
  }
  return gaps;
}

/**
 * How to ask for them: a hole between two gaps that is shorter than asking again costs is read with them, and no read is longer
 * than the meter answers in one go.
 */
export function readsFor(gaps: readonly Stretch[], intervalSeconds: number, limits: ReadLimits): readonly Stretch[] {
  const stepMs = intervalSeconds * 1_000;
  const joined: { fromMs: number; toMs: number }[] = [];
  for (const { fromMs, toMs } of gaps) {
    const last = joined.at(-1);
    if (last !== undefined && fromMs - last.toMs <= limits.joinedIntervals * stepMs) last.toMs = toMs;
    else joined.push({ fromMs, toMs });
  }
  return joined.flatMap((stretch) => cut(stretch, limits.longestIntervals * stepMs));
}

export interface ReadLimits {
  readonly longestIntervals: number;
  readonly joinedIntervals: number;
}

/** A day of quarters of an hour in one request; a request costs about as much as four intervals of an answer. */
export const READ_LIMITS: ReadLimits = { longestIntervals: 96, joinedIntervals: 4 };

function cut({ fromMs, toMs }: Stretch, longestMs: number): readonly Stretch[] {
  const parts: Stretch[] = [];
  for (let at = fromMs; at < toMs; at += longestMs) parts.push({ fromMs: at, toMs: Math.min(toMs, at + longestMs) });
  return parts;
}
