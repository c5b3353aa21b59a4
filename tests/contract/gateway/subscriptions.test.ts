/**
 * Subscriptions of partners: kept and carried by the broker, told within the scope of the moment of telling (T1), to places the operator
 * allowed (T14), and never to anybody else. A yes of the gateway is a yes of the partner.
 */

import { entity, urn } from '@contor/orion-config';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { URL_FORMS } from '../../support/url-forms.js';
import type { Caller } from '../../unit/gateway/support/door.js';
import { Subscriber } from '../broker/subscriber.js';
import { House, until } from './house.js';
import { alert, device, live, point, site, townEntities } from './town.js';

const API = '/api/ngsi-ld/v1/subscriptions';
let house: House;
let anna: Caller;
let ben: Caller;
let partner: Subscriber;
const made: [boolean, string][] = [];
beforeAll(async () => {
  house = await House.open({ environment: { GATEWAY_NOTIFY_HOSTS: '127.0.0.1' } });
  await house.hold(townEntities());
  anna = await house.person('anna', ['supplier'], [site('a')]);
  ben = await house.person('ben', ['supplier'], [site('b')]);
  partner = await Subscriber.listen();
}, 30_000);
afterAll(async () => {
  await partner.close();
  await house.close();
}, 30_000);
afterEach(async () => {
  partner.answer = () => 200;
  partner.arrived.length = 0;
  partner.told.length = 0;
  await house.give('anna', ['supplier'], [site('a')]);
  await Promise.all(made.splice(0).map(([isAnnas, id]) => send('DELETE', `/${id}`, undefined, isAnnas ? anna : ben)));
});

const send = (method: string, path = '', body?: unknown, who = anna) => house.door.ask(method, API + path, who, body);
const wish = (more: object = {}, notification: object = {}): object => ({
  ...{ type: 'Subscription', entities: [{ type: 'ACMeasurement' }], ...more },
  notification: { endpoint: { uri: partner.uri }, ...notification },
});
async function subscribe(body: object = wish(), who = anna): Promise<string> {
  const { status, headers, body: said } = await send('POST', '', body, who);
  if (status !== 201) throw new Error(JSON.stringify(said));
  const id = decodeURIComponent(headers.get('location')?.split('/').at(-1) ?? '');
  made.push([who !== ben, id]);
  return id;
}
const power = (value: number, ...names: string[]) =>
  house.context.upsert(
    names.map((name) =>
      entity('ACMeasurement', live(name))
        .property('totalActivePower', value, { observedAt: new Date().toISOString() })
        .relationship('refDevice', device(name))
        .build(),
    ),
  );
/** What the partner was told and has accepted: `a1:17`. */
const told = () =>
  partner.told.flatMap(({ body }) =>
    (body.data as { id: string; totalActivePower?: { value: number } }[]).map(
      ({ id, totalActivePower }) => `${id.split('-').at(-1)}:${totalActivePower?.value}`,
    ),
  );

