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
  readonly lastSeenAtMs: number | undefined;
}

export interface Partner extends Rights {
  readonly id: string;
  readonly name: string;
  readonly quota: number | undefined;
  readonly keys: readonly PartnerKey[];
}

export interface PartnerKey {
  /** Its public beginning. */
  readonly id: string;
  readonly createdAtMs: number | undefined;
  readonly expiresAtMs: number | undefined;
}

/** Rights as they are typed; days may be half filled in. */
export interface RightsDraft {
  readonly roles: readonly string[];
  readonly everything: boolean;
  readonly grants: readonly GrantDraft[];
}

export type PersonState = 'active' | 'locked' | 'invited';

export function toPeople(body: unknown): readonly Person[] {
  return itemsIn(body, 'people').flatMap((json) => {
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
        lastSeenAtMs: momentIn(json, 'lastSeenAt'),
      },
    ];
  });
}

export function toPartners(body: unknown): readonly Partner[] {
  return itemsIn(body, 'partners').flatMap((json) => {
    const id = textIn(json, 'id');
    if (id === undefined) return [];
    const keys = listOf(json.keys)
      .map(objectOf)
      .flatMap((key) => {
        const keyId = textIn(key, 'id');
        if (keyId === undefined) return [];
        return [{ id: keyId, createdAtMs: momentIn(key, 'createdAt'), expiresAtMs: momentIn(key, 'expiresAt') }];
      });
    return [{ ...toRights(json), id, name: textIn(json, 'name') ?? id, quota: numberIn(json, 'quota'), keys }];
  });
}

export function personState({ isLocked, lastSeenAtMs }: Person): PersonState {
  if (isLocked) return 'locked';
  return lastSeenAtMs === undefined ? 'invited' : 'active';
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

/** As the identity provider takes it: what can be typed at a sign-in page without thinking. */
export function isUsername(name: string): boolean {
  return /^[a-z0-9][a-z0-9._-]{1,63}$/.test(name);
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
