/**
 * Some thousand neighbouring records of the trail, as columns of numbers: 15 bytes a record. When the index is full, old chunks give their
 * columns back and keep what tells whether it is worth reading them: where they stand, and their earliest and latest time.
 */

import { crc32 } from '@contor/kit';
import { AUDIT_LOGS, AUDIT_OUTCOMES } from '../entry.js';
import type { KeptRecord } from '../record.js';
import type { AuditQuery } from './query.js';
import type { Words } from './words.js';

export const CHUNK_RECORDS = 4_096;
/** As the columns below add up. */
export const CHUNK_BYTES = CHUNK_RECORDS * (4 + 4 + 2 + 2 + 2 + 1);
const LONGEST_CHUNK_MS = 2 ** 32 - 1;

/** Of the column of kinds: log, outcome, and whether there is more than one target or an outcome that followed. */
const LOG_BITS = 0b11;
const OUTCOME_SHIFT = 2;
const OUTCOME_BITS = 0b11;
const HAS_MANY_TARGETS = 0b1_0000;
const IS_ENDED = 0b10_0000;

interface Columns {
  readonly times: Uint32Array;
  readonly targets: Uint32Array;
  readonly actors: Uint16Array;
  readonly pages: Uint16Array;
  readonly operations: Uint16Array;
  readonly kinds: Uint8Array;
}

/** A query in the numbers of the index. */
export interface Sieve {
  readonly fromMs: number;
  readonly toMs: number;
  readonly actors: ReadonlySet<number> | undefined;
  readonly pages: ReadonlySet<number> | undefined;
  readonly operations: ReadonlySet<number> | undefined;
  readonly logs: ReadonlySet<number> | undefined;
  readonly outcomes: ReadonlySet<number> | undefined;
  readonly target: number | undefined;
  /** Beginnings are shown by themselves only where no outcome followed, or somebody asks for them. */
  readonly hidesEnded: boolean;
}

export function sieveOf(query: AuditQuery, words: Words): Sieve {
  const { actors, pages, operations, logs, outcomes, target } = query;
  return {
    fromMs: query.fromMs ?? Number.NEGATIVE_INFINITY,
    toMs: query.toMs ?? Number.POSITIVE_INFINITY,
    actors: actors && words.find(actors),
    pages: pages && words.find(pages),
    operations: operations && words.find(operations),
    logs: logs && new Set(logs.map((log) => AUDIT_LOGS.indexOf(log))),
    outcomes: outcomes && new Set(outcomes.map((outcome) => AUDIT_OUTCOMES.indexOf(outcome))),
    target: target === undefined ? undefined : targetHash(target),
    hidesEnded: !(outcomes?.includes('begun') ?? false),
  };
}

export class Chunk {
  readonly first: number;
  count = 0;
  minMs: number;
  maxMs: number;
  readonly #baseMs: number;
  #columns: Columns | undefined = {
    times: new Uint32Array(CHUNK_RECORDS),
    targets: new Uint32Array(CHUNK_RECORDS),
    actors: new Uint16Array(CHUNK_RECORDS),
    pages: new Uint16Array(CHUNK_RECORDS),
    operations: new Uint16Array(CHUNK_RECORDS),
    kinds: new Uint8Array(CHUNK_RECORDS),
  };

  constructor(first: number, atMs: number) {
    this.first = first;
    this.#baseMs = atMs;
    this.minMs = atMs;
    this.maxMs = atMs;
  }

  get last(): number {
    return this.first + this.count - 1;
  }

  get hasColumns(): boolean {
    return this.#columns !== undefined;
  }

  /** false: it belongs into a new chunk. */
  add(sequence: number, kept: KeptRecord, words: Words): boolean {
    const { atMs, targets = [] } = kept;
    const at = this.count;
    const offsetMs = atMs - this.#baseMs;
    const fits = at < CHUNK_RECORDS && sequence === this.first + at && offsetMs >= 0 && offsetMs <= LONGEST_CHUNK_MS;
    if (!fits || this.#columns === undefined) return false;
    const { times, actors, pages, operations, kinds, targets: hashes } = this.#columns;
    times[at] = offsetMs;
    actors[at] = words.numberOf(kept.actor.id);
    pages[at] = words.numberOf(kept.page);
    operations[at] = words.numberOf(kept.operation);
    hashes[at] = targetHash(targets[0] ?? '');
    kinds[at] =
      AUDIT_LOGS.indexOf(kept.log) |
      (AUDIT_OUTCOMES.indexOf(kept.outcome) << OUTCOME_SHIFT) |
      (targets.length > 1 ? HAS_MANY_TARGETS : 0);
    this.count = at + 1;
    this.minMs = Math.min(this.minMs, atMs);
    this.maxMs = Math.max(this.maxMs, atMs);
    return true;
  }

  /** An outcome followed on this record: it need not be shown by itself. */
  markEnded(sequence: number): void {
    const at = sequence - this.first;
    const kinds = this.#columns?.kinds;
    if (kinds !== undefined && at >= 0 && at < this.count) kinds[at] = (kinds[at] ?? 0) | IS_ENDED;
  }

  isOutside({ fromMs, toMs }: Sieve): boolean {
    return this.maxMs < fromMs || this.minMs >= toMs;
  }

  /** Sequences below `before` that may match, newest first. Without columns: all. */
  *candidates(sieve: Sieve, before: number): Generator<number> {
    if (this.isOutside(sieve)) return;
    for (let at = Math.min(this.count, before - this.first) - 1; at >= 0; at -= 1) {
      if (this.#mayMatch(sieve, at)) yield this.first + at;
    }
  }

  forgetColumns(): void {
    this.#columns = undefined;
  }

  #mayMatch(sieve: Sieve, at: number): boolean {
    const columns = this.#columns;
    if (columns === undefined) return true;
    const kind = columns.kinds[at] ?? 0;
    if (sieve.hidesEnded && (kind & IS_ENDED) !== 0) return false;
    const atMs = this.#baseMs + (columns.times[at] ?? 0);
    if (atMs < sieve.fromMs || atMs >= sieve.toMs) return false;
    if (!has(sieve.logs, kind & LOG_BITS) || !has(sieve.outcomes, (kind >> OUTCOME_SHIFT) & OUTCOME_BITS)) return false;
    if (!has(sieve.actors, columns.actors[at]) || !has(sieve.pages, columns.pages[at])) return false;
    if (!has(sieve.operations, columns.operations[at])) return false;
    return sieve.target === undefined || columns.targets[at] === sieve.target || (kind & HAS_MANY_TARGETS) !== 0;
  }
}

function has(wanted: ReadonlySet<number> | undefined, found: number | undefined): boolean {
  return wanted === undefined || (found !== undefined && wanted.has(found));
}

function targetHash(target: string): number {
  return crc32(Buffer.from(target, 'utf8')) >>> 0;
}
