import { type BrokerClient, createBrokerClient, RequestError } from '@contor/history-query';
import {
  CONTEXT_URL,
  contextDocument,
  contextLink,
  entity,
  installPlatform,
  type NgsiEntity,
  urn,
} from '@contor/orion-config';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Answer, type Asked, type SmallServer, startSmallServer } from './small-server.js';

let server: SmallServer | undefined;
let client: BrokerClient | undefined;

afterEach(async () => {
  client?.close();
  await server?.close();
});

async function brokerOf(answer: (asked: Asked) => Answer, secret?: string): Promise<BrokerClient> {
  server = await startSmallServer(answer);
  client = createBrokerClient({ url: server.url, secret });
  return client;
}

function devices(count: number): readonly NgsiEntity[] {
  return Array.from({ length: count }, (_, index) =>
    entity('Device', urn('Device', `d${index}`))
      .property('serialNumber', `S${index}`)
      .build(),
  );
}

describe('upsert', () => {
  it('goes in order, a thousand entities a batch, and tells created from changed', async () => {
    const broker = await brokerOf(({ body }) => {
      const ids = (JSON.parse(body) as { id: string }[]).map(({ id }) => id);
      return ids.length === 1_000 ? { status: 201, body: ids.slice(0, 2) } : { status: 204 };
    });
    const outcome = await broker.upsert(devices(1_001));
    expect(outcome).toEqual({ created: ['urn:ngsi-ld:Device:d0', 'urn:ngsi-ld:Device:d1'], failed: [] });
    expect(server?.asked.map(({ method, path, query }) => `${method} ${path}?${query}`)).toEqual(
      Array(2).fill('POST /ngsi-ld/v1/entityOperations/upsert?options=update'),
    );
  });
  it('hands back what the broker refused', async () => {
    const error = {
      entityId: 'urn:ngsi-ld:Device:d1',
      error: { type: 'https://uri.etsi.org/ngsi-ld/errors/BadRequestData', title: 'no' },
    };
    const broker = await brokerOf(() => ({
      status: 207,
      body: { success: ['urn:ngsi-ld:Device:d0'], errors: [error] },
    }));
    expect(await broker.upsert(devices(2))).toEqual({ created: ['urn:ngsi-ld:Device:d0'], failed: [error] });
  });
  it('does not take any success for an answer', async () => {
    const broker = await brokerOf(() => ({ status: 200, body: 'hello' }));
    await expect(broker.upsert(devices(1))).rejects.toMatchObject({ code: 'http.unexpected-answer' });
  });
});

describe('reading', () => {
  it('pages until a page is not full', async () => {
    const all = devices(2_500);
    const broker = await brokerOf(({ query }) => {
      const offset = Number(query.get('offset'));
      return { body: all.slice(offset, offset + Number(query.get('limit'))) };
    });
    expect(await broker.query({ type: 'Device', attrs: ['serialNumber'] })).toEqual(all);
    expect(server?.asked.map(({ query }) => query.get('offset'))).toEqual(['0', '1000', '2000']);
    expect(server?.asked[0]?.query.get('attrs')).toBe('serialNumber');
  });
  it('tells absence from failure', async () => {
    const broker = await brokerOf(({ path }) =>
      path.endsWith('d0') ? { body: devices(1)[0] } : { status: path.endsWith('d1') ? 404 : 500 },
    );
    expect(await broker.get('urn:ngsi-ld:Device:d0')).toEqual(devices(1)[0]);
    expect(await broker.get('urn:ngsi-ld:Device:d1')).toBeUndefined();
    await expect(broker.get('urn:ngsi-ld:Device:d2')).rejects.toMatchObject({ code: 'http.failed' });
  });
  it('keeps odd characters of an identifier whole', async () => {
    const broker = await brokerOf(() => ({ status: 404 }));
    await broker.get('urn:ngsi-ld:Device:a/b?c#d é');
    expect(decodeURIComponent(server?.asked[0]?.path ?? '')).toBe('/ngsi-ld/v1/entities/urn:ngsi-ld:Device:a/b?c#d é');
  });
});

describe('errors', () => {
  it.each([
    [400, 'http.refused', false],
    [401, 'http.forbidden', false],
    [403, 'http.forbidden', false],
    [409, 'http.refused', false],
    [429, 'http.busy', true],
    [500, 'http.failed', true],
    [503, 'http.busy', true],
    [504, 'http.failed', true],
  ])('%i is %s', async (status, code, isRetryable) => {
    const broker = await brokerOf(
      () => ({ status, body: { type: 'x', title: 'A title', detail: 'the detail' } }),
      'the-secret',
    );
    const error: unknown = await broker.query({ type: 'Device' }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({ code, status, isRetryable, message: expect.stringContaining('the detail') });
    expect(JSON.stringify(error)).not.toContain('the-secret');
  });
  it('keep what the address holds of secrets to themselves', async () => {
    server = await startSmallServer(() => ({ status: 500, body: { unusual: 'answer' } }));
    client = createBrokerClient({ url: server.url.replace('://', '://name:the-password@') });
    const error: unknown = await client.get('urn:x:1').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'http.failed', context: { detail: '{"unusual":"answer"}' } });
    expect(`${JSON.stringify(error)} ${error}`).not.toContain('the-password');
  });
  it('name a server that is not there', async () => {
    const broker = await brokerOf(() => ({}));
    await server?.close();
    await expect(broker.get('urn:x:1')).rejects.toMatchObject({ code: 'http.unreachable', isRetryable: true });
  });
});

