/**
 * What somebody with a limited scope reads of the broker, held against what the broker itself says: the same entities, counts, pages and
 * types as if there had never been anything else (T1). What is somebody else's is answered like what never was.
 */

import { createScopeIndex, redact, type Scope, type TiedEntity } from '@contor/policy';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Caller } from '../../unit/gateway/support/door.js';
import { House } from './house.js';
import { alert, customer, device, live, point, site, townEntities } from './town.js';

const API = '/api/ngsi-ld/v1';
let house: House;
let all: Caller;
let anna: Caller;
beforeAll(async () => {
  house = await House.open();
  await house.hold(townEntities());
  all = await house.person('all', ['viewer'], 'everything');
  anna = await house.person('anna', ['viewer'], [site('a')]);
}, 30_000);
afterAll(() => house.close(), 30_000);

const get = (path: string, who: Caller = anna) => house.door.get(API + path, who);
const post = (body: unknown, query = '', who: Caller = anna) =>
  house.door.ask('POST', `${API}/entityOperations/query${query}`, who, body);
const idsIn = (body: unknown) => (body as { id: string }[]).map(({ id }) => id).sort();
const last = (ids: readonly string[]) => ids.map((id) => id.split(':').at(-1));

describe('somebody who sees one street', () => {
  it('finds what is theirs, and where the meter that moved is now', async () => {
    const { status, body } = await get('/entities?type=ACMeasurement');
    expect([status, last(idsIn(body))]).toEqual([200, ['meter-a1', 'meter-a3']]);
    expect(idsIn((await get('/entities?type=ACMeasurement', all)).body)).toHaveLength(5);
  });

  it.each([
    ['a site', site('b')],
    ['a point', point('b1')],
    ['a meter', device('b1')],
    ['a meter that moved away', device('a2')],
    ['a measurement', live('b1')],
    ['an alert', alert('b3')],
    ['a former customer', customer('former')],
  ])('%s of somebody else is not there, like what never was', async (_what, id) => {
    const never = `${id}-never`;
    const [foreign, missing] = [await get(`/entities/${id}`), await get(`/entities/${never}`)];
    expect(foreign.status).toBe(404);
    expect(JSON.stringify(foreign.body).replaceAll(id, '')).toBe(JSON.stringify(missing.body).replaceAll(never, ''));
    expect([...foreign.headers.keys()].sort()).toEqual([...missing.headers.keys()].sort());
    expect((await get(`/entities?id=${id}`)).body).toEqual((await get(`/entities?id=${never}`)).body);
  });

  it('counts what is theirs', async () => {
    const { headers, body } = await get('/entities?type=ConsumptionPoint&count=true&limit=0');
    expect([headers.get('ngsild-results-count'), body]).toEqual(['3', []]);
    const filtered = await get(
      `/entities?type=ConsumptionPoint&count=true&limit=0&q=${encodeURIComponent('name~="^Street"')}`,
    );
    expect(filtered.headers.get('ngsild-results-count')).toBe('3');
  });

  it('sees the types of what is theirs, with their counts and attributes', async () => {
    const types = (await get('/types')).body as { typeList?: string[] };
    expect(types.typeList).toContain('MeterGroup');
    const one = (await get('/types/ACMeasurement')).body as { entityCount: number; attributeDetails: { id: string }[] };
    expect(one.entityCount).toBe(2);
    expect(one.attributeDetails.map(({ id }) => id).sort()).toEqual(['refDevice', 'totalActivePower']);
    const bare = await house.person('bare', ['viewer'], [point('b2')]);
    expect(((await get('/types', bare)).body as { typeList?: string[] }).typeList).not.toContain('MeterGroup');
    expect((await get('/types/MeterGroup', bare)).status).toBe(404);
    expect((await get('/types/Never', bare)).status).toBe(404);
  });

  it('is not told where relationships lead that leave the street', async () => {
    const entities = (await get('/entities?type=ConsumptionPoint')).body as unknown as TiedEntity[];
    expect(entities.map(({ refSite }) => refSite)).toEqual(
      Array(3).fill(expect.objectContaining({ object: site('a') })),
    );
    const moved = await house.person('mover', ['viewer'], [device('a2'), point('b2')]);
    const [installed] = (await get('/entities?type=MeterInstallation', moved)).body as unknown as TiedEntity[];
    expect(installed?.refPoint).toMatchObject({ object: point('b2') });
  });
});

