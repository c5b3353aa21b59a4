/**
 * Buckets of time in zones of the world, ours alone: both nights of the clocks in four zones, one of which moves by half an
 * hour, and two whose offsets are no whole hours. Expected instants are written out, not computed.
 */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Instance, openInstance } from './instance.js';
import { readings, tell } from './tables.js';

let history: Instance;

beforeAll(async () => {
  history = await openInstance();
});
afterAll(() => history.stop());

const QUARTER_MS = 900_000;

/** A reading of 1 for each quarter hour of UTC from `from` on. */
async function quarters(type: string, from: string, count: number): Promise<void> {
  const startMs = Date.parse(from);
  const rows = Array.from({ length: count }, (_, step) => [iso(startMs + step * QUARTER_MS), 1] as const);
  await tell(history, readings(`urn:${type}`, type, 'power', rows));
}

const iso = (ms: number) => new Date(ms).toISOString().replace('Z', '+00:00');

interface Night {
  readonly zone: string;
  /** Local day of the change. */
  readonly day: string;
  readonly start: string;
  readonly quarters: number;
  /** Readings in each local hour. */
  readonly hours: readonly number[];
  readonly halves: number;
}

const plain = (count: number) => Array.from({ length: count }, () => 4);

/** tz database 2025: the days on which clocks change. */
const NIGHTS: readonly Night[] = [
  {
    zone: 'Europe/Bucharest',
    day: '2026-03-29',
    start: '2026-03-28T22:00Z',
    quarters: 92,
    hours: plain(23),
    halves: 46,
  },
  {
    zone: 'Europe/Bucharest',
    day: '2026-10-25',
    start: '2026-10-24T21:00Z',
    quarters: 100,
    hours: plain(25),
    halves: 50,
  },
  {
    zone: 'America/New_York',
    day: '2026-03-08',
    start: '2026-03-08T05:00Z',
    quarters: 92,
    hours: plain(23),
    halves: 46,
  },
  {
    zone: 'America/New_York',
    day: '2026-11-01',
    start: '2026-11-01T04:00Z',
    quarters: 100,
    hours: plain(25),
    halves: 50,
  },
  // The hour 02 has thirty minutes, since its first half is skipped …
  {
    ...{ zone: 'Australia/Lord_Howe', day: '2026-10-04', start: '2026-10-03T13:30Z', quarters: 94, halves: 47 },
    hours: [4, 4, 2, ...plain(21)],
  },
  // … and the hour 01 has ninety, since its second half comes twice.
  {
    ...{ zone: 'Australia/Lord_Howe', day: '2026-04-05', start: '2026-04-04T13:00Z', quarters: 98, halves: 49 },
    hours: [4, 6, ...plain(22)],
  },
  // Midnight itself is skipped, and comes twice.
  { zone: 'America/Havana', day: '2026-03-08', start: '2026-03-08T05:00Z', quarters: 92, hours: plain(23), halves: 46 },
  {
    zone: 'America/Havana',
    day: '2026-11-01',
    start: '2026-11-01T04:00Z',
    quarters: 100,
    hours: plain(25),
    halves: 50,
  },
  { zone: 'Asia/Kolkata', day: '2026-06-01', start: '2026-05-31T18:30Z', quarters: 96, hours: plain(24), halves: 48 },
  { zone: 'Asia/Kathmandu', day: '2026-06-01', start: '2026-05-31T18:15Z', quarters: 96, hours: plain(24), halves: 48 },
];

