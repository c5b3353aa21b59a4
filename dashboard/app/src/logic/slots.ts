/**
 * A window of time cut into slots, each with a value or openly without one. The time index of an interval is its start (UTC);
 * what is missing stays missing: a gap is never drawn, summed or written as zero.
 */

export interface IntervalPoint {
  readonly startMs: number;
  readonly intervalSeconds: number;
  readonly importKwh: number | undefined;
  readonly exportKwh: number | undefined;
}

export interface Slot {
  readonly startMs: number;
  readonly endMs: number;
  readonly importKwh: number | undefined;
  readonly exportKwh: number | undefined;
}

/** A page shows at most a few thousand slots; a broken `intervalSeconds` must not make it draw millions. */
const MAX_SLOTS = 5_000;

/** `fromMs` and `toMs` lie on interval borders. The newest interval may still be on its way: it is no gap until the next one is due. */
export function toSlots(
  points: readonly IntervalPoint[],
  { fromMs, toMs, intervalSeconds }: { fromMs: number; toMs: number; intervalSeconds: number },
): readonly Slot[] {
  const stepMs = intervalSeconds * 1000;
  const slots: Slot[] = [];
  let cursorMs = fromMs;
  const fillTo = (untilMs: number): void => {
    while (cursorMs < untilMs && slots.length < MAX_SLOTS) {
      const endMs = Math.min(cursorMs + stepMs, untilMs);
      slots.push({ startMs: cursorMs, endMs, importKwh: undefined, exportKwh: undefined });
      cursorMs = endMs;
    }
  };
  for (const point of [...points].sort((left, right) => left.startMs - right.startMs)) {
    const endMs = point.startMs + (point.intervalSeconds > 0 ? point.intervalSeconds * 1000 : stepMs);
    if (point.startMs < cursorMs || endMs > toMs + stepMs) continue;
    fillTo(point.startMs);
    slots.push({ startMs: point.startMs, endMs, importKwh: point.importKwh, exportKwh: point.exportKwh });
    cursorMs = endMs;
  }
  if (toMs - cursorMs > stepMs) fillTo(toMs);
  return slots;
}

/** The window of the last `hours`, its end on the border of the newest complete interval. */
export function lastHours(hours: number, nowMs: number, intervalSeconds: number): { fromMs: number; toMs: number } {
  const stepMs = intervalSeconds * 1000;
  const toMs = Math.floor(nowMs / stepMs) * stepMs;
  return { fromMs: toMs - hours * 3_600_000, toMs };
}

export function slotHours(slot: { startMs: number; endMs: number }): number {
  return (slot.endMs - slot.startMs) / 3_600_000;
}

/** kWh in a quarter of an hour × 4 = the average kW of that quarter. */
export function averageKw(slot: Slot, energyKwh: number | undefined): number | undefined {
  return energyKwh === undefined ? undefined : energyKwh / slotHours(slot);
}

/** Consecutive slots without a value, as one stretch each. */
export function gapsOf(slots: readonly Slot[]): readonly { startMs: number; endMs: number }[] {
  const gaps: { startMs: number; endMs: number }[] = [];
  for (const { startMs, endMs, importKwh } of slots) {
    if (importKwh !== undefined) continue;
    const last = gaps.at(-1);
    if (last !== undefined && last.endMs === startMs) last.endMs = endMs;
    else gaps.push({ startMs, endMs });
  }
  return gaps;
}

export type Trend = 'rising' | 'falling' | 'steady' | 'unknown';

export interface Summary {
  readonly total: number;
  readonly min: { readonly value: number; readonly index: number } | undefined;
  readonly max: { readonly value: number; readonly index: number } | undefined;
  readonly trend: Trend;
  readonly counted: number;
  readonly missing: number;
}

/** Less than a tenth up or down between the two halves of the window is called steady. */
const STEADY_SHARE = 0.1;

export function summarise(values: readonly (number | undefined)[], weights?: readonly number[]): Summary {
  let total = 0;
  let counted = 0;
  let min: Summary['min'];
  let max: Summary['max'];
  for (const [index, value] of values.entries()) {
    if (value === undefined) continue;
    counted += 1;
    total += value * (weights?.[index] ?? 1);
    if (min === undefined || value < min.value) min = { value, index };
    if (max === undefined || value > max.value) max = { value, index };
  }
  return { total, min, max, trend: trendOf(values), counted, missing: values.length - counted };
}

function trendOf(values: readonly (number | undefined)[]): Trend {
  const half = Math.floor(values.length / 2);
  const before = meanOf(values.slice(0, half));
  const after = meanOf(values.slice(values.length - half));
  if (before === undefined || after === undefined) return 'unknown';
  const scale = Math.max(Math.abs(before), Math.abs(after));
  if (scale === 0 || Math.abs(after - before) <= STEADY_SHARE * scale) return 'steady';
  return after > before ? 'rising' : 'falling';
}

function meanOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
}
