/**
 * A real Keycloak in the place of our identity server, with the realm that we export: people sign in through our gateway in a real browser,
 * with their ids, roles and second factors; tokens are judged; sessions end; accounts are made through the gateway.
 */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clientSecret } from '@contor/identity';
import { exportRealmOf } from '@contor/identity/realm-export/from-folder.js';
import { stepAt, totp } from '@contor/identity/second-factor/totp.js';
import { createLogger, realPorts } from '@contor/kit';
import { decodeJwt } from 'jose';
import type { BrowserContext, Browser as Chromium, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import type { Tally } from '../support/tally.js';
import { Browser } from '../unit/gateway/support/browser.js';
import { House, until } from '../unit/gateway/support/house.js';
import { codeOf, PASSWORD, Realm, secretOn } from '../unit/identity/support/realm.js';
import { ADMIN, type Keycloak, startKeycloak } from './keycloak-server.js';
import { judgeRealTokens, type RealTokens } from './keycloak-tokens.js';

/** Short enough that an ended session is noticed while somebody looks; the gateway renews half a minute before the end. */
const TOKEN_SECONDS = 45;
const NEW_PASSWORD = 'un pod peste un râu lin';

interface Scene {
  readonly house: House;
  readonly keycloak: Keycloak;
  readonly issuer: string;
  readonly secret: string;
  readonly people: ReadonlyMap<string, string>;
  /** An operator with a second factor, as she was in our own identity server. */
  readonly ana: { readonly id: string; readonly username: string; readonly app: Uint8Array };
}

export async function checkKeycloak(tally: Tally, zip: string, folder: string, port: number): Promise<void> {
  const issuer = `http://127.0.0.1:${port}/realms/contor`;
  const house = await House.open({ OIDC_ISSUER: issuer });
  const chromium = await launchBrowser();
  let keycloak: Keycloak | undefined;
  try {
    const before = await prepare(house);
    keycloak = await startKeycloak(zip, folder, port, before.realm);
    await house.startGateway();
    await until(async () => house.gateway.health().state === 'ready', 30_000);
    const secret = await clientSecret(join(house.folder, 'identity'));
    const scene: Scene = { house, keycloak, issuer, secret, people: before.people, ana: before.ana };
    await play(tally, scene, chromium);
  } finally {
    await chromium.close();
    await keycloak?.stop();
    await house.close();
  }
}

async function play(tally: Tally, scene: Scene, chromium: Chromium): Promise<void> {
  const { house, ana } = scene;
  const context = await chromium.newContext();
  const page = await context.newPage();
  await tally.check(
    'Keycloak: an operator signs in with her temporary password and her own app, and keeps id and roles',
    async () => {
      await page.goto(`${house.gatewayUrl}/auth/signin?returnTo=/health`);
      await fill(page, { username: ana.username, password: scene.people.get(ana.username) ?? '' });
      await fillCode(page, ana.app);
      await fill(page, { 'password-new': NEW_PASSWORD, 'password-confirm': NEW_PASSWORD });
      await page.waitForURL(`${house.gatewayUrl}/health`);
      const session = await sessionIn(page, house);
      equal(session.user?.id, ana.id, 'the id');
      equal([...(session.roles ?? [])].sort().join(), 'operator,viewer', 'the roles');
      equal([...(session.methods ?? [])].sort().join(), 'otp,pwd', 'the methods');
      const age = Date.now() - Date.parse(session.authenticatedAt ?? '');
      if (!(age < 120_000)) throw new Error(`signed in ${age} ms ago`);
    },
  );
  await tally.check('Keycloak: a fresh sign-in asks again, and tells when', async () => {
    const first = await sessionIn(page, house);
    await sleep(1_100);
    await page.goto(`${house.gatewayUrl}/auth/signin?fresh=1&returnTo=/health`);
    await fill(page, { password: NEW_PASSWORD });
    await fillCode(page, ana.app);
    await page.waitForURL(`${house.gatewayUrl}/health`);
    const second = await sessionIn(page, house);
    if (!(Date.parse(second.authenticatedAt ?? '') > Date.parse(first.authenticatedAt ?? '')))
      throw new Error('the time is the old one');
    equal([...(second.methods ?? [])].sort().join(), 'otp,pwd', 'the methods');
  });
  await tally.check('Keycloak: forty tokens, all judged rightly', async () => {
    const { tokens, wrong } = await judgeRealTokens(await collectTokens(scene, context));
    console.log(JSON.stringify({ interop: 'keycloak', tokens, right: tokens - wrong.length }));
    equal(tokens, 40, 'the size of the table');
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  });
  await tally.check(
    'Keycloak: whose sessions an administrator ends is out of the gateway at the next renewal',
    async () => {
      await asService(scene, 'POST', `/users/${ana.id}/logout`);
      await until(async () => (await sessionIn(page, house)).status === 401, (TOKEN_SECONDS + 30) * 1000);
    },
  );
  await tally.check('Keycloak: signing out ends both sessions and comes back to us', async () => {
    const other = await (await chromium.newContext()).newPage();
    await signInManager(scene, other);
    const { csrfToken } = await sessionIn(other, house);
    const location = await other.evaluate(
      `fetch('/auth/signout', { method: 'POST', headers: { 'x-csrf-token': '${csrfToken}' } }).then((answer) => answer.json()).then((body) => body.location)`,
    );
    await other.goto(String(location));
    equal(new URL(other.url()).origin, house.gatewayUrl, 'where it ends');
    await other.goto(`${house.gatewayUrl}/auth/signin`);
    await other.locator('#password').waitFor();
    await other.context().close();
  });
  await tally.check('Keycloak: the administration that the gateway uses, call by call', () => administer(scene));
  await tally.check('Keycloak: an account made through the gateway signs in', () =>
    makeThroughGateway(scene, chromium),
  );
  await context.close();
}

/** Our own identity server with some people, and the realm it exports. */
async function prepare(house: House) {
  await house.startIdentity();
  const own = await Realm.of(house);
  const { id, username } = await own.makeUser({ firstName: 'Ana', lastName: 'Pop' }, ['viewer', 'operator']);
  const browser = new Browser();
  const form = await browser.get(`${house.identityUrl}/realms/contor/account/second-factor`);
  const page = await browser.post(form.url, { username, password: PASSWORD });
  const app = secretOn(page.body);
  const csrf = /name="csrf" value="([^"]*)"/.exec(page.body)?.[1] ?? '';
  await browser.post(`${house.identityUrl}/realms/contor/account/second-factor`, { csrf, code: codeOf(app) });
  await own.call('POST', '/clients', { clientId: 'utility-north', name: 'Utility North' });
  const { realm, people } = await exportRealmOf(
    {
      ...{ dataFolder: join(house.folder, 'identity'), gatewayUrl: house.gatewayUrl },
      ...{ hasSecondFactors: true, hasTemporaryPasswords: true },
    },
    { ports: realPorts(), log: createLogger({ service: 'interop', write: () => undefined }) },
  );
  await house.stopIdentity();
  const passwords = new Map(people.map((person) => [person.username, person.temporaryPassword ?? '']));
  return { realm: { ...realm, accessTokenLifespan: TOKEN_SECONDS }, people: passwords, ana: { id, username, app } };
}

