/** What came of a read, told to everybody who keeps account: communication log, health, metrics, whoever asked. */

import type { Device } from '../registry/device.js';
import type { Priority } from './dispatcher.js';
import type { ClockReading, Deviation } from './meter-clock.js';
import type { BroughtFrame, ReadFault, ReadStep, ReadTask } from './reader.js';

/** Who asked, when it was a person. */
export interface Asked {
  readonly by: string;
  /** Shown and not kept: whoever asked may look, and no more (S0-21). */
  readonly isShownOnly?: boolean | undefined;
  readonly correlation?: string | undefined;
}

export type Result =
  /** Its frames are on disk. */
  | { readonly kind: 'stored'; readonly frames: readonly BroughtFrame[] }
  | { readonly kind: 'shown'; readonly frames: readonly BroughtFrame[] }
  | { readonly kind: 'failed'; readonly fault: ReadFault; readonly code: string; readonly detail: string }
  /** Read, and could not be kept: the ingest log is full. Read again later. */
  | { readonly kind: 'not stored'; readonly code: string }
  | { readonly kind: 'refused'; readonly reason: string };

export interface ReadReport {
  readonly key: string;
  /** Undefined: there is none of that key. */
  readonly device: Device | undefined;
  readonly task: ReadTask;
  readonly priority: Priority;
  readonly line: string;
  readonly asked: Asked | undefined;
  readonly result: Result;
  /** Our wall clock. */
  readonly startedMs: number;
  readonly endedMs: number;
  /** In the queue, and on the line, all attempts together. */
  readonly waitedMs: number;
  readonly tookMs: number;
  readonly attempts: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly steps: readonly ReadStep[];
  readonly deviceTimeMs: number | undefined;
  readonly deviation: Deviation | undefined;
  /** What the device said of its clock, and when it was asked. */
  readonly clockReading: ClockReading | undefined;
}

export type Listener = (report: ReadReport) => void;
