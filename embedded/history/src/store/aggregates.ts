/**
 * What a bucket can be asked for, as a table: the SQL of each method and the kinds of columns it means something for. The first
 * five are QuantumLeap's, which answers 404 to the rest of the kinds.
 */

import type { ColumnKind } from '../notify/attributes.js';
import { literal } from './identifiers.js';

export type MethodKind = 'count' | 'sum' | 'avg' | 'min' | 'max' | 'first' | 'last' | 'delta' | 'percentile';

export interface Method {
  /** As it was asked for. */
  readonly name: string;
  readonly kind: MethodKind;
  /** Of a percentile, 0 to 1. */
  readonly fraction?: number | undefined;
}

export interface Exactness {
  /** The register rolls over after so many digits before the point. */
  readonly digits: number | undefined;
  /** Values are integers of the last of so many decimals, added up and told as such. */
  readonly decimals: number | undefined;
}

interface MethodRow {
  readonly applicable: readonly ColumnKind[];
  /** Told as an integer of the last digit when decimals are asked for. */
  readonly isExact: boolean;
  readonly sql: (column: string, exactness: Exactness, fraction: number) => string;
}

const NUMBERS: readonly ColumnKind[] = ['number', 'integer'];
const ALL: readonly ColumnKind[] = ['number', 'integer', 'text', 'boolean', 'json'];
const ORDERED: readonly ColumnKind[] = ['number', 'integer', 'text'];

/** fsum and favg compensate rounding (Kahan), so that a sum does not depend on the order of its rows. */
const METHODS: Readonly<Record<MethodKind, MethodRow>> = {
  count: { applicable: ALL, isExact: false, sql: (column) => `count(${column})::DOUBLE` },
  sum: { applicable: NUMBERS, isExact: true, sql: (column, exactness) => summed(column, exactness) },
  avg: { applicable: NUMBERS, isExact: false, sql: (column) => `favg(${column})` },
  min: { applicable: ORDERED, isExact: true, sql: (column, exactness) => picked('min', column, exactness) },
  max: { applicable: ORDERED, isExact: true, sql: (column, exactness) => picked('max', column, exactness) },
  first: { applicable: ALL, isExact: true, sql: (column, exactness) => dated('arg_min', column, exactness) },
  last: { applicable: ALL, isExact: true, sql: (column, exactness) => dated('arg_max', column, exactness) },
  delta: { applicable: NUMBERS, isExact: true, sql: (column, exactness) => increments(column, exactness) },
  percentile: {
    applicable: NUMBERS,
    isExact: false,
    sql: (column, _exactness, fraction) => `quantile_cont(${column}, ${ratio(fraction)})`,
  },
};

export function aggregateSql(method: Method, column: string, kind: ColumnKind, exactness: Exactness): string {
  const { digits, decimals } = exactness;
  const own = { digits, decimals: isExact(method, kind, decimals) ? decimals : undefined };
  return METHODS[method.kind].sql(column, own, method.fraction ?? 0);
}

export function isApplicable(method: Method, kind: ColumnKind): boolean {
  return METHODS[method.kind].applicable.includes(kind);
}

/** Whether the answer is the text of an integer. */
export function isExact(method: Method, kind: ColumnKind, decimals: number | undefined): boolean {
  return decimals !== undefined && METHODS[method.kind].isExact && NUMBERS.includes(kind);
}

/** The name of the column that holds what a register moves on until the next row that has it. */
export function stepName(column: string): string {
  return `"d${column.slice(2)}`;
}

/** For a window over the rows of each entity, by time. */
export function stepSql(column: string, { digits, decimals }: Exactness): string {
  const next = `lead(${column} IGNORE NULLS) OVER w`;
  const step =
    decimals === undefined ? `${next} - ${column}` : `${scaled(next, decimals)} - ${scaled(column, decimals)}`;
  if (digits === undefined) {
    return step;
  }
  const whole = `1${'0'.repeat(digits + (decimals ?? 0))}`;
  return `CASE WHEN ${step} < 0 THEN ${step} + ${whole} ELSE ${step} END`;
}

function summed(column: string, { decimals }: Exactness): string {
  return decimals === undefined ? `fsum(${column})` : `sum(${scaled(column, decimals)})::VARCHAR`;
}

function increments(column: string, { decimals }: Exactness): string {
  return decimals === undefined ? `fsum(${stepName(column)})` : `sum(${stepName(column)})::VARCHAR`;
}

function picked(aggregate: 'min' | 'max', column: string, { decimals }: Exactness): string {
  return decimals === undefined ? `${aggregate}(${column})` : `${scaled(`${aggregate}(${column})`, decimals)}::VARCHAR`;
}

function dated(aggregate: 'arg_min' | 'arg_max', column: string, { decimals }: Exactness): string {
  const value = `${aggregate}(${column}, t)`;
  return decimals === undefined ? value : `${scaled(value, decimals)}::VARCHAR`;
}

function scaled(column: string, decimals: number): string {
  return `round(${column} * 1${'0'.repeat(decimals)})::HUGEINT`;
}

/** Four digits of a fraction, written with integers alone. */
function ratio(fraction: number): string {
  return `${literal(Math.round(fraction * 10_000))} / 10000.0`;
}
