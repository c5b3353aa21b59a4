/** The hours of a site as the aggregation publishes them: energy, and how much of it was really measured. */
import { type Slot, type Summary, summarise } from './slots.js';

export type Quality = 'measured' | 'estimated' | 'partial';
export type HourQuality = Quality | 'missing';

export const QUALITIES: readonly Quality[] = ['measured', 'estimated', 'partial'];

export interface HourPoint {
  readonly startMs: number;
  readonly importKwh: number | undefined;
  readonly exportKwh: number | undefined;
  readonly quality: Quality;
  readonly meterCount: number | undefined;
  readonly expectedMeterCount: number | undefined;
}

export interface Hour extends Slot {
  readonly quality: HourQuality;
  readonly meterCount: number | undefined;
  readonly expectedMeterCount: number | undefined;
}

/** A quality word we do not know is not taken for a measurement. */
export function toQuality(word: unknown): Quality {
  return QUALITIES.find((quality) => quality === word) ?? 'partial';
}

export function withQuality(slots: readonly Slot[], points: readonly HourPoint[]): readonly Hour[] {
  const byStart = new Map(points.map((point) => [point.startMs, point]));
  return slots.map((slot) => {
    const point = byStart.get(slot.startMs);
    const isMissing = point === undefined || slot.importKwh === undefined;
    return {
      ...slot,
      quality: isMissing ? 'missing' : point.quality,
      meterCount: point?.meterCount,
      expectedMeterCount: point?.expectedMeterCount,
    };
  });
}

/** What the site used since its local midnight, over the hours that are complete. */
export function energyToday(
  points: readonly HourPoint[],
  midnightMs: number,
): { readonly kwh: number; readonly untilMs: number } | undefined {
  const today = points.filter(({ startMs, importKwh }) => startMs >= midnightMs && importKwh !== undefined);
  if (today.length === 0) return undefined;
  return {
    kwh: today.reduce((sum, { importKwh }) => sum + (importKwh ?? 0), 0),
    untilMs: Math.max(...today.map(({ startMs }) => startMs)) + 3_600_000,
  };
}

/** Total and extremes of the hours. An hour that lacks meters is in the total, but it is neither the lowest nor part of a trend. */
export function summariseHours(hours: readonly Hour[]): Summary {
  const all = summarise(hours.map(({ importKwh }) => importKwh));
  const whole = summarise(hours.map(({ importKwh, quality }) => (quality === 'partial' ? undefined : importKwh)));
  return { ...all, min: whole.min ?? all.min, trend: whole.trend };
}
