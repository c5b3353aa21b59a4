/**
 * `--as orion-ld` (GS CIM 009 V1.9.1, and what Orion-LD makes of it): each deviation by its name, the same request to both. What a
 * row does not name is as it is: `BROKER_AS=orion-ld npm test -- contract/broker` runs all other cases against it.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEVIATIONS } from '@contor/broker/strict/deviations.js';
import { createBrokerClient } from '@contor/history-query';
import { CONTEXT_URL, contextDocument, installPlatform } from '@contor/orion-config';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ROOT } from '../../support/root.js';
import { get, patch, post, property, ROOM, remove, room, type Step } from './cases.js';
import { describeOurs, type Instance, openInstance, type Reply } from './instance.js';
import { Subscriber } from './subscriber.js';

type Name = (typeof DEVIATIONS)[number]['name'];
const put = (path: string, body: unknown): Step => ({ method: 'PUT', path, body });
const dated = property(21, { datasetId: 'urn:ngsi-ld:Dataset:1' });
const subscription = (more: object, notification: object = {}): object => ({
  type: 'Subscription',
  entities: [{ type: 'Room' }],
  notification: { endpoint: { uri: 'http://127.0.0.1:9/notify' }, ...notification },
  ...more,
});
const subscribe = (more: object, notification?: object): Step =>
  post('/subscriptions', subscription(more, notification));
const POINT = { georel: 'near;maxDistance==100', geometry: 'Point', coordinates: [1, 2] };
const POLYGON = {
  georel: 'within',
  geometry: 'Polygon',
  coordinates: [
    [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 0],
    ],
  ],
};

/** One request each: what we answer, and what is answered there. */
const ROWS: readonly (readonly [name: Name, when: Step, ours: number, theirs: number])[] = [
  ['temporal', get('/temporal/entities?type=Room&timerel=before&timeAt=2026-11-20T00:00:00Z'), 501, 501],
  ['batch-merge', post('/entityOperations/merge', [{ id: ROOM, warmth: { value: 22 } }]), 204, 501],
  ['replace-attribute', put(`/entities/${ROOM}/attrs/warmth`, property(22)), 204, 501],
  ['replace-dataset', put(`/entities/${ROOM}`, { type: 'Room', warmth: [property(21), dated] }), 204, 501],
  ['dataset-query', get('/entities?type=Room&datasetId=urn:ngsi-ld:Dataset:1'), 200, 400],
  ['pick-omit', get('/entities?type=Room&pick=warmth'), 200, 400],
  ['pick-omit', get(`/entities/${ROOM}?omit=warmth`), 200, 400],
  [
    'pick-omit',
    post('/entityOperations/query', { type: 'Query', entities: [{ type: 'Room' }], pick: ['warmth'] }),
    200,
    501,
  ],
  ['purge-keep-drop', remove('/entities?type=Room&drop=label'), 204, 501],
  ['geo-relations', get(`/entities?type=Room&georel=disjoint&geometry=Point&coordinates=[1,2]`), 200, 501],
  ['json-keys', get('/entities?type=Room&jsonKeys=warmth'), 200, 400],
  ['notification-trigger', subscribe({ notificationTrigger: ['entityCreated'] }), 201, 501],
  ['subscription-scope', subscribe({ scopeQ: '/a' }), 201, 501],
  ['subscription-dataset', subscribe({ datasetId: ['urn:ngsi-ld:Dataset:1'] }), 201, 501],
  [
    'subscription-context',
    subscribe({ jsonldContext: 'https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld' }),
    201,
    501,
  ],
  ['notification-projection', subscribe({}, { pick: ['id', 'warmth'] }), 201, 501],
  ['subscription-geo', subscribe({ geoQ: POLYGON }), 201, 501],
  ['periodic', subscribe({ timeInterval: 60, geoQ: POINT }), 201, 501],
  ['our-routes', get('//ngsi-ld/ex/v1/explain?term=warmth'), 200, 404],
];
/** Shown in a way of their own below, or not yet ours either. */
const APART: readonly Name[] = [
  'transient',
  'mqtts',
  'batch-folding',
  'batch-limit',
  'contexts',
  'one-entity-a-notification',
  'lost-notifications',
];

