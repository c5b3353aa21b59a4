/** The read side, case by case: path, answer. Two rooms and a hall, four readings each, an hour apart. */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Instance, openInstance } from './instance.js';
import { prime } from './tables.js';

const DAY = '2026-11-20';
const at = (hour: number, minute = 0) => `${DAY}T${two(hour)}:${two(minute)}:00.000+00:00`;
const two = (value: number) => String(value).padStart(2, '0');

const INDEX = [at(0), at(1), at(2), at(3)];
const VALUES = { room1: [20, 20.5, 21, 21.5], room2: [10, 11.1, 12.2, 13.3], hall: [0.1, 0.2, 0.3, 0.4] };
const PRESSURE = [720, 721, 722, 723];

let history: Instance;

beforeAll(async () => {
  history = await openInstance();
  await prime(history, 'Room', ['temperature', 'pressure']);
  await prime(history, 'Hall', ['temperature']);
  const entities = INDEX.flatMap((observedAt, hour) => [
    room('urn:room1', 'Room', VALUES.room1[hour], observedAt, PRESSURE[hour]),
    room('urn:room2', 'Room', VALUES.room2[hour], observedAt),
    room('urn:hall', 'Hall', VALUES.hall[hour], observedAt),
  ]);
  const reply = await history.send('POST', '/v2/notify', { data: entities });
  expect(reply).toMatchObject({ status: 200, text: 'Notification successfully processed' });
});

afterAll(() => history.stop());

function room(id: string, type: string, value: number | undefined, observedAt: string, pressure?: number) {
  return {
    ...{ id, type },
    temperature: { type: 'Property', value, unitCode: 'CEL', observedAt },
    label: { type: 'Property', value: `at ${observedAt.slice(11, 13)}`, observedAt },
    isOpen: { type: 'Property', value: observedAt.startsWith(at(0).slice(0, 13)), observedAt },
    ...(pressure !== undefined && { pressure: { type: 'Property', value: pressure, observedAt } }),
  };
}

const one = (values: readonly unknown[], index: readonly string[] = INDEX) => ({
  ...{ id: 'urn:room1', type: 'Room', attrName: 'temperature', index, values },
});
const many = (room1: readonly unknown[], room2: readonly unknown[], index: readonly string[] = INDEX) => ({
  type: 'Room',
  attrName: 'temperature',
  entities: [
    { id: 'urn:room1', index, values: room1 },
    { id: 'urn:room2', index, values: room2 },
  ],
});
const T1 = '/v2/entities/urn:room1/attrs/temperature';
const TN = '/v2/types/Room/attrs/temperature';

