/**
 * What the platform needs of any MQTT 3.1.1 server. Runs against the embedded broker, or against the one at MQTT_URL (with
 * MQTT_TEST_USERNAME and MQTT_TEST_PASSWORD when it asks for them; the user may publish, retain and subscribe below `contract/`).
 */

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OPERATOR, openFixture } from './fixture.js';
import { type ConnectOptions, WireClient } from './wire-client.js';

interface Server {
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  close(): Promise<void>;
}

let server: Server;
beforeAll(async () => {
  server = await findServer();
});
afterAll(() => server.close());

async function findServer(): Promise<Server> {
  const url = process.env.MQTT_URL;
  if (url !== undefined) {
    const username = process.env.MQTT_TEST_USERNAME;
    const password = process.env.MQTT_TEST_PASSWORD;
    return { port: Number(new URL(url).port || 1883), username, password, close: async () => undefined };
  }
  const fixture = await openFixture();
  return {
    port: fixture.port(),
    username: OPERATOR,
    password: fixture.password(OPERATOR),
    close: () => fixture.close(),
  };
}

const newName = () => randomUUID().slice(0, 8);
const clientIdOf = (name: string) => `${server.username ?? 'contract'}:${name}`;

async function connect(name: string, more: Partial<ConnectOptions> = {}) {
  const { username, password } = server;
  const credentials = username === undefined ? {} : { username, password: password ?? '' };
  return WireClient.connect(server.port, { clientId: clientIdOf(name), ...credentials, ...more });
}

async function client(more: Partial<ConnectOptions> = {}, name = newName()): Promise<WireClient> {
  const answer = await connect(name, more);
  expect(answer.returnCode).toBe(0);
  return answer.client;
}

describe('delivery', () => {
  it.each([
    { published: 0, subscribed: 2, delivered: 0 },
    { published: 1, subscribed: 0, delivered: 0 },
    { published: 1, subscribed: 1, delivered: 1 },
    { published: 2, subscribed: 1, delivered: 1 },
    { published: 2, subscribed: 2, delivered: 2 },
  ] as const)('published at $published, subscribed at $subscribed: delivered at $delivered (3.3.5)', async (row) => {
    const topic = `contract/${newName()}`;
    for (const clean of [true, false]) {
      const subscriber = await client({ clean });
      expect(await subscriber.subscribe([topic], row.subscribed)).toEqual([row.subscribed]);
      const publisher = await client();
      if (row.published === 0) publisher.publish(topic, 'x', 0);
      else expect(await publisher.publishAcked(topic, 'x', row.published)).toBe(true);
      expect(await subscriber.nextMessage()).toMatchObject({ topic, qos: row.delivered, retain: false, dup: false });
      await publisher.disconnect();
      await subscriber.disconnect();
    }
  });

  it.each([
    { filter: '+/a', topic: '/a', isMatch: true },
    { filter: '#', topic: '', isMatch: true },
    { filter: '+', topic: 'a', isMatch: true },
    { filter: '+', topic: 'a/b', isMatch: false },
    { filter: 'a/#', topic: 'a', isMatch: true },
    { filter: 'a/#', topic: 'a/b/c', isMatch: true },
    { filter: 'a/+/c', topic: 'a//c', isMatch: true },
    { filter: 'a/+', topic: 'a', isMatch: false },
    { filter: 'A', topic: 'a', isMatch: false },
  ])('filter $filter, topic $topic: $isMatch (4.7)', async ({ filter, topic, isMatch }) => {
    const root = `contract/${newName()}`;
    const subscriber = await client({ clean: false });
    await subscriber.subscribe([`${root}/${filter}`, `${root}-end`]);
    const publisher = await client();
    await publisher.publishAcked(topic === '' ? root : `${root}/${topic}`, 'x');
    await publisher.publishAcked(`${root}-end`, 'end');
    expect((await subscriber.nextMessage())?.topic).toBe(
      isMatch ? (topic === '' ? root : `${root}/${topic}`) : `${root}-end`,
    );
    await subscriber.disconnect();
    await publisher.disconnect();
  });

  it('acknowledges and delivers in order [MQTT-4.6.0-2, MQTT-4.6.0-6]', async () => {
    const topic = `contract/${newName()}`;
    const subscriber = await client({ clean: false });
    await subscriber.subscribe([topic]);
    const publisher = await client();
    const ids = Array.from({ length: 15 }, (_none, at) => publisher.publish(topic, String(at)));
    for (const id of ids) expect((await publisher.next('puback'))?.messageId).toBe(id);
    for (const at of ids.keys()) {
      const packet = await subscriber.nextMessage();
      expect(packet?.payload.toString()).toBe(String(at));
      if (packet) subscriber.acknowledge(packet);
    }
    await subscriber.disconnect();
    await publisher.disconnect();
  });
});

