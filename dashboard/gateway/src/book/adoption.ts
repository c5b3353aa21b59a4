/**
 * What the book makes of somebody the OpenID provider has signed in. The provider says who somebody is; its realm roles count once
 * (`adopt`), at each sign-in and renewal (`follow`, for groups of Keycloak or LDAP) or not at all (`ignore`).
 */

import { isDeepStrictEqual } from 'node:util';
import { ConfigError } from '@contor/kit';
import { type PersonEntry, partnerOfSubject, ROLES_PER_ENTRY } from './entries.js';

const PROVIDER_ROLES = ['adopt', 'follow', 'ignore'] as const;

export type ProviderRoles = (typeof PROVIDER_ROLES)[number];

export function readProviderRoles(text: string): ProviderRoles {
  const found = PROVIDER_ROLES.find((mode) => mode === text);
  if (found !== undefined) return found;
  const message = `GATEWAY_PROVIDER_ROLES is '${text}', which is not a way to treat the roles of the provider.`;
  throw new ConfigError([{ code: 'config.provider-roles', message, fix: `Use ${PROVIDER_ROLES.join(', ')}.` }]);
}

/** The words of an ID and access token, already verified. */
export interface ProviderFacts {
  readonly subject: string;
  readonly username: string;
  readonly fullName: string;
  readonly roles: readonly string[];
}

export interface AdoptionParts {
  readonly tenant: string;
  readonly mode: ProviderRoles;
  /** Nobody in the book may change access: at the beginning, or where nobody of that role has come so far. */
  readonly isUnguarded: boolean;
  readonly isRole: (name: string) => boolean;
  readonly nowMs: number;
}

/** Who begins with everything in sight; everybody else begins with nothing and is given sites by an administrator. */
const ALL_SEEING: ReadonlySet<string> = new Set(['manager', 'data-administrator']);
/** As long as nobody may change access, whoever comes with it from the provider founds the book, whatever the mode: otherwise nobody could. */
const FOUNDING_ROLE = 'data-administrator';
/** OpenID Connect Core, 2: a sub has at most 255 characters. */
const LONGEST_SUBJECT = 255;
const LONGEST_NAME = 200;

/** The entry after this sign-in; the very same object when nothing changed. `undefined`: nobody we could tell from a partner. */
export function adopt(
  facts: ProviderFacts,
  before: PersonEntry | undefined,
  parts: AdoptionParts,
): PersonEntry | undefined {
  const { subject } = facts;
  if (subject === '' || subject.length > LONGEST_SUBJECT || partnerOfSubject(subject) !== undefined) return undefined;
  const names = { username: facts.username.slice(0, LONGEST_NAME), fullName: facts.fullName.slice(0, LONGEST_NAME) };
  const provided = [...new Set(facts.roles.filter(parts.isRole))].slice(0, ROLES_PER_ENTRY);
  const isFounder = parts.isUnguarded && facts.roles.includes(FOUNDING_ROLE) && before?.isLocked !== true;
  if (before === undefined) return begin(subject, names, provided, isFounder, parts);
  const followed = parts.mode === 'follow' ? { roles: provided } : {};
  const founded = isFounder ? { roles: [...new Set([...before.roles, ...provided])], everything: true } : {};
  const after = { ...before, ...names, ...followed, ...founded };
  return isDeepStrictEqual(after, before) ? before : { ...after, revision: before.revision + 1 };
}

function begin(
  subject: string,
  names: Pick<PersonEntry, 'username' | 'fullName'>,
  provided: readonly string[],
  isFounder: boolean,
  { tenant, mode, nowMs }: AdoptionParts,
): PersonEntry {
  const counts = isFounder || mode !== 'ignore';
  return {
    ...{ tenant, subject, ...names, roles: counts ? provided : [] },
    everything: isFounder || (counts && provided.some((role) => ALL_SEEING.has(role))),
    ...{ grants: [], isLocked: false, revision: 1, createdAtMs: nowMs },
  };
}
