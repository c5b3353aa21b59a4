/**
 * The chained log: a durable log whose records hold each other by SHA-256, so that a changed, missing or added record is
 * found by whoever reads it, and a cut tail by whoever kept an anchor. The interface stands on this page, the rooms are in
 * `chained-log/`.
 */

import type { DurableLogOptions, OpenReport } from './durable-log.js';

/** One place of the chain. An anchor that was copied away names one, and the chain must still go through it. */
export interface ChainTip {
  /** 0 before the first record. */
  readonly sequence: number;
  /** SHA-256, in lower-case hexadecimal. */
  readonly hash: string;
}

export type ChainedLogOptions = Omit<DurableLogOptions, 'version' | 'migrate'>;

export interface ChainedRecord extends ChainTip {
  /** Hash of the record before. */
  readonly previous: string;
  readonly body: Uint8Array;
}

export interface ChainedLog {
  readonly report: OpenReport;
  /** The newest durable record. */
  readonly tip: ChainTip;
  /** Sequence of the oldest record still in the log; `tip.sequence + 1` when there is none. */
  readonly tail: number;
  readonly bytes: number;
  /**
   * Resolves when the record is on disk. Rejects with LogFullError or DiskFullError (refused, nothing kept: the chain goes
   * on without it) or LogStoppedError.
   */
  append(body: Uint8Array): Promise<ChainTip>;
  /** Durable records from `fromSequence` on, in order. What it yields is not verified: `verifyChain` does that. */
  read(fromSequence: number): AsyncIterable<ChainedRecord>;
  /**
   * Segments with only records up to and including `sequence` are removed: they must be archived before. The newest record
   * always stays, because the next one holds on to it.
   */
  release(sequence: number): Promise<void>;
  close(): Promise<void>;
}
