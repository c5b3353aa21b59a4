/**
 * What may be written through the gateway: inside the scope, by the table of the policy, and never what commands, agents and services write
 * (T21, T23). What is somebody else's is not there. Held against what the broker has afterwards.
 */

import { entity, urn } from '@contor/orion-config';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Caller } from '../../unit/gateway/support/door.js';
import { House, until } from './house.js';
import { alert, device, live, point, series, site, townEntities } from './town.js';

const API = '/api/ngsi-ld/v1';
let house: House;
let all: Caller;
let anna: Caller;
beforeAll(async () => {
  house = await House.open();
  await house.hold([
    ...townEntities(),
    entity('CommandRequest', urn('CommandRequest', 'c1')).property('status', 'requested').build(),
    entity('MeterGroup', urn('MeterGroup', 'of-anna')).property('name', 'Mine').property('ownerName', 'anna').build(),
    entity('MeterGroup', urn('MeterGroup', 'of-ben')).property('name', 'His').property('ownerName', 'ben').build(),
  ]);
  await house.door.book.roles.change(
    { name: 'writer', title: 'Writer', functions: ['live.view', 'context.write'] },
    'new',
  );
  all = await house.person('all', ['writer'], 'everything');
  anna = await house.person('anna', ['writer'], [site('a')]);
}, 30_000);
afterAll(() => house.close(), 30_000);

const send = (method: string, path: string, body?: unknown, who: Caller = anna) =>
  house.door.ask(method, API + path, who, body);
const held = (id: string) =>
  house.context.get(id) as Promise<Record<string, { value?: unknown; object?: unknown }> | undefined>;
const group = (name: string) => urn('MeterGroup', name);
const rel = (object: unknown) => ({ type: 'Relationship', object });
const prop = (value: unknown) => ({ type: 'Property', value });

describe('one entity', () => {
  it.each([
    ['PATCH', '/attrs'],
    ['POST', '/attrs'],
    ['PATCH', ''],
  ])('is changed inside the scope: %s %s', async (method, tail) => {
    const name = `Renamed by ${method} ${tail}`;
    expect((await send(method, `/entities/${point('a1')}${tail}`, { name: prop(name) })).status).toBe(204);
    expect((await held(point('a1')))?.name?.value).toBe(name);
  });

  it.each([
    ['PATCH', '/attrs', { name: prop('x') }],
    ['POST', '/attrs', { name: prop('x') }],
    ['PATCH', '', { name: prop('x') }],
    ['DELETE', '', undefined],
  ])('of somebody else is not there, like what never was: %s %s', async (method, tail, body) => {
    const never = `${point('b1')}-never`;
    const [foreign, missing] = [
      await send(method, `/entities/${point('b1')}${tail}`, body),
      await send(method, `/entities/${never}${tail}`, body),
    ];
    expect(foreign.status).toBe(404);
    expect(JSON.stringify(foreign.body).replaceAll(point('b1'), '')).toBe(
      JSON.stringify(missing.body).replaceAll(never, ''),
    );
    expect((await held(point('b1')))?.name?.value).not.toBe('x');
  });

  it.each([
    ['out of the scope', point('a1'), { refSite: rel(site('b')) }],
    ['out of it, simplified', point('a1'), { refSite: site('b') }],
    ['out of it, by a null', point('a1'), { refSite: 'urn:ngsi-ld:null' }],
    ['a meter to another street', device('a1'), { refSite: rel(site('b')) }],
    ['an installation to another point', urn('MeterInstallation', 'a1-at-a1'), { refPoint: rel(point('b1')) }],
    [
      'an installation to another time',
      urn('MeterInstallation', 'a1-at-a1'),
      { validFrom: prop('2020-01-01T00:00:00Z') },
    ],
  ])('is not moved %s', async (_what, id, fragment) => {
    const before = await held(id);
    expect((await send('PATCH', `/entities/${id}`, fragment)).status).toBe(403);
    expect((await send('POST', `/entities/${id}/attrs`, fragment)).status).toBe(403);
    expect(await held(id)).toEqual(before);
  });

  it('somebody else’s is not moved into the scope', async () => {
    expect((await send('PATCH', `/entities/${point('b1')}`, { refSite: rel(site('a')) })).status).toBe(404);
    expect((await send('POST', `/entities/${group('of-anna')}/attrs`, { hasMember: rel(device('b1')) })).status).toBe(
      403,
    );
  });

  it('new ones fall inside the scope by their own ties, and can be read at once', async () => {
    const mine = {
      id: group('new'),
      type: 'MeterGroup',
      name: prop('New'),
      ownerName: prop('anna'),
      hasMember: { ...rel([device('a1')]), validFrom: prop('2026-02-01T00:00:00Z') },
    };
    const { status, headers } = await send('POST', '/entities', mine);
    expect([status, headers.get('location')]).toEqual([201, `${API}/entities/${encodeURIComponent(mine.id)}`]);
    expect((await send('GET', `/entities/${mine.id}`)).status).toBe(200);
    expect((await send('POST', '/entities', mine)).status).toBe(409);
    expect((await send('DELETE', `/entities/${mine.id}`)).status).toBe(204);
    await until(async () => (await send('GET', `/entities/${mine.id}`)).status === 404);
  });

  it.each([
    ['outside', { ownerName: prop('anna'), hasMember: rel([device('b1')]) }],
    ['of nobody', {}],
    ['of somebody else', { ownerName: prop('ben') }],
    ['of a type that others make', { type: 'Device' }],
    ['of a type that nobody makes', { type: 'CommandRequest' }],
  ])('new ones %s are refused', async (_what, more) => {
    const id = `${group('no')}-${_what.replaceAll(' ', '-')}`;
    expect((await send('POST', '/entities', { id, type: 'MeterGroup', ...more })).status).toBe(403);
    expect(await held(id)).toBeUndefined();
  });

  it('what is owned is changed by its owner alone', async () => {
    expect((await send('PATCH', `/entities/${group('of-anna')}`, { name: prop('Ours') })).status).toBe(204);
    expect((await send('PATCH', `/entities/${group('of-ben')}`, { name: prop('Ours') })).status).toBe(404);
  });
});

