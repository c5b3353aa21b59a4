/** Reads through to sources, the modes beside the exclusive one, and circles (GS CIM 009 V1.9.1, 4.3.6, 4.5.5, 5.7.1, 6.3.17, 6.3.18). */

import { expect, it } from '@jest/globals';
import { CORE, LINK, property } from './cases.js';
import {
  aboutType,
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
import { describeSet, itOurs } from './instance.js';

openScene();

describeSet('a lazy attribute of an exclusive source', () => {
  const answer = { id: DEVICE, type: 'Gadget', level: property(42, { unitCode: 'P1' }), intruder: property(1) };

  it('5.7.1: is read through, and nothing else that the source says', async () => {
    await create();
    await register();
    source.says(200, answer);
    const { status, json } = await send('GET', `${PATH}?format=simplified`);
    expect({ status, json }).toEqual({ status: 200, json: { id: DEVICE, type: 'Gadget', label: 'north', level: 42 } });
    expect(source.asked).toMatchObject([{ method: 'GET', path: `${BASE}${PATH}?attrs=switch%2Clevel` }]);
  });

  it('5.7.1: is there when the broker has nothing of the entity', async () => {
    await register();
    source.says(200, answer);
    const { json } = await send('GET', PATH, undefined, { Accept: 'application/ld+json', Link: LINK });
    expect(json).toEqual({ id: DEVICE, type: 'Gadget', level: property(42, { unitCode: 'P1' }), '@context': CORE });
  });

  itOurs('5.7.1: only what is asked for is asked for', async () => {
    await create();
    await register();
    source.says(200, answer);
    expect((await send('GET', `${PATH}?attrs=level`)).json).toMatchObject({ level: { value: 42 } });
    expect((await send('GET', `${PATH}?pick=id,label`)).status).toBe(200);
    expect(source.asked.map(({ path }) => path)).toEqual([`${BASE}${PATH}?attrs=level`]);
  });

  it('4.20: a source of commands alone is not asked', async () => {
    await create();
    await register({ operations: ['updateOps'] });
    expect((await send('GET', PATH)).status).toBe(200);
    expect(source.connections).toBe(0);
  });

  it('6.3.17: when the source fails, the rest comes with a warning', async () => {
    await create();
    await register();
    source.says(500);
    const reply = await send('GET', `${PATH}?format=simplified`);
    expect(reply).toMatchObject({ status: 200, json: { id: DEVICE, type: 'Gadget', label: 'north' } });
    expect(reply.headers.get('ngsild-warning')).toMatch(/^199 contor-test\.\S+ ".*answered 500.*"$/);
  });

  it('6.3.17: when the source fails and there is no rest, that is the answer', async () => {
    await create();
    await register({ management: { timeout: 100 } });
    source.answering = () => undefined;
    expect((await send('GET', `${PATH}?attrs=level`)).status).toBe(504);
  });

  it('5.7.1: when nobody has it, it is not found', async () => {
    await register();
    source.says(404);
    expect(await send('GET', PATH)).toMatchObject({
      status: 404,
      json: { type: expect.stringContaining('ResourceNotFound') },
    });
  });

  const BROKEN: readonly (readonly [string, unknown, Record<string, string>])[] = [
    ['no JSON', 'hello', { 'Content-Type': 'text/plain' }],
    ['half of it', '{"id":', {}],
    ['a list', [answer], {}],
    ['another entity', { ...answer, id: 'urn:ngsi-ld:Gadget:2' }, {}],
    ['an attribute that is none', { ...answer, level: { type: 'Property' } }, {}],
    ['a number out of range', `{"id":"${DEVICE}","type":"Device","level":{"type":"Property","value":1e999}}`, {}],
    ['something packed', 'xx', { 'Content-Encoding': 'gzip' }],
    ['more than anybody reads', JSON.stringify({ ...answer, level: property('x'.repeat(2 ** 21)) }), {}],
    ['a bomb of brackets', '['.repeat(2 ** 20), {}],
  ];
  it.each(BROKEN)('6.3.17: a source that answers %s is a bad gateway', async (_what, body, headers) => {
    await register();
    source.says(200, body, headers);
    const startedMs = performance.now();
    expect((await send('GET', PATH)).status).toBe(502);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  it('5.2.34: a source that trickles is late all the same', async () => {
    await register({ management: { timeout: 200 } });
    let drops: ReturnType<typeof setInterval> | undefined;
    source.answering = (_asked, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      drops = setInterval(() => response.write(' '), 20);
    };
    const startedMs = performance.now();
    expect((await send('GET', PATH)).status).toBe(504);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    clearInterval(drops);
  });
});

describeSet('redirect, inclusive and auxiliary sources', () => {
  const at = (value: unknown, observedAt?: string): object =>
    property(value, observedAt === undefined ? {} : { observedAt });

  it('4.3.6.3: a redirect gets the whole entity, and the broker keeps none', async () => {
    await register(aboutType('redirect'));
    source.says(201);
    expect((await send('POST', '/entities', device())).status).toBe(201);
    expect(source.asked).toMatchObject([
      { method: 'POST', path: `${BASE}/entities`, body: { id: DEVICE, type: 'Gadget', label: property('north') } },
    ]);
    expect((await send('GET', `${PATH}?local=true`)).status).toBe(404);
  });

  it('4.3.6.3: two redirects both get it', async () => {
    await register(aboutType('redirect'));
    await register(aboutType('redirect'), other);
    expect((await send('PATCH', `${PATH}/attrs`, ON)).status).toBe(204);
    expect([source.asked.length, other.asked.length]).toEqual([1, 1]);
  });

  it('5.6.6: a deletion goes to the redirect', async () => {
    await register(aboutType('redirect'));
    expect((await send('DELETE', PATH)).status).toBe(204);
    expect(source.asked).toMatchObject([{ method: 'DELETE', path: BASE + PATH }]);
  });

  it('4.3.6.2: an inclusive source is told beside the broker', async () => {
    await create();
    await register(aboutType('inclusive'));
    expect((await send('PATCH', `${PATH}/attrs`, { label: property('south') })).status).toBe(204);
    expect(source.asked).toMatchObject([{ body: { label: property('south') } }]);
    expect(await simplified()).toEqual({ id: DEVICE, type: 'Gadget', label: 'south' });
  });

  it('4.3.6.2: an inclusive source that does not know the entity is no fault', async () => {
    await create();
    await register(aboutType('inclusive'));
    source.says(404);
    expect((await send('PATCH', `${PATH}/attrs`, { label: property('south') })).status).toBe(204);
  });

  it('4.3.6.2: an entity that only an inclusive source has is no fault either', async () => {
    await register(aboutType('inclusive'));
    expect((await send('PATCH', `${PATH}/attrs`, { label: property('south') })).status).toBe(204);
  });

  it('4.3.6.2: an inclusive source that fails is named', async () => {
    await create();
    await register(aboutType('inclusive'));
    source.says(500);
    const { status, json } = await send('PATCH', `${PATH}/attrs`, { label: property('south') });
    expect({ status, json }).toMatchObject({
      status: 207,
      json: { updated: ['label'], notUpdated: [{ attributeName: 'label' }] },
    });
  });

  it('4.20: without operations a source is only read from', async () => {
    await create();
    await register({ ...aboutType('inclusive'), operations: undefined });
    await given('PATCH', `${PATH}/attrs`, { label: property('south') });
    expect(source.connections).toBe(0);
  });

  it('4.3.6.2: an auxiliary source is not written to', async () => {
    await create();
    await register(aboutType('auxiliary'));
    await given('PATCH', `${PATH}/attrs`, { label: property('south') });
    expect(source.connections).toBe(0);
  });

  it.each([
    ['the newer observedAt wins: theirs', '2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z', 'theirs'],
    ['the newer observedAt wins: ours', '2026-01-01T00:00:01Z', '2026-01-01T00:00:00Z', 'ours'],
  ])('4.5.5: %s', async (_name, our, their, winner) => {
    await create({ label: at('ours', our) });
    await register(aboutType('inclusive'));
    source.says(200, device({ label: at('theirs', their), more: property(1) }));
    expect((await send('GET', `${PATH}?format=simplified`)).json).toEqual({
      id: DEVICE,
      type: 'Gadget',
      label: winner,
      more: 1,
    });
    expect(source.asked[0]?.path).toBe(`${BASE}${PATH}?options=sysAttrs`);
  });

  it.each([
    ['2001-01-01T00:00:00Z', 'ours'],
    ['2090-01-01T00:00:00Z', 'theirs'],
  ])('4.5.5: without observedAt the newer modifiedAt wins (%s)', async (modifiedAt, winner) => {
    await create({ label: property('ours') });
    await register(aboutType('inclusive'));
    source.says(200, device({ label: property('theirs', { modifiedAt }) }));
    expect((await send('GET', `${PATH}?format=simplified`)).json).toEqual({
      id: DEVICE,
      type: 'Gadget',
      label: winner,
    });
  });

  it('4.5.5: instances with a datasetId of their own stand beside each other', async () => {
    await create({ label: property('ours') });
    await register(aboutType('inclusive'));
    source.says(200, device({ label: [property('theirs', { datasetId: 'urn:d:1' })] }));
    expect((await send('GET', PATH)).json).toMatchObject({
      label: [property('ours'), property('theirs', { datasetId: 'urn:d:1' })],
    });
  });

  it('4.3.6.2: an auxiliary source fills gaps and overrides nothing', async () => {
    await create({ label: at('ours', '2001-01-01T00:00:00Z') });
    await register(aboutType('auxiliary', ['retrieveOps']));
    source.says(200, device({ label: at('theirs', '2026-01-01T00:00:00Z'), more: property(1) }));
    expect((await send('GET', `${PATH}?format=simplified`)).json).toEqual({
      id: DEVICE,
      type: 'Gadget',
      label: 'ours',
      more: 1,
    });
  });

  it('4.3.6.3: before everybody else, the exclusive source has the word', async () => {
    await register();
    await register(aboutType('inclusive', ['retrieveOps']), other);
    source.says(200, device({ level: at(1, '2001-01-01T00:00:00Z') }));
    other.says(200, device({ level: at(2, '2026-01-01T00:00:00Z'), more: property(1) }));
    expect((await send('GET', `${PATH}?format=simplified`)).json).toEqual({
      id: DEVICE,
      type: 'Gadget',
      level: 1,
      more: 1,
    });
  });
});

describeSet('circles (6.3.17, 6.3.18)', () => {
  const back = () => ({ Via: `1.1 somebody, 1.1 contor-test.${tenant['NGSILD-Tenant']}` });

  it.each([
    ['PATCH', `${PATH}/attrs`, ON],
    ['GET', PATH, undefined],
  ])('%s %s that has been here is a 508 when an exclusive source holds it', async (method, path, body) => {
    await register();
    expect(await send(method, path, body, back())).toMatchObject({
      status: 508,
      json: { type: expect.stringContaining('LoopDetected') },
    });
    expect(source.connections).toBe(0);
  });

  it('an inclusive source is left out of a request that has been here', async () => {
    await create();
    await register(aboutType('inclusive'));
    expect((await send('PATCH', `${PATH}/attrs`, { label: 'x' }, back())).status).toBe(204);
    expect((await send('GET', PATH, undefined, back())).status).toBe(200);
    expect(source.connections).toBe(0);
  });

  it('5.15.1: the broker says by which name it knows that a request has been here', async () => {
    await create();
    const name = `contor-test.${tenant['NGSILD-Tenant']}`;
    expect(await send('GET', '/info/sourceIdentity')).toMatchObject({
      status: 200,
      json: {
        id: `urn:ngsi-ld:ContextSourceIdentity:${name}`,
        type: 'ContextSourceIdentity',
        contextSourceAlias: name,
        contextSourceUptime: expect.stringMatching(/^PT\d+S$/),
        contextSourceTimeAt: expect.stringMatching(/Z$/),
      },
    });
  });

  it('a source that the request came through is left out', async () => {
    await create();
    await register({ ...aboutType('inclusive'), contextSourceAlias: 'north' });
    expect((await send('GET', PATH, undefined, { Via: '1.1 north' })).status).toBe(200);
    expect(source.connections).toBe(0);
    await send('GET', PATH, undefined, { Via: '1.1 south' });
    expect(source.asked[0]?.headers.via).toBe(`1.1 south, 1.1 contor-test.${tenant['NGSILD-Tenant']}`);
  });

  it('a broker that is its own source does not go round', async () => {
    await register({ endpoint: broker.url });
    const { status } = await send('PATCH', `${PATH}/attrs`, ON);
    expect(status).toBe(508);
  });

  it('another tenant of the same broker is another source', async () => {
    const there = `${tenant['NGSILD-Tenant']}_b`;
    await given('POST', '/entities', device({ switch: property('off') }), { 'NGSILD-Tenant': there });
    await register({ endpoint: broker.url, tenant: there });
    expect((await send('PATCH', `${PATH}/attrs`, ON)).status).toBe(204);
    expect((await send('GET', PATH)).json).toMatchObject({ switch: { value: 'on' } });
  });

  it('a chain without an end is one, too', async () => {
    await register();
    const chain = Array.from({ length: 17 }, (_none, hop) => `1.1 broker-${hop}`).join(', ');
    expect((await send('GET', PATH, undefined, { Via: chain })).status).toBe(508);
  });
});
