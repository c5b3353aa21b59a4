/** `/iot/devices` and `/iot/op/delete` as iotagent-node-lib documents them (doc/api.md, Device API). */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Api, openApi, SERVICE } from './fixture.js';

let api: Api;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api.close());
beforeEach(async () => {
  for (const { apiKey, deviceId } of [...api.registry.records()]) await api.registry.remove(`${apiKey}/${deviceId}`);
  for (const group of [...api.registry.groups.all()])
    await api.registry.groups.remove(`${group.apiKey} ${group.resource}`);
});

const LAMP = {
  device_id: 'lamp1',
  apikey: 'k1',
  entity_name: 'urn:ngsi-ld:Lamp:001',
  entity_type: 'Lamp',
  timezone: 'Europe/Bucharest',
  transport: 'MQTT',
  protocol: 'PDI-IoTA-JSON',
  endpoint: 'http://lamp.example/cmd',
  attributes: [
    { object_id: 's', name: 'state', type: 'Text' },
    {
      object_id: 'l',
      name: 'luminosity',
      type: 'Integer',
      expression: 'l * 2',
      metadata: { unitCode: { type: 'Text', value: 'CAL' } },
    },
  ],
  lazy: [{ object_id: 'h', name: 'humidity', type: 'Float' }],
  commands: [{ name: 'on', type: 'command' }],
  static_attributes: [{ name: 'category', type: 'Text', value: ['actuator', 'sensor'] }],
  internal_attributes: [
    { other: 1 },
    { contor: { model: 'm', registerDigits: 6, refPoint: 'urn:ngsi-ld:ConsumptionPoint:p' } },
  ],
  explicitAttrs: true,
  timestamp: false,
  ngsiVersion: 'ld',
};
const WITH_PLACE = { ...LAMP, service: 'openiot', service_path: '/' };

describe('a device', () => {
  it('comes back as it was provisioned, alone and in the list', async () => {
    expect(await api.call('POST', '/iot/devices', { devices: [LAMP] })).toMatchObject({ status: 201, body: {} });
    expect((await api.call('GET', '/iot/devices/lamp1')).body).toEqual(WITH_PLACE);
    expect((await api.call('GET', '/iot/devices')).body).toEqual({ count: 1, devices: [WITH_PLACE] });
    expect(api.registry.find('k1/lamp1')).toMatchObject({
      tenant: 'openiot',
      name: '001',
      model: 'm',
      registerDigits: 6,
    });
  });

  it('is changed by the fields that a PUT names, and by no others', async () => {
    await api.call('POST', '/iot/devices', { devices: [LAMP] });
    const change = { timezone: 'UTC', attributes: [{ name: 'x', type: 'Number' }] };
    expect((await api.call('PUT', '/iot/devices/lamp1', change)).status).toBe(204);
    expect((await api.call('GET', '/iot/devices/lamp1?apikey=k1')).body).toEqual({ ...WITH_PLACE, ...change });
    await api.call('PUT', '/iot/devices/lamp1', { internal_attributes: [{ contor: { model: 'n' } }] });
    expect(api.registry.recordOf('k1/lamp1')).toMatchObject({ model: 'n' });
    expect(api.registry.recordOf('k1/lamp1')).not.toHaveProperty('registerDigits');
  });

  it('goes by DELETE, or with others by /iot/op/delete', async () => {
    const devices = ['a', 'b', 'c'].map((id) => ({ device_id: id, apikey: 'k1' }));
    await api.call('POST', '/iot/devices', { devices });
    expect((await api.call('DELETE', '/iot/devices/a')).status).toBe(204);
    expect((await api.call('DELETE', '/iot/devices/a')).status).toBe(404);
    const gone = {
      devices: [
        { deviceId: 'b', apikey: '' },
        { deviceId: 'c', apikey: 'k1' },
      ],
    };
    expect((await api.call('POST', '/iot/op/delete', gone)).status).toBe(204);
    expect(await api.call('POST', '/iot/op/delete', gone)).toMatchObject({
      status: 404,
      body: { name: 'DEVICE_NOT_FOUND' },
    });
    expect(api.registry.size).toBe(0);
  });

  it('takes the key of its group, or of the group of its type', async () => {
    const groups = [
      { apikey: 'k1', resource: '/iot/json', entity_type: 'Lamp' },
      { apikey: 'k2', resource: '/iot/json', entity_type: 'Door' },
    ];
    await api.call('POST', '/iot/groups', { groups: groups.slice(0, 1) });
    await api.call('POST', '/iot/devices', { devices: [{ device_id: 'a', entity_type: 'Whatever' }] });
    await api.call('POST', '/iot/groups', { groups: groups.slice(1) });
    await api.call('POST', '/iot/devices', { devices: [{ device_id: 'b', entity_type: 'Door' }] });
    expect([...api.registry.records()].map(({ apiKey }) => apiKey)).toEqual(['k1', 'k2']);
    const third = await api.call('POST', '/iot/devices', { devices: [{ device_id: 'c', entity_type: 'Other' }] });
    expect(third).toMatchObject({ status: 400, body: { name: 'MISSING_ATTRIBUTES' } });
  });
});

