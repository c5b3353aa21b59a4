/**
 * Promise P2: readings with 30 % repeats, 10 % out of order, revisions, restarts, sealing, archiving and erasures in between,
 * told back by every query as a plain map in memory tells them. The real DuckDB, the real log.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseNotification } from '@contor/history/notify/notification.js';
import { HistoryStore, type HistoryStoreOptions } from '@contor/history/store/history-store.js';
import type { SeriesQuestion } from '@contor/history/store/questions.js';
import { RECORD_VERSION } from '@contor/history/store/records.js';
import type { EntitySeries } from '@contor/history/store/series.js';
import { columnarWorker } from '@contor/history/worker/client.js';
import { createLogger, openDurableLog, type Random, realClock, realDisk, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { IS_LONG, times } from '../../support/long.js';

const IDS = ['urn:m:1', 'urn:m:2', 'urn:m:3'];
const NAMES = ['energy', 'power', 'note'];
const START_MS = Date.UTC(2026, 0, 1);
/** Long enough for several months to pass, short enough for several readings a day. */
const STEP_MS = 43_200_000;

interface Served {
  value: number | string;
  version: number;
  arrival: number;
}

/** What history promises, without a database: by key the value with the newest recordedAt, else of the newest arrival. */
class Model {
  readonly #served = new Map<string, Map<number, Served>>();
  #arrival = 0;

