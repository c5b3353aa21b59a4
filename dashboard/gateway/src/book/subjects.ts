/** From an entry to a subject of policy: functions of its roles together, and its scope. Made once per change, not per request. */

import { type FunctionName, isFunction, type Subject } from '@contor/policy';
import { partnerOfSubject, type RoleEntry } from './entries.js';
import type { Ledger } from './ledger.js';

/** `undefined` for somebody unknown, removed or locked: nobody. */
export function createSubjects(ledger: Ledger): (id: string) => Subject | undefined {
  const made = new Map<string, Subject>();
  ledger.onChange(() => made.clear());
  return (id) => {
    const known = made.get(id);
    if (known !== undefined) return known;
    const subject = makeSubject(ledger, id);
    if (subject !== undefined) made.set(id, subject);
    return subject;
  };
}

function makeSubject(ledger: Ledger, id: string): Subject | undefined {
  const partnerId = partnerOfSubject(id);
  const entry = partnerId === undefined ? ledger.people.get(id) : ledger.partners.get(partnerId);
  if (entry === undefined || entry.isLocked) return undefined;
  const isPerson = partnerId === undefined;
  // A partner named like a person does not own what is that person's.
  const owner = 'username' in entry ? { username: entry.username } : {};
  return {
    id,
    kind: isPerson ? 'person' : 'partner',
    username: 'username' in entry ? entry.username : entry.id,
    tenant: entry.tenant,
    functions: functionsOf(ledger, entry.roles),
    scope: entry.everything ? { kind: 'everything' } : { kind: 'grants', grants: entry.grants, ...owner },
  };
}

/** With `edited`: as if that role already read so. */
export function functionsOf(ledger: Ledger, roles: readonly string[], edited?: RoleEntry): ReadonlySet<FunctionName> {
  const functions = new Set<FunctionName>();
  for (const name of roles) {
    const role = name === edited?.name ? edited : ledger.roles.get(name);
    // A function that a later version no longer knows allows nothing.
    for (const wanted of role?.functions ?? []) if (isFunction(wanted)) functions.add(wanted);
  }
  return functions;
}
