import {
  type BrokerPort,
  CONTEXT_URL,
  contextDocument,
  contextLink,
  findContext,
  historySubscription,
  installPlatform,
} from '@contor/orion-config';
import { beforeEach, describe, expect, it } from '@jest/globals';

type Request = Parameters<BrokerPort['request']>[0];

const SUBSCRIPTION = 'urn:ngsi-ld:Subscription:contor-history-live';
const SUBSCRIPTION_PATH = `/ngsi-ld/v1/subscriptions/${encodeURIComponent(SUBSCRIPTION)}`;
const options = { historyUrl: 'http://127.0.0.1:8668/' };

/** A broker as small as the conversation needs; `builtIn` brokers know our context by heart. */
class SmallBroker implements BrokerPort {
  readonly asked: Request[] = [];
  readonly contexts = new Map<string, unknown>();
  subscription: Record<string, unknown> | undefined;
  readonly #builtIn: boolean;

  constructor(builtIn: boolean) {
    this.#builtIn = builtIn;
  }

  get changes(): readonly string[] {
    return this.asked.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);
  }

  async request(request: Request) {
    this.asked.push(request);
    const { status = 404, headers = {}, body } = this.#answer(request);
    return { status, headers, body };
  }

  #answer({ method, path, body }: Request): { status?: number; headers?: Record<string, string>; body?: unknown } {
    const contextId = /^\/ngsi-ld\/v1\/jsonldContexts\/(.+)$/.exec(path)?.[1];
    if (contextId === encodeURIComponent(CONTEXT_URL))
      return this.#builtIn ? { status: 200, body: contextDocument() } : {};
    if (contextId !== undefined && method === 'DELETE') return { status: this.contexts.delete(contextId) ? 204 : 404 };
    if (contextId !== undefined)
      return this.contexts.has(contextId) ? { status: 200, body: this.contexts.get(contextId) } : {};
    if (path === '/ngsi-ld/v1/jsonldContexts?kind=Hosted') {
      return {
        status: 200,
        body: [...this.contexts.keys()].map((id) => `http://broker/ngsi-ld/v1/jsonldContexts/${id}`),
      };
    }
    if (path === '/ngsi-ld/v1/jsonldContexts') {
      const id = `c${this.contexts.size + 1}`;
      this.contexts.set(id, body);
      return { status: 201, headers: { location: `http://broker/ngsi-ld/v1/jsonldContexts/${id}` } };
    }
    if (method === 'DELETE') {
      this.subscription = undefined;
      return { status: 204 };
    }
    if (method === 'POST') {
      this.subscription = body as Record<string, unknown>;
      return { status: 201 };
    }
    if (this.subscription === undefined) return {};
    if (method === 'PATCH') {
      this.subscription = { ...this.subscription, ...(body as object) };
      return { status: 204 };
    }
    return { status: 200, body: { ...this.subscription, status: 'active', isActive: true } };
  }
}

