/** Last values of entities: from memory, and from the columnar store the first time that somebody asks after a start. */

import { type Column, type Entity, recall, type SeenCell, type Table } from './catalogue.js';
import { type ColumnarResult, NO_VERSION } from './columnar.js';
import { relationOf } from './questions.js';
import { type Asking, askSettled } from './settled.js';
import { latestSql } from './sql.js';

export interface LatestCell {
  readonly name: string;
  readonly kind: Column['kind'];
  readonly unit: string | undefined;
  readonly indexMs: number;
  readonly value: unknown;
}

/** Looked through first: nearly all that has a last value said it in the month before the newest row. */
const RECENT_MS = 35 * 86_400_000;

/** Stands for a column that never said anything: older than everything, so that whatever comes is newer. */
const NOTHING: SeenCell = { indexMs: Number.NEGATIVE_INFINITY, version: NO_VERSION, value: '', isNewest: true };

export class Latest {
  readonly #asking: Asking;

  constructor(asking: Asking) {
    this.#asking = asking;
  }

  /** By entity id, in their order; only what has values. */
  async of(
    table: Table,
    entities: readonly Entity[],
    columns: readonly Column[],
  ): Promise<ReadonlyMap<string, readonly LatestCell[]>> {
    const unknown = entities.filter((entity) => columns.some(({ column }) => entity.seen[column]?.isNewest !== true));
    const stored = unknown.length === 0 ? undefined : await this.#load(table, unknown, columns);
    const found = new Map<string, Map<string, LatestCell>>();
    for (const entity of entities) {
      const cells = found.get(entity.id) ?? new Map<string, LatestCell>();
      for (const { column, name, kind, unit } of columns) {
        const cell = stored?.get(entity.entity)?.get(column) ?? entity.seen[column];
        const known = cells.get(name);
        if (
          cell !== undefined &&
          Number.isFinite(cell.indexMs) &&
          (known === undefined || cell.indexMs > known.indexMs)
        ) {
          const value = kind === 'json' && typeof cell.value === 'string' ? JSON.parse(cell.value) : cell.value;
          cells.set(name, { name, kind, unit, indexMs: cell.indexMs, value });
        }
      }
      if (cells.size > 0) {
        found.set(entity.id, cells);
      }
    }
    return new Map([...found].map(([id, cells]) => [id, [...cells.values()]]));
  }

  async #load(table: Table, entities: readonly Entity[], columns: readonly Column[]) {
    const before = new Map(
      entities.map((entity) => [entity, columns.map(({ column }) => copyOf(entity.seen[column]))]),
    );
    const { erasures } = table;
    const newestMs = Math.min(...entities.map(({ watermarkMs }) => watermarkMs).filter(Number.isFinite));
    const stored = toCells(await this.#ask(table, entities, columns, newestMs - RECENT_MS), entities, columns);
    // What is silent for so long lies somewhere in the years before.
    const silent = entities.filter(({ entity }) => [...(stored.get(entity)?.values() ?? [])].includes(NOTHING));
    if (silent.length > 0) {
      for (const [entity, cells] of toCells(await this.#ask(table, silent, columns, undefined), silent, columns)) {
        stored.set(entity, cells);
      }
    }
    if (table.erasures === erasures) {
      for (const entity of entities) {
        columns.forEach(({ column }, at) => {
          recall(entity, column, before.get(entity)?.[at], { ...(stored.get(entity.entity)?.get(column) ?? NOTHING) });
        });
      }
    }
    return stored;
  }

  #ask(table: Table, entities: readonly Entity[], columns: readonly Column[], fromMs: number | undefined) {
    const from = fromMs === undefined || !Number.isFinite(fromMs) ? undefined : Math.floor(fromMs);
    return askSettled(this.#asking, table, () =>
      latestSql({ ...relationOf(table, columns, entities, { fromMs: from, toMs: undefined }), sameAs: undefined }),
    );
  }
}

function toCells(result: ColumnarResult, entities: readonly Entity[], columns: readonly Column[]) {
  const rows = new Map(Array.from({ length: result.rows }, (_, row) => [Number(result.columns[0]?.[row]), row]));
  const stored = new Map<number, Map<number, SeenCell>>();
  for (const entity of entities) {
    const row = rows.get(entity.entity);
    const cells = new Map<number, SeenCell>();
    columns.forEach(({ column }, at) => {
      const cell = row === undefined ? NOTHING : cellAt(result, row, 2 + at * 3);
      cells.set(column, cell);
    });
    stored.set(entity.entity, cells);
  }
  return stored;
}

function cellAt({ columns }: ColumnarResult, row: number, from: number): SeenCell {
  const value = columns[from]?.[row];
  const [indexMs, version] = [Number(columns[from + 1]?.[row]), Number(columns[from + 2]?.[row])];
  return value === null || value === undefined || Number.isNaN(indexMs)
    ? NOTHING
    : { indexMs, version, value, isNewest: true };
}

function copyOf(cell: SeenCell | undefined): SeenCell | undefined {
  return cell === undefined ? undefined : { ...cell };
}
