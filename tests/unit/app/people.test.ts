import {
  changeOf,
  draftOfRights,
  isDraftGood,
  isSameDraft,
  isUsername,
  nameFrom,
  newSpecials,
  personState,
  splitName,
  toPartners,
  toPeople,
  toQuota,
  toRightsDraft,
} from '@contor/app/logic/people';
import type { Role } from '@contor/app/logic/roles';
import { describe, expect, it } from '@jest/globals';

const ZONE = 'Europe/Bucharest';
const SITE = 'urn:ngsi-ld:Site:tulip';
/** As docs/gateway.md shows them. */
const PERSON = {
  subject: 's-1',
  username: 'maria',
  fullName: 'Maria Pop',
  roles: ['viewer'],
  everything: false,
  grants: [{ to: SITE, fromMs: Date.UTC(2026, 0, 31, 22) }],
  isLocked: false,
  revision: 4,
  createdAt: '2026-01-01T08:00:00.000Z',
  sessions: 2,
};

describe('people from the gateway', () => {
  const { people, total, isFollowing } = toPeople({
    people: [PERSON, { username: 'nobody' }],
    total: 7,
    followsProvider: true,
  });
  it('are read, and what is no person is left out', () => {
    expect([people.length, total, isFollowing]).toEqual([1, 7, true]);
    expect(people[0]).toMatchObject({ subject: 's-1', sessions: 2, revision: 4, lastSeenAtMs: undefined });
  });
  it('see nothing when their places cannot be read', () =>
    expect(toPeople({ people: [{ ...PERSON, grants: 'all', everything: 'yes' }] }).people[0]?.scope).toEqual({
      kind: 'grants',
      grants: [],
    }));
  it.each([
    [{}, 'active'],
    [{ isLocked: true }, 'locked'],
    [{ roles: [] }, 'bare'],
    [{ grants: [] }, 'bare'],
    [{ grants: [], everything: true }, 'active'],
  ])('with %j are %s', (more, state) => {
    const [person] = toPeople({ people: [{ ...PERSON, ...more }] }).people;
    expect(person && personState(person)).toBe(state);
  });
});

describe('rights in a form', () => {
  const [person] = toPeople({ people: [PERSON] }).people;
  const draft = person && draftOfRights(person, ZONE);
  it('come back as they went', () =>
    expect(draft && changeOf(draft, ZONE)).toEqual({ roles: ['viewer'], everything: false, grants: PERSON.grants }));
  it('of somebody who sees everything name no places', () =>
    expect(draft && changeOf({ ...draft, everything: true }, ZONE).grants).toEqual([]));
  it('are the same in another order of roles, and not with another day', () => {
    if (draft === undefined) throw new Error('no draft');
    expect(isSameDraft({ ...draft, roles: ['a', 'b'] }, { ...draft, roles: ['b', 'a'] })).toBe(true);
    const [grant] = draft.grants;
    expect(isSameDraft(draft, { ...draft, grants: grant ? [{ ...grant, untilDay: '2026-12-31' }] : [] })).toBe(false);
  });
  it('cannot be saved with days in the wrong order, unless no places count', () => {
    const wrong = {
      roles: [],
      everything: false,
      grants: [{ to: SITE, fromDay: '2026-02-02', untilDay: '2026-02-01' }],
    };
    expect(isDraftGood(wrong)).toBe(false);
    expect(isDraftGood({ ...wrong, everything: true })).toBe(true);
  });
  it("survive the browser's storage, and nothing else does", () => {
    expect(toRightsDraft(JSON.parse(JSON.stringify(draft)))).toEqual(draft);
    expect(toRightsDraft({ roles: 'all', grants: [] })).toBeUndefined();
    expect(toRightsDraft(undefined)).toBeUndefined();
  });
  it('tell which special permissions are new', () => {
    const role = (name: string, functions: readonly string[]): Role => ({
      ...{ name, title: name, functions, isBuiltIn: false, revision: 1, holders: 0 },
    });
    const roles = [role('a', ['supply.request']), role('b', ['supply.request', 'supply.approve', 'live.view'])];
    expect(newSpecials(['a'], ['a', 'b'], roles)).toEqual(['supply.approve']);
  });
});

describe('partners from the gateway', () => {
  it('are read with their keys', () =>
    expect(
      toPartners({
        partners: [
          { id: 'energo', name: 'Energo', quota: null, usedToday: 12, keys: [{ prefix: 'contor_1' }, {}], roles: [] },
        ],
      }),
    ).toMatchObject([{ id: 'energo', quota: undefined, usedToday: 12, keys: [{ prefix: 'contor_1' }] }]));
});

describe('what is typed', () => {
  it.each([
    ['', null],
    ['100 000', 100_000],
    ['100.000', 100_000],
    ['0', undefined],
    ['-5', undefined],
    ['many', undefined],
    ['9999999999', undefined],
  ])('"%s" is the quota %s', (text, quota) => expect(toQuota(text)).toBe(quota));
  it.each([
    ['maria.p', true],
    ['ștefan', true],
    ['a@b.ro', true],
    ['.a', false],
    ['two words', false],
    ['', false],
  ])('"%s" is a name to sign in with: %s', (name, isOne) => expect(isUsername(name)).toBe(isOne));
  it.each([
    ['Lumina Energy SRL', 'lumina-energy-srl'],
    ['  Țară & Oraș 24 ', 'tara-oras-24'],
    ['24 ore', 'ore'],
    ['', ''],
  ])('"%s" gives the name "%s"', (title, name) => expect(nameFrom(title)).toBe(name));
  it.each([
    ['Maria Pop', 'Maria', 'Pop'],
    ['Ana Maria  Popescu', 'Ana Maria', 'Popescu'],
    ['Madonna', 'Madonna', ''],
  ])('"%s"', (fullName, firstName, lastName) => expect(splitName(fullName)).toEqual({ firstName, lastName }));
});
