/** How old a value is, and what that says about its meter. Ages are counted in the meter's own reporting intervals. */

export type MeterState = 'live' | 'late' | 'silent' | 'never';

/** A lost message or two is ordinary radio and mobile traffic; after a dozen intervals somebody should look. */
export const STATES = [
  { state: 'live', upToIntervals: 3 },
  { state: 'late', upToIntervals: 12 },
  { state: 'silent', upToIntervals: Number.POSITIVE_INFINITY },
] as const satisfies readonly { state: MeterState; upToIntervals: number }[];

/** In order of concern, as a list sorted by state shows them. */
export const STATE_ORDER: readonly MeterState[] = ['silent', 'never', 'late', 'live'];

export const DEFAULT_INTERVAL_SECONDS = 10;

export function meterState(ageMs: number | undefined, intervalSeconds: number): MeterState {
  if (ageMs === undefined) return 'never';
  const row = STATES.find(({ upToIntervals }) => ageMs <= upToIntervals * intervalSeconds * 1000);
  return row?.state ?? 'silent';
}

/** A meter's clock may run ahead of ours by a little: its age is then zero, never negative. */
export function ageMs(heardAtMs: number | undefined, nowMs: number): number | undefined {
  return heardAtMs === undefined ? undefined : Math.max(0, nowMs - heardAtMs);
}

export type AgeUnit = 'seconds' | 'minutes' | 'hours' | 'days';

/** One unit is enough to judge an age by: the largest that counts at least one (seconds up to two minutes, so that the tick is seen). */
const AGE_UNITS = [
  { unit: 'seconds', ms: 1_000, belowMs: 120_000 },
  { unit: 'minutes', ms: 60_000, belowMs: 2 * 3_600_000 },
  { unit: 'hours', ms: 3_600_000, belowMs: 48 * 3_600_000 },
  { unit: 'days', ms: 86_400_000, belowMs: Number.POSITIVE_INFINITY },
] as const satisfies readonly { unit: AgeUnit; ms: number; belowMs: number }[];

export function ageParts(age: number): { unit: AgeUnit; count: number } {
  const row = AGE_UNITS.find(({ belowMs }) => age < belowMs) ?? AGE_UNITS[3];
  return { unit: row.unit, count: Math.floor(age / row.ms) };
}
