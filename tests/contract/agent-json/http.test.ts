/** The HTTP side over real sockets: the whole agent for what is stored and what is refused, the door alone for overload. */

import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  addHttpCredentials,
  provisionDevices,
  removeHttpCredential,
  SETTINGS,
  sampleDevices,
  start,
} from '@contor/agent-json';
import { openHttpCredentials } from '@contor/agent-json/http/credentials.js';
import { openHttpDoor } from '@contor/agent-json/http/door.js';
import { saveStreetCredentials } from '@contor/agent-json/simulator';
import { SETTINGS as HUB_SETTINGS, start as startHub } from '@contor/agent-json/simulator/hub.js';
import type { Message } from '@contor/agent-kit';
import {
  closeHttp,
  createLogger,
  LogFullError,
  listenHttp,
  type Running,
  readSettings,
  realPorts,
  SimulatedClock,
  SimulatedDisk,
  seededRandom,
  urlOf,
} from '@contor/kit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const KEY = 'http-test';
const folder = mkdtempSync(join(tmpdir(), 'contor-http-'));
const log = createLogger({ service: 'test', write: () => undefined });
const passwords = new Map<string, string>();
let agent: Running;

beforeAll(async () => {
  const [sample] = sampleDevices();
  if (sample === undefined) throw new Error('the sample city has no device');
  const devices = ['m1', 'm2'].map((deviceId) => ({ ...sample, apiKey: KEY, deviceId, name: deviceId }));
  await provisionDevices(folder, devices);
  const wanted = [
    { apiKey: KEY, username: 'm1' },
    { apiKey: KEY, username: 'hub', speaksFor: ['m1', 'm2'] },
    { apiKey: KEY, username: 'quick' },
    { apiKey: KEY, username: 'hub4', speaksFor: 'all' as const },
  ];
  const made = await addHttpCredentials(folder, wanted);
  for (const [at, { username }] of wanted.entries()) passwords.set(username, made[at] ?? '');
  const nowhere = 'http://127.0.0.1:9';
  const source = {
    ...{ AGENT_JSON_DATA: folder, AGENT_JSON_HTTP_PORT: '0', AGENT_JSON_PORT: '0', MQTT_URL: 'mqtt://127.0.0.1:9' },
    ...{ BROKER_URL: nowhere, HISTORY_URL: nowhere, AGENT_JSON_HTTP_RATE: '10' },
  };
  agent = await start(readSettings(SETTINGS, source), { ports: realPorts(), log });
});

afterAll(async () => {
  await agent.stop();
  rmSync(folder, { recursive: true, force: true });
});

const basic = (username: string, password = passwords.get(username) ?? '') =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
const stored = () => agent.health().figures.stored ?? 0;

interface Sent {
  readonly path: string;
  readonly as?: string;
  readonly body?: string;
  readonly type?: string;
  readonly method?: string;
}

