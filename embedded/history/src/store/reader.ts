/** Questions answered: from the columnar store, or from memory where that knows. Everything acknowledged before is in. */

import { type Checked, fault, value } from '../fault.js';
import { isApplicable } from './aggregates.js';
import { type Grid, gridOf, longestMs } from './buckets.js';
import { type Catalogue, columnOf, type Entity, isPresent, type Table } from './catalogue.js';
import type { ColumnarResult, ResultColumn, Span } from './columnar.js';
import { downsampled } from './downsample.js';
import { Latest, type LatestCell } from './latest.js';
import {
  type Aggregation,
  daysOf,
  type EntityScope,
  entitiesOf,
  relationOf,
  type Selection,
  type SeriesQuestion,
  type TablePart,
  tableParts,
  tablesOf,
} from './questions.js';
import type { Relation } from './relation.js';
import { type AttributeSeries, type EntitySeries, pick, rowsByEntity, toSeries, withGaps } from './series.js';
import { askSettled } from './settled.js';
import { ALWAYS, shared } from './spans.js';
import { changesSql, newestSql, pageSql, revisionSql, type SeriesSql, seriesSql } from './sql.js';

export interface ReaderOptions {
  readonly catalogue: () => Catalogue;
  readonly query: (sql: string) => Promise<ColumnarResult>;
  /** Resolves when everything acknowledged is in. */
  readonly caughtUp: () => Promise<void>;
}

export interface EntityNewest {
  readonly id: string;
  readonly type: string;
  readonly newestMs: number;
}

export interface EntityLatest {
  readonly type: string;
  readonly id: string;
  readonly cells: readonly LatestCell[];
}

export interface RevisionSeries extends EntitySeries {
  /** Beside `index`; null where nothing was said of it. */
  readonly recordedAt: readonly (number | null)[];
}

/** Whole columns of one entity, or a part of them: the next page goes on with the same entity. */
export interface Page extends EntitySeries {
  readonly isContinued: boolean;
}

/** Where a geo query looks for where an entity is. */
const LOCATION = 'location';
/** Rows that are looked at to thin them out. */
export const MOST_SAMPLED_ROWS = 2_000_000;
/** Rows a page: a few MB in memory at a time, however long the answer. */
const PAGE_ROWS = 50_000;

