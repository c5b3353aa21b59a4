/** Rows on their way to the columnar store: grown row by row, handed over as typed columns that move between threads without a copy. */

import type { ColumnKind } from '../notify/attributes.js';
import type { Stored } from './cast.js';
import type { ColumnValues, RowBlock } from './columnar.js';

interface GrowingColumn {
  readonly column: number;
  readonly kind: ColumnKind;
  /** With holes where a row says nothing. */
  readonly values: Stored[];
}

export class GrowingBlock {
  readonly #entity: number[] = [];
  readonly #index: number[] = [];
  readonly #version: number[] = [];
  readonly #arrival: number[] = [];
  readonly #columns: (GrowingColumn | undefined)[] = [];

  get rows(): number {
    return this.#entity.length;
  }

  /** Returns the number of the new row. */
  add(entity: number, indexMs: number, version: number, arrival: number): number {
    this.#index.push(indexMs);
    this.#version.push(version);
    this.#arrival.push(arrival);
    return this.#entity.push(entity) - 1;
  }

  set(row: number, column: number, kind: ColumnKind, value: Stored): void {
    let growing = this.#columns[column];
    if (growing === undefined) {
      growing = { column, kind, values: [] };
      this.#columns[column] = growing;
    }
    growing.values[row] = value;
  }

  finish(): RowBlock {
    const rows = this.rows;
    return {
      rows,
      entity: Int32Array.from(this.#entity),
      index: Float64Array.from(this.#index),
      version: Float64Array.from(this.#version),
      arrival: Float64Array.from(this.#arrival),
      columns: this.#columns.filter((column) => column !== undefined).map((column) => finishColumn(column, rows)),
    };
  }
}

function finishColumn({ column, kind, values }: GrowingColumn, rows: number): ColumnValues {
  if (kind === 'number' || kind === 'integer') {
    const numbers = new Float64Array(rows);
    for (let row = 0; row < rows; row += 1) {
      const stored = values[row];
      numbers[row] = typeof stored === 'number' ? stored : Number.NaN;
    }
    return { column, kind, values: numbers };
  }
  if (kind === 'boolean') {
    const flags = new Int8Array(rows);
    for (let row = 0; row < rows; row += 1) {
      const stored = values[row];
      flags[row] = stored === undefined ? -1 : stored === true ? 1 : 0;
    }
    return { column, kind, values: flags };
  }
  const texts: (string | null)[] = [];
  for (let row = 0; row < rows; row += 1) {
    const stored = values[row];
    texts.push(typeof stored === 'string' ? stored : null);
  }
  return { column, kind, values: texts };
}

/** Buffers that may change threads with a block. */
export function buffersOf(block: RowBlock): ArrayBuffer[] {
  const arrays = [block.entity, block.index, block.version, block.arrival];
  const columns = block.columns.flatMap((column) => (ArrayBuffer.isView(column.values) ? [column.values] : []));
  return [...arrays, ...columns].map((array) => array.buffer as ArrayBuffer);
}