it('lists a page, and counts them all', async () => {
  const devices = Array.from({ length: 25 }, (_, index) => ({ device_id: `d${index}`, apikey: 'k1' }));
  await api.call('POST', '/iot/devices', { devices });
  const { body } = await api.call('GET', '/iot/devices?limit=3&offset=23');
  expect(body).toMatchObject({ count: 25, devices: [{ device_id: 'd23' }, { device_id: 'd24' }] });
  expect((await api.call('GET', '/iot/devices')).body).toMatchObject({ devices: { length: 20 } });
});

it('keeps services and service paths apart', async () => {
  await api.call('POST', '/iot/devices', { devices: [LAMP] });
  const elsewhere = [
    { ...SERVICE, 'fiware-service': 'other' },
    { ...SERVICE, 'fiware-servicepath': '/garden' },
  ];
  for (const headers of elsewhere) {
    expect((await api.call('GET', '/iot/devices/lamp1', undefined, headers)).status).toBe(404);
    expect((await api.call('GET', '/iot/devices', undefined, headers)).body).toEqual({ count: 0, devices: [] });
    expect((await api.call('DELETE', '/iot/devices/lamp1?apikey=k1', undefined, headers)).status).toBe(404);
    expect((await api.call('PUT', '/iot/devices/lamp1', { timezone: 'UTC' }, headers)).status).toBe(404);
    const taken = await api.call('POST', '/iot/devices', { devices: [LAMP] }, headers);
    expect(taken).toMatchObject({ status: 409, body: { name: 'DUPLICATE_DEVICE_ID' } });
  }
  const ld = await api.call('GET', '/iot/devices/lamp1', undefined, { 'NGSILD-Tenant': 'openiot' });
  expect(ld.status).toBe(200);
});

const GOOD = { device_id: 'x', apikey: 'k1' };
const row = (more: object): object => ({ devices: [{ ...GOOD, ...more }] });