export class Reader {
  readonly #options: ReaderOptions;
  readonly #latest: Latest;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#latest = new Latest(options);
  }

  async series(question: SeriesQuestion): Promise<Checked<readonly EntitySeries[]>> {
    const { aggregation } = question;
    const told: EntitySeries[] = [];
    for (const part of await this.#parts(question)) {
      const refused = part.columns.find(({ kind }) =>
        aggregation?.methods.some((method) => !isApplicable(method, kind)),
      );
      if (refused !== undefined) {
        return fault(404, 'AggrMethod cannot be applied', 'AggrMethod cannot be applied on type TEXT and BOOLEAN.');
      }
      const fromMemory = isLastOnly(question, part) ? await this.#last(part) : undefined;
      const found = fromMemory ?? (await this.#ask(part, question));
      if (found === undefined) {
        return fault(422, 'Invalid parameter value', `fill=gaps would tell more than ${question.limit} buckets.`);
      }
      told.push(...found);
    }
    return value(told);
  }

  /** The whole range thinned out to so many points an attribute. */
  async sampled(question: SeriesQuestion, points: number): Promise<Checked<readonly EntitySeries[]>> {
    const found = await this.series({ ...question, limit: MOST_SAMPLED_ROWS });
    return found.kind === 'fault' ? found : value(downsampled(found.value, points));
  }

  /** Every value ever said, oldest revision of an instant first. */
  async revisions(question: SeriesQuestion): Promise<readonly RevisionSeries[]> {
    const told: RevisionSeries[] = [];
    for (const part of await this.#parts(question)) {
      const newestFirst = question.lastN !== undefined;
      const result = await this.#query(part.table, () =>
        revisionSql({ ...part.relation(), ...windowOf(question), newestFirst }),
      );
      const [, index, versions, ...values] = result.columns;
      for (const [entity, rows] of rowsByEntity(result, newestFirst)) {
        told.push({
          ...{ type: part.table.type, id: part.table.entities[entity]?.id ?? '' },
          index: rows.map((row) => Number(index?.[row])),
          recordedAt: rows.map((row) => (Number(versions?.[row]) < 0 ? null : Number(versions?.[row]))),
          attributes: toAttributes(part, values, rows),
        });
      }
    }
    return told.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Rows by entity and time, however many; `limit` bounds them all together. */
  async *pages(question: SeriesQuestion): AsyncGenerator<Page> {
    let left = question.limit;
    for (const part of await this.#parts(question)) {
      let after: { entity: number; ms: number } | undefined;
      while (left > 0) {
        const rows = Math.min(PAGE_ROWS, left);
        const last = after;
        const result = await this.#query(part.table, () => pageSql(part.relation(), last, rows));
        const isLast = result.rows < rows || result.rows === left;
        const kept = isLast ? result.rows : beforeLastKey(result);
        yield* toPages(part, result, kept, !isLast);
        left -= kept;
        if (isLast) {
          break;
        }
        after = { entity: Number(result.columns[0]?.[kept - 1]), ms: Number(result.columns[1]?.[kept - 1]) };
      }
    }
  }

  /** Of all attributes that a question is about, by name. */
  async namesOf(question: SeriesQuestion): Promise<readonly string[]> {
    await this.#options.caughtUp();
    const parts = tableParts(this.#options.catalogue(), question);
    return [...new Set(parts.flatMap(({ columns }) => columns.map(({ name }) => name)))].sort();
  }

  /** Newest first. */
  async entities(selection: Selection): Promise<readonly EntityNewest[]> {
    await this.#options.caughtUp();
    const found: EntityNewest[] = [];
    for (const table of tablesOf(this.#options.catalogue(), selection)) {
      const entities = entitiesOf(table, selection);
      for (const [entity, newestMs] of await this.newest(table, entities, selection)) {
        found.push({ id: table.entities[entity]?.id ?? '', type: table.type, newestMs });
      }
    }
    return found.sort((a, b) => b.newestMs - a.newestMs || (a.id < b.id ? -1 : 1));
  }

  async typesOf(tenant: string, id: string): Promise<readonly string[]> {
    await this.#options.caughtUp();
    const tables = this.#options.catalogue().typesOf(tenant, id);
    return tables.map((table) => table.type);
  }

  /** Last values, from memory; entities without any are left out. */
  async latest(selection: Selection, attributes: readonly string[] | undefined): Promise<readonly EntityLatest[]> {
    await this.#options.caughtUp();
    const told: EntityLatest[] = [];
    for (const table of tablesOf(this.#options.catalogue(), selection)) {
      const entities = entitiesOf(table, selection) ?? table.entities.filter(isPresent);
      const columns = attributes?.map((name) => columnOf(table, name)) ?? table.columns;
      const known = columns.filter((column) => column !== undefined);
      for (const [id, cells] of await this.#latest.of(table, entities, known)) {
        told.push({ type: table.type, id, cells });
      }
    }
    return told;
  }

  /** Newest index of each entity that has rows in the window, twins as one. */
  async newest(table: Table, entities: readonly Entity[] | undefined, window: Pick<Selection, 'fromMs' | 'toMs'>) {
    if (window.fromMs === undefined && window.toMs === undefined) {
      const newest = new Map<string, Entity>();
      for (const entity of entities ?? table.entities.filter(isPresent)) {
        const known = newest.get(entity.id);
        if (known === undefined || entity.watermarkMs > known.watermarkMs) {
          newest.set(entity.id, entity);
        }
      }
      return new Map([...newest.values()].map(({ entity, watermarkMs }) => [entity, watermarkMs]));
    }
    const { rows, columns } = await this.#query(table, () => newestSql(relationOf(table, [], entities, window)));
    return new Map(Array.from({ length: rows }, (_, row) => [Number(columns[0]?.[row]), Number(columns[1]?.[row])]));
  }

  #query(table: Table, sql: () => string): Promise<ColumnarResult> {
    return askSettled(this.#options, table, sql);
  }

  async #parts(question: SeriesQuestion): Promise<readonly TablePart[]> {
    await this.#options.caughtUp();
    const parts = tableParts(this.#options.catalogue(), question);
    if (question.isAtPlace === undefined) {
      return parts;
    }
    const placed: TablePart[] = [];
    for (const { table, entities } of parts) {
      const scopes = await this.#placesOf(table, entities, question);
      const catalogue = this.#options.catalogue();
      placed.push(...tableParts(catalogue, { ...question, type: table.type, scopes, isAtPlace: undefined }));
    }
    return placed;
  }

  /** When each entity was at a place that passes. It is where it was last said to be. */
  async #placesOf(table: Table, entities: readonly Entity[] | undefined, question: SeriesQuestion) {
    const column = columnOf(table, LOCATION);
    const { isAtPlace, scopes } = question;
    if (column === undefined || isAtPlace === undefined) {
      return [];
    }
    const { rows, columns } = await this.#query(table, () =>
      changesSql(relationOf(table, [column], entities, { fromMs: undefined, toMs: question.toMs })),
    );
    const found: EntityScope[] = [];
    const passes = remembering(isAtPlace);
    for (let row = 0; row < rows; row += 1) {
      const entity = Number(columns[0]?.[row]);
      const id = table.entities[entity]?.id ?? '';
      const isSame = row + 1 < rows && Number(columns[0]?.[row + 1]) === entity;
      const span = {
        fromMs: Number(columns[1]?.[row]),
        toMs: isSame ? Number(columns[1]?.[row + 1]) - 1 : ALWAYS.toMs,
      };
      if (passes(String(columns[2]?.[row] ?? ''))) {
        const own: readonly Span[] | undefined = scopes?.filter((scope) => scope.id === id);
        found.push(...(own === undefined ? [span] : shared([span], own)).map((each) => ({ id, ...each })));
      }
    }
    return found;
  }

  async #last({ table, columns, entities }: TablePart): Promise<readonly EntitySeries[] | undefined> {
    if (entities === undefined) {
      return undefined;
    }
    const told: EntitySeries[] = [];
    for (const [id, cells] of await this.#latest.of(table, entities, columns)) {
      const newestMs = Math.max(...cells.map(({ indexMs }) => indexMs));
      const byName = new Map(
        cells.filter(({ indexMs }) => indexMs === newestMs).map((cell) => [cell.name, cell.value]),
      );
      const attributes = columns.map(({ name, unit }) => ({ name, unit, values: [byName.get(name) ?? null] }));
      told.push({ type: table.type, id, index: [newestMs], attributes });
    }
    return told;
  }

  async #ask(part: TablePart, question: SeriesQuestion): Promise<readonly EntitySeries[] | undefined> {
    const { aggregation } = question;
    const newestFirst = question.lastN !== undefined;
    const grid = aggregation === undefined ? undefined : gridFor(part, aggregation, question);
    const sql = (): SeriesSql => ({
      ...relationFor(part, question),
      ...windowOf(question),
      ...{ newestFirst, endMs: question.toMs },
      days: aggregation === undefined ? undefined : daysOf(part, question, aggregation, grid),
      aggregation:
        aggregation === undefined
          ? undefined
          : { grid, methods: aggregation.methods, digits: aggregation.digits, decimals: aggregation.decimals },
    });
    const meaning = { table: part.table, columns: part.columns, aggregation, grid, newestFirst };
    const series = toSeries(meaning, await this.#query(part.table, () => seriesSql(sql())));
    return grid === undefined || aggregation?.fillsGaps !== true
      ? series
      : withGaps(series, grid, question, question.limit);
  }
}

