/** Blocks and catalogue entries → DuckDB's appender, in chunks of its vector size. */

import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBType,
  type DuckDBValue,
  type DuckDBVector,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api';
import type { ColumnKind } from '../notify/attributes.js';
import type { ColumnValues, RawValue, RowBlock, SchemaChange } from '../store/columnar.js';

/** DuckDB's standard vector size. */
const CHUNK_ROWS = 2048;

const TYPES: Readonly<Record<ColumnKind, DuckDBType>> = {
  number: DOUBLE,
  integer: DOUBLE,
  text: VARCHAR,
  json: VARCHAR,
  boolean: BOOLEAN,
};

type Fill = (vector: DuckDBVector, from: number, count: number) => void;

interface Appended {
  readonly type: DuckDBType;
  readonly fill: Fill;
}

/** `kinds`: of every column of the table in order; a block says nothing about some of them. */
export function appendBlock(
  connection: DuckDBConnection,
  table: string,
  block: RowBlock,
  kinds: readonly ColumnKind[],
  isLate: boolean,
): Promise<void> {
  const said = new Map(block.columns.map((column) => [column.column, column]));
  return append(connection, table, block.rows, [
    { type: INTEGER, fill: each((row) => block.entity[row] ?? null) },
    { type: BIGINT, fill: each((row) => BigInt(block.index[row] ?? 0)) },
    { type: BIGINT, fill: each((row) => BigInt(block.version[row] ?? 0)) },
    ...(isLate ? [{ type: BIGINT, fill: each((row) => BigInt(block.arrival[row] ?? 0)) }] : []),
    ...kinds.map((kind, column) => ({ type: TYPES[kind], fill: fillColumn(said.get(column)) })),
  ]);
}

type NewEntity = Extract<SchemaChange, { kind: 'entity' }>;

export function appendEntities(connection: DuckDBConnection, entities: readonly NewEntity[]): Promise<void> {
  return append(connection, 'entities', entities.length, [
    { type: INTEGER, fill: each((row) => entities[row]?.table ?? null) },
    { type: INTEGER, fill: each((row) => entities[row]?.entity ?? null) },
    { type: VARCHAR, fill: each((row) => entities[row]?.id ?? null) },
    { type: VARCHAR, fill: each((row) => entities[row]?.path ?? null) },
  ]);
}

export function appendRaw(connection: DuckDBConnection, raw: readonly RawValue[]): Promise<void> {
  return append(connection, 'raw', raw.length, [
    { type: INTEGER, fill: each((row) => raw[row]?.table ?? null) },
    { type: INTEGER, fill: each((row) => raw[row]?.entity ?? null) },
    { type: INTEGER, fill: each((row) => raw[row]?.column ?? null) },
    { type: BIGINT, fill: each((row) => BigInt(raw[row]?.indexMs ?? 0)) },
    { type: BIGINT, fill: each((row) => BigInt(raw[row]?.version ?? 0)) },
    { type: VARCHAR, fill: each((row) => raw[row]?.text ?? null) },
  ]);
}

async function append(
  connection: DuckDBConnection,
  table: string,
  rows: number,
  columns: readonly Appended[],
): Promise<void> {
  if (rows === 0) {
    return;
  }
  const appender = await connection.createAppender(table);
  const types = columns.map((column) => column.type);
  for (let from = 0; from < rows; from += CHUNK_ROWS) {
    const count = Math.min(CHUNK_ROWS, rows - from);
    const chunk = DuckDBDataChunk.create(types, count);
    columns.forEach((column, at) => {
      const vector = chunk.getColumnVector(at);
      column.fill(vector, from, count);
      vector.flush();
    });
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

function fillColumn(column: ColumnValues | undefined): Fill {
  if (column === undefined) {
    return each(() => null);
  }
  const { values } = column;
  switch (column.kind) {
    case 'number':
    case 'integer':
      return each((row) => numberOrNull(values[row]));
    case 'boolean':
      return each((row) => (values[row] === -1 ? null : values[row] === 1));
    default:
      return each((row) => values[row] ?? null);
  }
}

function numberOrNull(value: unknown): DuckDBValue {
  return typeof value === 'number' && !Number.isNaN(value) ? value : null;
}

function each(pick: (row: number) => DuckDBValue): Fill {
  return (vector, from, count) => {
    for (let row = 0; row < count; row += 1) {
      vector.setItem(row, pick(from + row));
    }
  };
}
