/** What goes through to broker and history, what does not, and the headers around it. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser } from './support/browser.js';
import { House, until } from './support/house.js';

let house: House;
let browser: Browser;
beforeAll(async () => {
  house = await (
    await House.open({
      PLATFORM_SECRET: 'platform-canary-secret',
      GATEWAY_TENANT: 'tulip',
      GATEWAY_NOTIFY_URL: 'http://gateway.internal:3000',
    })
  ).start();
  browser = await house.signedIn();
});
afterAll(() => house.close());
beforeEach(() => {
  house.broker.requests.length = 0;
  house.broker.answer = (_request, response) =>
    response.setHeader('content-type', 'application/json').end('[{"id":"x"}]');
});

const ask = (path: string, headers: Record<string, string> = {}) =>
  browser.raw('GET', house.gatewayUrl + path, headers);
/** The feed of the gateway itself asks as well. */
const passedOn = () => house.broker.requests.filter(({ headers }) => headers['fiware-correlator'] !== undefined);

describe('the relay', () => {
  it('rebuilds the question and streams the answer', async () => {
    const answer = await ask('/api/ngsi-ld/v1/entities?type=Device&limit=1000&q=name%3D%3D%22a%20b%22', {
      'ngsild-tenant': 'tulip',
      'x-canary': '1',
    });
    expect([answer.status, await answer.json()]).toEqual([200, [{ id: 'x' }]]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const [sent] = passedOn();
    expect(sent?.url).toBe('/ngsi-ld/v1/entities?type=Device&limit=1000&q=name%3D%3D%22a+b%22');
    expect(sent?.headers).toMatchObject({
      authorization: 'Bearer platform-canary-secret',
      'ngsild-tenant': 'tulip',
      'fiware-service': 'tulip',
      'fiware-correlator': answer.headers.get('fiware-correlator'),
    });
    expect(sent?.headers.cookie).toBeUndefined();
    expect(sent?.headers['x-canary']).toBeUndefined();
    expect(sent?.headers.link).toContain('contor.jsonld');
  });

  it.each([
    ['/api/ngsi-ld/v1/types', '/ngsi-ld/v1/types'],
    ['/api/ngsi-ld/v1/entities/urn:ngsi-ld:Device:1', '/ngsi-ld/v1/entities/urn:ngsi-ld:Device:1'],
    [
      '/api/quantumleap/v2/types/ACMeasurement/attrs/totalActivePower?lastN=10000',
      '/v2/types/ACMeasurement/attrs/totalActivePower?lastN=10000',
    ],
    [
      '/api/quantumleap/v2/entities/urn:ngsi-ld:Device:1?fromDate=2026-11-19T00:00:00Z',
      '/v2/entities/urn:ngsi-ld:Device:1?fromDate=2026-11-19T00%3A00%3A00Z',
    ],
  ])('%s → %s', async (path, expected) => {
    expect((await ask(path)).status).toBe(200);
    expect(passedOn().map(({ url }) => url)).toEqual([expected]);
  });

  it.each([
    '/api/ngsi-ld/v1/entities?type=Device&limit=1001',
    '/api/ngsi-ld/v1/entities?type=Device&limit=-1',
    '/api/ngsi-ld/v1/entities?type=Device&type=Bill',
    '/api/ngsi-ld/v1/entities?offset=99999999',
    '/api/ngsi-ld/v1/entities?jsonKeys=a',
    '/api/ngsi-ld/v1/entities?constructor=1',
    `/api/ngsi-ld/v1/entities?q=${'x'.repeat(3000)}`,
    '/api/quantumleap/v2/attrs/totalActivePower?lastN=10001',
  ])('refuses %.70s', async (path) => {
    const answer = await ask(path);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(passedOn()).toEqual([]);
  });

  it.each([
    ['PUT', '/api/ngsi-ld/v1/entities/urn:ngsi-ld:Device:1'],
    ['GET', '/api/ngsi-ld/v1/csourceRegistrations'],
    ['GET', '/api/ngsi-ld/v1/entities/%2e%2e%2fsubscriptions'],
    ['GET', '/API/ngsi-ld/v1/entities'],
    ['POST', '/api/quantumleap/v2/notify'],
    ['GET', '/api/quantumleap/version'],
  ])('knows no %s %s', async (method, path) => {
    const answer = await browser.raw(method, house.gatewayUrl + path);
    expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([404, 'route.unknown']);
    expect(passedOn()).toEqual([]);
  });

  it.each([
    ['POST', '/api/ngsi-ld/v1/entities'],
    ['DELETE', '/api/ngsi-ld/v1/entities/urn:ngsi-ld:Device:1'],
  ])('does not let a manager %s %s', async (method, path) => {
    const answer = await browser.raw(method, house.gatewayUrl + path);
    expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([403, 'function.missing']);
    expect(passedOn()).toEqual([]);
  });

  it.each([
    [404, 404, undefined],
    [400, 400, undefined],
    [401, 502, 'upstream.failed'],
    [403, 502, 'upstream.failed'],
    [302, 502, 'upstream.failed'],
    [500, 502, 'upstream.failed'],
    [503, 503, 'broker.unreachable'],
  ])('their %i is our %i', async (theirs, status, error) => {
    house.broker.answer = (_request, response) =>
      response.writeHead(theirs, { 'content-type': 'application/json' }).end('{"title":"theirs"}');
    const answer = await ask('/api/ngsi-ld/v1/types');
    const body = (await answer.json()) as { error?: string; title: string };
    expect([answer.status, body.error]).toEqual([status, error]);
    if (error === undefined) expect(body.title).toBe('theirs');
  });

  it.each([
    ['a failure, when nothing had gone out yet', 1],
    ['a cut line, when a part of it had', 100_000],
  ])('a line cut in the middle is %s, and never a short answer', async (_what, bytes) => {
    house.broker.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(`["${'x'.repeat(bytes)}`);
      setTimeout(() => response.destroy(), 50);
    };
    const answer = await ask('/api/ngsi-ld/v1/types');
    if (bytes === 1) expect(answer.status).toBe(502);
    else await expect(answer.text()).rejects.toThrow();
  });

  it('asks again over another line, when the kept one was given up as idle meanwhile', async () => {
    const path = '/api/ngsi-ld/v1/types';
    expect((await ask(path)).status).toBe(200); // From here on a line is kept.
    let cuts = 1;
    house.broker.answer = (request, response) => {
      if (request.headers['fiware-correlator'] === undefined || cuts === 0) return void response.end('[]');
      cuts -= 1;
      request.socket.destroy();
    };
    expect((await ask(path)).status).toBe(200);
    expect(passedOn()).toHaveLength(3);
    cuts = Number.POSITIVE_INFINITY;
    const answer = await ask(path);
    expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([503, 'broker.unreachable']);
  });

  it('a browser that goes away takes its question with it', async () => {
    let isGone = false;
    house.broker.answer = (request, response) => {
      if (!request.url?.includes('slow')) return void response.end('[]');
      response.once('close', () => {
        isGone = true;
      });
    };
    const abort = new AbortController();
    const asked = fetch(`${house.gatewayUrl}/api/ngsi-ld/v1/types/slow`, {
      headers: { cookie: browser.cookiesFor(house.gatewayUrl) },
      signal: abort.signal,
    });
    await until(async () => passedOn().length > 0);
    abort.abort();
    await expect(asked).rejects.toThrow();
    await until(async () => isGone);
  });
});

