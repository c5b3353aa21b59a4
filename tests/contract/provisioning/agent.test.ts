/** Groups, and what an agent says of itself, as iotagent-node-lib documents them (doc/api.md, Config group API and Miscellaneous API). */

import { request } from 'node:http';
import { createLogger } from '@contor/kit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Api, openApi, SERVICE } from './fixture.js';

const SECRET = 'a canary of the platform';
const AUTH = { ...SERVICE, authorization: `Bearer ${SECRET}` };
const lines: string[] = [];
let api: Api;
beforeAll(async () => {
  api = await openApi({
    secret: SECRET,
    log: createLogger({ service: 'agent-test', write: (line) => lines.push(line) }),
  });
});
afterAll(() => api.close());

const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = AUTH) =>
  api.call(method, path, body, headers);

describe.each([
  ['/iot/groups', 'groups'],
  ['/iot/services', 'services'],
])('%s', (path, name) => {
  const group = {
    apikey: `key-${name}`,
    resource: '/iot/json',
    entity_type: 'Thing',
    timestamp: true,
    autoprovision: false,
  };
  const query = `${path}?resource=/iot/json&apikey=key-${name}`;

  it('makes, shows, changes and removes a group', async () => {
    expect(await call('POST', path, { [name]: [group] })).toMatchObject({ status: 201, body: {} });
    const shown = { ...group, service: 'openiot', subservice: '/' };
    expect((await call('GET', path)).body).toEqual({ count: 1, [name]: [shown] });
    expect((await call('GET', query)).body).toEqual(shown);
    expect(await call('POST', path, { [name]: [group] })).toMatchObject({
      status: 409,
      body: { name: 'DUPLICATE_GROUP' },
    });
    const change = { attributes: [{ object_id: 't', name: 'temperature', type: 'Number' }] };
    expect((await call('PUT', query, change)).status).toBe(204);
    expect((await call('GET', query)).body).toEqual({ ...shown, ...change });
    expect((await call('GET', path, undefined, { ...AUTH, 'fiware-servicepath': '/*' })).body).toMatchObject({
      count: 1,
    });
    expect((await call('DELETE', query)).status).toBe(204);
    expect(await call('DELETE', query)).toMatchObject({ status: 404, body: { name: 'DEVICE_GROUP_NOT_FOUND' } });
  });

  it.each([
    ['PUT', path, {}, 400, 'MISSING_ATTRIBUTES'],
    ['DELETE', `${path}?apikey=x`, undefined, 400, 'MISSING_ATTRIBUTES'],
    ['PUT', `${path}?apikey=x&resource=`, {}, 404, 'DEVICE_GROUP_NOT_FOUND'],
    ['POST', path, { others: [] }, 400, 'WRONG_SYNTAX'],
    ['POST', path, { [name]: [{ resource: '/iot/json' }] }, 400, 'WRONG_SYNTAX'],
  ])('%s %s is refused', async (method, at, body, status, fault) => {
    expect(await call(method, at, body)).toMatchObject({ status, body: { name: fault } });
  });
});

it('does not let two tenants share a key', async () => {
  await call('POST', '/iot/groups', { groups: [{ apikey: 'mine', resource: '/a' }] });
  const other = { ...AUTH, 'fiware-service': 'other' };
  expect((await call('POST', '/iot/groups', { groups: [{ apikey: 'mine', resource: '/b' }] }, other)).status).toBe(409);
});

it.each(['/iot/about', '/version'])('%s says who it is', async (path) => {
  const { status, body } = await call('GET', path);
  expect(status).toBe(200);
  expect(body).toEqual({
    ...{ libVersion: '0.1.0', version: '0.1.0', baseRoot: '/', agent: 'agent-test', state: 'ready' },
    port: new URL(api.url).port,
  });
});

it('tells its figures to Prometheus under the names of iotagent-node-lib', async () => {
  await call('POST', '/iot/devices', { devices: [{ device_id: 'm', apikey: 'k' }] });
  const { headers, body } = await call('GET', '/metrics');
  expect(headers.get('content-type')).toContain('text/plain');
  for (const line of [
    'deviceCreationRequests',
    'measureRequests',
    'updateEntityRequestsOk',
    'updateEntityRequestsError',
  ])
    expect(body).toMatch(new RegExp(`^${line}\\{service="agent-test"\\} \\d+$`, 'm'));
});

it('changes the level of the log while it runs', async () => {
  expect((await call('GET', '/admin/log')).body).toEqual({ level: 'INFO' });
  expect((await call('PUT', '/admin/log?level=error')).status).toBe(200);
  expect((await call('GET', '/admin/log')).body).toEqual({ level: 'ERROR' });
  expect(await call('PUT', '/admin/log?level=LOUD')).toMatchObject({
    status: 400,
    body: { error: 'invalid log level' },
  });
  expect(await call('PUT', '/admin/log')).toMatchObject({ status: 400, body: { error: 'log level missing' } });
});

describe('the guard of the door', () => {
  it('asks for the secret everywhere but at /ready', async () => {
    for (const path of ['/iot/devices', '/iot/groups', '/iot/about', '/metrics', '/admin/log', '/nothing'])
      expect(await call('GET', path, undefined, SERVICE)).toMatchObject({
        status: 401,
        body: { name: 'UNAUTHORIZED' },
      });
    expect((await call('GET', '/iot/about', undefined, { authorization: 'Bearer wrong canary' })).status).toBe(401);
    expect(await call('GET', '/ready', undefined, {})).toMatchObject({
      status: 200,
      body: { ready: true, state: 'ready' },
    });
  });

  it('answers to loopback names only', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { ...AUTH, host: 'rebound.example' };
      request(`${api.url}/iot/about`, { headers }, (response) => resolve(response.resume().statusCode))
        .once('error', reject)
        .end();
    });
    expect(status).toBe(400);
  });

  it('says what it does not know', async () => {
    expect(await call('GET', '/iot/protocols')).toMatchObject({ status: 404, body: { name: 'NOT_FOUND' } });
    expect((await call('GET', '/iot/devices/%E0%A4%A')).status).toBe(400);
  });
});
