/** What subscriptions send: content, selection, order, retries, and what survives kill -9. GS CIM 009 V1.9.1, 5.8.6, 6.3.8. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BrokerProcess, startBroker } from './broker-process.js';
import { CORE, LINK, property, ROOM, room } from './cases.js';
import { describeOurs, type Headings, type Instance, openInstance } from './instance.js';
import { Subscriber } from './subscriber.js';

const BASE = '/ngsi-ld/v1';
let instance: Instance;
let subscriber: Subscriber;
let tenant: Headings;
let tenants = 0;

beforeAll(async () => {
  instance = await openInstance();
});
afterAll(() => instance.stop());
beforeEach(async () => {
  subscriber = await Subscriber.listen();
  tenants += 1;
  tenant = { 'NGSILD-Tenant': `told_${Date.now().toString(36)}_${tenants}` };
});
afterEach(() => subscriber.close());

async function subscribe(more: object = {}, notification: object = {}, headers: Headings = {}): Promise<string> {
  const { endpoint, ...rest } = { endpoint: {}, ...notification };
  const body = {
    type: 'Subscription',
    entities: [{ type: 'Room' }],
    ...more,
    notification: { ...rest, endpoint: { uri: subscriber.uri, ...endpoint } },
  };
  const reply = await instance.send('POST', `${BASE}/subscriptions`, body, { ...tenant, ...headers });
  expect(reply.status).toBe(201);
  return reply.headers.get('location') ?? '';
}

async function upsert(...entities: readonly object[]): Promise<void> {
  const reply = await instance.send('POST', `${BASE}/entityOperations/upsert?options=update`, entities, tenant);
  expect([201, 204]).toContain(reply.status);
}

const warm = (value: number, id = ROOM): object => room(id, { warmth: property(value) });

/** Sends a last entity everybody hears of, and waits for it: what was not told by then never will be. */
async function settle(): Promise<void> {
  await upsert(room('urn:ngsi-ld:Room:last', { warmth: property(99), size: property(1) }));
  await subscriber.until(() => subscriber.entities.some(({ id }) => id === 'urn:ngsi-ld:Room:last'), 'the last entity');
  // A later state of another entity may still be behind an earlier one of it.
  for (let wait = 0; wait < 100; wait += 1) {
    const { json } = await instance.send('GET', '/health');
    const { figures } = (json ?? {}) as { figures?: { outboxEntities?: number } };
    if ((figures?.outboxEntities ?? 0) === 0) return;
    await sleep(20);
  }
}

/** What was told of all entities but the last. */
const toldBefore = () => subscriber.entities.filter(({ id }) => id !== 'urn:ngsi-ld:Room:last');

describe('the content of a notification', () => {
  it('5.3.1: is a Notification with the state of the entity', async () => {
    const location = await subscribe();
    await upsert(warm(21));
    await subscriber.until(() => subscriber.told.length === 1, 'the notification');
    const [told] = subscriber.told;
    expect(told?.body).toEqual({
      id: expect.stringMatching(/^urn:ngsi-ld:Notification:/),
      type: 'Notification',
      subscriptionId: decodeURIComponent(location.split('/').pop() ?? ''),
      notifiedAt: expect.stringMatching(/Z$/),
      data: [warm(21)],
    });
    expect(told?.headers).toMatchObject({ ...lowerCase(tenant), 'content-type': 'application/json' });
  });

  it('5.2.14: names only the attributes asked for, in the format asked for', async () => {
    await subscribe({}, { attributes: ['warmth'], format: 'simplified' });
    await upsert(room(ROOM, { warmth: property(21), size: property(4) }));
    await subscriber.until(() => subscriber.told.length === 1, 'the notification');
    expect(subscriber.entities).toEqual([{ id: ROOM, type: 'Room', warmth: 21 }]);
  });

  it('5.2.22: carries the headers of receiverInfo', async () => {
    await subscribe({}, { endpoint: { receiverInfo: [{ key: 'X-Contor-Notify', value: 'sesame' }] } });
    await upsert(warm(21));
    await subscriber.until(() => subscriber.told.length === 1, 'the notification');
    expect(subscriber.told[0]?.headers).toMatchObject({ 'x-contor-notify': 'sesame' });
  });

  it('6.3.8: carries the @context of the subscription, in a Link or inside', async () => {
    await subscribe({}, {}, { Link: LINK });
    await subscribe({}, { endpoint: { accept: 'application/ld+json' } }, { Link: LINK });
    await upsert(warm(21));
    await subscriber.until(() => subscriber.told.length === 2, 'two notifications');
    const inside = subscriber.told.find(({ headers }) => headers['content-type'] === 'application/ld+json');
    const linked = subscriber.told.find(({ headers }) => headers['content-type'] === 'application/json');
    expect(inside?.body['@context']).toBe(CORE);
    expect(linked?.headers.link).toContain(CORE);
  });
});

