/** The chapter of roles: named sets of functions, edited at run time. */

import type { FunctionName } from '@contor/policy';
import { partnerSubject, ROLES_LIMIT, type RoleEntry } from './entries.js';
import { lastGuardian } from './guardian.js';
import { done, type Expected, isRefused, type Ledger, type Outcome, refused } from './ledger.js';

export interface RoleSeed {
  readonly name: string;
  readonly title: string;
  readonly functions: readonly FunctionName[];
}

export interface Roles {
  get(name: string): RoleEntry | undefined;
  all(): readonly RoleEntry[];
  /** How many persons and partners have it. */
  holdersOf(name: string): number;
  /** Built-in roles that are missing: all of them at the first start, the new ones after an upgrade. */
  seed(seeds: readonly RoleSeed[]): Promise<void>;
  change(role: RoleSeed, expected: Expected): Promise<Outcome<RoleEntry>>;
  remove(name: string, expected: number): Promise<Outcome<RoleEntry>>;
}

export function createRoles(ledger: Ledger): Roles {
  const { roles, inTurn, commit } = ledger;
  return {
    get: (name) => roles.get(name),
    all: () => roles.all(),
    holdersOf: (name) => holdersOf(ledger, name).length,
    seed: (seeds) =>
      inTurn(async () => {
        const missing = seeds.filter(({ name }) => roles.get(name) === undefined);
        await Promise.all(missing.map((seed) => roles.put(seed.name, { ...seed, isBuiltIn: true, revision: 1 })));
      }),
    change: ({ name, title, functions }, expected) =>
      inTurn(async () => {
        const before = roles.get(name);
        if (expected === 'new' && before !== undefined) return refused('entry.exists');
        const read = expected === 'new' ? undefined : roles.read(name, expected);
        if (read !== undefined && isRefused(read)) return read;
        if (before === undefined && roles.all().length >= ROLES_LIMIT) return refused('entry.limit');
        const { isBuiltIn = false, revision = 0 } = before ?? {};
        const after: RoleEntry = { name, title, functions, isBuiltIn, revision: revision + 1 };
        const refusal = lastGuardian(ledger, { role: after });
        if (refusal !== undefined) return refusal;
        await commit(roles.put(name, after), holdersOf(ledger, name));
        return done(after, before);
      }),
    remove: (name, expected) =>
      inTurn(async () => {
        const before = roles.read(name, expected);
        if (isRefused(before)) return before;
        if (before.isBuiltIn) return refused('role.built-in');
        const holders = holdersOf(ledger, name).length;
        if (holders > 0) return refused('role.in-use', `Take it from those who have it first; they are ${holders}.`);
        await commit(roles.remove(name), []);
        return done(before, before);
      }),
  };
}

function holdersOf({ people, partners }: Ledger, role: string): readonly string[] {
  return [
    ...people.all().flatMap(({ subject, roles }) => (roles.includes(role) ? [subject] : [])),
    ...partners.all().flatMap(({ id, roles }) => (roles.includes(role) ? [partnerSubject(id)] : [])),
  ];
}
