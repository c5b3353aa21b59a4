/**
 * The clock of a meter (S0-18): how far it is off, and whether it may be set now. A clock is never set by a host whose own is not
 * known to be right, never across the edge of an interval, and never by more than its limit in one step. Pure.
 */

export interface ClockReading {
  /** What the meter said, as UTC. */
  readonly deviceMs: number;
  /** Our clock when the request left and when the answer came. */
  readonly askedMs: number;
  readonly answeredMs: number;
}

export interface ClockPolicy {
  /** Off by less is right: the meter's own display has seconds. */
  readonly toleranceMs: number;
  /** Off by more is not drift but a reset or a wrong zone: a person looks at it. */
  readonly largestStepMs: number;
  /** An answer that took longer says too little about the moment it was given. */
  readonly longestRoundTripMs: number;
  /** 0 Sunday to 6 Saturday, in the meter's zone; undefined is any day. */
  readonly weekday?: number | undefined;
}

export const CLOCK_POLICY: ClockPolicy = { toleranceMs: 5_000, largestStepMs: 15 * 60_000, longestRoundTripMs: 10_000 };

export interface Deviation {
  /** Device minus ours; positive is fast. */
  readonly deviationMs: number;
  /** Half of the round trip: the truth lies within. */
  readonly uncertaintyMs: number;
}

export function deviationOf({ deviceMs, askedMs, answeredMs }: ClockReading): Deviation {
  return { deviationMs: deviceMs - (askedMs + answeredMs) / 2, uncertaintyMs: (answeredMs - askedMs) / 2 };
}

export type ClockVerdict =
  | { readonly kind: 'right' }
  | { readonly kind: 'set'; readonly byMs: number }
  | { readonly kind: 'leave'; readonly why: 'host-unsure' | 'not-its-day' | 'round-trip' | 'interval-edge' }
  /** An event for a person: the clock was reset, or the zone is wrong. */
  | { readonly kind: 'alarm'; readonly byMs: number };

export interface ClockFacts {
  /** Our own clock is synchronised, as the host says. */
  readonly isHostSure: boolean;
  /** 0 to 6 in the meter's zone now. */
  readonly weekday: number;
  readonly intervalSeconds?: number | undefined;
}

export function judgeClock(
  reading: ClockReading,
  policy: ClockPolicy,
  { isHostSure, weekday, intervalSeconds }: ClockFacts,
): ClockVerdict {
  const { deviationMs, uncertaintyMs } = deviationOf(reading);
  const leave = (why: 'host-unsure' | 'not-its-day' | 'round-trip' | 'interval-edge'): ClockVerdict => ({
    kind: 'leave',
    why,
  });
  if (!isHostSure) return leave('host-unsure');
  if (2 * uncertaintyMs > policy.longestRoundTripMs) return leave('round-trip');
  const off = Math.abs(deviationMs);
  if (off <= policy.toleranceMs + uncertaintyMs) return { kind: 'right' };
  if (off > policy.largestStepMs) return { kind: 'alarm', byMs: -deviationMs };
  if (policy.weekday !== undefined && policy.weekday !== weekday) return leave('not-its-day');
  if (intervalSeconds !== undefined && crossesEdge(reading, intervalSeconds)) return leave('interval-edge');
  return { kind: 'set', byMs: -deviationMs };
}

/** Setting a clock over the edge of an interval makes one interval too long and another too short, or one twice. */
function crossesEdge({ deviceMs, answeredMs }: ClockReading, intervalSeconds: number): boolean {
  const stepMs = intervalSeconds * 1_000;
  const slack = 2_000; // The command still has to travel.
  const [earlier, later] = deviceMs < answeredMs ? [deviceMs, answeredMs + slack] : [answeredMs, deviceMs + slack];
  return Math.floor(earlier / stepMs) !== Math.floor(later / stepMs);
}