describe('a delivery', () => {
  it('tells what lies inside, under the name the partner knows', async () => {
    const id = await subscribe(
      wish(
        { id: 'urn:my:subscription' },
        { endpoint: { uri: partner.uri, receiverInfo: [{ key: 'X-Key', value: 'mine' }] } },
      ),
    );
    await power(11, 'a1', 'b1');
    await until(() => partner.told.length > 0);
    expect(told()).toEqual(['a1:11']);
    const [notification] = partner.told;
    expect(notification?.body).toMatchObject({
      type: 'Notification',
      subscriptionId: id,
      id: expect.stringMatching(/^urn:/),
    });
    expect(notification?.headers).toMatchObject({ 'x-key': 'mine', 'content-type': 'application/json' });
    expect(JSON.stringify(notification?.headers)).not.toMatch(/x-contor/i);
    expect(notification?.headers.link).toContain('contor.jsonld');
  });

  it.each([
    ['simplified', 12],
    ['keyValues', 12],
    ['concise', { value: 12, unitCode: 'WTT', observedAt: expect.any(String) }],
  ])('is %s when that was asked for', async (format, expected) => {
    await subscribe(wish({}, { format, attributes: ['totalActivePower'] }));
    await power(12, 'a1');
    await until(() => partner.told.length > 0);
    expect(partner.told[0]?.body.data[0]).toEqual({
      id: live('a1'),
      type: 'ACMeasurement',
      totalActivePower: expected,
    });
  });

  it('has its @context inside for JSON-LD', async () => {
    await subscribe(wish({}, { endpoint: { uri: partner.uri, accept: 'application/ld+json' } }));
    await power(13, 'a1');
    await until(() => partner.told.length > 0);
    expect(partner.told[0]?.body['@context']).toContain('contor.jsonld');
  });

  it('cuts relationships to what lies outside, now and before', async () => {
    const id = urn('MeterInstallation', 'a3-at-a3');
    await subscribe(
      wish(
        { entities: [{ type: 'MeterInstallation' }], notificationTrigger: ['attributeUpdated'] },
        { showChanges: true },
      ),
    );
    const moved = (to: string) => entity('MeterInstallation', id).relationship('refPoint', point(to)).build();
    await house.hold([entity('MeterInstallation', id).relationship('refSite', site('a')).build()]);
    await house.context.upsert([moved('b3')]);
    await until(() => partner.told.length > 0 || told().length > 0).catch(() => undefined);
    for (const { body } of partner.told) expect(JSON.stringify(body)).not.toContain(point('b3'));
    await house.context.upsert([moved('a3')]);
  });

  it('tells of the end of what one saw, and of nothing else', async () => {
    const gone = (name: string, to: string) =>
      entity('Alert', alert(name))
        .property('name', name)
        .relationship('refDevice', device(to))
        .property('dateIssued', '2026-11-19T08:00:00.000Z')
        .build();
    await house.hold([gone('gone-a', 'a1'), gone('gone-b', 'b1')]);
    await subscribe(wish({ entities: [{ type: 'Alert' }], notificationTrigger: ['entityDeleted'] }));
    for (const name of ['gone-a', 'gone-b'])
      await house.context.request({ method: 'DELETE', path: `/ngsi-ld/v1/entities/${alert(name)}` });
    await until(() => partner.told.length > 0);
    expect(partner.told.flatMap(({ body }) => (body.data as { id: string }[]).map(({ id }) => id))).toEqual([
      alert('gone-a'),
    ]);
  });

  it('is yes when the partner says yes: what was not taken comes again, under the same id', async () => {
    partner.answer = (arrival) => (arrival <= 2 ? 500 : 200);
    await subscribe();
    await power(14, 'a1');
    await until(() => partner.told.length > 0, 15_000);
    expect(partner.arrived.length).toBeGreaterThanOrEqual(3);
    expect(new Set(partner.arrived.map(({ body }) => body.id)).size).toBe(1);
    expect(told()).toContain('a1:14');
  }, 20_000);
});

describe('what takes effect at the very next delivery', () => {
  it('another scope', async () => {
    await subscribe();
    await power(20, 'a1', 'b1');
    await until(() => partner.told.length > 0);
    await house.give('anna', ['supplier'], [site('b')]);
    await power(21, 'a1', 'b1');
    await until(() => told().some((one) => one.endsWith(':21')));
    expect(told()).toEqual(['a1:20', 'b1:21']);
  });

  it.each([
    ['a role without the function', () => house.give('anna', ['viewer'], [site('a')])],
    ['no grants', () => house.give('anna', ['supplier'], [])],
    [
      'a lock',
      async () =>
        void (await house.door.book.people.changeAccess(
          'anna',
          { isLocked: true },
          house.door.book.people.get('anna')?.revision ?? 0,
        )),
    ],
  ])('%s: not a word, and none of it later', async (_what, take) => {
    await subscribe();
    const other = await subscribe(wish(), ben);
    await take();
    await power(22, 'a1', 'b1');
    await until(() => partner.told.some(({ body }) => body.subscriptionId === other));
    await house.give('anna', ['supplier'], [site('a')]);
    await power(23, 'a1');
    await until(() => told().includes('a1:23'));
    expect(told().filter((one) => one.startsWith('a1'))).toEqual(['a1:23']);
    anna = await house.door.signIn('anna');
  });
});

