/** Somebody who is not locked must always be able to change access: the last one cannot lose it, nor can the role that gives it. */

import type { FunctionName } from '@contor/policy';
import type { PersonEntry, RoleEntry } from './entries.js';
import { type Ledger, type Refused, refused } from './ledger.js';
import { functionsOf } from './subjects.js';

const GUARDIAN: FunctionName = 'access.change';

/** Whether this change would leave nobody. Where there is nobody before it, nothing is lost by it. */
export function lastGuardian(
  ledger: Ledger,
  { person, role }: { readonly person?: PersonEntry; readonly role?: RoleEntry },
): Refused | undefined {
  const guards = (entry: PersonEntry, edited?: RoleEntry) =>
    !entry.isLocked && functionsOf(ledger, entry.roles, edited).has(GUARDIAN);
  const people = ledger.people.all();
  if (!people.some((entry) => guards(entry))) return undefined;
  const isGuarded = people.some((entry) => guards(entry.subject === person?.subject ? person : entry, role));
  return isGuarded ? undefined : refused('administrator.last');
}
