/** @contexts (GS CIM 009 V1.9.1, 5.13, 6.29, 6.30, 5.5.5, 5.5.7): hosted, fetched, inline, and those nobody holds. */

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONTEXT_URL } from '@contor/orion-config';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startBroker } from './broker-process.js';
import { type Case, CORE, contract, get, LD, LINK, post, property, ROOM, remove, room } from './cases.js';
import { describeOurs, openInstance, type Reply } from './instance.js';

const EXAMPLE = 'https://example.org/';
const as = (context: unknown, attributes: object = { warmth: property(21) }): object => ({
  ...room(ROOM, attributes),
  '@context': context,
});
const simplified = (name: string): NonNullable<Case['after']> => ({
  path: `/entities/${ROOM}?format=simplified`,
  answer: { status: 200, body: { id: ROOM, type: 'Room', [name]: 21 } },
});

/** An entity made under this @context, and the name its attribute then has for everybody else. */
const FORMS: readonly (readonly [clause: string, name: string, context: unknown, stored: string])[] = [
  ['5.5.7', 'a term', { warmth: `${EXAMPLE}warmth` }, `${EXAMPLE}warmth`],
  ['5.5.7', 'a term with a type', { warmth: { '@id': `${EXAMPLE}warmth`, '@type': '@id' } }, `${EXAMPLE}warmth`],
  ['5.5.7', 'a term behind a prefix', { ex: EXAMPLE, warmth: 'ex:warmth' }, `${EXAMPLE}warmth`],
  ['5.5.7', 'a vocabulary for a definition', { '@vocab': EXAMPLE, warmth: 'heat' }, `${EXAMPLE}heat`],
  ['5.5.7', 'a vocabulary alone: the core comes last', { '@vocab': EXAMPLE }, 'warmth'],
  ['5.5.7', 'null for a term', { warmth: null }, 'warmth'],
  ['5.5.7', 'an array, the last word counts', [{ warmth: `${EXAMPLE}a` }, { warmth: `${EXAMPLE}b` }], `${EXAMPLE}b`],
  ['5.5.7', 'an array with null', [{ warmth: `${EXAMPLE}a` }, null], 'warmth'],
  ['5.5.7', 'the core by a version', ['https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.3.jsonld'], 'warmth'],
  ['5.5.7', 'the core by http', 'http://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld', 'warmth'],
  ['5.5.7', 'the core without a version', 'https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld', 'warmth'],
  ['5.5.7', 'the core first', [CORE, { warmth: `${EXAMPLE}warmth` }], `${EXAMPLE}warmth`],
  ['5.5.7', 'the core last', [{ warmth: `${EXAMPLE}warmth` }, CORE], `${EXAMPLE}warmth`],
  ['5.5.7', 'an empty object', {}, 'warmth'],
  ['5.5.7', '@base is no matter for names', { '@base': EXAMPLE }, 'warmth'],
  [
    '5.5.7',
    'a container is no matter for names',
    { warmth: { '@id': `${EXAMPLE}w`, '@container': '@set' } },
    `${EXAMPLE}w`,
  ],
];

/** 5.5.4, 5.5.5: content that is no @context is the client's mistake (400), one that cannot be had is not (504). */
const REFUSED: readonly (readonly [clause: string, name: string, context: unknown, status: number])[] = [
  ['5.5.4', 'a number', 7, 400],
  ['5.5.4', 'a text that is no URL', 'not a url', 400],
  ['5.5.4', 'a definition that is a number', { warmth: 7 }, 400],
  ['5.5.4', 'an IRI with a blank', { warmth: 'https://example.org/a b' }, 400],
  ['5.5.4', 'terms in a circle', { warmth: 'b:x', b: 'warmth:y' }, 400],
  ['5.5.4', 'a version that is none', { '@version': 2 }, 400],
  ['5.5.4', 'a context that does not propagate', { '@propagate': false }, 400],
  ['5.5.4', 'the use of a scoped context', { warmth: { '@id': `${EXAMPLE}w`, '@context': { a: 'b' } } }, 400],
  ['5.5.4', 'the use of a reverse property', { warmth: { '@reverse': `${EXAMPLE}w` } }, 400],
  ['5.5.4', 'arrays within arrays within arrays', [[[[[[[{}]]]]]]], 400],
  [
    '5.5.4',
    'more terms than anybody needs',
    Object.fromEntries(Array.from({ length: 20_001 }, (_none, at) => [`t${at}`, EXAMPLE])),
    400,
  ],
  ['5.5.5', 'a URL nobody holds', `${EXAMPLE}context.jsonld`, 504],
  ['5.5.5', 'a URL nobody holds in an array', [CORE, `${EXAMPLE}context.jsonld`], 504],
  ['5.5.5', 'an imported URL nobody holds', { '@import': `${EXAMPLE}context.jsonld` }, 504],
  ['5.5.5', 'a file', 'file:///etc/passwd', 504],
  [
    '5.5.5',
    'a host that looks like that of the core',
    'https://uri.etsi.org.example.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld',
    504,
  ],
];