describe.each(NIGHTS)('$zone on $day', ({ zone, day, start, quarters: count, hours, halves }) => {
  const type = `${zone.replace('/', '')}${day}`;
  const startMs = Date.parse(start.replace('Z', ':00.000Z'));
  const path = `/v2/entities/urn:${type}/attrs/power/value?aggrMethod=count&timezone=${zone}`;
  const inDay = `&fromDate=${iso(startMs).replace('+', '%2B')}&toDate=${iso(startMs + count * QUARTER_MS - 1).replace('+', '%2B')}`;

  beforeAll(() => quarters(type, iso(startMs - 86_400_000), count + 192));

  const ask = async (period: string, window = inDay) => {
    const reply = await history.get(`${path}&aggrPeriod=${period}${window}`);
    return reply.json as { index: string[]; values: number[] };
  };

  it('has one local day with all its quarter hours', async () => {
    if (!history.hasOwn) return;
    const told = await ask('day', '');
    expect(told.values[told.index.indexOf(iso(startMs))]).toBe(count);
  });
  it(`has ${count} quarter hours`, async () => {
    if (!history.hasOwn) return;
    expect((await ask('15min')).index).toEqual(
      Array.from({ length: count }, (_, step) => iso(startMs + step * QUARTER_MS)),
    );
  });
  it('has the half hours of the local clock', async () => {
    if (!history.hasOwn) return;
    const told = await ask('30min');
    expect(told.index).toHaveLength(halves);
    expect(told.values.every((value) => value === 2)).toBe(true);
  });
  it('has the hours of the local clock', async () => {
    if (!history.hasOwn) return;
    const told = await ask('hour');
    expect(told.values).toEqual(hours);
    expect(told.index[0]).toBe(iso(startMs));
  });
  it.each(['5min', '15min', '30min', 'hour', 'day'])('tells the same %s buckets when gaps are told', async (period) => {
    if (!history.hasOwn) return;
    expect(await ask(period, `${inDay}&fill=gaps`)).toEqual(
      period === '5min' ? expect.objectContaining({ index: expect.any(Array) }) : await ask(period),
    );
  });
});

describe('longer periods', () => {
  /** One reading a day at noon UTC, from 2026-01-01 on. */
  beforeAll(async () => {
    const rows = Array.from({ length: 200 }, (_, day) => [iso(Date.UTC(2026, 0, 1 + day, 12)), day] as const);
    await tell(history, readings('urn:days', 'Days', 'n', rows));
  });

  it.each([
    ['week', undefined, ['2025-12-29T00:00:00.000+00:00', '2026-01-05T00:00:00.000+00:00'], [4, 7]],
    ['week', 'Europe/Bucharest', ['2025-12-28T22:00:00.000+00:00', '2026-01-04T22:00:00.000+00:00'], [4, 7]],
    ['month', 'Europe/Bucharest', ['2025-12-31T22:00:00.000+00:00', '2026-01-31T22:00:00.000+00:00'], [31, 28]],
    ['quarter', undefined, ['2026-01-01T00:00:00.000+00:00', '2026-04-01T00:00:00.000+00:00'], [90, 91]],
    ['quarter', 'Europe/Bucharest', ['2025-12-31T22:00:00.000+00:00', '2026-03-31T21:00:00.000+00:00'], [90, 91]],
    ['year', 'Asia/Tokyo', ['2025-12-31T15:00:00.000+00:00'], [200]],
    ['month', 'Pacific/Auckland', ['2025-12-31T11:00:00.000+00:00', '2026-01-31T11:00:00.000+00:00'], [30, 28]],
  ] as const)('%s in %s', async (period, zone, index, counts) => {
    if (!history.hasOwn) return;
    const timezone = zone === undefined ? '' : `&timezone=${zone}`;
    const path = `/v2/entities/urn:days/attrs/n/value?aggrMethod=count&aggrPeriod=${period}${timezone}&limit=${index.length}`;
    const told = (await history.get(path)).json as { index: string[]; values: number[] };
    // Noon of UTC is the next day in Auckland: New Year's Day there has no reading.
    expect(told).toEqual({ index, values: zone === 'Pacific/Auckland' ? [31 - 1, 28] : counts });
  });

  it('counts by lastN from the end', async () => {
    if (!history.hasOwn) return;
    const path =
      '/v2/entities/urn:days/attrs/n/value?aggrMethod=max&aggrPeriod=month&timezone=Europe/Bucharest&lastN=1';
    expect((await history.get(path)).json).toEqual({ index: ['2026-06-30T21:00:00.000+00:00'], values: [199] });
  });
});

it.each(['Europe/Atlantis', '../etc', "x';--", 'Europe/Bucharest;', '0'])('knows no zone %s', async (zone) => {
  if (!history.hasOwn) return;
  const path = `/v2/attrs/x?aggrMethod=avg&aggrPeriod=day&timezone=${encodeURIComponent(zone)}`;
  expect(await history.get(path)).toMatchObject({ status: 422, json: { error: 'Invalid parameter value' } });
});
