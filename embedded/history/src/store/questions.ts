/** Questions in NGSI's words → for each table they touch, the part of its relation that they are about. */

import type { LocationTest } from '../geo/geo-query.js';
import { BESIDE } from '../notify/attributes.js';
import type { Method } from './aggregates.js';
import type { Grid, Period } from './buckets.js';
import { type Catalogue, type Column, columnOf, type Entity, isPresent, type Table } from './catalogue.js';
import type { Span } from './columnar.js';
import { addsDays, type Days, restsOf, wholeDays } from './days.js';
import { monthOf, monthSpan } from './months.js';
import { isBelow } from './paths.js';
import type { Relation, Scope } from './relation.js';
import type { Kept } from './source-sql.js';
import { ALWAYS, merged } from './spans.js';

export interface Window {
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

/** What somebody may see of an entity: inclusive; several of one entity add up. */
export interface EntityScope extends Span {
  readonly id: string;
}

export interface Selection extends Window {
  readonly tenant: string;
  /** undefined: every type. */
  readonly type: string | undefined;
  readonly ids?: readonly string[] | undefined;
  readonly matchesId?: ((id: string) => boolean) | undefined;
  /** Service paths, as prefixes. */
  readonly paths?: readonly string[] | undefined;
}

export interface Aggregation {
  readonly methods: readonly Method[];
  readonly period: Period | undefined;
  readonly zone?: string | undefined;
  readonly digits?: number | undefined;
  readonly decimals?: number | undefined;
  readonly fillsGaps?: boolean | undefined;
}

export interface SeriesQuestion extends Selection {
  /** undefined: every attribute of the type. */
  readonly attributes: readonly string[] | undefined;
  /** Columns that stand beside an attribute are told without being named. */
  readonly tellsBeside?: boolean | undefined;
  readonly aggregation?: Aggregation | undefined;
  readonly lastN?: number | undefined;
  readonly limit: number;
  readonly offset: number;
  readonly asOfMs?: number | undefined;
  /** Only entities named here, and of each only these rows. */
  readonly scopes?: readonly EntityScope[] | undefined;
  /** Only rows at a place that passes. */
  readonly isAtPlace?: LocationTest | undefined;
}

/** The part of one table. */
export interface TablePart {
  readonly table: Table;
  readonly columns: readonly Column[];
  /** undefined: all of them. */
  readonly entities: readonly Entity[] | undefined;
  /** As the rows lie now. */
  readonly relation: () => Relation;
}

export function tableParts(catalogue: Catalogue, question: SeriesQuestion): readonly TablePart[] {
  const parts: TablePart[] = [];
  for (const table of tablesOf(catalogue, question)) {
    const columns = columnsOf(table, question);
    const entities = entitiesOf(table, question);
    if (columns.length > 0 && entities?.length !== 0) {
      const tellsNulls = catalogue.dialect.tellsNulls;
      parts.push({
        table,
        columns,
        entities,
        relation: () => relationOf(table, columns, entities, { ...question, tellsNulls }),
      });
    }
  }
  return parts;
}

export function relationOf(
  table: Table,
  columns: readonly Column[],
  entities: readonly Entity[] | undefined,
  question: Window & Partial<SeriesQuestion> & { readonly tellsNulls?: boolean | undefined },
): Relation {
  return {
    ...{ table: table.table, columns, tellsNulls: question.tellsNulls, asOfMs: question.asOfMs },
    entities: entities?.map(({ entity }) => entity),
    ...{ fromMs: question.fromMs, toMs: question.toMs },
    ...{ mergeLate: needsMerge(table, entities, question), kept: keptIn(table, question) },
    scopes: question.scopes === undefined ? undefined : scopesOf(entities ?? [], question.scopes),
    sameAs: twinsOf(table, entities ?? table.entities),
  };
}

export function tablesOf(catalogue: Catalogue, { tenant, type }: Pick<Selection, 'tenant' | 'type'>): readonly Table[] {
  if (type === undefined) {
    return catalogue.tablesOf(tenant);
  }
  const table = catalogue.table(tenant, type);
  return table === undefined ? [] : [table];
}

/** undefined: no restriction. */
export function entitiesOf(
  table: Table,
  { ids, matchesId, paths, scopes }: Partial<SeriesQuestion>,
): readonly Entity[] | undefined {
  const isEverywhere = paths === undefined || paths.includes('');
  if (ids === undefined && matchesId === undefined && scopes === undefined && isEverywhere) {
    return undefined;
  }
  const named = scopes === undefined ? ids : scopes.map(({ id }) => id).filter((id) => ids?.includes(id) ?? true);
  const candidates =
    named === undefined ? table.entities : [...new Set(named)].flatMap((id) => table.entitiesById.get(id) ?? []);
  return candidates.filter(
    (entity) => isPresent(entity) && isBelow(entity.path, paths) && (matchesId === undefined || matchesId(entity.id)),
  );
}

function columnsOf(table: Table, { attributes, tellsBeside }: SeriesQuestion): readonly Column[] {
  const wanted =
    attributes === undefined
      ? table.columns.filter(({ name }) => tellsBeside === true || !name.includes(BESIDE))
      : [...new Set(attributes.map((name) => columnOf(table, name)))];
  return wanted.filter((column) => column !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function scopesOf(entities: readonly Entity[], scopes: readonly EntityScope[]): readonly Scope[] {
  const byId = new Map<string, Span[]>();
  for (const { id, fromMs, toMs } of scopes) {
    const span = { fromMs: Math.max(fromMs, ALWAYS.fromMs), toMs: Math.min(toMs, ALWAYS.toMs) };
    byId.set(id, [...(byId.get(id) ?? []), span]);
  }
  return entities.flatMap(({ entity, id }) => merged(byId.get(id) ?? []).map((span) => ({ entity, ...span })));
}

/** The same entity in several service paths is told as the first of them. */
function twinsOf(table: Table, entities: readonly Entity[]): Relation['sameAs'] {
  if (table.entitiesById.size === table.entities.length) {
    return undefined;
  }
  const first = new Map<string, number>();
  return entities.flatMap(({ entity, id }) => {
    const known = first.get(id);
    first.set(id, known ?? entity);
    return known === undefined ? [] : [[entity, known] as const];
  });
}

/** What of a part is added up from days: whole days within the window, of kept months of which nothing waits elsewhere. */
export function daysOf(
  part: TablePart,
  window: Window,
  aggregation: Aggregation,
  grid: Grid | undefined,
): Days | undefined {
  const { table, columns, entities } = part;
  const relation = part.relation();
  if (!addsDays(relation, columns, aggregation.methods, grid, aggregation.decimals)) {
    return undefined;
  }
  const whole = { fromMs: window.fromMs ?? ALWAYS.fromMs, toMs: window.toMs ?? ALWAYS.toMs };
  const settled = table.kept
    .map(({ month }) => monthSpan(month))
    .filter((span) => span.toMs < table.hotFromMs && !touchesLate(table, span))
    .map((span) => wholeDays({ fromMs: Math.max(span.fromMs, whole.fromMs), toMs: Math.min(span.toMs, whole.toMs) }))
    .filter(({ fromMs, toMs }) => fromMs < toMs);
  const runs = merged(settled);
  const rests = runs.length === 0 ? undefined : restsOf(whole, runs);
  if (rests === undefined) {
    return undefined;
  }
  const { tellsNulls } = relation;
  return { runs, rests: rests.map((rest) => relationOf(table, columns, entities, { ...rest, tellsNulls })) };
}

/** Most questions meet no late row at all, and are then plain scans. */
function needsMerge(table: Table, entities: readonly Entity[] | undefined, window: Window): boolean {
  return (
    touchesLate(table, window) && (entities === undefined || entities.some((entity) => overlaps(entity.late, window)))
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
