/**
 * What an attacker would make the broker send: to hosts that are not ours (T14), for @contexts (T15), and what an attacker
 * would send in the broker's name (T16). A canary listens on every loopback address, and must hear nothing.
 */

import { openNotificationDoor } from '@contor/adapter-kit';
import { type Logger, seededRandom } from '@contor/kit';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { URL_FORMS } from '../../support/url-forms.js';
import { property, room } from './cases.js';
import { describeSet, type Instance, itOurs, openInstance } from './instance.js';
import { ContextSource } from './source.js';
import { Subscriber } from './subscriber.js';

const BASE = '/ngsi-ld/v1';
const TENANT = { 'NGSILD-Tenant': `outgoing_${Date.now().toString(36)}` };
const DEVICE = 'urn:ngsi-ld:Gadget:1';
let broker: Instance;
/** Listens on all of 127.0.0.0/8 and on ::1; only the name `localhost` may be used for it. */
let canary: ContextSource;

beforeAll(async () => {
  canary = await ContextSource.listen('::');
  broker = await openInstance({ BROKER_NOTIFY_HOSTS: 'localhost', BROKER_FORWARD_HOSTS: 'localhost' });
});
afterAll(() => Promise.all([broker.stop(), canary.close()]));
beforeEach(() => canary.forget());

const send = (method: string, path: string, body?: unknown, headers = {}) =>
  broker.send(method, BASE + path, body, { ...TENANT, ...headers });
const subscription = (uri: string): object => ({
  ...{ type: 'Subscription', entities: [{ type: 'Gadget' }], notification: { endpoint: { uri } } },
});
let attributes = 0;
function registration(endpoint: string): object {
  attributes += 1;
  const information = [{ entities: [{ id: DEVICE, type: 'Gadget' }], propertyNames: [`switch${attributes}`] }];
  return { type: 'ContextSourceRegistration', mode: 'exclusive', operations: ['updateOps'], information, endpoint };
}

describeSet('other hosts (T14)', () => {
  it.each(URL_FORMS)('%s is refused for subscriptions and registrations, and nobody is called', async (form) => {
    const address = form.replaceAll('P', String(canary.port));
    const replies = [
      await send('POST', '/subscriptions', subscription(address)),
      await send('POST', '/csourceRegistrations', registration(address)),
      await send('POST', '/csourceRegistrations', registration(`${address}/agent`)),
    ];
    expect(replies.map(({ status }) => status)).toEqual([400, 400, 400]);
    // Had one been taken, this is what would call it.
    await send('POST', '/entityOperations/upsert?options=update', [
      { id: 'urn:ngsi-ld:Gadget:2', type: 'Gadget', count: property(canary.connections) },
    ]);
    await send(
      'PATCH',
      `/entities/${DEVICE}/attrs`,
      Object.fromEntries(Array.from({ length: attributes }, (_none, at) => [`switch${at + 1}`, 1])),
    );
    expect(canary.connections).toBe(0);
  });

  it('has no form of the table in it that the canary would not hear under its own name', async () => {
    const address = `http://localhost:${canary.port}`;
    expect(URL_FORMS.length).toBeGreaterThanOrEqual(60);
    const { status, headers } = await send('POST', '/csourceRegistrations', registration(address));
    expect(status).toBe(201);
    expect((await send('PATCH', `/entities/${DEVICE}/attrs`, { [`switch${attributes}`]: 1 })).status).toBe(204);
    expect(canary.connections).toBe(1);
    const location = headers.get('location') ?? '';
    expect((await broker.send('DELETE', location, undefined, TENANT)).status).toBe(204);
  });

  it.each([301, 302, 303, 307, 308])('a %i of an allowed host leads nowhere', async (status) => {
    const bait = await ContextSource.listen('localhost');
    bait.says(status, undefined, { Location: `http://127.0.0.1:${canary.port}/` });
    const made = await send('POST', '/csourceRegistrations', registration(`http://localhost:${bait.port}`));
    const told = await send('POST', '/subscriptions', subscription(`http://localhost:${bait.port}/notify`));
    await send('POST', '/entityOperations/upsert?options=update', [
      { id: 'urn:ngsi-ld:Gadget:2', type: 'Gadget', count: property(status) },
    ]);
    expect((await send('PATCH', `/entities/${DEVICE}/attrs`, { [`switch${attributes}`]: 1 })).status).toBe(502);
    await bait.until(2);
    for (const { headers } of [made, told])
      await broker.send('DELETE', headers.get('location') ?? '', undefined, TENANT);
    await bait.close();
    expect(canary.connections).toBe(0);
  });
});

