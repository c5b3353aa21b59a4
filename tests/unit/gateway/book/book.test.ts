/** The access book: who comes in how, what a change does at once, and what it refuses. */

import type { AccessBook } from '@contor/gateway/book/book.js';
import { SimulatedDisk, seededRandom } from '@contor/kit';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { facts, NOW_MS, openTestBook, SEEDS, simulatedDisk } from './support.js';

let book: AccessBook;
beforeEach(async () => {
  book = await openTestBook();
});

const rights = (subject: string) => {
  const found = book.subjectOf(subject);
  return found && { functions: [...found.functions].sort(), scope: found.scope };
};
const EVERYTHING = { kind: 'everything' };
const NOTHING = { kind: 'grants', grants: [] };
/** Whoever does not see everything sees what they own besides. */
const ownedBy = ({ kind }: { kind: string }, username: string) => (kind === 'grants' ? { username } : {});

describe('who signs in for the first time', () => {
  it.each([
    [
      'adopt',
      ['data-administrator', 'manager'],
      ['access.change', 'history.view', 'live.view', 'people.view'],
      EVERYTHING,
    ],
    ['ignore', ['data-administrator'], ['access.change', 'people.view'], EVERYTHING],
    ['follow', ['data-administrator'], ['access.change', 'people.view'], EVERYTHING],
    ['adopt', ['viewer'], ['live.view'], NOTHING],
    ['ignore', ['manager'], [], NOTHING],
  ] as const)('into an empty book, %s with %p', async (providerRoles, roles, functions, scope) => {
    book = await openTestBook({ providerRoles });
    await book.people.adopt(facts('a', roles));
    expect(rights('a')).toEqual({ functions, scope: { ...scope, ...ownedBy(scope, 'a') } });
  });

  it.each([
    ['adopt', ['data-administrator'], ['access.change', 'people.view'], EVERYTHING],
    ['adopt', ['manager'], ['history.view', 'live.view'], EVERYTHING],
    ['adopt', ['viewer', 'offline_access', 'constructor', '__proto__'], ['live.view'], NOTHING],
    ['ignore', ['data-administrator', 'manager'], [], NOTHING],
    ['follow', ['viewer'], ['live.view'], NOTHING],
  ] as const)('after others, %s with %p', async (providerRoles, roles, functions, scope) => {
    book = await openTestBook({ providerRoles });
    await book.people.adopt(facts('first', ['data-administrator']));
    await book.people.adopt(facts('b', roles));
    expect(rights('b')).toEqual({ functions, scope: { ...scope, ...ownedBy(scope, 'b') } });
  });

  it.each(['adopt', 'ignore', 'follow'] as const)(
    'founds the book when nobody may change access yet (%s)',
    async (providerRoles) => {
      book = await openTestBook({ providerRoles });
      await book.people.adopt(facts('a', ['manager']));
      await book.people.adopt(facts('b', ['viewer']));
      expect(book.subjectOf('b')?.functions.has('access.change')).toBe(false);
      await book.people.adopt(facts('b', ['viewer', 'data-administrator']));
      expect(rights('b')).toMatchObject({ scope: EVERYTHING });
      expect(book.subjectOf('b')?.functions.has('access.change')).toBe(true);
    },
  );

  it('founds nothing when locked, or when somebody may change access already', async () => {
    await book.people.adopt(facts('a', ['viewer']));
    await book.people.changeAccess('a', { isLocked: true }, 1);
    await book.people.adopt(facts('a', ['data-administrator']));
    expect(book.people.get('a')).toMatchObject({ roles: ['viewer'], everything: false });
    await book.people.adopt(facts('root', ['data-administrator']));
    await book.people.adopt(facts('b', ['viewer']));
    await book.people.adopt(facts('b', ['data-administrator']));
    expect(book.people.get('b')).toMatchObject({ roles: ['viewer'], everything: false });
  });

  it.each([[''], ['x'.repeat(256)], ['partner:energo']])('cannot be %p', async (subject) => {
    expect(await book.people.adopt(facts(subject, ['data-administrator']))).toBeUndefined();
    expect(book.people.all()).toEqual([]);
  });

  it('is nobody before, and one whom only a prototype knows is nobody as well', () => {
    for (const id of ['a', 'constructor', '__proto__', 'partner:constructor', ''])
      expect(book.subjectOf(id)).toBeUndefined();
  });
});

