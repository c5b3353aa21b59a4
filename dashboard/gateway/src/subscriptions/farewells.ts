/**
 * Who saw an entity that is gone: an entity that was deleted is in no scope any more, and those who saw it are told of its end all the
 * same. Kept for a short time, for the scopes of those who have subscriptions.
 */

import type { Scope, ScopeIndex } from '@contor/policy';
import { scopeKey } from '../scope/scope-key.js';

export interface Farewells {
  /** Before the index forgets it. */
  note(id: string, scopes: Iterable<Scope>, nowMs: number): void;
  saw(scope: Scope, id: string, nowMs: number): boolean;
  readonly size: number;
}

/** A partner who is away so long hears of the deletion by asking. */
const KEPT_MS = 10 * 60_000;
/** A purge of a year of settled acquisitions at once. */
const MOST = 50_000;

interface Farewell {
  readonly atMs: number;
  readonly seenBy: ReadonlySet<string>;
}

export function createFarewells(index: ScopeIndex): Farewells {
  const farewells = new Map<string, Farewell>();

  function forgetOld(nowMs: number): void {
    for (const [id, { atMs }] of farewells) {
      if (farewells.size <= MOST && nowMs - atMs < KEPT_MS) return;
      farewells.delete(id);
    }
  }

  return {
    note(id, scopes, nowMs) {
      const seenBy = new Set<string>();
      for (const scope of scopes)
        if (scope.kind === 'grants' && index.isVisible(scope, id, nowMs)) seenBy.add(scopeKey(scope));
      if (seenBy.size === 0) return;
      farewells.delete(id);
      farewells.set(id, { atMs: nowMs, seenBy });
      forgetOld(nowMs);
    },
    saw(scope, id, nowMs) {
      const farewell = farewells.get(id);
      return farewell !== undefined && nowMs - farewell.atMs < KEPT_MS && farewell.seenBy.has(scopeKey(scope));
    },
    get size() {
      return farewells.size;
    },
  };
}
