/** Columns of history (one time index, many attributes) → the points that pages draw. */
import type { AttributeName } from '@contor/orion-config';
import { type HourPoint, toQuality } from './site-hours.js';
import type { IntervalPoint } from './slots.js';

export interface HistoryTable {
  readonly index: readonly number[];
  readonly columns: Readonly<Partial<Record<AttributeName, readonly unknown[]>>>;
}

export const INTERVAL_COLUMNS = ['activeEnergyImport', 'activeEnergyExport', 'intervalSeconds'] as const;
export const HOUR_COLUMNS = [
  'activeEnergyImport',
  'activeEnergyExport',
  'activeEnergyImportQuality',
  'meterCount',
  'expectedMeterCount',
] as const;

export const PROFILE_SECONDS = 900;

export function toIntervalPoints({ index, columns }: HistoryTable): readonly IntervalPoint[] {
  return index.map((startMs, row) => ({
    startMs,
    intervalSeconds: numberAt(columns.intervalSeconds, row) ?? PROFILE_SECONDS,
    importKwh: numberAt(columns.activeEnergyImport, row),
    exportKwh: numberAt(columns.activeEnergyExport, row),
  }));
}

export function toHourPoints({ index, columns }: HistoryTable): readonly HourPoint[] {
  return index.map((startMs, row) => ({
    startMs,
    importKwh: numberAt(columns.activeEnergyImport, row),
    exportKwh: numberAt(columns.activeEnergyExport, row),
    quality: toQuality(columns.activeEnergyImportQuality?.[row]),
    meterCount: numberAt(columns.meterCount, row),
    expectedMeterCount: numberAt(columns.expectedMeterCount, row),
  }));
}

function numberAt(column: readonly unknown[] | undefined, row: number): number | undefined {
  const value = column?.[row];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
