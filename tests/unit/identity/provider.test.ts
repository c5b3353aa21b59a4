/** The provider from outside: Keycloak's paths, what it refuses, what its tokens say (T20). */

import { createHash, randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { clientSecret } from '@contor/identity';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { Browser } from '../gateway/support/browser.js';
import { House } from '../gateway/support/house.js';

let house: House;
let secret: string;
beforeAll(async () => {
  house = await House.open();
  await house.startIdentity();
  secret = await clientSecret(join(house.folder, 'identity'));
});
afterAll(() => house.close());

const issuer = () => `${house.identityUrl}/realms/contor`;
const endpoint = (name: string) => `${issuer()}/protocol/openid-connect/${name}`;
const basic = (password = secret) => ({
  authorization: `Basic ${Buffer.from(`contor-dashboard:${password}`).toString('base64')}`,
});

function authUrl(changes: Record<string, string | undefined> = {}, verifier = 'v'.repeat(43)): string {
  const parameters = {
    client_id: 'contor-dashboard',
    response_type: 'code',
    scope: 'openid profile api',
    redirect_uri: `${house.gatewayUrl}/auth/callback`,
    state: 'state',
    nonce: 'nonce',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...changes,
  };
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `${endpoint('auth')}?${new URLSearchParams(given)}`;
}

/** Signs in and stops at the gateway's door, with the code in hand. */
async function fetchCode(browser: Browser, verifier: string): Promise<string> {
  const form = await browser.get(authUrl({}, verifier));
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  let response = await browser.raw('POST', form.url, type, new URLSearchParams(await house.credentials()).toString());
  let url = form.url;
  while (!url.startsWith(house.gatewayUrl)) {
    url = new URL(response.headers.get('location') ?? '', url).href;
    if (!url.startsWith(house.gatewayUrl)) response = await browser.raw('GET', url);
  }
  return new URL(url).searchParams.get('code') ?? '';
}

async function redeem(parameters: Record<string, string>, headers: Record<string, string> = basic()) {
  const answer = await fetch(endpoint('token'), { method: 'POST', headers, body: new URLSearchParams(parameters) });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> };
}

const codeGrant = (code: string, verifier: string) => ({
  grant_type: 'authorization_code',
  code,
  code_verifier: verifier,
  redirect_uri: `${house.gatewayUrl}/auth/callback`,
});

describe('discovery', () => {
  it('names Keycloak’s paths and nothing we do not offer', async () => {
    const found = (await (await fetch(`${issuer()}/.well-known/openid-configuration`)).json()) as Record<
      string,
      unknown
    >;
    expect(found).toMatchObject({
      issuer: issuer(),
      authorization_endpoint: endpoint('auth'),
      token_endpoint: endpoint('token'),
      jwks_uri: endpoint('certs'),
      userinfo_endpoint: endpoint('userinfo'),
      introspection_endpoint: endpoint('token/introspect'),
      revocation_endpoint: endpoint('revoke'),
      end_session_endpoint: endpoint('logout'),
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
    });
    expect(found.registration_endpoint).toBeUndefined();
    expect(found.device_authorization_endpoint).toBeUndefined();
  });

  it('publishes only the public half of its keys', async () => {
    const { keys } = (await (await fetch(endpoint('certs'))).json()) as { keys: Record<string, string>[] };
    expect(keys.map(({ kty, alg, use }) => [kty, alg, use])).toEqual([['RSA', 'RS256', 'sig']]);
    expect(Object.keys(keys[0] ?? {})).not.toContain('d');
  });
});

describe('an authorization request', () => {
  it.each([
    ['without PKCE', { code_challenge: undefined, code_challenge_method: undefined }],
    ['with a plain challenge', { code_challenge_method: 'plain' }],
    ['for a token in the address', { response_type: 'token' }],
    ['for an ID token in the address', { response_type: 'id_token' }],
    ['for a scope nobody knows', { scope: 'admin' }],
  ])('%s goes back refused, without a form', async (_name, changes) => {
    const response = await new Browser().raw('GET', authUrl(changes));
    const location = response.headers.get('location') ?? '';
    expect([response.status, location.startsWith(`${house.gatewayUrl}/auth/callback`)]).toEqual([303, true]);
    expect(location).toContain('error=');
  });

  it.each([
    ['to another host', { redirect_uri: 'http://evil.example/auth/callback' }],
    ['to another port', { redirect_uri: 'http://127.0.0.1:1/auth/callback' }],
    ['with a path more', { redirect_uri: 'GATEWAY/auth/callback/x' }],
    ['with dots', { redirect_uri: 'GATEWAY/auth/callback/../../evil' }],
    ['with a query', { redirect_uri: 'GATEWAY/auth/callback?next=evil' }],
    ['with a user', { redirect_uri: 'http://127.0.0.1@evil.example/auth/callback' }],
    ['with capitals', { redirect_uri: 'GATEWAY/auth/Callback' }],
    ['from nobody we know', { client_id: 'stranger' }],
  ])('%s leads nowhere, and the page has a way back', async (_name, changes) => {
    const filled = Object.fromEntries(
      Object.entries(changes).map(([key, value]) => [key, value.replace('GATEWAY', house.gatewayUrl)]),
    );
    const response = await new Browser().raw('GET', authUrl(filled));
    expect([response.status, response.headers.get('location')]).toEqual([400, null]);
    expect(await response.text()).toContain(`href="${house.gatewayUrl}"`);
  });
});

