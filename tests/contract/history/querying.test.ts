/** POST /v2/op/query as QuantumLeap has it, and POST /v2/query, ours: many entities, each within its own dates. */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Instance, openInstance } from './instance.js';
import { at, prime, property, tell } from './tables.js';

let history: Instance;

beforeAll(async () => {
  history = await openInstance();
  const hours = [0, 1, 2, 3];
  await prime(history, 'Meter', ['power', 'energy']);
  await prime(history, 'Gauge', ['level']);
  await tell(history, [
    ...['a', 'b', 'c'].flatMap((name, place) =>
      hours.map((hour) => ({
        ...{ id: `urn:${name}`, type: 'Meter' },
        power: property(10 * place + hour, at(hour), { unitCode: 'KWT' }),
        energy: property(100 * place + hour, at(hour)),
      })),
    ),
    {
      id: 'urn:a',
      type: 'Gauge',
      level: property(5, at(1)),
      note: property('low', at(2)),
      isOn: property(true, at(2)),
    },
  ]);
});
afterAll(() => history.stop());

const last = (id: string, place: number) => ({
  ...{ id, type: 'Meter' },
  energy: { type: 'Number', value: 100 * place + 3 },
  power: { type: 'Number', value: 10 * place + 3 },
  dateModified: { type: 'DateTime', value: at(3) },
});
const meter = (id: string) => ({ id, type: 'Meter' });

describe('POST /v2/op/query', () => {
  it.each([
    [{ entities: [meter('urn:a')], attrs: ['power', 'energy'] }, [last('urn:a', 0)]],
    [{ entities: [meter('urn:c'), meter('urn:a')], attrs: ['energy', 'power'] }, [last('urn:c', 2), last('urn:a', 0)]],
    [{ entities: [meter('urn:b'), meter('urn:b')], attrs: ['energy', 'power'] }, [last('urn:b', 1), last('urn:b', 1)]],
    [
      { entities: [meter('urn:b')], attrs: ['power', 'nothing'] },
      [
        {
          id: 'urn:b',
          type: 'Meter',
          power: { type: 'Number', value: 13 },
          dateModified: { type: 'DateTime', value: at(3) },
        },
      ],
    ],
    [
      { entities: [{ id: 'urn:a', type: 'Gauge' }], attrs: ['level', 'note', 'isOn'] },
      [
        {
          ...{ id: 'urn:a', type: 'Gauge', level: { type: 'Number', value: 5 }, note: { type: 'Text', value: 'low' } },
          ...{ isOn: { type: 'Boolean', value: true }, dateModified: { type: 'DateTime', value: at(2) } },
        },
      ],
    ],
  ])('%j', async (body, told) => {
    expect(await history.send('POST', '/v2/op/query', body)).toMatchObject({ status: 200, json: told });
  });

  it('tells when and in which unit, when asked', async () => {
    if (!history.hasOwn) return;
    const body = { entities: [meter('urn:a')], attrs: ['power'] };
    expect((await history.send('POST', '/v2/op/query?metadata=true', body)).json).toEqual([
      {
        ...meter('urn:a'),
        power: { type: 'Number', value: 3, observedAt: at(3), unitCode: 'KWT' },
        dateModified: { type: 'DateTime', value: at(3) },
      },
    ]);
  });

  it.each([
    [undefined, 400, 'Discarding query due to lack of request body. Lost in a redirect maybe?'],
    [{}, 400, 'Discarding query due to lack of request body content.'],
    [{ entities: [{ id: 'x' }], attrs: [] }, 400, 'Entity type is required'],
    [{ entities: [{ type: 'x' }], attrs: [] }, 400, 'Entity id is required'],
    [{ entities: [{ ...meter('x'), idPattern: '.*' }], attrs: [] }, 400, 'idPattern is Not Supported'],
    [{ entities: [meter('x')], attrs: [], expression: { q: 'a>1' } }, 400, 'expression is Not Supported'],
    [{ entities: [meter('x')], attrs: [], metadata: ['timestamp'] }, 400, 'metadata is Not Supported'],
    [
      { entities: [meter('urn:nobody')], attrs: ['power'] },
      404,
      { error: 'Not Found', description: 'No records were found for such query.' },
    ],
    [
      { entities: [meter('urn:a'), meter('urn:nobody')], attrs: ['power'] },
      404,
      { error: 'Not Found', description: 'No records were found for such query.' },
    ],
    [
      { entities: [meter('urn:a')], attrs: ['nothing'] },
      404,
      { error: 'Not Found', description: 'No records were found for such query.' },
    ],
  ])('%j is answered %i', async (body, status, answer) => {
    expect(await history.send('POST', '/v2/op/query', body)).toMatchObject({ status, json: answer });
  });

  it('is of the tenant that either header names', async () => {
    const body = { entities: [meter('urn:a')], attrs: ['power'] };
    const [ngsiLd, fiware] = Object.entries(history.tenant).map(([name, value]) => ({ [name]: value }));
    expect((await history.send('POST', '/v2/op/query', body, ngsiLd)).status).toBe(200);
    expect((await history.send('POST', '/v2/op/query', body, fiware)).status).toBe(200);
    expect((await history.send('POST', '/v2/op/query', body, { 'NGSILD-Tenant': 'nobody' })).status).toBe(404);
  });
});