describe('one’s own', () => {
  it('are listed, shown, changed and removed by their owner alone', async () => {
    const id = await subscribe(wish({ subscriptionName: 'mine', q: 'totalActivePower>5' }));
    const listed = await send('GET', '?count=true');
    expect([listed.headers.get('ngsild-results-count'), (listed.body as unknown as object[]).length]).toEqual(['1', 1]);
    expect((await send('GET', `/${id}`)).body).toMatchObject({
      ...{ id, type: 'Subscription', subscriptionName: 'mine', q: 'totalActivePower>5', status: 'active' },
      notification: { format: 'normalized', endpoint: { uri: partner.uri } },
    });
    for (const [method, body] of [
      ['GET', undefined],
      ['PATCH', { isActive: false }],
      ['DELETE', undefined],
    ] as const) {
      const [foreign, never] = [await send(method, `/${id}`, body, ben), await send(method, '/urn:never', body, ben)];
      expect([foreign.status, JSON.stringify(foreign.body).replaceAll(id, '')]).toEqual([
        404,
        JSON.stringify(never.body).replaceAll('urn:never', ''),
      ]);
    }
    expect((await send('GET', '', undefined, ben)).body).toEqual([]);
    expect((await send('DELETE', `/${id}`)).status).toBe(204);
    expect((await send('GET', `/${id}`)).status).toBe(404);
  });

  it('may be called what another’s is called', async () => {
    const id = 'urn:the:same';
    await subscribe(wish({ id, description: 'anna’s' }));
    await subscribe(wish({ id, description: 'ben’s' }), ben);
    expect((await send('POST', '', wish({ id }))).status).toBe(409);
    expect((await send('GET', `/${id}`, undefined, ben)).body.description).toBe('ben’s');
  });

  it('those of the platform are nobody’s', async () => {
    for (const id of [
      'urn:ngsi-ld:Subscription:contor-gateway-live',
      'urn:ngsi-ld:Subscription:contor-gateway-scope-ties',
    ])
      for (const method of ['GET', 'DELETE']) expect((await send(method, `/${id}`)).status).toBe(404);
  });

  it('are changed member by member, and null takes away', async () => {
    const id = await subscribe(
      wish({ q: 'totalActivePower>5', description: 'old', throttling: 1 }, { attributes: ['totalActivePower'] }),
    );
    expect(
      (
        await send('PATCH', `/${id}`, {
          q: null,
          description: 'new',
          throttling: null,
          notification: { format: 'simplified' },
        })
      ).status,
    ).toBe(204);
    const { body } = await send('GET', `/${id}`);
    expect(body).toMatchObject({
      description: 'new',
      notification: { format: 'simplified', attributes: ['totalActivePower'], endpoint: { uri: partner.uri } },
    });
    expect([body.q, body.throttling]).toEqual([undefined, undefined]);
    expect((await send('PATCH', `/${id}`, { isActive: false })).status).toBe(204);
    expect((await send('GET', `/${id}`)).body.status).toBe('paused');
  });

  it('secrets of a partner are kept and not shown, and go nowhere else', async () => {
    const endpoint = { uri: partner.uri, receiverInfo: [{ key: 'Authorization', value: 'Bearer canary-of-anna' }] };
    const id = await subscribe(wish({}, { endpoint }));
    const { body } = await send('GET', `/${id}`);
    expect(JSON.stringify(body)).not.toContain('canary');
    const kept = await house.context.request({ method: 'GET', path: '/ngsi-ld/v1/subscriptions?limit=1000' });
    expect(JSON.stringify(kept.body)).not.toContain('canary');
    expect(JSON.stringify(house.door.audited)).not.toContain('canary');
    const { notification } = body as { notification: { endpoint: object } };
    expect((await send('PATCH', `/${id}`, { notification: { endpoint: { ...notification.endpoint } } })).status).toBe(
      204,
    );
    expect(
      (
        await send('PATCH', `/${id}`, {
          notification: { endpoint: { uri: partner.uri.replace('127.0.0.1', '127.0.0.1:1') } },
        })
      ).status,
    ).toBe(400);
    await power(30, 'a1');
    await until(() => partner.told.length > 0);
    expect(partner.told[0]?.headers.authorization).toBe('Bearer canary-of-anna');
  });
});

