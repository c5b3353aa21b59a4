/**
 * A database without room, on simulated parts: what is acknowledged waits in the log, nothing is lost or doubled when there is room
 * again, a restart in between included, and the operator hears of it once.
 */

import { parseNotification } from '@contor/history/notify/notification.js';
import { HistoryStore } from '@contor/history/store/history-store.js';
import { tellReport } from '@contor/history/store/log-report.js';
import { whenThereIsRoom } from '@contor/history/store/room.js';
import { DiskFullError, type Logger, openDurableLog, SimulatedClock, SimulatedDisk, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { type MemoryColumnar, memoryColumnar } from './memory-columnar.js';

const START_MS = Date.UTC(2026, 0, 1);

interface Line {
  readonly level: 'info' | 'warn' | 'error';
  readonly facts: object;
  readonly text: string;
}

class House {
  readonly disk = new SimulatedDisk({ random: seededRandom('full') });
  readonly clock = new SimulatedClock(0);
  readonly lines: Line[] = [];
  readonly fatal: Error[] = [];
  hasRoom = true;
  canCheckpoint = true;
  canOpen = true;
  opens = 0;
  columnar: MemoryColumnar | undefined;
  store: HistoryStore | undefined;

  readonly logger = {
    debug: () => undefined,
    info: (facts: object, text: string) => this.#note('info', facts, text),
    warn: (facts: object, text: string) => this.#note('warn', facts, text),
    error: (facts: object, text: string) => this.#note('error', facts, text),
  } as unknown as Logger;

  #note(level: Line['level'], facts: object, text: string): void {
    this.lines.push({ level, facts, text });
  }

  async start(): Promise<HistoryStore> {
    const { disk, clock, logger } = this;
    const onFatal = (error: Error) => void this.fatal.push(error);
    const log = await openDurableLog({ disk, clock, onFatal, kind: 'history', version: 1, directory: '/log' });
    this.columnar = this.#open();
    this.store = await this.#whilePassing(
      HistoryStore.open({
        ...{ log, logger, onFatal, clock, columnar: this.#gated() },
        ...{ applyEveryMs: 10, checkpointEveryMs: 50, keepLogBytes: 4_096, maxBacklogBytes: 2 ** 20 },
        retention: { keptFrom: () => undefined },
        upkeep: { everyMs: 60_000, sealAfterMs: 0, archiveAfterMs: 0 },
      }),
    );
    return this.store;
  }

  async stop(): Promise<void> {
    await this.#whilePassing(this.store?.close() ?? Promise.resolve());
  }

  /** The store as its own, with a door before whatever writes. */
  #gated() {
    const room = async <T>(work: () => Promise<T>): Promise<T> => {
      if (!this.hasRoom) throw new DiskFullError('no space left on device');
      return work();
    };
    const now = () => this.columnar ?? this.#open();
    return {
      open: async () => {
        this.opens += 1;
        if (!this.canOpen) throw new DiskFullError('no space left on device');
        await this.columnar?.close();
        this.columnar = this.#open();
        return this.columnar.open();
      },
      apply: (batch: Parameters<MemoryColumnar['apply']>[0]) => room(() => now().apply(batch)),
      checkpoint: async () => {
        if (!this.canCheckpoint) throw new DiskFullError('no space left on device');
        return room(() => now().checkpoint());
      },
      rebase: (sequence: number) => room(() => now().rebase(sequence)),
      erase: (erasure: Parameters<MemoryColumnar['erase']>[0]) => now().erase(erasure),
      query: (sql: string) => now().query(sql),
      survey: async () => ({ hot: [], late: [] }),
      seal: () => now().seal({ table: 0, month: 0, fromEntity: 0, toEntity: 0 }),
      archive: () => now().archive({ table: 0, month: 0 }),
      discard: () => now().discard(),
      backUp: (folder: string) => now().backUp(folder),
      sizes: () => now().sizes(),
      close: () => now().close(),
    };
  }

  #open(): MemoryColumnar {
    return memoryColumnar(this.disk, this.clock, '/columns');
  }

  async send(step: number, name = 'energy'): Promise<void> {
    const observedAt = new Date(START_MS + step * 1000).toISOString();
    const body = { data: [{ id: 'urn:m:1', type: 'Meter', [name]: { type: 'Property', value: step, observedAt } }] };
    const parsed = parseNotification(body, { arrivalMs: 0 });
    if (parsed.kind === 'fault') throw new Error(parsed.description);
    const sent = this.store?.ingest({
      ...{ tenant: 'default', arrivalMs: 0, timeIndexAttribute: undefined, updates: parsed.value },
      body: new TextEncoder().encode(JSON.stringify(body)),
    });
    await this.#whilePassing(sent ?? Promise.resolve());
  }

  /** Steps that the database holds, in order; one that is there twice is told twice. */
  get steps(): readonly number[] {
    return (this.columnar?.cells ?? []).map(({ indexMs }) => (indexMs - START_MS) / 1000).sort((a, b) => a - b);
  }

  said(words: RegExp): readonly Line[] {
    return this.lines.filter(({ text }) => words.test(text));
  }

  async pass(ms: number): Promise<void> {
    for (let at = 0; at < ms; at += 100) {
      await this.clock.advance(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #whilePassing<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    while (!isDone) await Promise.race([this.pass(100), done]);
    return done;
  }
}

describe('a database without room', () => {
  it('waits, says so once, and has everything once when there is room again', async () => {
    const house = new House();
    const store = await house.start();
    for (let step = 1; step <= 5; step += 1) await house.send(step);
    await house.pass(1_000);
    house.hasRoom = false;
    for (let step = 6; step <= 15; step += 1) await house.send(step, step > 10 ? `new${step}` : 'energy');
    await house.pass(60_000);

    expect(house.steps).toEqual([1, 2, 3, 4, 5]);
    expect(store.trouble).toMatch(/disk is full.*wait.*HISTORY_DATA/i);
    expect(store.figures).toMatchObject({ acknowledgedSequence: 15, appliedSequence: 5 });
    expect(store.figures.backlogBytes).toBeGreaterThan(0);
    // Answers hold what was applied; columns that only a failed transaction made are not asked for.
    expect(store.catalogue.tables[0]?.columns.map(({ name }) => name)).toEqual(['energy']);
    expect(await store.reader.entities(ALL)).toMatchObject([{ id: 'urn:m:1', newestMs: START_MS + 5_000 }]);
    await expect(
      store.erase('default', 0, { type: 'Meter', id: undefined, fromMs: undefined, toMs: undefined }),
    ).rejects.toMatchObject({ code: 'disk.full' });

    house.hasRoom = true;
    await house.pass(20_000);
    await house.send(16);
    await house.pass(1_000);
    expect(house.steps).toEqual(Array.from({ length: 16 }, (_, at) => at + 1));
    expect(store.trouble).toBeUndefined();
    expect(store.figures).toMatchObject({ appliedSequence: 16, backlogBytes: 0 });
    expect(house.said(/disk is full/i)).toHaveLength(1);
    expect(house.said(/has room again/)).toHaveLength(1);
    expect(house.fatal).toEqual([]);
    await house.stop();
  });

  it('is opened without room, and whatever came meanwhile is there once after all', async () => {
    const house = new House();
    await house.start();
    await house.send(1);
    await house.stop();
    house.hasRoom = false;
    house.canOpen = false;
    const store = await house.start();
    await house.send(2);
    await expect(store.reader.entities(ALL)).rejects.toMatchObject({ code: 'disk.full' });
    house.canOpen = true;
    await house.pass(20_000);
    expect(await store.reader.entities(ALL)).toMatchObject([{ newestMs: START_MS + 1_000 }]);
    await house.stop();
    await house.start();
    house.hasRoom = true;
    await house.pass(20_000);
    expect(house.steps).toEqual([1, 2]);
    expect(house.fatal).toEqual([]);
    await house.stop();
  });

  it('survives a checkpoint that finds no room', async () => {
    const house = new House();
    const store = await house.start();
    house.canCheckpoint = false;
    await house.send(1);
    await house.pass(1_000);
    expect(house.opens).toBeGreaterThan(1);
    house.canCheckpoint = true;
    await house.pass(20_000);
    expect(store.trouble).toBeUndefined();
    expect(house.steps).toEqual([1]);
    await house.stop();
  });
});

it('a log without room refuses, says so once, and once that it is over', async () => {
  const house = new House();
  const store = await house.start();
  await house.send(1);
  house.disk.setCapacity(0);
  for (let step = 2; step < 12; step += 1) await expect(house.send(step)).rejects.toMatchObject({ code: 'disk.full' });
  expect(store.trouble).toMatch(/disk is full/i);
  house.disk.setCapacity(2 ** 24);
  await house.pass(20_000);
  await house.send(12);
  await house.pass(1_000);
  expect(store.trouble).toBeUndefined();
  expect(house.said(/disk is full/i)).toHaveLength(1);
  expect(house.said(/has room again/)).toHaveLength(1);
  expect(house.steps).toEqual([1, 12]);
});

it('a start that needs room waits for it', async () => {
  const { clock, logger, lines } = new House();
  let tries = 0;
  const started = whenThereIsRoom({ clock, logger, folder: '/data' }, async () => {
    tries += 1;
    if (tries < 4) throw new DiskFullError('no space left on device');
    return 'started';
  });
  for (let second = 0; second < 4; second += 1) await clock.advance(1_000);
  expect(await started).toBe('started');
  expect(lines).toMatchObject([{ level: 'error', text: expect.stringMatching(/disk is full/) }]);
  await expect(
    whenThereIsRoom({ clock, logger, folder: '/data' }, () => Promise.reject(new Error('else'))),
  ).rejects.toThrow('else');
});

it('what opening the log found is told: torn bytes as a warning, damage as an error with what to do', () => {
  const { logger, lines } = new House();
  const damaged = [{ file: '/log/1.log', firstSequence: 3, lastSequence: 9, keptAs: '/log/1.log.damaged-128' }];
  tellReport(logger, '/log', { records: 7, tornBytes: 0, tornKeptAs: undefined, damaged: [] });
  expect(lines).toEqual([]);
  tellReport(logger, '/log', { records: 7, tornBytes: 12, tornKeptAs: undefined, damaged });
  expect(lines).toMatchObject([
    { level: 'warn', facts: { folder: '/log', tornBytes: 12 } },
    { level: 'error', facts: { ...damaged[0], fix: expect.stringMatching(/disk/) } },
  ]);
});

const ALL = {
  ...{ tenant: 'default', type: undefined, ids: undefined, matchesId: undefined },
  ...{ fromMs: undefined, toMs: undefined },
};
