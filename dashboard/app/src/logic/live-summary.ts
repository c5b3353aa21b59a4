/** The figures above the table. Nothing is added up twice. Only meters that can still be believed are added up, and the page says how many those are. */
import { ageMs, type MeterState, meterState } from './age.js';
import type { MeterRow } from './city.js';

export interface LiveSummary {
  readonly powerW: number | undefined;
  readonly countedMeters: number;
  readonly meters: number;
  readonly byState: Readonly<Record<MeterState, number>>;
}

export function liveSummary(rows: readonly MeterRow[], nowMs: number): LiveSummary {
  const byState: Record<MeterState, number> = { live: 0, late: 0, silent: 0, never: 0 };
  let powerW = 0;
  let countedMeters = 0;
  for (const row of rows) {
    const state = stateOfRow(row, nowMs);
    byState[state] += 1;
    if ((state === 'live' || state === 'late') && row.powerW !== undefined && !row.isUpstream) {
      powerW += row.powerW;
      countedMeters += 1;
    }
  }
  return { powerW: countedMeters > 0 ? powerW : undefined, countedMeters, meters: rows.length, byState };
}

export function stateOfRow(row: MeterRow, nowMs: number): MeterState {
  return meterState(ageMs(row.heardAtMs, nowMs), row.intervalSeconds);
}
