import { brokerOver, type Closable, historyOver } from '@contor/agent-kit';
import { SimulatedClock } from '@contor/kit';
import { contextLink } from '@contor/orion-config';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Answer, type Asked, type SmallServer, startSmallServer } from '../openapi/small-server.js';

const NOW_MS = Date.UTC(2026, 10, 20, 8);
const SECRET = 'the-secret';
const METER = { id: 'urn:ngsi-ld:ACMeasurement:e350-0001', type: 'ACMeasurement', totalActivePower: { value: 230.5 } };
const OTHER = { ...METER, id: 'urn:ngsi-ld:ACMeasurement:e350-0002' };

let server: SmallServer | undefined;
let peer: Closable | undefined;

afterEach(async () => {
  peer?.close();
  await server?.close();
});

async function listening(answer: (asked: Asked) => Answer): Promise<{ url: string; secret: string }> {
  server = await startSmallServer(answer);
  return { url: server.url, secret: SECRET };
}

async function brokerThat(answer: (asked: Asked) => Answer) {
  const broker = brokerOver(await listening(answer));
  peer = broker;
  return broker;
}

async function historyThat(answer: (asked: Asked) => Answer) {
  const history = historyOver(await listening(answer), 'agent-test', new SimulatedClock(NOW_MS));
  peer = history;
  return history;
}

/** A broker that knows the platform's @context by heart, and takes everything. */
const knowing = ({ method }: Asked): Answer => ({ status: method === 'GET' ? 200 : 204 });
/** Without the question where that @context is. */
const batches = (): readonly Asked[] => server?.asked.filter(({ method }) => method === 'POST') ?? [];

describe('the door to the broker', () => {
  it('says who speaks, for whom and in which words', async () => {
    const broker = await brokerThat(knowing);
    expect(await broker.upsert('city', [METER])).toEqual({ kind: 'done' });
    const [asked] = batches();
    expect(`${asked?.method} ${asked?.path}?${asked?.query}`).toBe(
      'POST /ngsi-ld/v1/entityOperations/upsert?options=update',
    );
    expect(asked?.headers).toMatchObject({
      authorization: `Bearer ${SECRET}`,
      'content-type': 'application/json',
      'ngsild-tenant': 'city',
      'fiware-service': 'city',
      link: contextLink(),
    });
    expect(JSON.parse(asked?.body ?? '')).toEqual([METER]);
  });

  it('keeps a line for each tenant, and has no header for the default one', async () => {
    const broker = await brokerThat(knowing);
    for (const tenant of ['default', 'city', 'default', 'city']) await broker.upsert(tenant, [METER]);
    const asked = batches();
    expect(asked.map(({ headers }) => headers['ngsild-tenant'])).toEqual([undefined, 'city', undefined, 'city']);
    expect(asked.map(({ headers }) => headers['fiware-service'])).toEqual([undefined, 'city', undefined, 'city']);
    expect(new Set(asked.map(({ remotePort }) => remotePort)).size).toBe(2);
  });

  it('tells which entities were refused, and why', async () => {
    const error = { type: 'https://uri.etsi.org/ngsi-ld/errors/BadRequestData', title: 'no such unit', status: 400 };
    const broker = await brokerThat(() => ({
      status: 207,
      body: { success: [METER.id], errors: [{ entityId: OTHER.id, error }] },
    }));
    expect(await broker.upsert('default', [METER, OTHER])).toEqual({
      kind: 'some refused',
      refused: [{ entityId: OTHER.id, reason: expect.stringContaining('no such unit') }],
    });
  });

  it('takes none for delivered when somebody was refused without a name', async () => {
    const broker = await brokerThat(() => ({
      status: 207,
      body: { success: [], errors: [{ error: { title: 'no' } }] },
    }));
    expect(await broker.upsert('default', [METER, OTHER])).toMatchObject({ kind: 'all refused' });
  });

  it.each([429, 500, 503])('waits when one entity met the trouble %i of the broker', async (status) => {
    const broker = await brokerThat(() => ({
      status: 207,
      body: { success: [METER.id], errors: [{ entityId: OTHER.id, error: { title: 'later', status } }] },
    }));
    await expect(broker.upsert('default', [METER, OTHER])).rejects.toMatchObject({ code: 'peer.unavailable' });
  });
});

describe('the door to history', () => {
  it('tells history as a broker would', async () => {
    const history = await historyThat(() => ({ body: 'Notification successfully processed' }));
    expect(await history.append('city', [METER, METER])).toEqual({ kind: 'done' });
    const [asked] = server?.asked ?? [];
    expect(asked?.path).toBe('/v2/notify');
    expect(asked?.headers).toMatchObject({ authorization: `Bearer ${SECRET}`, 'fiware-service': 'city' });
    expect(asked?.headers.link).toBeUndefined();
    expect(JSON.parse(asked?.body ?? '')).toEqual({
      id: 'urn:ngsi-ld:Notification:agent-test',
      type: 'Notification',
      subscriptionId: 'urn:ngsi-ld:Subscription:agent-test',
      notifiedAt: '2026-11-20T08:00:00.000Z',
      data: [METER, METER],
    });
  });
});

describe.each([
  ['broker', async (answer: () => Answer) => (await brokerThat(answer)).upsert('default', [METER])],
  ['history', async (answer: () => Answer) => (await historyThat(answer)).append('default', [METER])],
])('an answer of %s', (name, send) => {
  it.each([400, 413, 422])('%i refuses the content for good', async (status) => {
    const body = { title: 'not like this', detail: 'the value is no number' };
    expect(await send(() => ({ status, body }))).toEqual({
      kind: 'all refused',
      reason: `${status} the value is no number`,
    });
  });

  it.each([401, 403, 404, 408, 409, 429, 500, 503])('%i may be right tomorrow', async (status) => {
    const error: unknown = await send(() => ({ status, body: { detail: 'later' } })).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'peer.unavailable', context: { peer: name, status } });
    const said = JSON.stringify(error) + String(error) + String((error as Error).stack);
    expect(said).not.toContain(SECRET);
    expect(said).not.toContain('230.5');
  });

  it('and none at all may be one tomorrow', async () => {
    const error: unknown = await send(() => {
      void server?.close();
      return { never: true };
    }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'peer.unavailable', context: { peer: name, status: undefined } });
  });
});
