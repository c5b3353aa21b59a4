/**
 * Secrets stay where they belong (T29, T30): the whole platform runs with secrets that are canaries, people and programs use and abuse them, and then
 * logs, figures, command lines, the data folder and an encrypted backup are searched for each of them, in every way of writing bytes.
 */

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyringOf, newMasterKey, openCheckpoint, openSealedFile, realDisk, sealedCheckpoint } from '@contor/kit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ContorUp, contorUp } from '../../support/contor-up.js';
import { leaksBelow, leaksIn } from '../../support/leaks.js';
import { Browser } from '../../unit/gateway/support/browser.js';

const START_MS = 90_000;
const MASTER = newMasterKey();
const BACKUP = newMasterKey();
const PLATFORM = 'canary-Platform-secret-7f3a9c';
/** Not a secret, but personal: a reading stands in no log at the usual level (STYLE). */
const READING = '31415.926535';
const canaries = new Map([
  ['master key', MASTER.replace('contor-key-', '')],
  ['backup key', BACKUP.replace('contor-key-', '')],
  ['platform secret', PLATFORM],
  ['key of a meter, by the command', 'canary-Meter-key-of-the-command-51'],
  ['key of a meter, by the gateway', 'canary-Meter-key-of-the-gateway-52'],
  ['header of a subscription', 'canary-Receiver-header-61'],
  ['password of an MQTT address', 'canary-Mqtt-address-62'],
  ['header of a registration', 'canary-Source-header-63'],
  ['a wrong password', 'canary-Wrong-password-71'],
  ['a wrong token', 'canary-Wrong-token-72'],
  ['a token in an address', 'canary-Address-token-73'],
  ['a wrong API key', 'canary-Api-key-74'],
]);

let home: string;
let data: string;
let up: ContorUp;
/** What could be heard of the platform from outside. */
const heard: { where: string; text: string }[] = [];

const url = (name: 'GATEWAY' | 'IDENTITY' | 'BROKER' | 'HISTORY', path: string) =>
  `http://localhost:${up.ports[`${name}_PORT`]}${path}`;