const CASES: readonly Case[] = [
  ...FORMS.map(
    ([clause, name, context, stored]): Case => ({
      clause,
      name,
      when: post('/entities', as(context), LD),
      answer: { status: 201 },
      after: simplified(stored),
    }),
  ),
  ...REFUSED.map(
    ([clause, name, context, status]): Case => ({
      clause,
      name: `${name} is refused`,
      when: post('/entities', as(context), LD),
      answer: { status, problem: status === 504 ? 'LdContextNotAvailable' : 'BadRequestData' },
    }),
  ),
  {
    clause: '5.5.7',
    name: 'an answer under another @context than the one of the request',
    given: [post('/entities', as({ warmth: `${EXAMPLE}warmth` }), LD)],
    when: post(
      '/entityOperations/query?format=simplified',
      { type: 'Query', entities: [{ type: 'Room' }], '@context': { heat: `${EXAMPLE}warmth` } },
      LD,
    ),
    answer: { status: 200, body: [{ id: ROOM, type: 'Room', heat: 21 }] },
  },
  {
    clause: '6.3.6',
    name: 'an inline @context is named by a Link that can be read',
    given: [post('/entities', room())],
    when: post(
      '/entityOperations/query',
      { type: 'Query', entities: [{ type: 'Room' }], '@context': { a: EXAMPLE } },
      LD,
    ),
    answer: {
      status: 200,
      headers: { link: /^<\/ngsi-ld\/v1\/jsonldContexts\/\w+>; rel="http:\/\/www.w3.org\/ns\/json-ld#context"/ },
    },
  },
  {
    clause: '6.3.5',
    name: 'two Link headers with an @context',
    given: [post('/entities', room())],
    when: get('/entities?type=Room', { Link: `${LINK}, ${LINK.replace(CORE, CONTEXT_URL)}` }),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '6.3.5',
    name: 'a Link of another relation is no @context',
    when: post('/entities', room(), { Link: `<${EXAMPLE}next>; rel="next"` }),
    answer: { status: 201 },
  },
  {
    clause: '5.13.3.4',
    name: 'a kind that is none',
    isTenantless: true,
    when: get('/jsonldContexts?kind=Rented'),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '5.13.3.5',
    name: 'details of those that are cached',
    isTenantless: true,
    when: get('/jsonldContexts?kind=Cached&details=true'),
    answer: { status: 200, body: expect.arrayContaining([expect.objectContaining({ URL: CORE, kind: 'Cached' })]) },
  },
  {
    clause: '5.13.4.4',
    name: 'a cached @context has details',
    isTenantless: true,
    when: get(`/jsonldContexts/${encodeURIComponent(CORE)}?details=true`),
    answer: { status: 200, like: { URL: CORE, kind: 'Cached' } },
  },
  {
    clause: '5.13.4.4',
    name: 'a cached @context is not served',
    isTenantless: true,
    when: get(`/jsonldContexts/${encodeURIComponent(CORE)}`),
    answer: { status: 422, problem: 'OperationNotSupported' },
  },
  {
    clause: '5.13.4.4',
    name: 'what the broker was started with is hosted',
    isTenantless: true,
    isOurs: true,
    when: get(`/jsonldContexts/${encodeURIComponent(CONTEXT_URL)}`),
    answer: { status: 200, like: { '@context': { contor: expect.any(String) } } },
  },
  {
    clause: '5.13.5.4',
    name: 'the core @context cannot be deleted',
    isTenantless: true,
    isOurs: true,
    when: remove(`/jsonldContexts/${encodeURIComponent(CORE)}`),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '5.13.5.4',
    name: 'an unknown @context cannot be deleted',
    isTenantless: true,
    when: remove('/jsonldContexts/none'),
    answer: { status: 404, problem: 'ResourceNotFound' },
  },
  {
    clause: '5.13.2.4',
    name: 'an @context that includes one nobody holds is not hosted',
    isTenantless: true,
    when: post('/jsonldContexts', { '@context': [`${EXAMPLE}context.jsonld`] }),
    answer: { status: 504, problem: 'LdContextNotAvailable' },
  },
  {
    clause: '5.13.2.4',
    name: 'an @context larger than a MiB is not hosted',
    isTenantless: true,
    isOurs: true,
    when: post('/jsonldContexts', { '@context': { a: `${EXAMPLE}${'x'.repeat(2 ** 20)}` } }),
    answer: { status: 413 },
  },
  {
    clause: 'ours',
    name: 'why a term of the platform expands as it does',
    isOurs: true,
    when: get('//ngsi-ld/ex/v1/explain?term=totalActivePower'),
    answer: {
      status: 200,
      like: { by: 'term', definedIn: CONTEXT_URL, line: expect.stringContaining('"totalActivePower": ') },
    },
  },
  {
    clause: 'ours',
    name: 'why a term expands as it does under another @context',
    isOurs: true,
    when: get('//ngsi-ld/ex/v1/explain?term=totalActivePower', { Link: LINK }),
    answer: {
      status: 200,
      like: {
        iri: 'https://uri.etsi.org/ngsi-ld/default-context/totalActivePower',
        by: 'defaultVocabulary',
        because: expect.stringContaining('default vocabulary'),
      },
    },
  },
  {
    clause: 'ours',
    name: 'an explanation of what is no name',
    isOurs: true,
    when: get('//ngsi-ld/ex/v1/explain?term=a%20b'),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: 'ours',
    name: 'an explanation of nothing',
    isOurs: true,
    when: get('//ngsi-ld/ex/v1/explain'),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: 'ours',
    name: 'which tenants there are',
    isOurs: true,
    given: [post('/entities', room())],
    when: get('//ngsi-ld/ex/v1/tenants'),
    answer: { status: 200, body: expect.arrayContaining([expect.stringMatching(/^case_/)]) },
  },
];

