/** Queries over what the broker and its sources hold together (GS CIM 009 V1.9.1, 4.3.6, 5.7.2, 6.3.17). */

import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { CORE, property } from './cases.js';
import { describeSet, type Instance, openInstance, type Reply } from './instance.js';
import { ContextSource } from './source.js';

const ONE = 'urn:ngsi-ld:Gadget:1';
const TWO = 'urn:ngsi-ld:Gadget:2';
const BASE = '/ngsi-ld/v1';
let broker: Instance;
let source: ContextSource;
let other: ContextSource;
let tenants = 0;
let tenant: Record<string, string>;

beforeAll(async () => {
  broker = await openInstance({ BROKER_ALIAS: 'contor-test' });
  [source, other] = await Promise.all([ContextSource.listen(), ContextSource.listen()]);
});
afterAll(() => Promise.all([broker.stop(), source.close(), other.close()]));
beforeEach(() => {
  tenants += 1;
  tenant = { 'NGSILD-Tenant': `queries_${Date.now().toString(36)}_${tenants}` };
  source.forget();
  other.forget();
});

const send = (method: string, path: string, body?: unknown, headers: object = {}): Promise<Reply> =>
  broker.send(method, BASE + path, body, { ...tenant, ...headers });
const query = async (search: string, headers: object = {}): Promise<unknown> =>
  (await send('GET', `/entities?${search}&format=simplified`, undefined, headers)).json;

async function given(path: string, body: unknown): Promise<void> {
  const { status, text } = await send('POST', path, body);
  if (status >= 300) throw new Error(`${path} answered ${status}: ${text}`);
}
const gadget = (id: string, attributes: object): object => ({ id, type: 'Gadget', ...attributes });
const simple = gadget;
const create = (id: string, attributes: object): Promise<void> => given('/entities', gadget(id, attributes));

function register(more: object, at: ContextSource = source): Promise<void> {
  return given('/csourceRegistrations', {
    ...{ type: 'ContextSourceRegistration', endpoint: at.endpoint, operations: ['retrieveOps'] },
    contextSourceInfo: [{ key: 'jsonldContext', value: CORE }],
    ...more,
  });
}
const exclusive = (id = ONE, names = ['level'], at = source): Promise<void> =>
  register({ mode: 'exclusive', information: [{ entities: [{ id, type: 'Gadget' }], propertyNames: names }] }, at);
const open = (mode = 'inclusive', more: object = {}): Promise<void> =>
  register({ mode, information: [{ entities: [{ type: 'Gadget' }] }], ...more });