describe('what is refused', () => {
  it.each([
    ['another type', { type: 'Entity' }],
    ['periods', { timeInterval: 5 }],
    ['an @context of one’s own', { jsonldContext: 'https://evil.example/c' }],
    ['members that are none', { bogus: 1 }],
    ['an id that is none', { id: 'no uri' }],
    ['guesses at links', { q: 'refSite~="b$"' }],
    ['neither entities nor attributes', { entities: undefined }],
  ])('%s', async (_what, more) => expect((await send('POST', '', wish(more))).status).toBe(400));

  it.each([
    ['writes that wait for one', { endpoint: { notifierInfo: [{ key: 'deliver', value: 'must' }] } }],
    ['headers of ours', { endpoint: { receiverInfo: [{ key: 'X-Contor-Notify', value: 'n' }] } }],
    ['tenants', { endpoint: { receiverInfo: [{ key: 'NGSILD-Tenant', value: 'x' }] } }],
    ['headers in headers', { endpoint: { receiverInfo: [{ key: 'X-A', value: 'b\r\nX-C: d' }] } }],
    [
      'a lot of headers',
      { endpoint: { receiverInfo: Array.from({ length: 11 }, (_n, at) => ({ key: `x${at}`, value: '1' })) } },
    ],
    ['GeoJSON', { endpoint: { accept: 'application/geo+json' } }],
    ['to be waited for long', { endpoint: { timeout: 60_000 } }],
    ['not to say who', { omit: ['id'] }],
    ['joins', { join: 'inline' }],
  ])('%s', async (_what, notification) => {
    const endpoint = { uri: partner.uri, ...('endpoint' in notification ? notification.endpoint : {}) };
    expect((await send('POST', '', wish({}, { ...notification, endpoint }))).status).toBe(400);
  });

  it('more than a hundred', async () => {
    await Promise.all(Array.from({ length: 100 }, () => subscribe(wish({ entities: [{ type: 'Bill' }] }))));
    expect((await send('POST', '', wish())).status).toBe(403);
  }, 20_000);

  it('notifications of somebody else (T16)', async () => {
    const id = await subscribe();
    const kept = await house.context.request({ method: 'GET', path: '/ngsi-ld/v1/subscriptions?limit=1000' });
    const stored = (
      kept.body as {
        id: string;
        notification: { endpoint: { uri: string; receiverInfo: { key: string; value: string }[] } };
      }[]
    ).find(({ id: one }) => one.includes('contor-partner'));
    const { uri, receiverInfo } = stored?.notification.endpoint ?? { uri: '', receiverInfo: [] };
    const headers = Object.fromEntries(receiverInfo.map(({ key, value }) => [key, value]));
    const forged = JSON.stringify({
      id: 'urn:n',
      type: 'Notification',
      data: [{ id: live('a1'), type: 'ACMeasurement' }],
    });
    const knock = async (more: Record<string, string>, at = uri) =>
      (await fetch(at, { method: 'POST', headers: { 'content-type': 'application/json', ...more }, body: forged }))
        .status;
    expect(await knock({})).toBe(401);
    expect(await knock({ 'X-Contor-Notify': 'guess', 'X-Contor-Errand': headers['X-Contor-Errand'] ?? '' })).toBe(401);
    expect(await knock({ 'X-Contor-Notify': 'n' })).toBe(400);
    expect(await knock({ ...headers, 'X-Contor-Errand': `${headers['X-Contor-Errand']}A` })).toBe(400);
    expect(
      await knock(
        headers,
        uri.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      ),
    ).toBe(400);
    expect(partner.arrived).toEqual([]);
    expect(await knock(headers)).toBe(200);
    expect([partner.told[0]?.body.subscriptionId, partner.told[0]?.body.id]).toEqual([id, 'urn:n']);
  });
});

describe('other places (T14)', () => {
  it.each(URL_FORMS.filter((form) => form !== 'http://127.0.0.1:P'))('%s', async (form) => {
    const port = new URL(partner.uri).port;
    const uri = form.replaceAll('P', port);
    const { status, headers } = await send('POST', '', wish({}, { endpoint: { uri } }));
    const location = headers.get('location');
    if (location !== null) await house.door.ask('DELETE', location, anna);
    // Ways of writing 127.0.0.1 that a URL makes 127.0.0.1 of are that very address, which is allowed here.
    const isTheSame =
      URL.canParse(uri) &&
      new URL(uri).host === `127.0.0.1:${port}` &&
      new URL(uri).protocol === 'http:' &&
      new URL(uri).username === '';
    if (!isTheSame) expect(status).toBe(400);
    expect(partner.arrived).toEqual([]);
  });

  it('a redirect leads nowhere', async () => {
    partner.answer = () => 302;
    await subscribe();
    await power(40, 'a1');
    await until(() => partner.arrived.length > 1, 15_000);
    expect(new Set(partner.arrived.map(({ path }) => path))).toEqual(new Set(['/notify']));
  }, 20_000);
});