describe('who signs in again', () => {
  it('keeps what the book says when roles are adopted once, and has a new name at once', async () => {
    await book.people.adopt(facts('root', ['data-administrator']));
    await book.people.adopt(facts('a', ['viewer']));
    const after = await book.people.adopt({ ...facts('a', ['manager', 'data-administrator']), fullName: 'Ana' });
    expect(after).toMatchObject({ roles: ['viewer'], everything: false, fullName: 'Ana', revision: 2 });
  });

  it('has the roles of the provider when they are followed, and the grants of the book', async () => {
    book = await openTestBook({ providerRoles: 'follow' });
    await book.people.adopt(facts('a', ['viewer']));
    await book.people.changeAccess('a', { grants: [{ to: 'urn:ngsi-ld:Site:1' }] }, 1);
    await book.people.adopt(facts('a', ['manager']));
    expect(book.people.get('a')).toMatchObject({ roles: ['manager'], grants: [{ to: 'urn:ngsi-ld:Site:1' }] });
    expect(await book.people.changeAccess('a', { roles: ['viewer'] }, 3)).toMatchObject({
      code: 'roles.follow-provider',
    });
  });

  it('changes nothing, not even a revision, when nothing is new', async () => {
    const before = await book.people.adopt(facts('a', ['viewer']));
    const { version } = book;
    expect(await book.people.adopt(facts('a', ['viewer']))).toBe(before);
    expect(book.version).toBe(version);
  });
});