describe('doors that stay shut, whoever asks', () => {
  it.each([
    ['a command by an attribute', 'PATCH', `/entities/${device('a1')}/attrs`, { disconnect: prop({}) }],
    ['its answer', 'POST', `/entities/${device('a1')}/attrs`, { disconnect_status: prop('OK') }],
    [
      'by its IRI',
      'PATCH',
      `/entities/${device('a1')}/attrs`,
      { 'https://contor.example/vocabulary/disconnect': prop({}) },
    ],
    ['a key', 'PATCH', `/entities/${device('a1')}`, { keyReference: prop('k') }],
    ['a request for a command', 'PATCH', `/entities/${urn('CommandRequest', 'c1')}`, { status: prop('approved') }],
    [
      'a new one',
      'POST',
      '/entities',
      { id: urn('CommandRequest', 'c2'), type: 'CommandRequest', status: prop('approved') },
    ],
    ['the audit trail', 'POST', '/entities', { id: urn('AuditRecord', 'x'), type: 'AuditRecord' }],
    ['a reading', 'PATCH', `/entities/${live('a1')}/attrs`, { totalActivePower: prop(1) }],
    ['another type', 'PATCH', `/entities/${device('a1')}`, { type: 'CommandRequest', name: prop('x') }],
    ['a type that is a list', 'POST', '/entities', { id: urn('Site', 'x'), type: ['Site', 'CommandRequest'] }],
    ['a name that is none', 'PATCH', `/entities/${device('a1')}`, { 'na me': prop('x') }],
  ])('%s', async (_what, method, path, body) => {
    for (const who of [anna, all]) expect([400, 403, 404]).toContain((await send(method, path, body, who)).status);
  });

  it('names mean what the platform means by them', async () => {
    const alias = { '@context': { nick: 'https://contor.example/vocabulary/keyReference' }, nick: prop('k') };
    const inlined = await house.door.ask(
      'PATCH',
      `${API}/entities/${device('a1')}`,
      { ...all, 'content-type': 'application/ld+json' },
      alias,
    );
    expect(inlined.body.error).toBe('context.refused');
    const link =
      '<https://evil.example/c.jsonld>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"';
    const linked = await house.door.ask(
      'PATCH',
      `${API}/entities/${device('a1')}`,
      { ...all, link },
      { name: prop('x') },
    );
    expect(linked.body.error).toBe('context.refused');
  });

  it('only by those who may write', async () => {
    const viewer = await house.person('viewer', ['viewer'], 'everything');
    expect((await send('PATCH', `/entities/${device('a1')}`, { name: prop('x') }, viewer)).status).toBe(403);
  });

  it.each(['?local=true', '?options=sysAttrs,keyValues&format=x&format=y', '?type=Device'])(
    'with no other words: %s',
    async (query) => {
      expect((await send('POST', `/entities/${device('a1')}/attrs${query}`, { name: prop('x') })).status).toBe(400);
    },
  );

  it('only one entity at a time where one is meant', async () => {
    for (const body of [[], [{ id: point('a1') }], { id: point('a2'), name: prop('x') }])
      expect((await send('PATCH', `/entities/${point('a1')}`, body)).status).toBe(400);
  });
});

