/**
 * Answers of several questions about parts of one → the answer to the whole, as if only what may be seen had ever been told. Rows of
 * several spans are put behind each other; parts of one bucket become one; then the page is cut, in the order history has.
 */

import type { HistoryQuestion } from './history-question.js';
import type { HistoryAttribute, HistorySeries } from './history-series.js';

/** An answer, and which method it was asked with. */
export interface HistoryPart {
  readonly method: string | undefined;
  readonly series: readonly HistorySeries[];
}

/** Two parts of a bucket → one; the earlier part comes first. `avg` is asked as sum and count. */
const COMBINE: Readonly<Record<string, (a: unknown, b: unknown) => unknown>> = {
  count: (a, b) => Number(a) + Number(b),
  sum: (a, b) => Number(a) + Number(b),
  min: (a, b) => (isBelow(b, a) ? b : a),
  max: (a, b) => (isBelow(a, b) ? b : a),
  first: (a) => a,
  last: (_a, b) => b,
};

/** Whether parts of a bucket in this method can be put together at all. */
export function canCombine(method: string): boolean {
  return method === 'avg' || Object.hasOwn(COMBINE, method);
}

interface Table {
  readonly type: string;
  readonly id: string;
  readonly index: string[];
  readonly columns: Map<string, unknown[]>;
  readonly units: Map<string, unknown>;
}

interface Row {
  readonly table: Table;
  readonly at: number;
  readonly ms: number;
}

/** Index of the only row of a total. */
const TOTAL = 'total';
/** Between an attribute and a method; no name has one. */
const SEPARATOR = '\u0000';

/** `isCut`: the parts are whole, and the page is still to be taken out of them. */
export function mergeHistory(
  question: HistoryQuestion,
  parts: readonly HistoryPart[],
  isCut = true,
): readonly HistorySeries[] {
  const isTotal = question.method !== undefined && question.period === undefined;
  const tables = new Map<string, Table>();
  for (const { method, series } of parts) {
    for (const one of series) addTo(tableOf(tables, one), one, method, question.method, isTotal);
  }
  for (const table of tables.values()) if (question.method === 'avg') divide(table);
  return isCut ? pageOf([...tables.values()], question, isTotal) : [...tables.values()].map((table) => toSeries(table));
}

function tableOf(tables: Map<string, Table>, { type, id }: HistorySeries): Table {
  const key = JSON.stringify([type, id]);
  const known = tables.get(key);
  if (known !== undefined) return known;
  const table: Table = { type, id, index: [], columns: new Map(), units: new Map() };
  tables.set(key, table);
  return table;
}

function addTo(
  table: Table,
  series: HistorySeries,
  method: string | undefined,
  wanted: string | undefined,
  isTotal: boolean,
) {
  const index = isTotal ? [TOTAL] : series.index;
  const rows = rowsFor(table, index, wanted !== undefined);
  for (const { name, unitCode, values } of series.attributes) {
    if (unitCode !== undefined) table.units.set(name, unitCode);
    const lists: readonly (readonly [string, readonly unknown[]])[] = Array.isArray(values)
      ? [[wanted === 'avg' && method !== 'avg' ? `${name}${SEPARATOR}${method}` : name, values]]
      : Object.entries(values).map(([which, list]) => [`${name}${SEPARATOR}${which}`, list as readonly unknown[]]);
    for (const [column, list] of lists) put(table, column, rows, list, method);
  }
}

/** Where each instant of a part stands in the table. Raw rows are never the same; buckets may be. */
function rowsFor(table: Table, index: readonly string[], isAggregated: boolean): readonly number[] {
  const known = isAggregated ? new Map(table.index.map((text, at) => [text, at])) : undefined;
  return index.map((text) => known?.get(text) ?? table.index.push(text) - 1);
}

