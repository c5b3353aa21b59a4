/**
 * Which device times we believe (DESIGN 2.3). A clock that was reset, or runs days ahead, must not write into history:
 * such a reading goes to quarantine, where a person can look at it.
 */

export interface TimeWindow {
  readonly notBeforeMs: number;
  readonly maxAheadMs: number;
  /** How old a reading may be; undefined when any age since `notBeforeMs` is welcome. */
  readonly maxAgeMs: number | undefined;
}

export const DEFAULT_TIME_WINDOW: TimeWindow = {
  notBeforeMs: Date.UTC(2000, 0, 1),
  maxAheadMs: 24 * 3_600_000,
  maxAgeMs: undefined,
};

export type TimeVerdict = 'in window' | 'time.before-2000' | 'time.ahead' | 'time.too-old';

export function judgeTime(deviceMs: number, receivedAtMs: number, window: TimeWindow): TimeVerdict {
  if (deviceMs < window.notBeforeMs) return 'time.before-2000';
  if (deviceMs > receivedAtMs + window.maxAheadMs) return 'time.ahead';
  if (window.maxAgeMs !== undefined && deviceMs < receivedAtMs - window.maxAgeMs) return 'time.too-old';
  return 'in window';
}
