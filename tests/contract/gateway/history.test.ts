/**
 * What somebody with a limited scope reads of history: their own time and nobody else's (a meter that moved, a flat that changed hands),
 * in every family of questions; series that live in history alone; and what is not theirs answered like what never was.
 */

import type { BrokerClient, HistoryClient } from '@contor/history-query';
import { entity } from '@contor/orion-config';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Caller } from '../../unit/gateway/support/door.js';
import { House, until } from './house.js';
import { customer, device, JUNE, live, MARCH, point, series, site, townEntities } from './town.js';

const API = '/api/quantumleap/v2';
const METERS = ['a1', 'a2', 'b1'];
/** On the tenth of each month of 2026. */
const MONTHS = Array.from({ length: 10 }, (_none, month) => new Date(Date.UTC(2026, month, 10)).toISOString());

async function seed(context: BrokerClient, past: HistoryClient): Promise<void> {
  await context.upsert(townEntities());
  for (const name of METERS)
    for (const [type, id] of [
      ['ACMeasurement', live(name)],
      ['IntervalReading', series(name)],
    ] as const)
      await past.append(
        MONTHS.map((observedAt, month) => {
          const row = entity(type, id).relationship('refDevice', device(name), { observedAt });
          return row.property('totalActiveEnergyImport', (month + 1) * 100, { observedAt }).build();
        }),
      );
}

let house: House;
const who: Record<string, Caller> = {};
beforeAll(async () => {
  house = await House.open({ seed });
  who.all = await house.person('all', ['viewer'], 'everything');
  who.anna = await house.person('anna', ['viewer'], [site('a')]);
  who.ben = await house.person('ben', ['viewer'], [site('b')]);
  who.former = await house.person('former', ['customer'], [customer('former')]);
  who.present = await house.person('present', ['customer'], [customer('present')]);
  who.summer = await house.person(
    'summer',
    ['viewer'],
    [{ to: point('a1'), fromMs: Date.parse(MARCH), toMs: Date.parse(JUNE) }],
  );
  await until(async () => (await get('/entities?type=IntervalReading', 'anna')).status === 200);
}, 30_000);
afterAll(() => house.close(), 30_000);

const get = (path: string, name: string) => house.door.get(API + path, who[name]);
/** The months of which rows are told, by the entity's own name. */
const monthsOf = (index: unknown) => (index as string[]).map((text) => Number(text.slice(5, 7)));
const months = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_none, at) => from + at);