contract('@contexts', CASES);

describeOurs('a bomb of contexts (T15)', () => {
  it('is defused: a thousand entities, each with a large @context that nobody else has', async () => {
    const broker = await openInstance();
    try {
      const terms = Object.fromEntries(Array.from({ length: 15_000 }, (_none, at) => [`t${at}`, `${EXAMPLE}${at}`]));
      const { headers } = await broker.send('POST', '/ngsi-ld/v1/jsonldContexts', { '@context': terms });
      const url = broker.url + (headers.get('location') ?? '');
      const batch = Array.from({ length: 1_000 }, (_none, at) => ({
        id: `urn:ngsi-ld:Room:${at}`,
        type: 'Room',
        '@context': [url, { own: `${EXAMPLE}own${at}` }],
      }));
      const startedMs = performance.now();
      const { status, json } = await broker.send('POST', '/ngsi-ld/v1/entityOperations/create', batch, LD);
      expect(status).toBe(207);
      expect((json as { success: readonly string[] }).success.length).toBeLessThan(10);
      // Compiling one of them takes tens of milliseconds.
      expect(performance.now() - startedMs).toBeLessThan(3_000);
    } finally {
      await broker.stop();
    }
  });
});

/** A host of contexts that counts who comes, and answers as it is told. */
class ContextHost {
  readonly asked: string[] = [];
  answer: (path: string, response: ServerResponse) => void = (_path, response) => response.writeHead(404).end();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(): Promise<ContextHost> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const host = new ContextHost(server);
    server.on('request', ({ url = '' }, response) => {
      host.asked.push(url);
      host.answer(url, response);
    });
    return host;
  }

  get name(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

const send = (response: ServerResponse, body: unknown, type = 'application/ld+json'): void => {
  response.writeHead(200, { 'Content-Type': type }).end(typeof body === 'string' ? body : JSON.stringify(body));
};

describeOurs('an @context on a host that the operator named', () => {
  let host: ContextHost;
  let other: ContextHost;
  let broker: Awaited<ReturnType<typeof openInstance>>;
  let made = 0;
  beforeAll(async () => {
    host = await ContextHost.listen();
    other = await ContextHost.listen();
    broker = await openInstance({ BROKER_CONTEXT_HOSTS: host.name });
  });
  afterAll(async () => {
    await broker.stop();
    await host.close();
    await other.close();
  });
  const create = (context: unknown): Promise<Reply> => {
    made += 1;
    const entity = { id: `urn:ngsi-ld:Room:fetched-${made}`, type: 'Room', warmth: property(21), '@context': context };
    return broker.send('POST', '/ngsi-ld/v1/entities', entity, LD);
  };
  const nameOf = async (): Promise<readonly string[]> => {
    const path = `/ngsi-ld/v1/entities/urn:ngsi-ld:Room:fetched-${made}?format=simplified`;
    return Object.keys((await broker.send('GET', path, undefined, { Link: LINK })).json as object);
  };

  it('is fetched once, and means the same ever after', async () => {
    host.answer = (_path, response) => send(response, { '@context': { warmth: `${EXAMPLE}first` } });
    const url = `http://${host.name}/one.jsonld`;
    expect((await Promise.all([create(url), create(url), create([url])])).map(({ status }) => status)).toEqual([
      201, 201, 201,
    ]);
    host.answer = (_path, response) => send(response, { '@context': { warmth: `${EXAMPLE}second` } });
    expect((await create(url)).status).toBe(201);
    expect(await nameOf()).toContain(`${EXAMPLE}first`);
    expect(host.asked).toEqual(['/one.jsonld']);
  });

  it('is Cached: listed, described, not served, loaded again on demand, deleted', async () => {
    const url = `http://${host.name}/one.jsonld`;
    const path = `/ngsi-ld/v1/jsonldContexts/${encodeURIComponent(url)}`;
    expect((await broker.send('GET', '/ngsi-ld/v1/jsonldContexts?kind=Cached')).json).toContain(url);
    expect((await broker.send('GET', `${path}?details=true`)).json).toMatchObject({
      URL: url,
      kind: 'Cached',
      timestamp: expect.any(String),
    });
    expect((await broker.send('GET', path)).status).toBe(422);
    expect((await broker.send('DELETE', `${path}?reload=true`)).status).toBe(204);
    expect((await create(url)).status).toBe(201);
    expect(await nameOf()).toContain(`${EXAMPLE}second`);
    host.answer = (_path, response) => response.writeHead(500).end();
    expect((await broker.send('DELETE', `${path}?reload=true`)).status).toBe(504);
    expect((await create(url)).status).toBe(201);
    expect((await broker.send('DELETE', path)).status).toBe(204);
    expect((await broker.send('GET', `${path}?details=true`)).status).toBe(404);
    expect((await create(url)).status).toBe(504);
  });

  it('means the same after a restart, also when its host has changed its mind or is gone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'contor-contexts-'));
    const environment = { BROKER_DATA: folder, BROKER_CONTEXT_HOSTS: host.name };
    const context = `http://${host.name}/kept.jsonld`;
    const attribute = { warmth: property(21) };
    host.answer = (_path, response) => send(response, { '@context': { warmth: `${EXAMPLE}kept` } });
    let restarted = await startBroker(environment);
    try {
      const post = (id: string): Promise<Response> =>
        fetch(`${restarted.url}/ngsi-ld/v1/entities`, {
          method: 'POST',
          headers: LD,
          body: JSON.stringify({ ...room(id, attribute), '@context': context }),
        });
      expect((await post('urn:ngsi-ld:Room:1')).status).toBe(201);
      await restarted.kill();
      const asked = host.asked.length;
      host.answer = (_path, response) => send(response, { '@context': { warmth: `${EXAMPLE}changed` } });
      restarted = await startBroker(environment);
      expect((await post('urn:ngsi-ld:Room:2')).status).toBe(201);
      const found = await fetch(`${restarted.url}/ngsi-ld/v1/entities?type=Room&format=simplified`, {
        headers: { Link: LINK },
      });
      expect(await found.json()).toEqual(
        [1, 2].map((n) => ({ id: `urn:ngsi-ld:Room:${n}`, type: 'Room', [`${EXAMPLE}kept`]: 21 })),
      );
      expect(host.asked.length).toBe(asked);
    } finally {
      await restarted.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('may name others of the same host, relative to itself', async () => {
    host.answer = (path, response) =>
      send(response, { '@context': path === '/a/inner.jsonld' ? { warmth: `${EXAMPLE}inner` } : 'inner.jsonld' });
    expect((await create(`http://${host.name}/a/outer.jsonld`)).status).toBe(201);
    expect(await nameOf()).toContain(`${EXAMPLE}inner`);
  });

  it.each<[what: string, status: number, answer: ContextHost['answer']]>([
    [
      'a redirect to another host',
      504,
      (_path, response) => response.writeHead(302, { Location: `http://${other.name}/x` }).end(),
    ],
    ['another media type', 504, (_path, response) => send(response, { '@context': {} }, 'text/html')],
    ['more than a MiB', 504, (_path, response) => send(response, `{"@context":{"a":"${'x'.repeat(2 ** 20)}"}}`)],
    ['a broken connection', 504, (_path, response) => response.destroy()],
    ['what is no JSON', 400, (_path, response) => send(response, '{')],
    ['JSON that is no @context', 400, (_path, response) => send(response, { warmth: EXAMPLE })],
    ['an @context that is malformed', 400, (_path, response) => send(response, { '@context': { warmth: 7 } })],
    ['a context that always names another one', 400, (path, response) => send(response, { '@context': `${path}x` })],
    [
      'a context on a host nobody named',
      504,
      (_path, response) => send(response, { '@context': `http://${other.name}/x` }),
    ],
  ])('%s: %i', async (what, status, answer) => {
    host.answer = answer;
    const reply = await create(`http://${host.name}/${encodeURIComponent(what)}`);
    expect({ status: reply.status, text: reply.text }).toEqual({ status, text: reply.text });
    expect(other.asked).toEqual([]);
  });

  it.each([
    ['another port', () => `http://${other.name}/x`],
    ['another name of the same machine', () => `http://localhost:${host.name.split(':')[1]}/x`],
    ['credentials', () => `http://user:secret@${host.name}/x`],
    ['another scheme', () => `ftp://${host.name}/x`],
  ])('%s is not asked', async (_what, url) => {
    const before = host.asked.length;
    expect((await create(url())).status).toBe(504);
    expect([host.asked.length, other.asked]).toEqual([before, []]);
  });
});

describeOurs('an inline @context that an answer named', () => {
  it('is ImplicitlyCreated: readable, usable, deletable', async () => {
    const broker = await openInstance();
    try {
      await broker.send('POST', '/ngsi-ld/v1/entities', as({ warmth: `${EXAMPLE}warmth` }), LD);
      const query = { type: 'Query', entities: [{ type: 'Room' }], '@context': { heat: `${EXAMPLE}warmth` } };
      const { headers } = await broker.send('POST', '/ngsi-ld/v1/entityOperations/query', query, LD);
      const path = /^<([^>]+)>/.exec(headers.get('link') ?? '')?.[1] ?? '';
      expect((await broker.send('GET', path)).json).toEqual({ '@context': query['@context'] });
      expect((await broker.send('GET', `${path}?details=true`)).json).toMatchObject({ kind: 'ImplicitlyCreated' });
      const again = await broker.send('GET', `/ngsi-ld/v1/entities/${ROOM}?format=simplified`, undefined, {
        Link: LINK.replace(CORE, broker.url + path),
      });
      expect(again.json).toEqual({ id: ROOM, type: 'Room', heat: 21 });
      expect((await broker.send('DELETE', `${path}?reload=true`)).status).toBe(400);
      expect((await broker.send('DELETE', path)).status).toBe(204);
      expect((await broker.send('GET', path)).status).toBe(404);
    } finally {
      await broker.stop();
    }
  });
});
