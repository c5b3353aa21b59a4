/**
 * The one port that a protocol brings to polling: asked for a task, it has one conversation with one device and tells what came of it.
 * Everything around it (when, in which order, how often again, what is kept, who hears of it) is the kit's. The rules every reader
 * keeps are in docs/agents/kit.md and, as a suite that runs, in tests/support/reader-contract.ts.
 */

import type { Lane } from '../ingest/record.js';
import type { Device } from '../registry/device.js';

export type ReadTask =
  /** The registers and gauges of now. */
  | { readonly kind: 'live' }
  /** The intervals that begin in [fromMs, toMs). Of a profile of registers that takes the one at `toMs` as well: it closes the last of them. */
  | { readonly kind: 'profile'; readonly profile: string; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'events'; readonly fromMs: number; readonly toMs: number }
  /** Single values by object id, as the device's model names them (S3-12). */
  | { readonly kind: 'values'; readonly objectIds: readonly string[] }
  | { readonly kind: 'clock' }
  /** Move the clock by so much. A difference and not a time: only the reader knows the moment at which it is set. */
  | { readonly kind: 'setClock'; readonly byMs: number };

export type TaskKind = ReadTask['kind'];

/** Bytes as the device sent them, to be kept before anybody looks into them. */
export interface BroughtFrame {
  /** Which kind of message this is, in the agent's own words; its translator is asked by it. */
  readonly channel: string;
  readonly lane: Lane;
  readonly bytes: Uint8Array;
}

/** What happened on the way, for whoever waits for it or looks for a fault. Never keys, never readings. */
export interface ReadStep {
  readonly atMs: number;
  /** `connected`, `identified`, `block 3 of 12` … */
  readonly name: string;
}

interface Exchange {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly steps: readonly ReadStep[];
}

export interface ReadValue extends Exchange {
  readonly kind: 'value';
  readonly frames: readonly BroughtFrame[];
  /** The device's clock as UTC, as it said in this conversation. */
  readonly deviceTimeMs?: number | undefined;
  /** Our clock when the question for the time left and when its answer came; without them the whole conversation is taken. */
  readonly askedMs?: number | undefined;
  readonly answeredMs?: number | undefined;
}

export interface ReadFailure extends Exchange {
  readonly kind: 'failed';
  readonly fault: ReadFault;
  /** A stable code of the protocol's own, e.g. `wire.checksum`. */
  readonly code: string;
  /** One sentence for a person; no secrets. */
  readonly detail: string;
}

export type ReadResult = ReadValue | ReadFailure;

interface FaultRow {
  /** Asking again may help. */
  readonly isRetried: boolean;
  /** Nobody answered: some of these in a row, and the device is left alone for a while. */
  readonly isSilence: boolean;
  /** A person should hear of it when the last attempt ended so. */
  readonly event?: string;
}

/** What can go wrong in a conversation, and what it means for the next one. */
export const READ_FAULTS = {
  /** The line broke, could not be opened, or is in other hands. */
  line: { isRetried: true, isSilence: true },
  'no-answer': { isRetried: true, isSilence: true },
  timeout: { isRetried: true, isSilence: true },
  /** A device that calls in has not called. */
  'not-connected': { isRetried: false, isSilence: false },
  /** Bytes that are damaged or break the standard (S0-19). */
  garbled: { isRetried: true, isSilence: false, event: 'readGarbled' },
  /** Right bytes at the wrong moment. */
  protocol: { isRetried: true, isSilence: false },
  /** Password or key refused, either way round. Not again: meters lock themselves. */
  authentication: { isRetried: false, isSilence: false, event: 'authenticationFailed' },
  /** Another device answers there. Nothing of what it said is kept. */
  identity: { isRetried: false, isSilence: false, event: 'wrongDevice' },
  /** It does not know or does not allow what was asked. */
  unsupported: { isRetried: false, isSilence: false },
  busy: { isRetried: true, isSilence: false },
  /** The reader broke its own rules: logged with its cause. */
  reader: { isRetried: false, isSilence: false },
} as const satisfies Record<string, FaultRow>;

export type ReadFault = keyof typeof READ_FAULTS;

export function faultRow(fault: ReadFault): FaultRow {
  return READ_FAULTS[fault];
}

export interface Reader {
  /**
   * One conversation. A fault of the device is a value; the line may also reject (TransportError), and so may broken bytes
   * (WireError, ProtocolError). When `signal` aborts it lets go of the line and settles soon, within a second or so.
   * `tell` is for those who wait: steps told to it need not be in the result again.
   */
  read(device: Device, task: ReadTask, signal: AbortSignal, tell: (step: string) => void): Promise<ReadResult>;
}
