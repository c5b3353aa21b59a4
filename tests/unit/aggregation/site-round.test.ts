/** A round over the sample street against a broker and a history in memory: what it publishes, and that repeating it publishes nothing. */

import { siteRound } from '@contor/aggregation/site-round.js';
import type { Cell, HistoryClient } from '@contor/history-query';
import { entity, type NgsiEntity, toInteger, urn } from '@contor/orion-config';
import { beforeEach, describe, expect, it } from '@jest/globals';

const HOUR = 3_600_000;
const QUARTER = 900_000;
const DAY_START = Date.UTC(2026, 10, 20);
const SITE = urn('Site', 'test');
const iso = (ms: number) => new Date(ms).toISOString();
const kwh = (mwh: number) => mwh / 1_000_000;

/** The two doors, with just enough behind them: entities by id, rows by entity and time. */
class World {
  readonly entities = new Map<string, NgsiEntity>();
  readonly rows = new Map<string, Map<number, Record<string, Cell>>>();
  appended = 0;

  readonly broker = {
    query: async ({ type, q }: { type?: string; q?: string }) => {
      const since = /recordedAt>="(.+)"/.exec(q ?? '')?.[1];
      return [...this.entities.values()].filter(
        (one) => one.type === type && (since === undefined || String(plainOf(one.recordedAt)) >= since),
      );
    },
    get: async (id: string) => this.entities.get(id),
    upsert: async (entities: readonly NgsiEntity[]) => {
      for (const one of entities) this.entities.set(one.id, one);
      return { created: [], failed: [] };
    },
  };

  readonly history = {
    append: async (entities: readonly NgsiEntity[]) => {
      for (const one of entities) {
        this.appended += 1;
        this.put(one);
      }
    },
    series: async (query: { id: string; attributes: readonly string[]; fromMs?: number; toMs?: number }) =>
      this.read(query.id, query),
    seriesOfMany: async (query: {
      ids?: readonly string[];
      attributes: readonly string[];
      fromMs?: number;
      toMs?: number;
    }) => new Map((query.ids ?? []).filter((id) => this.rows.has(id)).map((id) => [id, this.read(id, query)])),
  } as unknown as Pick<HistoryClient, 'series' | 'seriesOfMany' | 'append'>;

  put(one: NgsiEntity): void {
    const of = this.rows.get(one.id) ?? new Map<number, Record<string, Cell>>();
    this.rows.set(one.id, of);
    for (const [name, attribute] of Object.entries(one)) {
      if (typeof attribute !== 'object' || !('observedAt' in attribute)) continue;
      const atMs = Date.parse(String(attribute.observedAt));
      of.set(atMs, { ...of.get(atMs), [name]: plainOf(attribute) as Cell });
    }
  }

  private read(
    id: string,
    {
      attributes,
      fromMs = 0,
      toMs = Number.MAX_SAFE_INTEGER,
    }: { attributes: readonly string[]; fromMs?: number; toMs?: number },
  ) {
    const times = [...(this.rows.get(id)?.keys() ?? [])]
      .filter((atMs) => atMs >= fromMs && atMs < toMs)
      .sort((a, b) => a - b);
    const columns = Object.fromEntries(
      attributes.map((name) => [name, times.map((atMs) => this.rows.get(id)?.get(atMs)?.[name] ?? null)]),
    );
    return { timesMs: times, columns };
  }
}

function plainOf(attribute: unknown): unknown {
  return typeof attribute === 'object' && attribute !== null && 'value' in attribute ? attribute.value : undefined;
}

/** Meter n draws n Wh in each quarter-hour, beginning at register 1000 kWh. */
function profile(world: World, meter: number, fromMs: number, toMs: number): void {
  for (let atMs = fromMs; atMs < toMs; atMs += QUARTER) {
    const count = (atMs - DAY_START) / QUARTER;
    const observedAt = iso(atMs);
    world.put(
      entity('IntervalReading', urn('IntervalReading', `m${meter}`))
        .property('totalActiveEnergyImport', kwh(1_000_000_000 + count * meter * 1_000), { observedAt })
        .property('totalActiveEnergyExport', 0, { observedAt })
        .property('activeEnergyImport', kwh(meter * 1_000), { observedAt })
        .property('activeEnergyExport', 0, { observedAt })
        .property('intervalSeconds', 900, { observedAt })
        .build(),
    );
  }
}

function announce(world: World, meter: number, windowStartMs: number, recordedAtMs: number): void {
  const id = urn('Acquisition', `m${meter}:load-profile:2026-11-20`);
  world.entities.set(
    id,
    entity('Acquisition', id)
      .relationship('refDevice', urn('Device', `m${meter}`))
      .property('windowStart', iso(windowStartMs))
      .property('recordedAt', iso(recordedAtMs))
      .build(),
  );
}

