/** The chapter of persons: they come by signing in; what they may do and see is changed here. */

import { adopt, type ProviderFacts, type ProviderRoles } from './adoption.js';
import { PEOPLE_LIMIT, type PersonEntry, type Rights } from './entries.js';
import { isGuarded, lastGuardian } from './guardian.js';
import { done, isRefused, type Ledger, type Outcome, refused, unknownRoleIn } from './ledger.js';

export interface People {
  /** Roles are the provider's business: they change there, not here. */
  readonly followsProvider: boolean;
  get(subject: string): PersonEntry | undefined;
  all(): readonly PersonEntry[];
  /** At each sign-in and renewal. `undefined`: this person cannot have an entry. */
  adopt(facts: ProviderFacts): Promise<PersonEntry | undefined>;
  changeAccess(subject: string, change: Partial<Rights>, expected: number): Promise<Outcome<PersonEntry>>;
  remove(subject: string, expected: number): Promise<Outcome<PersonEntry>>;
}

export function createPeople(ledger: Ledger, mode: ProviderRoles): People {
  const { people, inTurn, commit } = ledger;
  const save = (entry: PersonEntry) => commit(people.put(entry.subject, entry), [entry.subject]);
  const followsProvider = mode === 'follow';

  return {
    followsProvider,
    get: (subject) => people.get(subject),
    all: () => people.all(),
    adopt: (facts) =>
      inTurn(async () => {
        const before = people.get(facts.subject);
        if (before === undefined && people.all().length >= PEOPLE_LIMIT) return undefined;
        const isRole = (name: string) => ledger.roles.get(name) !== undefined;
        const { tenant, clock } = ledger;
        const isUnguarded = !isGuarded(ledger);
        const after = adopt(facts, before, { tenant, mode, isUnguarded, isRole, nowMs: clock.nowMs() });
        if (after !== undefined && after !== before) await save(after);
        return after;
      }),
    changeAccess: (subject, change, expected) =>
      inTurn(async () => {
        const before = people.read(subject, expected);
        if (isRefused(before)) return before;
        if (followsProvider && change.roles !== undefined && !isSame(change.roles, before.roles)) {
          return refused('roles.follow-provider');
        }
        const after: PersonEntry = { ...before, ...change, revision: before.revision + 1 };
        const refusal = unknownRoleIn(ledger, after) ?? lastGuardian(ledger, { person: after });
        if (refusal !== undefined) return refusal;
        await save(after);
        return done(after, before);
      }),
    remove: (subject, expected) =>
      inTurn(async () => {
        const before = people.read(subject, expected);
        if (isRefused(before)) return before;
        const refusal = lastGuardian(ledger, { person: { ...before, isLocked: true } });
        if (refusal !== undefined) return refusal;
        await commit(people.remove(subject), [subject]);
        return done(before, before);
      }),
  };
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}
