/**
 * What a handler adds to the record of its own request: the recorder knows who, when and from where, only the handler knows to what, what was
 * before and what is after. Several notes of a request are laid over each other.
 */

import type { Request } from 'express';
import type { AuditEntry } from '../entry.js';

export type ChangeNote = Partial<
  Pick<AuditEntry, 'operation' | 'page' | 'log' | 'targets' | 'before' | 'after' | 'subject' | 'reason' | 'count'>
>;

const notes = new WeakMap<Request, ChangeNote>();

/** Before the answer is sent. */
export function noteChange(request: Request, note: ChangeNote): void {
  notes.set(request, { ...notes.get(request), ...note });
}

export function noteOf(request: Request): ChangeNote {
  return notes.get(request) ?? {};
}