describe('a session', () => {
  it('is there again, with what came meanwhile, unless it is asked to be clean', async () => {
    const [topic, name] = [`contract/${newName()}`, newName()];
    const first = await connect(name, { clean: false });
    expect(first.sessionPresent).toBe(false);
    await first.client.subscribe([topic]);
    await first.client.disconnect();
    const publisher = await client();
    for (const payload of ['1', '2', '3']) await publisher.publishAcked(topic, payload);
    const second = await connect(name, { clean: false });
    expect(second.sessionPresent).toBe(true);
    for (const payload of ['1', '2', '3']) {
      const packet = await second.client.nextMessage();
      expect(packet?.payload.toString()).toBe(payload);
      if (packet) second.client.acknowledge(packet);
    }
    await second.client.disconnect();
    expect((await connect(name, { clean: true })).sessionPresent).toBe(false);
    expect((await connect(name, { clean: false })).sessionPresent).toBe(false);
    await publisher.disconnect();
  });

  it('repeats what was not acknowledged, marked, with its packet id [MQTT-4.4.0-1]', async () => {
    const [topic, name] = [`contract/${newName()}`, newName()];
    const subscriber = await client({ clean: false }, name);
    await subscriber.subscribe([topic]);
    const publisher = await client();
    await publisher.publishAcked(topic, 'x');
    const first = await subscriber.nextMessage();
    await subscriber.cut();
    const again = await client({ clean: false }, name);
    expect(await again.nextMessage()).toMatchObject({ dup: true, messageId: first?.messageId });
    await again.disconnect();
    await publisher.disconnect();
  });

  it('belongs to the newest connection [MQTT-3.1.4-2]', async () => {
    const name = newName();
    const first = await client({}, name);
    await client({}, name);
    await first.closed;
  });
});

describe('wills and retained messages', () => {
  it.each([
    { end: 'cut', isPublished: true },
    { end: 'disconnect', isPublished: false },
  ] as const)('after $end the will is published: $isPublished (3.1.2.5)', async ({ end, isPublished }) => {
    const topic = `contract/${newName()}`;
    const subscriber = await client();
    await subscriber.subscribe([topic]);
    const mortal = await client({ will: { topic, payload: Buffer.from('gone'), qos: 1, retain: false } });
    await mortal[end]();
    expect((await subscriber.nextMessage(isPublished ? 5000 : 300)) !== undefined).toBe(isPublished);
    await subscriber.disconnect();
  });

  it('a retained message answers a new subscription until it is emptied (3.3.1.3)', async () => {
    const topic = `contract/${newName()}`;
    const publisher = await client();
    await publisher.publishAcked(topic, 'on', 1, { retain: true });
    const early = await client();
    await early.subscribe([topic]);
    expect(await early.nextMessage()).toMatchObject({ retain: true });
    await publisher.publishAcked(topic, '', 1, { retain: true });
    expect(await early.nextMessage()).toMatchObject({ retain: false });
    const late = await client();
    await late.subscribe([topic]);
    expect(await late.nextMessage(300)).toBeUndefined();
    for (const one of [publisher, early, late]) await one.disconnect();
  });
});

describe('keep-alive', () => {
  it('is answered, and its silence ends the connection [MQTT-3.1.2-24]', async () => {
    const peer = await client({ keepalive: 1 });
    peer.send({ cmd: 'pingreq' });
    expect(await peer.next('pingresp')).toBeDefined();
    await peer.closed;
  }, 10_000);
});