async function signInManager({ house, people }: Scene, page: Page): Promise<void> {
  await page.goto(`${house.gatewayUrl}/auth/signin?returnTo=/health`);
  const temporary = people.get('manager') ?? '';
  await fill(page, { username: 'manager', password: temporary });
  await page.waitForLoadState();
  if (await page.locator('#password-new').isVisible())
    await fill(page, { 'password-new': NEW_PASSWORD, 'password-confirm': NEW_PASSWORD });
  else if (await page.locator('#password').isVisible()) await fill(page, { password: NEW_PASSWORD });
  await page.waitForURL(`${house.gatewayUrl}/health`);
}

async function fill(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [id, value] of Object.entries(fields)) {
    const field = page.locator(`[id="${id}"]`);
    await field.waitFor();
    await field.fill(value);
  }
  await page.locator('input[type="submit"], button[type="submit"]').first().click();
}

/** Keycloak takes each code once, so a second sign-in within half a minute waits for the next. */
const used = new Set<string>();

async function fillCode(page: Page, app: Uint8Array): Promise<void> {
  await page.locator('#otp').waitFor();
  let code = totp(app, stepAt(Date.now()));
  while (used.has(code)) {
    await sleep(500);
    code = totp(app, stepAt(Date.now()));
  }
  used.add(code);
  await fill(page, { otp: code });
}

