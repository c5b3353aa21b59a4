/**
 * Keeps the scope index true. From the broker: notifications of what comes, goes and is tied otherwise, and pages at the start and every
 * few minutes, which bring what a lost notification would have. From history: what lives there alone. Until both are known nobody
 * whose scope is limited is answered, because a tie that is missing would hide what is theirs, and one too many would show what is not.
 */

import type { Clock, Logger, Random } from '@contor/kit';
import { isStructure, type ScopeIndex, type TiedEntity } from '@contor/policy';
import type { NotifiedEntity } from '../notify/door.js';
import { type Rounds, startRounds } from '../rounds.js';
import type { ScopeBroker } from './broker.js';
import type { Remembered, ScopeHistory } from './history.js';

/** The index, and whether it may be asked. */
export interface KnownScopes {
  readonly index: ScopeIndex;
  /** Held by the broker, and not by history alone. */
  readonly isLive: (id: string) => boolean;
  /** A new number whenever that changes for some entity. */
  readonly liveVersion: number;
  /** What the broker holds is known. */
  readonly isTrue: boolean;
  /** What lives in history alone, too. */
  readonly isHistoryTrue: boolean;
}

export interface ScopeFeed extends KnownScopes {
  /** What a notification said. */
  receive(entities: readonly NotifiedEntity[]): void;
  stop(): void;
}