describe('the headers of every answer', () => {
  it.each(['/', '/api/session', '/auth/signin', '/health', '/nowhere.js'])('%s', async (path) => {
    const { headers } = await ask(path);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('the name it answers to', () => {
  const knock = (path: string, host: string) =>
    new Promise<{ status: number; location: string | undefined }>((resolve, reject) => {
      import('node:http').then(({ get }) =>
        get(house.gatewayUrl + path, { headers: { host } }, (response) => {
          response.resume();
          resolve({ status: response.statusCode ?? 0, location: response.headers.location });
        }).on('error', reject),
      );
    });

  it.each([
    ['/', 'evil.example', 421],
    ['/api/session', 'evil.example', 421],
    ['/health', 'evil.example', 421],
    ['/api/session', 'localhost:3000', 421],
    ['/health', 'localhost', 200],
    ['/health', 'gateway.internal:3000', 200],
    ['/notify/scope', 'gateway.internal:3000', 404],
    ['/api/session', 'gateway.internal:3000', 421],
  ])('%s as %s is %i', async (path, host, status) => expect((await knock(path, host)).status).toBe(status));

  it('leads somebody who typed localhost to the address that has the cookies', async () => {
    const { port } = new URL(house.gatewayUrl);
    expect(await knock('/sites?a=1', `localhost:${port}`)).toEqual({
      status: 308,
      location: `${house.gatewayUrl}/sites?a=1`,
    });
  });
});

describe('metrics', () => {
  it('want the platform secret', async () => {
    expect((await ask('/metrics')).status).toBe(401);
    const shown = await ask('/metrics', { authorization: 'Bearer platform-canary-secret' });
    expect(await shown.text()).toContain('gateway_requests_total');
    expect((await fetch(`${house.identityUrl}/metrics`)).status).toBe(401);
  });

  it('and the secret stands in no log line', () => expect(house.log.join('')).not.toContain('platform-canary-secret'));
});

describe('without broker and history', () => {
  it('says so in a sentence that helps', async () => {
    await house.broker.close();
    for (const [path, error] of [
      ['/api/ngsi-ld/v1/types', 'broker.unreachable'],
      ['/api/quantumleap/v2/attrs', 'history.unreachable'],
    ] as const) {
      const answer = await ask(path);
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
      const body = (await answer.json()) as { error: string; detail: string };
      expect(body.error).toBe(error);
      expect(body.detail).toContain('Try again');
    }
  });
});
