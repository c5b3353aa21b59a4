/** @contexts on hosts that the operator named (GS CIM 009 V1.9.1, 5.5.5; T15): fetched once, bounded, never from elsewhere. */

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startBroker } from './broker-process.js';
import { LD, LINK, property, room } from './cases.js';
import { describeOurs, openInstance, type Reply } from './instance.js';

const EXAMPLE = 'https://example.org/';

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
