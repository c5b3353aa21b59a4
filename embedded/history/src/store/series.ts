/** Columns of an answer → series per entity, and what is made of them without asking again: gaps told, points thinned out. */

import { isExact } from './aggregates.js';
import { type Grid, startOf, startsBetween } from './buckets.js';
import type { Column, Table } from './catalogue.js';
import type { ColumnarResult, ResultColumn } from './columnar.js';
import type { Aggregation, Window } from './questions.js';

export type Values = readonly unknown[];

export interface AttributeSeries {
  readonly name: string;
  readonly unit?: string | undefined;
  /** By method, where several were asked for. */
  readonly values: Values | Readonly<Record<string, Values>>;
}

/** `index` runs beside the values of every attribute; null stands where an attribute says nothing at that instant. */
export interface EntitySeries {
  readonly type: string;
  readonly id: string;
  readonly index: readonly number[];
  /** By name. */
  readonly attributes: readonly AttributeSeries[];
}

export interface Meaning {
  readonly table: Table;
  readonly columns: readonly Column[];
  readonly aggregation: Aggregation | undefined;
  readonly grid: Grid | undefined;
  readonly newestFirst: boolean;
}

/** Sorted by entity id, ascending in time whatever the order of the rows was. */
export function toSeries(meaning: Meaning, result: ColumnarResult): readonly EntitySeries[] {
  const { grid, table } = meaning;
  const [, index, ...values] = result.columns;
  const series: EntitySeries[] = [];
  for (const [entity, rows] of rowsByEntity(result, meaning.newestFirst)) {
    const instants = rows.map((row) => Number(index?.[row]));
    series.push({
      ...{ type: table.type, id: table.entities[entity]?.id ?? '' },
      index: grid === undefined ? instants : instants.map((key) => startOf(grid, key)),
      attributes: attributesOf(meaning, values, rows),
    });
  }
  return series.sort((a, b) => (a.id < b.id ? -1 : 1));
}

export function rowsByEntity(result: ColumnarResult, newestFirst: boolean): ReadonlyMap<number, readonly number[]> {
  const [entities] = result.columns;
  const byEntity = new Map<number, number[]>();
  for (let at = 0; at < result.rows; at += 1) {
    const row = newestFirst ? result.rows - 1 - at : at;
    const entity = Number(entities?.[row]);
    const rows = byEntity.get(entity);
    if (rows === undefined) {
      byEntity.set(entity, [row]);
    } else {
      rows.push(row);
    }
  }
  return byEntity;
}

function attributesOf({ columns, aggregation }: Meaning, values: readonly ResultColumn[], rows: readonly number[]) {
  if (aggregation === undefined) {
    return columns.map((column, at) => ({
      ...{ name: column.name, unit: column.unit },
      values: pick(values[at], rows, column.kind === 'json'),
    }));
  }
  const { methods, decimals } = aggregation;
  return columns.map((column, at) => {
    const told = methods.map((method, which) => {
      const isJson = column.kind === 'json' && (method.kind === 'first' || method.kind === 'last');
      const picked = pick(values[at * methods.length + which], rows, isJson);
      return isExact(method, column.kind, decimals) ? picked.map(exactInteger) : picked;
    });
    const [only] = told;
    const byMethod = () => Object.fromEntries(methods.map(({ name }, which) => [name, told[which] ?? []]));
    return { name: column.name, unit: column.unit, values: told.length === 1 && only ? only : byMethod() };
  });
}

export function pick(column: ResultColumn | undefined, rows: readonly number[], isJson: boolean): readonly unknown[] {
  return rows.map((row) => {
    const item = column?.[row] ?? null;
    if (typeof item === 'number') {
      return Number.isNaN(item) ? null : item;
    }
    return isJson && typeof item === 'string' ? JSON.parse(item) : item;
  });
}

/** Beyond 53 bits a JSON number would not be what was added up: such a sum stays a text of digits. */
function exactInteger(text: unknown): unknown {
  const number = typeof text === 'string' ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) ? number : text;
}

/** Buckets in which nothing was said, told as null; undefined: they would be more than `most`. */
export function withGaps(
  series: readonly EntitySeries[],
  grid: Grid,
  { fromMs, toMs }: Window,
  most: number,
): readonly EntitySeries[] | undefined {
  const filled: EntitySeries[] = [];
  for (const entity of series) {
    const { index } = entity;
    const starts = startsBetween(grid, fromMs ?? index[0] ?? 0, toMs ?? index.at(-1) ?? 0, most);
    if (starts === undefined) {
      return undefined;
    }
    const place = new Map(index.map((ms, at) => [ms, at]));
    const rows = starts.map((ms) => place.get(ms));
    filled.push({ ...entity, index: starts, attributes: atRows(entity.attributes, rows) });
  }
  return filled;
}

/** `undefined` among the rows is a row in which nothing is said. */
export function atRows(
  attributes: readonly AttributeSeries[],
  rows: readonly (number | undefined)[],
): readonly AttributeSeries[] {
  const spread = (values: Values) => rows.map((row) => (row === undefined ? null : (values[row] ?? null)));
  return attributes.map((attribute) => ({
    ...attribute,
    values: Array.isArray(attribute.values)
      ? spread(attribute.values)
      : Object.fromEntries(
          Object.entries(attribute.values as Readonly<Record<string, Values>>).map(([name, values]) => [
            name,
            spread(values),
          ]),
        ),
  }));
}
