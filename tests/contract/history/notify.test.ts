/** What POST /v2/notify makes of a body: kinds of attributes, time indexes, repetitions, revisions, refusals; and DELETE. */

import type { Deviation } from '@contor/history/deviations.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Instance, openInstance } from './instance.js';

let history: Instance;
let cases = 0;

beforeAll(async () => {
  history = await openInstance();
});
afterAll(() => history.stop());

const T0 = '2026-03-01T10:00:00.000+00:00';
const T1 = '2026-03-01T10:15:00.000+00:00';
const EARLIER = '2026-03-01T09:45:00.000+00:00';

/** Sends the notifications one after the other, each about one fresh entity, and returns how history tells it. */
async function after(notifications: readonly object[], query = '', headers = {}): Promise<unknown> {
  cases += 1;
  const id = `urn:case:${cases}`;
  const type = `Case${cases}`;
  for (const attributes of notifications) {
    const reply = await history.send(
      'POST',
      '/v2/notify',
      { data: [{ id, type, ...attributes }] },
      { ...history.tenant, ...headers },
    );
    expect(reply).toMatchObject({ status: 200, text: 'Notification successfully processed' });
  }
  return (await history.get(`/v2/entities/${id}/value${query}`)).json;
}

const property = (value: unknown, observedAt: string = T0, more: object = {}) => ({
  type: 'Property',
  value,
  observedAt,
  ...more,
});
const table = (index: readonly string[], columns: Readonly<Record<string, readonly unknown[]>>) => ({
  index,
  attributes: Object.entries(columns).map(([attrName, values]) => ({ attrName, values })),
});

const KINDS: readonly (readonly [name: string, attribute: unknown, kept: unknown])[] = [
  ['a decimal', property(230.5), 230.5],
  ['15 digits', property(123456789.123456), 123456789.123456],
  ['the largest register', property(999999999.999999), 999999999.999999],
  ['an integer', property(7), 7],
  ['zero', property(0), 0],
  ['a negative', property(-0.000001), -0.000001],
  ['text', property('on'), 'on'],
  ['empty text', property(''), ''],
  ['text of other scripts', property('căldură 温度 🌡'), 'căldură 温度 🌡'],
  ['text with quotes', property(`it's "quoted"; -- \\ `), `it's "quoted"; -- \\ `],
  ['true', property(true), true],
  ['false', property(false), false],
  ['an object', property({ L1: 1, L2: [2, null] }), { L1: 1, L2: [2, null] }],
  ['a list', property([1, 2.5, 'x']), [1, 2.5, 'x']],
  ['a typed date', property({ '@type': 'DateTime', '@value': '2026-01-01T00:00:00Z' }), '2026-01-01T00:00:00Z'],
  ['a relationship', { type: 'Relationship', object: 'urn:d:1', observedAt: T0 }, 'urn:d:1'],
  [
    'a relationship to several',
    { type: 'Relationship', object: ['urn:d:1', 'urn:d:2'], observedAt: T0 },
    ['urn:d:1', 'urn:d:2'],
  ],
  [
    'a point',
    { type: 'GeoProperty', value: { type: 'Point', coordinates: [26.1, 44.4] }, observedAt: T0 },
    { type: 'Point', coordinates: [26.1, 44.4] },
  ],
  [
    'languages',
    { type: 'LanguageProperty', languageMap: { en: 'meter', ro: 'contor' }, observedAt: T0 },
    { en: 'meter', ro: 'contor' },
  ],
  ['a vocabulary term', { type: 'VocabProperty', vocab: 'open', observedAt: T0 }, 'open'],
  ['plain JSON', { type: 'JsonProperty', json: { a: [1] }, observedAt: T0 }, { a: [1] }],
  ['a list property', { type: 'ListProperty', valueList: [1, 2], observedAt: T0 }, [1, 2]],
  ['concise', { value: 5, observedAt: T0 }, 5],
  ['the default instance of several', [property(1, T0, { datasetId: 'urn:x' }), property(2)], 2],
];

