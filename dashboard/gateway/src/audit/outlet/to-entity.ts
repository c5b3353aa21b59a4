/**
 * Records as AuditRecord entities, for the rest of the platform. What identifies a person stays in the trail, where it can be erased: an entity says who by
 * the id of the subject, and has values only where they are nobody's.
 */

import { toIso } from '@contor/kit';
import { entity, type NgsiEntity, urn } from '@contor/orion-config';
import type { Anchor } from '../anchors.js';
import type { KeptRecord } from '../record.js';

/** A cell of a table, not a document. */
const LONGEST_TEXT = 2_000;
/** What a relationship may point to. */
const URI = /^urn:[A-Za-z0-9-]+:[^\s]+$/;

/** One entity a record, for the list of the newest in the broker. */
export function toEntity(sequence: number, kept: KeptRecord): NgsiEntity {
  return describe(urn('AuditRecord', String(sequence)), sequence, kept);
}

/** One entity a log, a series in history: the times of a trail differ, so every record is a row. */
export function toRow(sequence: number, kept: KeptRecord): NgsiEntity {
  return describe(urn('AuditRecord', kept.log), sequence, kept);
}

/** The end of a day: its hash as the value after, the signed statement beside it. */
export function anchorEntity({ day, sequence, hash, at, signature }: Anchor): NgsiEntity {
  const observedAt = { observedAt: at };
  const anchor = entity('AuditRecord', urn('AuditRecord', `anchor-${day}`))
    .property('category', 'application', observedAt)
    .property('operation', 'audit.anchor', observedAt)
    .property('valueAfter', hash, observedAt)
    .property('sequenceNumber', sequence, observedAt)
    .property('recordedAt', at, observedAt);
  return (signature === undefined ? anchor : anchor.property('statement', signature, observedAt)).build();
}

function describe(id: string, sequence: number, kept: KeptRecord): NgsiEntity {
  const { log, actor, page, operation, outcome, reason, targets = [], before, after, correlation, atMs } = kept;
  const at = { observedAt: toIso(atMs) };
  const record = entity('AuditRecord', id)
    .property('category', log, at)
    .property('sequenceNumber', sequence, at)
    .property('recordedAt', at.observedAt, at)
    .property('actor', actor.id === '' ? actor.kind : actor.id, at)
    .property('page', page, at)
    .property('operation', operation, at)
    .property('status', reason === undefined ? outcome : `${outcome}: ${reason}`, at);
  const [target] = targets.filter((one) => URI.test(one));
  if (target !== undefined) record.relationship('refTarget', target, at);
  if (before !== undefined) record.property('valueBefore', textOf(before), at);
  if (after !== undefined) record.property('valueAfter', textOf(after), at);
  if (correlation !== undefined) record.property('correlationId', correlation, at);
  return record.build();
}

function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 1)}…` : text;
}