describe('batches', () => {
  const errorsOf = (body: unknown) => {
    const { errors = [] } = body as { errors?: { entityId: string; error: { status: number; type: string } }[] };
    return Object.fromEntries(errors.map(({ entityId, error }) => [entityId.split(':').at(-1), error.status]));
  };

  it('tell of each item, and what is somebody else’s is not there', async () => {
    const named = (id: string, type: string) => ({ id, type, name: prop('Batched') });
    const { status, body } = await send('POST', '/entityOperations/update', [
      named(point('a2'), 'ConsumptionPoint'),
      named(point('b2'), 'ConsumptionPoint'),
      named(`${point('b2')}-never`, 'ConsumptionPoint'),
      named(live('a1'), 'ACMeasurement'),
    ]);
    expect(status).toBe(207);
    expect([body.success, errorsOf(body)]).toEqual([[point('a2')], { b2: 404, 'b2-never': 404, 'meter-a1': 403 }]);
    const [foreign, never] = (body as unknown as { errors: { entityId: string; error: object }[] }).errors;
    expect(JSON.stringify(foreign).replaceAll(point('b2'), '')).toBe(
      JSON.stringify(never).replaceAll(`${point('b2')}-never`, ''),
    );
    expect((await held(point('b2')))?.name?.value).not.toBe('Batched');
  });

  it('upserts make what is not there and change what is, and replace nothing', async () => {
    const items = [
      { id: group('batched'), type: 'MeterGroup', name: prop('B'), ownerName: prop('anna') },
      { id: point('a3'), type: 'ConsumptionPoint', name: prop('Upserted') },
      { id: alert('b1'), type: 'Alert', status: prop('closed') },
    ];
    const { status, body } = await send('POST', '/entityOperations/upsert?options=update', items);
    expect([status, (body.success as string[]).sort(), errorsOf(body)]).toEqual([
      207,
      [point('a3'), group('batched')].sort(),
      { 'alert-b1': 404 },
    ]);
    const kept = await held(point('a3'));
    expect([kept?.name?.value, kept?.refSite?.object]).toEqual(['Upserted', site('a')]);
    for (const query of ['', '?options=replace'])
      expect(errorsOf((await send('POST', `/entityOperations/upsert${query}`, [items[1]])).body)).toEqual({ a3: 403 });
    expect(
      errorsOf(
        (await send('POST', '/entityOperations/upsert', [{ id: device('a1'), type: 'Device', name: prop('x') }], all))
          .body,
      ),
    ).toEqual({ 'meter-a1': 403 });
  });

  it('all done says so as a broker does', async () => {
    const items = ['x', 'y'].map((name) => ({
      id: group(name),
      type: 'MeterGroup',
      name: prop(name),
      ownerName: prop('anna'),
    }));
    const created = await send('POST', '/entityOperations/create', items);
    expect([created.status, created.body]).toEqual([201, items.map(({ id }) => id)]);
    expect((await send('POST', '/entityOperations/update', items)).status).toBe(204);
    expect(
      (
        await send(
          'POST',
          '/entityOperations/delete',
          items.map(({ id }) => id),
        )
      ).status,
    ).toBe(204);
  });

  it('deletions stay inside, too', async () => {
    const { status, body } = await send('POST', '/entityOperations/delete', [
      group('of-ben'),
      point('a1'),
      series('a1'),
    ]);
    expect([status, body.success, errorsOf(body)]).toEqual([207, [], { 'of-ben': 404, a1: 403, 'meter-a1': 404 }]);
  });

  it.each([
    ['no list', {}],
    ['an empty one', []],
    ['one too long', Array.from({ length: 1_001 }, (_none, at) => `urn:ngsi-ld:Site:${at}`)],
  ])('%s is refused as a whole', async (_what, body) => {
    expect((await send('POST', '/entityOperations/delete', body)).status).toBe(400);
  });

  it('items that are none, or stand twice, are refused one by one', async () => {
    const mine = { id: group('twice'), type: 'MeterGroup', ownerName: prop('anna') };
    const { status, body } = await send('POST', '/entityOperations/create', [mine, mine, 1, null, { type: 'Site' }]);
    expect([status, body.success]).toEqual([207, [mine.id]]);
    expect((body as unknown as { errors: object[] }).errors).toHaveLength(4);
  });
});