interface SessionAnswer {
  readonly status: number;
  readonly user?: { readonly id: string };
  readonly roles?: readonly string[];
  readonly methods?: readonly string[];
  readonly authenticatedAt?: string;
  readonly csrfToken?: string;
}

async function sessionIn(page: Page, house: House): Promise<SessionAnswer> {
  const answer = await page.request.get(`${house.gatewayUrl}/api/session`);
  return { ...((await answer.json()) as object), status: answer.status() };
}

async function collectTokens(scene: Scene, context: BrowserContext): Promise<RealTokens> {
  const { issuer, keycloak } = scene;
  const [client] = (await asService(scene, 'GET', '/clients?clientId=utility-north')).body as { id: string }[];
  const { value } = (await asService(scene, 'POST', `/clients/${client?.id}/client-secret`)).body as { value: string };
  const person = await personTokens(scene, context, 'openid profile api');
  const bare = await personTokens(scene, context, 'openid');
  const master = await tokenOf(`${keycloak.url}/realms/master`, {
    client_id: 'admin-cli',
    grant_type: 'password',
    ...ADMIN,
  });
  return {
    issuer,
    ...{ access: person.access_token ?? '', id: person.id_token ?? '', refresh: person.refresh_token ?? '' },
    ...{ partner: await clientToken(issuer, 'utility-north', value), partnerId: 'utility-north' },
    ...{ service: await clientToken(issuer, 'contor-dashboard', scene.secret), withoutScope: bare.access_token ?? '' },
    otherRealm: master.access_token ?? '',
  };
}

/** A code as the dashboard asks for one, caught before the gateway gets it. */
async function personTokens({ house, issuer, secret }: Scene, context: BrowserContext, scope: string) {
  const page = await context.newPage();
  const verifier = 'v'.repeat(43);
  const redirect = `${house.gatewayUrl}/auth/callback`;
  // The gateway knows nothing of this sign-in and refuses it, so the code is still good.
  const arrived = page.waitForRequest((request) => request.url().startsWith(redirect));
  const query = new URLSearchParams({
    ...{ client_id: 'contor-dashboard', response_type: 'code', scope, redirect_uri: redirect, state: 's', nonce: 'n' },
    ...{ code_challenge_method: 'S256', code_challenge: createHash('sha256').update(verifier).digest('base64url') },
  });
  await page.goto(`${issuer}/protocol/openid-connect/auth?${query}`);
  const caught = (await arrived).url();
  await page.close();
  const code = new URL(caught).searchParams.get('code') ?? '';
  const grant = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: redirect };
  return tokenOf(issuer, { ...grant, client_id: 'contor-dashboard', client_secret: secret });
}

async function clientToken(issuer: string, id: string, secret: string): Promise<string> {
  const { access_token: token } = await tokenOf(issuer, {
    grant_type: 'client_credentials',
    client_id: id,
    client_secret: secret,
  });
  return token ?? '';
}

async function tokenOf(issuer: string, parameters: Record<string, string>) {
  const answer = await fetch(`${issuer}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams(parameters),
  });
  const body = (await answer.json()) as Record<string, string>;
  if (!answer.ok) throw new Error(`${answer.status} ${JSON.stringify(body)}`);
  return body;
}

/** A call of the Admin REST API as the gateway makes it: with the dashboard's service account. */
async function asService({ issuer, secret }: Scene, method: string, path: string, body?: unknown) {
  const token = await clientToken(issuer, 'contor-dashboard', secret);
  const answer = await fetch(issuer.replace('/realms/', '/admin/realms/') + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 300)}`);
  return {
    status: answer.status,
    location: answer.headers.get('location') ?? '',
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
  };
}

