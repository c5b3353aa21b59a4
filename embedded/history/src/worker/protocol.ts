/** What the HTTP thread and the database thread say to each other. */

import type {
  Archiving,
  Batch,
  ColumnarResult,
  Erased,
  Erasure,
  Moved,
  OpenedColumnar,
  Sealing,
  Sizes,
  Survey,
} from '../store/columnar.js';

export interface WorkerSettings {
  readonly path: string;
  /** Where Parquet files of old months are, and where backups may be written: the database touches no other folder. */
  readonly archiveFolder: string;
  readonly backupFolder: string;
  readonly memoryLimitBytes: number;
  readonly threads: number;
}

export type Request =
  | { readonly kind: 'open'; readonly settings: WorkerSettings; readonly setAsideName: string }
  | { readonly kind: 'apply'; readonly batch: Batch }
  | { readonly kind: 'erase'; readonly erasure: Erasure }
  | { readonly kind: 'query'; readonly sql: string }
  | { readonly kind: 'survey'; readonly table: number; readonly beforeMonth: number }
  | { readonly kind: 'seal'; readonly sealing: Sealing }
  | { readonly kind: 'archive'; readonly archiving: Archiving }
  | { readonly kind: 'discard' }
  | { readonly kind: 'backUp'; readonly folder: string }
  | { readonly kind: 'sizes' }
  | { readonly kind: 'checkpoint' }
  | { readonly kind: 'rebase'; readonly sequence: number }
  | { readonly kind: 'close' };

export type Answer = OpenedColumnar | Erased | ColumnarResult | Survey | Moved | Sizes | undefined;

export interface Envelope {
  readonly number: number;
  readonly request: Request;
}

export type Reply =
  | { readonly number: number; readonly kind: 'done'; readonly answer: Answer }
  | { readonly number: number; readonly kind: 'failed'; readonly code: FailureCode; readonly message: string };

/**
 * `locked` and `newer` are the operator's to settle; `full`: the disk has no room, open again; `broken`: this process cannot go
 * on with the database; `damaged`: one question met an unreadable block.
 */
export type FailureCode = 'locked' | 'newer' | 'full' | 'broken' | 'damaged' | 'refused';
