/** Series as columns over one list of instants: what charts, tables and sums want, and what the wire carries. */

import type { EntityHistory } from '@contor/quantumleap-client';
import { instants } from './instants.js';
import { RequestError } from './request-error.js';

export type Cell = number | string | boolean | null;

/** `columns[name][i]` is the value of `name` at `timesMs[i]`; null where there is none. Times ascend. */
export interface Series<Name extends string = string> {
  readonly timesMs: readonly number[];
  readonly columns: Readonly<Record<Name, readonly Cell[]>>;
}

/** The same while it is being filled. */
export interface GrowingSeries<Name extends string> {
  readonly timesMs: number[];
  readonly columns: Record<Name, Cell[]>;
}

export function emptySeries<Name extends string>(names: readonly Name[]): GrowingSeries<Name> {
  return {
    timesMs: [],
    columns: Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Cell[]>,
  };
}

/** Adds the rows of an answer behind those we have, without the first `skip` of them. */
export function appendRows<Name extends string>(
  series: GrowingSeries<Name>,
  names: readonly Name[],
  answer: EntityHistory,
  skip = 0,
): void {
  const timesMs = instants(answer.index ?? []);
  const values = new Map(
    (answer.attributes ?? []).map((column) => [column.attrName, column.values as readonly Cell[] | undefined]),
  );
  for (let row = skip; row < timesMs.length; row += 1) series.timesMs.push(timesMs[row] ?? 0);
  for (const name of names) {
    const column = values.get(name);
    if (column !== undefined && column.length !== timesMs.length) {
      throw new RequestError(
        'http.unexpected-answer',
        `${name} has ${column.length} values for ${timesMs.length} instants`,
        { name },
      );
    }
    const target = series.columns[name];
    for (let row = skip; row < timesMs.length; row += 1) target.push(column?.[row] ?? null);
  }
}

/** No data is `[]` in QuantumLeap since 1.0.1, 404 before and in some of its routes; both mean nothing. */
export function isNothing(answer: unknown): boolean {
  return answer === undefined || answer === null || Array.isArray(answer) || typeof answer !== 'object';
}

/** Rows at the end of the series that share its last instant. */
export function rowsAtEnd(timesMs: readonly number[]): number {
  const last = timesMs.at(-1);
  let count = 0;
  while (count < timesMs.length && timesMs[timesMs.length - 1 - count] === last) count += 1;
  return count;
}