/** Every call that our own identity server answers too, with what the callers rely on. */
async function administer(scene: Scene): Promise<void> {
  const call = (method: string, path: string, body?: unknown) => asService(scene, method, path, body);
  const credentials = [{ type: 'password', value: PASSWORD, temporary: true }];
  const made = await call('POST', '/users', {
    username: 'mihai',
    firstName: 'Mihai',
    lastName: 'Radu',
    enabled: true,
    credentials,
  });
  const id = made.location.split('/').at(-1) ?? '';
  const path = `/users/${id}`;
  const [found] = (await call('GET', '/users?username=mihai&exact=true')).body as { id: string }[];
  equal(found?.id, id, 'who is found');
  const shown = (await call('GET', path)).body as { requiredActions: string[]; enabled: boolean };
  equal(shown.requiredActions.join(), 'UPDATE_PASSWORD', 'the duties');
  const role = (await call('GET', '/roles/viewer')).body as { id: string; name: string };
  await call('POST', `${path}/role-mappings/realm`, [role]);
  const mapped = async () =>
    ((await call('GET', `${path}/role-mappings/realm`)).body as { name: string }[]).map(({ name }) => name);
  if (!(await mapped()).includes('viewer')) throw new Error('the role is not there');
  await call('DELETE', `${path}/role-mappings/realm`, [role]);
  if ((await mapped()).includes('viewer')) throw new Error('the role is still there');
  await call('PUT', `${path}/reset-password`, { type: 'password', value: 'alta parola mai lunga', temporary: false });
  await call('PUT', path, { enabled: false });
  equal(((await call('GET', path)).body as { enabled: boolean }).enabled, false, 'locked');
  await call('POST', `${path}/logout`);
  await call('DELETE', path);
  const client = await call('POST', '/clients', {
    clientId: 'partner-two',
    serviceAccountsEnabled: true,
    publicClient: false,
    standardFlowEnabled: false,
  });
  const clientPath = `/clients/${client.location.split('/').at(-1)}`;
  const { value } = (await call('POST', `${clientPath}/client-secret`)).body as { value: string };
  equal(decodeJwt(await clientToken(scene.issuer, 'partner-two', value)).azp, 'partner-two', 'whose token');
  await call('DELETE', clientPath);
}

async function makeThroughGateway(scene: Scene, chromium: Chromium): Promise<void> {
  const { house } = scene;
  const manager = await (await chromium.newContext()).newPage();
  await signInManager(scene, manager);
  const { csrfToken = '' } = await sessionIn(manager, house);
  const answer = await manager.request.post(`${house.gatewayUrl}/api/admin/people`, {
    headers: { 'x-csrf-token': csrfToken, origin: house.gatewayUrl },
    data: { username: 'ioana', firstName: 'Ioana', lastName: 'Dinu' },
  });
  if (answer.status() !== 201) throw new Error(`${answer.status()} ${await answer.text()}`);
  const { password } = (await answer.json()) as { password: string };
  await manager.context().close();
  const page = await (await chromium.newContext()).newPage();
  await page.goto(`${house.gatewayUrl}/auth/signin?returnTo=/health`);
  await fill(page, { username: 'ioana', password });
  await fill(page, { 'password-new': NEW_PASSWORD, 'password-confirm': NEW_PASSWORD });
  await page.waitForURL(`${house.gatewayUrl}/health`);
  equal((await sessionIn(page, house)).status, 200, 'the session');
  await page.context().close();
}

function equal(is: unknown, shall: unknown, what: string): void {
  if (is !== shall) throw new Error(`${what}: ${String(is)}, and not ${String(shall)}`);
}