describe('a change', () => {
  beforeEach(async () => {
    await book.people.adopt(facts('root', ['data-administrator']));
    await book.people.adopt(facts('a', ['viewer']));
  });

  it('is in force and told before it is on disk', async () => {
    const told: string[] = [];
    book.onChange((id) => told.push(`${id} ${book.subjectOf(id)?.functions.size ?? 'nobody'}`));
    const { version } = book;
    await book.people.changeAccess('a', { roles: ['manager'] }, 1);
    await book.roles.change({ name: 'manager', title: 'M', functions: ['site.view'] }, 1);
    await book.people.changeAccess('a', { isLocked: true }, 2);
    expect(told).toEqual(['a 2', 'a 1', 'a nobody']);
    expect(book.version).toBeGreaterThan(version);
  });

  it('of two who read the same revision is saved once', async () => {
    const change = (title: string) => book.roles.change({ name: 'viewer', title, functions: ['live.view'] }, 1);
    const [one, two] = await Promise.all([change('one'), change('two')]);
    expect([one.kind, two]).toEqual(['done', { kind: 'refused', code: 'entry.changed' }]);
    expect(book.roles.get('viewer')).toMatchObject({ title: 'one', revision: 2 });
  });

  it.each([
    ['people who are not there', () => book.people.changeAccess('nobody', {}, 1), 'entry.unknown'],
    ['a stale revision', () => book.people.changeAccess('a', {}, 7), 'entry.changed'],
    ['roles that are not there', () => book.people.changeAccess('a', { roles: ['constructor'] }, 1), 'role.unknown'],
    ['a role twice', () => book.roles.change({ name: 'viewer', title: '', functions: [] }, 'new'), 'entry.exists'],
    ['the end of a built-in role', () => book.roles.remove('viewer', 1), 'role.built-in'],
    [
      'locking the last administrator',
      () => book.people.changeAccess('root', { isLocked: true }, 1),
      'administrator.last',
    ],
    ['another role for them', () => book.people.changeAccess('root', { roles: ['viewer'] }, 1), 'administrator.last'],
    ['their removal', () => book.people.remove('root', 1), 'administrator.last'],
    [
      'an emptied role of theirs',
      () => book.roles.change({ name: 'data-administrator', title: '', functions: ['people.view'] }, 1),
      'administrator.last',
    ],
  ])('is refused for %s', async (_, change, code) => {
    const { version } = book;
    expect(await change()).toMatchObject({ kind: 'refused', code });
    expect(book.version).toBe(version);
  });

  it('lets an administrator go when there is another', async () => {
    await book.people.changeAccess('a', { roles: ['data-administrator'] }, 1);
    expect(await book.people.changeAccess('root', { isLocked: true }, 1)).toMatchObject({ kind: 'done' });
    expect(book.subjectOf('root')).toBeUndefined();
    expect(await book.people.changeAccess('a', { isLocked: true }, 2)).toMatchObject({ code: 'administrator.last' });
  });

  it('of a role that somebody has removes it only after they have lost it', async () => {
    await book.roles.change({ name: 'clerk', title: 'Clerk', functions: ['site.view'] }, 'new');
    await book.people.changeAccess('a', { roles: ['clerk'] }, 1);
    expect(await book.roles.remove('clerk', 1)).toMatchObject({ code: 'role.in-use' });
    await book.people.changeAccess('a', { roles: [] }, 2);
    expect(await book.roles.remove('clerk', 1)).toMatchObject({ kind: 'done' });
  });

  it('that the disk refuses is not in force, and whoever listens hears of both', async () => {
    const disk = new SimulatedDisk({ random: seededRandom(3), capacityBytes: 64 * 1024 });
    book = await openTestBook({ disk });
    await book.people.adopt(facts('a', ['viewer']));
    disk.setCapacity(disk.usedBytes);
    const told: string[] = [];
    book.onChange((id) => told.push(`${id} ${book.subjectOf(id)?.functions.size}`));
    await expect(book.people.changeAccess('a', { roles: ['manager'] }, 1)).rejects.toMatchObject({ code: 'disk.full' });
    expect(told).toEqual(['a 2', 'a 1']);
    expect(book.people.get('a')).toMatchObject({ roles: ['viewer'], revision: 1 });
  });
});

describe('a partner', () => {
  const FIELDS = { name: 'Energo', roles: ['viewer'], everything: false, grants: [], isLocked: false };
  const key = (id: string, createdAtMs = NOW_MS) => ({ id, hash: `hash of ${id}`, createdAtMs });

  it('is a subject of its own, found by key and by client, until locked', async () => {
    await book.partners.add('energo', { ...FIELDS, clientId: 'energo-app' });
    await book.partners.addKey('energo', key('k1'), NOW_MS);
    expect(book.subjectOf('partner:energo')).toMatchObject({ kind: 'partner', username: 'energo', scope: NOTHING });
    expect(book.partners.ofKey('k1')?.id).toBe('energo');
    expect(book.partners.ofClient('energo-app')?.id).toBe('energo');
    await book.partners.change('energo', { isLocked: true }, 2);
    expect(book.subjectOf('partner:energo')).toBeUndefined();
  });

  it('keeps at most three keys; the earlier ones end at their time', async () => {
    await book.partners.add('energo', FIELDS);
    for (const [n, id] of ['k1', 'k2', 'k3', 'k4'].entries()) {
      await book.partners.addKey('energo', key(id, NOW_MS + n), NOW_MS + 1_000);
    }
    expect(book.partners.get('energo')?.keys.map(({ id, expiresAtMs }) => [id, expiresAtMs])).toEqual([
      ['k2', NOW_MS + 1_000],
      ['k3', NOW_MS + 1_000],
      ['k4', undefined],
    ]);
    expect(book.partners.ofKey('k1')).toBeUndefined();
  });

  it('shares its client with nobody, and loses what is taken away', async () => {
    await book.partners.add('one', { ...FIELDS, clientId: 'app', quota: 10 });
    expect(await book.partners.add('two', { ...FIELDS, clientId: 'app' })).toMatchObject({ code: 'client.taken' });
    await book.partners.change('one', { clientId: null, quota: null }, 1);
    expect(book.partners.get('one')).toMatchObject({ clientId: undefined, quota: undefined });
    expect(book.partners.ofClient('app')).toBeUndefined();
    expect(await book.partners.add('two', { ...FIELDS, clientId: 'app' })).toMatchObject({ kind: 'done' });
  });

  it('is gone when removed', async () => {
    await book.partners.add('one', FIELDS);
    await book.partners.addKey('one', key('k1'), NOW_MS);
    expect(await book.partners.remove('one', 2)).toMatchObject({ kind: 'done' });
    expect([book.subjectOf('partner:one'), book.partners.ofKey('k1')]).toEqual([undefined, undefined]);
  });
});

