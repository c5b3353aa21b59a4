/** Accounts, sessions and consents by HTTP, and how far people.change alone reaches. */

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Caller, Door } from '../support/door.js';

let door: Door;
let root: Caller;
/** May change people, and nothing else. */
let clerk: Caller;
beforeEach(async () => {
  door = await Door.open();
  root = await door.signIn('root', ['data-administrator']);
  const functions = ['people.view', 'people.change', 'live.view'] as const;
  await door.book.roles.change({ name: 'clerk', title: 'Clerk', functions }, 'new');
  clerk = await door.signIn('clerk', ['clerk']);
});
afterEach(() => door.close());

describe('accounts', () => {
  it('are made at the provider and get an entry without rights; the password is shown once', async () => {
    const wish = { username: 'Maria.P', firstName: 'Maria', lastName: 'Pop', email: 'maria@example.org' };
    const { status, body, headers } = await door.ask('POST', '/api/admin/people', clerk, wish);
    expect([status, headers.get('etag'), headers.get('cache-control')]).toEqual([201, '"1"', 'no-store']);
    expect(body).toMatchObject({
      password: expect.stringMatching(/^([0-9a-z]{4}-){4}[0-9a-z]{4}$/),
      person: { subject: 'id-of-maria.p', username: 'maria.p', fullName: 'Maria Pop', roles: [], grants: [] },
    });
    expect(door.asked).toEqual(['create maria.p']);
    expect(JSON.stringify(door.audited)).not.toContain(body.password);
    const found = (await door.get('/api/admin/people?search=pop', root)).body;
    expect(found).toMatchObject({ total: 1, people: [{ username: 'maria.p', isLocked: false, sessions: 0 }] });
  });

  it('cannot be born with roles', async () => {
    const answer = await door.ask('POST', '/api/admin/people', clerk, {
      username: 'x1',
      roles: ['data-administrator'],
    });
    expect(answer).toMatchObject({ status: 400, body: { error: 'field.refused' } });
    expect(door.asked).toEqual([]);
  });

  it.each([
    ['account.refused', 502],
    ['account.exists', 409],
    ['account.invalid', 400],
    ['identity.unreachable', 503],
  ] as const)('refused by the provider (%s) leave no entry', async (code, status) => {
    door.provider = code;
    const answer = await door.ask('POST', '/api/admin/people', clerk, { username: 'maria' });
    expect([answer.status, answer.body.error]).toEqual([status, code]);
    expect(door.book.people.all()).toHaveLength(2);
  });

  it('say what to configure when the provider does not let us', async () => {
    door.provider = 'account.refused';
    const { body } = await door.ask('POST', '/api/admin/people', clerk, { username: 'maria' });
    expect(body.detail).toMatch(/manage-users.*realm-management/);
  });

  it('get a new password, and whoever knew the old one is out', async () => {
    const viewer = await door.signIn('v');
    const { status, body } = await door.ask('POST', '/api/admin/people/v/password-reset', clerk);
    expect([status, typeof body.password, door.asked]).toEqual([200, 'string', ['reset v']]);
    expect((await door.get('/api/session', viewer)).status).toBe(401);
  });

  it('are locked and unlocked by whoever may change people', async () => {
    const viewer = await door.signIn('v');
    expect((await door.ask('POST', '/api/admin/people/v/lock', clerk)).status).toBe(200);
    expect((await door.get('/api/session', viewer)).status).toBe(401);
    expect((await door.ask('POST', '/api/admin/people/v/unlock', clerk)).status).toBe(200);
    expect(door.asked).toEqual(['disable v', 'enable v']);
    expect((await door.get('/api/session', await door.signIn('v'))).status).toBe(200);
  });

  it('are removed with entry and sessions', async () => {
    const viewer = await door.signIn('v');
    const remove = (revision: string) => door.ask('DELETE', '/api/admin/people/v', { ...root, 'if-match': revision });
    expect((await remove('"2"')).status).toBe(412);
    expect((await remove('"1"')).status).toBe(204);
    expect((await door.get('/api/session', viewer)).status).toBe(401);
    expect([door.asked, door.book.people.get('v')]).toEqual([['remove v'], undefined]);
  });
});

describe('people.change alone', () => {
  it.each(['lock', 'unlock', 'password-reset'])('does not reach those who may do more: %s', async (deed) => {
    const answer = await door.ask('POST', `/api/admin/people/root/${deed}`, clerk);
    expect([answer.status, answer.body.error, door.asked]).toEqual([403, 'rights.higher', []]);
  });

  it('does not reach those who see more', async () => {
    await door.signIn('v');
    await door.book.people.changeAccess('v', { grants: [{ to: 'urn:ngsi-ld:Site:1', fromMs: 10 }] }, 1);
    const reset = async () => (await door.ask('POST', '/api/admin/people/v/password-reset', clerk)).status;
    const grant = (grants: object[]) => door.book.people.changeAccess('clerk', { grants } as never, revision('clerk'));
    const revision = (subject: string) => door.book.people.get(subject)?.revision ?? 0;
    expect(await reset()).toBe(403);
    await grant([{ to: 'urn:ngsi-ld:Site:1', fromMs: 20 }]);
    expect(await reset()).toBe(403);
    await grant([{ to: 'urn:ngsi-ld:Site:1' }]);
    expect(await reset()).toBe(200);
    await door.book.people.changeAccess('v', { everything: true }, revision('v'));
    expect(await reset()).toBe(403);
  });

  it('shows when somebody who is signed in was last seen', async () => {
    const { people } = (await door.get('/api/admin/people', clerk)).body as { people: Record<string, unknown>[] };
    const { sessions } = (await door.get('/api/admin/sessions', clerk)).body as { sessions: Record<string, unknown>[] };
    const seen = sessions.find(({ subject }) => subject === 'root')?.lastSeenAt;
    expect(people.find(({ subject }) => subject === 'root')).toMatchObject({ sessions: 1, lastSeenAt: seen });
  });

  it('ends no session of those who may do more', async () => {
    const { sessions } = (await door.get('/api/admin/sessions', clerk)).body as { sessions: Record<string, string>[] };
    const ofRoot = sessions.find(({ subject }) => subject === 'root');
    const answer = await door.ask('DELETE', `/api/admin/sessions/${ofRoot?.id}`, clerk);
    expect([answer.status, answer.body.error]).toEqual([403, 'rights.higher']);
  });

  it('gives no rights', async () => {
    const answer = await door.ask(
      'PATCH',
      '/api/admin/people/clerk/access',
      { ...clerk, 'if-match': '"1"' },
      {
        roles: ['data-administrator'],
      },
    );
    expect([answer.status, answer.body.error]).toEqual([403, 'function.missing']);
  });
});

