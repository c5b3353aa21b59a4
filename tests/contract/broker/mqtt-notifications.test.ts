/** Notifications over MQTT (GS CIM 009 V1.9.1, 7.2), against our own MQTT server in this process. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger, readSettings, realPorts } from '@contor/kit';
import { addCredentials, type MqttRunning, SETTINGS, start } from '@contor/mqtt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { CORE, LINK, property, ROOM, room } from './cases.js';
import { type Headings, type Instance, itOurs, openInstance } from './instance.js';

const BASE = '/ngsi-ld/v1';
const SENDER = 'notifier';
const READER = 'reader';

interface Arrived {
  readonly topic: string;
  readonly qos: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly body: {
    readonly id: string;
    readonly type: string;
    readonly data: readonly Readonly<Record<string, unknown>>[];
  };
}

let folder: string;
let passwords: readonly string[];
let server: MqttRunning;
let broker: Instance;
let client: MqttClient;
let arrived: Arrived[] = [];
let tenant: Headings = {};
let tenants = 0;

async function startServer(port = 0): Promise<MqttRunning> {
  const config = readSettings(SETTINGS, { MQTT_DATA: folder, MQTT_PORT: String(port), MQTT_HEALTH_PORT: '0' });
  return start(config, {
    ports: realPorts(),
    log: createLogger({ service: 'mqtt', level: 'error', write: () => undefined }),
  });
}

async function listen(options: IClientOptions = {}): Promise<MqttClient> {
  const reader = await mqtt.connectAsync(`mqtt://127.0.0.1:${server.port}`, {
    ...{ username: READER, password: passwords[1] ?? '', clientId: READER, ...options },
  });
  reader.on('message', (topic, payload, { qos }) => {
    arrived.push({ topic, qos, ...(JSON.parse(payload.toString()) as Pick<Arrived, 'metadata' | 'body'>) });
  });
  await reader.subscribeAsync('notify/#', { qos: 1 });
  return reader;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contor-notify-mqtt-'));
  passwords = await addCredentials(folder, [
    { username: SENDER, rules: { publish: ['notify/#'], subscribe: [] } },
    { username: READER, rules: { publish: [], subscribe: ['notify/#'] } },
  ]);
  server = await startServer();
  broker = await openInstance();
});
afterAll(async () => {
  await broker.stop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  tenants += 1;
  tenant = { 'NGSILD-Tenant': `mqtt_${tenants}` };
  arrived = [];
  client = await listen();
});
afterEach(async () => {
  await broker.send('DELETE', `${BASE}/subscriptions/${ID}`, undefined, tenant);
  await client.endAsync(true);
});

const ID = 'urn:ngsi-ld:Subscription:mqtt';
const uriOf = (topic: string, password = passwords[0]): string =>
  `mqtt://${SENDER}:${encodeURIComponent(password ?? '')}@127.0.0.1:${server.port}/${topic}`;

async function subscribe(uri: string, endpoint: object = {}, headers: Headings = {}): Promise<number> {
  const body = {
    ...{ id: ID, type: 'Subscription', entities: [{ type: 'Room' }] },
    notification: { endpoint: { uri, ...endpoint } },
  };
  return (await broker.send('POST', `${BASE}/subscriptions`, body, { ...tenant, ...headers })).status;
}
const wish = (key: string, value: string) => ({ notifierInfo: [{ key, value }] });
const warm = (value: number, id = ROOM): object => room(id, { warmth: property(value) });
const upsert = (...entities: readonly object[]) =>
  broker.send('POST', `${BASE}/entityOperations/upsert?options=update`, entities, tenant);

async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let wait = 0; wait < 400; wait += 1) {
    if (await isSo()) return;
    await sleep(20);
  }
  throw new Error(`Waited for ${what}; ${arrived.length} arrived.`);
}

describe('a notification over MQTT', () => {
  it('7.2: is one message of metadata and body on the topic of the endpoint', async () => {
    expect(
      await subscribe(
        uriOf('notify/rooms/north'),
        { receiverInfo: [{ key: 'X-Area', value: 'north' }] },
        { Link: LINK },
      ),
    ).toBe(201);
    await upsert(warm(21));
    await until(() => arrived.length === 1, 'the message');
    expect(arrived[0]).toEqual({
      topic: 'notify/rooms/north',
      qos: 1,
      metadata: expect.objectContaining({
        'Content-Type': 'application/json',
        Link: expect.stringContaining(CORE),
        'NGSILD-Tenant': tenant['NGSILD-Tenant'],
        'X-Area': 'north',
      }),
      body: {
        ...{ id: expect.stringMatching(/^urn:ngsi-ld:Notification:/), type: 'Notification' },
        ...{ subscriptionId: ID, notifiedAt: expect.stringMatching(/Z$/), data: [warm(21)] },
      },
    });
    const { json } = await broker.send('GET', `${BASE}/subscriptions/${ID}`, undefined, tenant);
    expect(json).toMatchObject({ notification: { status: 'ok', timesSent: 1, timesFailed: 0 } });
  });

  it.each(['0', '1', '2'])('7.2: MQTT-QoS %s arrives', async (qos) => {
    await subscribe(uriOf('notify/qos'), wish('MQTT-QoS', qos));
    await upsert(warm(Number(qos)));
    await until(() => arrived.length === 1, 'the message');
  });

  it('tells every state, each entity in order, while many are on their way', async () => {
    await subscribe(uriOf('notify/order'));
    for (let value = 0; value < 30; value += 1) await upsert(warm(value), warm(value, 'urn:ngsi-ld:Room:2'));
    await until(() => arrived.flatMap(({ body }) => body.data).length === 60, '60 states');
    for (const id of [ROOM, 'urn:ngsi-ld:Room:2']) {
      const told = arrived.flatMap(({ body }) => body.data).filter((entity) => entity.id === id);
      expect(told).toEqual(Array.from({ length: 30 }, (_none, value) => warm(value, id)));
    }
  });

  itOurs(
    'waits for a server that is away, on our own schedule, and tells it everything then',
    async () => {
      const { port } = server;
      await subscribe(uriOf('notify/away'));
      await upsert(warm(1));
      await until(() => arrived.length === 1, 'the first message');
      await client.endAsync(true);
      await server.stop();
      for (let value = 2; value <= 6; value += 1) await upsert(warm(value));
      await sleep(700);
      server = await startServer(port);
      client = await listen();
      await until(() => arrived.flatMap(({ body }) => body.data).length >= 6, 'six states');
      expect(arrived.flatMap(({ body }) => body.data)).toEqual([1, 2, 3, 4, 5, 6].map((value) => warm(value)));
    },
    15_000,
  );

  it('larger than the server takes is told in parts', async () => {
    await subscribe(uriOf('notify/large'));
    const text = 'x'.repeat(4_000);
    await upsert(
      ...Array.from({ length: 200 }, (_none, at) => room(`urn:ngsi-ld:Room:${at}`, { label: property(text) })),
    );
    await until(() => arrived.flatMap(({ body }) => body.data).length >= 200, '200 entities');
    expect(new Set(arrived.flatMap(({ body }) => body.data.map(({ id }) => id))).size).toBe(200);
    expect(arrived.length).toBeGreaterThan(2);
  }, 20_000);
});

describe('who may publish where', () => {
  it('a wrong password is a failure that is visible, and the password is nowhere to be read', async () => {
    await subscribe(uriOf('notify/wrong', 'sesame-0815'));
    await upsert(warm(1));
    const outbox = async () =>
      (await broker.send('GET', `/ngsi-ld/ex/v1/subscriptions/${ID}/outbox`, undefined, tenant)).text;
    await until(async () => !(await outbox()).includes('"failuresInARow":0'), 'a failure');
    const shown = await broker.send('GET', `${BASE}/subscriptions/${ID}`, undefined, tenant);
    expect(shown.json).toMatchObject({
      notification: { endpoint: { uri: expect.stringContaining(`${SENDER}:********@`) } },
    });
    for (const text of [shown.text, await outbox(), (await broker.send('GET', '/metrics')).text])
      expect(text).not.toContain('sesame');
  });

  it('the mask may be sent back, but not with another server', async () => {
    await subscribe(uriOf('notify/masked'));
    const { json } = await broker.send('GET', `${BASE}/subscriptions/${ID}`, undefined, tenant);
    const { uri } = (json as { notification: { endpoint: { uri: string } } }).notification.endpoint;
    const patch = (address: string) =>
      broker.send('PATCH', `${BASE}/subscriptions/${ID}`, { notification: { endpoint: { uri: address } } }, tenant);
    expect((await patch(uri.replace('masked', 'elsewhere'))).status).toBe(204);
    expect((await patch(uri.replace('127.0.0.1', 'localhost'))).status).toBe(400);
    await upsert(warm(1));
    await until(() => arrived.length === 1, 'the message');
    expect(arrived[0]?.topic).toBe('notify/elsewhere');
  });

  it.each([
    ['another host', 'mqtt://broker.example.org/notify'],
    ['a host in other letters', 'mqtt://127.0.0.1.:1883/notify'],
    ['an encoded host', 'mqtt://%6cocalhost/notify'],
    ['no topic', 'mqtt://127.0.0.1/'],
    ['a wildcard', 'mqtt://127.0.0.1/notify/%23'],
    ['a topic of the server', 'mqtt://127.0.0.1/$SYS/notify'],
    ['a query', 'mqtt://127.0.0.1/notify?x=1'],
    ['another scheme', 'ws://127.0.0.1/notify'],
  ])('T14: refuses %s', async (_name, uri) => expect(await subscribe(uri)).toBe(400));

  it.each([
    ['MQTT-QoS', '3'],
    ['MQTT-Version', 'mqtt4'],
    ['deliver', 'perhaps'],
  ])('5.2.22: refuses %s %s', async (key, value) =>
    expect(await subscribe(uriOf('notify/x'), wish(key, value))).toBe(400),
  );
});