describe('the context', () => {
  it('goes along where names are short, and nowhere else', async () => {
    server = await startSmallServer(() => ({ status: 204 }));
    client = createBrokerClient({ url: server.url, contextUrl: 'https://city.example/c.jsonld' });
    await client.upsert(devices(1));
    await client.get('urn:x:1');
    await client.subscriptions.deleteSubscription({ subscriptionId: 'urn:x:2' });
    await client.subscriptions.deleteSubscription({ subscriptionId: 'urn:x:2', link: '<https://other.example>' });
    await client.contexts.listContexts();
    await client.request({ method: 'POST', path: '/ngsi-ld/v1/jsonldContexts', body: {} });
    await client.request({ method: 'GET', path: '/', headers: { Link: '<https://mine.example>' } });
    const ours = contextLink('https://city.example/c.jsonld');
    expect(server.asked.map(({ headers }) => headers.link)).toEqual([
      ours,
      ours,
      ours,
      '<https://other.example>',
      undefined,
      undefined,
      '<https://mine.example>',
    ]);
  });
  it('is not ours to choose for those who name none', async () => {
    const broker = await brokerOf(() => ({ status: 204 }));
    await broker.upsert(devices(1));
    expect(server?.asked[0]?.headers.link).toBeUndefined();
  });
});

describe('the context that was installed', () => {
  const CONTEXTS = '/ngsi-ld/v1/jsonldContexts';
  /** A foreign broker: hosts what it is told to, and understands no other @context. */
  async function foreign(hosted: string[]): Promise<BrokerClient> {
    server = await startSmallServer(({ path, headers }) => {
      if (path === CONTEXTS) return { status: 200, body: hosted };
      if (path.startsWith(CONTEXTS))
        return hosted.some((url) => url.endsWith(path.slice(CONTEXTS.length)))
          ? { status: 200, body: contextDocument() }
          : { status: 404 };
      return { status: hosted.some((url) => headers.link === contextLink(url)) ? 204 : 504 };
    });
    client = createBrokerClient({ url: server.url, context: 'installed' });
    return client;
  }
  const lookUps = (): number => server?.asked.filter(({ path }) => path === CONTEXTS).length ?? 0;

  it('is looked up once, by as many as need it', async () => {
    const broker = await foreign(['http://broker/jsonldContexts/1']);
    await Promise.all([broker.upsert(devices(1)), broker.get('urn:x:1'), broker.upsert(devices(1))]);
    expect(await broker.contextUrl()).toBe('http://broker/jsonldContexts/1');
    expect(lookUps()).toBe(1);
    const links = server?.asked.filter(({ path }) => !path.startsWith(CONTEXTS)).map(({ headers }) => headers.link);
    expect(links).toEqual(new Array(3).fill(contextLink('http://broker/jsonldContexts/1')));
  });

  it('is looked up again when the broker has another one now', async () => {
    const hosted = ['http://broker/jsonldContexts/1'];
    const broker = await foreign(hosted);
    await broker.upsert(devices(1));
    hosted.splice(0, 1, 'http://broker/jsonldContexts/2');
    await expect(broker.upsert(devices(1))).rejects.toMatchObject({ status: 504, isRetryable: true });
    expect((await broker.upsert(devices(1))).failed).toEqual([]);
    expect(await broker.contextUrl()).toBe('http://broker/jsonldContexts/2');
    hosted.splice(0, 1, 'http://broker/jsonldContexts/3');
    const Link = contextLink(await broker.contextUrl());
    const { status } = await broker.request({ method: 'GET', path: '/ngsi-ld/v1/types', headers: { Link } });
    expect([status, await broker.contextUrl()]).toEqual([504, 'http://broker/jsonldContexts/3']);
  });

  it('is waited for: before the platform is installed its name is refused', async () => {
    const hosted: string[] = [];
    const broker = await foreign(hosted);
    await expect(broker.upsert(devices(1))).rejects.toMatchObject({ status: 504, isRetryable: true });
    expect(server?.asked.at(-1)?.headers.link).toBe(contextLink(CONTEXT_URL));
    hosted.push('http://broker/jsonldContexts/1');
    expect((await broker.upsert(devices(1))).failed).toEqual([]);
  });

  it.each([400, 401, 422, 503])('a %i to the question decides nothing: it is asked again', async (status) => {
    let isWell = false;
    server = await startSmallServer(({ path }) => ({ status: isWell || !path.startsWith(CONTEXTS) ? 200 : status }));
    client = createBrokerClient({ url: server.url, context: 'installed' });
    await client.get('urn:x:1');
    isWell = true;
    await client.get('urn:x:1');
    await client.get('urn:x:1');
    const asked = server.asked.filter(({ path }) => path === `${CONTEXTS}/${encodeURIComponent(CONTEXT_URL)}`);
    expect(asked).toHaveLength(2);
  });

  it('has the faults of the line, and no others', async () => {
    server = await startSmallServer(() => ({}));
    client = createBrokerClient({ url: server.url, context: 'installed' });
    await server.close();
    await expect(client.get('urn:x:1')).rejects.toMatchObject({ code: 'http.unreachable', isRetryable: true });
  });
});

describe('the plain request', () => {
  it('takes every status for an answer, and installs the platform', async () => {
    const broker = await brokerOf(({ method, path }) =>
      method === 'POST'
        ? { status: 201, headers: { Location: '/x' } }
        : { status: path.includes('jsonldContexts') ? 200 : 404, body: {} },
    );
    expect(await broker.request({ method: 'GET', path: '/ngsi-ld/v1/types?a=b' })).toMatchObject({
      status: 404,
      body: {},
    });
    const report = await installPlatform(broker, { historyUrl: 'http://127.0.0.1:8668' });
    expect(report.steps.map(({ did }) => did)).toEqual(['untouched', 'created']);
    expect(server?.asked.at(-1)?.headers['content-type']).toBe('application/json');
  });
});