describe('sessions', () => {
  const sessionsOf = async (path: string, caller: Caller) =>
    (await door.get(path, caller)).body.sessions as Record<string, unknown>[];

  it('are shown to their owner and to administrators, under names that open nothing', async () => {
    const viewer = await door.signIn('v');
    await door.signIn('v');
    const own = await sessionsOf('/api/sessions', viewer);
    expect(own).toHaveLength(2);
    expect(own.filter(({ isCurrent }) => isCurrent)).toHaveLength(1);
    expect(own[0]).toMatchObject({ subject: 'v', username: 'v', address: '127.0.0.1', agent: 'Test browser' });
    expect(await sessionsOf('/api/admin/sessions', root)).toHaveLength(4);
    for (const { id } of own) {
      expect((await door.get('/api/session', { cookie: `contor_session=${id}` })).status).toBe(401);
    }
  });

  it('end at their owner’s or an administrator’s word, at once', async () => {
    const [one, two] = [await door.signIn('v'), await door.signIn('v')];
    const own = await sessionsOf('/api/sessions', one);
    const other = own.find(({ isCurrent }) => !isCurrent);
    expect((await door.ask('DELETE', `/api/sessions/${other?.id}`, one)).status).toBe(204);
    expect((await door.get('/api/session', two)).status).toBe(401);
    const [last] = await sessionsOf('/api/sessions', one);
    expect((await door.ask('DELETE', `/api/admin/sessions/${last?.id}`, clerk)).status).toBe(204);
    expect([(await door.get('/api/session', one)).status, door.asked]).toEqual([
      401,
      ['end at-provider-v', 'end at-provider-v'],
    ]);
  });

  it('of others do not exist', async () => {
    const viewer = await door.signIn('v');
    const [ofRoot] = await sessionsOf('/api/sessions', root);
    for (const id of [ofRoot?.id, 'constructor', '%00', 'x'.repeat(200)]) {
      expect((await door.ask('DELETE', `/api/sessions/${id}`, viewer)).status).toBe(404);
    }
    expect((await door.get('/api/session', root)).status).toBe(200);
  });
});

describe('the consent of a site', () => {
  const SITE = 'urn:ngsi-ld:Site:tulip';
  const path = `/api/sites/${SITE}/consent`;
  let manager: Caller;
  beforeEach(async () => {
    manager = await door.signIn('m', ['manager']);
  });

  it('is no until somebody says yes, and remembers each change', async () => {
    expect((await door.get(path, manager)).body).toEqual({ profiling: false, since: null, by: null, history: [] });
    const since = new Date(door.clock.nowMs()).toISOString();
    expect((await door.ask('PUT', path, manager, { profiling: true })).body).toMatchObject({
      profiling: true,
      by: 'm',
      byName: 'Name of m',
      since,
    });
    await door.clock.advance(1_000);
    await door.ask('PUT', path, manager, { profiling: false });
    const { body } = await door.get(path, manager);
    expect(body).toMatchObject({
      profiling: false,
      by: 'm',
      byName: (await door.book.people.get('m'))?.fullName,
      history: [{ profiling: true, at: since }, { profiling: false }],
    });
    expect(door.audited.map(({ operation, outcome }) => [operation, outcome])).toEqual([
      ['consent.change', 'begun'],
      ['consent.change', 'done'],
      ['consent.change', 'begun'],
      ['consent.change', 'done'],
    ]);
  });

  it('exists only for those who see the site', async () => {
    await door.book.people.changeAccess('m', { everything: false, grants: [{ to: SITE }] }, 1);
    for (const sees of [false, 'unknown'] as const) {
      door.visible = () => sees;
      const status = sees === false ? 404 : 503;
      expect((await door.get(path, manager)).status).toBe(status);
      expect((await door.ask('PUT', path, manager, { profiling: true })).status).toBe(status);
    }
    door.visible = (_subject, id) => id === SITE;
    expect((await door.ask('PUT', path, manager, { profiling: true })).status).toBe(200);
  });

  it.each(['urn:ngsi-ld:Device:1', 'tulip', 'urn:ngsi-ld:Site:', 'urn:ngsi-ld:Site:a%20b'])(
    '%s has none',
    async (id) => {
      expect((await door.get(`/api/sites/${id}/consent`, manager)).status).toBe(404);
    },
  );

  it.each([{}, { profiling: 'yes' }, { profiling: true, by: 'somebody' }])('is not %j', async (body) => {
    expect((await door.ask('PUT', path, manager, body)).status).toBe(400);
  });
});
