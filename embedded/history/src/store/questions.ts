/** Questions in NGSI's words → SQL of each table they touch; columns of the answer → series per entity. */

import { type Checked, fault, value } from '../fault.js';
import type { ColumnKind } from '../notify/attributes.js';
import type { Catalogue, Column, Table } from './catalogue.js';
import { isPresent } from './catalogue.js';
import type { ColumnarResult, ResultColumn, Span } from './columnar.js';
import { monthOf } from './months.js';
import type { Kept } from './source-sql.js';
import { type AggregationMethod, type AggregationPeriod, newestSql, seriesSql } from './sql.js';

export interface Window {
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

export interface Selection extends Window {
  readonly tenant: string;
  /** undefined: every type. */
  readonly type: string | undefined;
  readonly ids: readonly string[] | undefined;
  readonly matchesId: ((id: string) => boolean) | undefined;
}

export interface Aggregation {
  readonly method: AggregationMethod;
  readonly period: AggregationPeriod | undefined;
}

export interface SeriesQuestion extends Selection {
  /** undefined: every attribute of the type. */
  readonly attributes: readonly string[] | undefined;
  readonly aggregation: Aggregation | undefined;
  readonly lastN: number | undefined;
  readonly limit: number;
  readonly offset: number;
}

export interface AttributeSeries {
  readonly name: string;
  readonly values: readonly unknown[];
}

/** `index` runs beside the values of every attribute; null stands where an attribute says nothing at that instant. */
export interface EntitySeries {
  readonly type: string;
  readonly id: string;
  readonly index: readonly number[];
  /** By name. */
  readonly attributes: readonly AttributeSeries[];
}

export interface EntityNewest {
  readonly id: string;
  readonly type: string;
  readonly newestMs: number;
}

/** One SQL text and what its columns mean. */
export interface TableQuestion {
  readonly sql: string;
  readonly table: Table;
  readonly columns: readonly Column[];
  readonly isCount: boolean;
  readonly newestFirst: boolean;
}

/** What each kind of column can be aggregated to; QuantumLeap answers 404 to the rest. */
const APPLICABLE: Readonly<Record<AggregationMethod, readonly ColumnKind[]>> = {
  count: ['number', 'text', 'boolean', 'json'],
  sum: ['number'],
  avg: ['number'],
  min: ['number', 'text'],
  max: ['number', 'text'],
};

export function tableQuestions(catalogue: Catalogue, question: SeriesQuestion): Checked<readonly TableQuestion[]> {
  const made: TableQuestion[] = [];
  for (const table of tablesOf(catalogue, question)) {
    const columns = columnsOf(table, question.attributes);
    const entities = entitiesOf(table, question);
    if (columns.length === 0 || entities?.length === 0) {
      continue;
    }
    const { aggregation, lastN } = question;
    if (aggregation !== undefined && columns.some(({ kind }) => !APPLICABLE[aggregation.method].includes(kind))) {
      return fault(404, 'AggrMethod cannot be applied', 'AggrMethod cannot be applied on type TEXT and BOOLEAN.');
    }
    const newestFirst = lastN !== undefined;
    const sql = seriesSql({
      ...{ table: table.table, columns, entities, aggregation, newestFirst },
      ...{ fromMs: question.fromMs, toMs: question.toMs, mergeLate: needsMerge(table, entities, question) },
      kept: keptIn(table, question),
      limit: Math.min(lastN ?? question.limit, question.limit),
      offset: question.offset,
    });
    made.push({ sql, table, columns, isCount: aggregation?.method === 'count', newestFirst });
  }
  return value(made);
}

export function newestQuestion(table: Table, window: Window): string {
  const mergeLate = touchesLate(table, window);
  return newestSql({ ...window, table: table.table, entities: undefined, mergeLate, kept: keptIn(table, window) });
}

/** Sorted by entity id, ascending in time whatever the order of the rows was. */
export function toSeries(question: TableQuestion, result: ColumnarResult): readonly EntitySeries[] {
  const [entities, index, ...values] = result.columns;
  const rowsByEntity = new Map<number, number[]>();
  for (let at = 0; at < result.rows; at += 1) {
    const row = question.newestFirst ? result.rows - 1 - at : at;
    const entity = Number(entities?.[row]);
    const rows = rowsByEntity.get(entity);
    if (rows === undefined) {
      rowsByEntity.set(entity, [row]);
    } else {
      rows.push(row);
    }
  }
  const series: EntitySeries[] = [];
  for (const [entity, rows] of rowsByEntity) {
    const id = question.table.entities[entity]?.id ?? '';
    const attributes = question.columns.map((column, at) => ({
      name: column.name,
      values: pick(values[at], rows, column.kind === 'json' && !question.isCount),
    }));
    series.push({ type: question.table.type, id, index: rows.map((row) => Number(index?.[row])), attributes });
  }
  return series.sort((a, b) => (a.id < b.id ? -1 : 1));
}

function pick(column: ResultColumn | undefined, rows: readonly number[], isJson: boolean): readonly unknown[] {
  return rows.map((row) => {
    const item = column?.[row] ?? null;
    if (typeof item === 'number') {
      return Number.isNaN(item) ? null : item;
    }
    return isJson && typeof item === 'string' ? JSON.parse(item) : item;
  });
}

export function tablesOf(catalogue: Catalogue, { tenant, type }: Pick<Selection, 'tenant' | 'type'>): readonly Table[] {
  if (type === undefined) {
    return catalogue.tablesOf(tenant);
  }
  const table = catalogue.table(tenant, type);
  return table === undefined ? [] : [table];
}

/** undefined: no restriction. */
export function entitiesOf(table: Table, { ids, matchesId }: Selection): readonly number[] | undefined {
  if (ids === undefined && matchesId === undefined) {
    return undefined;
  }
  const candidates = ids === undefined ? table.entities : [...new Set(ids)].map((id) => table.entityById.get(id));
  return candidates
    .filter(isPresent)
    .filter((entity) => matchesId === undefined || matchesId(entity.id))
    .map((entity) => entity.entity);
}

function columnsOf(table: Table, names: readonly string[] | undefined): readonly Column[] {
  const wanted = names === undefined ? table.columns : [...new Set(names)].map((name) => table.columnByName.get(name));
  return wanted.filter((column) => column !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Most questions meet no late row at all, and are then plain scans of `hot`. */
function needsMerge(table: Table, entities: readonly number[] | undefined, window: Window): boolean {
  return (
    touchesLate(table, window) &&
    (entities === undefined || entities.some((entity) => overlaps(table.entities[entity]?.late, window)))
  );
}

/** Sealed rows are pruned by the database itself; files that cannot have rows of the window are not even named. */
function keptIn(table: Table, { fromMs, toMs }: Window): Kept {
  const first = fromMs === undefined ? Number.NEGATIVE_INFINITY : monthOf(fromMs);
  const last = toMs === undefined ? Number.POSITIVE_INFINITY : monthOf(toMs);
  const kept = table.kept.filter(({ month }) => month >= first && month <= last);
  const archives = kept.flatMap(({ archive }) => (archive === undefined ? [] : [archive]));
  return { isSealed: archives.length < kept.length, archives };
}

function touchesLate(table: Table, window: Window): boolean {
  return table.late.rows > 0 && overlaps(table.late, window);
}

function overlaps(span: Span | undefined, { fromMs, toMs }: Window): boolean {
  return (
    span !== undefined && (fromMs === undefined || fromMs <= span.toMs) && (toMs === undefined || toMs >= span.fromMs)
  );
}
