/** Columns and CSV for big ranges: more rows than one JSON answer holds, in the order of entity and time. Ours alone. */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Instance, openInstance } from './instance.js';
import { at, property, tell } from './tables.js';

let history: Instance;

const START_MS = Date.UTC(2026, 0, 1);
const STEP_MS = 60_000;
/** Beyond the page of 50,000 and the limit of 10,000. */
const ROWS = 60_000;

beforeAll(async () => {
  history = await openInstance();
  for (let row = 0; row < ROWS; row += 20_000) {
    const data = Array.from({ length: 20_000 }, (_, step) => ({
      ...{ id: `urn:big:${(row + step) % 2}`, type: 'Big' },
      power: property((row + step) / 4, new Date(START_MS + (row + step) * STEP_MS).toISOString()),
    }));
    await tell(history, data);
  }
  await tell(history, [
    { id: 'urn:s', type: 'Small', a: property(1.5, at(0), { unitCode: 'KWH' }), b: property('x, "y"\nz', at(0)) },
    { id: 'urn:s', type: 'Small', a: property(2, at(1)), b: property({ c: [1] }, at(1)), isOn: property(false, at(1)) },
  ]);
}, 30_000);
afterAll(() => history.stop());

interface Columns {
  readonly entities: readonly {
    readonly id: string;
    readonly index: readonly number[];
    readonly units: object;
    readonly columns: Readonly<Record<string, readonly unknown[]>>;
  }[];
}

const columns = async (path: string) => (await history.get(path)).json as Columns;

describe('columns', () => {
  it('tell everything, entity by entity', async () => {
    if (!history.hasOwn) return;
    const { entities } = await columns('/v2/types/Big?format=columns');
    expect(entities.map(({ id, index }) => [id, index.length])).toEqual([
      ['urn:big:0', ROWS / 2],
      ['urn:big:1', ROWS / 2],
    ]);
    entities.forEach(({ index, columns: { power } }, parity) => {
      const isRight = index.every(
        (ms, row) => ms === START_MS + (2 * row + parity) * STEP_MS && power?.[row] === (2 * row + parity) / 4,
      );
      expect(isRight).toBe(true);
    });
  });
  it.each([
    ['limit=45000', 45_000],
    ['limit=10', 10],
    ['limit=55000', 55_000],
    ['fromDate=2026-02-01', 60_000 - 31 * 1440],
    ['id=urn:big:1', 30_000],
    ['idPattern=urn:big:0', 30_000],
    ['id=urn:nobody', 0],
    ['lastN=7', 7],
    ['points=50', 100],
    ['aggrMethod=avg&aggrPeriod=day&attrs=power', 84],
  ])('%s tells %i rows', async (query, rows) => {
    if (!history.hasOwn) return;
    const { entities } = await columns(`/v2/types/Big?format=columns&${query}`);
    expect(entities.reduce((sum, { index }) => sum + index.length, 0)).toBe(rows);
  });
  it('tell units and every kind of value', async () => {
    if (!history.hasOwn) return;
    expect(await columns('/v2/entities/urn:s?format=columns')).toEqual({
      entities: [
        {
          ...{ type: 'Small', id: 'urn:s', index: [Date.parse(at(0)), Date.parse(at(1))], units: { a: 'KWH' } },
          columns: { a: [1.5, 2], b: ['x, "y"\nz', '{"c":[1]}'], isOn: [null, false] },
        },
      ],
    });
  });
  it('tell several methods by name', async () => {
    if (!history.hasOwn) return;
    expect(await columns('/v2/entities/urn:s/attrs/a?format=columns&aggrMethod=min,max&aggrPeriod=day')).toMatchObject({
      entities: [{ columns: { a: { min: [1.5], max: [2] } } }],
    });
  });
  it('of a scoped question', async () => {
    if (!history.hasOwn) return;
    const body = { type: 'Big', format: 'columns', scopes: [{ id: 'urn:big:1', to: '2026-01-01T01:00:00Z' }] };
    const { entities } = (await history.send('POST', '/v2/query', body)).json as Columns;
    expect(entities.map(({ id, index }) => [id, index.length])).toEqual([['urn:big:1', 30]]);
  });
});

describe('CSV', () => {
  const lines = async (path: string) => (await history.get(path)).text.split('\r\n');

  it('has a header and a line each row', async () => {
    if (!history.hasOwn) return;
    const told = await lines('/v2/types/Big?format=csv');
    expect(told).toHaveLength(ROWS + 2);
    expect(told.slice(0, 3)).toEqual([
      'entityId,entityType,timeIndex,power',
      'urn:big:0,Big,2026-01-01T00:00:00.000+00:00,0',
      'urn:big:0,Big,2026-01-01T00:02:00.000+00:00,0.5',
    ]);
    expect(new Set(told).size).toBe(ROWS + 2);
  });
  it('quotes as RFC 4180 has it', async () => {
    if (!history.hasOwn) return;
    expect((await history.get('/v2/entities/urn:s?format=csv')).text).toBe(
      `entityId,entityType,timeIndex,a,b,isOn\r\nurn:s,Small,${at(0)},1.5,"x, ""y""\nz",\r\nurn:s,Small,${at(1)},2,"{""c"":[1]}",false\r\n`,
    );
  });
  it('names methods', async () => {
    if (!history.hasOwn) return;
    expect(await lines('/v2/entities/urn:s/attrs/a?format=csv&aggrMethod=min,max&aggrPeriod=day')).toEqual([
      'entityId,entityType,timeIndex,a min,a max',
      `urn:s,Small,${at(0)},1.5,2`,
      '',
    ]);
  });
  it('of types with different attributes has a column for each', async () => {
    if (!history.hasOwn) return;
    expect((await lines('/v2/attrs?format=csv&limit=1'))[0]).toBe('entityId,entityType,timeIndex,a,b,isOn,power');
  });
  it('of nothing is a header', async () => {
    if (!history.hasOwn) return;
    expect(await lines('/v2/types/Small?format=csv&attrs=a&fromDate=2030-01-01')).toEqual([
      'entityId,entityType,timeIndex,a',
      '',
    ]);
  });
  it('says what it is', async () => {
    if (!history.hasOwn) return;
    expect((await history.get('/v2/types/Small?format=csv')).headers.get('content-type')).toBe(
      'text/csv; charset=utf-8',
    );
    expect((await history.get('/v2/types/Small?format=columns')).headers.get('content-type')).toMatch(
      /^application\/json/,
    );
  });
});

it('a text cannot be added up in any format', async () => {
  if (!history.hasOwn) return;
  expect((await history.get('/v2/types/Small?format=csv&attrs=b&aggrMethod=sum')).status).toBe(404);
});

it('says what may be relied on', async () => {
  if (!history.hasOwn) return;
  expect((await history.get('/capabilities')).json).toMatchObject({
    ...{ idempotent: true, revisions: true, zones: true, exactSums: true, scopes: true, strict: false },
    ...{ formats: ['json', 'columns', 'csv'], limits: { rows: 10_000, scopes: 20_000 } },
  });
});
