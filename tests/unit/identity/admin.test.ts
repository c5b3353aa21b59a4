/** Keycloak's Admin REST API, the part we offer: who may, what it answers, what it changes for the people concerned. */

import { ADMIN_ROUTES } from '@contor/identity/admin/routes.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { Browser } from '../gateway/support/browser.js';
import { House } from '../gateway/support/house.js';
import { PASSWORD, Realm, tokenFor } from './support/realm.js';

let house: House;
let realm: Realm;
beforeAll(async () => {
  house = await (await House.open()).start();
  realm = await Realm.of(house);
});
afterAll(() => house.close());

const issuer = () => `${house.identityUrl}/realms/contor`;
const call: Realm['call'] = (...given) => realm.call(...given);
const makeUser: Realm['makeUser'] = (...given) => realm.makeUser(...given);
const signIn = async (username: string, password = PASSWORD) => (await realm.begin(username, password)).browser;

const sessionOf = async (browser: Browser) => {
  const { status, body } = await browser.get(`${house.gatewayUrl}/api/session`);
  return status === 200 ? JSON.parse(body) : status;
};

describe('who may', () => {
  it('only the dashboard for itself: its token says what Keycloak’s says', () => {
    const claims = decodeJwt(realm.token);
    expect(claims).toMatchObject({
      ...{ iss: issuer(), aud: 'realm-management', azp: 'contor-dashboard', typ: 'Bearer' },
      ...{ client_id: 'contor-dashboard', preferred_username: 'service-account-contor-dashboard' },
    });
    expect(claims.resource_access).toEqual({ 'realm-management': { roles: expect.arrayContaining(['manage-users']) } });
  });

  it.each(ADMIN_ROUTES.map(({ method, path }) => [method, path]))(
    '%s %s is closed without a token',
    async (method, path) => {
      expect((await call(method, path.replaceAll(/:\w+/g, 'x'), undefined, '')).status).toBe(401);
    },
  );

  it('not a partner, a person, a stranger or an edited token', async () => {
    const client = await call('POST', '/clients', { clientId: 'partner-not-admin' });
    const { body } = await call('POST', `/clients/${client.location.split('/').at(-1)}/client-secret`);
    const partner = await tokenFor(house, 'partner-not-admin', body.value);
    expect(decodeJwt(partner.access_token ?? '')).toMatchObject({ aud: 'contor-api', azp: 'partner-not-admin' });
    expect(
      (await tokenFor(house, 'partner-not-admin', body.value, { resource: 'urn:contor:realm-management' })).error,
    ).toBe('invalid_target');
    const [head, , tail] = realm.token.split('.');
    const forged = `${head}.${Buffer.from(JSON.stringify({ ...decodeJwt(realm.token), sub: 'x' })).toString('base64url')}.${tail}`;
    for (const bearer of [partner.access_token, forged, 'x', `${realm.token}x`, 'a'.repeat(9_000)]) {
      expect((await call('GET', '/users', undefined, bearer)).status).toBe(401);
    }
  });

  it('and nothing that is not in the table', async () => {
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/events'],
      ['PUT', '/users'],
      ['GET', '/users/a%2Fb'],
      ['GET', '/users/../roles'],
      ['DELETE', '/roles/manager'],
    ] as const) {
      expect([404, 200]).toContain((await call(method, path)).status);
    }
    expect((await call('PUT', '/users')).status).toBe(404);
    expect(
      (
        await fetch(`${house.identityUrl}/admin/realms/master/users`, {
          headers: { authorization: `Bearer ${realm.token}` },
        })
      ).status,
    ).toBe(404);
  });
});

