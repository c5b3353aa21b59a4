/**
 * All that replicas ask of the database they share: documents found by a text, put there once and never changed. Of all that databases with MongoDB's
 * wire protocol offer, only the unique `_id` is a decision that every one of them makes exactly once (docs/adr/0012).
 */

import { TransportError } from '@contor/kit';

export interface StoredDocument {
  readonly id: string;
  /** JSON: names and numbers come back as they were, and nothing a device is called can be an operator of the database. */
  readonly text: string;
  /** Wall time of whoever put it there; for clearing up, never for a decision. */
  readonly atMs: number;
}

/** Every method rejects with `database.away` when the database does not answer; what was asked may then have happened or not. */
export interface SharedStore {
  /** False: a document of that id is there, and stays as it is. */
  insert(collection: Collection, document: StoredDocument): Promise<boolean>;
  get(collection: Collection, id: string): Promise<StoredDocument | undefined>;
  /** Of the greatest id. */
  newest(collection: Collection): Promise<StoredDocument | undefined>;
  /** Ascending, from this id on (itself included), this many at the most. */
  list(collection: Collection, from: string, limit: number): Promise<readonly StoredDocument[]>;
  remove(collection: Collection, id: string): Promise<void>;
  /** All with a smaller id. */
  removeBelow(collection: Collection, id: string): Promise<void>;
  /** All put there before. */
  removeOlder(collection: Collection, atMs: number): Promise<void>;
  close(): Promise<void>;
}

/** `changes`, `snapshots`, `parts`: the registry. `council`: who shares the devices. `calls`, `claims`, `answers`, `orders`: commands. */
export const COLLECTIONS = [
  'changes',
  'snapshots',
  'parts',
  'council',
  'calls',
  'claims',
  'answers',
  'orders',
] as const;
export type Collection = (typeof COLLECTIONS)[number];

/** Sixteen digits: enough for a thousand changes a second until the sun goes out, and sorted as text like as numbers. */
const DIGITS = 16;

export function idOf(sequence: number): string {
  return String(Math.max(0, sequence)).padStart(DIGITS, '0');
}

export function sequenceOf(id: string): number {
  return Number(id.slice(0, DIGITS));
}

export function databaseAway(cause: unknown): TransportError {
  return new TransportError('database.away', 'The database that the replicas share does not answer.', {}, cause);
}
