/**
 * Power cuts against history's log and applier, on the simulated disk: meters that send, repeat and send late, questions in
 * between, a cut in the middle of a random operation (recovery included), and after each cut a comparison with a ledger
 * outside. The columnar store is a stand-in on the same disk that keeps only what was committed.
 *
 * lost: acknowledged but absent, or with another value. ghost: present but never sent. doubled: a key twice in `hot`.
 */

import { fileURLToPath } from 'node:url';
import { parseNotification } from '@contor/history/notify/notification.js';
import { HistoryStore } from '@contor/history/store/history-store.js';
import { createLogger, openDurableLog, type Random, SimulatedClock, SimulatedDisk, seededRandom } from '@contor/kit';
import { type MemoryColumnar, memoryColumnar, type StoredCell } from '../unit/history/memory-columnar.js';

export interface PowercutHistoryOptions {
  readonly cuts: number;
  readonly seed: number | string;
  /** Control: syncs are lies. */
  readonly fsyncOff?: boolean;
  /** Control: the ledger notes an acknowledgement as soon as a reading is handed over. */
  readonly ackBeforeCommit?: boolean;
}

export interface PowercutHistoryFigures {
  readonly check: 'powercut-history';
  readonly seed: number | string;
  readonly cuts: number;
  readonly sent: number;
  readonly acked: number;
  readonly lost: number;
  readonly ghosts: number;
  readonly doubled: number;
  readonly cutsWithLoss: number;
  readonly cutsInRecovery: number;
  /** Lives in which the tail of the log had to be applied again. */
  readonly recoveries: number;
  /** Lives that found the beginning of the log released. */
  readonly released: number;
}

interface Entry {
  readonly value: number;
  isAcked: boolean;
}

const WRITERS = 6;
const MOST_OPERATIONS_TO_CUT = 120;
const STEP_MS = 10_000;
const TENANT = 'default';

export async function powercutHistory(options: PowercutHistoryOptions): Promise<PowercutHistoryFigures> {
  const random = seededRandom(options.seed);
  const run = new Run(
    new SimulatedDisk({ random, syncIsALie: options.fsyncOff ?? false }),
    random,
    options.ackBeforeCommit ?? false,
  );
  for (let cut = 0; cut < options.cuts; cut += 1) await run.cycle();
  run.compare(await run.open());
  return { check: 'powercut-history', seed: options.seed, cuts: options.cuts, ...run.figures };
}

interface Life {
  readonly store: HistoryStore;
  readonly columnar: MemoryColumnar;
  readonly clock: SimulatedClock;
}

class Run {
  readonly #disk: SimulatedDisk;
  readonly #random: Random;
  readonly #ackBeforeCommit: boolean;
  readonly #ledger = new Map<string, Entry>();
  #nextStep = 1;
  #operationsToOpen = MOST_OPERATIONS_TO_CUT;
  readonly figures = {
    sent: 0,
    acked: 0,
    lost: 0,
    ghosts: 0,
    doubled: 0,
    cutsWithLoss: 0,
    cutsInRecovery: 0,
    recoveries: 0,
    released: 0,
  };

  constructor(disk: SimulatedDisk, random: Random, ackBeforeCommit: boolean) {
    this.#disk = disk;
    this.#random = random;
    this.#ackBeforeCommit = ackBeforeCommit;
  }

  async cycle(): Promise<void> {
    if (this.#random.integer(4) === 0) await this.#cutWhileOpening();
    const before = this.#disk.operations;
    const life = await this.open();
    this.compare(life);
    this.#operationsToOpen = Math.max(1, this.#disk.operations - before);
    const power = { isOn: true };
    const cut = this.#cutWithin(MOST_OPERATIONS_TO_CUT).then(() => {
      power.isOn = false;
    });
    for (let writer = 0; writer < WRITERS; writer += 1) void this.#write(life.store, writer);
    void this.#ask(life.store, power);
    // Time goes by until the power does: the applier and the checkpoints live on it.
    while (power.isOn) {
      await life.clock.advance(50);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await cut;
  }