const SERIES: readonly (readonly [path: string, body: unknown])[] = [
  // 1T1E1A: one type, one entity, one attribute
  [T1, one(VALUES.room1)],
  [`${T1}?type=Room`, one(VALUES.room1)],
  [`${T1}/value`, { index: INDEX, values: VALUES.room1 }],
  [`${T1}?lastN=2`, one([21, 21.5], INDEX.slice(2))],
  [`${T1}?lastN=100`, one(VALUES.room1)],
  [`${T1}?limit=3`, one([20, 20.5, 21], INDEX.slice(0, 3))],
  [`${T1}?limit=2&offset=1`, one([20.5, 21], INDEX.slice(1, 3))],
  [`${T1}?lastN=3&limit=1`, one([21.5], INDEX.slice(3))],
  [`${T1}?lastN=2&offset=1`, one([20.5, 21], INDEX.slice(1, 3))],
  [`${T1}?offset=-1`, one(VALUES.room1)],
  [`${T1}?offset=4`, []],
  [`${T1}?fromDate=${DAY}T01:00:00Z`, one([20.5, 21, 21.5], INDEX.slice(1))],
  [`${T1}?toDate=${DAY}T01:00:00Z`, one([20, 20.5], INDEX.slice(0, 2))],
  [`${T1}?fromDate=${DAY}T01:00:00&toDate=${DAY}T02:00:00`, one([20.5, 21], INDEX.slice(1, 3))],
  [`${T1}?fromDate=${DAY}T03:00:00%2B02:00&toDate=${DAY}T03:00:00%2B02:00`, one([20.5], [at(1)])],
  [`${T1}?fromDate=${DAY}T03:00:00+02:00&toDate=${DAY}T03:00:00+02:00`, one([20.5], [at(1)])],
  [`${T1}?fromDate=${DAY}&lastN=1`, one([21.5], [at(3)])],
  [`${T1}?fromDate=%22${DAY}T03:00:00Z%22`, one([21.5], [at(3)])],
  [`${T1}?fromDate=2030-01-01`, []],
  ['/v2/entities/urn:nobody/attrs/temperature', []],
  ['/v2/entities/urn:room1/attrs/nothing', []],
  [`${T1}?type=Hall`, []],
  // aggregation of one series
  [`${T1}?aggrMethod=count`, one([4], [])],
  [`${T1}?aggrMethod=sum`, one([83], [])],
  [`${T1}?aggrMethod=avg`, one([20.75], [])],
  [`${T1}?aggrMethod=min`, one([20], [])],
  [`${T1}?aggrMethod=max`, one([21.5], [])],
  [`${T1}?aggrMethod=MAX`, one([21.5], [])],
  [`${T1}/value?aggrMethod=max`, { index: [], values: [21.5] }],
  [`${T1}?aggrMethod=sum&fromDate=${DAY}T02:00:00Z`, one([42.5], [])],
  [`${T1}?aggrMethod=sum&aggrPeriod=day`, one([83], [at(0)])],
  [`${T1}?aggrMethod=sum&aggrPeriod=month`, one([83], ['2026-11-01T00:00:00.000+00:00'])],
  [`${T1}?aggrMethod=sum&aggrPeriod=year`, one([83], ['2026-01-01T00:00:00.000+00:00'])],
  [`${T1}?aggrMethod=avg&aggrPeriod=hour`, one(VALUES.room1)],
  [`${T1}?aggrMethod=avg&aggrPeriod=minute&lastN=2`, one([21, 21.5], INDEX.slice(2))],
  [`${T1}?aggrMethod=avg&aggrPeriod=second&limit=1`, one([20], [at(0)])],
  [`${T1}?aggrMethod=sum&fromDate=2030-01-01`, []],
  ['/v2/entities/urn:room1/attrs/label/value?aggrMethod=count', { index: [], values: [4] }],
  ['/v2/entities/urn:room1/attrs/label/value?aggrMethod=max', { index: [], values: ['at 03'] }],
  // 1T1ENA: one entity, several attributes, by name
  [
    '/v2/entities/urn:room1?attrs=temperature,pressure&lastN=1',
    {
      ...{ id: 'urn:room1', type: 'Room', index: [at(3)] },
      attributes: [
        { attrName: 'pressure', values: [723] },
        { attrName: 'temperature', values: [21.5] },
      ],
    },
  ],
  [
    '/v2/entities/urn:hall/value?limit=1',
    {
      index: [at(0)],
      attributes: [
        { attrName: 'isOpen', values: [true] },
        { attrName: 'label', values: ['at 00'] },
        { attrName: 'temperature', values: [0.1] },
      ],
    },
  ],
  [
    '/v2/entities/urn:room1?attrs=temperature,pressure&aggrMethod=max',
    {
      ...{ id: 'urn:room1', type: 'Room', index: [] },
      attributes: [
        { attrName: 'pressure', values: [723] },
        { attrName: 'temperature', values: [21.5] },
      ],
    },
  ],
  ['/v2/entities/urn:nobody', []],
  ['/v2/entities/urn:room1?attrs=nothing', []],
  // 1TNE1A: one type, several entities
  [TN, many(VALUES.room1, VALUES.room2)],
  [`${TN}/value?id=urn:room2`, { values: [{ id: 'urn:room2', index: INDEX, values: VALUES.room2 }] }],
  [
    `${TN}/value?id=urn:room2,urn:room1&limit=2`,
    {
      values: [
        { id: 'urn:room2', index: [at(0)], values: [10] },
        { id: 'urn:room1', index: [at(0)], values: [20] },
      ],
    },
  ],
  [`${TN}?id=urn:nobody`, []],
  [`${TN}/value?idPattern=URN:ROOM[2-9]`, { values: [{ id: 'urn:room2', index: INDEX, values: VALUES.room2 }] }],
  [`${TN}?idPattern=oom`, []],
  [`${TN}?aggrMethod=min`, many([20], [10], [])],
  [
    `${TN}?aggrMethod=max&id=urn:room1&fromDate=${DAY}&toDate=${DAY}T23:00:00Z`,
    { type: 'Room', attrName: 'temperature', entities: [{ id: 'urn:room1', index: [at(0), at(23)], values: [21.5] }] },
  ],
  [`${TN}?aggrMethod=count&aggrPeriod=day`, many([4], [4], [at(0)])],
  [`${TN}?lastN=2`, many([21.5], [13.3], [at(3)])],
  ['/v2/types/Nothing/attrs/temperature', []],
  ['/v2/types/Room/attrs/nothing', []],
  // 1TNENA
  [
    '/v2/types/Room?attrs=pressure,temperature&lastN=2',
    {
      type: 'Room',
      entities: [
        {
          ...{ id: 'urn:room1', index: [at(3)] },
          attributes: [
            { attrName: 'pressure', values: [723] },
            { attrName: 'temperature', values: [21.5] },
          ],
        },
        {
          ...{ id: 'urn:room2', index: [at(3)] },
          attributes: [
            { attrName: 'pressure', values: [null] },
            { attrName: 'temperature', values: [13.3] },
          ],
        },
      ],
    },
  ],
  [
    '/v2/types/Hall/value?attrs=temperature&aggrMethod=max',
    { values: [{ id: 'urn:hall', index: ['', ''], attributes: [{ attrName: 'temperature', values: [0.4] }] }] },
  ],
  [
    `/v2/types/Hall/value?attrs=temperature&aggrMethod=max&fromDate=${DAY}T02:00:00%2B02:00`,
    { values: [{ id: 'urn:hall', index: [at(0), ''], attributes: [{ attrName: 'temperature', values: [0.4] }] }] },
  ],
  ['/v2/types/Nothing', []],
  // NTNE1A and NTNENA
  [
    '/v2/attrs/temperature?lastN=1',
    {
      attrName: 'temperature',
      types: [
        { type: 'Hall', entities: [{ id: 'urn:hall', index: [at(3)], values: [0.4] }] },
        { type: 'Room', entities: [{ id: 'urn:room2', index: [at(3)], values: [13.3] }] },
      ],
    },
  ],
  [
    '/v2/attrs/temperature/value?type=Hall&limit=1',
    { values: [{ type: 'Hall', entities: [{ id: 'urn:hall', index: [at(0)], values: [0.1] }] }] },
  ],
  [
    '/v2/attrs/pressure?aggrMethod=avg',
    {
      attrName: 'pressure',
      types: [{ type: 'Room', entities: [{ id: 'urn:room1', index: ['', ''], values: [721.5] }] }],
    },
  ],
  [
    '/v2/attrs?attrs=pressure,temperature&id=urn:room1&limit=1',
    {
      attrs: [
        {
          attrName: 'pressure',
          types: [{ type: 'Room', entities: [{ id: 'urn:room1', index: [at(0)], values: [720] }] }],
        },
        {
          attrName: 'temperature',
          types: [{ type: 'Room', entities: [{ id: 'urn:room1', index: [at(0)], values: [20] }] }],
        },
      ],
    },
  ],
  ['/v2/attrs/nothing', []],
  // NTNE: who is there, newest first
  [
    '/v2/entities',
    [
      { id: 'urn:hall', type: 'Hall', index: at(3) },
      { id: 'urn:room1', type: 'Room', index: at(3) },
      { id: 'urn:room2', type: 'Room', index: at(3) },
    ],
  ],
  ['/v2/entities?type=Hall', [{ id: 'urn:hall', type: 'Hall', index: at(3) }]],
  [`/v2/entities?type=Hall&toDate=${DAY}T01:30:00Z`, [{ id: 'urn:hall', type: 'Hall', index: at(1) }]],
  ['/v2/entities?limit=1&offset=2', [{ id: 'urn:room2', type: 'Room', index: at(3) }]],
  ['/v2/entities?idPattern=urn:h', [{ id: 'urn:hall', type: 'Hall', index: at(3) }]],
  ['/v2/entities?fromDate=2030-01-01', []],
];

