/** What is asked of history, in this package's words. */

import type { CallOptions } from './connection.js';
import type { Cell } from './series.js';

export interface SeriesQuery<Name extends string> extends CallOptions {
  readonly type: string;
  readonly id: string;
  readonly attributes: readonly Name[];
  /** First instant, inclusive. */
  readonly fromMs?: number | undefined;
  /** First instant no longer wanted. */
  readonly toMs?: number | undefined;
  /** Most rows to return; all of them without it. */
  readonly limit?: number | undefined;
}

export interface ManySeriesQuery<Name extends string> extends Omit<SeriesQuery<Name>, 'id' | 'limit'> {
  /** All entities of the type without it. */
  readonly ids?: readonly string[] | undefined;
}

export interface BucketQuery<Name extends string> extends Omit<SeriesQuery<Name>, 'limit'> {
  /** Hours and days of UTC; local days are the caller's, made of hours. */
  readonly period: 'hour' | 'day' | 'month' | 'year';
  readonly method: 'avg' | 'sum' | 'min' | 'max' | 'count';
}

export interface LatestQuery<Name extends string> extends CallOptions {
  readonly type: string;
  readonly id: string;
  readonly attributes: readonly Name[];
}

export interface Latest {
  readonly timeMs: number;
  readonly value: Exclude<Cell, null>;
}
