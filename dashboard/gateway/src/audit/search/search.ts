/** A page of the trail, newest first: the index proposes, the records decide, archives come last. */

import type { ChainedLog } from '@contor/kit';
import { decodeRecord, type KeptRecord } from '../record.js';
import type { Archives } from './archives.js';
import type { RecordIndex } from './index-of-records.js';
import { type AuditQuery, type IsVisible, matches } from './query.js';

export interface Found {
  readonly sequence: number;
  readonly kept: KeptRecord;
}

export interface Page {
  readonly records: readonly Found[];
  /** Where the next page begins; undefined on the last. A page that was hard to fill may be short and still have a next. */
  readonly next: number | undefined;
}

export interface PageWish {
  readonly query: AuditQuery;
  readonly limit: number;
  /** Only what is older than this sequence. */
  readonly before?: number | undefined;
  readonly isVisible?: IsVisible | undefined;
}

export interface SearchParts {
  readonly chain: ChainedLog;
  readonly index: RecordIndex;
  readonly archives: Archives;
}

/** Records that are read for one page. A filter that lets almost nothing through answers with what it has and where to go on. */
const MOST_READ = 20_000;
/** Candidates that are this near are read in one go: a read begins at a mark of the log, some hundred records back. */
const NEAR = 128;
/** Almost every candidate is a match, so not many more are read than a page has room for. */
const FEW = 50;

export async function searchPage({ chain, index, archives }: SearchParts, wish: PageWish): Promise<Page> {
  const { query, limit, before = Number.POSITIVE_INFINITY, isVisible = () => true } = wish;
  const sieve = index.sieve(query);
  const records: Found[] = [];
  const ended = new Set<number>();
  let read = 0;
  /** true: the page is full. */
  const take = (sequence: number, kept: KeptRecord): boolean => {
    read += 1;
    if (kept.of !== undefined) ended.add(kept.of);
    const isHidden = sieve.hidesEnded && ended.has(sequence);
    if (!isHidden && matches(query, kept) && isVisible(kept)) records.push({ sequence, kept });
    return records.length === limit || read >= MOST_READ;
  };
  for (const group of inGroups(index.candidates(sieve, before), archives.through, Math.max(FEW, limit))) {
    for (const [sequence, kept] of await readGroup(chain, group)) {
      if (take(sequence, kept)) return { records, next: sequence };
    }
  }
  for await (const { sequence, kept } of archives.newestFirst(query, before)) {
    if (take(sequence, kept)) return { records, next: sequence };
  }
  return { records, next: undefined };
}

/** Descending sequences down to what is archived, cut where the next one is far. */
function* inGroups(sequences: Iterable<number>, archivedThrough: number, most: number): Generator<readonly number[]> {
  let group: number[] = [];
  for (const sequence of sequences) {
    if (sequence <= archivedThrough) break;
    const isFar = (group.at(-1) ?? sequence) - sequence > NEAR;
    if (isFar || group.length >= most) {
      yield group;
      group = [];
    }
    group.push(sequence);
  }
  if (group.length > 0) yield group;
}

/** Newest first, as the group is. */
async function readGroup(chain: ChainedLog, group: readonly number[]): Promise<readonly [number, KeptRecord][]> {
  const newest = group[0] ?? 0;
  const oldest = group.at(-1) ?? 0;
  const wanted = new Set(group);
  const found: [number, KeptRecord][] = [];
  for await (const { sequence, body } of chain.read(oldest)) {
    if (wanted.has(sequence)) found.push([sequence, decodeRecord(body)]);
    if (sequence >= newest) break;
  }
  return found.reverse();
}
