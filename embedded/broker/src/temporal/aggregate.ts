/** The aggregation methods of GS CIM 009 V1.9.1, 4.5.19.2, over the values of one attribute in periods of time. */

import { type Duration, isZero, periodOf, startOf } from './duration.js';

export const METHODS = ['totalCount', 'distinctCount', 'sum', 'avg', 'min', 'max', 'stddev', 'sumsq'] as const;
export type Method = (typeof METHODS)[number];

/** A value and when it held. */
export type Sample = readonly [atMs: number, value: unknown];

/** One period: a result and the period it speaks of. */
export type Aggregate = readonly [result: unknown, startMs: number, endMs: number];

export interface Span {
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

type Reducer = (values: readonly unknown[]) => unknown;

/** Undefined: the method means nothing for such values (4.5.19.2), so the period has no result. */
const REDUCERS: Readonly<Record<Method, Reducer>> = {
  totalCount: (values) => values.length,
  distinctCount: (values) => new Set(values.map((value) => JSON.stringify(value))).size,
  sum: numeric((numbers) => total(numbers)),
  avg: numeric((numbers) => total(numbers) / numbers.length),
  min: ordered((a, b) => a < b),
  max: ordered((a, b) => a > b),
  stddev: numeric(deviation),
  sumsq: numeric((numbers) => total(numbers.map((value) => value * value))),
};

/**
 * Periods begin at the beginning of the query, or without one at the first sample; a duration of zero is one period for all
 * (4.5.19.1). Periods without a sample are left out. `samples` ascend.
 */
export function aggregate(
  samples: readonly Sample[],
  method: Method,
  duration: Duration,
  span: Span,
): readonly Aggregate[] {
  const first = samples[0]?.[0];
  const last = samples.at(-1)?.[0];
  if (first === undefined || last === undefined) return [];
  const originMs = span.fromMs ?? first;
  if (isZero(duration)) {
    const result = REDUCERS[method](samples.map(([, value]) => value));
    return result === undefined ? [] : [[result, originMs, span.toMs ?? last]];
  }
  const found: Aggregate[] = [];
  let from = 0;
  while (from < samples.length) {
    const index = periodOf(originMs, duration, samples[from]?.[0] ?? 0);
    const endMs = startOf(originMs, duration, index + 1);
    let to = from;
    while (to < samples.length && (samples[to]?.[0] ?? 0) < endMs) to += 1;
    const result = REDUCERS[method](samples.slice(from, to).map(([, value]) => value));
    if (result !== undefined) found.push([result, startOf(originMs, duration, index), endMs]);
    from = to;
  }
  return found;
}

/** Booleans count as 1 and 0; a period with anything else in it has no such result. */
function numeric(reduce: (numbers: readonly number[]) => number): Reducer {
  return (values) => {
    const numbers = values.map((value) => (typeof value === 'boolean' ? Number(value) : value));
    return numbers.every((value) => typeof value === 'number') ? reduce(numbers) : undefined;
  };
}

function ordered(isBefore: (a: number | string, b: number | string) => boolean): Reducer {
  return (values) => {
    const comparable = values.map((value) => (typeof value === 'boolean' ? Number(value) : value));
    const isText = comparable.every((value) => typeof value === 'string');
    if (!isText && !comparable.every((value) => typeof value === 'number')) return undefined;
    return (comparable as readonly (number | string)[]).reduce((best, value) => (isBefore(value, best) ? value : best));
  };
}

/** Compensated (Neumaier), so that a sum does not depend on how large its neighbours are. */
function total(numbers: readonly number[]): number {
  let sum = 0;
  let lost = 0;
  for (const value of numbers) {
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + lost;
}

/** Of the whole population: one value deviates by nothing. */
function deviation(numbers: readonly number[]): number {
  const mean = total(numbers) / numbers.length;
  return Math.sqrt(total(numbers.map((value) => (value - mean) ** 2)) / numbers.length);
}
