/** What a session is made of: a table that both sides obey, and effects that `index` carries out. */

import type { ProtocolError } from '@contor/kit';
import type { DataSet } from '../codec/iec62056/data-set.js';
import type { Identification } from '../codec/iec62056/sign-on.js';

export type Transitions = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** IEC 62056-21, 6.4: readout in modes A to C. An input without a cell is refused and changes nothing. */
export const READOUT = {
  dormant: { request: 'identifying' },
  identifying: { identification: 'choosing' },
  // Modes A and B know no acknowledgement: the data follow; so they do in mode C when none came in time (6.4.3.1).
  choosing: { acknowledge: 'reading', block: 'finished' },
  reading: { partialBlock: 'reading', block: 'finished', nak: 'reading' },
  finished: {},
} as const satisfies Transitions;

export type ReadoutState = keyof typeof READOUT;
export type ReadoutInput = 'request' | 'identification' | 'acknowledge' | 'partialBlock' | 'block' | 'nak';

/** The next state, or undefined for an input that has no place now. */
export function next(state: ReadoutState, input: ReadoutInput): ReadoutState | undefined {
  return (READOUT[state] as Readonly<Partial<Record<ReadoutInput, ReadoutState>>>)[input];
}

/**
 * IEC 62056-21, 6.4.3 and 6.5: programming mode, as the meter lives it. `refusal` is a wrong password: it counts, and too many of them
 * end the conversation by a break of the meter's own.
 */
export const PROGRAMMING = {
  dormant: { request: 'identified' },
  identified: { request: 'identified', readout: 'reading', programming: 'challenged' },
  reading: { request: 'identified', nak: 'reading', ack: 'reading' },
  challenged: {
    password: 'open',
    refusal: 'challenged',
    read: 'challenged',
    nak: 'challenged',
    ack: 'challenged',
    break: 'dormant',
  },
  open: { read: 'open', nak: 'open', ack: 'open', break: 'dormant' },
} as const satisfies Transitions;

export type ProgrammingState = keyof typeof PROGRAMMING;
export type ProgrammingInput =
  | 'request'
  | 'readout'
  | 'programming'
  | 'password'
  | 'refusal'
  | 'read'
  | 'nak'
  | 'ack'
  | 'break';

export function nextProgramming(state: ProgrammingState, input: ProgrammingInput): ProgrammingState | undefined {
  return (PROGRAMMING[state] as Readonly<Partial<Record<ProgrammingInput, ProgrammingState>>>)[input];
}

export interface Readout {
  readonly identification: Identification;
  readonly sets: readonly DataSet[];
}

export type Effect =
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  /** Only transport knows how; what was sent before leaves at the old rate. */
  | { readonly kind: 'setBaud'; readonly baud: number }
  /** A timeout is an input that comes back; a later one takes the place of an earlier. */
  | { readonly kind: 'wakeAt'; readonly atMs: number }
  | { readonly kind: 'deliver'; readonly readout: Readout }
  | { readonly kind: 'fail'; readonly error: ProtocolError };

export type Input =
  | { readonly kind: 'start' }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'wake' };

export interface Step<S> {
  readonly session: S;
  readonly effects: readonly Effect[];
}

/** 6.4.1: a side answers within 1500 ms, and no two characters of a message are further apart. */
export const SILENCE_MS = 1500;
/** 6.4.3.1 leaves the number of repeats open; a line that damages three blocks in a row damages a fourth. */
export const MAX_REPEATS = 3;

/** Ten bits a character (5.2). */
export function durationMs(characters: number, baud: number): number {
  return Math.ceil((characters * 10_000) / baud);
}

export function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(left.length + right.length);
  bytes.set(left);
  bytes.set(right, left.length);
  return bytes;
}