describe.each(SERIES)('GET %s', (path, body) => {
  it('answers as QuantumLeap would', async () => {
    // The second room has no pressure: QuantumLeap tells it, as null (nulls-told).
    if (path === '/v2/attrs/pressure?aggrMethod=avg' && !history.hasOwn) return;
    const reply = await history.get(path);
    expect(reply.json).toEqual(body);
    expect(reply.status).toBe(200);
  });
});

const FAULTS: readonly (readonly [path: string, status: number, error?: string])[] = [
  [`${T1}?aggrPeriod=hour`, 400, 'Bad parameters use'],
  ['/v2/entities/urn:room1?aggrMethod=max', 400, 'Bad parameters use'],
  ['/v2/types/Room?aggrMethod=max', 400, 'Bad parameters use'],
  ['/v2/attrs?aggrMethod=max', 400, 'Bad parameters use'],
  [`${T1}?aggrMethod=median`, 400],
  [`${T1}?aggrMethod=sum&aggrPeriod=fortnight`, 400],
  ['/v2/entities/urn:room1/attrs/label?aggrMethod=sum', 404, 'AggrMethod cannot be applied'],
  ['/v2/entities/urn:room1/attrs/isOpen?aggrMethod=avg', 404, 'AggrMethod cannot be applied'],
  ['/v2/types/Room/attrs/label?aggrMethod=avg', 404, 'AggrMethod cannot be applied'],
  [`${T1}?fromDate=yesterday`, 422],
  [`${T1}?toDate=2026-02-30`, 422],
  [`${T1}?lastN=0`, 422],
  [`${T1}?lastN=-1`, 422],
  [`${T1}?lastN=many`, 422],
  [`${T1}?limit=0`, 422],
  [`${T1}?limit=1.5`, 422],
  [`${T1}?idPattern=(`, 422],
  [`${TN}?aggrMethod=sum&aggrScope=global`, 501],
  [`${T1}?options=keyValues`, 501],
  ['/v2/nothing', 404],
];