describe('accounts', () => {
  it('are made, found, shown, changed and removed', async () => {
    const { id, username } = await makeUser({ firstName: 'Ana', lastName: 'Pop', email: 'Ana@Example.org' });
    const shown = await call('GET', `/users/${id}`);
    expect(shown.body).toMatchObject({
      ...{ id, username, firstName: 'Ana', lastName: 'Pop', email: 'ana@example.org', enabled: true, totp: false },
      ...{ requiredActions: [], createdTimestamp: expect.any(Number) },
    });
    expect(JSON.stringify(shown.body)).not.toContain('scrypt');
    const found = async (query: string) =>
      (await call('GET', `/users?${query}`)).body.map((one: { id: string }) => one.id);
    expect(await found(`username=${username}&exact=true`)).toEqual([id]);
    expect(await found('search=ana%20pop')).toEqual([id]);
    expect(await found('email=ana@example.org')).toEqual([id]);
    expect((await found('max=1')).length).toBe(1);
    expect((await call('GET', '/users/count')).body).toBeGreaterThan(1);
    expect((await call('PUT', `/users/${id}`, { lastName: 'Popa' })).status).toBe(204);
    expect((await call('GET', `/users/${id}`)).body).toMatchObject({
      firstName: 'Ana',
      lastName: 'Popa',
      enabled: true,
    });
    expect((await call('DELETE', `/users/${id}`)).status).toBe(204);
    expect((await call('GET', `/users/${id}`)).status).toBe(404);
  });

  it.each([
    ['no name', {}, 400],
    ['an empty name', { username: ' ' }, 400],
    ['the name of a client’s account', { username: 'Service-Account-contor-dashboard' }, 400],
    ['a name with spaces', { username: 'a b' }, 400],
    ['a name that is no text', { username: 7 }, 400],
    ['a name that is taken, in other letters', { username: 'MANAGER' }, 409],
    ['no e-mail address', { username: 'mail', email: 'nobody' }, 400],
    ['an unknown duty', { username: 'duty', requiredActions: ['DANCE'] }, 400],
    ['a control character', { username: 'control', firstName: 'a\nb' }, 400],
    ['enabled as a word', { username: 'word', enabled: 'yes' }, 400],
    ['a short password', { username: 'short', credentials: [{ value: 'short' }] }, 400],
    ['the commonest password', { username: 'common', credentials: [{ value: 'Password1234!' }] }, 400],
    [
      'a password with the name in it',
      { username: 'gabriel-ionel', credentials: [{ value: 'gabriel-ionel-2026' }] },
      400,
    ],
    ['a list', [], 400],
    ['text', '"text"', 400],
    ['half of it', '{"username":', 400],
    ['too much', { username: 'x'.repeat(40_000) }, 413],
  ])('are not made of %s', async (_name, body, status) => {
    expect((await call('POST', '/users', body)).status).toBe(status);
  });

  it('of one name are made once, however many ask at once', async () => {
    const body = { username: 'twice', enabled: true, credentials: [{ value: PASSWORD }] };
    const answers = await Promise.all([call('POST', '/users', body), call('POST', '/users', body)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  it('carry realm roles, which are in the next token', async () => {
    const { id, username } = await makeUser();
    const roles = (await call('GET', '/roles')).body as { name: string }[];
    expect(roles.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['manager', 'viewer', 'operator', 'data-administrator']),
    );
    expect((await call('GET', '/roles/viewer')).body).toMatchObject({ name: 'viewer', composite: false });
    expect((await call('GET', '/roles/emperor')).status).toBe(404);
    const mapping = `/users/${id}/role-mappings/realm`;
    expect((await call('POST', mapping, [{ name: 'viewer' }, { name: 'operator' }])).status).toBe(204);
    expect((await call('POST', mapping, [{ name: 'emperor' }])).status).toBe(404);
    expect((await call('DELETE', mapping, [{ name: 'operator' }])).status).toBe(204);
    expect((await call('GET', mapping)).body.map((role: { name: string }) => role.name)).toEqual(['viewer']);
    expect(await sessionOf(await signIn(username))).toMatchObject({ user: { id, name: username } });
  });

  it('that are locked or lose their password are signed out at the provider', async () => {
    const { id, username } = await makeUser();
    const first = await signIn(username);
    expect((await call('GET', `/users/${id}/sessions`)).body).toMatchObject([
      { userId: id, username, ipAddress: '127.0.0.1' },
    ]);
    expect(
      (await call('PUT', `/users/${id}/reset-password`, { type: 'password', value: 'alta parola mai lunga' })).status,
    ).toBe(204);
    expect((await call('GET', `/users/${id}/sessions`)).body).toEqual([]);
    const again = await first.get(`${house.gatewayUrl}/auth/signin`);
    expect(again.url).toContain('/login-actions/authenticate/');
    expect(await sessionOf(await signIn(username))).toBe(401);
    expect(await sessionOf(await signIn(username, 'alta parola mai lunga'))).toMatchObject({ user: { id } });
    expect((await call('PUT', `/users/${id}`, { enabled: false })).status).toBe(204);
    expect((await call('GET', `/users/${id}/sessions`)).body).toEqual([]);
    expect(await sessionOf(await signIn(username, 'alta parola mai lunga'))).toBe(401);
  }, 20_000);

  it('are signed out one session at a time, or everywhere', async () => {
    const { id, username } = await makeUser();
    for (let n = 0; n < 3; n += 1) await signIn(username);
    const list = async () => (await call('GET', `/users/${id}/sessions`)).body as { id: string }[];
    const [one] = await list();
    expect((await call('DELETE', `/sessions/${one?.id}`)).status).toBe(204);
    expect((await call('DELETE', `/sessions/${one?.id}`)).status).toBe(404);
    expect(await list()).toHaveLength(2);
    expect((await call('POST', `/users/${id}/logout`)).status).toBe(204);
    expect(await list()).toEqual([]);
  }, 20_000);
});

describe('clients of partners', () => {
  it('get a secret once, a token for the API, and neither when switched off or removed', async () => {
    const { status, location } = await call('POST', '/clients', { clientId: 'utility-north', name: 'Utility North' });
    const path = `/clients/${location.split('/').at(-1)}`;
    expect(status).toBe(201);
    expect((await call('GET', path)).body).toMatchObject({ clientId: 'utility-north', serviceAccountsEnabled: true });
    expect(JSON.stringify((await call('GET', path)).body)).not.toMatch(/sha256|secret":/);
    expect((await call('GET', `${path}/client-secret`)).status).toBe(404);
    const secret = (await call('POST', `${path}/client-secret`)).body.value as string;
    const claims = decodeJwt((await tokenFor(house, 'utility-north', secret)).access_token ?? '');
    expect(claims).toMatchObject({
      aud: 'contor-api',
      azp: 'utility-north',
      client_id: 'utility-north',
      typ: 'Bearer',
    });
    expect(claims.resource_access).toBeUndefined();
    const newer = (await call('POST', `${path}/client-secret`)).body.value as string;
    expect((await tokenFor(house, 'utility-north', secret)).error).toBe('invalid_client');
    expect((await tokenFor(house, 'utility-north', newer)).error).toBeUndefined();
    await call('PUT', path, { enabled: false });
    expect((await tokenFor(house, 'utility-north', newer)).error).toBe('invalid_client');
    await call('PUT', path, { enabled: true });
    expect((await tokenFor(house, 'utility-north', newer)).error).toBeUndefined();
    expect((await call('GET', '/clients?clientId=utility-north')).body).toHaveLength(1);
    expect((await call('DELETE', path)).status).toBe(204);
    expect((await tokenFor(house, 'utility-north', newer)).error).toBe('invalid_client');
  });

  it('sign nobody in: no redirect, no other grant', async () => {
    const { location } = await call('POST', '/clients', { clientId: 'no-people' });
    const { body } = await call('POST', `/clients/${location.split('/').at(-1)}/client-secret`);
    for (const grant of ['authorization_code', 'refresh_token', 'password']) {
      const { error } = await tokenFor(house, 'no-people', body.value, { grant_type: grant });
      expect(['unauthorized_client', 'unsupported_grant_type', 'invalid_request']).toContain(error);
    }
  });

  it.each([
    ['our own name', { clientId: 'contor-dashboard' }],
    ['a name of Keycloak', { clientId: 'realm-management' }],
    ['a path', { clientId: '../x' }],
    ['a public one', { clientId: 'public-one', publicClient: true }],
    ['one that signs people in', { clientId: 'flow-one', standardFlowEnabled: true }],
    ['a short secret', { clientId: 'short-secret', secret: 'short' }],
  ])('are not made with %s', async (_name, body) => {
    expect((await call('POST', '/clients', body)).status).toBe(400);
  });
});
