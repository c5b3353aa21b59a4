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
  readonly path: string;
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
  /** Months that have left `hot`. */
  readonly kept: readonly KeptMonth[];
  /** The oldest index in `hot`; infinity when it is empty. */
  readonly hotFromMs: number;
}

/** A month whose rows are sorted and without repetition: in the database itself, or in a Parquet file beside it. */
export interface KeptMonth {
  /** As `monthOf` counts them. */
  readonly month: number;
  readonly archive: Archive | undefined;
}

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
  /** Files of old months that are not where they should be; what is in them is in no answer. */
  readonly missingFiles?: readonly string[];
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
  | {
      readonly kind: 'entity';
      readonly table: number;
      readonly entity: number;
      readonly id: string;
      readonly path: string;
    };

/** NaN, null and -1 stand for "says nothing". */
export type ColumnValues =
  | { readonly column: number; readonly kind: 'number' | 'integer'; readonly values: Float64Array }
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
  /** When it was ordered. */
  readonly atMs: number;
  readonly table: number;
  /** Catalogue numbers. */
  readonly entities: readonly number[];
  /** Of an erasure of one entity: a hash of its id, for the proof. */
  readonly subject: string | undefined;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  /** The tables go, too, with their columns. */
  readonly isDrop: boolean;
}

export interface Erased {
  /** What is still the newest index of each erased entity. */
  readonly newest: readonly { readonly entity: number; readonly newestMs: number | undefined }[];
  readonly late: LateExtent;
  readonly kept: readonly KeptMonth[];
  readonly hotFromMs: number;
}

export type ResultColumn = Float64Array | readonly (string | boolean | null)[];

export interface ColumnarResult {
  readonly rows: number;
  readonly columns: readonly ResultColumn[];
}

/** Rows of some entities in one month leave `hot` and `late` for `sealed`. */
export interface Sealing {
  readonly table: number;
  readonly month: number;
  /** Catalogue numbers, both inclusive. */
  readonly fromEntity: number;
  readonly toEntity: number;
}

/** A sealed month leaves the database for a file, or a file that has late rows is written anew. */
export interface Archiving {
  readonly table: number;
  readonly month: number;
}

/** What a table holds after its rows were moved. No answer changes by it. */
export interface Moved {
  readonly late: LateExtent;
  readonly kept: readonly KeptMonth[];
  readonly hotFromMs: number;
}

/** Rows by month, where they are not where they belong. */
export interface Survey {
  readonly hot: readonly EntityRows[];
  readonly late: readonly EntityRows[];
}

export interface EntityRows {
  readonly month: number;
  readonly entity: number;
  readonly rows: number;
}

export interface TableSize {
  readonly table: number;
  readonly hot: number;
  readonly late: number;
  readonly sealed: number;
  readonly archived: number;
  readonly replaced: number;
  /** Values that are there, over all rows and columns. */
  readonly readings: number;
}

export interface Sizes {
  /** Of the database file, and of that what new rows will fill first: sealing leaves room behind. */
  readonly databaseBytes: number;
  readonly freeBytes: number;
  readonly archiveBytes: number;
  readonly tables: readonly TableSize[];
}

/** Whatever writes rejects with DiskFullError when there is no room: nothing of it is kept, and `open` comes next. */
export interface Columnar {
  /** Again after a full disk: then what is open is closed first. */
  open(): Promise<OpenedColumnar>;
  /** Durable and visible when it resolves; all or nothing. */
  apply(batch: Batch): Promise<void>;
  erase(erasure: Erasure): Promise<Erased>;
  query(sql: string): Promise<ColumnarResult>;
  /** Which months before `beforeMonth` have rows in `hot` or `late`. */
  survey(table: number, beforeMonth: number): Promise<Survey>;
  seal(sealing: Sealing): Promise<Moved>;
  archive(archiving: Archiving): Promise<Moved>;
  /** Removes files that no table names any more. Questions asked before may still read them, and are waited for. */
  discard(): Promise<void>;
  /** A whole copy of everything applied so far, in a new folder. */
  backUp(folder: string): Promise<void>;
  sizes(): Promise<Sizes>;
  /** Everything applied so far is in the database file itself when it resolves. */
  checkpoint(): Promise<void>;
  /** Forgets the log's old numbering, after the log itself was lost or begun again. */
  rebase(sequence: number): Promise<void>;
  close(): Promise<void>;
}
