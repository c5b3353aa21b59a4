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

function covers(wide: Grant, narrow: Grant): boolean {
  const startsInTime = (wide.fromMs ?? Number.NEGATIVE_INFINITY) <= (narrow.fromMs ?? Number.NEGATIVE_INFINITY);
  const endsInTime = (narrow.toMs ?? Number.POSITIVE_INFINITY) <= (wide.toMs ?? Number.POSITIVE_INFINITY);
  return wide.to === narrow.to && startsInTime && endsInTime;
}