describe.each(FAULTS)('GET %s', (path, status, error) => {
  it(`is refused with ${status}`, async () => {
    const reply = await history.get(path);
    expect(reply.status).toBe(status);
    expect(reply.json).toMatchObject({ error: error ?? expect.any(String), description: expect.any(String) });
  });
});

it('shows another tenant nothing', async () => {
  const reply = await history.get('/v2/entities', { 'Fiware-Service': 'somebody_else_entirely' });
  expect(reply.json).toEqual([]);
});

it.each(['NGSILD-Tenant', 'Fiware-Service'])('finds the tenant in %s alone', async (header) => {
  if (header === 'NGSILD-Tenant' && !history.hasOwn) return; // tenant-on-get
  const reply = await history.get(`${T1}/value?lastN=1`, { [header]: history.tenant[header] ?? '' });
  expect(reply.json).toEqual({ index: [at(3)], values: [21.5] });
});

it.each([
  [{ 'Fiware-Service': 'one', 'NGSILD-Tenant': 'two' }],
  [{ 'Fiware-Service': 'has space' }],
  [{ 'Fiware-Service': 'a'.repeat(51) }],
  [{ 'Fiware-ServicePath': 'no-slash' }],
])('refuses the headers %j', async (headers) => {
  if (!history.hasOwn) return; // tenant-on-get
  expect((await history.get('/v2/entities', headers)).status).toBe(400);
});

it('accepts a service path and echoes the correlator', async () => {
  const reply = await history.get(`${T1}?lastN=1`, {
    ...history.tenant,
    'Fiware-ServicePath': '/',
    'Fiware-Correlator': 'c-1',
  });
  expect(reply.status).toBe(200);
  expect(reply.headers.get('fiware-correlator')).toBe('c-1');
});

it.each([
  ['GET', '/version', 200],
  ['GET', '/health', 200],
  ['GET', '/v2/', 200],
  ['GET', '/metrics', 200],
  ['POST', '/management/config', 501],
  ['GET', '/management/queue/notifications', 501],
])('%s %s answers %i', async (method, path, status) => {
  expect((await history.send(method, path, method === 'POST' ? {} : undefined)).status).toBe(status);
});

it('keeps the unit of a column', async () => {
  if (!history.hasOwn) return; // own-paths-unknown
  const reply = await history.get('/catalogue');
  expect(JSON.stringify(reply.json)).toContain('{"attrName":"temperature","kind":"number","unitCode":"CEL"}');
});