async function ask(
  where: string,
  method = 'GET',
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  const answer = await fetch(where, {
    method,
    headers: {
      authorization: `Bearer ${PLATFORM}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  heard.push({ where: `${method} ${where.replace(/\?.*/, '')}`, text: await answer.clone().text() });
  return answer;
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'contor-canary-'));
  data = join(home, 'data');
  up = await contorUp(data, [], {
    CONTOR_MASTER_KEY: MASTER,
    HISTORY_BACKUP_KEY: BACKUP,
    PLATFORM_SECRET: PLATFORM,
    HISTORY_BACKUPS: join(home, 'backups'),
  });
  await useSecrets();
  await abuseSecrets();
  await lookForMadeOnes();
}, START_MS);
afterAll(async () => {
  await up.stop();
  await rm(home, { recursive: true, force: true });
}, START_MS);

/** Every way in which a secret comes in. */
async function useSecrets(): Promise<void> {
  const secret = (name: string) => canaries.get(name) ?? '';
  heard.push({
    where: 'secrets set',
    text: await up.run(['secrets', 'set', 'meter.1.ek', '--data', data], secret('key of a meter, by the command')),
  });
  heard.push({ where: 'secrets list', text: await up.run(['secrets', 'list', '--data', data]) });
  heard.push({ where: 'status', text: await up.run(['status']) });
  const browser = new Browser();
  const form = await browser.get(url('GATEWAY', '/auth/signin'));
  const credentials = JSON.parse(await readFile(join(data, 'identity', 'manager.json'), 'utf8')) as {
    username: string;
    password: string;
  };
  await browser.post(form.url, { ...credentials, password: secret('a wrong password') });
  await browser.post(form.url, credentials);
  const session = JSON.parse((await browser.get(url('GATEWAY', '/api/session'))).body) as { csrfToken: string };
  const put = await browser.raw(
    'PUT',
    url('GATEWAY', '/api/secrets/meter.2.ek'),
    { 'content-type': 'application/json', 'x-csrf-token': session.csrfToken },
    JSON.stringify({ value: secret('key of a meter, by the gateway') }),
  );
  expect(put.status).toBe(204);
  heard.push({ where: 'GET /api/secrets', text: (await browser.get(url('GATEWAY', '/api/secrets'))).body });
  canaries.set(
    'cookie of a session',
    browser.cookie('contor_session') ?? browser.cookie('__Host-contor_session') ?? 'there is no cookie',
  );
  const mqtt = `mqtt://somebody:${secret('password of an MQTT address')}@localhost:${up.ports.MQTT_PORT}/topic`;
  const receiverInfo = [{ key: 'Authorization', value: `Bearer ${secret('header of a subscription')}` }];
  for (const [id, endpoint] of Object.entries({
    a: { uri: url('BROKER', '/health'), receiverInfo },
    b: { uri: mqtt },
  })) {
    const body = {
      id: `urn:ngsi-ld:Subscription:${id}`,
      type: 'Subscription',
      entities: [{ type: 'Gadget' }],
      notification: { endpoint },
    };
    expect((await ask(url('BROKER', '/ngsi-ld/v1/subscriptions'), 'POST', body)).status).toBe(201);
  }
  const registration = {
    ...{
      type: 'ContextSourceRegistration',
      mode: 'exclusive',
      operations: ['updateOps'],
      endpoint: url('BROKER', '').replace(/\/$/, ''),
    },
    information: [{ entities: [{ id: 'urn:ngsi-ld:Gadget:1', type: 'Gadget' }], propertyNames: ['switch'] }],
    contextSourceInfo: [{ key: 'X-Api-Key', value: secret('header of a registration') }],
  };
  expect((await ask(url('BROKER', '/ngsi-ld/v1/csourceRegistrations'), 'POST', registration)).status).toBe(201);
  const gadget = { id: 'urn:ngsi-ld:Gadget:2', type: 'Gadget', power: { type: 'Property', value: Number(READING) } };
  expect((await ask(url('BROKER', '/ngsi-ld/v1/entities'), 'POST', gadget)).status).toBe(201);
  expect((await ask(url('HISTORY', '/backups'), 'POST', { name: 'one' })).status).toBe(201);
}

/** Secrets in wrong places, and requests that end in errors, which are written down. */
async function abuseSecrets(): Promise<void> {
  const [token, inAddress, key] = ['a wrong token', 'a token in an address', 'a wrong API key'].map(
    (name) => canaries.get(name) ?? '',
  );
  for (const server of ['GATEWAY', 'IDENTITY', 'BROKER', 'HISTORY'] as const)
    for (const path of [
      '/metrics',
      '/health',
      '/version',
      '/api/session',
      '/ngsi-ld/v1/entities',
      '/v2/entities',
      `/api/stream?access_token=${inAddress}&api_key=${inAddress}`,
    ]) {
      await ask(url(server, path));
      await fetch(url(server, path), { headers: { authorization: `Bearer ${token}` } });
      await fetch(url(server, path), { headers: { 'x-api-key': key ?? '', cookie: `contor_session=${token}` } });
    }
  for (const body of [
    `{"password":"${token}"`,
    `{"@context":"${token}","secret":"${token}"}`,
    { data: [{ id: token, type: 1 }] },
  ])
    for (const path of ['/ngsi-ld/v1/entities', '/ngsi-ld/v1/subscriptions', '/ngsi-ld/v1/entityOperations/upsert'])
      await fetch(url('BROKER', path), {
        method: 'POST',
        headers: { authorization: `Bearer ${PLATFORM}`, 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
  const code = {
    grant_type: 'authorization_code',
    code: token ?? '',
    client_id: 'contor-dashboard',
    client_secret: token ?? '',
  };
  await fetch(url('IDENTITY', '/realms/contor/protocol/openid-connect/token'), {
    method: 'POST',
    body: new URLSearchParams(code),
  });
}

/** What the platform has made for itself: read with the master key, as it does. */
async function lookForMadeOnes(): Promise<void> {
  const keyring = keyringOf(MASTER, 'a test');
  const disk = realDisk();
  const read = async (path: string, name: string, isFramed = false) => {
    const file = { disk, path: join(data, path) };
    const bytes = await (isFramed
      ? sealedCheckpoint(openCheckpoint(file), keyring, name)
      : openSealedFile({ ...file, keyring, name })
    ).read();
    return Buffer.from(bytes ?? []).toString();
  };
  canaries.set('password of the agent', await read('agent-json/mqtt-password', 'agent-json mqtt-password', true));
  canaries.set('secret of the OpenID client', await read('identity/client-secret', 'identity client-secret'));
  const keys = JSON.parse(await read('identity/keys.json', 'identity keys')) as {
    signing: { d: string }[];
    cookies: string[];
  };
  canaries.set('signing key of the provider', keys.signing[0]?.d ?? '');
  canaries.set('cookie key of the provider', keys.cookies[0] ?? '');
  for (const service of ['gateway', 'commands']) {
    const key = JSON.parse(await read(`${service}/signing-key`, `${service} signing-key`, true)) as { d: string };
    canaries.set(`signing key of ${service}`, key.d);
  }
  const own = JSON.parse(await read('gateway/secrets', 'gateway secrets', true)) as { cookie: string; notify: string };
  canaries.set('cookie key of the gateway', own.cookie);
  canaries.set('word between broker and gateway', own.notify);
  const { password } = JSON.parse(await readFile(join(data, 'identity', 'manager.json'), 'utf8')) as {
    password: string;
  };
  canaries.set('password of the manager', password);
}

it('each canary is a secret that was really there', () => {
  for (const [name, secret] of canaries) expect({ name, isLong: secret.length >= 12 }).toEqual({ name, isLong: true });
  expect(canaries.size).toBeGreaterThanOrEqual(20);
});

describe('no secret stands', () => {
  it('in what the platform answers: health, figures, lists, errors', () => {
    expect(heard.length).toBeGreaterThan(30);
    expect(heard.flatMap(({ where, text }) => leaksIn(text, where, canaries)).filter(isNotToItsOwner)).toEqual([]);
  });
  it('in any log, and no reading either', async () => {
    const logs = join(data, 'logs');
    expect((await readdir(logs)).length).toBeGreaterThanOrEqual(5);
    expect(await leaksBelow(logs, new Map([...canaries, ['a reading', READING]]))).toEqual([]);
  });
  it('in the data folder, but for the password of the first account, which its owner has to read once', async () => {
    const leaks = await leaksBelow(data, canaries);
    expect(leaks).toEqual([
      { canary: 'password of the manager', where: join('identity', 'manager.json'), form: 'as it is' },
    ]);
  });
  it('in an encrypted backup, and no name of a meter either', async () => {
    expect((await readdir(join(home, 'backups', 'one'))).length).toBeGreaterThan(1);
    expect(await leaksBelow(join(home, 'backups'), new Map([...canaries, ['a meter', 'e350-0001']]))).toEqual([]);
  });
  it.each([process.platform].filter((platform) => platform === 'linux'))(
    'on a command line, where everybody on the machine reads it (%s)',
    async () => {
      const running = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
      const lines = await Promise.all(running.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')));
      expect(lines.flatMap((line) => leaksIn(line, line.slice(0, 40), canaries))).toEqual([]);
    },
  );
});

describe('the search', () => {
  it.each([
    ['as it is', 'x {"token":"canary-Wrong-token-72"}'],
    ['base64', Buffer.from('canary-Wrong-token-72').toString('base64')],
    ['base64, a byte later', Buffer.from('1canary-Wrong-token-72 and more').toString('base64')],
    ['base64, two bytes later', Buffer.from('12canary-Wrong-token-72 and more').toString('base64')],
    ['hexadecimal', `log ${Buffer.from('canary-Wrong-token-72').toString('hex')}`],
    ['backwards', [...'canary-Wrong-token-72'].reverse().join('')],
  ])('finds a leak that was planted %s', async (form, text) => {
    const folder = join(home, `planted-${form}`.replaceAll(' ', '-'), 'deep', 'below');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'a.log'), Buffer.concat([Buffer.from([0, 255, 0]), Buffer.from(text)]));
    expect(await leaksBelow(join(folder, '..'), canaries)).toEqual([
      { canary: 'a wrong token', where: join('below', 'a.log'), form },
    ]);
  });
});

/** Whoever shows the platform's secret made the subscription, and is shown the header again; nobody else is. */
function isNotToItsOwner({ where, canary }: { where: string; canary: string }): boolean {
  return !(/\/subscriptions$/.test(where) && canary === 'header of a subscription');
}
