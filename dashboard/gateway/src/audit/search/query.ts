/** What is searched for. The index proposes by this, and the record itself decides. */

import type { AuditLog, AuditOutcome } from '../entry.js';
import type { KeptRecord } from '../record.js';

export interface AuditQuery {
  readonly logs?: readonly AuditLog[];
  /** Ids. */
  readonly actors?: readonly string[];
  readonly pages?: readonly string[];
  readonly operations?: readonly string[];
  readonly outcomes?: readonly AuditOutcome[];
  readonly target?: string;
  /** Inclusive. */
  readonly fromMs?: number;
  /** Exclusive. */
  readonly toMs?: number;
}

/** For somebody whose scope is limited. */
export type IsVisible = (kept: KeptRecord) => boolean;

export function matches(query: AuditQuery, kept: KeptRecord): boolean {
  const { logs, actors, pages, operations, outcomes, target, fromMs = -Infinity, toMs = Infinity } = query;
  return (
    kept.atMs >= fromMs &&
    kept.atMs < toMs &&
    isIn(logs, kept.log) &&
    isIn(outcomes, kept.outcome) &&
    isIn(actors, kept.actor.id) &&
    isIn(pages, kept.page) &&
    isIn(operations, kept.operation) &&
    (target === undefined || (kept.targets?.includes(target) ?? false))
  );
}

function isIn<T>(wanted: readonly T[] | undefined, found: T): boolean {
  return wanted === undefined || wanted.includes(found);
}