describe('POST /v2/query', () => {
  const power = (rows: readonly (readonly [id: string, hours: readonly number[], values: readonly number[]])[]) => ({
    type: 'Meter',
    entities: rows.map(([id, hours, values]) => ({
      ...{ id, index: hours.map((hour) => at(hour)) },
      attributes: [{ attrName: 'power', values }],
    })),
  });
  const ask = { type: 'Meter', attrs: ['power'] };
  const T = (hour: number) => `2026-11-20T0${hour}:00:00Z`;

  it.each([
    [{ ...ask, scopes: [{ id: 'urn:a' }] }, power([['urn:a', [0, 1, 2, 3], [0, 1, 2, 3]]])],
    [{ ...ask, scopes: [{ id: 'urn:a', from: T(2) }] }, power([['urn:a', [2, 3], [2, 3]]])],
    // The end is not in it, so that two scopes meet without sharing a row.
    [{ ...ask, scopes: [{ id: 'urn:a', to: T(2) }] }, power([['urn:a', [0, 1], [0, 1]]])],
    [
      {
        ...ask,
        scopes: [
          { id: 'urn:a', to: T(1) },
          { id: 'urn:a', from: T(3) },
          { id: 'urn:b', from: T(1), to: T(2) },
        ],
      },
      power([
        ['urn:a', [0, 3], [0, 3]],
        ['urn:b', [1], [11]],
      ]),
    ],
    [
      {
        ...ask,
        scopes: [
          { id: 'urn:a', to: T(2) },
          { id: 'urn:a', from: T(1), to: T(3) },
        ],
      },
      power([['urn:a', [0, 1, 2], [0, 1, 2]]]),
    ],
    [{ ...ask, scopes: [{ id: 'urn:a', from: T(3), to: T(1) }] }, []],
    [{ ...ask, scopes: [] }, []],
    [{ ...ask, scopes: [{ id: 'urn:nobody' }] }, []],
    [{ ...ask, scopes: [{ id: 'urn:a' }, { id: 'urn:b' }], id: ['urn:b'], lastN: 1 }, power([['urn:b', [3], [13]]])],
    [{ ...ask, scopes: [{ id: 'urn:a' }], fromDate: T(1), toDate: T(2) }, power([['urn:a', [1, 2], [1, 2]]])],
    [
      {
        ...ask,
        scopes: [
          { id: 'urn:a', from: T(1) },
          { id: 'urn:b', to: T(1) },
        ],
        aggrMethod: 'sum',
      },
      {
        type: 'Meter',
        entities: [
          { id: 'urn:a', index: ['', ''], attributes: [{ attrName: 'power', values: [6] }] },
          { id: 'urn:b', index: ['', ''], attributes: [{ attrName: 'power', values: [10] }] },
        ],
      },
    ],
    [
      {
        ...ask,
        scopes: [{ id: 'urn:a', from: T(2) }],
        aggrMethod: 'last,count',
        aggrPeriod: 'day',
        timezone: 'Europe/Bucharest',
      },
      {
        type: 'Meter',
        entities: [
          {
            ...{ id: 'urn:a', index: ['2026-11-19T22:00:00.000+00:00'] },
            attributes: [{ attrName: 'power', values: { last: [3], count: [2] } }],
          },
        ],
      },
    ],
    // Without a type: all types, by attribute.
    [
      { attrs: ['level'], scopes: [{ id: 'urn:a' }] },
      {
        attrs: [
          { attrName: 'level', types: [{ type: 'Gauge', entities: [{ id: 'urn:a', index: [at(1)], values: [5] }] }] },
        ],
      },
    ],
    [{ ...ask, limit: 2, scopes: [{ id: 'urn:c' }] }, power([['urn:c', [0, 1], [20, 21]]])],
    [{ ...ask, limit: 2, offset: 1, scopes: [{ id: 'urn:c' }] }, power([['urn:c', [1, 2], [21, 22]]])],
  ])('%j', async (body, told) => {
    if (!history.hasOwn) return;
    const reply = await history.send('POST', '/v2/query', body);
    expect({ status: reply.status, json: reply.json }).toEqual({ status: 200, json: told });
  });

  it('takes ten thousand scopes, and no more than it says', async () => {
    if (!history.hasOwn) return;
    const many = Array.from({ length: 10_000 }, (_, row) => ({ id: `urn:nobody:${row}`, from: T(0), to: T(1) }));
    const body = { ...ask, scopes: [...many, { id: 'urn:a', from: T(1), to: T(2) }] };
    expect((await history.send('POST', '/v2/query', body)).json).toEqual(power([['urn:a', [1], [1]]]));
    const beyond = Array.from({ length: 20_001 }, () => ({ id: 'urn:a' }));
    expect((await history.send('POST', '/v2/query', { ...ask, scopes: beyond })).status).toBe(422);
  });

  it.each([
    [undefined, 400],
    ['[]', 400],
    ['{', 400],
    [{ ...ask, scopes: 'urn:a' }, 422],
    [{ ...ask, scopes: ['urn:a'] }, 422],
    [{ ...ask, scopes: [{ id: 5 }] }, 422],
    [{ ...ask, scopes: [{ id: 'urn:a', from: 'yesterday' }] }, 422],
    [{ ...ask, scopes: [{ id: 'urn:a', to: 5 }] }, 422],
    [{ ...ask, scopes: [], aggrMethod: 'median' }, 400],
    [{ type: 'Meter', scopes: [], aggrMethod: 'sum' }, 400],
  ])('%j is answered %i', async (body, status) => {
    if (!history.hasOwn) return;
    expect((await history.send('POST', '/v2/query', body)).status).toBe(status);
  });
});
