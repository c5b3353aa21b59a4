/**
 * Rows of acknowledged notifications → one batch for the columnar store. A row beyond its entity's watermark goes to
 * `hot` and is unique by construction; a row at or behind it goes to `late`, where queries merge by key; a cell that only
 * repeats what is known goes nowhere. Deterministic: the same records in the same order stage the same rows.
 */

import type { Cell } from '../notify/attributes.js';
import type { EntityUpdate, Row } from '../notify/notification.js';
import { GrowingBlock } from './blocks.js';
import { castTo, type Stored } from './cast.js';
import {
  type Catalogue,
  type Column,
  type Entity,
  ensureColumn,
  ensureEntity,
  isRepeat,
  remember,
  type Table,
  versionOf,
  widen,
} from './catalogue.js';
import type { Batch, RawValue, SchemaChange } from './columnar.js';
import { copyPath } from './paths.js';

/** Rows at one instant that are told apart; the next ones are merged as ever. */
const MOST_COPIES = 64;

interface StagedTable {
  readonly table: Table;
  readonly hot: GrowingBlock;
  readonly late: GrowingBlock;
}

interface Settled {
  readonly column: Column;
  readonly value: Stored;
}

export interface StagedCounts {
  hotRows: number;
  lateRows: number;
  repeatedCells: number;
  uncastableCells: number;
}

export class Staging {
  readonly counts: StagedCounts = { hotRows: 0, lateRows: 0, repeatedCells: 0, uncastableCells: 0 };
  readonly #catalogue: Catalogue;
  #schema: SchemaChange[] = [];
  #raw: RawValue[] = [];
  #tables = new Map<Table, StagedTable>();
  #rows = 0;

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  get tables(): number {
    return this.#tables.size;
  }

  get rows(): number {
    return this.#rows;
  }

  add(tenant: string, update: EntityUpdate): void {
    if (update.rows.length === 0) {
      return;
    }
    const table = this.#catalogue.ensureTable(tenant, update.type, this.#schema);
    for (const row of update.rows) {
      this.#addRow(table, this.#entityFor(table, update, row), row);
    }
  }

  /** Hands over what was staged, as far as log record `sequence`, and begins anew. */
  take(sequence: number): Batch {
    const tables = [...this.#tables.values()].map(({ table, hot, late }) => ({
      table: table.table,
      hot: hot.rows > 0 ? hot.finish() : undefined,
      late: late.rows > 0 ? late.finish() : undefined,
    }));
    const batch = { sequence, schema: this.#schema, tables, raw: this.#raw };
    this.#schema = [];
    this.#raw = [];
    this.#tables = new Map();
    this.#rows = 0;
    return batch;
  }

  #entityFor(table: Table, { id, path }: EntityUpdate, { indexMs }: Row): Entity {
    const first = ensureEntity(table, id, path, this.#schema);
    if (!this.#catalogue.dialect.countsRepeats) {
      return first;
    }
    // A row beside another one belongs to a copy of the entity, in which it is beyond all others.
    for (let copy = 1, entity = first; ; copy += 1) {
      if (indexMs > entity.watermarkMs || copy > MOST_COPIES) {
        return entity;
      }
      entity = ensureEntity(table, id, copyPath(path, copy), this.#schema);
    }
  }

  #addRow(table: Table, entity: Entity, row: Row): void {
    const version = versionOf(row.recordedAtMs);
    const isNew = row.indexMs > entity.watermarkMs;
    const settled: Settled[] = [];
    for (const cell of row.cells) {
      const fresh = this.#settle(table, entity, row.indexMs, version, cell);
      if (fresh !== undefined) {
        settled.push(fresh);
      }
    }
    // Where rows count in which nothing is said, one whose values no column can hold counts, too.
    if (settled.length === 0 && !(this.#catalogue.dialect.tellsNulls && isNew && row.cells.length > 0)) {
      return;
    }
    const staged = this.#staged(table);
    const block = isNew ? staged.hot : staged.late;
    const at = block.add(
      entity.entity,
      row.indexMs,
      version,
      isNew ? 0 : this.#nextArrival(table, entity, row.indexMs),
    );
    for (const { column, value } of settled) {
      block.set(at, column.column, column.kind, value);
      remember(entity, column.column, { indexMs: row.indexMs, version, value }, isNew);
    }
    if (isNew) {
      entity.watermarkMs = row.indexMs;
      table.hotFromMs = Math.min(table.hotFromMs, row.indexMs);
      this.counts.hotRows += 1;
    } else {
      this.counts.lateRows += 1;
    }
    this.#rows += 1;
  }

  #settle(table: Table, entity: Entity, indexMs: number, version: number, cell: Cell): Settled | undefined {
    const column = ensureColumn(
      table,
      cell.name,
      cell.declared ?? this.#catalogue.dialect.kindOf(cell.value),
      this.#schema,
    );
    if (cell.unit !== undefined && cell.unit !== column.unit) {
      column.unit = cell.unit;
      this.#schema.push({ kind: 'unit', table: table.table, column: column.column, unit: cell.unit });
    }
    const cast = castTo(column.kind, cell.value);
    const said = cast.kind === 'raw' ? cast.text : cast.value;
    const seen = cast.kind === 'raw' ? entity.rawSeen?.get(column.column) : entity.seen[column.column];
    if (isRepeat(seen, indexMs, version, said)) {
      this.counts.repeatedCells += 1;
      return undefined;
    }
    if (cast.kind === 'raw') {
      this.counts.uncastableCells += 1;
      entity.rawSeen ??= new Map();
      entity.rawSeen.set(column.column, { indexMs, version, value: said, isNewest: false });
      this.#raw.push({
        table: table.table,
        entity: entity.entity,
        column: column.column,
        indexMs,
        version,
        text: cast.text,
      });
      return undefined;
    }
    return { column, value: cast.value };
  }

  #staged(table: Table): StagedTable {
    let staged = this.#tables.get(table);
    if (staged === undefined) {
      staged = { table, hot: new GrowingBlock(), late: new GrowingBlock() };
      this.#tables.set(table, staged);
    }
    return staged;
  }

  #nextArrival(table: Table, entity: Entity, indexMs: number): number {
    const arrival = table.late.arrival + 1;
    table.late = { ...widen(table.late, indexMs), rows: table.late.rows + 1, arrival };
    entity.late = widen(entity.late, indexMs);
    return arrival;
  }
}