describe('what is refused', () => {
  it.each([
    ['no headers', {}, row({}), 400, 'MISSING_HEADERS'],
    ['no service path', { 'fiware-service': 'openiot' }, row({}), 400, 'MISSING_HEADERS'],
    ['two tenants', { ...SERVICE, 'ngsild-tenant': 'other' }, row({}), 400, 'BAD_REQUEST'],
    ['a service of other letters', { ...SERVICE, 'fiware-service': 'a-b' }, row({}), 400, 'BAD_REQUEST'],
    ['a service path without its slash', { ...SERVICE, 'fiware-servicepath': 'x' }, row({}), 400, 'BAD_REQUEST'],
    ['every service path', { ...SERVICE, 'fiware-servicepath': '/*' }, row({}), 400, 'BAD_REQUEST'],
    ['another content type', { ...SERVICE, 'content-type': 'text/plain' }, row({}), 400, 'UNSUPPORTED_CONTENT_TYPE'],
    ['a compressed body', { ...SERVICE, 'content-encoding': 'gzip' }, row({}), 400, 'UNSUPPORTED_CONTENT_TYPE'],
    ['no JSON', SERVICE, '{"devices":', 400, 'WRONG_SYNTAX'],
    ['no list', SERVICE, { devices: {} }, 400, 'WRONG_SYNTAX'],
    ['a device that is none', SERVICE, { devices: [1] }, 400, 'WRONG_SYNTAX'],
    ['no device_id', SERVICE, { devices: [{ apikey: 'k1' }] }, 400, 'WRONG_SYNTAX'],
    ['a device_id with forbidden characters', SERVICE, row({ device_id: 'a(b)' }), 400, 'WRONG_SYNTAX'],
    ['a field nobody knows', SERVICE, row({ entity_nme: 'x' }), 400, 'WRONG_SYNTAX'],
    [
      'a field of ours nobody knows',
      SERVICE,
      row({ internal_attributes: [{ contor: { modell: 'x' } }] }),
      400,
      'WRONG_SYNTAX',
    ],
    ['no time zone', SERVICE, row({ timezone: 'Mars/Base' }), 400, 'WRONG_SYNTAX'],
    ['an attribute without type', SERVICE, row({ attributes: [{ name: 'a' }] }), 400, 'WRONG_SYNTAX'],
    ['an attribute called id', SERVICE, row({ attributes: [{ name: 'id', type: 'Text' }] }), 400, 'WRONG_SYNTAX'],
    [
      'metadata without value',
      SERVICE,
      row({ attributes: [{ name: 'a', type: 'T', metadata: { u: {} } }] }),
      400,
      'WRONG_SYNTAX',
    ],
    [
      'a static attribute without value',
      SERVICE,
      row({ static_attributes: [{ name: 'a', type: 'T' }] }),
      400,
      'WRONG_SYNTAX',
    ],
    [
      'too many attributes',
      SERVICE,
      row({ attributes: Array.from({ length: 201 }, (_, n) => ({ name: `a${n}`, type: 'T' })) }),
      400,
      'WRONG_SYNTAX',
    ],
    [
      'an expression with a mistake',
      SERVICE,
      row({ attributes: [{ name: 'a', type: 'T', expression: '1 +' }] }),
      400,
      'INVALID_EXPRESSION',
    ],
    ['too many devices', SERVICE, { devices: Array.from({ length: 1_001 }, () => GOOD) }, 413, 'REQUEST_TOO_LARGE'],
    ['the same device twice', SERVICE, { devices: [GOOD, GOOD] }, 409, 'DUPLICATE_DEVICE_ID'],
  ])('%s', async (_what, headers, body, status, name) => {
    expect(await api.call('POST', '/iot/devices', body, headers)).toMatchObject({ status, body: { name } });
    expect(api.registry.size).toBe(0);
  });

  it('one bad device, and the good ones of its request with it', async () => {
    const answer = await api.call('POST', '/iot/devices', { devices: [GOOD, { device_id: 'y', apikey: 5 }] });
    expect(answer).toMatchObject({
      status: 400,
      body: { name: 'WRONG_SYNTAX', message: expect.stringContaining('devices[1]') },
    });
    expect(api.registry.size).toBe(0);
  });

  it('a change of what ties a device to its entities', async () => {
    await api.call('POST', '/iot/devices', { devices: [LAMP] });
    for (const change of [{ device_id: 'other' }, { apikey: 'k2' }, { entity_name: 'Other' }, { entity_type: 'Other' }])
      expect(await api.call('PUT', '/iot/devices/lamp1', change)).toMatchObject({
        status: 400,
        body: { name: 'BAD_REQUEST' },
      });
    expect((await api.call('GET', '/iot/devices/lamp1')).body).toEqual(WITH_PLACE);
  });

  it.each(['limit=0', 'limit=1001', 'limit=x', 'offset=-1', 'limit=1&limit=2'])('a page of %s', async (query) => {
    expect((await api.call('GET', `/iot/devices?${query}`)).status).toBe(400);
  });
});

describe('whatever is sent', () => {
  const names = [
    ...Object.keys(LAMP),
    'resource',
    'entityNameExp',
    'autoprovision',
    '__proto__',
    'constructor',
    'type',
  ];
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom<unknown>(
      '(a',
      [{ name: 'a', type: 'T', expression: '"".constructor' }],
      [{ contor: { name: '..' } }],
    ),
  );
  const thing = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 6 });

  it('is taken or refused, and never our own trouble', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          'POST /iot/devices devices',
          'POST /iot/groups groups',
          'POST /iot/op/delete devices',
          'PUT /iot/devices/lamp1 ',
        ),
        fc.oneof(fc.array(fc.oneof(thing, value), { maxLength: 3 }), value),
        thing,
        async (where, list, change) => {
          const [method = '', path = '', name = ''] = where.split(' ');
          const { status } = await api.call(method, path, name === '' ? change : { [name]: list });
          expect([200, 201, 204, 400, 404, 409]).toContain(status);
          for (const record of api.registry.records()) expect(record.deviceId).toMatch(/^[A-Za-z0-9._:~-]{1,100}$/);
        },
      ),
      { numRuns: process.env.CONTOR_LONG === '1' ? 3_000 : 60 },
    ));

  it('is not followed into the depths', async () => {
    const deep = `{"devices": ${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    expect(await api.call('POST', '/iot/devices', deep)).toMatchObject({ status: 400, body: { name: 'WRONG_SYNTAX' } });
  });
});