describeSet('exclusive sources', () => {
  const lazy = [gadget(ONE, { level: property(42), intruder: property(1) })];

  it('5.7.2: are asked for an entity that is named, and for what they hold of it', async () => {
    await create(ONE, { label: property('north') });
    await exclusive();
    source.says(200, lazy);
    expect(await query(`id=${ONE}`)).toEqual([simple(ONE, { label: 'north', level: 42 })]);
    expect(source.asked.map(({ path }) => path)).toEqual([
      `${BASE}/entities?id=urn%3Angsi-ld%3AGadget%3A1&attrs=level`,
    ]);
  });

  it('5.7.2: with attrs, also for an entity that the broker does not hold', async () => {
    await exclusive();
    source.says(200, lazy);
    expect(await query(`id=${ONE}&attrs=level&type=Gadget`)).toEqual([simple(ONE, { level: 42 })]);
  });

  it('5.7.2: are not asked when what they hold is not wanted', async () => {
    await create(ONE, { label: property('north') });
    await exclusive();
    expect(await query(`id=${ONE}&attrs=label`)).toEqual([simple(ONE, { label: 'north' })]);
    expect(source.connections).toBe(0);
  });

  it.each([
    ['level>40', 1],
    ['level>50', 0],
    ['level>40;label=="north"', 1],
  ])('4.9: q=%s is tried on what they say', async (q, count) => {
    await create(ONE, { label: property('north') });
    await exclusive();
    source.says(200, lazy);
    expect(await query(`id=${ONE}&q=${encodeURIComponent(q)}`)).toHaveLength(count);
  });

  it('5.7.2: of a query by type they complete the page', async () => {
    await create(ONE, { label: property('north') });
    await create(TWO, { label: property('south') });
    await exclusive();
    source.says(200, lazy);
    expect(await query('type=Gadget')).toEqual([
      simple(ONE, { label: 'north', level: 42 }),
      simple(TWO, { label: 'south' }),
    ]);
    source.forget();
    expect(await query('type=Gadget&offset=1')).toEqual([simple(TWO, { label: 'south' })]);
    expect(source.connections).toBe(0);
  });

  it('4.20: those of commands alone are not asked', async () => {
    await create(ONE, { label: property('north') });
    await register({
      mode: 'exclusive',
      operations: ['updateOps'],
      information: [{ entities: [{ id: ONE, type: 'Gadget' }], propertyNames: ['level'] }],
    });
    expect(await query('type=Gadget')).toEqual([simple(ONE, { label: 'north' })]);
    expect(source.connections).toBe(0);
  });

  it('6.3.17: one that fails leaves the rest, and a warning', async () => {
    await create(ONE, { label: property('north') });
    await exclusive();
    source.says(500);
    const reply = await send('GET', '/entities?type=Gadget&format=simplified');
    expect(reply).toMatchObject({ status: 200, json: [simple(ONE, { label: 'north' })] });
    expect(reply.headers.get('ngsild-warning')).toMatch(/^199 contor-test\.\S+ ".*answered 500/);
  });

  it('5.7.2: more than 64 of them in one query by id is too complex', async () => {
    const ids = Array.from({ length: 65 }, (_none, at) => `urn:ngsi-ld:Gadget:${at}`);
    for (const id of ids) await exclusive(id);
    expect(await send('GET', `/entities?id=${ids.join(',')}`)).toMatchObject({
      status: 403,
      json: { type: expect.stringContaining('TooComplexQuery') },
    });
    expect(source.connections).toBe(0);
    source.says(200, []);
    expect((await send('GET', `/entities?id=${ids.slice(0, 64).join(',')}`)).status).toBe(200);
    expect(source.asked).toHaveLength(64);
  });
});

describeSet('inclusive, redirect and auxiliary sources', () => {
  it.each(['inclusive', 'redirect'])('4.3.6: what a %s source has comes beside what the broker has', async (mode) => {
    await open(mode);
    source.says(200, [gadget(TWO, { label: property('theirs') })]);
    if (mode === 'inclusive') await create(ONE, { label: property('ours') });
    const ours = mode === 'inclusive' ? [simple(ONE, { label: 'ours' })] : [];
    expect(await query('type=Gadget')).toEqual([...ours, simple(TWO, { label: 'theirs' })]);
    expect(source.asked[0]?.path).toBe(`${BASE}/entities?type=Gadget&options=sysAttrs&limit=500&offset=0`);
  });

  it('5.7.2: id, idPattern, type and attrs are asked for, in the names of the source', async () => {
    await open();
    source.says(200, []);
    for (const search of [
      `id=${ONE},${TWO}`,
      'idPattern=Gadget:.',
      'type=Gadget',
      'type=Gadget&attrs=label',
      'attrs=label',
    ])
      await query(search);
    const asked = source.asked.map(({ path }) => Object.fromEntries(new URL(`http://x${path}`).searchParams));
    const always = { type: 'Gadget', options: 'sysAttrs', limit: '500', offset: '0' };
    expect(asked).toEqual([
      { id: `${ONE},${TWO}`, ...always },
      { idPattern: 'Gadget:.', ...always },
      always,
      { attrs: 'label', ...always },
      { attrs: 'label', ...always },
    ]);
  });

  it.each([
    ['theirs', '2026-01-01T00:00:01Z'],
    ['ours', '2025-01-01T00:00:00Z'],
  ])('4.5.5: of one entity the newer instance is shown: %s', async (winner, observedAt) => {
    await create(ONE, { label: property('ours', { observedAt: '2026-01-01T00:00:00Z' }), mine: property(1) });
    await open();
    source.says(200, [gadget(ONE, { label: property('theirs', { observedAt }), more: property(2) })]);
    expect(await query('type=Gadget')).toEqual([simple(ONE, { label: winner, mine: 1, more: 2 })]);
  });

  it.each([
    ['mine==1;more==2', 1],
    ['mine==1;more==3', 0],
    ['more', 1],
    ['!more', 0],
  ])('4.9: q=%s is tried on the entity that was put together', async (q, count) => {
    await create(ONE, { mine: property(1) });
    await open();
    source.says(200, [gadget(ONE, { more: property(2) })]);
    expect(await query(`type=Gadget&q=${encodeURIComponent(q)}`)).toHaveLength(count);
  });

  it('4.3.6.2: an auxiliary source fills gaps', async () => {
    await create(ONE, { label: property('ours') });
    await open('auxiliary');
    source.says(200, [gadget(ONE, { label: property('theirs'), more: property(2) })]);
    expect(await query('type=Gadget')).toEqual([simple(ONE, { label: 'ours', more: 2 })]);
  });

  it('6.3.10, 6.3.13: pages and counts are of all of it', async () => {
    for (const at of [1, 2, 3]) await create(`urn:ngsi-ld:Gadget:${at}`, {});
    await open();
    source.says(
      200,
      [3, 4, 5].map((at) => gadget(`urn:ngsi-ld:Gadget:${at}`, {})),
    );
    const reply = await send('GET', '/entities?type=Gadget&limit=2&offset=2&count=true');
    expect(reply.json).toMatchObject([{ id: 'urn:ngsi-ld:Gadget:3' }, { id: 'urn:ngsi-ld:Gadget:4' }]);
    expect(reply.headers.get('ngsild-results-count')).toBe('5');
    expect(reply.headers.get('link')).toMatch(/offset=4>;rel="next"/);
  });

  it('6.3.10: a source that has more than a page is asked for the next', async () => {
    await open();
    const all = Array.from({ length: 501 }, (_none, at) => gadget(`urn:ngsi-ld:Gadget:${at}`, {}));
    source.answering = ({ path }, response) => {
      const offset = Number(new URL(`http://x${path}`).searchParams.get('offset'));
      response
        .writeHead(200, { 'Content-Type': 'application/json' })
        .end(JSON.stringify(all.slice(offset, offset + 500)));
    };
    const reply = await send('GET', '/entities?type=Gadget&limit=0&count=true');
    expect(reply.headers.get('ngsild-results-count')).toBe('501');
    expect(source.asked).toHaveLength(2);
  });

  it('4.3.6: what a source says of anything else is not taken', async () => {
    await register({
      mode: 'inclusive',
      information: [{ entities: [{ type: 'Gadget', idPattern: ':1$' }], propertyNames: ['label'] }],
    });
    source.says(200, [
      gadget(ONE, { label: property('theirs'), intruder: property(1) }),
      gadget(TWO, { label: property('theirs') }),
      { id: 'urn:ngsi-ld:Other:1', type: 'Other', label: property('theirs') },
    ]);
    expect(await query('type=Gadget')).toEqual([simple(ONE, { label: 'theirs' })]);
  });

  it('6.23: a query by POST asks them too', async () => {
    await open();
    source.says(200, [gadget(TWO, { label: property('theirs') })]);
    const body = { type: 'Query', entities: [{ type: 'Gadget' }], q: 'label=="theirs"' };
    const { status, json } = await send('POST', '/entityOperations/query', body);
    expect({ status, json }).toMatchObject({ status: 200, json: [{ id: TWO }] });
  });

  it.each([
    ['local=true', {}],
    ['type=Gadget', { Via: 'back' }],
    ['type=Other', {}],
    ['type=Gadget&attrs=other', {}],
  ])('6.3.18: a query with %s %j asks nobody', async (search, headers) => {
    await create(ONE, {});
    await register({ mode: 'inclusive', information: [{ entities: [{ type: 'Gadget' }], propertyNames: ['label'] }] });
    const via = 'Via' in headers ? { Via: `1.1 contor-test.${tenant['NGSILD-Tenant']}` } : {};
    expect((await send('GET', `/entities?${search}`, undefined, via)).status).toBe(200);
    expect(source.connections).toBe(0);
  });

  const BROKEN: readonly (readonly [string, number, unknown])[] = [
    ['an error', 500, { title: 'no' }],
    ['an object', 200, gadget(ONE, {})],
    ['half of it', 200, '[{"id":'],
    ['something without an id', 200, [{ type: 'Gadget' }]],
    ['an attribute that is none', 200, [gadget(ONE, { a: { type: 'Property' } })]],
    ['more than anybody reads', 200, JSON.stringify([gadget(ONE, { a: property('x'.repeat(5 * 2 ** 20)) })])],
    ['a redirect', 302, undefined],
  ];
  it.each(BROKEN)('6.3.17: a source that answers %s is left out with a warning', async (_what, status, body) => {
    await create(TWO, {});
    await open();
    source.says(status, body, status === 302 ? { Location: `${other.endpoint}/` } : {});
    const reply = await send('GET', '/entities?type=Gadget');
    expect(reply).toMatchObject({ status: 200, json: [{ id: TWO }] });
    expect(reply.headers.get('ngsild-warning')).toMatch(/^199 /);
    expect(other.connections).toBe(0);
  });

  it('6.3.17: a source that knows of none is no reason for a warning', async () => {
    await create(TWO, {});
    await open();
    source.says(404, { title: 'none' });
    const reply = await send('GET', '/entities?type=Gadget');
    expect(reply.status).toBe(200);
    expect(reply.headers.get('ngsild-warning')).toBeNull();
  });
});