function put(
  table: Table,
  column: string,
  rows: readonly number[],
  list: readonly unknown[],
  method: string | undefined,
) {
  const cells = table.columns.get(column) ?? [];
  table.columns.set(column, cells);
  for (const [at, row] of rows.entries()) {
    const [before, said] = [cells[row] ?? null, list[at] ?? null];
    const combine = method === undefined ? undefined : COMBINE[method];
    cells[row] = before === null || said === null || combine === undefined ? (said ?? before) : combine(before, said);
  }
}

/** sum and count of the parts → the mean of the whole. A part that was whole brings its mean with it. */
function divide(table: Table): void {
  for (const column of [...table.columns.keys()]) {
    const [name = '', method] = column.split(SEPARATOR);
    if (method !== 'sum') continue;
    const sums = table.columns.get(column) ?? [];
    const counts = table.columns.get(`${name}${SEPARATOR}count`) ?? [];
    const means = sums.map((sum, at) => (sum === null || !counts[at] ? null : Number(sum) / Number(counts[at])));
    table.columns.set(name, means);
    table.columns.delete(column);
    table.columns.delete(`${name}${SEPARATOR}count`);
  }
}

/** Each type has a page of its own, as history reads table after table. */
function pageOf(tables: readonly Table[], question: HistoryQuestion, isTotal: boolean): readonly HistorySeries[] {
  const { offset, lastN, limit } = question;
  const rows = Math.min(lastN ?? limit, limit);
  const byType = new Map<string, Row[]>();
  for (const table of tables) {
    const known = byType.get(table.type) ?? [];
    byType.set(table.type, known);
    for (const [at, text] of table.index.entries()) known.push({ table, at, ms: isTotal ? 0 : Date.parse(text) });
  }
  return [...byType]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, all]) => regroup(all.sort(orderOf(question)).slice(offset, offset + rows)));
}

/** Rows by time, buckets by entity and time; the newest first where the newest are wanted. */
function orderOf({ method, lastN }: HistoryQuestion): (a: Row, b: Row) => number {
  const direction = lastN === undefined ? 1 : -1;
  const byId = (a: Row, b: Row) => (a.table.id < b.table.id ? -1 : a.table.id > b.table.id ? 1 : 0);
  return method === undefined
    ? (a, b) => direction * (a.ms - b.ms || byId(a, b))
    : (a, b) => byId(a, b) || direction * (a.ms - b.ms);
}

function regroup(rows: readonly Row[]): readonly HistorySeries[] {
  const byTable = new Map<Table, Row[]>();
  for (const row of rows) {
    const known = byTable.get(row.table);
    if (known === undefined) byTable.set(row.table, [row]);
    else known.push(row);
  }
  return [...byTable]
    .sort(([a], [b]) => (a.id < b.id ? -1 : 1))
    .map(([table, own]) =>
      toSeries(
        table,
        own.sort((a, b) => a.ms - b.ms).map(({ at }) => at),
      ),
    );
}

function toSeries(table: Table, rows: readonly number[] = [...table.index.keys()]): HistorySeries {
  const lists = new Map<string, Map<string | undefined, readonly unknown[]>>();
  for (const [column, cells] of table.columns) {
    const [name = '', method] = column.split(SEPARATOR);
    const byMethod = lists.get(name) ?? new Map<string | undefined, readonly unknown[]>();
    lists.set(
      name,
      byMethod.set(
        method,
        rows.map((row) => cells[row] ?? null),
      ),
    );
  }
  const attributes = [...lists].map(([name, byMethod]): HistoryAttribute => {
    const unit = table.units.has(name) ? { unitCode: table.units.get(name) } : {};
    const only = byMethod.get(undefined);
    return { name, ...unit, values: only ?? Object.fromEntries([...byMethod].map(([method, list]) => [method, list])) };
  });
  const { type, id } = table;
  const sorted = attributes.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { type, id, index: rows.map((row) => table.index[row] ?? ''), attributes: sorted };
}

/** Numbers as numbers, anything else as text, as a database compares a column. */
function isBelow(a: unknown, b: unknown): boolean {
  return typeof a === 'number' && typeof b === 'number' ? a < b : String(a) < String(b);
}
