/** Who gets through: by cookie, key or token, one of them; what is refused, and how; how much one may ask for. */

import { newApiKey } from '@contor/gateway/partner/api-key.js';
import { seededRandom } from '@contor/kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Caller, Door, type Wish } from './support/door.js';

let door: Door;
const reopen = async (wish: Wish) => {
  await door.close();
  door = await Door.open(wish);
};
beforeEach(async () => {
  door = await Door.open();
});
afterEach(() => door.close());

const PARTNER = { name: 'Energo', roles: ['supplier'], everything: true, grants: [], isLocked: false };
const ENTITIES = '/api/ngsi-ld/v1/entities';
let seed = 0;

async function partnerWithKey(id = 'energo', fields: object = {}): Promise<{ key: string; keyId: string }> {
  seed += 1;
  await door.book.partners.add(id, { ...PARTNER, ...fields });
  const { text, kept } = newApiKey(seededRandom(seed), door.clock.nowMs());
  await door.book.partners.addKey(id, kept, door.clock.nowMs());
  return { key: text, keyId: kept.id };
}

const bearer = (token: string): Caller => ({ authorization: `Bearer ${token}` });
const token = (clientId: string, livesMs = 300_000) =>
  ({ kind: 'value', clientId, expiresAtMs: door.clock.nowMs() + livesMs }) as const;

describe('a person', () => {
  it('is known by the cookie; what they may is asked of the book each time', async () => {
    await door.signIn('root', ['data-administrator']);
    const viewer = await door.signIn('v', ['viewer']);
    expect((await door.get(ENTITIES, viewer)).status).toBe(200);
    await door.book.people.changeAccess('v', { roles: [] }, 1);
    expect(await door.get(ENTITIES, viewer)).toMatchObject({ status: 403, body: { error: 'function.missing' } });
    await door.book.people.changeAccess('v', { roles: ['customer'] }, 2);
    expect((await door.get(ENTITIES, viewer)).status).toBe(200);
  });

  it('is told who they are, and what of the world they see', async () => {
    await door.signIn('root', ['data-administrator']);
    const viewer = await door.signIn('v', ['viewer'], ['pwd', 'otp']);
    await door.book.people.changeAccess('v', { grants: [{ to: 'urn:ngsi-ld:Site:1' }] }, 1);
    const { body } = await door.get('/api/session', viewer);
    expect(body).toMatchObject({
      user: { id: 'v', name: 'v', fullName: 'Name of v' },
      ...{ kind: 'person', roles: ['viewer'], functions: ['live.view', 'history.view', 'site.view'] },
      ...{ scope: [{ to: 'urn:ngsi-ld:Site:1' }], methods: ['pwd', 'otp'], accountUrl: '/account' },
      ...{ csrfToken: viewer['x-csrf-token'], authenticatedAt: new Date(door.clock.nowMs()).toISOString() },
    });
  });

  it.each([
    ['locked', () => door.book.people.changeAccess('v', { isLocked: true }, 1)],
    ['removed', () => door.book.people.remove('v', 1)],
  ])('%s is out at once, and so are all their sessions, for good', async (_, change) => {
    await door.signIn('root', ['data-administrator']);
    const [one, two] = [await door.signIn('v', ['viewer']), await door.signIn('v', ['viewer'])];
    await change();
    for (const caller of [one, two]) expect((await door.get('/api/session', caller)).status).toBe(401);
    expect(door.store.size).toBe(1);
    const entry = door.book.people.get('v');
    if (entry !== undefined) await door.book.people.changeAccess('v', { isLocked: false }, entry.revision);
    expect((await door.get('/api/session', one)).status).toBe(401);
  });

  it('who is locked cannot sign in again', async () => {
    await door.signIn('root', ['data-administrator']);
    await door.signIn('v');
    await door.book.people.changeAccess('v', { isLocked: true }, 1);
    await expect(door.signIn('v')).rejects.toThrow('Locked');
  });

  it('changes nothing without the token of their own page', async () => {
    const { cookie } = await door.signIn('root', ['data-administrator']);
    const answer = await door.ask('POST', '/auth/signout', { cookie: cookie ?? '' });
    expect(answer).toMatchObject({ status: 403, body: { error: 'csrf.refused' } });
  });

  it('changes access only with a sign-in of the last five minutes', async () => {
    const root = await door.signIn('root', ['data-administrator']);
    const change = () => door.ask('DELETE', '/api/admin/roles/nobodys', root);
    expect((await change()).body.error).not.toBe('sign-in.stale');
    await door.clock.advance(5 * 60_000 + 1);
    expect(await change()).toMatchObject({ status: 403, body: { error: 'sign-in.stale' } });
  });
});