describe('tokens', () => {
  it('say who, for what and by whom, as Keycloak’s do', async () => {
    const verifier = randomBytes(32).toString('base64url');
    const { status, body } = await redeem(codeGrant(await fetchCode(new Browser(), verifier), verifier));
    expect(status).toBe(200);
    const keys = createRemoteJWKSet(new URL(endpoint('certs')));
    const token = body.access_token ?? '';
    const { payload } = await jwtVerify(token, keys, {
      issuer: issuer(),
      audience: 'contor-api',
      algorithms: ['RS256'],
    });
    expect(payload).toMatchObject({
      typ: 'Bearer',
      azp: 'contor-dashboard',
      preferred_username: 'manager',
      realm_access: { roles: ['manager', 'data-administrator'] },
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'RS256', typ: 'at+jwt' });
    const identity = await jwtVerify(body.id_token ?? '', keys, { issuer: issuer(), audience: 'contor-dashboard' });
    expect(identity.payload).toMatchObject({ name: 'Manager', preferred_username: 'manager', nonce: 'nonce' });
    expect(identity.payload.typ).toBeUndefined();
    expect(identity.payload).toMatchObject({ amr: ['pwd'], acr: '1' });
    expect(Math.abs(Number(identity.payload.auth_time) - Date.now() / 1000)).toBeLessThan(60);
  });

  it('are not given for a wrong verifier, secret or address, nor twice for a code', async () => {
    const verifier = randomBytes(32).toString('base64url');
    const browser = new Browser();
    expect((await redeem(codeGrant(await fetchCode(browser, verifier), 'w'.repeat(43)))).body.error).toBe(
      'invalid_grant',
    );
    const code = await fetchCode(new Browser(), verifier);
    expect((await redeem(codeGrant(code, verifier), basic('guess'))).body.error).toBe('invalid_client');
    expect((await redeem({ ...codeGrant(code, verifier), redirect_uri: 'http://evil.example/' })).body.error).toBe(
      'invalid_grant',
    );
    const first = await redeem(codeGrant(code, verifier));
    const second = await redeem(codeGrant(code, verifier));
    expect([first.status, second.body.error]).toEqual([200, 'invalid_grant']);
    // RFC 6749, 4.1.2: a code used twice takes back what the first use gave.
    const renewed = await redeem({ grant_type: 'refresh_token', refresh_token: first.body.refresh_token ?? '' });
    expect(renewed.body.error).toBe('invalid_grant');
  });

  it('are renewed once per refresh token; a second use ends the whole family', async () => {
    const verifier = randomBytes(32).toString('base64url');
    const { body } = await redeem(codeGrant(await fetchCode(new Browser(), verifier), verifier));
    const renew = (token = '') => redeem({ grant_type: 'refresh_token', refresh_token: token });
    const first = await renew(body.refresh_token);
    expect(first.status).toBe(200);
    expect(first.body.refresh_token).not.toBe(body.refresh_token);
    await house.stopIdentity();
    await house.startIdentity();
    const second = await renew(first.body.refresh_token);
    expect(second.status).toBe(200);
    const reuse = await renew(body.refresh_token);
    expect(reuse.body.error).toBe('invalid_grant');
    expect((await renew(second.body.refresh_token)).body.error).toBe('invalid_grant');
  });

  it('are not given for a password', async () => {
    const { username, password } = await house.credentials();
    expect((await redeem({ grant_type: 'password', username, password })).body.error).toBe('unsupported_grant_type');
  });
});

describe('the form', () => {
  it('cannot be filled in from another site, by another browser or in another format', async () => {
    const browser = new Browser();
    const form = await browser.get(authUrl());
    const body = new URLSearchParams(await house.credentials()).toString();
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await browser.raw('POST', form.url, { ...type, 'sec-fetch-site': 'cross-site' }, body)).status).toBe(403);
    expect((await browser.raw('POST', form.url, { 'content-type': 'text/plain' }, body)).status).toBe(415);
    expect((await browser.raw('POST', form.url, type, 'x'.repeat(20_000))).status).toBe(413);
    const stranger = await new Browser().raw('POST', form.url, type, body);
    expect(stranger.status).toBe(400);
    expect(await stranger.text()).toContain('This sign-in has expired');
  });

  it('shows what was typed as text, never as a page', async () => {
    const browser = new Browser();
    const form = await browser.get(authUrl());
    const answer = await browser.post(form.url, { username: '"><script>alert(1)</script>', password: 'x' });
    expect(answer.body).toContain('value="&quot;&gt;&lt;script&gt;');
    expect(answer.body).not.toContain('<script>');
    expect(answer.headers.get('content-security-policy')).toContain(`form-action 'self' ${house.gatewayUrl}`);
  });
});

describe('the data folder', () => {
  it.each(['keys.json', 'client-secret', 'manager.json'])('%s is only for its owner', async (name) => {
    const { mode } = await stat(join(house.folder, 'identity', name));
    if (process.platform !== 'win32') expect(mode & 0o777).toBe(0o600);
  });

  it('is locked against a second server', async () => {
    const again = house.startIdentity();
    await expect(again).rejects.toMatchObject({ code: expect.stringMatching(/^config\./) });
  });
});
