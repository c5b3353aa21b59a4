/**
 * What exists: tables (one per tenant and entity type), their columns, their entities, and per entity the newest index
 * and the cells last seen. Held in memory, derived from the columnar store at open, changed only while rows are staged.
 */

import { type Dialect, OURS } from '../dialect.js';
import type { ColumnKind } from '../notify/attributes.js';
import type { Stored } from './cast.js';
import {
  type KeptMonth,
  type LateExtent,
  NO_VERSION,
  type OpenedColumnar,
  type SchemaChange,
  type Span,
} from './columnar.js';

export interface Column {
  readonly column: number;
  readonly name: string;
  readonly kind: ColumnKind;
  unit: string | undefined;
}

/** The newest cell of one column that this process has seen for an entity. */
export interface SeenCell {
  indexMs: number;
  version: number;
  value: Stored;
  /** It is what history serves as the last value: nothing in the columnar store is newer. */
  isNewest: boolean;
}

export interface Entity {
  readonly entity: number;
  readonly id: string;
  /** Service path; '' is the root. The same id in two paths is told as one entity, but kept as two. */
  readonly path: string;
  /** Rows beyond it are new by construction; the others may repeat something. -Infinity: nothing stored. */
  watermarkMs: number;
  /** Rows in `late` lie within; it may be wider than they are. */
  late: Span | undefined;
  readonly seen: (SeenCell | undefined)[];
  /** Of values that their columns cannot hold: what is kept beside them. */
  rawSeen: Map<number, SeenCell> | undefined;
}

export interface Table {
  readonly table: number;
  readonly tenant: string;
  readonly type: string;
  readonly fold: Dialect['fold'];
  readonly columns: Column[];
  /** By folded name. */
  readonly columnByName: Map<string, Column>;
  readonly entities: Entity[];
  /** One for each service path. */
  readonly entitiesById: Map<string, readonly Entity[]>;
  late: LateExtent;
  /** Erasures so far: what was read before the last of them may be gone. */
  erasures: number;
  /** Rows are being moved or erased: where they lie is not known until it resolves. */
  moving: Promise<void> | undefined;
  /** How often that was so. */
  moves: number;
  isDropped: boolean;
  /** Months that have left `hot`, ascending. */
  kept: readonly KeptMonth[];
  /** No row in `hot` is older. */
  hotFromMs: number;
}

export const NO_LATE: LateExtent = {
  rows: 0,
  fromMs: Number.POSITIVE_INFINITY,
  toMs: Number.NEGATIVE_INFINITY,
  arrival: 0,
};

export class Catalogue {
  readonly #dialect: Dialect;
  readonly #byTenant = new Map<string, Map<string, Table>>();
  #nextTable = 0;

  constructor(dialect: Dialect = OURS) {
    this.#dialect = dialect;
  }

  static from(opened: OpenedColumnar, dialect: Dialect = OURS): Catalogue {
    const catalogue = new Catalogue(dialect);
    for (const entry of opened.tables) {
      const table = catalogue.#put(entry.table, entry.tenant, entry.type, entry.late);
      table.kept = entry.kept;
      table.hotFromMs = entry.hotFromMs;
      for (const { column, name, kind, unit } of entry.columns) {
        putColumn(table, { column, name, kind, unit });
      }
      for (const { entity, id, path, newestMs, late } of entry.entities) {
        const watermarkMs = newestMs ?? Number.NEGATIVE_INFINITY;
        putEntity(table, { entity, id, path, late, watermarkMs, seen: [], rawSeen: undefined });
      }
    }
    return catalogue;
  }

  get dialect(): Dialect {
    return this.#dialect;
  }

