/**
 * The port to the columnar store behind the log. Batches go in with the log sequence they reach, in one transaction;
 * columns come out. DuckDB in a worker thread implements it; simulations implement it in memory.
 */

import type { ColumnKind } from '../notify/attributes.js';

export interface ColumnEntry {
  readonly column: number;
  readonly name: string;
  readonly kind: ColumnKind;
  readonly unit: string | undefined;
}

export interface EntityEntry {
  readonly entity: number;
  readonly id: string;
  /** Newest index in hot or late; undefined when nothing is stored (any more). */
  readonly newestMs: number | undefined;
  /** Between which instants it has rows in `late`. */
  readonly late: Span | undefined;
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** How many rows wait in `late`, between which instants, and the last arrival number. */
export interface LateExtent {
  readonly rows: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly arrival: number;
}

export interface TableEntry {
  readonly table: number;
  readonly tenant: string;
  readonly type: string;
  readonly columns: readonly ColumnEntry[];
  readonly entities: readonly EntityEntry[];
  readonly late: LateExtent;
}

/** A month in a Parquet file beside the database. */
export interface Archive {
  /** Full path. */
  readonly file: string;
  /** Catalogue numbers of the columns it has; the table may have got more since. */
  readonly columns: readonly number[];
}

export interface OpenedColumnar {
  /** The log up to here is in the tables. */
  readonly appliedSequence: number;
  readonly tables: readonly TableEntry[];
  readonly setAside?: SetAside;
}

/** Where what was unreadable was put, and why it was. */
export interface SetAside {
  readonly path: string;
  readonly reason: string;
  /** The whole database, which began again empty; otherwise only what it had not yet checkpointed. */
  readonly isWhole: boolean;
}

export type SchemaChange =
  | { readonly kind: 'table'; readonly table: number; readonly tenant: string; readonly type: string }
  | {
      readonly kind: 'column';
      readonly table: number;
      readonly column: number;
      readonly name: string;
      readonly columnKind: ColumnKind;
    }
  | { readonly kind: 'unit'; readonly table: number; readonly column: number; readonly unit: string }
  | { readonly kind: 'entity'; readonly table: number; readonly entity: number; readonly id: string };

/** NaN, null and -1 stand for "says nothing". */
export type ColumnValues =
  | { readonly column: number; readonly kind: 'number'; readonly values: Float64Array }
  | { readonly column: number; readonly kind: 'boolean'; readonly values: Int8Array }
  | { readonly column: number; readonly kind: 'text' | 'json'; readonly values: readonly (string | null)[] };

export interface RowBlock {
  readonly rows: number;
  readonly entity: Int32Array;
  readonly index: Float64Array;
  /** recordedAt in ms, or NO_VERSION. */
  readonly version: Float64Array;
  /** Only in late blocks: order of arrival within the table. */
  readonly arrival: Float64Array;
  readonly columns: readonly ColumnValues[];
}

/** A row without recordedAt is older than any row with one; among themselves the later arrival is the newer. */
export const NO_VERSION = -1;

export interface RawValue {
  readonly table: number;
  readonly entity: number;
  readonly column: number;
  readonly indexMs: number;
  readonly version: number;
  readonly text: string;
}

export interface TableBatch {
  readonly table: number;
  readonly hot: RowBlock | undefined;
  readonly late: RowBlock | undefined;
}

export interface Batch {
  readonly sequence: number;
  readonly schema: readonly SchemaChange[];
  readonly tables: readonly TableBatch[];
  readonly raw: readonly RawValue[];
}

export interface Erasure {
  readonly sequence: number;
  readonly table: number;
  readonly entities: readonly number[];
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

export interface Erased {
  /** What is still the newest index of each erased entity. */
  readonly newest: readonly { readonly entity: number; readonly newestMs: number | undefined }[];
  readonly late: LateExtent;
}

export type ResultColumn = Float64Array | readonly (string | boolean | null)[];

export interface ColumnarResult {
  readonly rows: number;
  readonly columns: readonly ResultColumn[];
}

/** Whatever writes rejects with DiskFullError when there is no room: nothing of it is kept, and `open` comes next. */
export interface Columnar {
  /** Again after a full disk: then what is open is closed first. */
  open(): Promise<OpenedColumnar>;
  /** Durable and visible when it resolves; all or nothing. */
  apply(batch: Batch): Promise<void>;
  erase(erasure: Erasure): Promise<Erased>;
  query(sql: string): Promise<ColumnarResult>;
  /** Everything applied so far is in the database file itself when it resolves. */
  checkpoint(): Promise<void>;
  /** Forgets the log's old numbering, after the log itself was lost or begun again. */
  rebase(sequence: number): Promise<void>;
  close(): Promise<void>;
}