  take(id: string, name: string, indexMs: number, value: number | string, recordedAtMs: number | undefined): void {
    this.#arrival += 1;
    const series = this.#series(id, name);
    const version = recordedAtMs ?? -1;
    const known = series.get(indexMs);
    if (known === undefined || version >= known.version) {
      series.set(indexMs, { value, version, arrival: this.#arrival });
    }
  }

  erase(id: string, fromMs: number, toMs: number): void {
    for (const name of NAMES) {
      const series = this.#series(id, name);
      for (const indexMs of series.keys()) if (indexMs >= fromMs && indexMs <= toMs) series.delete(indexMs);
    }
  }

  series(id: string, name: string, fromMs = -Infinity, toMs = Infinity): [number, number | string][] {
    const rows = [...this.#series(id, name)].filter(([indexMs]) => indexMs >= fromMs && indexMs <= toMs);
    return rows.sort(([a], [b]) => a - b).map(([indexMs, { value }]) => [indexMs, value]);
  }

  #series(id: string, name: string): Map<number, Served> {
    const key = `${id} ${name}`;
    const series = this.#served.get(key) ?? new Map<number, Served>();
    this.#served.set(key, series);
    return series;
  }
}

async function openStore(folder: string, upkeep: HistoryStoreOptions['upkeep']): Promise<HistoryStore> {
  const onFatal = (error: Error) => {
    throw error;
  };
  const [disk, clock] = [realDisk(), realClock()];
  const log = await openDurableLog({
    disk,
    clock,
    onFatal,
    kind: 'history',
    version: RECORD_VERSION,
    directory: join(folder, 'log'),
  });
  const columnar = columnarWorker({
    ...{ path: join(folder, 'history.duckdb'), memoryLimitBytes: 2 ** 28, threads: 1, setAsideName: 'aside', onFatal },
    ...{ archiveFolder: join(folder, 'archive'), backupFolder: join(folder, 'backups') },
  });
  const logger = createLogger({ service: 'history', write: () => undefined });
  const retention = { keptFrom: () => undefined };
  return HistoryStore.open({
    ...{ log, columnar, clock, logger, onFatal, retention, upkeep },
    ...{ applyEveryMs: 5, checkpointEveryMs: 500, keepLogBytes: 10_000, maxBacklogBytes: 2 ** 26 },
  });
}

interface Sending {
  readonly id: string;
  readonly cells: readonly { readonly name: string; readonly indexMs: number; readonly value: number | string }[];
  readonly recordedAtMs: number | undefined;
}

function draw(random: Random, step: number, sent: readonly Sending[]): Sending {
  const again = sent[random.integer(Math.max(1, sent.length))];
  if (again !== undefined && random.next() < 0.3) return again;
  const indexMs = START_MS + (random.next() < 0.1 ? random.integer(step + 1) : step) * STEP_MS;
  const names = NAMES.filter(() => random.next() < 0.6);
  const cells = names.map((name) => ({
    name,
    indexMs: random.next() < 0.1 ? indexMs - STEP_MS : indexMs,
    value: name === 'note' ? `n${random.integer(5)}` : random.integer(100_000) / 1000,
  }));
  return {
    id: IDS[random.integer(IDS.length)] ?? '',
    cells,
    recordedAtMs: random.next() < 0.3 ? START_MS + random.integer(20) : undefined,
  };
}

async function send(store: HistoryStore, model: Model, sending: Sending): Promise<void> {
  const { id, cells, recordedAtMs } = sending;
  if (cells.length === 0) return;
  const newestMs = Math.max(...cells.map((cell) => cell.indexMs));
  const entity = {
    ...{ id, type: 'Meter' },
    ...Object.fromEntries(
      cells.map(({ name, value, indexMs }) => [name, { type: 'Property', value, observedAt: iso(indexMs) }]),
    ),
    ...(recordedAtMs !== undefined && { recordedAt: { type: 'Property', value: iso(recordedAtMs) } }),
  };
  const body = { data: [entity] };
  const parsed = parseNotification(body, { arrivalMs: 0 });
  if (parsed.kind === 'fault') throw new Error(parsed.description);
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  await store.ingest({
    tenant: 'default',
    arrivalMs: 0,
    timeIndexAttribute: undefined,
    body: bytes,
    updates: parsed.value,
  });
  for (const { name, indexMs, value } of cells) {
    // recordedAt has no time of its own: it speaks for the entity's newest instant.
    model.take(id, name, indexMs, value, indexMs === newestMs ? recordedAtMs : undefined);
  }
}

async function compare(store: HistoryStore, model: Model, random: Random): Promise<void> {
  const fromMs = START_MS + random.integer(120) * STEP_MS;
  const windows = [
    { fromMs: undefined, toMs: undefined },
    { fromMs, toMs: fromMs + 20 * STEP_MS },
  ];
  const questions = IDS.flatMap((id) => NAMES.flatMap((name) => windows.map((window) => ({ id, name, window }))));
  await Promise.all(questions.map((question) => compareOne(store, model, question)));
}

interface Question {
  readonly id: string;
  readonly name: string;
  readonly window: { readonly fromMs: number | undefined; readonly toMs: number | undefined };
}

async function compareOne(store: HistoryStore, model: Model, { id, name, window }: Question): Promise<void> {
  const told = model.series(id, name, window.fromMs, window.toMs);
  const part = { ids: [id], attributes: [name], ...window };
  const [found] = await ask(store, part);
  const rows = found?.index.map((indexMs, at) => [indexMs, valuesOf(found)[at]]) ?? [];
  expect(rows).toEqual(told);
  const [counted] = await ask(store, {
    ...part,
    aggregation: { methods: [{ name: 'count', kind: 'count' }], period: undefined },
  });
  expect(valuesOf(counted)[0] ?? 0).toBe(told.length);
  if (name !== 'note' && told.length > 0) {
    const [summed] = await ask(store, {
      ...part,
      aggregation: { methods: [{ name: 'sum', kind: 'sum' }], period: undefined },
    });
    const thousandths = told.reduce((sum, [, value]) => sum + Math.round(Number(value) * 1000), 0);
    expect(Math.round(Number(valuesOf(summed)[0]) * 1000)).toBe(thousandths);
    await compareMonths(store, part, told);
  }
}

/** Buckets that are made of days where months are kept, and of readings where they are not. */
async function compareMonths(
  store: HistoryStore,
  part: Partial<SeriesQuestion>,
  told: readonly (readonly [number, number | string])[],
): Promise<void> {
  const methods = ['count', 'sum', 'avg', 'min', 'max'] as const;
  const [found] = await ask(store, {
    ...part,
    aggregation: { methods: methods.map((kind) => ({ name: kind, kind })), period: 'month' },
  });
  const months = new Map<number, number[]>();
  for (const [indexMs, value] of told) {
    const date = new Date(indexMs);
    const start = Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
    months.set(start, [...(months.get(start) ?? []), Math.round(Number(value) * 1000)]);
  }
  const starts = [...months.keys()].sort((a, b) => a - b);
  expect(found?.index).toEqual(starts);
  const byMethod = found?.attributes[0]?.values as Readonly<Record<(typeof methods)[number], readonly number[]>>;
  starts.forEach((start, at) => {
    const values = months.get(start) ?? [];
    const sum = values.reduce((a, b) => a + b, 0);
    const thousandths = (value: number | undefined) => Math.round((value ?? Number.NaN) * 1000);
    expect(byMethod.count[at]).toBe(values.length);
    expect(thousandths(byMethod.sum[at])).toBe(sum);
    expect(byMethod.avg[at]).toBeCloseTo(sum / values.length / 1000, 9);
    expect(thousandths(byMethod.min[at])).toBe(Math.min(...values));
    expect(thousandths(byMethod.max[at])).toBe(Math.max(...values));
  });
}

async function ask(store: HistoryStore, part: Partial<SeriesQuestion>) {
  const found = await store.reader.series({
    ...{ tenant: 'default', type: 'Meter', ids: undefined, matchesId: undefined, attributes: undefined },
    ...{ aggregation: undefined, fromMs: undefined, toMs: undefined, lastN: undefined, limit: 10_000, offset: 0 },
    ...part,
  });
  if (found.kind === 'fault') throw new Error(found.description);
  return found.value;
}

function valuesOf(series: EntitySeries | undefined): readonly unknown[] {
  const values = series?.attributes[0]?.values ?? [];
  return Array.isArray(values) ? values : [];
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

const SEEDS = IS_LONG ? [1, 2, 3, 4, 5, 6] : [1];
const STEPS = times(150, 300);

/** Nothing is moved unless a test says so; then months are sealed at once, and archived or not. */
const NEVER_MS = 10 ** 12;
const SEALED = { everyMs: NEVER_MS, sealAfterMs: 0, archiveAfterMs: NEVER_MS };
const LIVES = [SEALED, { ...SEALED, archiveAfterMs: 0 }];

async function erase(store: HistoryStore, model: Model, random: Random): Promise<void> {
  const id = IDS[random.integer(IDS.length)] ?? '';
  const fromMs = START_MS + random.integer(120) * STEP_MS;
  const toMs = fromMs + random.integer(40) * STEP_MS;
  await store.erase('default', START_MS, { type: 'Meter', id, fromMs, toMs });
  model.erase(id, fromMs, toMs);
}

describe.each(SEEDS)('random readings, seed %i', (seed) => {
  it('equal a plain map in memory, restarts, sealing, archiving and erasures included', async () => {
    const random = seededRandom(seed);
    const life = () => LIVES[random.integer(LIVES.length)] ?? SEALED;
    const folder = await mkdtemp(join(tmpdir(), 'contor-model-'));
    const model = new Model();
    const sent: Sending[] = [];
    let store = await openStore(folder, life());
    const moved = { sealedSteps: 0, archivedMonths: 0 };
    try {
      for (let step = 0; step < STEPS; step += 1) {
        const sending = draw(random, Math.floor(step / 2), sent);
        sent.push(sending);
        await send(store, model, sending);
        if (random.integer(60) === 0) {
          await store.close();
          store = await openStore(folder, life());
        }
        if (random.integer(30) === 0) {
          const { sealedSteps, archivedMonths } = await store.tidy();
          moved.sealedSteps += sealedSteps;
          moved.archivedMonths += archivedMonths;
        }
        if (random.integer(60) === 0) await erase(store, model, random);
        if (random.integer(30) === 0) await compare(store, model, random);
      }
      await compare(store, model, random);
      // Now every month is settled, and an erasure changes what its days add up to.
      for (const change of [() => store.tidy(), () => erase(store, model, random)]) {
        await change();
        await compare(store, model, random);
      }
      expect(moved.sealedSteps).toBeGreaterThan(0);
      expect(moved.archivedMonths).toBeGreaterThan(0);
    } finally {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    }
  }, 60_000);
});
