/** The gateway before a broker that lacks what only ours has: Orion-LD, as ours plays it. The same scopes, with more work. */

import { entity } from '@contor/orion-config';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Caller } from '../../unit/gateway/support/door.js';
import { Subscriber } from '../broker/subscriber.js';
import { House, until } from './house.js';
import { device, live, point, site, townEntities } from './town.js';

const API = '/api/ngsi-ld/v1';
let house: House;
let anna: Caller;
beforeAll(async () => {
  house = await House.open({
    ...{ as: 'orion-ld', environment: { GATEWAY_NOTIFY_HOSTS: '127.0.0.1' } },
    seed: async (context) => void (await context.upsert(townEntities())),
  });
  await until(() => house.enforcement.missing.length === 0);
  anna = await house.person('anna', ['supplier'], [site('a')]);
}, 30_000);
afterAll(() => house.close(), 30_000);

const get = (path: string) => house.door.get(API + path, anna);
const idsIn = (body: unknown) => (body as { id: string }[]).map(({ id }) => id.split(':').at(-1)).sort();

it('lists what is theirs, in short names', async () => {
  const { status, body } = await get('/entities?type=ACMeasurement&count=true');
  expect([status, idsIn(body)]).toEqual([200, ['meter-a1', 'meter-a3']]);
  expect((await get(`/entities/${device('b1')}`)).status).toBe(404);
  expect((await get(`/entities/${device('a1')}`)).body).toMatchObject({ serialNumber: { value: 'Sa1' } });
  expect(idsIn((await get(`/entities?type=ConsumptionPoint&q=${encodeURIComponent('name~="3$"')}`)).body)).toEqual([
    'a3',
  ]);
  expect((await get('/types')).body).toMatchObject({ typeList: expect.arrayContaining(['Device', 'Site']) });
});

it('hears of ties that change without the words of 1.9.1', async () => {
  await house.context.upsert([entity('ConsumptionPoint', point('b3')).relationship('refSite', site('a')).build()]);
  await until(async () => (await get(`/entities/${point('b3')}`)).status === 200);
  expect(idsIn((await get('/entities?type=ACMeasurement')).body)).toEqual(['meter-a1', 'meter-a3', 'meter-b3']);
});

it('tells partners', async () => {
  const partner = await Subscriber.listen();
  const wish = {
    type: 'Subscription',
    entities: [{ type: 'ACMeasurement' }],
    notification: { format: 'simplified', endpoint: { uri: partner.uri } },
  };
  const made = await house.door.ask('POST', `${API}/subscriptions`, anna, wish);
  expect(made.status).toBe(201);
  for (const name of ['b1', 'a1'])
    await house.context.upsert([
      entity('ACMeasurement', live(name))
        .property('totalActivePower', 77, { observedAt: '2026-11-20T09:00:00Z' })
        .build(),
    ]);
  await until(() => partner.told.length > 0);
  expect(
    partner.told.flatMap(({ body }) => body.data.map(({ id, totalActivePower }) => [id, totalActivePower])),
  ).toEqual([[live('a1'), 77]]);
  await partner.close();
});
