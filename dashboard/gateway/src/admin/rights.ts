/**
 * Who may lay hands on whose account. Whoever resets a password can sign in with it, so people.change alone reaches only those who
 * may do and see no more than oneself: otherwise it would be access.change by another name.
 */

import type { Grant, Subject } from '@contor/policy';
import type { AccessBook } from '../book/book.js';

export function mayManage(manager: Subject, subjectId: string, book: AccessBook): boolean {
  if (manager.functions.has('access.change')) return true;
  const person = book.people.get(subjectId);
  if (person === undefined) return true; // Nobody of ours: the account has no rights here.
  const allows = person.roles.flatMap((role) => book.roles.get(role)?.functions ?? []);
  if (!allows.every((name) => manager.functions.has(name))) return false;
  if (manager.scope.kind === 'everything') return true;
  const own = manager.scope.grants;
  return !person.everything && person.grants.every((grant) => own.some((mine) => covers(mine, grant)));
}

/**
 * An entry as this reader may see it: who may change access sees all of it, others only grants inside their own scope, so that a list of
 * people or partners never names a site that its reader does not see (S0-24).
 */
export function shownTo<Entry extends { readonly grants: readonly Grant[] }>(
  reader: Subject,
  entry: Entry,
): Entry & { readonly hiddenGrants?: number } {
  const { scope } = reader;
  if (reader.functions.has('access.change') || scope.kind === 'everything') return entry;
  const grants = entry.grants.filter(({ to }) => scope.grants.some((mine) => mine.to === to));
  return grants.length === entry.grants.length
    ? entry
    : { ...entry, grants, hiddenGrants: entry.grants.length - grants.length };
}

function covers(wide: Grant, narrow: Grant): boolean {
  const startsInTime = (wide.fromMs ?? Number.NEGATIVE_INFINITY) <= (narrow.fromMs ?? Number.NEGATIVE_INFINITY);
  const endsInTime = (narrow.toMs ?? Number.POSITIVE_INFINITY) <= (wide.toMs ?? Number.POSITIVE_INFINITY);
  return wide.to === narrow.to && startsInTime && endsInTime;
}