describeSet('@contexts (T15)', () => {
  const url = (): string => `http://localhost:${canary.port}/context.jsonld`;
  const LD = { 'Content-Type': 'application/ld+json' };
  const link = (): object => ({ Link: `<${url()}>; rel="http://www.w3.org/ns/json-ld#context"` });

  it.each([
    ['in a Link', () => send('GET', '/entities?type=Gadget', undefined, link())],
    ['in a Link of a write', () => send('POST', '/entities', room('urn:ngsi-ld:Room:c'), link())],
    ['in a body', () => send('POST', '/entities', { ...room('urn:ngsi-ld:Room:c'), '@context': url() }, LD)],
    ['in a list', () => send('POST', '/entities', { ...room('urn:ngsi-ld:Room:c'), '@context': [url()] }, LD)],
    [
      'in a batch',
      () => send('POST', '/entityOperations/upsert', [{ ...room('urn:ngsi-ld:Room:c'), '@context': url() }], LD),
    ],
    ['in a subscription', () => send('POST', '/subscriptions', { ...subscription(url()), '@context': url() }, LD)],
    [
      'in a registration',
      () =>
        send('POST', '/csourceRegistrations', {
          ...registration(url()),
          contextSourceInfo: [{ key: 'jsonldContext', value: url() }],
        }),
    ],
    ['in a hosted one', () => send('POST', '/jsonldContexts', { '@context': [url()] })],
  ])('%s is not fetched from a host that nobody named', async (_where, run) => {
    const { status, json } = await run();
    expect({ status, json: JSON.stringify(json) }).toMatchObject({
      status: expect.any(Number),
      json: expect.stringMatching(/LdContextNotAvailable|held|fetch/),
    });
    expect(canary.connections).toBe(0);
  });

  const terms = (count: number): object =>
    Object.fromEntries(Array.from({ length: count }, (_none, at) => [`t${at}`, `https://example.org/${at}`]));
  const chain = (length: number): object =>
    Object.fromEntries(Array.from({ length }, (_none, at) => [`t${at}`, `t${at + 1}:x`]));
  const nested = (depth: number): unknown => (depth === 0 ? {} : [nested(depth - 1)]);
  it.each([
    ['of 100,000 terms', terms(100_000)],
    ['of definitions that lead to each other', chain(10_000)],
    ['nested 30 deep', nested(30)],
    ['nested 100,000 deep', undefined],
    ['that is a number', 1],
  ])('a bomb %s is refused at once', async (_what, context) => {
    const text = context === undefined ? `${'['.repeat(100_000)}${']'.repeat(100_000)}` : JSON.stringify(context);
    const startedMs = performance.now();
    const body = `{"id":"urn:ngsi-ld:Room:bomb","type":"Room","@context":${text}}`;
    const { status } = await send('POST', '/entities', body, LD);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  it('what a core term means cannot be changed', async () => {
    const context = {
      type: 'https://evil.example/type',
      value: 'https://evil.example/value',
      observedAt: 'https://evil.example/at',
    };
    const entity = {
      id: 'urn:ngsi-ld:Room:core',
      type: 'Room',
      a: { type: 'Property', value: 1 },
      '@context': context,
    };
    expect((await send('POST', '/entities', entity, LD)).status).toBe(201);
    const { json } = await send('GET', '/entities/urn:ngsi-ld:Room:core', undefined, { Accept: 'application/json' });
    expect(json).toMatchObject({ id: 'urn:ngsi-ld:Room:core', a: { type: 'Property', value: 1 } });
  });
});

describeSet('notifications that nobody sent (T16)', () => {
  const SILENT: Logger = {
    ...{ debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    child: () => SILENT,
  };

  it('the door of a service takes what the broker brings, and turns everybody else away', async () => {
    const handled: unknown[] = [];
    const door = await openNotificationDoor({
      ...{ host: '127.0.0.1', port: 0, setting: 'TEST_PORT', random: seededRandom(1), log: SILENT },
      ...{ health: () => ({ state: 'ready' }), metrics: async () => '' },
      handle: async (entities) => void handled.push(...entities),
    });
    const uri = `${door.url.replace('127.0.0.1', 'localhost')}/notify`;
    const forged = { id: 'urn:n:1', type: 'Notification', data: [{ id: 'urn:ngsi-ld:Bill:1', type: 'Bill' }] };
    const post = (headers: Readonly<Record<string, string>>): Promise<Response> =>
      fetch(`${door.url}/notify`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(forged),
      });
    const [key = { key: '', value: '' }] = door.receiverInfo;
    const forgeries = [
      {},
      { [key.key]: '' },
      { [key.key]: key.value.slice(1) },
      { [key.key]: `${key.value}0` },
      { [key.key]: key.value.toUpperCase() },
      { Authorization: `Bearer ${key.value}` },
      { 'NGSILD-Tenant': 'default' },
    ];
    for (const headers of forgeries) expect((await post(headers)).status).toBe(401);
    expect(handled).toEqual([]);

    const wanted = { ...subscription(uri), entities: [{ type: 'Bell' }] };
    const { status, headers } = await send('POST', '/subscriptions', {
      ...wanted,
      notification: { endpoint: { uri, receiverInfo: door.receiverInfo } },
    });
    expect(status).toBe(201);
    await send('POST', '/entities', { id: 'urn:ngsi-ld:Bell:1', type: 'Bell' });
    for (let wait = 0; handled.length === 0 && wait < 400; wait += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(handled).toMatchObject([{ id: 'urn:ngsi-ld:Bell:1' }]);
    await broker.send('DELETE', headers.get('location') ?? '', undefined, TENANT);
    await door.close();
  });

  itOurs('a repeated notification has the id it had, so that it can be told from a new one', async () => {
    const subscriber = await Subscriber.listen();
    subscriber.answer = (arrival) => (arrival === 1 ? 500 : 200);
    const uri = subscriber.uri.replace('127.0.0.1', 'localhost');
    const { headers } = await send('POST', '/subscriptions', { ...subscription(uri), entities: [{ type: 'Knock' }] });
    await send('POST', '/entities', { id: 'urn:ngsi-ld:Knock:1', type: 'Knock' });
    await subscriber.until(() => subscriber.told.length === 1, 'the second attempt');
    const [first, second] = subscriber.arrived;
    expect(second?.body.id).toBe(first?.body.id);
    await broker.send('DELETE', headers.get('location') ?? '', undefined, TENANT);
    await subscriber.close();
  });
});
