/** What holds on every route that shows broker and history: methods by the table alone, strict headers, nothing before the index is true. */

import { ROUTES } from '@contor/policy';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Caller } from '../../unit/gateway/support/door.js';
import { House, until } from './house.js';
import { live, point, site, townEntities } from './town.js';

let house: House;
let anna: Caller;
beforeAll(async () => {
  house = await House.open({ seed: async (context) => void (await context.upsert(townEntities())) });
  await house.door.book.roles.change(
    { name: 'every', title: 'Every', functions: ['live.view', 'history.view', 'context.write', 'context.subscribe'] },
    'new',
  );
  anna = await house.person('anna', ['every'], [site('a')]);
  await until(() => house.enforcement.missing.length === 0);
}, 30_000);
afterAll(() => house.close(), 30_000);

const PATHS = [
  ...new Set(ROUTES.map(({ path }) => path).filter((path) => /^\/api\/(ngsi-ld|quantumleap|stream)/.test(path))),
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'];
const concrete = (path: string): string =>
  path
    .replace(':entityId', point('a1'))
    .replace(':subscriptionId', 'urn:none')
    .replace(/:type|:entityType/, 'Device')
    .replace(':attrName', 'name');

/** `fetch` does not know all of them. */
async function knock(
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Record<string, unknown> }> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const outgoing = request(house.door.url + path, { method, headers }, (answer) => {
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers });
      answer.destroy();
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
}

describe('each method on each route', () => {
  it.each(PATHS)('%s is answered by the table alone', async (path) => {
    await Promise.all(METHODS.map((method) => check(method, path)));
  });

  async function check(method: string, path: string): Promise<void> {
    const isThere = ROUTES.some((row) => row.path === path && row.method === (method === 'HEAD' ? 'GET' : method));
    const [own, strange] = [await knock(method, concrete(path), anna), await knock(method, concrete(path))];
    const { status, headers } = own;
    if (isThere) expect([404, 405].includes(status) && !path.includes(':')).toBe(false);
    else expect([404, 405, 501]).toContain(status);
    expect([method, path, strange.status]).toEqual([method, path, isThere ? 401 : status]);
    if (status === 405 || status === 501) return; // Node's own word on methods it does not know.
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': expect.stringContaining("default-src 'self'"),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
    });
    for (const name of ['x-powered-by', 'access-control-allow-origin', 'etag', 'server'])
      expect(headers[name]).toBeUndefined();
  }
});

describe('before it is known who sees what', () => {
  it('those with a limited scope are asked to come back, and the others go on', async () => {
    const other = await House.open({ environment: { BROKER_URL: 'http://127.0.0.1:9' } });
    const [limited, all] = [
      await other.person('limited', ['viewer'], [site('a')]),
      await other.person('all', ['viewer'], 'everything'),
    ];
    for (const path of [
      '/api/ngsi-ld/v1/entities?type=Site',
      '/api/quantumleap/v2/entities',
      '/api/stream',
      `/api/quantumleap/v2/entities/${live('a1')}`,
    ]) {
      const { status, body, headers } = await other.door.get(path, limited);
      expect([status, body.error, headers.get('retry-after')]).toEqual([503, 'scope.unknown', '2']);
    }
    expect((await other.door.get('/api/quantumleap/v2/entities', all)).status).toBe(200);
    await other.close();
  }, 30_000);
});

describe('a stream', () => {
  it('of what lies inside, from the broker to the page; another scope begins it anew, a lock ends it', async () => {
    const answer = await fetch(`${house.door.url}/api/stream?types=ACMeasurement`, { headers: anna });
    const reader = answer.body?.getReader();
    let text = '';
    const read = (async () => {
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
        if (done) return;
        text += Buffer.from(value ?? []).toString('utf8');
      }
    })();
    await until(() => text.includes(live('a1')));
    expect([text.includes(live('b1')), text.includes('"type":"Alert"')]).toEqual([false, false]);
    await house.give('anna', ['every'], [site('b')]);
    await until(() => text.includes(live('b1')));
    expect(text).toContain('event: reset');
    const { people } = house.door.book;
    await people.changeAccess('anna', { isLocked: true }, people.get('anna')?.revision ?? 0);
    await read;
  });

  it.each(['?types=Bill', '?bogus=1', '?site=a&site=b'])('knows no %s', async (query) => {
    const ben = await house.person('ben', ['every'], [site('a')]);
    expect((await house.door.get(`/api/stream${query}`, ben)).status).toBe(400);
  });

  it('of a site that is somebody else’s is not there', async () => {
    const ben = await house.person('ben', ['every'], [site('a')]);
    for (const id of [site('b'), site('never')])
      expect((await house.door.get(`/api/stream?site=${id}`, ben)).status).toBe(404);
  });
});