describe('a partner', () => {
  it.each([
    ['X-API-Key', (key: string) => ({ 'x-api-key': key })],
    ['Bearer', bearer],
  ])('is known by the key in %s, gets no cookie and needs no CSRF token', async (_, caller) => {
    const { key } = await partnerWithKey();
    const answer = await door.get(ENTITIES, caller(key));
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([200, []]);
    const session = await door.get('/api/session', caller(key));
    expect(session.body).toEqual({
      user: { id: 'partner:energo', name: 'energo', fullName: 'Energo' },
      ...{ kind: 'partner', roles: ['supplier'], scope: 'everything' },
      functions: ['live.view', 'history.view', 'export.csv', 'context.subscribe'],
    });
    expect((await door.ask('DELETE', '/api/ngsi-ld/v1/subscriptions/urn:x:1', caller(key))).body.error).not.toBe(
      'csrf.refused',
    );
  });

  it('is known by the token of its own client, by none of another', async () => {
    await door.book.partners.add('energo', { ...PARTNER, clientId: 'energo-app' });
    door.tokens.set('good', token('energo-app'));
    door.tokens.set('stranger', token('other-app'));
    door.tokens.set('away', { kind: 'unreachable' });
    expect((await door.get(ENTITIES, bearer('good'))).status).toBe(200);
    expect(await door.get(ENTITIES, bearer('stranger'))).toMatchObject({ status: 401 });
    expect(await door.get(ENTITIES, bearer('away'))).toMatchObject({ status: 503 });
    const refused = await door.get(ENTITIES, bearer('unknown'));
    expect(refused).toMatchObject({ status: 401, body: { error: 'credentials.refused' } });
    expect(refused.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  });

  it('is for no page of people', async () => {
    const { key } = await partnerWithKey('admin', { roles: ['data-administrator', 'manager'] });
    for (const path of ['/api/admin/people', '/api/sessions', '/api/audit']) {
      expect(await door.get(path, bearer(key))).toMatchObject({ status: 403, body: { error: 'person.needed' } });
    }
  });

  it('who is locked or removed is refused at once, and so is an ended key', async () => {
    const { key } = await partnerWithKey();
    const next = newApiKey(seededRandom('next'), door.clock.nowMs());
    await door.book.partners.addKey('energo', next.kept, door.clock.nowMs() + 60_000);
    expect([
      (await door.get(ENTITIES, bearer(key))).status,
      (await door.get(ENTITIES, bearer(next.text))).status,
    ]).toEqual([200, 200]);
    await door.clock.advance(60_000);
    expect([
      (await door.get(ENTITIES, bearer(key))).status,
      (await door.get(ENTITIES, bearer(next.text))).status,
    ]).toEqual([401, 200]);
    await door.book.partners.change('energo', { isLocked: true }, 3);
    expect((await door.get(ENTITIES, bearer(next.text))).status).toBe(401);
    await door.book.partners.remove('energo', 4);
    expect((await door.get(ENTITIES, bearer(next.text))).status).toBe(401);
  });

  it('has a quota of the day beside the rate', async () => {
    const { key } = await partnerWithKey('small', { quota: 5 });
    const first = await door.get(`${ENTITIES}?limit=100`, bearer(key)); // 3 units
    expect(first.headers.get('ratelimit-policy')).toBe('"rate";q=2000;w=10, "day";q=5;w=86400');
    expect(first.headers.get('ratelimit')).toMatch(/^"rate";r=1997;t=1, "day";r=2;t=\d+$/);
    const second = await door.get(`${ENTITIES}?limit=100`, bearer(key));
    expect(second).toMatchObject({ status: 429, body: { error: 'quota.exceeded' } });
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(60);
    await door.clock.advance(86_400_000);
    expect((await door.get(ENTITIES, bearer(key))).status).toBe(200);
  });
});

describe('credentials', () => {
  it('of two kinds are refused, and so is one kind twice', async () => {
    const { key } = await partnerWithKey();
    const root = await door.signIn('root', ['data-administrator']);
    for (const both of [
      { ...root, ...bearer(key) },
      { ...root, 'x-api-key': key },
      { ...bearer(key), 'x-api-key': key },
    ]) {
      expect(await door.get('/api/session', both)).toMatchObject({ status: 400, body: { error: 'credentials.mixed' } });
    }
  });

  it.each([
    ['Basic', { authorization: 'Basic YTpi' }],
    ['an empty Bearer', { authorization: 'Bearer ' }],
    ['a key that never was', bearer(`contor_${'0'.repeat(10)}_${'A'.repeat(43)}`)],
    ['a key of another form', bearer('contor_x_y')],
    ['the prototype of a key', bearer('contor_constructor_x')],
    ['an empty key', { 'x-api-key': '' }],
    ['ten thousand letters', { 'x-api-key': 'x'.repeat(10_000) }],
    ['a token with a line of its own', bearer('a b')],
  ])('that are %s: 401', async (_, caller) => {
    await partnerWithKey();
    expect((await door.get('/api/session', caller)).status).toBe(401);
  });

  it.each([0, 6, 7, 20, 59])('that differ in character %i of a key: 401', async (at) => {
    const { key } = await partnerWithKey();
    const other = key[at] === 'a' ? 'b' : 'a';
    const altered = key.slice(0, at) + other + key.slice(at + 1);
    expect((await door.get('/api/session', bearer(altered))).status).toBe(401);
  });
});

describe('the rate', () => {
  it('is spent by cost and comes back with time', async () => {
    await reopen({ rate: 2 }); // 20 units at once
    const viewer = await door.signIn('v', ['data-administrator', 'viewer']);
    const series = '/api/quantumleap/v2/entities/urn:ngsi-ld:Device:1?lastN=10000'; // 11 units
    expect((await door.get(series, viewer)).status).toBe(200);
    const refused = await door.get(series, viewer);
    expect(refused).toMatchObject({ status: 429, body: { error: 'rate.exceeded' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await door.get(`${ENTITIES}/urn:x:1`, viewer)).status).toBe(200);
    await door.clock.advance(2_000);
    expect((await door.get(series, viewer)).status).toBe(200);
  });

  it('of one is not the rate of another, also behind one address', async () => {
    await reopen({ rate: 1 });
    const [a, b] = [await door.signIn('a', ['data-administrator', 'viewer']), await door.signIn('b', ['viewer'])];
    for (let n = 0; n < 10; n += 1) await door.get('/api/session', a);
    expect((await door.get('/api/session', a)).status).toBe(429);
    expect((await door.get('/api/session', b)).status).toBe(200);
  });

  it('of strangers goes by address; one who guesses keys is soon not even listened to, others are', async () => {
    await reopen({ proxies: ['127.0.0.1'] });
    const { key } = await partnerWithKey();
    const guess = (address: string, shown: string) =>
      door.get('/api/session', { ...bearer(shown), 'x-forwarded-for': address });
    for (let n = 0; n < 60; n += 1) expect((await guess('2001:db8::1', 'contor_x')).status).toBe(401);
    expect((await guess('2001:db8::1', 'contor_x')).status).toBe(429);
    expect((await guess('2001:db8::2:3', key)).status).toBe(429); // The same /64.
    expect((await guess('2001:db8:0:1::1', key)).status).toBe(200);
    expect((await guess('198.51.100.7', key)).status).toBe(200);
  });

  it('believes X-Forwarded-For of nobody who was not named', async () => {
    for (let n = 0; n < 60; n += 1) {
      await door.get('/api/session', { ...bearer('contor_x'), 'x-forwarded-for': `198.51.100.${n}` });
    }
    const next = await door.get('/api/session', { ...bearer('contor_x'), 'x-forwarded-for': '198.51.100.99' });
    expect(next.status).toBe(429);
  });

  it('of sign-ins is one of its own, and leaves the health of the gateway alone', async () => {
    const statuses = new Set<number>();
    for (let n = 0; n < 301; n += 1) statuses.add((await door.get('/auth/callback')).status);
    expect([...statuses]).toEqual([400, 429]);
    expect((await door.get('/health')).status).toBe(200);
    expect((await door.get('/api/session')).status).toBe(401);
  });
});
