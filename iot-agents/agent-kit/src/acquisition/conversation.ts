/**
 * One read with its attempts: each attempt is a job of its own, so that the line serves others while this device is given time. What a
 * reader rejects with becomes a fault by one table; what breaks the reader's own rules is ours, and is logged.
 */

import type { Clock } from '@contor/kit';
import {
  ContorError,
  isError,
  type Logger,
  ProtocolError,
  type RetrySchedule,
  TransportError,
  WireError,
} from '@contor/kit';
import type { Device } from '../registry/device.js';
import type { Dispatcher, Outcome, Priority } from './dispatcher.js';
import {
  faultRow,
  type Reader,
  type ReadFailure,
  type ReadFault,
  type ReadResult,
  type ReadStep,
  type ReadTask,
  type ReadValue,
} from './reader.js';

export interface Wish {
  readonly key: string;
  readonly device: Device;
  readonly task: ReadTask;
  readonly line: string;
  readonly priority: Priority;
  readonly timeoutMs: number;
  readonly attempts: number;
  /** Whoever asked does not want it any more. */
  readonly signal: AbortSignal;
  readonly tell: (step: ReadStep) => void;
}

export interface ConversationParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly dispatcher: Dispatcher;
  readonly reader: Reader;
  readonly backoff: RetrySchedule;
}

/** Sums over all attempts. */
interface Effort {
  readonly attempts: number;
  readonly waitedMs: number;
  readonly tookMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly steps: readonly ReadStep[];
}

export type Ending =
  | { readonly kind: 'value'; readonly value: ReadValue; readonly beganMs: number; readonly endedMs: number }
  | { readonly kind: 'failed'; readonly fault: ReadFault; readonly code: string; readonly detail: string }
  /** Never begun, or given up by whoever asked. Says nothing about the device. */
  | { readonly kind: 'refused'; readonly reason: 'queue.full' | 'stopping' | 'cancelled' };

export interface Conversation {
  readonly ending: Ending;
  readonly effort: Effort;
}

/** Kept of one read; a reader that tells more is one that tells too much. */
const MOST_STEPS = 200;

export async function converse(wish: Wish, parts: ConversationParts): Promise<Conversation> {
  const { clock, backoff } = parts;
  const effort = { attempts: 0, waitedMs: 0, tookMs: 0, bytesIn: 0, bytesOut: 0, steps: [] as ReadStep[] };
  const note = (step: ReadStep): void => {
    if (effort.steps.length >= MOST_STEPS) return;
    effort.steps.push(step);
    wish.tell(step);
  };
  for (;;) {
    effort.attempts += 1;
    const ending = await attempt(wish, parts, effort, note);
    const again = ending.kind === 'failed' && faultRow(ending.fault).isRetried && effort.attempts < wish.attempts;
    if (!again) return { ending, effort };
    note({ atMs: clock.nowMs(), name: `attempt ${effort.attempts} failed: ${ending.code}` });
    const isOver = await pause(clock, backoff.delayMs(effort.attempts), wish.signal);
    if (isOver) return { ending: { kind: 'refused', reason: 'cancelled' }, effort };
  }
}

type Growing = { -readonly [Name in keyof Effort]: Effort[Name] };

async function attempt(
  wish: Wish,
  { clock, log, dispatcher, reader }: ConversationParts,
  effort: Growing,
  note: (step: ReadStep) => void,
): Promise<Ending> {
  const { key, device, task, line, priority, timeoutMs, signal } = wish;
  let beganMs = clock.nowMs();
  let isOver = false;
  const outcome: Outcome<ReadResult> = await dispatcher.submit({
    ...{ device: key, line, priority, timeoutMs },
    run(timeout) {
      beganMs = clock.nowMs();
      if (signal.aborted) throw signal.reason;
      note({ atMs: beganMs, name: 'begun' });
      const tell = (name: string): void => {
        // A reader that was given up goes on talking for a moment; nobody listens.
        if (!isOver) note({ atMs: clock.nowMs(), name });
      };
      return reader.read(device, task, AbortSignal.any([timeout, signal]), tell);
    },
  });
  isOver = true;
  if (outcome.kind === 'refused') return { kind: 'refused', reason: outcome.reason };
  effort.waitedMs += outcome.waitedMs;
  effort.tookMs += outcome.tookMs;
  if (outcome.kind === 'timeout')
    return { kind: 'failed', fault: 'timeout', code: 'job.timeout', detail: `No end within ${timeoutMs} ms.` };
  if (outcome.kind === 'failed') return endingOf(outcome.error, wish, log);
  const { value } = outcome;
  effort.bytesIn += value.bytesIn;
  effort.bytesOut += value.bytesOut;
  for (const step of value.steps) note(step);
  return value.kind === 'value' ? { kind: 'value', value, beganMs, endedMs: clock.nowMs() } : failureOf(value);
}

function failureOf({ fault, code, detail }: ReadFailure): Ending {
  return { kind: 'failed', fault, code, detail };
}

const FAULTS_OF_ERRORS = [
  { kind: TransportError, fault: 'line' },
  { kind: WireError, fault: 'garbled' },
  { kind: ProtocolError, fault: 'protocol' },
] as const satisfies readonly {
  readonly kind: abstract new (...args: never) => ContorError;
  readonly fault: ReadFault;
}[];

function endingOf(error: unknown, { key, task, signal }: Wish, log: Logger): Ending {
  if (signal.aborted) return { kind: 'refused', reason: 'cancelled' };
  const row = FAULTS_OF_ERRORS.find(({ kind }) => error instanceof kind);
  const detail = isError(error) ? error.message : String(error);
  if (row !== undefined && error instanceof ContorError)
    return { kind: 'failed', fault: row.fault, code: error.code, detail };
  log.error(
    { device: key, task: task.kind, error },
    'A reader rejected with something that is not an error of the line.',
  );
  return { kind: 'failed', fault: 'reader', code: 'reader.failed', detail };
}

/** True: cancelled meanwhile. */
async function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(delayMs, signal);
    return false;
  } catch (error) {
    if (signal.aborted) return true;
    throw error;
  }
}