  async #cutWhileOpening(): Promise<void> {
    const cut = this.#cutWithin(this.#operationsToOpen);
    const opening = this.open();
    if (await Promise.race([opening.then(() => false), cut.then(() => true)])) this.figures.cutsInRecovery += 1;
    else this.#disk.crash();
  }

  #cutWithin(operations: number): Promise<void> {
    return this.#disk.crashAfter(1 + this.#random.integer(operations));
  }

  async open(): Promise<Life> {
    const disk = this.#disk.boot();
    const clock = new SimulatedClock(0);
    const onFatal = () => undefined;
    const log = await openDurableLog({
      ...{ disk, clock, onFatal, kind: 'history', version: 1, directory: '/data/log' },
      ...{ maxBytes: 2 ** 22, segmentBytes: 2 ** 14 },
    });
    const columnar = memoryColumnar(disk, clock, '/data/columns');
    const logger = createLogger({ service: 'powercut', write: () => undefined });
    const store = await HistoryStore.open({
      ...{ log, columnar, clock, logger, onFatal },
      ...{ applyEveryMs: 100, checkpointEveryMs: 150, keepLogBytes: 4_096, maxBacklogBytes: 2 ** 20 },
      retention: { keptFrom: () => undefined },
      upkeep: { everyMs: 60_000, sealAfterMs: 0, archiveAfterMs: 0 },
    });
    if (log.tail > 1) this.figures.released += 1;
    if (store.figures.hotRows !== 0) this.figures.recoveries += 1;
    return { store, columnar, clock };
  }

  /** Whatever is there now has been told to somebody and must stay. What is not there and was not acknowledged may still not come. */
  compare({ columnar }: Life): void {
    const names = new Map<string, string>();
    for (const change of columnar.schema) {
      if (change.kind === 'entity') names.set(`${change.table}/${change.entity}`, change.id);
    }
    const served = new Map<string, StoredCell>();
    const hot = new Set<string>();
    const judged = { lost: 0, ghosts: 0, doubled: 0 };
    for (const cell of columnar.cells) {
      const key = `${names.get(`${cell.table}/${cell.entity}`)} ${cell.indexMs}`;
      if (cell.arrival === 0) {
        if (hot.has(key)) judged.doubled += 1;
        hot.add(key);
      }
      const known = served.get(key);
      if (known === undefined || cell.arrival > known.arrival) served.set(key, cell);
    }
    for (const [key, cell] of served) {
      if (this.#ledger.get(key)?.value !== cell.value) judged.ghosts += 1;
    }
    for (const [key, entry] of this.#ledger) {
      const found = served.get(key);
      if (entry.isAcked && found?.value !== entry.value) judged.lost += 1;
      if (found === undefined) this.#ledger.delete(key);
      else entry.isAcked = true;
    }
    this.figures.lost += judged.lost;
    this.figures.ghosts += judged.ghosts;
    this.figures.doubled += judged.doubled;
    if (judged.lost > 0) this.figures.cutsWithLoss += 1;
  }

  /** One meter: new readings, one in five behind the newest, one in three sent again. After the cut it never hears back. */
  async #write(store: HistoryStore, writer: number): Promise<void> {
    for (;;) {
      const step = this.#nextStep;
      this.#nextStep += 1;
      const indexMs = (this.#random.integer(5) === 0 ? step - this.#random.integer(40) - 0.5 : step) * STEP_MS;
      const key = `urn:m:${writer} ${indexMs}`;
      if (this.#ledger.has(key)) continue;
      const entry: Entry = { value: step / 1000, isAcked: this.#ackBeforeCommit };
      this.#ledger.set(key, entry);
      this.figures.sent += 1;
      await send(store, writer, indexMs, entry.value);
      entry.isAcked = true;
      this.figures.acked += 1;
      if (this.#random.integer(3) === 0) await send(store, writer, indexMs, entry.value);
    }
  }

  async #ask(store: HistoryStore, power: { readonly isOn: boolean }): Promise<void> {
    while (power.isOn) {
      const everybody = { tenant: TENANT, type: 'Meter', ids: undefined, matchesId: undefined };
      await store.reader.entities({ ...everybody, fromMs: undefined, toMs: undefined });
      for (let turn = this.#random.integer(200); turn > 0; turn -= 1) await Promise.resolve();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

async function send(store: HistoryStore, writer: number, indexMs: number, value: number): Promise<void> {
  const observedAt = new Date(indexMs).toISOString();
  const body = { data: [{ id: `urn:m:${writer}`, type: 'Meter', a: { type: 'Property', value, observedAt } }] };
  const parsed = parseNotification(body, { arrivalMs: 0 });
  if (parsed.kind === 'fault') throw new Error(parsed.description);
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  await store.ingest({
    tenant: TENANT,
    arrivalMs: 0,
    timeIndexAttribute: undefined,
    body: bytes,
    updates: parsed.value,
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const cuts = Number(process.argv[2] ?? 100);
  const seed = process.argv[3] ?? 'contor';
  const honest = await powercutHistory({ cuts, seed });
  const fsyncOff = await powercutHistory({ cuts: Math.min(cuts, 40), seed, fsyncOff: true });
  const ackBeforeCommit = await powercutHistory({ cuts: Math.min(cuts, 40), seed, ackBeforeCommit: true });
  const controls = {
    fsyncOff: fsyncOff.cutsWithLoss / fsyncOff.cuts,
    ackBeforeCommit: ackBeforeCommit.cutsWithLoss / ackBeforeCommit.cuts,
  };
  process.stdout.write(`${JSON.stringify({ ...honest, controls })}\n`);
  process.exit(
    honest.lost + honest.ghosts + honest.doubled === 0 && controls.fsyncOff >= 0.9 && controls.ackBeforeCommit > 0.5
      ? 0
      : 1,
  );
}