describe('questions about what is somebody else’s', () => {
  it.each([
    ['q on an id', `type=ConsumptionPoint&q=refSite=="${site('b')}"`],
    ['q without quotes', `type=ConsumptionPoint&q=refSite==${site('b')}`],
    ['q with escapes', `type=ConsumptionPoint&q=refSite=="${site('b').replace('urn', '\\u0075rn')}"`],
    ['idPattern', 'type=Device&idPattern=meter-b'],
    ['ids', `id=${device('b1')},${device('b3')}`],
    ['a place', 'type=ConsumptionPoint&georel=near;maxDistance==5000&geometry=Point&coordinates=%5B26.0,45.0%5D'],
    ['a value', 'type=ACMeasurement&q=totalActivePower>1000'],
  ])('%s finds nothing', async (_what, query) => {
    const { status, body } = await get(`/entities?${query.replace(/(?<=q=).*/, (q) => encodeURIComponent(q))}`);
    expect([status, body]).toEqual([200, []]);
    expect(
      (
        (await get(`/entities?${query.replace(/(?<=q=).*/, (q) => encodeURIComponent(q))}`, all))
          .body as unknown as unknown[]
      ).length,
    ).toBeGreaterThan(0);
  });

  it.each([
    'refSite~="b$"',
    'refSite>"urn"',
    'refSite=="a".."z"',
    'refDevice.refSite~=x',
    '(name=="x"|hasMember!~="b")',
  ])('links are not guessed at: %s', async (q) => {
    const { status, body } = await get(`/entities?type=ConsumptionPoint&q=${encodeURIComponent(q)}`);
    expect([status, body.error]).toEqual([400, 'request.wrong']);
  });

  it('entities are not put in order by a link, nor answered as GeoJSON', async () => {
    expect((await get('/entities?type=ConsumptionPoint&local=true&orderBy=refFeeder')).status).toBe(400);
    const ordered = (await get('/entities?type=ConsumptionPoint&local=true&orderBy=name;desc')).body;
    expect(last((ordered as unknown as { id: string }[]).map(({ id }) => id))).toEqual(['a3', 'a2', 'a1']);
  });

  it('a wrong question is answered as the broker answers it, and names nobody else', async () => {
    const { status, body } = await get(`/entities?type=Device&q=${encodeURIComponent('(((')}`);
    expect([status, JSON.stringify(body).includes('meter-b')]).toEqual([400, false]);
  });
});

describe('questions as documents', () => {
  it('are narrowed like those in a URL, selector by selector', async () => {
    const entities = [
      { type: 'Device', idPattern: 'a[13]$' },
      { id: [site('a'), site('b')], type: 'Site' },
      { type: 'Alert', id: alert('b1') },
    ];
    const { status, body } = await post({ type: 'Query', entities }, '?count=true');
    expect([status, last(idsIn(body))]).toEqual([200, ['meter-a1', 'meter-a3', 'street-a']]);
  });

  it('go to the broker as they are for those who see everything', async () => {
    const question = { type: 'Query', entities: [{ type: 'Device' }], q: 'serialNumber~=S', attrs: ['serialNumber'] };
    expect(idsIn((await post(question, '', all)).body)).toHaveLength(5);
    expect(idsIn((await post(question)).body)).toHaveLength(2);
  });

  it.each([
    ['no query', { type: 'Entity' }],
    ['joins', { type: 'Query', join: 'inline' }],
    ['selectors that are none', { type: 'Query', entities: [1] }],
    [
      'another @context',
      { type: 'Query', '@context': { street: 'https://contor.example/vocabulary/refSite' }, q: 'street==1' },
    ],
    ['a list', []],
  ])('%s are refused', async (_what, body) => {
    for (const who of [anna, all]) expect((await post(body, '', who)).status).toBe(400);
  });

  it('bombs are refused before anybody reads them', async () => {
    const deep = `${'['.repeat(40)}${']'.repeat(40)}`;
    expect((await post(`{"type":"Query","q":${deep}}`)).body.error).toBe('body.malformed');
    expect((await post(`{"type":"Query","q":"${'x'.repeat(1_100_000)}"}`)).body.error).toBe('body.too-large');
    expect((await post('{')).status).toBe(400);
  });
});

