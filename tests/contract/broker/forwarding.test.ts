/** Writes of which a part lies at a context source (GS CIM 009 V1.9.1, 4.3.6, 5.6, 6.3.17). */

import { expect, it } from '@jest/globals';
import { CORE, LINK, property, room } from './cases.js';
import {
  BASE,
  broker,
  create,
  DEVICE,
  device,
  given,
  ON,
  openScene,
  other,
  PATH,
  register,
  send,
  simplified,
  source,
  tenant,
} from './forwarding.js';
import { describeSet, isPlayed } from './instance.js';
import { ContextSource } from './source.js';

openScene();

describeSet('a command to an exclusive source', () => {
  const WRITES: readonly (readonly [string, string, string, unknown, string, unknown])[] = [
    ['5.6.2', 'PATCH', `${PATH}/attrs`, ON, `${PATH}/attrs`, ON],
    ['5.6.2', 'PATCH', `${PATH}/attrs`, { switch: 'on' }, `${PATH}/attrs`, ON],
    ['5.6.3', 'POST', `${PATH}/attrs`, ON, `${PATH}/attrs`, ON],
    ['5.6.3', 'POST', `${PATH}/attrs?options=noOverwrite`, ON, `${PATH}/attrs?options=noOverwrite`, ON],
    [
      '5.6.4',
      'PATCH',
      `${PATH}/attrs/switch`,
      { value: 'on' },
      `${PATH}/attrs/switch`,
      { type: 'Property', value: 'on' },
    ],
    ['5.6.4', 'PATCH', `${PATH}/attrs/level`, { unitCode: 'P1' }, `${PATH}/attrs/level`, { unitCode: 'P1' }],
    [
      '5.6.5',
      'DELETE',
      `${PATH}/attrs/switch?deleteAll=true`,
      undefined,
      `${PATH}/attrs/switch?deleteAll=true`,
      undefined,
    ],
    ['5.6.17', 'PATCH', PATH, ON, PATH, { id: DEVICE, ...ON }],
    ['5.6.17', 'PATCH', `${PATH}?options=keyValues`, { switch: 'on' }, PATH, { id: DEVICE, ...ON }],
    [
      '5.6.17',
      'PATCH',
      `${PATH}?observedAt=2026-11-20T07:00:00Z`,
      { level: 'urn:ngsi-ld:null' },
      `${PATH}?observedAt=2026-11-20T07%3A00%3A00Z`,
      { id: DEVICE, level: property('urn:ngsi-ld:null') },
    ],
    ['5.6.19', 'PUT', `${PATH}/attrs/switch`, property('on'), `${PATH}/attrs/switch`, property('on')],
    ['5.6.18', 'PUT', PATH, { type: 'Gadget', ...ON }, PATH, { id: DEVICE, type: 'Gadget', ...ON }],
  ];
  // A broker that plays Orion-LD has no PUT of an attribute.
  const asked = WRITES.filter(([clause]) => !(isPlayed && clause === '5.6.19'));
  it.each(asked)('%s: %s %s goes there once and is not stored', async (_clause, method, path, body, arrives, as) => {
    await register();
    expect(await send(method, path, body)).toMatchObject({ status: 204 });
    expect(source.asked).toEqual([expect.objectContaining({ method, path: BASE + arrives, body: as })]);
    expect((await send('GET', `${PATH}?local=true`)).status).toBe(404);
  });

  it('6.3.5: names are those of the @context that the source wants, in a Link', async () => {
    const context = { '@context': { schalter: 'https://example.org/switch' } };
    const hosted = await send('POST', '/jsonldContexts', context);
    const url = `${broker.url}${hosted.headers.get('location')}`;
    const link = LINK.replace(CORE, url);
    await register(
      {
        information: [{ entities: [{ id: DEVICE, type: 'Gadget' }], propertyNames: ['schalter'] }],
        contextSourceInfo: [{ key: 'jsonldContext', value: url }],
      },
      source,
      { Link: link },
    );
    const { status } = await send('PATCH', `${PATH}/attrs`, { 'https://example.org/switch': { value: 1 } });
    expect(status).toBe(204);
    expect(source.asked[0]?.body).toEqual({ schalter: property(1) });
    expect(source.asked[0]?.headers).toMatchObject({ link, 'content-type': 'application/json' });
  });

  it('6.3.5: an inline @context goes inside the body', async () => {
    const context = { switch: 'https://example.org/switch' };
    await register({
      information: [{ entities: [{ id: DEVICE, type: 'Gadget' }], propertyNames: ['https://example.org/switch'] }],
      contextSourceInfo: [{ key: 'jsonldContext', value: context }],
    });
    await given('PATCH', `${PATH}/attrs`, { 'https://example.org/switch': { value: 1 } });
    expect(source.asked[0]?.body).toEqual({ switch: property(1), '@context': context });
    expect(source.asked[0]?.headers).toMatchObject({ 'content-type': 'application/ld+json' });
    expect(source.asked[0]?.headers.link).toBeUndefined();
  });

  it('5.2.9, 6.3.14: carries tenant, path, correlator, and the headers that were registered', async () => {
    await register(
      {
        contextSourceInfo: [
          { key: 'X-Source', value: 'mine' },
          { key: 'X-Trace', value: 'urn:ngsi-ld:request' },
          { key: 'X-Absent', value: 'urn:ngsi-ld:request' },
        ],
      },
      source,
      { 'Fiware-ServicePath': '/gardens' },
    );
    await given('PATCH', `${PATH}/attrs`, ON, { 'X-Trace': 'abc', 'Fiware-Correlator': 'c-1', 'X-Secret': 'no' });
    const [asked] = source.asked;
    const name = tenant['NGSILD-Tenant'];
    expect(asked?.headers).toMatchObject({
      ...{ 'ngsild-tenant': name, 'fiware-service': name, 'ngsild-path': '/gardens', 'fiware-servicepath': '/gardens' },
      ...{ 'x-source': 'mine', 'x-trace': 'abc', 'fiware-correlator': 'c-1', via: `1.1 contor-test.${name}` },
    });
    expect(asked?.headers).not.toHaveProperty('x-absent');
    expect(asked?.headers).not.toHaveProperty('x-secret');
  });

  it('5.2.9: goes to the tenant that the registration names', async () => {
    await register({ tenant: 'Elsewhere' });
    await given('PATCH', `${PATH}/attrs`, ON);
    expect(source.asked[0]?.headers['ngsild-tenant']).toBe('Elsewhere');
  });

  it('5.2.34: says local=true when the registration asks for it', async () => {
    await register({ management: { localOnly: true } });
    await given('PATCH', `${PATH}/attrs`, ON);
    expect(source.asked[0]?.path).toBe(`${BASE}${PATH}/attrs?local=true`);
  });

  it('5.2.9: the endpoint may have a path of its own, and the API in it', async () => {
    await register({ endpoint: `${source.endpoint}/agents/ngsi-ld/v1/` });
    await given('PATCH', `${PATH}/attrs`, ON);
    expect(source.asked[0]?.path).toBe(`/agents/ngsi-ld/v1${PATH}/attrs`);
  });

  it('4.3.6: nothing that is wrong with the request reaches the source', async () => {
    await register();
    for (const body of [{ switch: property('on'), label: null }, { switch: { type: 'Property' } }, [], 'x'])
      expect((await send('PATCH', `${PATH}/attrs`, body)).status).toBe(400);
    expect(source.connections).toBe(0);
  });

  it('6.3.18: local=true leaves the sources alone', async () => {
    await register();
    expect((await send('PATCH', `${PATH}/attrs?local=true`, { label: 'x' })).status).toBe(404);
    expect((await send('GET', `${PATH}?local=true`)).status).toBe(404);
    expect(source.connections).toBe(0);
  });

  it('5.9.4: an unregistered source is not asked any more', async () => {
    await register();
    await send('DELETE', `/csourceRegistrations/urn:ngsi-ld:ContextSourceRegistration:${source.port}`);
    expect((await send('PATCH', `${PATH}/attrs`, ON)).status).toBe(404);
    expect(source.connections).toBe(0);
  });

  it('4.14: a source of another tenant is not asked', async () => {
    await register();
    const foreign = { 'NGSILD-Tenant': `${tenant['NGSILD-Tenant']}_b` };
    await given('POST', '/entities', device(), foreign);
    await given('PATCH', `${PATH}/attrs`, ON, foreign);
    expect(source.connections).toBe(0);
  });
});