  get tables(): readonly Table[] {
    return [...this.#byTenant.values()].flatMap((tables) => [...tables.values()]);
  }

  table(tenant: string, type: string): Table | undefined {
    return this.#byTenant.get(tenant)?.get(this.#dialect.fold(type));
  }

  /** Sorted by type, as QuantumLeap walks its tables. */
  tablesOf(tenant: string): readonly Table[] {
    const tables = [...(this.#byTenant.get(tenant)?.values() ?? [])];
    return tables.sort((a, b) => (a.type < b.type ? -1 : 1));
  }

  /** Types that hold rows of this entity. */
  typesOf(tenant: string, id: string): readonly Table[] {
    return this.tablesOf(tenant).filter((table) => table.entitiesById.get(id)?.some(isPresent));
  }

  /** Forgets a type, its attributes and what kinds they are of. */
  drop(table: Table): void {
    table.isDropped = true;
    this.#byTenant.get(table.tenant)?.delete(this.#dialect.fold(table.type));
  }

  ensureTable(tenant: string, type: string, changes: SchemaChange[]): Table {
    const known = this.table(tenant, type);
    if (known !== undefined) {
      return known;
    }
    const table = this.#put(this.#nextTable, tenant, type, NO_LATE);
    changes.push({ kind: 'table', table: table.table, tenant, type });
    return table;
  }

  #put(table: number, tenant: string, type: string, late: LateExtent): Table {
    const made: Table = {
      ...{ table, tenant, type, late, fold: this.#dialect.fold, erasures: 0 },
      ...{ moving: undefined, moves: 0, isDropped: false },
      ...{
        kept: [],
        hotFromMs: Number.POSITIVE_INFINITY,
        columns: [],
        columnByName: new Map(),
        entities: [],
        entitiesById: new Map(),
      },
    };
    this.#nextTable = Math.max(this.#nextTable, table + 1);
    const ofTenant = this.#byTenant.get(tenant) ?? new Map<string, Table>();
    this.#byTenant.set(tenant, ofTenant.set(this.#dialect.fold(type), made));
    return made;
  }
}

export function ensureColumn(table: Table, name: string, kind: ColumnKind, changes: SchemaChange[]): Column {
  const known = columnOf(table, name);
  if (known !== undefined) {
    return known;
  }
  const column: Column = { column: table.columns.length, name, kind, unit: undefined };
  putColumn(table, column);
  changes.push({ kind: 'column', table: table.table, column: column.column, name, columnKind: kind });
  return column;
}

export function columnOf(table: Table, name: string): Column | undefined {
  return table.columnByName.get(table.fold(name));
}

export function ensureEntity(table: Table, id: string, path: string, changes: SchemaChange[]): Entity {
  const known = table.entitiesById.get(id)?.find((entity) => entity.path === path);
  if (known !== undefined) {
    return known;
  }
  const entity: Entity = {
    ...{ entity: table.entities.length, id, path, watermarkMs: Number.NEGATIVE_INFINITY },
    ...{ late: undefined, seen: [], rawSeen: undefined },
  };
  putEntity(table, entity);
  changes.push({ kind: 'entity', table: table.table, entity: entity.entity, id, path });
  return entity;
}

/** True when saying it again changes no answer, now or after any later row: same key, same value, same record time. */
export function isRepeat(seen: SeenCell | undefined, indexMs: number, version: number, value: Stored): boolean {
  return seen !== undefined && seen.indexMs === indexMs && seen.value === value && version === seen.version;
}

/** `isBeyond`: beyond everything the entity has, so that it is the newest value whatever is stored. */
export function remember(
  entity: Entity,
  column: number,
  { indexMs, version, value }: Omit<SeenCell, 'isNewest'>,
  isBeyond: boolean,
): void {
  const seen = entity.seen[column];
  if (seen === undefined) {
    entity.seen[column] = { indexMs, version, value, isNewest: isBeyond };
  } else if (indexMs > seen.indexMs || (indexMs === seen.indexMs && version >= seen.version)) {
    seen.indexMs = indexMs;
    seen.version = version;
    seen.value = value;
    seen.isNewest ||= isBeyond;
  }
}

/** Notes the newest value as the columnar store has it, unless something was staged since `before`, when it was asked. */
export function recall(entity: Entity, column: number, before: SeenCell | undefined, stored: SeenCell): void {
  const seen = entity.seen[column];
  const isUnchanged =
    seen === undefined
      ? before === undefined
      : before !== undefined &&
        seen.indexMs === before.indexMs &&
        seen.version === before.version &&
        seen.value === before.value;
  if (isUnchanged) {
    entity.seen[column] = stored;
  }
}

export function widen(span: Span | undefined, ms: number): Span {
  return span === undefined
    ? { fromMs: ms, toMs: ms }
    : { fromMs: Math.min(span.fromMs, ms), toMs: Math.max(span.toMs, ms) };
}

export function isPresent(entity: Entity): boolean {
  return entity.watermarkMs !== Number.NEGATIVE_INFINITY;
}

export function versionOf(recordedAtMs: number | undefined): number {
  return recordedAtMs ?? NO_VERSION;
}

function putColumn(table: Table, column: Column): void {
  table.columns[column.column] = column;
  table.columnByName.set(table.fold(column.name), column);
}

function putEntity(table: Table, entity: Entity): void {
  table.entities[entity.entity] = entity;
  table.entitiesById.set(entity.id, [...(table.entitiesById.get(entity.id) ?? []), entity]);
}
