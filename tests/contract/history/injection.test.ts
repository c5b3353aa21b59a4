/** Threat T28: names and values that would be SQL if they got there. They come back as they are, and nothing else happens. */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Instance, openInstance } from './instance.js';
import { at, property, tell } from './tables.js';

let history: Instance;

beforeAll(async () => {
  history = await openInstance();
  await tell(history, [{ id: 'urn:safe', type: 'Safe', power: property(42, at(0)) }]);
});
afterAll(() => history.stop());

const HOSTILE = [
  `'; DROP TABLE hot_0; --`,
  `" OR 1=1 --`,
  `x' UNION SELECT * FROM entities --`,
  `"; ATTACH '/etc/passwd' AS p; --`,
  `');DELETE FROM kinds;--`,
  `read_csv('/etc/passwd')`,
  `$1`,
  `\\'; SELECT 1`,
  `/* comment */`,
  `a\u0000b`,
  `e`,
  `t`,
  `v`,
  `"t"`,
  `rowid`,
  `constructor`,
  `__proto__x`,
  `select`,
  `c0_power`,
  `temperatură`,
  `🌡`,
  `%27%3B`,
  `..%2F..%2Fetc`,
  `a b`,
  `${'x'.repeat(500)}`,
] as const;

const isWell = async () => {
  expect((await history.get('/v2/entities/urn:safe/attrs/power/value?type=Safe')).json).toEqual({
    ...{ index: [at(0)], values: [42] },
  });
};

describe.each(HOSTILE)('%j', (name) => {
  const encoded = encodeURIComponent(name);

  it('is an entity id', async () => {
    await tell(history, [{ id: name, type: 'Id', a: property(1, at(0)) }]);
    if (!history.hasOwn) return;
    expect((await history.get(`/v2/entities/${encoded}/attrs/a/value?type=Id`)).json).toEqual({
      index: [at(0)],
      values: [1],
    });
    expect((await history.get(`/v2/types/Id/attrs/a/value?id=${encoded}`)).status).toBe(200);
    await isWell();
  });
  it('is a type', async () => {
    await tell(history, [{ id: 'urn:t', type: name, a: property(1, at(0)) }]);
    if (!history.hasOwn) return;
    expect((await history.get(`/v2/types/${encoded}/attrs/a/value`)).json).toEqual({
      values: [{ id: 'urn:t', index: [at(0)], values: [1] }],
    });
    expect((await history.send('DELETE', `/v2/types/${encoded}?dropTable=true`)).status).toBe(204);
    await isWell();
  });
  it('is an attribute', async () => {
    await tell(history, [{ id: 'urn:a', type: 'Attribute', [name]: property(1, at(0)) }]);
    if (!history.hasOwn) return;
    expect((await history.get(`/v2/entities/urn:a/attrs/${encoded}/value`)).json).toEqual({
      index: [at(0)],
      values: [1],
    });
    expect(
      (await history.get(`/v2/entities/urn:a/attrs/${encoded}/value?aggrMethod=min,max&aggrPeriod=day`)).status,
    ).toBe(200);
    await isWell();
  });
  it('is a value', async () => {
    await tell(history, [{ id: 'urn:v', type: 'Value', a: property(name, at(0)), recordedAt: property(name, at(0)) }]);
    if (!history.hasOwn) return;
    expect((await history.get('/v2/entities/urn:v/attrs/a/value?lastN=1')).json).toMatchObject({ values: [name] });
    await isWell();
  });
});

const PARAMETERS = [
  ...['type', 'id', 'idPattern', 'attrs', 'aggrMethod', 'aggrPeriod', 'fromDate', 'toDate', 'lastN', 'limit', 'offset'],
  ...[
    'georel',
    'geometry',
    'coords',
    'timezone',
    'digits',
    'decimals',
    'fill',
    'asOf',
    'revisions',
    'metadata',
    'points',
    'format',
  ],
];

it.each(PARAMETERS)('%s takes nothing of that kind for SQL', async (parameter) => {
  for (const said of HOSTILE) {
    const { status } = await history.get(`/v2/attrs/power?aggrMethod=count&${parameter}=${encodeURIComponent(said)}`);
    expect([200, 400, 422]).toContain(status);
  }
  await isWell();
});

it.each(['NGSILD-Tenant', 'Fiware-Service'])('%s names a tenant or is refused', async (header) => {
  if (header === 'NGSILD-Tenant' && !history.hasOwn) return; // tenant-on-get
  for (const said of [`x'; DROP TABLE kinds; --`, 'a b', '../x', 'x'.repeat(51)]) {
    expect((await history.get('/v2/entities', { [header]: said })).status).toBe(400);
  }
  await isWell();
});

it('scopes are bound, too', async () => {
  if (!history.hasOwn) return;
  for (const said of HOSTILE) {
    const body = { type: said, attrs: [said], scopes: [{ id: said }], aggrMethod: 'count' };
    expect([200, 400]).toContain((await history.send('POST', '/v2/query', body)).status);
    const last = { entities: [{ id: said, type: said }], attrs: [said] };
    expect([200, 404]).toContain((await history.send('POST', '/v2/op/query', last)).status);
  }
  await isWell();
});