let world: World;
beforeEach(() => {
  world = new World();
  world.entities.set(
    SITE,
    entity('Site', SITE).property('name', 'Test').property('timeZone', 'Europe/Bucharest').build(),
  );
  for (const meter of [1, 2]) {
    const point = urn('ConsumptionPoint', `p${meter}`);
    world.entities.set(
      point,
      entity('ConsumptionPoint', point)
        .relationship('refSite', SITE, { validFrom: iso(0) })
        .build(),
    );
    const id = urn('MeterInstallation', `p${meter}-1`);
    world.entities.set(
      id,
      entity('MeterInstallation', id)
        .relationship('refDevice', urn('Device', `m${meter}`))
        .relationship('refPoint', point)
        .property('validFrom', iso(Date.UTC(2026, 0, 1)))
        .property('registerDigits', 6)
        .property('openingRegister', 500)
        .build(),
    );
  }
});

const site = () => world.entities.get(SITE) ?? { id: SITE, type: 'Site' };
const round = (nowMs: number) => siteRound(site(), world, { nowMs, graceMs: 60_000, lookBackMs: 6 * HOUR });
const published = () =>
  [...(world.rows.get(urn('AggregatedReading', 'test:hour')) ?? [])].map(([atMs, row]) => [
    (atMs - DAY_START) / HOUR,
    row.activeEnergyImport,
    row.activeEnergyImportQuality,
    row.meterCount,
  ]);

describe('a round over a site', () => {
  it('publishes the closed hours of all meters, exactly', async () => {
    for (const meter of [1, 2]) profile(world, meter, DAY_START, DAY_START + 3 * HOUR);
    await round(DAY_START + 3 * HOUR + 61_000);
    expect(published()).toEqual([0, 1, 2].map((hour) => [hour, 0.012, 'measured', 2]));
  });

  it('leaves an hour open until its grace is over', async () => {
    for (const meter of [1, 2]) profile(world, meter, DAY_START, DAY_START + 3 * HOUR);
    await round(DAY_START + 3 * HOUR + 59_000);
    expect(published()).toHaveLength(2);
  });

  it('publishes nothing when nothing is new, and starts over from its cursor after a restart', async () => {
    for (const meter of [1, 2]) profile(world, meter, DAY_START, DAY_START + 3 * HOUR);
    await round(DAY_START + 3 * HOUR + 61_000);
    const before = world.appended;
    const again = await round(DAY_START + 3 * HOUR + 120_000);
    expect(world.appended).toBe(before);
    expect(again.changed).toBe(0);
  });

  it('says that a meter is missing, and corrects the hour when its data arrives late and is announced', async () => {
    profile(world, 1, DAY_START, DAY_START + 8 * HOUR);
    profile(world, 2, DAY_START, DAY_START + 2 * HOUR);
    await round(DAY_START + 8 * HOUR + 61_000);
    expect(published().at(-1)).toEqual([7, 0.004, 'partial', 1]);

    profile(world, 2, DAY_START + 2 * HOUR, DAY_START + 8 * HOUR);
    announce(world, 2, DAY_START + 2 * HOUR, DAY_START + 8 * HOUR + 90_000);
    await round(DAY_START + 8 * HOUR + 120_000);
    expect(published()).toEqual([2, 3, 4, 5, 6, 7].map((hour) => [hour, 0.012, 'measured', 2]));
  });

  it('does not let a gap swallow energy: the hours of the gap add up to what the register advanced', async () => {
    profile(world, 1, DAY_START, DAY_START + HOUR);
    profile(world, 1, DAY_START + 4 * HOUR, DAY_START + 6 * HOUR);
    profile(world, 2, DAY_START, DAY_START + 6 * HOUR);
    await round(DAY_START + 6 * HOUR + 61_000);
    const hours = published();
    expect(hours.map((row) => row[2])).toEqual([
      'measured',
      'estimated',
      'estimated',
      'estimated',
      'measured',
      'measured',
    ]);
    const total = hours.reduce((sum, row) => sum + toInteger('activeEnergyImport', Number(row[1])), 0n);
    expect(total).toBe(72_000n);
  });

  it('keeps the cursor on its own entity, after the series', async () => {
    for (const meter of [1, 2]) profile(world, meter, DAY_START, DAY_START + 3 * HOUR);
    const nowMs = DAY_START + 3 * HOUR + 61_000;
    await round(nowMs);
    expect(plainOf(world.entities.get(urn('AggregatedReading', 'test:hour'))?.cursor)).toBe(iso(nowMs));
  });
});