describe('installing the platform', () => {
  let broker: SmallBroker;
  beforeEach(() => {
    broker = new SmallBroker(true);
  });

  it('creates the history subscription, with our @context', async () => {
    const report = await installPlatform(broker, options);
    expect(report).toEqual({
      contextUrl: CONTEXT_URL,
      steps: [
        { what: 'context', id: CONTEXT_URL, did: 'untouched' },
        { what: 'subscription', id: SUBSCRIPTION, did: 'created' },
      ],
    });
    expect(broker.subscription).toEqual(historySubscription(options));
    expect(broker.asked.at(-1)?.headers?.Link).toBe(contextLink());
  });

  it('changes nothing the second time', async () => {
    await installPlatform(broker, options);
    broker.asked.length = 0;
    const report = await installPlatform(broker, options);
    expect(report.steps.map(({ did }) => did)).toEqual(['untouched', 'untouched']);
    expect(broker.changes).toEqual([]);
  });

  it.each([
    ['history has moved', { historyUrl: 'https://history.example:8668' }],
    ['there is a secret now', { ...options, secret: 'new' }],
    ['the tenant is another', { ...options, tenant: 'city' }],
  ])('updates the subscription when %s', async (_why, changed) => {
    await installPlatform(broker, options);
    broker.asked.length = 0;
    expect((await installPlatform(broker, changed)).steps[1]?.did).toBe('updated');
    expect(broker.changes).toEqual([`PATCH ${SUBSCRIPTION_PATH}`]);
    expect(broker.subscription).toEqual(historySubscription(changed));
    expect((await installPlatform(broker, changed)).steps[1]?.did).toBe('untouched');
  });

  it('takes back a header that is no longer wanted', async () => {
    await installPlatform(broker, { ...options, secret: 'old' });
    expect((await installPlatform(broker, options)).steps[1]?.did).toBe('updated');
  });

  it('hosts the @context where the broker does not know it, once', async () => {
    broker = new SmallBroker(false);
    const first = await installPlatform(broker, options);
    expect(first.contextUrl).toBe('http://broker/ngsi-ld/v1/jsonldContexts/c1');
    expect(first.steps[0]?.did).toBe('created');
    const second = await installPlatform(broker, options);
    expect(second).toMatchObject({ contextUrl: first.contextUrl, steps: [{ did: 'untouched' }, { did: 'untouched' }] });
    expect(broker.asked.at(-1)?.headers?.Link).toBe(contextLink(first.contextUrl));
  });

  it('replaces an older @context of ours and leaves those of others alone', async () => {
    broker = new SmallBroker(false);
    broker.contexts.set('theirs', { '@context': { a: 'https://example.org/a' } });
    broker.contexts.set('old', { '@context': { contor: 'https://contor.example/vocabulary/' } });
    expect((await installPlatform(broker, options)).steps[0]?.did).toBe('updated');
    expect([...broker.contexts.keys()]).toEqual(['theirs', 'c3']);
  });

  it('makes the subscription anew when the @context it was made with goes', async () => {
    broker = new SmallBroker(false);
    await installPlatform(broker, options);
    broker.contexts.set('c1', { '@context': { contor: 'https://contor.example/vocabulary/' } });
    broker.asked.length = 0;
    expect((await installPlatform(broker, options)).steps.map(({ did }) => did)).toEqual(['updated', 'created']);
    expect(broker.changes).toEqual([
      'POST /ngsi-ld/v1/jsonldContexts',
      'DELETE /ngsi-ld/v1/jsonldContexts/c1',
      `DELETE ${SUBSCRIPTION_PATH}`,
      'POST /ngsi-ld/v1/subscriptions',
    ]);
  });

  it.each([
    ['GET', SUBSCRIPTION_PATH],
    ['POST', '/ngsi-ld/v1/subscriptions'],
  ])('says so when the broker refuses %s %s', async (method, path) => {
    const refusing: BrokerPort = {
      request: async (request) =>
        request.method === method && request.path === path
          ? { status: 503, headers: {}, body: { title: 'full' } }
          : broker.request(request),
    };
    await expect(installPlatform(refusing, options)).rejects.toMatchObject({
      code: 'install.refused',
      context: { status: 503 },
    });
  });
});

describe('finding the @context', () => {
  const url = (id: string): string => `http://broker/ngsi-ld/v1/jsonldContexts/${id}`;
  const OLD = { '@context': { contor: 'https://contor.example/vocabulary/' } };

  it.each([
    ['by heart', true, {}, CONTEXT_URL],
    ['not installed', false, { theirs: { '@context': { a: 'https://example.org/a' } } }, undefined],
    ['hosted', false, { old: OLD, ours: contextDocument(), older: OLD }, url('ours')],
    ['of another version of the vocabulary', false, { oldest: OLD, old: OLD }, url('old')],
  ])('%s', async (_where, builtIn, contexts, expected) => {
    const broker = new SmallBroker(builtIn);
    for (const [id, body] of Object.entries(contexts)) broker.contexts.set(id, body);
    expect(await findContext(broker)).toBe(expected);
    expect(broker.changes).toEqual([]);
  });

  it.each([401, 404, 405, 501, 503])('in a broker that does not say (%i): nowhere', async (status) => {
    expect(await findContext({ request: async () => ({ status, headers: {}, body: {} }) })).toBeUndefined();
  });
});

describe('the history subscription', () => {
  it('carries tenant and secret on to history', () => {
    const definition = historySubscription({ ...options, tenant: 'city', secret: 's' });
    expect(definition.notification).toMatchObject({
      endpoint: {
        uri: 'http://127.0.0.1:8668/v2/notify',
        accept: 'application/json',
        receiverInfo: [
          { key: 'NGSILD-Tenant', value: 'city' },
          { key: 'Fiware-Service', value: 'city' },
          { key: 'Authorization', value: 'Bearer s' },
        ],
      },
    });
  });
  it('carries nothing for the default tenant', () => {
    expect(historySubscription({ ...options, tenant: 'default' })).toEqual(historySubscription(options));
    expect(JSON.stringify(historySubscription(options))).not.toContain('receiverInfo');
  });
});