function windowOf({ lastN, limit, offset }: SeriesQuestion) {
  return { limit: Math.min(lastN ?? limit, limit), offset };
}

/** Of one entity, over all time: memory knows. */
function isLastOnly(question: SeriesQuestion, part: TablePart): boolean {
  const relation = part.relation();
  const { lastN, limit, offset, ids, aggregation, fromMs, toMs, asOfMs } = question;
  const isEverything = fromMs === undefined && toMs === undefined && relation.scopes === undefined;
  const isPlain = aggregation === undefined && asOfMs === undefined && relation.tellsNulls !== true;
  return lastN === 1 && limit > 0 && offset === 0 && ids?.length === 1 && isPlain && isEverything;
}

function gridFor(
  { table, entities }: TablePart,
  { period, zone }: Aggregation,
  question: SeriesQuestion,
): Grid | undefined {
  if (period === undefined) {
    return undefined;
  }
  // Changes of the clocks behind the newest row need not be known, unless gaps are told there.
  const newestMs = (entities ?? table.entities).reduce((newest, { watermarkMs }) => Math.max(newest, watermarkMs), 0);
  return gridOf(period, zone, question.fromMs ?? ALWAYS.fromMs, question.toMs ?? newestMs);
}

/** The step that begins in the last bucket ends with a reading behind it, at most one period later. */
function relationFor(part: TablePart, question: SeriesQuestion): Relation {
  const { table, columns, entities } = part;
  const relation = part.relation();
  const { aggregation, toMs } = question;
  const looksBehind = aggregation?.methods.some(({ kind }) => kind === 'delta') === true;
  if (!looksBehind || aggregation.period === undefined || toMs === undefined) {
    return relation;
  }
  const wider = { ...question, toMs: toMs + longestMs(aggregation.period), tellsNulls: relation.tellsNulls };
  return relationOf(table, columns, entities, wider);
}

function toAttributes(
  { columns }: TablePart,
  values: readonly ResultColumn[],
  rows: readonly number[],
): readonly AttributeSeries[] {
  return columns.map(({ name, unit, kind }, at) => ({ name, unit, values: pick(values[at], rows, kind === 'json') }));
}

function* toPages(part: TablePart, result: ColumnarResult, kept: number, isContinued: boolean): Generator<Page> {
  const [entities, index, ...values] = result.columns;
  for (let from = 0, to = 0; from < kept; from = to) {
    const entity = Number(entities?.[from]);
    while (to < kept && Number(entities?.[to]) === entity) {
      to += 1;
    }
    const rows = Array.from({ length: to - from }, (_, at) => from + at);
    yield {
      ...{ type: part.table.type, id: part.table.entities[entity]?.id ?? '' },
      index: rows.map((row) => Number(index?.[row])),
      attributes: toAttributes(part, values, rows),
      isContinued: isContinued && to === kept,
    };
  }
}

/** Twins may share the last key of a page: the next page begins with it, so that none of them is lost. */
function beforeLastKey({ rows, columns }: ColumnarResult): number {
  const [entities, index] = columns;
  let kept = rows - 1;
  while (kept > 0 && entities?.[kept - 1] === entities?.[rows - 1] && index?.[kept - 1] === index?.[rows - 1]) {
    kept -= 1;
  }
  return kept > 0 ? kept : rows;
}

function remembering(test: (text: string) => boolean): (text: string) => boolean {
  const known = new Map<string, boolean>();
  return (text) => {
    const passes = known.get(text) ?? test(text);
    known.set(text, passes);
    return passes;
  };
}
