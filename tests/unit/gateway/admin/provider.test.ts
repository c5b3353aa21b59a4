/** Administration against the real embedded provider: an account from its making to its removal, a partner by client credentials. */

import { join } from 'node:path';
import { clientSecret } from '@contor/identity';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Browser } from '../support/browser.js';
import { House } from '../support/house.js';

let house: House;
let root: Administrator;
beforeAll(async () => {
  house = await (await House.open()).start();
  root = await Administrator.of(await house.signedIn());
});
afterAll(() => house.close());

/** A browser that shows its CSRF token and says which state a change is based on. */
class Administrator {
  readonly #browser: Browser;
  readonly #token: string;

  private constructor(browser: Browser, token: string) {
    this.#browser = browser;
    this.#token = token;
  }

  static async of(browser: Browser): Promise<Administrator> {
    const { csrfToken } = await sessionOf(browser);
    return new Administrator(browser, String(csrfToken));
  }

  async ask(method: string, path: string, body?: object, revision?: number) {
    const headers = {
      'x-csrf-token': this.#token,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(revision === undefined ? {} : { 'if-match': `"${revision}"` }),
    };
    const answer = await this.#browser.raw(method, house.gatewayUrl + path, headers, body && JSON.stringify(body));
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
  }
}

async function sessionOf(browser: Browser): Promise<Record<string, unknown>> {
  return JSON.parse((await browser.get(`${house.gatewayUrl}/api/session`)).body);
}

async function signIn(username: string, password: string): Promise<{ browser: Browser; page: string; url: string }> {
  const browser = new Browser();
  const form = await browser.get(`${house.gatewayUrl}/auth/signin?fresh=1`);
  const next = await browser.post(form.url, { username, password });
  return { browser, page: next.body, url: next.url };
}

const NEW_PASSWORD = 'patru mere rosii coapte';

describe('an account', () => {
  let subject: string;
  let browser: Browser;

  it('is made, signs in with the password it was given, and chooses its own', async () => {
    const made = await root.ask('POST', '/api/admin/people', {
      username: 'maria',
      firstName: 'Maria',
      lastName: 'Pop',
    });
    expect(made).toMatchObject({
      status: 201,
      body: { person: { username: 'maria', fullName: 'Maria Pop', roles: [] } },
    });
    subject = (made.body.person as { subject: string }).subject;
    const first = await signIn('maria', String(made.body.password));
    expect(first.page).toContain('Choose a new password');
    await first.browser.post(first.url, { newPassword: NEW_PASSWORD, repeat: NEW_PASSWORD });
    expect(await sessionOf(first.browser)).toMatchObject({
      user: { id: subject, name: 'maria' },
      functions: [],
      scope: [],
    });
    browser = first.browser;
  });

  it('is given access, which holds in the next request', async () => {
    const given = await root.ask('PATCH', `/api/admin/people/${subject}/access`, { roles: ['viewer'] }, 1);
    expect([given.status, given.body.revision]).toEqual([200, 2]);
    expect(await sessionOf(browser)).toMatchObject({ roles: ['viewer'] });
  });

  it('is not made twice', async () => {
    const again = await root.ask('POST', '/api/admin/people', { username: 'Maria' });
    expect([again.status, again.body.error]).toEqual([409, 'account.exists']);
  });

  it('has a session ended by an administrator: the provider asks that browser for the password again, not the others', async () => {
    const other = await signIn('maria', NEW_PASSWORD);
    const { sessions } = (await root.ask('GET', '/api/admin/sessions')).body as { sessions: Record<string, string>[] };
    const [newest] = sessions.filter((session) => session.subject === subject);
    expect((await root.ask('DELETE', `/api/admin/sessions/${newest?.id}`)).status).toBe(204);
    expect((await sessionOf(other.browser)).error).toBe('signed-out');
    const again = await other.browser.get(`${house.gatewayUrl}/auth/signin?returnTo=/health`);
    expect(again.url).toContain(house.identityUrl);
    const still = await browser.get(`${house.gatewayUrl}/auth/signin?returnTo=/health`);
    expect(still.url).toBe(`${house.gatewayUrl}/health`);
  });

  it('gets a new password, and the old one and its sessions end', async () => {
    const reset = await root.ask('POST', `/api/admin/people/${subject}/password-reset`);
    expect(reset.status).toBe(200);
    expect((await sessionOf(browser)).error).toBe('signed-out');
    const old = await signIn('maria', NEW_PASSWORD);
    expect(old.page).toContain('role="alert"');
    expect((await signIn('maria', String(reset.body.password))).page).toContain('Choose a new password');
  });

  it('is locked: the provider takes no password any more; unlocked, it does', async () => {
    expect((await root.ask('POST', `/api/admin/people/${subject}/lock`)).status).toBe(200);
    const reset = await root.ask('POST', `/api/admin/people/${subject}/password-reset`);
    expect((await signIn('maria', String(reset.body.password))).page).toContain('role="alert"');
    expect((await root.ask('POST', `/api/admin/people/${subject}/unlock`)).status).toBe(200);
    expect((await signIn('maria', String(reset.body.password))).page).toContain('Choose a new password');
  });

  it('is removed with its entry', async () => {
    const { body } = await root.ask('GET', '/api/admin/people?search=maria');
    const [{ revision = 0 } = {}] = body.people as { revision?: number }[];
    expect((await root.ask('DELETE', `/api/admin/people/${subject}`, undefined, revision)).status).toBe(204);
    expect((await root.ask('POST', '/api/admin/people', { username: 'maria' })).status).toBe(201);
  });
});

describe('a partner by client credentials', () => {
  const tokenUrl = () => `${house.identityUrl}/realms/contor/protocol/openid-connect/token`;
  const tokenOf = async (id: string, secret: string) => {
    const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
    const body = new URLSearchParams({ grant_type: 'client_credentials' });
    const answer = await fetch(tokenUrl(), { method: 'POST', headers: { authorization }, body });
    return String(((await answer.json()) as { access_token?: string }).access_token);
  };
  const entities = async (token: string) =>
    (await fetch(`${house.gatewayUrl}/api/ngsi-ld/v1/entities`, { headers: { authorization: `Bearer ${token}` } }))
      .status;

  it('calls with the token of its own client; the dashboard’s own token opens nothing', async () => {
    const dashboard = await tokenOf('contor-dashboard', await clientSecret(join(house.folder, 'identity')));
    const made = await fetch(`${house.identityUrl}/admin/realms/contor/clients`, {
      method: 'POST',
      headers: { authorization: `Bearer ${dashboard}`, 'content-type': 'application/json' },
      body: JSON.stringify({ clientId: 'energo-app', secret: 's'.repeat(40) }),
    });
    expect(made.status).toBe(201);
    const token = await tokenOf('energo-app', 's'.repeat(40));
    expect(await entities(token)).toBe(401); // Its client is nobody's yet.
    const partner = { id: 'energo', name: 'Energo', clientId: 'energo-app', roles: ['supplier'], everything: true };
    expect((await root.ask('POST', '/api/admin/partners', partner)).status).toBe(201);
    expect([await entities(token), await entities(dashboard), await entities(`${token}x`)]).toEqual([200, 401, 401]);
    await root.ask('PATCH', '/api/admin/partners/energo', { isLocked: true }, 1);
    expect(await entities(token)).toBe(401);
  });
});
