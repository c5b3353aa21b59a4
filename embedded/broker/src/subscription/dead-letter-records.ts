/** What stands in the log of dead letters: letters that came, what was asked of them, and which have gone. */

import { type PackedTelling, packTelling, StringTable, unpackTelling } from '../store/pack.js';
import type { Telling } from './model.js';
import { packPositions, unpackPositions } from './positions.js';

export const LETTERS_KIND = 'broker-dead-letters';
export const LETTERS_VERSION = 1;

/** `refused`: the subscriber does not take it. `overflow`: there was no more room to wait. */
export type Cause = 'refused' | 'overflow';

/** Whose they are. A subscription that was deleted and made anew is another one. */
export interface Owner {
  readonly tenant: string;
  readonly subscription: string;
  readonly createdAt: number;
}

export type LetterState = 'dead' | 'replaying';

export interface LettersRecord extends Owner {
  readonly kind: 'letters';
  /** As positions are packed; one for each entry. */
  readonly numbers: readonly number[];
  readonly diedAtMs: number;
  readonly cause: Cause;
  readonly reason: string;
  readonly notification?: string | undefined;
  readonly state?: LetterState | undefined;
  readonly strings: readonly string[];
  readonly entries: readonly PackedTelling[];
}

interface ChangeRecord {
  readonly kind: 'gone' | LetterState;
  readonly tenant: string;
  readonly subscription: string;
  readonly numbers: readonly number[];
}

export type DeadRecord = LettersRecord | ChangeRecord;

export interface NewLetters extends Owner {
  readonly numbers: readonly number[];
  readonly tellings: readonly Telling[];
  readonly diedAtMs: number;
  readonly cause: Cause;
  readonly reason: string;
  readonly notification?: string | undefined;
  readonly state?: LetterState | undefined;
}

export function encodeLetters({ tellings, numbers, ...facts }: NewLetters): Uint8Array {
  const table = new StringTable();
  const entries = tellings.map((telling) => packTelling(telling, table));
  return encode({ kind: 'letters', ...facts, numbers: packPositions(numbers), strings: table.strings, entries });
}

export function encodeChange(
  kind: ChangeRecord['kind'],
  { tenant, subscription }: Owner,
  numbers: readonly number[],
): Uint8Array {
  return encode({ kind, tenant, subscription, numbers: packPositions(numbers) });
}

export function decodeDead(payload: Uint8Array): DeadRecord {
  return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'));
}

export function tellingsOf({ strings, entries }: LettersRecord): readonly Telling[] {
  const table = new StringTable(strings);
  return entries.map((entry) => unpackTelling(entry, table));
}

export function numbersOf({ numbers }: DeadRecord): readonly number[] {
  return unpackPositions(numbers);
}

function encode(record: DeadRecord): Uint8Array {
  return Buffer.from(JSON.stringify(record), 'utf8');
}
