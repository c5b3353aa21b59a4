/** Sign-in from end to end: real identity, real gateway, a browser with cookies. */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Browser } from './support/browser.js';
import { House, until } from './support/house.js';

let house: House;
/** Signed in once, for tests that do not sign out. */
let regular: Browser;
beforeAll(async () => {
  house = await (await House.open()).start();
  regular = await house.signedIn();
});
afterAll(() => house.close());

const session = async (browser: Browser) => {
  const answer = await browser.get(`${house.gatewayUrl}/api/session`);
  return { status: answer.status, body: JSON.parse(answer.body) };
};

describe('signing in', () => {
  it('is asked for by everything that shows data', async () => {
    const browser = new Browser();
    for (const path of ['/api/session', '/api/stream', '/api/ngsi-ld/v1/entities', '/api/quantumleap/v2/attrs']) {
      const { status, body, headers } = await browser.get(house.gatewayUrl + path);
      expect([path, status, JSON.parse(body).error]).toEqual([path, 401, 'signed-out']);
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  it('leads to the page somebody wanted and tells the app who they are', async () => {
    const browser = new Browser();
    const form = await browser.get(
      `${house.gatewayUrl}/auth/signin?returnTo=${encodeURIComponent('/health?from=test')}`,
    );
    expect(form.status).toBe(200);
    expect(form.url).toContain(`${house.identityUrl}/realms/contor/login-actions/authenticate/`);
    const back = await browser.post(form.url, await house.credentials());
    expect([back.status, back.url]).toEqual([200, `${house.gatewayUrl}/health?from=test`]);

    const { status, body } = await session(browser);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      user: { name: 'manager', fullName: 'Manager' },
      roles: ['manager', 'data-administrator'],
    });
    expect(body.functions).toContain('live.view');
    expect(body.csrfToken).toMatch(/^[\w-]{40,}$/);
    expect(body).toMatchObject({ methods: ['pwd'], accountUrl: `${house.identityUrl}/realms/contor/account` });
    expect(Math.abs(Date.parse(body.authenticatedAt) - Date.now())).toBeLessThan(60_000);
  });

  it('afresh asks for the password although the provider knows the person (OpenID Connect Core, 3.1.2.1)', async () => {
    const browser = await house.signedIn();
    const before = await session(browser);
    const form = await browser.get(`${house.gatewayUrl}/auth/signin?fresh=1&returnTo=/health`);
    expect(form.url).toContain('/login-actions/authenticate/');
    await new Promise((resolve) => setTimeout(resolve, 1_100)); // `auth_time` is in whole seconds.
    const back = await browser.post(form.url, await house.credentials());
    expect(back.url).toBe(`${house.gatewayUrl}/health`);
    const after = await session(browser);
    expect(after.body.user.id).toBe(before.body.user.id);
    expect(Date.parse(after.body.authenticatedAt)).toBeGreaterThan(Date.parse(before.body.authenticatedAt));
  });

  it('asks for code, S256, state and nonce, and leaves a sealed, HttpOnly, Lax cookie', async () => {
    const response = await new Browser().raw('GET', `${house.gatewayUrl}/auth/signin`);
    const target = new URL(response.headers.get('location') ?? '');
    const asked = Object.fromEntries(target.searchParams);
    expect(asked).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      client_id: 'contor-dashboard',
    });
    expect(asked.state).toMatch(/^[\w-]{40,}$/);
    expect(asked.nonce).toMatch(/^[\w-]{40,}$/);
    const [cookie = ''] = response.headers.getSetCookie();
    expect(cookie).toMatch(
      /^contor_signin_[\w-]{8}=[\w-]+; Max-Age=600; Path=\/auth; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
    );
    expect(cookie).not.toContain(asked.nonce);
  });

  it('uses the provider’s own session the second time, without a form', async () => {
    const browser = await house.signedIn();
    const again = await browser.get(`${house.gatewayUrl}/auth/signin?returnTo=/health`);
    expect(again.url).toBe(`${house.gatewayUrl}/health`);
  });

  it('gives a new session id each time, whatever cookie was there before', async () => {
    const browser = new Browser();
    browser.setCookie(house.gatewayUrl, 'contor_session', 'planted');
    const form = await browser.get(`${house.gatewayUrl}/auth/signin`);
    await browser.post(form.url, await house.credentials());
    const first = browser.cookie('contor_session');
    expect(first).not.toBe('planted');
    await browser.get(`${house.gatewayUrl}/auth/signin`);
    expect(browser.cookie('contor_session')).not.toBe(first);
    const old = await fetch(`${house.gatewayUrl}/api/session`, { headers: { cookie: `contor_session=${first}` } });
    expect(old.status).toBe(401);
  });

  it.each([
    ['https://evil.example/', '/'],
    ['//evil.example/', '/'],
    ['/\\evil.example/', '/'],
    ['/auth/signin', '/'],
    ['/api/session', '/'],
    ['/health', '/health'],
  ])('asked to return to %s ends at %s', async (wish, end) => {
    const answer = await regular.get(`${house.gatewayUrl}/auth/signin?returnTo=${encodeURIComponent(wish)}`);
    expect(answer.url).toBe(house.gatewayUrl + end);
  });
});

