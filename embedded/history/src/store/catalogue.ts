/**
 * What exists: tables (one per tenant and entity type), their columns, their entities, and per entity the newest index
 * and the cells last seen. Held in memory, derived from the columnar store at open, changed only while rows are staged.
 */

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
}

export interface Entity {
  readonly entity: number;
  readonly id: string;
  /** Rows beyond it are new by construction; the others may repeat something. -Infinity: nothing stored. */
  watermarkMs: number;
  /** Rows in `late` lie within; it may be wider than they are. */
  late: Span | undefined;
  readonly seen: (SeenCell | undefined)[];
}

export interface Table {
  readonly table: number;
  readonly tenant: string;
  readonly type: string;
  readonly columns: Column[];
  readonly columnByName: Map<string, Column>;
  readonly entities: Entity[];
  readonly entityById: Map<string, Entity>;
  late: LateExtent;
  /** Months that have left `hot`, ascending. */
  kept: readonly KeptMonth[];
}

export const NO_LATE: LateExtent = {
  rows: 0,
  fromMs: Number.POSITIVE_INFINITY,
  toMs: Number.NEGATIVE_INFINITY,
  arrival: 0,
};

export class Catalogue {
  readonly tables: Table[] = [];
  readonly #byTenant = new Map<string, Map<string, Table>>();

  static from(opened: OpenedColumnar): Catalogue {
    const catalogue = new Catalogue();
    for (const entry of opened.tables) {
      const table = catalogue.#put(entry.table, entry.tenant, entry.type, entry.late);
      table.kept = entry.kept;
      for (const { column, name, kind, unit } of entry.columns) {
        putColumn(table, { column, name, kind, unit });
      }
      for (const { entity, id, newestMs, late } of entry.entities) {
        putEntity(table, { entity, id, late, watermarkMs: newestMs ?? Number.NEGATIVE_INFINITY, seen: [] });
      }
    }
    return catalogue;
  }

  table(tenant: string, type: string): Table | undefined {
    return this.#byTenant.get(tenant)?.get(type);
  }

  /** Sorted by type, as QuantumLeap walks its tables. */
  tablesOf(tenant: string): readonly Table[] {
    const tables = [...(this.#byTenant.get(tenant)?.values() ?? [])];
    return tables.sort((a, b) => (a.type < b.type ? -1 : 1));
  }

  /** Types that hold rows of this entity. */
  typesOf(tenant: string, id: string): readonly Table[] {
    return this.tablesOf(tenant).filter((table) => isPresent(table.entityById.get(id)));
  }

  ensureTable(tenant: string, type: string, changes: SchemaChange[]): Table {
    const known = this.table(tenant, type);
    if (known !== undefined) {
      return known;
    }
    const table = this.#put(this.tables.length, tenant, type, NO_LATE);
    changes.push({ kind: 'table', table: table.table, tenant, type });
    return table;
  }

  #put(table: number, tenant: string, type: string, late: LateExtent): Table {
    const made: Table = {
      ...{ table, tenant, type, late },
      ...{ kept: [], columns: [], columnByName: new Map(), entities: [], entityById: new Map() },
    };
    this.tables[table] = made;
    const ofTenant = this.#byTenant.get(tenant) ?? new Map<string, Table>();
    this.#byTenant.set(tenant, ofTenant.set(type, made));
    return made;
  }
}

export function ensureColumn(table: Table, name: string, kind: ColumnKind, changes: SchemaChange[]): Column {
  const known = table.columnByName.get(name);
  if (known !== undefined) {
    return known;
  }
  const column: Column = { column: table.columns.length, name, kind, unit: undefined };
  putColumn(table, column);
  changes.push({ kind: 'column', table: table.table, column: column.column, name, columnKind: kind });
  return column;
}

export function ensureEntity(table: Table, id: string, changes: SchemaChange[]): Entity {
  const known = table.entityById.get(id);
  if (known !== undefined) {
    return known;
  }
  const watermarkMs = Number.NEGATIVE_INFINITY;
  const entity: Entity = { entity: table.entities.length, id, watermarkMs, late: undefined, seen: [] };
  putEntity(table, entity);
  changes.push({ kind: 'entity', table: table.table, entity: entity.entity, id });
  return entity;
}

/** True when saying it again changes no answer, now or after any later row: same key, same value, no newer record time. */
export function isRepeat(entity: Entity, column: number, indexMs: number, version: number, value: Stored): boolean {
  const seen = entity.seen[column];
  return seen !== undefined && seen.indexMs === indexMs && seen.value === value && version <= seen.version;
}

export function remember(entity: Entity, column: number, indexMs: number, version: number, value: Stored): void {
  const seen = entity.seen[column];
  if (seen === undefined) {
    entity.seen[column] = { indexMs, version, value };
  } else if (indexMs > seen.indexMs || (indexMs === seen.indexMs && version >= seen.version)) {
    seen.indexMs = indexMs;
    seen.version = version;
    seen.value = value;
  }
}

export function widen(span: Span | undefined, ms: number): Span {
  return span === undefined
    ? { fromMs: ms, toMs: ms }
    : { fromMs: Math.min(span.fromMs, ms), toMs: Math.max(span.toMs, ms) };
}

export function isPresent(entity: Entity | undefined): entity is Entity {
  return entity !== undefined && entity.watermarkMs !== Number.NEGATIVE_INFINITY;
}

export function versionOf(recordedAtMs: number | undefined): number {
  return recordedAtMs ?? NO_VERSION;
}

function putColumn(table: Table, column: Column): void {
  table.columns[column.column] = column;
  table.columnByName.set(column.name, column);
}

function putEntity(table: Table, entity: Entity): void {
  table.entities[entity.entity] = entity;
  table.entityById.set(entity.id, entity);
}
