/** `limit` and `offset` of a listing. */

import { type Checked, faultOf, good } from './answers.js';

export interface Page {
  readonly limit: number;
  readonly offset: number;
}

/** iotagent-node-lib answers twenty when nobody says. */
const DEFAULT_LIMIT = 20;
/** A device is about a kilobyte on the wire. */
const MOST = 1_000;
const DIGITS = /^\d{1,9}$/;

export function readPage(query: Readonly<Record<string, unknown>>): Checked<Page> {
  const limit = numberOf(query.limit, DEFAULT_LIMIT);
  const offset = numberOf(query.offset, 0);
  if (limit === undefined || offset === undefined || limit < 1 || limit > MOST)
    return faultOf('WRONG_SYNTAX', `limit is a number from 1 to ${MOST}, offset one from 0`);
  return good({ limit, offset });
}

export function pageOf<T>(all: readonly T[], { limit, offset }: Page): readonly T[] {
  return all.slice(offset, offset + limit);
}

function numberOf(value: unknown, fallback: number): number | undefined {
  if (value === undefined) return fallback;
  return typeof value === 'string' && DIGITS.test(value) ? Number(value) : undefined;
}
