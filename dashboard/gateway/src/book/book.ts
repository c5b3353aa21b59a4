/**
 * The access book: what each person and partner may do and see, asked at every request. A change is in force at once, durable
 * before it is answered, and told to those who listen, so that streams and caches re-check in the same moment.
 */

import type { Subject } from '@contor/policy';
import type { ProviderRoles } from './adoption.js';
import { type Consents, createConsents } from './consents.js';
import { createLedger, type LedgerParts } from './ledger.js';
import { createPartners, type Partners } from './partners.js';
import { createPeople, type People } from './people.js';
import { createRoles, type RoleSeed, type Roles } from './roles.js';
import { createSubjects } from './subjects.js';

export interface AccessBook {
  readonly people: People;
  readonly roles: Roles;
  readonly partners: Partners;
  readonly consents: Consents;
  /** A new number whenever an answer of `subjectOf` may have changed. */
  readonly version: number;
  /** `undefined` for somebody unknown, removed or locked: nobody. */
  subjectOf(id: string): Subject | undefined;
  /** Told the id of each subject whose rights may have changed, the moment they have. */
  onChange(listener: (subjectId: string) => void): void;
  close(): Promise<void>;
}

export interface BookParts extends LedgerParts {
  readonly seeds: readonly RoleSeed[];
  readonly providerRoles: ProviderRoles;
}

export async function openBook(parts: BookParts): Promise<AccessBook> {
  const ledger = createLedger(parts);
  const subjectOf = createSubjects(ledger);
  const roles = createRoles(ledger);
  await roles.seed(parts.seeds);
  const listeners: ((subjectId: string) => void)[] = [];
  let version = 0;
  const people = createPeople(ledger, parts.providerRoles);
  const partners = createPartners(ledger);
  const consents = createConsents(ledger);
  // After the chapters, so that whoever is told finds their indexes as they are now.
  ledger.onChange((subjectIds) => {
    version += 1;
    for (const id of subjectIds) for (const listener of listeners) listener(id);
  });
  return {
    ...{ people, roles, partners, consents, subjectOf },
    get version() {
      return version;
    },
    onChange: (listener) => void listeners.push(listener),
    close: () => ledger.close(),
  };
}
