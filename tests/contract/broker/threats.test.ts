/** What an attacker would send: deep and large JSON, prototype keys, evil patterns, endpoints that are not ours, other tenants. */

import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type BrokerProcess, startBroker } from './broker-process.js';
import { property, ROOM, room } from './cases.js';
import { describeSet, type Instance, openInstance } from './instance.js';

let instance: Instance;
const TENANT = { 'NGSILD-Tenant': `threat_${Date.now().toString(36)}` };
const ENTITIES = '/ngsi-ld/v1/entities';

beforeAll(async () => {
  instance = await openInstance({ BROKER_MAX_BODY: '1MiB' });
  const rooms = Array.from({ length: 100 }, (_none, at) =>
    room(`urn:ngsi-ld:Room:${at}`, { label: property('a'.repeat(500)) }),
  );
  expect((await instance.send('POST', '/ngsi-ld/v1/entityOperations/create', rooms, TENANT)).status).toBe(201);
});
afterAll(() => instance.stop());

async function timed(run: () => Promise<{ readonly status: number }>): Promise<{ status: number; ms: number }> {
  const startedMs = performance.now();
  const { status } = await run();
  return { status, ms: performance.now() - startedMs };
}

describeSet('JSON (T12)', () => {
  const deep = (levels: number): string =>
    `{"id":"${ROOM}","type":"Room","a":{"type":"Property","value":${'['.repeat(levels)}${']'.repeat(levels)}}}`;
  it.each([
    ['nested 100,000 levels', deep(100_000), 400],
    [
      'nested in attributes',
      `{"id":"${ROOM}","type":"Room",${'"a":{"value":1,'.repeat(500)}"b":1${'}'.repeat(501)}`,
      400,
    ],
    [
      'with 200,000 keys',
      JSON.stringify({
        id: ROOM,
        type: 'Room',
        ...Object.fromEntries(Array.from({ length: 40_000 }, (_none, at) => [`k${at}`, 1])),
      }),
      400,
    ],
    ['longer than allowed', JSON.stringify(room(ROOM, { a: property('x'.repeat(2 ** 20)) })), 413],
    ['with 1e309', `{"id":"${ROOM}","type":"Room","a":{"type":"Property","value":{"b":[1e309]}}}`, 400],
    ['with NaN', `{"id":"${ROOM}","type":"Room","a":{"type":"Property","value":NaN}}`, 400],
    ['of zero bytes and a type', '\u0000', 400],
    ['that is null', 'null', 400],
  ])('%s is refused at once', async (_what, body, status) => {
    const outcome = await timed(() => instance.send('POST', ENTITIES, body, TENANT));
    expect(outcome.status).toBe(status);
    expect(outcome.ms).toBeLessThan(2_000);
  });

  it('keys of prototypes inside values are data and nothing else', async () => {
    const id = 'urn:ngsi-ld:Room:proto';
    const value = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":2}';
    const created = await instance.send(
      'POST',
      ENTITIES,
      `{"id":"${id}","type":"Room","a":{"type":"Property","value":${value}}}`,
      TENANT,
    );
    expect(created.status).toBe(201);
    const patched = await instance.send(
      'PATCH',
      `${ENTITIES}/${id}`,
      '{"a":{"value":{"__proto__":{"more":1}}}}',
      TENANT,
    );
    expect(patched.status).toBe(204);
    const { text } = await instance.send('GET', `${ENTITIES}/${id}?format=simplified`, undefined, TENANT);
    expect(text).toContain('"__proto__":{"polluted":1,"more":1}');
    expect((await instance.send('GET', `${ENTITIES}/urn:ngsi-ld:Room:1`, undefined, TENANT)).text).not.toContain(
      'polluted',
    );
  });

  it('a lone surrogate comes back as it was', async () => {
    const body = `{"id":"urn:ngsi-ld:Room:surrogate","type":"Room","a":{"type":"Property","value":"\\ud800"}}`;
    expect((await instance.send('POST', ENTITIES, body, TENANT)).status).toBe(201);
    const { text } = await instance.send(
      'GET',
      `${ENTITIES}/urn:ngsi-ld:Room:surrogate?format=simplified`,
      undefined,
      TENANT,
    );
    expect(text).toContain('"\\ud800"');
  });
});