describeOurs('as Orion-LD', () => {
  let plain: Instance;
  let strict: Instance;
  let tenants = 0;
  beforeAll(async () => {
    [plain, strict] = await Promise.all([
      openInstance({ BROKER_CONTEXT: 'core' }),
      openInstance({ BROKER_AS: 'orion-ld' }),
    ]);
  });
  afterAll(() => Promise.all([plain.stop(), strict.stop()]));

  const send = (
    { url, send: to }: Instance,
    { method, path, body }: Step,
    tenant = `strict_${tenants}`,
  ): Promise<Reply> => {
    expect(url).toMatch(/^http/);
    const whole = path.startsWith('//') ? path.slice(1) : `/ngsi-ld/v1${path}`;
    return to(method, whole, body, { 'NGSILD-Tenant': tenant });
  };

  it('every deviation has a case', () => {
    const shown = new Set<string>([...ROWS.map(([name]) => name), ...APART]);
    expect(DEVIATIONS.map(({ name }) => name).filter((name) => !shown.has(name))).toEqual([]);
  });

  it('docs/broker.md names every deviation', () => {
    const page = readFileSync(join(ROOT, 'docs/broker.md'), 'utf8');
    expect(DEVIATIONS.filter(({ name, really }) => !page.includes(`| ${name} |`) || !page.includes(really))).toEqual(
      [],
    );
  });

  it.each(ROWS)('%s: %j', async (name, when, ours, theirs) => {
    tenants += 1;
    for (const instance of [plain, strict])
      await send(instance, post('/entities', room(ROOM, { warmth: property(21), label: property('a') })));
    const [mine, other] = [await send(plain, when), await send(strict, when)];
    expect({ status: mine.status, text: mine.text }).toEqual({ status: ours, text: mine.text });
    expect({ status: other.status, text: other.text }).toEqual({ status: theirs, text: other.text });
    expect(mine.headers.has('Contor-Deviation')).toBe(false);
    if (theirs !== 404) expect(other.headers.get('Contor-Deviation')).toBe(name);
  });

  it('transient, mqtts: refused', async () => {
    const expiring = await send(
      strict,
      post('/entities', room('urn:ngsi-ld:Room:t', { expiresAt: '2030-01-01T00:00:00Z' })),
    );
    expect([expiring.status, expiring.headers.get('Contor-Deviation')]).toEqual([501, 'transient']);
    const secure = await send(strict, subscribe({}, { endpoint: { uri: 'mqtts://127.0.0.1/topic' } }));
    expect([secure.status, secure.headers.get('Contor-Deviation')]).toEqual([501, 'mqtts']);
  });

  it('batch-folding: of a repeated id the last one alone is looked at', async () => {
    tenants += 1;
    const batch = post('/entityOperations/create', [
      room(ROOM, { warmth: property(1) }),
      room(ROOM, { label: property('a') }),
    ]);
    expect((await send(plain, batch)).status).toBe(207);
    const reply = await send(strict, batch);
    expect([reply.status, reply.headers.get('Contor-Deviation')]).toEqual([201, 'batch-folding']);
    expect((await send(strict, get(`/entities/${ROOM}?format=simplified`))).json).toEqual({
      id: ROOM,
      type: 'Room',
      label: 'a',
    });
  });

  it('batch-limit: a thousand, whatever is set', async () => {
    const generous = await openInstance({ BROKER_AS: 'orion-ld', BROKER_MAX_BATCH: '2000' });
    try {
      const batch = Array.from({ length: 1_001 }, (_none, at) => ({ id: `urn:ngsi-ld:Room:${at}`, type: 'Room' }));
      expect((await send(generous, post('/entityOperations/create', batch))).status).toBe(400);
      expect((await send(generous, post('/entityOperations/create', batch.slice(1)))).status).toBe(201);
    } finally {
      await generous.stop();
    }
  });

  it('contexts: the platform is not known until it has hosted its own', async () => {
    const link = (url: string): Record<string, string> => ({
      Link: `<${url}>; rel="http://www.w3.org/ns/json-ld#context"`,
    });
    const entity = { id: ROOM, type: 'ACMeasurement', totalActivePower: property(1) };
    expect((await strict.send('POST', '/ngsi-ld/v1/entities', entity, link(CONTEXT_URL))).status).toBe(504);
    const { headers } = await strict.send('POST', '/ngsi-ld/v1/jsonldContexts', contextDocument());
    const hosted = strict.url + (headers.get('location') ?? '');
    expect((await strict.send('POST', '/ngsi-ld/v1/entities', entity, link(hosted))).status).toBe(201);
    expect((await strict.send('GET', `/ngsi-ld/v1/entities/${ROOM}?format=simplified`)).json).not.toHaveProperty(
      'totalActivePower',
    );
    await strict.send('DELETE', `/ngsi-ld/v1/entities/${ROOM}`);
  });

  it('the platform installs itself there, and a second time changes nothing', async () => {
    tenants += 1;
    const client = createBrokerClient({ url: strict.url, tenant: `strict_${tenants}` });
    const install = async (secret?: string): Promise<readonly string[]> =>
      (await installPlatform(client, { historyUrl: 'http://127.0.0.1:8668', secret })).steps.map(({ did }) => did);
    try {
      expect(await install()).toEqual([expect.stringMatching(/^(created|untouched)$/), 'created']);
      expect(await install()).toEqual(['untouched', 'untouched']);
    } finally {
      client.close();
    }
  });

  it('one-entity-a-notification, lost-notifications: tried once, each alone, and a repaired subscriber hears only what is new', async () => {
    tenants += 1;
    const subscriber = await Subscriber.listen();
    let isWell = false;
    subscriber.answer = () => (isWell ? 200 : 500);
    try {
      const id = 'urn:ngsi-ld:Subscription:strict';
      const definition = { ...subscription({ id }, { endpoint: { uri: subscriber.uri } }) };
      expect((await send(strict, post('/subscriptions', definition))).status).toBe(201);
      const batch = Array.from({ length: 5 }, (_none, at) => room(`urn:ngsi-ld:Room:${at}`));
      await send(strict, post('/entityOperations/create', batch));
      await subscriber.until(() => subscriber.arrived.length === 5, 'five notifications');
      expect(subscriber.arrived.map(({ body }) => body.data.length)).toEqual([1, 1, 1, 1, 1]);
      expect(new Set(subscriber.arrived.map(({ body }) => body.id)).size).toBe(5);
      isWell = true;
      await send(strict, patch(`/entities/${ROOM}/attrs`, { warmth: property(30) }));
      await subscriber.until(() => subscriber.told.length === 1, 'what is new');
      expect(subscriber.arrived).toHaveLength(6);
      const { json } = await send(strict, get(`/subscriptions/${id}`));
      expect(json).toMatchObject({
        notification: { timesFailed: 1, lastFailure: expect.any(String), lastSuccess: expect.any(String) },
      });
    } finally {
      await send(strict, remove('/subscriptions/urn:ngsi-ld:Subscription:strict'));
      await subscriber.close();
    }
  });
});
