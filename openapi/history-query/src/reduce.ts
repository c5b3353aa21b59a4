/** What a server may leave to its clients: rows told once each, buckets made of rows, gaps found. Pure arithmetic. */

import type { Cell, Series } from './series.js';
import { bucketStarts, type ZonedPeriod } from './zoned-buckets.js';

export type Method = 'count' | 'sum' | 'avg' | 'min' | 'max' | 'first' | 'last' | 'delta';

/** One row an instant: of values told twice the later one; what says nothing hides nothing. */
export function dedupe<Name extends string>(series: Series<Name>): Series<Name> {
  const { timesMs } = series;
  if (!timesMs.some((ms, row) => row > 0 && ms === timesMs[row - 1])) return series;
  const names = Object.keys(series.columns) as Name[];
  const times: number[] = [];
  const columns = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Cell[]>;
  timesMs.forEach((ms, row) => {
    const isNew = times.at(-1) !== ms;
    if (isNew) times.push(ms);
    for (const name of names) {
      const said = series.columns[name][row] ?? null;
      if (isNew) columns[name].push(said);
      else if (said !== null) columns[name][times.length - 1] = said;
    }
  });
  return { timesMs: times, columns };
}

export interface Exactness {
  /** A register rolls over after so many digits before the point. */
  readonly digits?: number | undefined;
  /** Values become integers of the last of so many decimals. */
  readonly decimals?: number | undefined;
}

export interface Reduction extends Exactness {
  readonly period: ZonedPeriod | undefined;
  readonly zone: string | undefined;
  readonly methods: readonly Method[];
  /** Rows from here on only end the last steps of registers. */
  readonly endMs?: number | undefined;
}

export type Buckets<Name extends string> = {
  readonly timesMs: readonly number[];
  readonly columns: Readonly<Record<Name, Readonly<Partial<Record<Method, readonly Cell[]>>>>>;
};

/** Of rows that ascend and come once each. Without a period: one bucket, at the first row. */
export function reduce<Name extends string>(series: Series<Name>, reduction: Reduction): Buckets<Name> {
  const { period, zone, methods, endMs = Number.POSITIVE_INFINITY } = reduction;
  const startOf = period === undefined ? () => series.timesMs[0] ?? 0 : bucketStarts(period, zone);
  const rowsOf = new Map<number, number[]>();
  series.timesMs.forEach((ms, row) => {
    if (ms >= endMs) return;
    const start = startOf(ms);
    const rows = rowsOf.get(start);
    if (rows === undefined) rowsOf.set(start, [row]);
    else rows.push(row);
  });
  const names = Object.keys(series.columns) as Name[];
  const columns = names.map((name) => {
    const values = numbersOf(series.columns[name], reduction);
    const steps = methods.includes('delta')
      ? stepsOf(values, reduction, period === undefined ? endMs : undefined, series.timesMs)
      : [];
    const told = methods.map((method) => [
      method,
      [...rowsOf.values()].map((rows) => reduced(method, rows, values, steps)),
    ]);
    return [name, Object.fromEntries(told)];
  });
  return { timesMs: [...rowsOf.keys()], columns: Object.fromEntries(columns) };
}

/** Where steps of `stepMs` from `fromMs` on have no instant. Ends are not included. */
export function gapsIn(
  timesMs: readonly number[],
  { fromMs, toMs, stepMs }: { readonly fromMs: number; readonly toMs: number; readonly stepMs: number },
): readonly { readonly fromMs: number; readonly toMs: number }[] {
  const there = new Set(timesMs.map((ms) => Math.floor((ms - fromMs) / stepMs)));
  const gaps: { fromMs: number; toMs: number }[] = [];
  for (let step = 0; fromMs + step * stepMs < toMs; step += 1) {
    if (there.has(step)) continue;
    const startMs = fromMs + step * stepMs;
    const last = gaps.at(-1);
    if (last?.toMs === startMs) last.toMs = Math.min(startMs + stepMs, toMs);
    else gaps.push({ fromMs: startMs, toMs: Math.min(startMs + stepMs, toMs) });
  }
  return gaps;
}

/** 0.1 is 1 of the last of one decimal: the nearest integer, and never a sum of binary fractions. */
export function lastDigits(value: number, decimals: number): number {
  return Math.round(value * 10 ** decimals);
}

function numbersOf(cells: readonly Cell[], { decimals }: Exactness): readonly Cell[] {
  return decimals === undefined
    ? cells
    : cells.map((cell) => (typeof cell === 'number' ? lastDigits(cell, decimals) : cell));
}

/** From each number to the next one, wherever that is. */
function stepsOf(
  values: readonly Cell[],
  { digits, decimals = 0 }: Exactness,
  endMs: number | undefined,
  timesMs: readonly number[],
): readonly (number | null)[] {
  const steps: (number | null)[] = values.map(() => null);
  let next: number | undefined;
  for (let row = values.length - 1; row >= 0; row -= 1) {
    const value = values[row];
    if (typeof value !== 'number' || (endMs !== undefined && (timesMs[row] ?? 0) >= endMs)) continue;
    if (next !== undefined) {
      const step = next - value;
      steps[row] = step < 0 && digits !== undefined ? step + 10 ** (digits + decimals) : step;
    }
    next = value;
  }
  return steps;
}

function reduced(
  method: Method,
  rows: readonly number[],
  values: readonly Cell[],
  steps: readonly (number | null)[],
): Cell {
  const said = rows.map((row) => values[row] ?? null).filter((cell) => cell !== null);
  if (method === 'count') return said.length;
  if (method === 'first') return said[0] ?? null;
  if (method === 'last') return said.at(-1) ?? null;
  const list = method === 'delta' ? rows.map((row) => steps[row] ?? null) : said;
  const numbers = list.filter((cell) => typeof cell === 'number');
  if (numbers.length === 0) return null;
  switch (method) {
    case 'avg':
      return total(numbers) / numbers.length;
    case 'min':
      return numbers.reduce((least, number) => Math.min(least, number));
    case 'max':
      return numbers.reduce((most, number) => Math.max(most, number));
    default:
      return total(numbers);
  }
}

/** Compensated (Neumaier), so that the order of the rows does not show. */
function total(numbers: readonly number[]): number {
  let [sum, lost] = [0, 0];
  for (const number of numbers) {
    const next = sum + number;
    lost += Math.abs(sum) >= Math.abs(number) ? sum - next + number : number - next + sum;
    sum = next;
  }
  return sum + lost;
}
