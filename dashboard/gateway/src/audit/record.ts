/** One record of the trail as it is kept: an entry that was cleaned, with its time, as canonical JSON. */

import { canonicalJson } from './canonical.js';
import { cleanValue, cleanWord, MOST_TARGETS } from './clean.js';
import type { AuditEntry } from './entry.js';

export interface AuditRecord extends AuditEntry {
  /** Never the same twice and never backwards, so that the trail can be searched by it. */
  readonly atMs: number;
  /** What the clock of the machine said, where that was something else. */
  readonly clockMs?: number;
}

const FORMAT = 1;

export function cleanEntry(entry: AuditEntry): AuditEntry {
  const { actor, targets, before, after, subject, address, correlation, reason } = entry;
  return {
    ...entry,
    actor: {
      id: cleanWord(actor.id),
      kind: actor.kind,
      ...(actor.name !== undefined && { name: cleanWord(actor.name) }),
    },
    page: cleanWord(entry.page),
    operation: cleanWord(entry.operation),
    ...(targets !== undefined && { targets: targets.slice(0, MOST_TARGETS).map(cleanWord) }),
    ...(before !== undefined && { before: cleanValue(before) }),
    ...(after !== undefined && { after: cleanValue(after) }),
    ...(subject !== undefined && { subject: cleanWord(subject) }),
    ...(address !== undefined && { address: cleanWord(address) }),
    ...(correlation !== undefined && { correlation: cleanWord(correlation) }),
    ...(reason !== undefined && { reason: cleanWord(reason) }),
    ...countOf(entry),
  };
}

/** Whoever names more targets than are kept still says how many there were. */
function countOf({ targets = [], count }: AuditEntry): { count?: number } {
  if (count !== undefined) return { count };
  return targets.length > MOST_TARGETS ? { count: targets.length } : {};
}

export function encodeRecord(record: AuditRecord): Uint8Array {
  return Buffer.from(canonicalJson({ format: FORMAT, ...record }), 'utf8');
}
