/** Roles and access by HTTP: who may, what is understood, two administrators at once, what takes effect when. */

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Caller, Door } from '../support/door.js';

let door: Door;
let root: Caller;
beforeEach(async () => {
  door = await Door.open();
  root = await door.signIn('root', ['data-administrator']);
});
afterEach(() => door.close());

const change = (method: string, path: string, revision: number | undefined, body?: unknown, caller = root) =>
  door.ask(method, path, { ...caller, ...(revision === undefined ? {} : { 'if-match': `"${revision}"` }) }, body);
const SITE = 'urn:ngsi-ld:Site:tulip';

describe('roles', () => {
  const clerk = { title: 'Clerk', functions: ['site.view', 'live.view'] };
  const make = () => door.ask('PUT', '/api/admin/roles/clerk', { ...root, 'if-none-match': '*' }, clerk);

  it('are listed with what they allow, how many have them, and what there is to allow', async () => {
    const { body } = await door.get('/api/admin/roles', root);
    expect(body.roles).toContainEqual({
      ...{ name: 'customer', title: 'Customer', functions: ['live.view', 'history.view'] },
      ...{ isBuiltIn: true, revision: 1, holders: 0 },
    });
    const functions = (await door.get('/api/admin/functions', root)).body.functions;
    expect(functions).toContainEqual({ name: 'live.view', page: 'live', about: expect.any(String), isSpecial: false });
  });

  it('are made, changed and removed, each on top of what was read', async () => {
    const made = await make();
    expect([made.status, made.headers.get('etag')]).toEqual([201, '"1"']);
    const path = '/api/admin/roles/clerk';
    const changed = await change('PUT', path, 1, { ...clerk, functions: ['site.view'] });
    expect([changed.status, changed.headers.get('etag'), changed.body.functions]).toEqual([200, '"2"', ['site.view']]);
    expect((await change('PUT', path, 1, clerk)).status).toBe(412);
    expect((await change('DELETE', path, 1)).status).toBe(412);
    expect((await change('DELETE', path, 2)).status).toBe(204);
    expect((await change('DELETE', path, 2)).status).toBe(404);
  });

  it('of two administrators who edit one at once keep the first change', async () => {
    await make();
    const answers = await Promise.all(
      ['one', 'two', 'three'].map((title) => change('PUT', '/api/admin/roles/clerk', 1, { ...clerk, title })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
  });

  it.each([
    ['without a state', {}, 428, 'revision.missing'],
    ['with *', { 'if-match': '*' }, 428, 'revision.missing'],
    ['with a weak tag', { 'if-match': 'W/"1"' }, 428, 'revision.missing'],
    ['with both', { 'if-match': '"1"', 'if-none-match': '*' }, 404, 'entry.unknown'],
    ['for one that is not there', { 'if-match': '"1"' }, 404, 'entry.unknown'],
  ])('changed %s: %#', async (_, headers, status, error) => {
    const answer = await door.ask('PUT', '/api/admin/roles/clerk', { ...root, ...headers } as Caller, clerk);
    expect([answer.status, answer.body.error]).toEqual([status, error]);
  });

  it.each([
    ['no body', undefined, 'field.refused'],
    ['a list', [], 'field.refused'],
    ['no title', { functions: [] }, 'field.refused'],
    ['an unknown function', { title: 'x', functions: ['all'] }, 'field.refused'],
    ['a function of the prototype', { title: 'x', functions: ['constructor'] }, 'field.refused'],
    ['a number for a function', { title: 'x', functions: [1] }, 'field.refused'],
    ['a title of two lines', { title: 'x\ny', functions: [] }, 'field.refused'],
    ['a title beyond all bounds', { title: 'x'.repeat(101), functions: [] }, 'field.refused'],
    ['a field nobody knows', { title: 'x', functions: [], isAdmin: true }, 'field.refused'],
    ['a prototype', '{"title":"x","functions":[],"__proto__":{"isBuiltIn":false}}', 'body.malformed'],
    ['a name twice', '{"title":"x","title":"y","functions":[]}', 'body.malformed'],
  ])('that say %s are not understood', async (_, body, error) => {
    const answer = await door.ask('PUT', '/api/admin/roles/clerk', { ...root, 'if-none-match': '*' }, body);
    expect([answer.status, answer.body.error]).toEqual([400, error]);
    expect(door.book.roles.get('clerk')).toBeUndefined();
  });

  it.each(['A', 'x', '1a', 'a_b', 'a'.repeat(41), '%C3%A9t%C3%A9', 'a%20b'])('are not called %s', async (name) => {
    const answer = await door.ask('PUT', `/api/admin/roles/${name}`, { ...root, 'if-none-match': '*' }, clerk);
    expect([answer.status, answer.body.error]).toEqual([400, 'field.refused']);
  });

  it('cannot be a way out: the last administrator, the built-in ones, those in use', async () => {
    const own = { title: 'D', functions: ['people.view'] };
    const emptied = await change('PUT', '/api/admin/roles/data-administrator', 1, own);
    expect([emptied.status, emptied.body.error]).toEqual([409, 'administrator.last']);
    expect((await change('DELETE', '/api/admin/roles/viewer', 1)).body.error).toBe('role.built-in');
    await make();
    await door.signIn('v');
    await change('PATCH', '/api/admin/people/v/access', 1, { roles: ['clerk'] });
    expect((await change('DELETE', '/api/admin/roles/clerk', 1)).body.error).toBe('role.in-use');
  });
});

describe('access', () => {
  it('is given, seen in the next request and taken away in the next', async () => {
    const viewer = await door.signIn('v');
    const session = async () => (await door.get('/api/session', viewer)).body;
    expect(await session()).toMatchObject({ functions: [], scope: [] });
    const grants = [{ to: SITE, fromMs: 1_000, toMs: 2_000 }];
    const given = await change('PATCH', '/api/admin/people/v/access', 1, { roles: ['customer'], grants });
    expect([given.status, given.headers.get('etag'), given.body.grants]).toEqual([200, '"2"', grants]);
    expect(await session()).toMatchObject({
      roles: ['customer'],
      functions: ['live.view', 'history.view'],
      scope: grants,
    });
    await change('PATCH', '/api/admin/people/v/access', 2, { everything: true });
    expect(await session()).toMatchObject({ scope: 'everything', roles: ['customer'] });
    await change('PATCH', '/api/admin/people/v/access', 3, { roles: [], everything: false });
    expect(await session()).toMatchObject({ functions: [], scope: grants });
  });

  it('locked is out in the next request, and the provider is told', async () => {
    const viewer = await door.signIn('v');
    expect((await change('PATCH', '/api/admin/people/v/access', 1, { isLocked: true })).status).toBe(200);
    expect((await door.get('/api/session', viewer)).status).toBe(401);
    expect(door.asked).toEqual(['disable v']);
    door.provider = 'account.refused';
    const opened = await change('PATCH', '/api/admin/people/v/access', 2, { isLocked: false });
    expect([opened.status, opened.body.provider]).toEqual([200, 'account.refused']);
  });

  it('of two administrators at once is the first one’s', async () => {
    await door.signIn('v');
    const answers = await Promise.all(
      [['viewer'], ['manager'], ['customer']].map((roles) =>
        change('PATCH', '/api/admin/people/v/access', 1, { roles }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
  });

  it.each([
    ['nothing', {}],
    ['an unknown field', { roles: [], functions: ['access.change'] }],
    ['a role that cannot be', { roles: ['../x'] }],
    ['everything as a text', { everything: 'yes' }],
    ['a grant to a device', { grants: [{ to: 'urn:ngsi-ld:Device:1' }] }],
    ['a grant to nothing', { grants: [{}] }],
    ['a grant with a field more', { grants: [{ to: SITE, kind: 'everything' }] }],
    ['a grant that ends before it begins', { grants: [{ to: SITE, fromMs: 2, toMs: 1 }] }],
    ['a grant to a URN with a line break', { grants: [{ to: `${SITE}\n` }] }],
    ['a moment that is none', { grants: [{ to: SITE, fromMs: 1.5 }] }],
    ['a moment of another age', { grants: [{ to: SITE, fromMs: 1e15 }] }],
    ['more grants than anybody has', { grants: Array(1_001).fill({ to: SITE }) }],
    ['more roles than anybody has', { roles: Array.from({ length: 21 }, (_, n) => `role-${n}`) }],
  ])('that says %s is not understood', async (_, body) => {
    await door.signIn('v');
    const answer = await change('PATCH', '/api/admin/people/v/access', 1, body);
    expect([answer.status, answer.body.error]).toEqual([400, 'field.refused']);
    expect(door.book.people.get('v')?.revision).toBe(1);
  });

  it.each(['nobody', 'constructor', '__proto__', 'partner:x', '%2e%2e', 'a%2Fb', 'v%0a', 'x'.repeat(300)])(
    'of %s is nobody’s',
    async (subject) => {
      const answer = await change('PATCH', `/api/admin/people/${subject}/access`, 1, { roles: [] });
      expect([404, answer.status]).toEqual([answer.status, 404]);
    },
  );

  it('is traced before and after, with what it was', async () => {
    await door.signIn('v', ['viewer']);
    await change('PATCH', '/api/admin/people/v/access', 1, { roles: ['manager'] });
    await change('PATCH', '/api/admin/people/v/access', 1, { roles: ['viewer'] });
    const common = {
      ...{ log: 'parametrisation', operation: 'access.change', page: 'people', targets: ['v'], subject: 'v' },
      actor: { id: 'root', kind: 'person', name: 'root' },
    };
    const before = { roles: ['viewer'], everything: false, grants: [], isLocked: false };
    expect(door.audited).toMatchObject([
      { ...common, outcome: 'begun', before, after: { roles: ['manager'] } },
      { ...common, outcome: 'done', of: 1 },
      { ...common, outcome: 'begun', after: { roles: ['viewer'] } },
      { ...common, outcome: 'refused', reason: 'entry.changed', of: 3 },
    ]);
  });

  it('is not changed when it cannot be traced', async () => {
    await door.signIn('v');
    door.isTrailFull = true;
    expect((await change('PATCH', '/api/admin/people/v/access', 1, { roles: ['viewer'] })).body.error).toBe(
      'audit.full',
    );
    expect(door.book.people.get('v')?.roles).toEqual([]);
  });
});
