/** The temporal API (GS CIM 009 V1.9.1, 5.6.11 to 5.6.16, 5.7.3, 5.7.4): the broker in front of the history server. */

import { CONTEXT_URL } from '@contor/orion-config';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openInstance as openHistory } from '../history/instance.js';
import { LD, LINK } from './cases.js';
import { describeOurs, type Instance, openInstance, type Reply } from './instance.js';

/** Two brokers and a history server start, on a machine that may be busy. */
const START_MS = 30_000;
const METER = 'urn:ngsi-ld:ACMeasurement:e350-0001';
const OTHER = 'urn:ngsi-ld:ACMeasurement:e350-0002';
const GONE = 'urn:ngsi-ld:ACMeasurement:e350-0003';
const hour = (n: number): string => `2026-11-20T${String(n).padStart(2, '0')}:00:00.000Z`;
const instance = (value: unknown, n: number): object => ({ type: 'Property', value, observedAt: hour(n) });
const BETWEEN = `timerel=between&timeAt=${hour(0)}&endTimeAt=${hour(12)}`;
const WORDS = { totalActivePower: [100, 200, 400, 800], voltageL1: [230.5, 231.5] };

describeOurs('the temporal API', () => {
  let history: Awaited<ReturnType<typeof openHistory>>;
  let broker: Instance;
  let plain: Instance;
  beforeAll(async () => {
    history = await openHistory();
    [broker, plain] = await Promise.all([openInstance({ BROKER_HISTORY_URL: history.url }), openInstance()]);
    const entity = (id: string, factor: number): object => ({
      id,
      type: 'ACMeasurement',
      totalActivePower: WORDS.totalActivePower.map((value, n) => instance(value * factor, n)),
      voltageL1: WORDS.voltageL1.map((value, n) => instance(value, 2 * n)),
      ...(factor === 1 && { refDevice: { type: 'Relationship', object: 'urn:ngsi-ld:Device:1', observedAt: hour(0) } }),
    });
    for (const [id, factor] of [
      [METER, 1],
      [OTHER, 10],
      [GONE, 100],
    ] as const)
      expect((await send('POST', '/temporal/entities', entity(id, factor))).status).toBe(201);
    await send('POST', '/entities', {
      id: METER,
      type: 'ACMeasurement',
      totalActivePower: { type: 'Property', value: 800 },
      refDevice: { type: 'Relationship', object: 'urn:ngsi-ld:Device:1' },
    });
  }, START_MS);
  afterAll(async () => {
    await Promise.all([broker.stop(), plain.stop()]);
    await history.stop();
  });

  const send = (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply> =>
    broker.send(method, `/ngsi-ld/v1${path}`, body, headers);
  const get = (path: string, headers?: Record<string, string>): Promise<Reply> => send('GET', path, undefined, headers);
  const pairs = (values: readonly unknown[], hours: readonly number[]): unknown =>
    values.map((value, at) => [value, hour(hours[at] ?? 0)]);

  it('5.7.3: the whole past of an entity, each attribute as what it is', async () => {
    const { status, json } = await get(`/temporal/entities/${METER}`);
    expect(status).toBe(200);
    expect(json).toEqual({
      id: METER,
      type: 'ACMeasurement',
      totalActivePower: WORDS.totalActivePower.map((value, n) => instance(value, n)),
      voltageL1: WORDS.voltageL1.map((value, n) => instance(value, 2 * n)),
      refDevice: [{ type: 'Relationship', object: 'urn:ngsi-ld:Device:1', observedAt: hour(0) }],
    });
  });

  it.each<[clause: string, query: string, expected: unknown]>([
    ['4.11', `timerel=before&timeAt=${hour(1)}`, pairs([100], [0])],
    ['4.11', `timerel=after&timeAt=${hour(1)}`, pairs([400, 800], [2, 3])],
    ['4.11', `timerel=between&timeAt=${hour(1)}&endTimeAt=${hour(3)}`, pairs([200, 400], [1, 2])],
    ['4.11', `timerel=after&timeAt=${hour(3)}`, undefined],
    ['5.7.3.4', 'lastN=2', pairs([800, 400], [3, 2])],
    ['5.7.3.4', `lastN=1&timerel=before&timeAt=${hour(2)}`, pairs([200], [1])],
    ['6.19.3.1', 'timeproperty=observedAt', pairs([100, 200, 400, 800], [0, 1, 2, 3])],
  ])('%s: %s', async (_clause, query, values) => {
    const { status, json } = await get(
      `/temporal/entities/${METER}?attrs=totalActivePower&options=temporalValues&${query}`,
    );
    expect(status).toBe(200);
    const attribute = values === undefined ? {} : { totalActivePower: { type: 'Property', values } };
    expect(json).toEqual({ id: METER, type: 'ACMeasurement', ...attribute });
  });

  it.each<[method: string, period: string, expected: unknown]>([
    ['totalCount', 'PT0S', [[4, hour(0), hour(12)]]],
    ['distinctCount', 'PT0S', [[4, hour(0), hour(12)]]],
    [
      'sum',
      'PT2H',
      [
        [300, hour(0), hour(2)],
        [1200, hour(2), hour(4)],
      ],
    ],
    [
      'avg',
      'PT2H',
      [
        [150, hour(0), hour(2)],
        [600, hour(2), hour(4)],
      ],
    ],
    [
      'min',
      'PT3H',
      [
        [100, hour(0), hour(3)],
        [800, hour(3), hour(6)],
      ],
    ],
    [
      'max',
      'PT3H',
      [
        [400, hour(0), hour(3)],
        [800, hour(3), hour(6)],
      ],
    ],
    ['sumsq', 'P1D', [[850_000, hour(0), '2026-11-21T00:00:00.000Z']]],
    ['stddev', 'PT1H', [0, 1, 2, 3].map((n) => [0, hour(n), hour(n + 1)])],
  ])('4.5.19: %s over %s', async (method, period, expected) => {
    const { json } = await get(
      `/temporal/entities/${METER}?attrs=totalActivePower&options=aggregatedValues&aggrMethods=${method}&aggrPeriodDuration=${period}&${BETWEEN}`,
    );
    expect(json).toEqual({
      id: METER,
      type: 'ACMeasurement',
      totalActivePower: { type: 'Property', [method]: expected },
    });
  });

  it('4.21: pick and omit', async () => {
    const picked = await get(`/temporal/entities/${METER}?pick=voltageL1`);
    expect(Object.keys(picked.json as object)).toEqual(['id', 'type', 'voltageL1']);
    const omitted = await get(`/temporal/entities/${METER}?omit=voltageL1,refDevice`);
    expect(Object.keys(omitted.json as object)).toEqual(['id', 'type', 'totalActivePower']);
  });

  it('6.3.5: names in the @context of the request', async () => {
    const core = await get(`/temporal/entities/${METER}?lastN=1`, { Link: LINK });
    expect(Object.keys(core.json as object)).not.toContain('totalActivePower');
    const linked = await get(`/temporal/entities/${METER}?lastN=1`, { Accept: 'application/ld+json' });
    expect(linked.json).toMatchObject({ '@context': CONTEXT_URL, totalActivePower: [instance(800, 3)] });
  });

  it.each<[clause: string, query: string, ids: readonly string[]]>([
    ['5.7.4', `type=ACMeasurement&${BETWEEN}`, [METER, OTHER, GONE]],
    ['5.7.4', `type=ACMeasurement,Device&${BETWEEN}`, [METER, OTHER, GONE]],
    ['5.7.4', `type=Device&${BETWEEN}`, []],
    ['5.7.4', `id=${OTHER}&${BETWEEN}`, [OTHER]],
    ['5.7.4', `id=${OTHER},${METER},urn:ngsi-ld:ACMeasurement:e350&${BETWEEN}`, [METER, OTHER]],
    ['5.7.4', `idPattern=0003$&${BETWEEN}`, [GONE]],
    ['5.7.4', `attrs=refDevice&${BETWEEN}`, [METER]],
    ['5.7.4', `type=ACMeasurement&q=totalActivePower>700&${BETWEEN}`, [METER]],
    ['5.7.4', `type=ACMeasurement&timerel=before&timeAt=${hour(0)}`, []],
    ['6.3.10', `type=ACMeasurement&limit=1&offset=1&${BETWEEN}`, [OTHER]],
  ])('%s: %s', async (_clause, query, ids) => {
    const { status, json } = await get(`/temporal/entities?${query}&options=temporalValues`);
    expect(status).toBe(200);
    expect((json as readonly { id: string }[]).map(({ id }) => id)).toEqual(ids);
  });

  it('6.3.10, 6.3.13: pages of entities and their number', async () => {
    const { headers } = await get(`/temporal/entities?type=ACMeasurement&limit=2&count=true&${BETWEEN}`);
    expect(headers.get('NGSILD-Results-Count')).toBe('3');
    expect(headers.get('Link')).toContain('rel="next"');
  });

  it('6.24: the query as a document', async () => {
    const { status, json } = await send('POST', '/temporal/entityOperations/query?options=aggregatedValues', {
      type: 'Query',
      entities: [{ type: 'ACMeasurement', id: METER }],
      attrs: ['totalActivePower'],
      temporalQ: { timerel: 'between', timeAt: hour(0), endTimeAt: hour(4) },
      aggrParams: { aggrMethods: ['max', 'min'], aggrPeriodDuration: 'PT4H' },
    });
    expect(status).toBe(200);
    expect(json).toEqual([
      {
        id: METER,
        type: 'ACMeasurement',
        totalActivePower: { type: 'Property', max: [[800, hour(0), hour(4)]], min: [[100, hour(0), hour(4)]] },
      },
    ]);
  });

  it('6.3.10: what does not fit comes with 206 and the time it speaks of', async () => {
    const id = 'urn:ngsi-ld:ACMeasurement:long';
    const begin = Date.parse(hour(0));
    const time = (n: number): string => new Date(begin + n * 1000).toISOString();
    for (const from of [0, 10_000]) {
      const totalActivePower = Array.from({ length: from === 0 ? 10_000 : 5 }, (_none, n) => ({
        type: 'Property',
        value: from + n,
        observedAt: time(from + n),
      }));
      expect(
        (await send('POST', '/temporal/entities', { id, type: 'ACMeasurement', totalActivePower })).status,
      ).toBeLessThan(300);
    }
    const first = await get(`/temporal/entities/${id}?options=temporalValues`);
    expect(first.status).toBe(206);
    expect(first.headers.get('Content-Range')).toBe(`date-time ${time(0)}-${time(9_999)}/*`);
    const rest = await get(`/temporal/entities/${id}?options=temporalValues&timerel=after&timeAt=${time(9_999)}`);
    expect(rest.status).toBe(200);
    expect(rest.json).toMatchObject({
      totalActivePower: { values: [10_000, 10_001, 10_002, 10_003, 10_004].map((n) => [n, time(n)]) },
    });
    await send('DELETE', `/temporal/entities/${id}`);
  });

  it('5.6.12: instances are added; 5.6.11: the same again changes nothing', async () => {
    expect((await send('POST', `/temporal/entities/${OTHER}/attrs`, { voltageL1: [instance(240, 5)] })).status).toBe(
      204,
    );
    const repeated = { id: OTHER, type: 'ACMeasurement', voltageL1: [instance(240, 5)] };
    expect((await send('POST', '/temporal/entities', repeated)).status).toBe(204);
    const { json } = await get(`/temporal/entities/${OTHER}?attrs=voltageL1&options=temporalValues`);
    expect(json).toMatchObject({ voltageL1: { values: pairs([230.5, 231.5, 240], [0, 2, 5]) } });
  });

  it('6.3.5: what is written under another @context is the same attribute', async () => {
    const entity = {
      id: OTHER,
      type: 'M',
      u: [instance(241, 6)],
      '@context': [
        CONTEXT_URL,
        {
          M: 'https://smartdatamodels.org/dataModel.Energy/ACMeasurement',
          u: 'https://contor.example/vocabulary/voltageL1',
        },
      ],
    };
    expect((await send('POST', '/temporal/entities', entity, LD)).status).toBe(204);
    const { json } = await get(`/temporal/entities/${OTHER}?attrs=voltageL1&options=temporalValues&lastN=1`);
    expect(json).toMatchObject({ voltageL1: { values: pairs([241], [6]) } });
  });

  it('5.6.16: the past of an entity is erased, and only that', async () => {
    expect((await send('DELETE', `/temporal/entities/${GONE}`)).status).toBe(204);
    expect((await get(`/temporal/entities/${GONE}`)).status).toBe(404);
    expect((await send('DELETE', `/temporal/entities/${GONE}`)).status).toBe(404);
    expect((await get(`/temporal/entities/${METER}`)).status).toBe(200);
    expect((await get(`/entities/${METER}`)).status).toBe(200);
  });

  it('4.14: a tenant has a past of its own', async () => {
    const tenant = { 'NGSILD-Tenant': 'temporal_other' };
    await send('POST', '/entities', { id: METER, type: 'ACMeasurement' }, tenant);
    expect((await get(`/temporal/entities/${METER}`, tenant)).status).toBe(404);
    expect((await get(`/temporal/entities?type=ACMeasurement&${BETWEEN}`, tenant)).json).toEqual([]);
    expect(
      (await get(`/temporal/entities?type=ACMeasurement&${BETWEEN}`, { 'NGSILD-Tenant': 'temporal_none' })).status,
    ).toBe(404);
  });

  it.each<readonly [clause: string, method: string, path: string, status: number, body?: unknown]>([
    ['5.7.4.4', 'GET', '/temporal/entities?type=ACMeasurement', 400],
    ['5.7.4.4', 'GET', `/temporal/entities?${BETWEEN}`, 400],
    ['4.11', 'GET', `/temporal/entities/${METER}?timerel=since&timeAt=${hour(0)}`, 400],
    ['4.11', 'GET', `/temporal/entities/${METER}?timerel=after&timeAt=noon`, 400],
    ['4.8', 'GET', `/temporal/entities/${METER}?timeproperty=modifiedAt`, 501],
    ['5.2.21', 'GET', `/temporal/entities/${METER}?lastN=0`, 400],
    ['5.2.44', 'GET', `/temporal/entities/${METER}?options=aggregatedValues&aggrMethods=median`, 400],
    ['6.3.12', 'GET', `/temporal/entities/${METER}?options=sysAttrs`, 501],
    ['6.3.3', 'GET', `/temporal/entities/${METER}?colour=red`, 400],
    ['5.7.3.4', 'GET', '/temporal/entities/urn:ngsi-ld:ACMeasurement:none', 404],
    ['6.18.3.2', 'GET', `/temporal/entities?type=ACMeasurement&georel=near&${BETWEEN}`, 501],
    ['6.18.3.2', 'GET', `/temporal/entities?type=ACMeasurement&limit=500&${BETWEEN}`, 400],
    [
      '5.6.11.4',
      'POST',
      '/temporal/entities',
      400,
      { id: METER, type: 'ACMeasurement', voltageL1: [{ type: 'Property', value: 1 }] },
    ],
    ['5.6.11.4', 'POST', '/temporal/entities', 400, { id: METER, type: 'ACMeasurement' }],
    [
      '5.6.11.4',
      'POST',
      '/temporal/entities',
      400,
      { id: 'no uri', type: 'ACMeasurement', voltageL1: [instance(1, 1)] },
    ],
    [
      '5.6.12.4',
      'POST',
      '/temporal/entities/urn:ngsi-ld:ACMeasurement:none/attrs',
      404,
      { voltageL1: [instance(1, 1)] },
    ],
    ['5.6.13', 'DELETE', `/temporal/entities/${METER}/attrs/voltageL1`, 501],
    ['5.6.14', 'PATCH', `/temporal/entities/${METER}/attrs/voltageL1/urn:ngsi-ld:i:1`, 501, { value: 1 }],
    ['5.6.15', 'DELETE', `/temporal/entities/${METER}/attrs/voltageL1/urn:ngsi-ld:i:1`, 501],
    [
      '5.7.4',
      'POST',
      '/temporal/entityOperations/query',
      400,
      { type: 'Query', entities: [{ type: 'ACMeasurement' }] },
    ],
    ['5.7.4', 'POST', '/temporal/entityOperations/query', 501, { type: 'Query', geoQ: {} }],
  ])('%s: %s %s is a %i', async (_clause, method, path, status, ...[body]) => {
    const reply = await send(method, path, body);
    expect({ status: reply.status, text: reply.text }).toEqual({ status, text: reply.text });
  });

  it.each([
    ['GET', `/temporal/entities/${METER}`],
    ['GET', `/temporal/entities?type=ACMeasurement&${BETWEEN}`],
    ['DELETE', `/temporal/entities/${METER}/attrs/voltageL1`],
  ])('without a history server %s %s is a 501 that says what to set', async (method, path) => {
    const reply = await plain.send(method, `/ngsi-ld/v1${path}`);
    expect(reply.status).toBe(501);
    expect(reply.json).toMatchObject({ detail: expect.stringContaining('BROKER_HISTORY_URL') });
  });

  it('a history server that is away is a 503', async () => {
    const lonely = await openInstance({ BROKER_HISTORY_URL: 'http://127.0.0.1:9' });
    try {
      const reply = await lonely.send('GET', `/ngsi-ld/v1/temporal/entities/${METER}`);
      expect([reply.status, reply.headers.get('Retry-After')]).toEqual([503, '5']);
    } finally {
      await lonely.stop();
    }
  });
});
