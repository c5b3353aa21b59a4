/** People and partners of the access book, and the form in which their rights are edited. */
import type { FunctionName, Scope } from '@contor/policy';
import { itemsIn, type Json, listOf, momentIn, numberIn, objectOf, textIn, textsIn } from './json.js';
import { functionsOfRoles, isSpecial, type Role } from './roles.js';
import { draftFault, draftOf, type GrantDraft, grantOf, toGrants } from './scope.js';

/** What a person or a partner may do and see. */
export interface Rights {
  readonly roles: readonly string[];
  readonly scope: Scope;
  readonly isLocked: boolean;
  /** Which state was read: a change says what it is based on. */
  readonly revision: number | undefined;
}

export interface Person extends Rights {
  readonly subject: string;
  readonly username: string;
  readonly fullName: string;
  readonly createdAtMs: number | undefined;
  /** Where they are signed in now, and when they last did anything there. */
  readonly sessions: number;
  readonly lastSeenAtMs: number | undefined;
}

export interface Partner extends Rights {
  readonly id: string;
  readonly name: string;
  readonly quota: number | undefined;
  /** Units since midnight UTC. */
  readonly usedToday: number | undefined;
  readonly keys: readonly PartnerKey[];
}

export interface PartnerKey {
  readonly prefix: string;
  readonly createdAtMs: number | undefined;
  readonly expiresAtMs: number | undefined;
}

/** Rights as they are typed; days may be half filled in. */
export interface RightsDraft {
  readonly roles: readonly string[];
  readonly everything: boolean;
  readonly grants: readonly GrantDraft[];
}

/** `bare` has no role or sees nothing: somebody to be looked after. */
export type PersonState = 'active' | 'locked' | 'bare';

export interface PeoplePage {
  readonly people: readonly Person[];
  readonly total: number;
  /** Roles come from groups of the sign-in service. */
  readonly isFollowing: boolean;
}

export function toPeople(body: unknown): PeoplePage {
  const people = itemsIn(body, 'people').flatMap((json) => {
    const subject = textIn(json, 'subject');
    const username = textIn(json, 'username');
    if (subject === undefined || username === undefined) return [];
    return [
      {
        ...toRights(json),
        subject,
        username,
        fullName: textIn(json, 'fullName') ?? username,
        createdAtMs: momentIn(json, 'createdAt'),
        sessions: numberIn(json, 'sessions') ?? 0,
        lastSeenAtMs: momentIn(json, 'lastSeenAt'),
      },
    ];
  });
  const answer = objectOf(body);
  return { people, total: numberIn(answer, 'total') ?? people.length, isFollowing: answer.followsProvider === true };
}

export function toPartners(body: unknown): readonly Partner[] {
  return itemsIn(body, 'partners').flatMap((json) => {
    const id = textIn(json, 'id');
    if (id === undefined) return [];
    const keys = listOf(json.keys)
      .map(objectOf)
      .flatMap((key) => {
        const prefix = textIn(key, 'prefix');
        if (prefix === undefined) return [];
        return [{ prefix, createdAtMs: momentIn(key, 'createdAt'), expiresAtMs: momentIn(key, 'expiresAt') }];
      });
    return [
      {
        ...toRights(json),
        id,
        name: textIn(json, 'name') ?? id,
        quota: numberIn(json, 'quota'),
        usedToday: numberIn(json, 'usedToday'),
        keys,
      },
    ];
  });
}

export function personState({ isLocked, roles, scope }: Rights): PersonState {
  if (isLocked) return 'locked';
  const seesNothing = scope.kind === 'grants' && scope.grants.length === 0;
  return roles.length === 0 || seesNothing ? 'bare' : 'active';
}

export function draftOfRights({ roles, scope }: Rights, zone: string): RightsDraft {
  const grants = scope.kind === 'grants' ? scope.grants : [];
  return { roles, everything: scope.kind === 'everything', grants: grants.map((grant) => draftOf(grant, zone)) };
}

/** The body of a change. Whoever sees everything needs no places; what was typed for them is not kept as a trap for later. */
export function changeOf({ roles, everything, grants }: RightsDraft, zone: string) {
  return { roles, everything, grants: everything ? [] : grants.map((grant) => grantOf(grant, zone)) };
}

export function isSameDraft(one: RightsDraft, other: RightsDraft): boolean {
  const text = ({ roles, everything, grants }: RightsDraft): string =>
    JSON.stringify([[...roles].sort(), everything, everything ? [] : grants]);
  return text(one) === text(other);
}

export function isDraftGood({ everything, grants }: RightsDraft): boolean {
  return everything || grants.every((grant) => draftFault(grant) === undefined);
}

/** Special permissions somebody would hold and does not hold yet. */
export function newSpecials(
  before: readonly string[],
  after: readonly string[],
  roles: readonly Role[],
): readonly FunctionName[] {
  const held = functionsOfRoles(before, roles);
  return functionsOfRoles(after, roles).filter((name) => isSpecial(name) && !held.includes(name));
}

/** A draft that comes back from the browser's own storage, which anybody at this computer can write. */
export function toRightsDraft(value: unknown): RightsDraft | undefined {
  const json = objectOf(value);
  if (!Array.isArray(json.roles) || !Array.isArray(json.grants)) return undefined;
  const grants = listOf(json.grants)
    .map(objectOf)
    .map((grant) => ({
      to: textIn(grant, 'to') ?? '',
      fromDay: textIn(grant, 'fromDay') ?? '',
      untilDay: textIn(grant, 'untilDay') ?? '',
    }));
  return { roles: textsIn(json, 'roles'), everything: json.everything === true, grants };
}

/** As the gateway takes it: a name in any script, or an e-mail address. */
export function isUsername(name: string): boolean {
  return /^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,127}$/u.test(name);
}

/** What a name in an address is made of: `Lumina Energy SRL` → `lumina-energy-srl`. */
export function nameFrom(title: string): string {
  return title
    .normalize('NFD')
    .replaceAll(/\p{Diacritic}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
}

/** The last word is the family's, the others are given: what sign-in services want apart. */
export function splitName(fullName: string): { readonly firstName: string; readonly lastName: string } {
  const words = fullName.trim().split(/\s+/);
  const lastName = words.length > 1 ? (words.pop() ?? '') : '';
  return { firstName: words.join(' '), lastName };
}

/** Empty is no quota; `undefined` is no number. */
export function toQuota(text: string): number | null | undefined {
  const plain = text.replaceAll(/[\s.,']/g, '');
  if (plain === '') return null;
  const quota = Number(plain);
  return /^\d+$/.test(plain) && quota >= 1 && quota <= 1_000_000_000 ? quota : undefined;
}

function toRights(json: Json): Rights {
  return {
    roles: textsIn(json, 'roles'),
    scope: json.everything === true ? { kind: 'everything' } : { kind: 'grants', grants: toGrants(json.grants) },
    isLocked: json.isLocked === true,
    revision: numberIn(json, 'revision'),
  };
}
