/**
 * What the audit trail is told and what it keeps: who did what, where, to what, from which address, with which outcome.
 * Everything outside `audit/` needs these nouns only.
 */

/** Three logs apart: what people do with the dashboard, what was exchanged with devices, what was set. */
export const AUDIT_LOGS = ['application', 'communication', 'parametrisation'] as const;
export type AuditLog = (typeof AUDIT_LOGS)[number];

/** `begun` is on disk before anything is done; the outcome follows and names it by `of`. */
export const AUDIT_OUTCOMES = ['begun', 'done', 'refused', 'failed'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

export const ACTOR_KINDS = ['person', 'partner', 'service', 'unknown'] as const;

export interface AuditActor {
  /** Subject of the identity provider, id of a partner, name of a service; empty when nobody is known. Not a name of a person. */
  readonly id: string;
  readonly kind: (typeof ACTOR_KINDS)[number];
  /** Kept under the key of this actor, and gone with it. */
  readonly name?: string;
}

export interface AuditEntry {
  readonly log: AuditLog;
  readonly actor: AuditActor;
  /** Where it was done: a page of `policy`'s functions. */
  readonly page: string;
  /** What was done: usually a function of `policy`, or `sign-in`, `sign-out`, `refusal`. */
  readonly operation: string;
  /** To what: URNs, subjects, names of roles. */
  readonly targets?: readonly string[];
  /** Initial and final value, as plain data. Secrets are taken out by name and by look, what is long is cut. */
  readonly before?: unknown;
  readonly after?: unknown;
  /** Whose personal data `before` and `after` are: kept under the key of this subject. */
  readonly subject?: string;
  /** Where from. Kept under the key of the actor. */
  readonly address?: string;
  readonly correlation?: string;
  readonly outcome: AuditOutcome;
  /** Why it was refused or failed, in a word. */
  readonly reason?: string;
  /** Sequence of the record that began this. */
  readonly of?: number;
  /** How many times, when one record stands for several, and when the first of them was. */
  readonly count?: number;
  readonly sinceMs?: number;
}

export interface Audit {
  /** Resolves with the record's sequence when it is on disk. Rejects when the trail is full: then do not act. */
  record(entry: AuditEntry): Promise<number>;
}
