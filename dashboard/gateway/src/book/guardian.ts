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
  if (!isGuarded(ledger)) return undefined;
  const people = ledger.people.all();
  const stays = people.some((entry) => guards(ledger, entry.subject === person?.subject ? person : entry, role));
  return stays ? undefined : refused('administrator.last');
}

export function isGuarded(ledger: Ledger): boolean {
  return ledger.people.all().some((entry) => guards(ledger, entry));
}

function guards(ledger: Ledger, entry: PersonEntry, edited?: RoleEntry): boolean {
  return !entry.isLocked && functionsOf(ledger, entry.roles, edited).has(GUARDIAN);
}