/** Cases that QuantumLeap answers otherwise, and by which deviation; strict.test.ts says how. */
const DEVIATING: Readonly<Record<string, Deviation>> = {
  'a list property': 'kinds-dropped',
  'a vocabulary term': 'kinds-dropped',
  'plain JSON': 'kinds-dropped',
  languages: 'kinds-dropped',
  'the default instance of several': 'instances-dropped',
  'each attribute at its own time': 'one-time-index',
  'a stale value is not restamped': 'one-time-index',
  'twice the same is once': 'repeats-counted',
  'parts of one instant meet': 'repeats-counted',
  'null never overwrites': 'repeats-counted',
  'without recordedAt the later arrival is served': 'repeats-counted',
  'an integer first spoils nothing': 'first-integer-fixes',
  'a number in text is a number': 'first-integer-fixes',
  'names keep their case': 'names-fold',
};

const isOtherThere = (name: string) => !history.hasOwn && DEVIATING[name] !== undefined;

describe.each(KINDS)('%s', (name, attribute, kept) => {
  it('comes back as it was', async () => {
    if (isOtherThere(name)) return;
    expect(await after([{ reading: attribute }])).toEqual(table([T0], { reading: [kept] }));
  });
});

const TIMES: readonly (readonly [
  name: string,
  attributes: object,
  index: string,
  headers?: Readonly<Record<string, string>>,
])[] = [
  ['newest observedAt', { a: property(1, EARLIER), b: { type: 'Property', value: 2 }, c: property(3, T0) }, T0],
  ['TimeInstant', { TimeInstant: { type: 'DateTime', value: T1 }, b: { type: 'Number', value: 2 } }, T1],
  [
    'metadata TimeInstant',
    { b: { type: 'Number', value: 2, metadata: { TimeInstant: { type: 'DateTime', value: T1 } } } },
    T1,
  ],
  ['timestamp', { timestamp: { type: 'DateTime', value: T1 }, b: { type: 'Number', value: 2 } }, T1],
  ['modifiedAt', { b: { type: 'Property', value: 2, modifiedAt: T1 } }, T1],
  ['entity observedAt', { observedAt: T1, b: { type: 'Property', value: 2 } }, T1],
  ['entity modifiedAt', { modifiedAt: T1, b: { type: 'Property', value: 2 } }, T1],
  ['dateModified', { dateModified: { type: 'DateTime', value: T1 }, b: { type: 'Number', value: 2 } }, T1],
  ['an offset', { b: property(2, '2026-03-01T12:15:00+02:00') }, T1],
  ['no offset means UTC', { b: property(2, '2026-03-01T10:15:00') }, T1],
  ['microseconds are cut', { b: property(2, '2026-03-01T10:15:00.000999Z') }, T1],
  ['simplified values', { observedAt: T1, b: 2 }, T1],
  [
    'the header',
    { b: property(2, T0), measured: { type: 'DateTime', value: T1 } },
    T1,
    { 'Fiware-TimeIndex-Attribute': 'measured' },
  ],
];

describe.each(TIMES)('the time index: %s', (_name, attributes, index, headers) => {
  it('dates what has no time of its own', async () => {
    const found = await after([attributes], '?attrs=b', headers ?? {});
    expect(found).toEqual(table([index], { b: [2] }));
  });
});

it('dates a repeated delivery as the first one', async () => {
  if (!history.hasOwn) return; // repeats-counted
  const body = { notifiedAt: T1, data: [{ id: 'urn:again', type: 'Again', b: { type: 'Property', value: 2 } }] };
  await history.send('POST', '/v2/notify', body);
  await history.send('POST', '/v2/notify', body);
  expect((await history.get('/v2/entities/urn:again/value')).json).toEqual(table([T1], { b: [2] }));
});

it('dates by arrival when nothing else tells', async () => {
  const before = Date.now();
  const found = (await after([{ b: { type: 'Property', value: 2 } }])) as { index: string[] };
  expect(Date.parse(found.index[0] ?? '')).toBeGreaterThanOrEqual(before);
});

