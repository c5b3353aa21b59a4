/** What could not be delivered, and where a notification is: the operator's side of delivery, over HTTP and across kill -9. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { type BrokerProcess, startBroker } from './broker-process.js';
import { property, ROOM, room } from './cases.js';
import { describeOurs } from './instance.js';
import { Subscriber } from './subscriber.js';

const BASE = '/ngsi-ld/v1';
const OURS = '/ngsi-ld/ex/v1';
const ID = 'urn:ngsi-ld:Subscription:watched';
const PLACE = `${OURS}/subscriptions/${ID}`;
const SETTINGS = { BROKER_MAX_OUTBOX: '16KiB', BROKER_MAX_DEAD_LETTERS: '1MiB' };

// Processes are started and killed, on machines that have other things to do.
jest.setTimeout(30_000);

let dataFolder: string;
let broker: BrokerProcess;
let subscriber: Subscriber;
let tenant = '';
let tenants = 0;
beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'contor-dead-'));
  broker = await startBroker({ BROKER_DATA: dataFolder, ...SETTINGS });
});
afterAll(async () => {
  await broker.kill();
  await rm(dataFolder, { recursive: true, force: true });
});
beforeEach(async () => {
  tenants += 1;
  tenant = `dead_${tenants}`;
  subscriber = await Subscriber.listen();
});
afterEach(async () => {
  // What a test left undone must not go on calling.
  await send('DELETE', `${BASE}/subscriptions/${ID}`);
  await subscriber.close();
});

interface OutboxSaid {
  readonly pending: number;
  readonly bytes: number;
  readonly lagMs: number;
  readonly failuresInARow: number;
  readonly oldestChange: string;
  readonly deadLetters: number;
}
interface LetterSaid {
  readonly number: number;
  readonly data?: unknown;
}
interface WhereSaid {
  readonly subscriptions: readonly { readonly state: string; readonly deadLetters?: readonly object[] }[];
}

async function send(method: string, path: string, body?: unknown, as = tenant): Promise<Response> {
  return fetch(broker.url + path, {
    method,
    headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), 'NGSILD-Tenant': as },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function get<T>(path: string): Promise<T> {
  const response = await send('GET', path);
  expect(response.status).toBe(200);
  return (await response.json()) as T;
}
const outbox = () => get<OutboxSaid>(`${PLACE}/outbox`);
const letters = (query = '') => get<readonly LetterSaid[]>(`${PLACE}/deadLetters${query}`);
const where = (entity = ROOM) => get<WhereSaid>(`${OURS}/notifications?entity=${entity}`);
const stateOf = async (): Promise<string | undefined> => (await where()).subscriptions[0]?.state;
const statusOf = async (...request: Parameters<typeof send>): Promise<number> => (await send(...request)).status;

async function subscribe(more: object = {}, endpoint: object = {}): Promise<void> {
  const body = {
    id: ID,
    type: 'Subscription',
    entities: [{ type: 'Room' }],
    ...more,
    notification: { endpoint: { uri: subscriber.uri, ...endpoint } },
  };
  expect(await statusOf('POST', `${BASE}/subscriptions`, body)).toBe(201);
}

const warm = (value: number, id = ROOM): object => room(id, { warmth: property(value) });
const upsert = (entities: readonly object[], as = tenant) =>
  send('POST', `${BASE}/entityOperations/upsert?options=update`, entities, as);
const nth = (at: number): string => `urn:ngsi-ld:Room:${at}`;

async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  for (let wait = 0; wait < 400; wait += 1) {
    if (await isSo()) return;
    await sleep(25);
  }
  throw new Error(`Waited for ${what}.`);
}
const restart = async (): Promise<void> => {
  await broker.kill();
  broker = await startBroker({ BROKER_DATA: dataFolder, ...SETTINGS });
};
const countOf = async (): Promise<number> => (await outbox()).deadLetters;

describeOurs('the outbox of a subscription', () => {
  it('says how far behind the subscriber is, and why', async () => {
    await subscribe();
    subscriber.answer = () => 503;
    await upsert([warm(1), warm(2, nth(2))]);
    await subscriber.until(() => subscriber.arrived.length >= 2, 'two attempts');
    await upsert([warm(3)]);
    const said = await outbox();
    expect(said).toMatchObject({
      ...{ subscription: ID, pending: 3, isFull: false, lastReason: 'status 503', deadLetters: 0 },
      ...{ deliver: 'may', keep: 'all', refusedAlone: 0 },
    });
    expect(said.failuresInARow).toBeGreaterThanOrEqual(1);
    expect(said.bytes).toBeGreaterThan(0);
    expect(said.lagMs).toBeGreaterThan(0);
    expect(Date.parse(said.oldestChange)).toBeLessThanOrEqual(Date.now());
    subscriber.answer = () => 200;
    await subscriber.until(() => subscriber.entities.length === 3, 'three states');
    await until(async () => (await outbox()).pending === 0, 'an empty outbox');
    expect(await outbox()).toMatchObject({ lagMs: 0, failuresInARow: 0, bytes: 0 });
    expect(await statusOf('GET', `${OURS}/subscriptions/urn:none/outbox`)).toBe(404);
  });

  it('is in /metrics, a line a subscription', async () => {
    await subscribe();
    subscriber.answer = () => 503;
    await upsert([warm(1)]);
    await subscriber.until(() => subscriber.arrived.length >= 1, 'an attempt');
    const text = await (await fetch(`${broker.url}/metrics`)).text();
    expect(text).toMatch(
      new RegExp(`broker_subscription_pending\\{tenant="${tenant}",subscription="${ID}",service="broker"\\} 1`),
    );
    expect(text).toMatch(/broker_subscription_lag_ms\{/);
    expect(text).toMatch(/broker_dead_letters\{service="broker"\} 0/);
  });

  it('must-deliver and full: writes are refused with 503 and Retry-After, and nothing is put aside', async () => {
    await subscribe({}, { notifierInfo: [{ key: 'deliver', value: 'must' }] });
    subscriber.answer = () => 503;
    let refused: Response | undefined;
    for (let value = 1; value < 200 && refused === undefined; value += 1) {
      const answer = await upsert([warm(value)]);
      if (answer.status === 503) refused = answer;
    }
    expect(refused?.headers.get('retry-after')).toBe('5');
    expect(await refused?.text()).toContain(ID);
    expect(await outbox()).toMatchObject({
      isFull: true,
      deliver: 'must',
      deadLetters: 0,
    });
    subscriber.answer = () => 200;
    await until(async () => (await upsert([warm(999)])).status < 300, 'room for a write');
  });
});

describeOurs('dead letters', () => {
  const POISON = nth(13);

  async function poisoned(): Promise<void> {
    await subscribe();
    subscriber.answer = (arrival) =>
      subscriber.arrived[arrival - 1]?.body.data.some(({ id }) => id === POISON) ? 422 : 200;
    await upsert(Array.from({ length: 40 }, (_none, at) => warm(at, nth(at))));
    await until(async () => (await countOf()) === 1, 'a dead letter');
  }

  it('are listed without their values, and with them for who asks', async () => {
    await poisoned();
    expect(subscriber.entities).toHaveLength(39);
    expect(await letters()).toEqual([
      {
        ...{ number: expect.any(Number), entity: POISON, state: 'dead', cause: 'refused', reason: 'status 422' },
        notification: expect.stringMatching(/^urn:ngsi-ld:Notification:[0-9a-f]{32}$/),
        bytes: expect.any(Number),
        changedAt: expect.stringMatching(/Z$/),
        diedAt: expect.stringMatching(/Z$/),
      },
    ]);
    expect((await letters('?values=true'))[0]?.data).toEqual(warm(13, POISON));
  });

  it('are kept through kill -9, sent again once, and gone then', async () => {
    await poisoned();
    await restart();
    expect(await countOf()).toBe(1);
    subscriber.answer = () => 200;
    const answer = await send('POST', `${PLACE}/deadLetters/replay`);
    expect({ status: answer.status, body: await answer.json() }).toEqual({ status: 202, body: { replaying: 1 } });
    await subscriber.until(() => subscriber.entities.some(({ id }) => id === POISON), 'the letter');
    await until(async () => (await countOf()) === 0, 'no dead letters');
    await restart();
    expect(await countOf()).toBe(0);
    await sleep(300);
    expect(subscriber.entities.filter(({ id }) => id === POISON)).toHaveLength(1);
  });

  it('of a subscriber that is away: pages, order, each once', async () => {
    await subscribe();
    const away = subscriber.port;
    await subscriber.close();
    for (let value = 1; value <= 150; value += 1) expect((await upsert([warm(value)])).status).toBeLessThan(300);
    await until(async () => (await countOf()) > 50, 'many dead letters');
    const many = await countOf();
    const first = await send('GET', `${PLACE}/deadLetters?limit=10&count=true`);
    const page = (await first.json()) as readonly LetterSaid[];
    expect(page).toHaveLength(10);
    expect(first.headers.get('ngsild-results-count')).toBe(String(many));
    expect(first.headers.get('link')).toContain('offset=10');
    expect((await letters('?limit=10&offset=10'))[0]?.number).toBeGreaterThan(page.at(-1)?.number ?? 0);
    expect(await statusOf('GET', `${PLACE}/deadLetters?limit=5000`)).toBe(400);
    await restart();
    subscriber = await Subscriber.listen(away);
    await subscriber.until(() => subscriber.entities.length >= 150 - many, 'what waited');
    expect(await statusOf('POST', `${PLACE}/deadLetters/replay`)).toBe(202);
    await until(async () => (await countOf()) === 0, 'no dead letters');
    const values = subscriber.entities.map(({ warmth }) => (warmth as { value: number }).value);
    expect([...values].sort((a, b) => a - b)).toEqual(Array.from({ length: 150 }, (_none, at) => at + 1));
    expect(values.slice(-many)).toEqual([...values.slice(-many)].sort((a, b) => a - b));
  });

  it('are deleted on request, and with their subscription', async () => {
    await poisoned();
    expect(await statusOf('DELETE', `${PLACE}/deadLetters`)).toBe(204);
    expect(await letters()).toEqual([]);
    await upsert([warm(14, POISON)]);
    await until(async () => (await countOf()) === 1, 'another dead letter');
    await send('DELETE', `${BASE}/subscriptions/${ID}`);
    expect(await statusOf('GET', `${PLACE}/deadLetters`)).toBe(404);
    await subscribe();
    expect(await countOf()).toBe(0);
  });

  it('belong to their tenant', async () => {
    await poisoned();
    await upsert([warm(1, POISON)], 'another');
    for (const as of ['another', 'default']) {
      expect(await statusOf('GET', `${PLACE}/outbox`, undefined, as)).toBe(404);
      expect(await statusOf('GET', `${PLACE}/deadLetters`, undefined, as)).toBe(404);
      expect(await statusOf('DELETE', `${PLACE}/deadLetters`, undefined, as)).toBe(404);
      expect(await statusOf('POST', `${PLACE}/deadLetters/replay`, undefined, as)).toBe(404);
      const answer = await send('GET', `${OURS}/notifications?entity=${POISON}`, undefined, as);
      expect(((await answer.json()) as WhereSaid).subscriptions).toEqual([]);
    }
    expect(await countOf()).toBe(1);
  });
});

describeOurs('where is this notification', () => {
  it('delivered: when, and in which notification', async () => {
    await subscribe({ subscriptionName: 'rooms' });
    await upsert([warm(1)]);
    await subscriber.until(() => subscriber.told.length === 1, 'the notification');
    await until(async () => (await stateOf()) === 'delivered', 'its note');
    expect(await where()).toEqual({
      entity: ROOM,
      isThere: true,
      subscriptions: [
        {
          ...{ subscription: ID, subscriptionName: 'rooms', state: 'delivered' },
          delivered: { notification: subscriber.told[0]?.body.id, at: expect.stringMatching(/Z$/) },
        },
      ],
    });
  });

  it('waiting, with what the subscriber said; dead, with the reason', async () => {
    await subscribe();
    subscriber.answer = () => 503;
    await upsert([warm(1)]);
    await upsert([warm(2)]);
    await subscriber.until(() => subscriber.arrived.length >= 2, 'two attempts');
    expect((await where()).subscriptions[0]).toMatchObject({ state: 'onItsWay', waiting: 2, lastReason: 'status 503' });
    subscriber.answer = () => 400;
    await until(async () => (await stateOf()) === 'dead', 'a dead letter');
    expect((await where()).subscriptions[0]?.deadLetters?.[0]).toMatchObject({ reason: 'status 400' });
  });

  it.each([
    ['another type', { entities: [{ type: 'House' }] }, ['entities']],
    ['q does not hold', { q: 'warmth>20' }, ['q']],
    ['no watched attribute', { watchedAttributes: ['size'] }, ['watchedAttributes']],
    ['paused', { isActive: false }, ['isActive']],
  ])('not concerned, and why: %s', async (_name, more, because) => {
    await subscribe(more);
    await upsert([warm(1)]);
    expect((await where()).subscriptions).toEqual([{ subscription: ID, state: 'notConcerned', because }]);
  });

  it('asks for an entity', async () => {
    await upsert([warm(1)]);
    expect(await statusOf('GET', `${OURS}/notifications`)).toBe(400);
    expect(await where('urn:ngsi-ld:Room:none')).toMatchObject({ isThere: false });
  });
});