describe('patterns (T13)', () => {
  /** What brings backtracking engines to their knees: OWASP's list, those of published advisories, and their families. */
  const EVIL = [
    ...[
      '(a+)+$',
      '^(a+)+$',
      '([a-zA-Z]+)*$',
      '(a|aa)+$',
      '(a|a?)+$',
      '(.*a){20}$',
      '(.*)*=(.*)*',
      '(a*)*b',
      '((a*)*)*b',
    ],
    ...[
      '^(([a-z])+.)+[A-Z]([a-z])+$',
      '(x+x+)+y',
      '(a|b|ab)*c',
      '(aa+)+b',
      '(a+a+)+b',
      '(a?){30}a{30}',
      'a*a*a*a*a*a*b',
    ],
    ...['^(\\w+\\s?)*$', '(\\w*)*@', '^(.*?,){20}P', '(\\d+)*x', '(\\s*a\\s*)*b', '^(a|b|c|ab|bc|abc)*$', '(.+)+b'],
    ...[
      '([^,]*,?)*$',
      '^([a-z]+)+\\d$',
      '(?:a|aa|aaa)*b',
      '(a{1,50}){1,10}b',
      '(.*){1,32}[bc]',
      '.*.*.*=.*',
      '(^|a)+b',
    ],
    ...['^(([a-zA-Z0-9])+[-_.]?)+@', '(?i)(A+)+$'],
  ];
  /** 100 rooms with 500 letters each are looked at. */
  it.each(EVIL)('%s costs its length and no more', async (pattern) => {
    const q = encodeURIComponent(`label~="${pattern}"`);
    const registered = { type: 'ContextSourceRegistration', endpoint: 'http://127.0.0.1:9' };
    const information = [{ entities: [{ type: 'Evil', idPattern: pattern }] }];
    const outcomes = await Promise.all([
      timed(() => instance.send('GET', `${ENTITIES}?type=Room&q=${q}`, undefined, TENANT)),
      timed(() => instance.send('GET', `${ENTITIES}?idPattern=${encodeURIComponent(pattern)}`, undefined, TENANT)),
      timed(() => instance.send('POST', '/ngsi-ld/v1/csourceRegistrations', { ...registered, information }, TENANT)),
      timed(() => instance.send('GET', '/health')),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([200, 200, 201, 200]);
    expect(Math.max(...outcomes.map(({ ms }) => ms))).toBeLessThan(2_000);
  });

  it.each(['a'.repeat(257), '(a', '(?=a)', '\\1', 'a{1001}', '(?:(?:(?:a{100}){100}){100})'])(
    '%s is refused',
    async (pattern) => {
      const { status } = await instance.send(
        'GET',
        `${ENTITIES}?idPattern=${encodeURIComponent(pattern)}`,
        undefined,
        TENANT,
      );
      expect(status).toBe(400);
    },
  );
});

describe('large bodies', () => {
  let broker: BrokerProcess;
  let folder: string;
  const post = (body: Buffer, headers: object = {}): Promise<Response> =>
    fetch(`${broker.url}${ENTITIES}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: new Uint8Array(body),
    });
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'contor-threats-'));
    broker = await startBroker({ BROKER_DATA: folder });
  });
  afterAll(async () => {
    await broker.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const bomb = Buffer.alloc(2 ** 26);
  it.each([
    ['gzip', gzipSync(bomb)],
    ['x-gzip', gzipSync(bomb)],
    ['deflate', deflateSync(bomb)],
    ['br', brotliCompressSync(bomb.subarray(0, 2 ** 22))],
    ['gzip, gzip', gzipSync(gzipSync(bomb))],
  ])('T11: a bomb packed as %s is refused and not unpacked', async (encoding, bytes) => {
    const before = await broker.weigh();
    const startedMs = performance.now();
    expect((await post(bytes, { 'Content-Encoding': encoding })).status).toBe(415);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    expect((await broker.weigh()).rssBytes - before.rssBytes).toBeLessThan(20 * 2 ** 20);
  });

  it.each([
    ['lists', '['],
    ['objects', '{"a":'],
  ])('T12: 12 MiB of nested %s are refused before they are parsed, and nobody waits for it', async (_what, opening) => {
    const body = Buffer.from(opening.repeat((12 * 2 ** 20) / opening.length));
    // What parsing so many brackets costs, on this machine and as busy as it is now.
    const parsed = await timed(async () => {
      expect(() => JSON.parse('['.repeat(12 * 2 ** 20))).toThrow();
      return new Response();
    });
    const outcomes = await Promise.all([
      timed(() => post(body)),
      timed(() => fetch(`${broker.url}/health`)),
      timed(() => fetch(`${broker.url}${ENTITIES}?local=true`)),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([400, 200, 200]);
    expect(Math.max(...outcomes.map(({ ms }) => ms))).toBeLessThan(parsed.ms);
  });

  it('T12: brackets in a text are text', async () => {
    const value = `${'["'.repeat(200_000)}\\`;
    const response = await post(Buffer.from(JSON.stringify(room('urn:ngsi-ld:Room:brackets', { a: property(value) }))));
    expect(response.status).toBe(201);
  });
});

describe('endpoints (T14)', () => {
  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://10.0.0.1/',
    'http://0.0.0.0/',
    'http://[::]/',
    'http://[::ffff:10.0.0.1]/',
    'http://[64:ff9b::a00:1]/',
    'http://localhost./',
    'http://127.0.0.1.nip.io/',
    'http://127.0.0.1@evil.example/',
    'http://evil.example#@127.0.0.1/',
    'http://evil.example\\@127.0.0.1/',
    'ftp://127.0.0.1/',
    'gopher://127.0.0.1/',
    'javascript:alert(1)',
    '//127.0.0.1/',
    'http://',
  ])('%s is refused', async (uri) => {
    const subscription = { type: 'Subscription', entities: [{ type: 'Room' }], notification: { endpoint: { uri } } };
    expect((await instance.send('POST', '/ngsi-ld/v1/subscriptions', subscription, TENANT)).status).toBe(400);
  });
});

describe('bytes that are no request', () => {
  it.each([
    'GET\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n',
    'POST /ngsi-ld/v1/entities HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    '\u0016\u0003\u0001\u0002',
  ])('%j is answered with an error or closed', async (bytes) => {
    const { hostname, port } = new URL(instance.url);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.write(bytes));
      let text = '';
      socket.setTimeout(2_000, () => socket.destroy());
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        socket.end();
      });
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
    if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 4\d\d/);
    expect((await instance.send('GET', '/health')).status).toBe(200);
  });

  it('a name that was rebound to us is refused', async () => {
    const { hostname, port } = new URL(instance.url);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () =>
        socket.write('GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n'),
      );
      socket.once('data', (chunk) => {
        resolve(chunk.toString('latin1'));
        socket.destroy();
      });
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400/);
  });

  it('a malformed URL is a 400', async () => {
    expect((await instance.send('GET', `${ENTITIES}/%E0%A4%A`, undefined, TENANT)).status).toBe(400);
  });
});

describe('tenants (T2)', () => {
  const name = TENANT['NGSILD-Tenant'];
  it.each([
    ['of another case', { 'NGSILD-Tenant': name.toUpperCase() }],
    ['that is a path', { 'NGSILD-Tenant': '../default' }],
    ['that is a file', { 'NGSILD-Tenant': '/etc/passwd' }],
    ['encoded', { 'NGSILD-Tenant': '%2e%2e' }],
    ['with a space', { 'NGSILD-Tenant': `${name} x` }],
    ['that came twice', { 'NGSILD-Tenant': `${name}, default` }],
    ['that is too long', { 'NGSILD-Tenant': 'a'.repeat(51) }],
    ['of a prototype', { 'NGSILD-Tenant': '__proto__x.y' }],
    ['that contradicts the other header', { 'NGSILD-Tenant': name, 'Fiware-Service': `${name}_b` }],
    ['that only the other header gets wrong', { 'Fiware-Service': 'A B' }],
  ])('a name %s is refused', async (_what, headers) => {
    for (const path of [`${ENTITIES}?type=Room`, '/ngsi-ld/v1/subscriptions', '/ngsi-ld/v1/csourceRegistrations'])
      expect((await instance.send('GET', path, undefined, headers)).status).toBe(400);
    expect((await instance.send('POST', ENTITIES, room('urn:ngsi-ld:Room:t2'), headers)).status).toBe(400);
  });

  it.each(['__proto__', 'constructor', 'tostring'])('%s is a tenant like any other', async (odd) => {
    const headers = { 'NGSILD-Tenant': odd };
    expect((await instance.send('GET', `${ENTITIES}?type=Room`, undefined, headers)).status).toBe(404);
    expect((await instance.send('POST', ENTITIES, room('urn:ngsi-ld:Room:t2'), headers)).status).toBe(201);
    expect((await instance.send('GET', `${ENTITIES}?type=Room`, undefined, headers)).json).toHaveLength(1);
    expect((await instance.send('DELETE', `${ENTITIES}/urn:ngsi-ld:Room:t2`, undefined, headers)).status).toBe(204);
  });

  it('see only their own, whatever they do', async () => {
    const names = ['one', 'two', 'three'].map((name) => ({ 'NGSILD-Tenant': `${TENANT['NGSILD-Tenant']}_${name}` }));
    for (const [at, headers] of names.entries()) {
      const body = [room(ROOM, { owner: property(at) }), room(`urn:ngsi-ld:Room:of-${at}`, { owner: property(at) })];
      expect((await instance.send('POST', '/ngsi-ld/v1/entityOperations/upsert', body, headers)).status).toBe(201);
    }
    for (const [at, headers] of names.entries()) {
      for (const path of [
        '?type=Room',
        '?idPattern=.',
        '?q=owner>=0',
        '?local=true',
        `?id=${ROOM},urn:ngsi-ld:Room:of-0,urn:ngsi-ld:Room:of-1,urn:ngsi-ld:Room:of-2`,
      ]) {
        const { json } = await instance.send(
          'GET',
          `${ENTITIES}${path}${path.includes('?') ? '&' : '?'}format=simplified`,
          undefined,
          headers,
        );
        expect((json as { owner: number }[]).map(({ owner }) => owner)).toEqual([at, at]);
      }
    }
  });
});