describe('what does not sign in', () => {
  it('a wrong password: the form comes back with a message, in the language asked for, and no session', async () => {
    const browser = new Browser();
    const form = await browser.get(`${house.gatewayUrl}/auth/signin`, { 'accept-language': 'ro' });
    const answer = await browser.post(form.url, {
      username: 'manager',
      password: 'wrong-canary-password',
      language: 'ro',
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('role="alert"');
    expect(answer.body).toContain('<html lang="ro">');
    expect(answer.body).toContain('value="manager"');
    expect((await session(browser)).status).toBe(401);
  });

  it('an empty form: each field says what it wants', async () => {
    const browser = new Browser();
    const form = await browser.get(`${house.gatewayUrl}/auth/signin`);
    const answer = await browser.post(form.url, { username: '', password: '' });
    expect(answer.body).toContain('aria-describedby="username-problem"');
    expect(answer.body).toContain('href="#password"');
  });

  it('a callback with a foreign, a used or a forged state', async () => {
    const browser = new Browser();
    const stray = await browser.get(`${house.gatewayUrl}/auth/callback?code=x&state=y&iss=${house.identityUrl}`);
    expect(stray.status).toBe(400);
    expect(stray.body).toContain('href="/auth/signin"');

    const begun = await browser.raw('GET', `${house.gatewayUrl}/auth/signin`);
    const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state') ?? '';
    const name = `contor_signin_${state.slice(0, 8)}`;
    browser.setCookie(house.gatewayUrl, name, `${browser.cookie(name)?.slice(0, -4)}AAAA`, '/auth');
    const forged = await browser.get(`${house.gatewayUrl}/auth/callback?code=x&state=${state}`);
    expect(forged.status).toBe(400);
    expect(browser.cookie('contor_session')).toBeUndefined();
  });

  it('a code in somebody else’s browser (login CSRF), and a code used twice', async () => {
    const attacker = new Browser();
    const form = await attacker.get(`${house.gatewayUrl}/auth/signin`);
    let callbackUrl = '';
    let response = await attacker.raw(
      'POST',
      form.url,
      { 'content-type': 'application/x-www-form-urlencoded' },
      new URLSearchParams(await house.credentials()).toString(),
    );
    for (let url = form.url; response.status < 400; ) {
      url = new URL(response.headers.get('location') ?? '', url).href;
      if (url.includes('/auth/callback')) {
        callbackUrl = url;
        break;
      }
      response = await attacker.raw('GET', url);
    }
    const victim = await new Browser().get(callbackUrl);
    expect(victim.status).toBe(400);
    const cookies = attacker.cookiesFor(callbackUrl);
    const first = await fetch(callbackUrl, { redirect: 'manual', headers: { cookie: cookies } });
    expect(first.status).toBe(302);
    const second = await fetch(callbackUrl, { redirect: 'manual', headers: { cookie: cookies } });
    expect(second.status).toBe(400);
  });

  it('ten wrong passwords: then even the right one has to wait', async () => {
    const browser = new Browser();
    const form = await browser.get(`${house.gatewayUrl}/auth/signin`);
    const tries = Array.from({ length: 10 }, () => browser.post(form.url, { username: 'nobody', password: 'guess' }));
    for (const { status } of await Promise.all(tries)) expect(status).toBe(200);
    const eleventh = await browser.post(form.url, { username: 'nobody', password: 'guess' });
    expect(eleventh.status).toBe(429);
    expect(Number(eleventh.headers.get('retry-after'))).toBeGreaterThan(20);
    expect(eleventh.body).toContain('Too many wrong passwords');
    const other = await browser.post(form.url, { username: 'somebody-else', password: 'guess' });
    expect(other.status).toBe(200);
  }, 30_000);
});

describe('a restart', () => {
  it('of both servers signs nobody out, and what is on disk opens no session', async () => {
    const browser = await house.signedIn();
    await house.stopGateway();
    await house.stopIdentity();
    await house.start();
    expect((await session(browser)).status).toBe(200);
    const again = await browser.get(`${house.gatewayUrl}/auth/signin?returnTo=/health`);
    expect(again.url).toBe(`${house.gatewayUrl}/health`);
  });

  it('of identity alone: pages say so until it is back', async () => {
    await house.stopIdentity();
    await house.stopGateway();
    await house.startGateway();
    const page = await new Browser().get(`${house.gatewayUrl}/auth/signin`);
    expect(page.status).toBe(503);
    expect(page.body).toContain('The sign-in server cannot be reached');
    expect(house.gateway.health()).toMatchObject({ state: 'degraded' });
    await house.startIdentity();
    await until(async () => house.gateway.health().state === 'ready');
    expect((await new Browser().get(`${house.gatewayUrl}/auth/signin`)).status).toBe(200);
  });
});

describe('signing out', () => {
  it('needs the token of our own page', async () => {
    const browser = await house.signedIn();
    const url = `${house.gatewayUrl}/auth/signout`;
    const { csrfToken } = (await session(browser)).body;
    for (const headers of [
      {},
      { 'x-csrf-token': 'guess' },
      { 'x-csrf-token': csrfToken, origin: 'http://evil.example' },
      { 'x-csrf-token': csrfToken, 'sec-fetch-site': 'cross-site' },
    ] as Record<string, string>[]) {
      expect((await browser.raw('POST', url, headers)).status).toBe(403);
    }
    expect((await session(browser)).status).toBe(200);
  });

  it('ends the session here and, at the address it names, at the provider', async () => {
    const browser = await house.signedIn();
    const { csrfToken } = (await session(browser)).body;
    const kept = browser.cookiesFor(house.gatewayUrl);
    const answer = await browser.raw('POST', `${house.gatewayUrl}/auth/signout`, { 'x-csrf-token': csrfToken });
    expect(answer.status).toBe(200);
    const { location } = (await answer.json()) as { location: string };
    expect((await session(browser)).status).toBe(401);
    expect((await fetch(`${house.gatewayUrl}/api/session`, { headers: { cookie: kept } })).status).toBe(401);

    const page = await browser.get(location);
    expect(page.body).toContain('<script src="/resources/sign-out.js" defer></script>');
    const xsrf = /name="xsrf" value="(\w+)"/.exec(page.body)?.[1] ?? '';
    const action = /action="([^"]+)"/.exec(page.body)?.[1] ?? '';
    const done = await browser.raw(
      'POST',
      action,
      { 'content-type': 'application/x-www-form-urlencoded' },
      `xsrf=${xsrf}&logout=yes`,
    );
    expect([done.status, done.headers.get('location')]).toEqual([303, `${house.gatewayUrl}/`]);
    const form = await browser.get(`${house.gatewayUrl}/auth/signin`);
    expect(form.url).toContain('/login-actions/authenticate/');
  });
});