const SEQUENCES: readonly (readonly [name: string, notifications: readonly object[], told: unknown])[] = [
  ['twice the same is once', [{ a: property(1) }, { a: property(1) }], table([T0], { a: [1] })],
  [
    'each attribute at its own time',
    [{ a: property(1, T0), b: property(2, T1) }],
    table([T0, T1], { a: [1, null], b: [null, 2] }),
  ],
  [
    'a stale value is not restamped',
    [
      { a: property(1, T0), b: property(2, T0) },
      { a: property(1, T0), b: property(3, T1) },
    ],
    table([T0, T1], { a: [1, null], b: [2, 3] }),
  ],
  ['parts of one instant meet', [{ a: property(1) }, { b: property(2) }], table([T0], { a: [1], b: [2] })],
  [
    'out of order is put in order',
    [{ a: property(2, T1) }, { a: property(1, T0) }, { a: property(0, EARLIER) }],
    table([EARLIER, T0, T1], { a: [0, 1, 2] }),
  ],
  ['without recordedAt the later arrival is served', [{ a: property(1) }, { a: property(2) }], table([T0], { a: [2] })],
  [
    'null never overwrites',
    [
      { a: property(1), b: property(1) },
      { a: property(null), b: property(2) },
    ],
    table([T0], { a: [1], b: [2] }),
  ],
  ['null alone is nothing', [{ a: property(1) }, { a: property(null, T1) }], table([T0], { a: [1] })],
  [
    'a deleted value is nothing',
    [{ a: property(1) }, { a: property('urn:ngsi-ld:null', T1) }],
    table([T0], { a: [1] }),
  ],
  ['an integer first spoils nothing', [{ a: property(1) }, { a: property(0.1, T1) }], table([T0, T1], { a: [1, 0.1] })],
  ['a number in text is a number', [{ a: property(1) }, { a: property('2.5', T1) }], table([T0, T1], { a: [1, 2.5] })],
  [
    'what cannot be cast is null',
    [
      { a: property(1), b: property(1) },
      { a: property('off', T1), b: property(2, T1) },
    ],
    table([T0, T1], { a: [1, null], b: [1, 2] }),
  ],
  [
    'a number in a text column is text',
    [{ a: property('x') }, { a: property(5, T1) }],
    table([T0, T1], { a: ['x', '5'] }),
  ],
  ['names keep their case', [{ power: property(1), Power: property(2) }], table([T0], { Power: [2], power: [1] })],
];

describe.each(SEQUENCES)('%s', (name, notifications, told) => {
  it('is told so', async () => {
    if (isOtherThere(name)) return;
    expect(await after(notifications)).toEqual(told);
  });
});

const recorded = (value: number, recordedAt: string) => ({
  a: property(value),
  recordedAt: { type: 'Property', value: recordedAt },
});

it.each([
  [[recorded(1, T0), recorded(2, T1)], 2],
  [[recorded(2, T1), recorded(1, T0)], 2],
  [[recorded(1, T0), recorded(2, T0)], 2],
  [[recorded(1, T0), recorded(2, T1), recorded(1, T0)], 2],
  [[recorded(1, EARLIER), recorded(2, T0), recorded(1, T1)], 1],
  [[recorded(1, T0), { a: property(2) }], 1],
])('of revisions %j the newest recordedAt is served', async (notifications, value) => {
  if (!history.hasOwn) return; // repeats-counted
  expect(await after(notifications, '?attrs=a')).toEqual(table([T0], { a: [value] }));
});

it('aggregates a revised and repeated series once', async () => {
  if (!history.hasOwn) return; // repeats-counted
  const found = await after(
    [{ a: property(1) }, { a: property(1) }, { a: property(3) }, { a: property(4, T1) }],
    '?attrs=a&aggrMethod=sum',
  );
  expect(found).toEqual(table([], { a: [7] }));
});

it('takes NGSI v2 and many entities at once', async () => {
  const data = Array.from({ length: 1_500 }, (_, at) => ({
    ...{ id: `Sensor${at}`, type: 'V2' },
    temperature: { type: 'Number', value: at / 10, metadata: {} },
    TimeInstant: { type: 'DateTime', value: T0 },
  }));
  expect((await history.send('POST', '/v2/notify', { subscriptionId: 'x', data })).status).toBe(200);
  const reply = await history.get('/v2/types/V2/attrs/temperature/value?id=Sensor1499');
  expect(reply.json).toEqual({ values: [{ id: 'Sensor1499', index: [T0], values: [149.9] }] });
});

it('skips an entity that says nothing', async () => {
  expect(await after([{}])).toEqual([]);
});