describe('a consent', () => {
  it('is no until somebody says yes, and remembers who said what', async () => {
    expect(book.consents.get('urn:ngsi-ld:Site:1')).toBeUndefined();
    await book.consents.set('urn:ngsi-ld:Site:1', true, 'ana');
    await book.consents.set('urn:ngsi-ld:Site:1', true, 'bogdan');
    await book.consents.set('urn:ngsi-ld:Site:1', false, 'bogdan');
    expect(book.consents.get('urn:ngsi-ld:Site:1')).toMatchObject({
      profiling: false,
      by: 'bogdan',
      history: [
        { profiling: true, by: 'ana', atMs: NOW_MS },
        { profiling: false, by: 'bogdan', atMs: NOW_MS },
      ],
    });
  });
});

describe('a restart', () => {
  it('finds everything, new built-in roles included, and edited ones as they were edited', async () => {
    const disk = simulatedDisk(2);
    book = await openTestBook({ disk });
    await book.people.adopt(facts('a', ['data-administrator']));
    await book.roles.change({ name: 'viewer', title: 'Guest', functions: [] }, 1);
    await book.close();
    book = await openTestBook({ disk, seeds: [...SEEDS, { name: 'dso', title: 'Grid', functions: ['live.view'] }] });
    expect(rights('a')?.scope).toEqual(EVERYTHING);
    expect(book.roles.get('viewer')).toMatchObject({ title: 'Guest', isBuiltIn: true });
    expect(book.roles.get('dso')).toMatchObject({ isBuiltIn: true });
  });

  it('on a damaged disk lets nobody in, at no start, until a person has moved the damage away', async () => {
    const disk = simulatedDisk(4);
    book = await openTestBook({ disk });
    await book.people.adopt(facts('root', ['data-administrator']));
    await book.people.adopt(facts('a', ['viewer']));
    await book.people.changeAccess('a', { isLocked: true }, 1);
    await book.people.adopt(facts('b', ['viewer']));
    await book.close();
    const [path = ''] = disk.paths().filter((one) => one.startsWith('/data/book/'));
    const file = await disk.open(path, 'read');
    const size = await file.size();
    await file.close();
    disk.flip(path, size - 400);
    for (let start = 0; start < 2; start += 1) {
      await expect(openTestBook({ disk })).rejects.toMatchObject({ code: 'config.book-damaged' });
    }
    for (const one of disk.paths().filter((name) => name.includes('.damaged-'))) await disk.rename(one, '/elsewhere');
    book = await openTestBook({ disk });
    expect(book.people.get('root')).toBeDefined();
  });

  it('as another tenant finds nobody', async () => {
    const disk = simulatedDisk(2);
    book = await openTestBook({ disk });
    await book.people.adopt(facts('a', ['data-administrator']));
    await book.close();
    book = await openTestBook({ disk, tenant: 'other' });
    expect(book.subjectOf('a')).toBeUndefined();
    expect(book.people.all()).toEqual([]);
  });
});