export interface ScopeFeedParts {
  readonly index: ScopeIndex;
  readonly broker: ScopeBroker;
  readonly history: ScopeHistory;
  /** Told of an entity that the broker deletes, while the index still knows it. */
  readonly onRemove?: ((id: string) => void) | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const EVERY_MS = 3 * 60_000;
/** Ties change in the broker alone: while it is away the last ones hold, and after three rounds nobody is sure any more. */
const TRUSTED_FOR_MS = 10 * 60_000;
/** A series keeps its device; what its newest row says is looked at again now and then. */
const HISTORY_AGAIN_MS = 3_600_000;
/** Deletions during a query move entities between its pages: then it is asked again, so often. */
const TRIES = 3;
/** Entities whose newest notification is remembered: two subscriptions may tell of one in the wrong order, seconds apart. */
const REMEMBERED_LIMIT = 20_000;
const NO_BROKER = 'The broker does not answer; who may see what is not known yet.';
const NO_HISTORY = 'History does not answer; who may see which series is not known yet.';

export function startScopeFeed(parts: ScopeFeedParts): ScopeFeed {
  const { index, broker, history, onRemove, clock, random, log } = parts;
  /** Held by the broker, as far as we know. */
  const live = new Set<string>();
  let liveVersion = 0;
  /** In history alone, and when its ties were asked for. */
  const remembered = new Map<string, number>();
  const newest = new Map<string, number>();
  /** Told by notifications since the round began: newer than what it finds. */
  const touched = new Set<string>();
  let hasDeleted = false;
  let isStopped = false;

  function apply(entity: TiedEntity): void {
    if (!live.has(entity.id)) liveVersion += 1;
    live.add(entity.id);
    remembered.delete(entity.id);
    index.apply(entity);
  }

  function remove(id: string): void {
    onRemove?.(id);
    if (live.delete(id)) liveVersion += 1;
    index.remove(id); // History may still have it: its next round looks.
  }

  function receive(entities: readonly NotifiedEntity[]): void {
    for (const entity of entities) {
      touched.add(entity.id);
      const atMs = momentOf(entity.deletedAt) ?? momentOf(entity.modifiedAt);
      if (atMs !== undefined && !isNewest(newest, entity.id, atMs)) continue;
      if (entity.deletedAt === undefined) apply(withoutNulls(entity));
      else {
        hasDeleted = true;
        remove(entity.id);
      }
    }
  }

  async function liveRound(): Promise<void> {
    // The subscriptions first: what changes while the query runs is then announced as well.
    await broker.subscribe();
    for (let tries = 0; tries < TRIES; tries += 1) {
      hasDeleted = false;
      touched.clear();
      const found = new Set<string>();
      for await (const page of broker.pages()) {
        for (const entity of page) {
          found.add(entity.id);
          if (!touched.has(entity.id)) apply(entity);
        }
      }
      await removeMissing(found);
      if (!hasDeleted) break;
    }
    touched.clear();
  }

  /** Not on any page: gone, or moved from a page that was still to come to one that had been read. */
  async function removeMissing(found: ReadonlySet<string>): Promise<void> {
    const missing = [...live].filter((id) => !found.has(id) && !touched.has(id));
    const present = new Set((await broker.named(missing)).map(({ id }) => id));
    for (const id of missing) if (!present.has(id) && !touched.has(id)) remove(id);
  }

  async function historyRound(): Promise<void> {
    const nowMs = clock.monotonicMs();
    const found = new Set<string>();
    for await (const page of history.pages()) {
      const due: Remembered[] = [];
      for (const entity of page) {
        // History keeps no dates of ties: what it remembers of points and groups would hold for ever.
        if (isStructure(entity.type)) continue;
        found.add(entity.id);
        const askedMs = remembered.get(entity.id);
        if (!live.has(entity.id) && (askedMs === undefined || nowMs - askedMs >= HISTORY_AGAIN_MS)) due.push(entity);
      }
      for (const tied of due.length === 0 ? [] : await history.tiesOf(due)) {
        if (live.has(tied.id)) continue;
        remembered.set(tied.id, nowMs);
        index.apply(tied);
      }
    }
    for (const id of remembered.keys()) {
      if (found.has(id)) continue;
      remembered.delete(id);
      if (!live.has(id)) index.remove(id);
    }
  }

  const common = { everyMs: EVERY_MS, clock, random, log };
  let historyRounds: Rounds | undefined;
  const liveRounds = startRounds({
    ...common,
    async run() {
      await liveRound();
      // After the broker, so that what both have is asked for once.
      historyRounds ??= isStopped ? undefined : startRounds({ ...common, run: historyRound, complaint: NO_HISTORY });
    },
    complaint: NO_BROKER,
  });
  const isTrusted = (atMs: number | undefined) => atMs !== undefined && clock.monotonicMs() - atMs < TRUSTED_FOR_MS;
  return {
    index,
    isLive: (id) => live.has(id),
    get liveVersion() {
      return liveVersion;
    },
    get isTrue() {
      return isTrusted(liveRounds.lastGoodMs);
    },
    get isHistoryTrue() {
      return isTrusted(liveRounds.lastGoodMs) && historyRounds?.lastGoodMs !== undefined;
    },
    receive,
    stop() {
      isStopped = true;
      liveRounds.stop();
      historyRounds?.stop();
    },
  };
}

function isNewest(newest: Map<string, number>, id: string, atMs: number): boolean {
  const before = newest.get(id);
  if (before !== undefined && before > atMs) return false;
  newest.delete(id);
  newest.set(id, atMs);
  if (newest.size > REMEMBERED_LIMIT) {
    const [oldest] = newest.keys();
    if (oldest !== undefined) newest.delete(oldest);
  }
  return true;
}

function momentOf(value: unknown): number | undefined {
  const atMs = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : atMs;
}

const NGSI_NULL = 'urn:ngsi-ld:null';

/** A tie that was taken away is told as a null in its place (5.8.6). */
function withoutNulls(entity: NotifiedEntity): TiedEntity {
  const kept = Object.entries(entity).flatMap(([name, value]) => {
    if (!Array.isArray(value)) return isNull(value) ? [] : [[name, value] as const];
    const instances = value.filter((instance) => !isNull(instance));
    return instances.length === 0 ? [] : [[name, instances] as const];
  });
  return { ...Object.fromEntries(kept), id: entity.id, type: entity.type };
}

function isNull(instance: unknown): boolean {
  if (instance === NGSI_NULL) return true;
  if (typeof instance !== 'object' || instance === null) return false;
  return (
    ('object' in instance && instance.object === NGSI_NULL) || ('value' in instance && instance.value === NGSI_NULL)
  );
}