describe('a body that is refused with 400', () => {
  const REFUSED: readonly (readonly [name: string, body: unknown])[] = [
    ['no body', undefined],
    ['not JSON', 'not json'],
    ['an array', []],
    ['no data', {}],
    ['data that is no list', { data: {} }],
    ['an entity without id', { data: [{ type: 'X' }] }],
    ['an entity without type', { data: [{ id: 'x' }] }],
    ['an empty id', { data: [{ id: '', type: 'X' }] }],
    ['an entity that is none', { data: [null] }],
    ['one bad entity among good ones', { data: [{ id: 'urn:good', type: 'Good', a: 1 }, { id: 'x' }] }],
    ['a value too deep', { data: [{ id: 'x', type: 'X', a: { type: 'Property', value: nested(40) } }] }],
    ['a name too long', { data: [{ id: 'x'.repeat(2000), type: 'X' }] }],
  ];
  it.each(REFUSED)('%s', async (_name, body) => {
    expect((await history.send('POST', '/v2/notify', body)).status).toBe(400);
  });
  it('leaves nothing behind', async () => {
    expect((await history.get('/v2/entities/urn:good')).json).toEqual([]);
  });
});

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)];
}

describe('DELETE', () => {
  const stamped = (id: string, type: string) => ({
    data: [T0, T1].map((observedAt, value) => ({ id, type, a: property(value, observedAt) })),
  });

  it('erases an entity, and what is sent again afterwards is kept', async () => {
    await history.send('POST', '/v2/notify', stamped('urn:gone', 'Gone'));
    expect((await history.send('DELETE', '/v2/entities/urn:gone')).status).toBe(204);
    expect((await history.get('/v2/entities/urn:gone')).json).toEqual([]);
    expect((await history.get('/v2/entities?type=Gone')).json).toEqual([]);
    await history.send('POST', '/v2/notify', stamped('urn:gone', 'Gone'));
    expect((await history.get('/v2/entities/urn:gone/value')).json).toEqual(table([T0, T1], { a: [0, 1] }));
  });

  it('erases a window', async () => {
    if (!history.hasOwn) return; // repeats-counted
    await history.send('POST', '/v2/notify', stamped('urn:part', 'Part'));
    expect(
      (await history.send('DELETE', `/v2/entities/urn:part?type=Part&fromDate=${encodeURIComponent(T1)}`)).status,
    ).toBe(204);
    expect((await history.get('/v2/entities/urn:part/value')).json).toEqual(table([T0], { a: [0] }));
    await history.send('POST', '/v2/notify', stamped('urn:part', 'Part'));
    expect((await history.get('/v2/entities/urn:part/value')).json).toEqual(table([T0, T1], { a: [0, 1] }));
  });

  it('erases a type', async () => {
    await history.send('POST', '/v2/notify', stamped('urn:t1', 'Whole'));
    await history.send('POST', '/v2/notify', stamped('urn:t2', 'Whole'));
    expect((await history.send('DELETE', '/v2/types/Whole')).status).toBe(204);
    expect((await history.get('/v2/types/Whole')).json).toEqual([]);
  });

  it.each(['/v2/entities/urn:never', '/v2/types/Never', '/v2/types/Never?fromDate=2026-01-01'])(
    '%s: nothing to erase',
    async (path) => {
      expect(await history.send('DELETE', path)).toMatchObject({ status: 200, json: [] });
    },
  );

  it('asks for the type of an ambiguous id', async () => {
    await history.send('POST', '/v2/notify', stamped('urn:twin', 'TwinA'));
    await history.send('POST', '/v2/notify', stamped('urn:twin', 'TwinB'));
    expect((await history.send('DELETE', '/v2/entities/urn:twin')).status).toBe(409);
    expect((await history.get('/v2/entities/urn:twin')).status).toBe(400);
    expect((await history.get('/v2/entities/urn:twin?type=TwinB&attrs=a')).status).toBe(200);
  });
});

describe('names', () => {
  const NAMES = [
    `'; DROP TABLE kinds; --`,
    '"',
    'a"b',
    'Robert") ; select 1',
    'e',
    't',
    'v',
    '__proto__',
    'constructor',
    'ünï',
    ' ',
    'a/b',
    '%',
    '\\',
    'x'.repeat(1000),
  ];
  it.each(NAMES)('%j is only a name', async (name) => {
    const id = `urn:${name.slice(0, 100)}`;
    const body = `{"data":[{"id":${JSON.stringify(id)},"type":${JSON.stringify(name)},${JSON.stringify(name)}:{"type":"Property","value":1.5,"observedAt":"${T0}"}}]}`;
    expect((await history.send('POST', '/v2/notify', body)).status).toBe(200);
    const path = `/v2/entities/${encodeURIComponent(id)}/attrs/${encodeURIComponent(name)}/value?type=${encodeURIComponent(name)}`;
    expect((await history.get(path)).json).toEqual({ index: [T0], values: [1.5] });
  });
});