describeSet('what becomes of it', () => {
  const answers: readonly (readonly [number, number, string])[] = [
    [400, 400, 'BadRequestData'],
    [401, 502, ''],
    [403, 502, ''],
    [404, 404, 'ResourceNotFound'],
    [405, 422, 'OperationNotSupported'],
    [409, 409, 'Conflict'],
    [500, 502, ''],
    [501, 422, 'OperationNotSupported'],
    [503, 502, ''],
    [504, 504, ''],
    [508, 508, 'LoopDetected'],
  ];
  it.each(answers)('6.3.17: a source that answers %i makes it a %i', async (said, status, problem) => {
    await register();
    source.says(said, { error: 'X', description: 'the device is asleep' });
    const reply = await send('PATCH', `${PATH}/attrs`, ON);
    expect(reply).toMatchObject({ status, json: { detail: expect.stringMatching(/asleep/) } });
    if (problem !== '') expect(reply.json).toMatchObject({ type: expect.stringContaining(problem) });
    expect(source.asked).toHaveLength(1);
  });

  it('6.3.17: a redirect is not followed', async () => {
    await register();
    source.says(302, undefined, { Location: `${other.endpoint}/` });
    expect((await send('PATCH', `${PATH}/attrs`, ON)).status).toBe(502);
    source.says(307, undefined, { Location: `${other.endpoint}/` });
    expect((await send('GET', PATH)).status).toBe(502);
    expect(other.connections).toBe(0);
  });

  it('5.2.34: a source that is late makes it a 504 that says the outcome is not known, and is asked once', async () => {
    await register({ management: { timeout: 100 } });
    source.answering = () => undefined;
    const reply = await send('PATCH', `${PATH}/attrs`, ON);
    expect(reply).toMatchObject({ status: 504, json: { detail: expect.stringMatching(/100 ms.*not known/) } });
    expect(source.asked).toHaveLength(1);
  });

  it('6.3.17: a source that breaks off makes it a 502 that says the outcome is not known, and is asked once', async () => {
    await register();
    source.answering = (_asked, response) => void response.destroy();
    const reply = await send('PATCH', `${PATH}/attrs`, ON);
    expect(reply).toMatchObject({ status: 502, json: { detail: expect.stringMatching(/ECONNRESET.*not known/) } });
    expect(source.asked).toHaveLength(1);
  });

  it('6.3.17: a source that is away makes it a 502 that says nothing was sent', async () => {
    const away = await ContextSource.listen();
    await register({}, away);
    await away.close();
    const reply = await send('PATCH', `${PATH}/attrs`, ON);
    expect(reply).toMatchObject({ status: 502, json: { detail: expect.stringMatching(/nothing was sent/) } });
  });

  it('5.2.34: a source that failed is left alone for its cooldown', async () => {
    await register({ management: { cooldown: 60_000 } });
    source.says(500);
    await send('PATCH', `${PATH}/attrs`, ON);
    expect((await send('PATCH', `${PATH}/attrs`, ON)).status).toBe(502);
    expect(source.asked).toHaveLength(1);
  });

  it('5.2.9: is counted', async () => {
    await register();
    await given('PATCH', `${PATH}/attrs`, ON);
    source.says(500);
    await send('PATCH', `${PATH}/attrs`, ON);
    const { json } = await send('GET', `/csourceRegistrations/urn:ngsi-ld:ContextSourceRegistration:${source.port}`);
    const moment = expect.stringMatching(/Z$/);
    expect(json).toMatchObject({
      status: 'failed',
      timesSent: 2,
      timesFailed: 1,
      lastSuccess: moment,
      lastFailure: moment,
    });
  });
});