describe('the choice of what is told', () => {
  it('5.2.8: other types and ids are not told', async () => {
    await subscribe({ entities: [{ type: 'Room', idPattern: '(:1|last)$' }] });
    await upsert({ id: 'urn:ngsi-ld:House:1', type: 'House' }, warm(20, 'urn:ngsi-ld:Room:2'), warm(21));
    await settle();
    expect(subscriber.entities.map(({ id }) => id)).toEqual([ROOM, 'urn:ngsi-ld:Room:last']);
  });

  it('5.2.12: only changes of watched attributes are told', async () => {
    await upsert(room(ROOM, { warmth: property(1), size: property(1) }));
    await subscribe({ watchedAttributes: ['warmth'] });
    await upsert(room(ROOM, { size: property(2) }));
    await upsert(warm(3));
    await settle();
    expect(subscriber.entities.filter(({ id }) => id === ROOM)).toEqual([
      room(ROOM, { warmth: property(3), size: property(2) }),
    ]);
  });

  it('5.2.12: q is asked of the new state', async () => {
    await subscribe({ q: 'warmth>20' });
    for (const value of [19, 21, 18, 22]) await upsert(warm(value));
    await settle();
    expect(toldBefore()).toEqual([warm(21), warm(22)]);
  });

  it('5.8.2: a paused subscription hears nothing of what happens meanwhile', async () => {
    const location = await subscribe();
    await instance.send('PATCH', location, { isActive: false }, tenant);
    await upsert(warm(1));
    await instance.send('PATCH', location, { isActive: true }, tenant);
    await upsert(warm(2));
    await settle();
    expect(toldBefore()).toEqual([warm(2)]);
  });

  it('4.14: another tenant is not told', async () => {
    await subscribe();
    await instance.send('POST', `${BASE}/entities`, warm(5, 'urn:ngsi-ld:Room:foreign'), {
      'NGSILD-Tenant': 'told_foreign',
    });
    await settle();
    expect(subscriber.entities.map(({ id }) => id)).not.toContain('urn:ngsi-ld:Room:foreign');
  });
});

describeOurs('periodic notifications', () => {
  it('5.8.6: tell all that match, at once and again, whatever changes', async () => {
    await upsert(warm(25), warm(26, 'urn:ngsi-ld:Room:2'), warm(5, 'urn:ngsi-ld:Room:3'));
    const location = await subscribe({ timeInterval: 0.3, q: 'warmth>20' }, { format: 'simplified' });
    await subscriber.until(() => subscriber.told.length >= 3, 'three rounds');
    for (const { body } of subscriber.told.slice(0, 3))
      expect(body.data).toEqual([
        { id: ROOM, type: 'Room', warmth: 25 },
        { id: 'urn:ngsi-ld:Room:2', type: 'Room', warmth: 26 },
      ]);
    expect(new Set(subscriber.told.map(({ body }) => body.id)).size).toBe(subscriber.told.length);
    await instance.send('PATCH', location, { isActive: false }, tenant);
    const { json } = await instance.send('GET', location, undefined, tenant);
    expect(json).toMatchObject({ status: 'paused', notification: { status: 'ok', timesFailed: 0 } });
    const sent = subscriber.told.length;
    await instance.send('PATCH', location, { isActive: true }, tenant);
    await subscriber.until(() => subscriber.told.length > sent + 1, 'rounds after the pause');
    await instance.send('DELETE', location, undefined, tenant);
  });
});