describe.each(['ACMeasurement', 'IntervalReading'])('%s', (type) => {
  const idOf = type === 'ACMeasurement' ? live : series;
  const rows = [
    ['all', 'a2', months(1, 10)],
    ['anna', 'a1', months(1, 10)],
    ['anna', 'a2', months(1, 5)],
    ['ben', 'a2', months(6, 10)],
    ['former', 'a1', months(1, 2)],
    ['present', 'a1', months(3, 10)],
    ['summer', 'a1', months(3, 5)],
  ] as const;

  it.each(rows)('%s sees of %s: %j', async (name, meter, expected) => {
    const [one, attribute, ofType] = await Promise.all([
      get(`/entities/${idOf(meter)}?type=${type}`, name),
      get(`/entities/${idOf(meter)}/attrs/totalActiveEnergyImport/value`, name),
      get(`/types/${type}/attrs/totalActiveEnergyImport?id=${idOf(meter)}`, name),
    ]);
    expect([one.status, monthsOf(one.body.index)]).toEqual([200, expected]);
    expect(
      (one.body.attributes as { attrName: string; values: unknown[] }[]).find(
        ({ attrName }) => attrName === 'totalActiveEnergyImport',
      )?.values,
    ).toEqual(expected.map((month) => month * 100));
    expect([monthsOf(attribute.body.index), attribute.body.values]).toEqual([
      expected,
      expected.map((month) => month * 100),
    ]);
    expect(
      (ofType.body.entities as { id: string; index: string[] }[]).map(({ id, index }) => [id, monthsOf(index)]),
    ).toEqual([[idOf(meter), expected]]);
  });

  it('is cut by dates of the question and of the scope together', async () => {
    const { body } = await get(`/entities/${idOf('a2')}?fromDate=2026-04-01&toDate=2026-08-01`, 'ben');
    expect(monthsOf(body.index)).toEqual([6, 7]);
    expect((await get(`/entities/${idOf('a2')}?fromDate=2026-07-01`, 'anna')).body).toEqual([]);
  });

  it('of many are told each in its own time, on pages too', async () => {
    const all = await get(`/types/${type}?attrs=totalActiveEnergyImport`, 'anna');
    const told = (body: unknown) => (body as { entities?: { id: string; index: string[] }[] }).entities ?? [];
    expect(told(all.body).map(({ id, index }) => [id, monthsOf(index)])).toEqual([
      [idOf('a1'), months(1, 10)],
      [idOf('a2'), months(1, 5)],
    ]);
    let rowsSeen = 0;
    for (let offset = 0; ; offset += 4) {
      const page = told(
        (await get(`/types/${type}?attrs=totalActiveEnergyImport&limit=4&offset=${offset}`, 'anna')).body,
      );
      const size = page.reduce((sum, { index }) => sum + index.length, 0);
      rowsSeen += size;
      if (size === 0) break;
    }
    expect(rowsSeen).toBe(15);
  });

  it('is added up over what is theirs', async () => {
    const { body } = await get(`/entities/${idOf('a2')}/attrs/totalActiveEnergyImport?aggrMethod=sum`, 'ben');
    expect(body.values).toEqual([600 + 700 + 800 + 900 + 1000]);
    const means = await get(
      `/entities/${idOf('a1')}/attrs/totalActiveEnergyImport?aggrMethod=avg&aggrPeriod=year`,
      'former',
    );
    expect(means.body.values).toEqual([150]);
  });

  it('tells the newest of what is theirs', async () => {
    const { body } = await get(`/entities/${idOf('a2')}/attrs/totalActiveEnergyImport?lastN=2`, 'anna');
    expect(monthsOf(body.index)).toEqual([4, 5]);
  });

  it.each([
    ['one', (id: string) => `/entities/${id}`],
    ['one attribute', (id: string) => `/entities/${id}/attrs/totalActiveEnergyImport`],
    ['its values', (id: string) => `/entities/${id}/attrs/totalActiveEnergyImport/value`],
    ['of a type', (id: string) => `/types/${type}?id=${id}`],
    ['of all types', (id: string) => `/attrs/totalActiveEnergyImport?id=${id}`],
    ['a sum', (id: string) => `/entities/${id}/attrs/totalActiveEnergyImport?aggrMethod=sum`],
  ])('of somebody else is like what never was: %s', async (_what, path) => {
    const [foreign, never] = [await get(path(idOf('b1')), 'anna'), await get(path(`${idOf('b1')}-never`), 'anna')];
    expect([foreign.status, foreign.body]).toEqual([never.status, never.body]);
    expect([...foreign.headers.keys()].sort()).toEqual([...never.headers.keys()].sort());
  });
});

describe('who is there', () => {
  it.each([
    ['anna', ['IntervalReading a1', 'IntervalReading a2']],
    ['ben', ['IntervalReading a2', 'IntervalReading b1']],
    ['former', ['IntervalReading a1']],
  ] as const)('%s: %j', async (name, expected) => {
    const { body } = await get('/entities?type=IntervalReading', name);
    const list = (body as unknown as { id: string; type: string }[]).map(({ id, type }) => `${type} ${id.slice(-2)}`);
    expect(list.sort()).toEqual(expected);
  });

  it('tells when the last row was that is theirs', async () => {
    const { body } = await get('/entities?type=IntervalReading', 'former');
    expect((body as unknown as { index: string }[])[0]?.index.slice(0, 7)).toBe('2026-02');
  });
});

describe('what is refused', () => {
  it.each(['/entities?bogus=1', '/types/ACMeasurement?limit=10001', `/entities/${live('a1')}?fromDate=yesterday`])(
    '%s',
    async (path) => {
      expect((await get(path, 'anna')).status).toBe(400);
    },
  );

  it('what history itself refuses comes through', async () => {
    const { status } = await get(`/entities/${live('a1')}/attrs/refDevice?aggrMethod=sum`, 'anna');
    expect(status).toBe(404);
  });

  it('nobody without history.view', async () => {
    const nobody = await house.person('nobody', [], [site('a')]);
    expect((await house.door.get(`${API}/entities`, nobody)).status).toBe(403);
  });
});

describe('a cell that names somebody else’s', () => {
  it('is told as no value', async () => {
    const observedAt = '2026-10-11T00:00:00.000Z';
    await house.past.append([
      entity('ACMeasurement', live('a1')).relationship('refPoint', point('b1'), { observedAt }).build(),
    ]);
    const path = `/entities/${live('a1')}/attrs/refPoint`;
    await until(
      async () => ((await get(path, 'all')).body.values as unknown[] | undefined)?.includes(point('b1')) === true,
    );
    expect((await get(path, 'anna')).body.values).toEqual([null]);
  });
});