describeSet('a request of which a part is local', () => {
  const MIXED = { ...ON, label: property('south') };

  it('5.6.2: the local part is stored, the other is forwarded', async () => {
    await create();
    await register();
    expect((await send('PATCH', `${PATH}/attrs`, MIXED)).status).toBe(204);
    expect(source.asked).toMatchObject([{ body: ON }]);
    expect(source.asked[0]?.body).toEqual(ON);
    expect(await simplified()).toEqual({ id: DEVICE, type: 'Gadget', label: 'south' });
  });

  it('5.2.18: the source fails, the local part is done', async () => {
    await create();
    await register();
    source.says(404, { description: 'no such device' });
    const reply = await send('PATCH', `${PATH}/attrs`, MIXED);
    expect(reply).toMatchObject({
      status: 207,
      json: {
        updated: ['label'],
        notUpdated: [
          {
            attributeName: 'switch',
            reason: expect.stringContaining('no such device'),
            registrationId: expect.any(String),
          },
        ],
      },
    });
    expect(await simplified()).toEqual({ id: DEVICE, type: 'Gadget', label: 'south' });
  });

  it('5.2.18: the source is done, there is no local entity', async () => {
    await register();
    const { status, json } = await send('PATCH', `${PATH}/attrs`, MIXED);
    expect({ status, json }).toMatchObject({
      status: 207,
      json: { updated: ['switch'], notUpdated: [{ attributeName: 'label' }] },
    });
  });

  it('5.2.18: the source does a part of its part', async () => {
    await register();
    source.says(207, { updated: ['switch'], notUpdated: [{ attributeName: 'level', reason: 'stuck' }] });
    const { status, json } = await send('PATCH', `${PATH}/attrs`, { ...ON, level: property(3) });
    expect({ status, json }).toMatchObject({
      status: 207,
      json: { updated: ['switch'], notUpdated: [{ attributeName: 'level', reason: 'stuck' }] },
    });
  });

  it('4.3.6.3: two sources get a part each, and one of them fails', async () => {
    await register({ information: [{ entities: [{ id: DEVICE, type: 'Gadget' }], propertyNames: ['switch'] }] });
    await register({ information: [{ entities: [{ id: DEVICE, type: 'Gadget' }], propertyNames: ['level'] }] }, other);
    other.says(500);
    const { status, json } = await send('PATCH', `${PATH}/attrs`, { ...ON, level: property(3) });
    expect(source.asked).toMatchObject([{ body: ON }]);
    expect(other.asked).toMatchObject([{ body: { level: property(3) } }]);
    expect({ status, json }).toMatchObject({
      status: 207,
      json: { updated: ['switch'], notUpdated: [{ attributeName: 'level' }] },
    });
  });

  it('4.20: what the source does not take is a conflict, and is not stored', async () => {
    await create();
    await register({ operations: ['retrieveOps'] });
    expect(await send('PATCH', `${PATH}/attrs`, ON)).toMatchObject({
      status: 409,
      json: { type: expect.stringContaining('Conflict') },
    });
    expect(await send('PATCH', `${PATH}/attrs`, MIXED)).toMatchObject({ status: 207, json: { updated: ['label'] } });
    expect(await simplified()).toEqual({ id: DEVICE, type: 'Gadget', label: 'south' });
    expect(source.connections).toBe(0);
  });

  it('5.6.1: an entity is created without what an exclusive source does not take', async () => {
    await register();
    expect((await send('POST', '/entities', device(ON))).status).toBe(409);
    expect((await send('GET', `${PATH}?local=true`)).status).toBe(404);
  });

  it('5.6.6: what the broker holds of the entity can be deleted all the same', async () => {
    await create();
    await register();
    expect((await send('DELETE', PATH)).status).toBe(204);
    expect(source.connections).toBe(0);
  });

  it.each(['upsert', 'create'])('5.6.7, 5.6.8: a batch %s does not store what a source holds', async (operation) => {
    await register();
    const { status, json } = await send('POST', `/entityOperations/${operation}`, [device({ ...ON }), room()]);
    expect({ status, json }).toMatchObject({
      status: 207,
      json: { errors: [{ entityId: DEVICE }], success: [expect.stringContaining('Room')] },
    });
    expect((await send('GET', `${PATH}?local=true`)).status).toBe(404);
  });

  it('5.6.8: a batch of measures beside the registration goes its way', async () => {
    await register();
    expect((await send('POST', '/entityOperations/upsert?options=update', [device()])).status).toBe(201);
    expect(source.connections).toBe(0);
  });
});