describeOurs('order and repetition', () => {
  it('tells each state of an entity, one a notification, in order', async () => {
    await subscribe();
    const values = Array.from({ length: 50 }, (_none, at) => at);
    await upsert(...values.map((value) => warm(value)));
    await subscriber.until(() => subscriber.entities.length >= 50, '50 states');
    expect(subscriber.entities).toEqual(values.map((value) => warm(value)));
    for (const { body } of subscriber.told) expect(body.data).toHaveLength(1);
  });

  it('joins different entities into one notification', async () => {
    await subscribe();
    await upsert(...Array.from({ length: 500 }, (_none, at) => warm(at, `urn:ngsi-ld:Room:${at}`)));
    await subscriber.until(() => subscriber.entities.length === 500, '500 entities');
    expect(subscriber.told).toHaveLength(1);
  });

  it('sends again with the same id until it is accepted, and counts', async () => {
    const location = await subscribe();
    subscriber.answer = (arrival) => (arrival <= 2 ? 500 : 200);
    await upsert(warm(1));
    await upsert(warm(2));
    await subscriber.until(() => subscriber.entities.length === 2, 'two states');
    expect(subscriber.entities).toEqual([warm(1), warm(2)]);
    expect(new Set(subscriber.arrived.slice(0, 3).map(({ body }) => body.id)).size).toBe(1);
    const { json } = await instance.send('GET', location, undefined, tenant);
    expect(json).toMatchObject({
      notification: {
        timesSent: 4,
        timesFailed: 2,
        lastNotification: expect.any(String),
        lastSuccess: expect.any(String),
        lastFailure: expect.any(String),
      },
    });
  });

  it('does not follow a redirect', async () => {
    await subscribe();
    subscriber.answer = (arrival) => (arrival === 1 ? 302 : 200);
    await upsert(warm(1));
    await subscriber.until(() => subscriber.told.length === 1, 'the notification');
    expect(subscriber.arrived.map(({ path }) => path)).toEqual(['/notify', '/notify']);
  });

  it('a slow subscriber and a dead one do not hold up another', async () => {
    const slow = await Subscriber.listen();
    slow.answer = () => new Promise(() => undefined);
    try {
      await subscribe({}, { endpoint: { uri: slow.uri } });
      await subscribe({}, { endpoint: { uri: 'http://127.0.0.1:9/dead' } });
      await subscribe();
      const startedMs = performance.now();
      for (let value = 0; value < 20; value += 1) await upsert(warm(value));
      await subscriber.until(() => subscriber.entities.length === 20, '20 states');
      expect(performance.now() - startedMs).toBeLessThan(3_000);
    } finally {
      await slow.close();
    }
  });
});

describeOurs('after kill -9', () => {
  let dataFolder: string;
  let broker: BrokerProcess;
  beforeEach(async () => {
    dataFolder = await mkdtemp(join(tmpdir(), 'contor-broker-'));
    broker = await startBroker({ BROKER_DATA: dataFolder, BROKER_SNAPSHOT_EVERY: '4KiB' });
  });
  afterEach(async () => {
    await broker.kill();
    await rm(dataFolder, { recursive: true, force: true });
  });

  it('tells everything that was not accepted, in order, and loses nothing', async () => {
    const send = async (method: string, path: string, body: unknown): Promise<number> =>
      (
        await fetch(broker.url + BASE + path, {
          method,
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify(body),
        })
      ).status;
    expect(
      await send('POST', '/subscriptions', {
        type: 'Subscription',
        entities: [{ type: 'Room' }],
        notification: { endpoint: { uri: subscriber.uri } },
      }),
    ).toBe(201);
    subscriber.answer = (arrival) => (arrival <= 5 ? 200 : 503);
    let value = 0;
    for (let life = 0; life < 4; life += 1) {
      for (let step = 0; step < 10; step += 1) {
        value += 1;
        const batch = ['a', 'b', 'c'].map((name) => warm(value, `urn:ngsi-ld:Room:${name}`));
        expect(await send('POST', '/entityOperations/upsert?options=update', batch)).toBeLessThan(205);
      }
      await broker.kill();
      broker = await startBroker({ BROKER_DATA: dataFolder, BROKER_SNAPSHOT_EVERY: '4KiB' });
    }
    subscriber.answer = () => 200;
    const statesOf = (name: string): number[] =>
      subscriber.entities
        .filter(({ id }) => id === `urn:ngsi-ld:Room:${name}`)
        .map(({ warmth }) => (warmth as { value: number }).value);
    const names = ['a', 'b', 'c'];
    await subscriber.until(() => names.every((name) => statesOf(name).at(-1) === value), 'the last states');
    for (const name of names) {
      expect([...new Set(statesOf(name))]).toEqual(Array.from({ length: value }, (_none, at) => at + 1));
    }
  }, 30_000);
});

function lowerCase(headers: Headings): Headings {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
