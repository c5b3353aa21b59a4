/** Partners by HTTP: made, given a key that is shown once, limited, locked, removed. */

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Answer, type Caller, Door } from '../support/door.js';

let door: Door;
let root: Caller;
beforeEach(async () => {
  door = await Door.open();
  root = await door.signIn('root', ['data-administrator']);
});
afterEach(() => door.close());

const PARTNER = { id: 'energo', name: 'Energo SRL', roles: ['supplier'], grants: [{ to: 'urn:ngsi-ld:Site:1' }] };
const make = (fields: object = {}) => door.ask('POST', '/api/admin/partners', root, { ...PARTNER, ...fields });
const makeKey = (body?: unknown) => door.ask('POST', '/api/admin/partners/energo/key', root, body);
const change = (revision: number, body: unknown) =>
  door.ask('PATCH', '/api/admin/partners/energo', { ...root, 'if-match': `"${revision}"` }, body);
const withKey = ({ body }: Answer): Caller => ({ 'x-api-key': String(body.key) });

describe('a partner', () => {
  it('is made without a key, gets one that is shown once, and calls with it', async () => {
    const made = await make({ quota: 1_000, clientId: 'energo-app' });
    expect([made.status, made.headers.get('etag')]).toEqual([201, '"1"']);
    expect(made.body).toMatchObject({ ...PARTNER, quota: 1_000, clientId: 'energo-app', keys: [], usedToday: 0 });
    const key = await makeKey();
    expect([key.status, key.body.key]).toEqual([201, expect.stringMatching(/^contor_[0-9a-f]{10}_[\w-]{43}$/)]);
    expect((await door.get('/api/ngsi-ld/v1/entities', withKey(key))).status).toBe(200);
    const listed = JSON.stringify((await door.get('/api/admin/partners', root)).body);
    expect(listed).toContain(String(key.body.prefix));
    expect(JSON.parse(listed).partners[0]).toMatchObject({ usedToday: 2, keys: [{ prefix: key.body.prefix }] });
    for (const place of [listed, JSON.stringify(door.audited), JSON.stringify(door.book.partners.all())]) {
      expect(place).not.toContain(String(key.body.key).slice(20));
    }
    expect(listed).not.toContain('hash');
  });

  it('changes keys without a gap: the old one works on for as long as was said', async () => {
    await make();
    const old = await makeKey();
    const next = await makeKey({ overlapHours: 1 });
    const statuses = async () => [
      (await door.get('/api/session', withKey(old))).status,
      (await door.get('/api/session', withKey(next))).status,
    ];
    expect(await statuses()).toEqual([200, 200]);
    await door.clock.advance(3_600_000);
    expect(await statuses()).toEqual([401, 200]);
    root = await door.signIn('root', ['data-administrator']);
    await makeKey({ overlapHours: 0 });
    expect(await statuses()).toEqual([401, 401]);
  });

  it('is changed on top of what was read, and locked at once', async () => {
    await make({ quota: 5, clientId: 'app' });
    const key = await makeKey();
    expect((await change(1, { name: 'x' })).status).toBe(412);
    expect((await change(2, { quota: null, clientId: null, name: 'New name' })).body).toMatchObject({
      ...{ quota: null, clientId: null, name: 'New name', roles: ['supplier'] },
    });
    expect((await change(3, { isLocked: true })).status).toBe(200);
    expect((await door.get('/api/session', withKey(key))).status).toBe(401);
    const removal = await door.ask('DELETE', '/api/admin/partners/energo', { ...root, 'if-match': '"4"' });
    expect([removal.status, (await door.get('/api/admin/partners', root)).body.partners]).toEqual([204, []]);
  });

  it.each([
    ['no name', { name: undefined }],
    ['an id that is none', { id: 'Energo SRL' }],
    ['a quota of nothing', { quota: 0 }],
    ['a quota as a text', { quota: '5' }],
    ['a client with a line break', { clientId: 'a\nb' }],
    ['a role that is none', { roles: ['all'] }],
    ['keys of its own', { keys: [] }],
  ])('with %s is not made', async (_, fields) => {
    expect((await make(fields)).status).toBe(400);
    expect(door.book.partners.all()).toEqual([]);
  });

  it('has a name of its own, and a client of its own', async () => {
    await make({ clientId: 'app' });
    expect((await make()).body.error).toBe('entry.exists');
    expect((await make({ id: 'other', clientId: 'app' })).body.error).toBe('client.taken');
  });

  it.each(['nobody', 'constructor', '__proto__'])('called %s has no key to give', async (id) => {
    const answer = await door.ask('POST', `/api/admin/partners/${id}/key`, root, {});
    expect([answer.status, answer.body.error]).toEqual([404, 'entry.unknown']);
  });

  it.each([{ overlapHours: -1 }, { overlapHours: 721 }, { overlapHours: 1.5 }, { forever: true }])(
    'does not overlap by %j',
    async (body) => {
      await make();
      expect((await makeKey(body)).status).toBe(400);
    },
  );
});
