/** Fiware-ServicePath, and what DELETE takes away: by entity, by type, by dates, by path, with the columns or without. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Instance, openInstance } from './instance.js';
import { at, property, tell } from './tables.js';

let history: Instance;

beforeAll(async () => {
  history = await openInstance();
});
afterAll(() => history.stop());

const under = (path: string) => ({ ...history.tenant, 'Fiware-ServicePath': path });

describe('service paths', () => {
  beforeAll(async () => {
    const meter = (id: string, value: number) => ({ id, type: 'Meter', power: property(value, at(value)) });
    await tell(history, [meter('urn:a', 1)], { 'Fiware-ServicePath': '/north' });
    await tell(history, [meter('urn:b', 2)], { 'Fiware-ServicePath': '/north/east' });
    await tell(history, [meter('urn:c', 3)], { 'Fiware-ServicePath': '/northern' });
    await tell(history, [meter('urn:d', 4)]);
    await tell(history, [meter('urn:e', 5)], { 'Fiware-ServicePath': '/' });
    await tell(history, [meter('urn:f', 6), meter('urn:g', 7)], { 'Fiware-ServicePath': '/south, /west' });
    // One entity in two paths.
    await tell(history, [meter('urn:two', 1)], { 'Fiware-ServicePath': '/north' });
    await tell(history, [meter('urn:two', 2)], { 'Fiware-ServicePath': '/south' });
  });

  it.each([
    [undefined, 'abcdefg2'],
    ['/', 'abcdefg2'],
    ['/#', 'abcdefg2'],
    ['/north', 'ab2'],
    ['/north/', 'ab2'],
    ['/North', 'ab2'],
    ['/north/#', 'ab2'],
    ['/north/east', 'b'],
    ['/nor', ''],
    ['/south', 'f2'],
    ['/west', 'g'],
    ['/north,/west', 'abg2'],
    ['/nowhere', ''],
  ] as const)('%s sees %s', async (path, seen) => {
    const headers = path === undefined ? history.tenant : under(path);
    const { json } = await history.get('/v2/entities?type=Meter', headers);
    const ids = (json as { id: string }[]).map(({ id }) => id).sort();
    expect(ids).toEqual([...seen].map((letter) => (letter === '2' ? 'urn:two' : `urn:${letter}`)).sort());
    const values = await history.get('/v2/types/Meter/attrs/power/value', headers);
    const told = seen === '' ? [] : (values.json as { values: { id: string }[] }).values.map(({ id }) => id).sort();
    expect(told).toEqual(ids);
  });

  it.each([
    ['/', [at(1), at(2)], [1, 2]],
    ['/north', [at(1)], [1]],
    ['/south', [at(2)], [2]],
  ])('an entity of two paths is one, seen from %s', async (path, index, values) => {
    const one = '/v2/entities/urn:two/attrs/power/value';
    expect((await history.get(one, under(path))).json).toEqual({ index, values });
    expect((await history.get(`${one}?lastN=1`, under(path))).json).toEqual({
      ...{ index: index.slice(-1), values: values.slice(-1) },
    });
    const sum = values.reduce((total, value) => total + value, 0);
    expect((await history.get(`${one}?aggrMethod=sum`, under(path))).json).toEqual({ index: [], values: [sum] });
    expect(
      (await history.get('/v2/types/Meter/attrs/power/value?id=urn:two&aggrMethod=count', under(path))).json,
    ).toMatchObject({
      values: [{ id: 'urn:two', values: [values.length] }],
    });
  });

  it.each(['north', '/a,b', 'a/b'])('%s is no path', async (path) => {
    expect((await history.get('/v2/entities', under(path))).status).toBe(400);
    expect((await history.send('POST', '/v2/notify', { data: [] }, under(path))).status).toBe(400);
  });

  it('several paths need as many entities', async () => {
    const data = [1, 2, 3].map((row) => ({ id: `urn:${row}`, type: 'Counted', a: property(row, at(row)) }));
    const reply = await history.send('POST', '/v2/notify', { data }, under('/a,/b'));
    expect(reply).toMatchObject({ status: 400, text: expect.stringContaining('servicePath') });
  });
});

let round = 0;

describe('deletes', () => {
  /** Of each case its own type: three entities, each at 1, 2 and 3 o'clock. */
  let type = '';
  beforeEach(async () => {
    round += 1;
    type = `Doomed${round}`;
    const entities = ['x', 'y', 'z'].flatMap((name) =>
      [1, 2, 3].map((hour) => ({ id: `urn:${name}${round}`, type, power: property(hour, at(hour)) })),
    );
    await tell(history, entities);
  });
  const values = async (name: string) => {
    const { json } = await history.get(`/v2/entities/urn:${name}${round}/attrs/power/value?type=${type}`);
    return Array.isArray(json) ? [] : (json as { values: number[] }).values;
  };
  const left = async () => [await values('x'), await values('y'), await values('z')];
  const ALL = [1, 2, 3];

  it.each([
    ['/v2/entities/urn:x#', 204, [[], ALL, ALL]],
    ['/v2/entities/urn:x#?type=$', 204, [[], ALL, ALL]],
    ['/v2/entities/urn:x#?type=Other', 200, [ALL, ALL, ALL]],
    ['/v2/entities/urn:nobody', 200, [ALL, ALL, ALL]],
    ['/v2/entities/urn:x#?fromDate=2026-11-20T02:00:00Z', 204, [[1], ALL, ALL]],
    ['/v2/entities/urn:x#?toDate=2026-11-20T02:00:00Z', 204, [[3], ALL, ALL]],
    ['/v2/entities/urn:x#?fromDate=2026-11-20T02:00:00Z&toDate=2026-11-20T02:00:00Z', 204, [[1, 3], ALL, ALL]],
    ['/v2/entities/urn:x#?fromDate=2027-01-01', 200, [ALL, ALL, ALL]],
    ['/v2/types/$', 204, [[], [], []]],
    [
      '/v2/types/$?fromDate=2026-11-20T03:00:00Z',
      204,
      [
        [1, 2],
        [1, 2],
        [1, 2],
      ],
    ],
    ['/v2/types/$?toDate=2025-01-01', 200, [ALL, ALL, ALL]],
    ['/v2/types/Nothing', 200, [ALL, ALL, ALL]],
    ['/v2/types/$?dropTable=true', 204, [[], [], []]],
    ['/v2/types/$?dropTable=True', 204, [[], [], []]],
    ['/v2/types/$?dropTable=false', 204, [[], [], []]],
    ['/v2/types/$?fromDate=x', 422, [ALL, ALL, ALL]],
  ] as const)('%s', async (path, status, expected) => {
    const reply = await history.send('DELETE', path.replace('#', String(round)).replace('$', type));
    expect(reply.status).toBe(status);
    if (status === 200) expect(reply.json).toEqual([]);
    if (status === 204) expect(reply.text).toBe('');
    expect(await left()).toEqual(expected);
  });

  it('what was erased can be told again', async () => {
    await history.send('DELETE', `/v2/types/${type}`);
    await tell(history, [{ id: `urn:x${round}`, type, power: property(2, at(2)) }]);
    expect(await left()).toEqual([[2], [], []]);
    expect((await history.get(`/v2/entities/urn:x${round}/attrs/power/value?lastN=1`)).json).toEqual({
      ...{ index: [at(2)], values: [2] },
    });
  });

  it('the last value is what is left', async () => {
    const last = `/v2/entities/urn:x${round}/attrs/power/value?lastN=1`;
    expect((await history.get(last)).json).toEqual({ index: [at(3)], values: [3] });
    await history.send('DELETE', `/v2/entities/urn:x${round}?fromDate=2026-11-20T03:00:00Z`);
    expect((await history.get(last)).json).toEqual({ index: [at(2)], values: [2] });
    await history.send('DELETE', `/v2/entities/urn:x${round}`);
    expect((await history.get(last)).json).toEqual([]);
  });

  it('a type without its rows keeps its kinds of columns, one whose table was dropped begins anew', async () => {
    if (!history.hasOwn) return; // nulls-told
    const told = async (value: unknown) => {
      await tell(history, [{ id: `urn:x${round}`, type, power: property(value, at(4)) }]);
      return values('x');
    };
    await history.send('DELETE', `/v2/types/${type}`);
    expect(await told('off')).toEqual([]);
    await history.send('DELETE', `/v2/types/${type}?dropTable=true`);
    expect(await told('off')).toEqual(['off']);
  });

  it('a table is dropped from the root only', async () => {
    expect((await history.send('DELETE', `/v2/types/${type}?dropTable=true`, undefined, under('/a'))).status).toBe(422);
    expect(await left()).toEqual([ALL, ALL, ALL]);
    expect((await history.send('DELETE', `/v2/types/${type}?dropTable=true`, undefined, under('/'))).status).toBe(204);
    expect(await left()).toEqual([[], [], []]);
  });

  it('a path erases what lies below it', async () => {
    await tell(history, [{ id: `urn:x${round}`, type, power: property(4, at(4)) }], { 'Fiware-ServicePath': '/a/b' });
    expect(await left()).toEqual([[1, 2, 3, 4], ALL, ALL]);
    expect((await history.send('DELETE', `/v2/types/${type}`, undefined, under('/a'))).status).toBe(204);
    expect(await left()).toEqual([ALL, ALL, ALL]);
    expect((await history.send('DELETE', `/v2/types/${type}`, undefined, under('/a'))).json).toEqual([]);
  });

  it('an id of two types needs one of them', async () => {
    await tell(history, [{ id: `urn:x${round}`, type: `${type}Too`, power: property(9, at(9)) }]);
    expect(await history.send('DELETE', `/v2/entities/urn:x${round}`)).toMatchObject({
      status: 409,
      json: { error: 'AmbiguousNGSIIdError' },
    });
    expect((await history.get(`/v2/entities/urn:x${round}`)).status).toBe(400);
    expect((await history.send('DELETE', `/v2/entities/urn:x${round}?type=${type}Too`)).status).toBe(204);
    expect(await left()).toEqual([ALL, ALL, ALL]);
  });

  it('another tenant is another world', async () => {
    const other = { 'NGSILD-Tenant': 'somebody_else' };
    expect((await history.send('DELETE', `/v2/types/${type}`, undefined, other)).json).toEqual([]);
    expect(await left()).toEqual([ALL, ALL, ALL]);
  });
});
