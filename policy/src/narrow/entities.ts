/**
 * Questions to the broker, narrowed to a scope: which identifiers may be asked for, in chunks a broker takes, and one page of
 * entities over several chunks. What the question filters besides (q, geo, patterns) stays with the broker.
 */

import type { Scope, ScopeIndex } from '../scope.js';

export interface EntityQuestion {
  /** Names in the type selection; none: every type. */
  readonly types: readonly string[];
  /** As asked for; undefined: all. */
  readonly ids?: readonly string[] | undefined;
}

export type Narrowed =
  | { readonly kind: 'everything' }
  | { readonly kind: 'nothing' }
  /** Sorted, over all chunks. */
  | { readonly kind: 'ids'; readonly chunks: readonly (readonly string[])[]; readonly count: number };

/** Orion-LD's largest page; a body of some 50 kB. */
export const CHUNK = 1_000;

export function narrowQuery(scope: Scope, index: ScopeIndex, question: EntityQuestion, nowMs: number): Narrowed {
  if (scope.kind === 'everything') return { kind: 'everything' };
  const ids = idsOf(scope, index, question, nowMs);
  return ids.length === 0 ? { kind: 'nothing' } : { kind: 'ids', chunks: toChunks(ids), count: ids.length };
}

function idsOf(scope: Scope, index: ScopeIndex, { types, ids }: EntityQuestion, nowMs: number): readonly string[] {
  if (ids === undefined) return index.idsOf(scope, types, nowMs);
  return [...new Set(ids)].filter((id) => index.isVisible(scope, id, nowMs)).sort();
}

export function toChunks<T>(items: readonly T[], size = CHUNK): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}

export interface PageWanted {
  readonly limit: number;
  readonly offset: number;
  readonly wantsCount: boolean;
  /** The broker filters by nothing but identifiers and types: then it need not be asked how many there are. */
  readonly isPlain?: boolean;
}

/** One question to the broker: `count=true` always, and `limit=0` when only the count matters (GS CIM 009, 6.3.13). */
export interface ChunkQuestion {
  readonly ids: readonly string[];
  readonly limit: number;
  readonly offset: number;
}

export interface ChunkAnswer<Entity> {
  readonly entities: readonly Entity[];
  /** `NGSILD-Results-Count`. */
  readonly count: number;
}

export interface Pager<Entity> {
  /** `undefined` when the page is complete. */
  next(): ChunkQuestion | undefined;
  /** The answer to the last question. */
  take(answer: ChunkAnswer<Entity>): void;
  readonly entities: readonly Entity[];
  readonly count: number | undefined;
}

/** Chunk after chunk, in order: what the first ones have too many is skipped, and nothing is asked once the page is full. */
export function createPager<Entity>(chunks: readonly (readonly string[])[], wanted: PageWanted): Pager<Entity> {
  const { limit, offset, wantsCount } = wanted;
  const isPlain = wanted.isPlain === true;
  const all = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const waiting = isPlain ? toChunks(chunks.flat().slice(offset, offset + limit)) : chunks;
  const entities: Entity[] = [];
  let skip = isPlain ? 0 : offset;
  let counted = 0;
  let at = 0;

  return {
    next() {
      const ids = waiting[at];
      const missing = limit - entities.length;
      if (ids === undefined || (missing <= 0 && !(wantsCount && !isPlain))) return undefined;
      return missing <= 0 ? { ids, limit: 0, offset: 0 } : { ids, limit: Math.min(missing, ids.length), offset: skip };
    },
    take(answer) {
      entities.push(...answer.entities.slice(0, limit - entities.length));
      skip = Math.max(0, skip - answer.count);
      counted += answer.count;
      at += 1;
    },
    entities,
    get count() {
      return wantsCount ? (isPlain ? all : counted) : undefined;
    },
  };
}