describe('representations', () => {
  const queries = [
    'type=ConsumptionPoint',
    'type=ACMeasurement',
    'type=MeterInstallation',
    'type=Customer',
    'type=Alert',
  ];

  /** The broker makes them itself for those who see everything. */
  it.each(['format=concise', 'format=simplified', 'options=keyValues', 'options=sysAttrs', 'options=concise,sysAttrs'])(
    '%s is what the broker would have said',
    async (look) => {
      const seesAll = await house.person(
        'sees-both',
        ['viewer'],
        [site('a'), site('b'), customer('former'), customer('present')],
      );
      for (const query of queries) {
        const [ours, theirs] = [
          await get(`/entities?${query}&${look}`, seesAll),
          await get(`/entities?${query}&${look}`, all),
        ];
        const byId = (body: unknown) => new Map((body as { id: string }[]).map((one) => [one.id, one]));
        // The points' feeders are not known to anybody, so nothing is cut.
        expect(byId(ours.body)).toEqual(byId(theirs.body));
      }
    },
  );

  it('attrs, pick and omit hold for one and for many', async () => {
    const one = `/entities/${point('a1')}`;
    expect(Object.keys((await get(`${one}?pick=id,name`)).body)).toEqual(['id', 'name']);
    expect(Object.keys((await get(`${one}?attrs=name&format=simplified`)).body).sort()).toEqual(['id', 'name', 'type']);
    const [first] = (await get('/entities?type=Site&omit=name')).body as unknown as object[];
    expect(Object.keys(first ?? {}).sort()).toEqual(['id', 'type']);
  });
});

describe('pages', () => {
  it('of any size hold each entity once, and Link leads through them', async () => {
    const everything = idsIn((await get('/entities?type=*&limit=1000')).body);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 9 }), fc.boolean(), fc.boolean(), async (limit, counts, filters) => {
        const seen: string[] = [];
        const filter = filters ? `&q=${encodeURIComponent('name|refDevice|totalActivePower')}` : '';
        let next: string | undefined = `${API}/entities?type=*&limit=${limit}${counts ? '&count=true' : ''}${filter}`;
        for (let pages = 0; next !== undefined; pages += 1) {
          const { body, headers } = await house.door.get(next, anna);
          const ids = idsIn(body);
          if (counts) expect(headers.get('ngsild-results-count')).toBe(String(everything.length));
          seen.push(...ids);
          next = /<([^>]*)>;rel="next"/.exec(headers.get('link') ?? '')?.[1];
          expect(pages).toBeLessThan(everything.length + 1);
        }
        expect(seen.sort()).toEqual(everything);
      }),
      { numRuns: 12 },
    );
  });

  it('of those who see everything have links of ours, too', async () => {
    const { headers } = await get('/entities?type=Device&limit=2&offset=2', all);
    const links = [...(headers.get('link') ?? '').matchAll(/<([^>]*)>;\s*rel="(\w+)"/g)].map(([, url, rel]) => [
      rel,
      url,
    ]);
    expect(links).toEqual([
      ['next', `${API}/entities?type=Device&limit=2&offset=4`],
      ['prev', `${API}/entities?type=Device&limit=2&offset=0`],
    ]);
  });
});

describe('tenant headers', () => {
  it.each([
    [{ 'NGSILD-Tenant': 'default' }, 200],
    [{ 'ngsild-TENANT': 'default', 'fiware-service': 'default' }, 200],
    [{ 'NGSILD-Tenant': 'other' }, 403],
    [{ 'Fiware-Service': 'other' }, 403],
    [{ 'NGSILD-Tenant': 'Default' }, 400],
    [{ 'NGSILD-Tenant': '../default' }, 400],
    [{ 'NGSILD-Tenant': 'default, other' }, 400],
    [{ 'NGSILD-Tenant': '' }, 400],
    [{ 'Fiware-ServicePath': '/' }, 200],
    [{ 'Fiware-ServicePath': '/b' }, 400],
  ])('%j: %i', async (headers, status) => {
    for (const who of [anna, all])
      for (const path of [`${API}/entities?type=Site`, '/api/quantumleap/v2/entities'])
        expect((await house.door.get(path, { ...who, ...headers } as Caller)).status).toBe(status);
  });
});

describe('any scope', () => {
  it('is answered as a broker would that held nothing else', async () => {
    const held = (await house.context.query({ type: '*' })) as unknown as readonly TiedEntity[];
    const targets = held
      .filter(({ type }) => ['Site', 'Customer', 'ConsumptionPoint', 'MeterGroup'].includes(type))
      .map(({ id }) => id);
    const index = createScopeIndex();
    for (const one of held) index.apply(one);
    let number = 0;
    await fc.assert(
      fc.asyncProperty(fc.subarray(targets, { maxLength: 4 }), async (granted) => {
        number += 1;
        const name = `any-${number}`;
        const who = await house.person(name, ['viewer'], granted);
        const scope: Scope = { kind: 'grants', grants: granted.map((to) => ({ to })), username: name };
        const nowMs = Date.now();
        const expected = held
          .filter(({ id }) => index.isVisible(scope, id, nowMs))
          .map((one) => redact(one, scope, index));
        const { body } = await get('/entities?type=*&limit=1000', who);
        const byId = (list: unknown) => new Map((list as { id: string }[]).map((one) => [one.id, one]));
        expect(byId(body)).toEqual(byId(expected));
      }),
      { numRuns: 25 },
    );
  });
});
