/**
 * The durable log: an append-only sequence of records on disk. `append` resolves when the record is on stable storage;
 * group commit lets many writers share one fsync. The interface stands on this page, the rooms are in `durable-log/`.
 */

import type { Clock } from './clock.js';
import type { Disk } from './disk.js';

export interface DurableLogOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly directory: string;
  /** What the records are, e.g. 'ingest' or 'broker' (28 bytes at most). Stands in every segment; a log of another kind is refused. */
  readonly kind: string;
  /** Version of the *payload* format. A newer one on disk is refused with a message; an older one needs `migrate`. */
  readonly version: number;
  /** Called for each record of an older version when it is read. Pure, and never longer than 16 MiB. */
  readonly migrate?: (payload: Uint8Array, fromVersion: number) => Uint8Array;
  /** Appends are refused (LogFullError) when the log would grow beyond this. Default 1 GiB. */
  readonly maxBytes?: number;
  /** A segment is closed and a new one begun at about this size. Default 16 MiB, at most a quarter of `maxBytes`. */
  readonly segmentBytes?: number;
  /**
   * Takes a released segment file over instead of having it removed: it must be gone from its folder when this resolves. Rejecting
   * fails the release; the file is then found again by the next opening.
   */
  readonly retire?: (path: string) => Promise<void>;
  /** Longest time a record waits for company before its commit begins. Default 0: commit as soon as the disk is free. At most 10. */
  readonly lingerMs?: number;
  /** Called once when a write or fsync failed: the state of the page cache is unknown, so the process must exit and recover. */
  readonly onFatal: (error: Error) => void;
}

/** Sequences first … last are lost; `last < first` when the damage hit no record. Their bytes are in the file `keptAs`. */
export interface DamagedRange {
  readonly file: string;
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** Empty when a whole segment file was missing and there was nothing to keep. */
  readonly keptAs: string;
}

/** What opening found. Torn bytes were never acknowledged and are cut; damaged ranges were durable once and are named. */
export interface OpenReport {
  readonly records: number;
  readonly tornBytes: number;
  /** Set when whole records stood behind the torn place: the cut bytes are in this file. */
  readonly tornKeptAs: string | undefined;
  readonly damaged: readonly DamagedRange[];
}

export interface LogRecord {
  /** 1, 2, 3 … without a hole, except where a damaged range was set aside. */
  readonly sequence: number;
  readonly payload: Uint8Array;
}

export interface DurableLog {
  readonly report: OpenReport;
  /** Sequence of the newest durable record; 0 when there never was one. */
  readonly head: number;
  /** Sequence of the oldest record still kept; head + 1 when there is none. */
  readonly tail: number;
  /** Size of the log on disk, commits under way included. */
  readonly bytes: number;
  /**
   * Resolves with the record's sequence when it is on disk. The payload is copied before `append` returns. Rejects with
   * LogFullError or DiskFullError (refused, nothing kept: ask again later) or LogStoppedError (closed, or failed for good).
   * Records become durable in the order of the calls; what survives a power cut is a prefix of them.
   */
  append(payload: Uint8Array): Promise<number>;
  /** Durable records from `fromSequence` on, in order, up to the head at the time of each step; ends there. */
  read(fromSequence: number): AsyncIterable<LogRecord>;
  /** Whole segments with only records up to and including `sequence` are removed. */
  release(sequence: number): Promise<void>;
  /** Commits what was appended, then closes. */
  close(): Promise<void>;
}