async function send({ path, as = 'm1', body, type = 'application/json', method = 'POST' }: Sent) {
  const answer = await fetch(`${agent.url}${path}`, {
    method,
    headers: { authorization: basic(as), 'content-type': type },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  return { status: answer.status, text, headers: answer.headers };
}

const OWN = `?i=m1&k=${KEY}`;

describe('what iotagent-json takes', () => {
  it.each([
    { what: 'one measure', path: `/iot/json${OWN}`, body: '{"powerL1":1}', records: 1 },
    { what: 'several measures', path: `/iot/json${OWN}`, body: '[{"powerL1":1},{"powerL1":2}]', records: 1 },
    {
      what: 'with a time beside it',
      path: `/iot/json${OWN}&t=2026-11-20T07:00:00Z`,
      body: '{"powerL1":3}',
      records: 1,
    },
    { what: 'one attribute', path: `/iot/json/attrs/powerL1${OWN}`, body: '42', type: 'text/plain', records: 1 },
    { what: 'by GET', path: `/iot/json${OWN}&d=${encodeURIComponent('{"powerL2":5}')}`, method: 'GET', records: 1 },
    {
      what: 'a profile',
      path: `/iot/json/profile${OWN}`,
      body: '{"intervalSeconds":900,"start":"2026-11-20T07:00:00Z","registers":{"energyImport":[1,2]}}',
      records: 1,
    },
    {
      what: 'a hub',
      path: `/iot/json/hub?k=${KEY}`,
      as: 'hub',
      body: '{"m1":{"powerL1":7},"m2":[{"powerL1":8}]}',
      records: 2,
    },
    { what: 'a hub for one device', path: `/iot/json?i=m2&k=${KEY}`, as: 'hub', body: '{"powerL1":9}', records: 1 },
  ])('$what', async ({ records, ...sent }) => {
    const before = stored();
    expect(await send(sent)).toMatchObject({ status: 200, text: '' });
    expect(stored()).toBe(before + records);
  });

  it('a question for commands, of which none ever waits', async () => {
    expect(await send({ path: `/iot/json${OWN}&getCmd=1`, method: 'GET' })).toMatchObject({ status: 200, text: '{}' });
  });
});

describe('what is refused, and nothing of it stored', () => {
  it.each([
    { why: 'another password', path: `/iot/json${OWN}`, as: 'nobody', status: 401, name: 'UNAUTHORIZED' },
    { why: 'as another device', path: `/iot/json?i=m2&k=${KEY}`, status: 401, name: 'UNAUTHORIZED' },
    { why: 'another api key', path: '/iot/json?i=m1&k=other', status: 401, name: 'UNAUTHORIZED' },
    { why: 'a device as a hub', path: `/iot/json/hub?k=${KEY}`, body: '{"m1":{}}', status: 401, name: 'UNAUTHORIZED' },
    {
      why: 'for a foreign device',
      path: `/iot/json/hub?k=${KEY}`,
      as: 'hub',
      body: '{"m3":{"powerL1":1}}',
      status: 403,
      name: 'FORBIDDEN',
    },
    { why: 'no device', path: `/iot/json?k=${KEY}`, status: 400, name: 'MANDATORY_PARAMS_NOT_FOUND' },
    { why: 'no key', path: '/iot/json?i=m1', status: 400, name: 'MANDATORY_PARAMS_NOT_FOUND' },
    { why: 'no time', path: `/iot/json${OWN}&t=yesterday`, status: 400, name: 'BAD_PAYLOAD' },
    { why: 'a name that is a folder', path: `/iot/json?i=..&k=${KEY}`, status: 400, name: 'BAD_PAYLOAD' },
    { why: 'no JSON', path: `/iot/json${OWN}`, body: '{"powerL1":', status: 400, name: 'BAD_PAYLOAD' },
    { why: 'no measure', path: `/iot/json${OWN}`, body: '[1,2]', status: 400, name: 'BAD_PAYLOAD' },
    {
      why: 'no measure of one device',
      path: `/iot/json/hub?k=${KEY}`,
      as: 'hub',
      body: '{"m1":{"powerL1":1},"m2":5}',
      status: 400,
      name: 'BAD_PAYLOAD',
    },
    {
      why: 'another kind',
      path: `/iot/json${OWN}`,
      body: '<a/>',
      type: 'application/soap+xml',
      status: 415,
      name: 'UNSUPPORTED_TYPE',
    },
    { why: 'too much', path: `/iot/json${OWN}`, body: `["${'x'.repeat(262_144)}"]`, status: 413, name: 'BAD_PAYLOAD' },
    { why: 'another method', path: `/iot/json${OWN}`, method: 'PUT', status: 405, name: 'METHOD_NOT_ALLOWED' },
    { why: 'another path', path: `/iot/jsonx${OWN}`, status: 404, name: 'NOT_FOUND' },
  ])('$why: $status $name', async ({ status, name, why: _, ...sent }) => {
    const before = stored();
    const answer = await send({ body: '{"powerL1":1}', ...sent });
    expect([answer.status, (JSON.parse(answer.text) as { name: string }).name]).toEqual([status, name]);
    expect(answer.text).not.toContain(passwords.get('m1'));
    expect(stored()).toBe(before);
  });

  it('who comes too often, with a word when to come again', async () => {
    const body = '{"powerL1":1}';
    const answers = await Promise.all(
      Array.from({ length: 130 }, () => send({ path: `/iot/json?i=quick&k=${KEY}`, as: 'quick', body })),
    );
    const tooMany = answers.filter(({ status }) => status === 429);
    expect(tooMany.length).toBeGreaterThan(0);
    expect(tooMany[0]?.headers.get('retry-after')).toBe('1');
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(100);
  });

  it('a body without a length that never ends', async () => {
    const chunk = new TextEncoder().encode('x'.repeat(65_536));
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        sent += 1;
        if (sent > 40) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const headers = { authorization: basic('m1'), 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit;
    const answer = await fetch(`${agent.url}/iot/json${OWN}`, init);
    expect(answer.status).toBe(413);
    await answer.text();
  });

  it('a line that breaks in the middle of a body', async () => {
    const before = stored();
    const socket = connect(Number(new URL(agent.url ?? '').port), '127.0.0.1');
    const head = `POST /iot/json${OWN} HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic('m1')}\r\nContent-Length: 100\r\n\r\n{"pow`;
    await new Promise<void>((resolve) => socket.write(head, () => resolve()));
    await new Promise<void>((resolve) => socket.once('close', () => resolve()).destroy());
    expect((await send({ path: `/iot/json${OWN}`, body: '{"powerL3":1}' })).status).toBe(200);
    expect(stored()).toBe(before + 1);
  });
});

it('a simulated hub reports what is behind it, with the password in its folder', async () => {
  const hubFolder = join(folder, 'hub');
  await saveStreetCredentials(hubFolder, { hub4: passwords.get('hub4') ?? '' });
  const [before, strangers] = [stored(), agent.health().figures.unassigned ?? 0];
  const source = {
    HUB_DATA: hubFolder,
    HUB_NAME: 'hub4',
    HUB_AGENT_URL: agent.url,
    HUB_API_KEY: KEY,
    HUB_PERIOD: '1h',
  };
  const hub = await startHub(readSettings(HUB_SETTINGS, source), { ports: realPorts(), log });
  for (let turn = 0; turn < 200 && hub.health().figures.stored === 0; turn += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(hub.health()).toMatchObject({ state: 'ready', figures: { devices: 4, stored: 1, refused: 0, failed: 0 } });
  await hub.stop();
  // Nobody has provisioned them: kept, and named as such.
  expect([stored() - before, (agent.health().figures.unassigned ?? 0) - strangers]).toEqual([0, 4]);
});

describe('the door alone', () => {
  async function withDoor(take: (message: Message) => Promise<void>, body: (url: string, as: string) => Promise<void>) {
    const [disk, clock] = [new SimulatedDisk({ random: seededRandom('disk') }), new SimulatedClock(0)];
    const [password = ''] = await addHttpCredentials('/d', [{ apiKey: 'k', username: 'm' }], disk);
    const credentials = await openHttpCredentials('/d', { disk, clock, log });
    const fatal = (error: Error) => {
      throw error;
    };
    const commanding = { fetch: () => Promise.resolve({}), take: () => Promise.resolve() };
    const door = openHttpDoor({
      credentials,
      commanding,
      take,
      clock,
      rate: { perSecond: 1, burst: 10_000 },
      onFatal: fatal,
    });
    const server = await listenHttp({ host: '127.0.0.1', port: 0, setting: 'X_PORT' }, door.listener);
    try {
      await body(`${urlOf(server, { host: '127.0.0.1' })}/iot/json?i=m&k=k`, basic('m', password));
    } finally {
      credentials.close();
      await closeHttp(server);
    }
  }
  const post = (url: string, authorization: string) =>
    fetch(url, { method: 'POST', headers: { authorization }, body: '{"a":1}' });

  it('answers when the message is on disk, and not before', () => {
    let isOnDisk = (): void => undefined;
    let taken = (): void => undefined;
    const wasTaken = new Promise<void>((resolve) => {
      taken = resolve;
    });
    return withDoor(
      () =>
        new Promise((resolve) => {
          isOnDisk = resolve;
          taken();
        }),
      async (url, as) => {
        let isAnswered = false;
        const answer = post(url, as).finally(() => {
          isAnswered = true;
        });
        await wasTaken;
        // A whole exchange on another connection fits in between.
        expect((await fetch(url)).status).toBe(400);
        expect(isAnswered).toBe(false);
        isOnDisk();
        expect((await answer).status).toBe(200);
      },
    );
  });

  it('a full log is 503, and a word when to come again', () =>
    withDoor(
      () => Promise.reject(new LogFullError('full')),
      async (url, as) => {
        const answer = await post(url, as);
        expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '15']);
      },
    ));

  it('a password that was withdrawn is none within seconds', async () => {
    const [disk, clock] = [new SimulatedDisk({ random: seededRandom('disk') }), new SimulatedClock(0)];
    const [password = ''] = await addHttpCredentials('/d', [{ apiKey: 'k', username: 'm' }], disk);
    const credentials = await openHttpCredentials('/d', { disk, clock, log });
    expect(credentials.find('k', basic('m', password))).toMatchObject({ username: 'm' });
    expect(await removeHttpCredential('/d', { apiKey: 'k', username: 'm' }, disk)).toBe(true);
    await clock.advance(5_000);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(credentials.find('k', basic('m', password))).toBeUndefined();
    credentials.close();
  });
});