describe('a port that is taken', () => {
  it('is said in a sentence that helps, and leaves the folder free', async () => {
    const other = await House.open({
      GATEWAY_PORT: new URL(house.gatewayUrl).port,
      IDENTITY_PORT: new URL(house.identityUrl).port,
    });
    await expect(other.startIdentity()).rejects.toMatchObject({
      code: 'config.port',
      message: expect.stringContaining('IDENTITY_PORT'),
    });
    await expect(other.startGateway()).rejects.toMatchObject({
      code: 'config.port',
      message: expect.stringContaining('GATEWAY_PORT'),
    });
    await expect(other.startGateway()).rejects.toMatchObject({ code: 'config.port' });
    await other.close();
  });
});

describe('what is left behind', () => {
  it('no password, secret, token, code or cookie stands in any log line', async () => {
    const { password } = await house.credentials();
    const browser = await house.signedIn();
    const canaries = [
      password,
      'wrong-canary-password',
      browser.cookie('contor_session') ?? '',
      browser.cookie('contor_identity') ?? '',
    ];
    const text = house.log.join('');
    expect(text.length).toBeGreaterThan(500);
    for (const canary of canaries) {
      expect(canary.length).toBeGreaterThan(10);
      expect(text).not.toContain(canary);
    }
    expect(text).not.toMatch(/eyJ|code=|Bearer [^[]/);
  });
});
