/**
 * Power cuts against an agent's ingest logs, cursors and lanes, on the simulated disk. Meters say something every few
 * seconds and repeat it after a cut when it was not acked, as an MQTT session does; broker and history stand outside
 * the power cut and fail by seed. The ledger sees only acks and, at the end, what history and broker hold.
 *
 * lost: acked but not in history. ghosts: in history but never said. doubled: one saying without device time that became
 * two readings. backwards: a state in the broker replaced by an older one. The control is a disk whose syncs are lies.
 */

import type { Agent } from '@contor/agent-kit';
import { DamagedFileError, type Random, seededRandom, toIso } from '@contor/kit';
import { entityIdOf, START_MS, say, TestBench, testDevice } from '../unit/agent-kit/bench-agent.js';

export interface PowercutIngestOptions {
  readonly cuts: number;
  readonly seed: number | string;
  /** Control: syncs are lies. */
  readonly fsyncOff?: boolean;
  /** Control: a meter counts its message as acked as soon as it was handed over. */
  readonly ackBeforeCommit?: boolean;
}

export interface PowercutIngestFigures {
  readonly cuts: number;
  readonly said: number;
  readonly acked: number;
  readonly lost: number;
  readonly ghosts: number;
  readonly doubled: number;
  readonly backwards: number;
  /** Cuts that came before the agent was up again after the one before. */
  readonly cutsInRecovery: number;
  readonly fatals: number;
}

const METERS = 5;
/** Meters with these numbers have no clock. */
const WITHOUT_CLOCK: readonly number[] = [4, 5];
const MOST_OPERATIONS_TO_CUT = 120;
const STEP_MS = 1_000;
/** Repetitions of a saying without device time come within the duplicate guard's window, or they are new readings. */
const DUPLICATE_WINDOW_MS = 3_600_000;
/** Small, so that segments are closed, released and read from disk all the time. */
const LOG_BYTES = 8 * 2 ** 20;

interface Saying {
  readonly meter: string;
  readonly timeMs: number | undefined;
  /** Unique, so that it can be found again. */
  readonly value: number;
  isAcked: boolean;
}

export async function powercutIngest(options: PowercutIngestOptions): Promise<PowercutIngestFigures> {
  const run = new Run(options.seed, options.fsyncOff ?? false, options.ackBeforeCommit ?? false);
  await run.prepare();
  for (let cut = 0; cut < options.cuts; cut += 1) await run.cycle();
  return { cuts: options.cuts, ...(await run.judge()) };
}

class Run {
  readonly #bench: TestBench;
  readonly #random: Random;
  readonly #sayings: Saying[] = [];
  readonly #ackBeforeCommit: boolean;
  readonly #syncIsALie: boolean;
  #cutsInRecovery = 0;
  #step = 0;

  constructor(seed: number | string, syncIsALie: boolean, ackBeforeCommit: boolean) {
    this.#ackBeforeCommit = ackBeforeCommit;
    this.#syncIsALie = syncIsALie;
    this.#bench = new TestBench(seed, syncIsALie);
    this.#random = seededRandom(`${seed} traffic`);
    this.#bench.city.flakiness = { failing: 0.2, slowestMs: 300 };
  }

  async prepare(): Promise<void> {
    await this.#bench.provision(Array.from({ length: METERS }, (_, index) => testDevice(index + 1)));
  }

  /** Power comes, the agent starts, meters talk, power goes; one time in four it also goes while the agent starts. */
  async cycle(): Promise<void> {
    const { disk, clock } = this.#bench;
    if (this.#random.integer(4) === 0) {
      const cut = disk.crashAfter(1 + this.#random.integer(30));
      const isUp = await Promise.race([this.#open().then(() => true), cut.then(() => false)]);
      if (isUp) disk.crash();
      else this.#cutsInRecovery += 1;
    }
    const agent = await this.#open();
    agent.start();
    let isCut = false;
    void disk.crashAfter(1 + this.#random.integer(MOST_OPERATIONS_TO_CUT)).then(() => {
      isCut = true;
    });
    for (const saying of this.#sayings) if (!saying.isAcked) this.#send(agent, saying, () => isCut);
    while (!isCut) {
      this.#step += 1;
      for (let meter = 1; meter <= METERS; meter += 1)
        if (this.#random.integer(2) === 0) this.#send(agent, this.#say(meter), () => isCut);
      await clock.advance(this.#random.integer(10) === 0 ? 15 * STEP_MS : STEP_MS);
    }
  }

  /** The last life: everything unacked is said again, everything stored must get through. */
  async judge(): Promise<Omit<PowercutIngestFigures, 'cuts'>> {
    const { city, clock } = this.#bench;
    const acked = this.#sayings.filter(({ isAcked }) => isAcked).length;
    const agent = await this.#open();
    agent.start();
    await clock.advance(600_000);
    const said = new Map(this.#sayings.map((saying) => [saying.value, saying]));
    const found = new Map<number, number>();
    let ghosts = 0;
    for (const [key, value] of city.rows) {
      const saying = said.get(Number(value));
      const isHere = saying !== undefined && key.startsWith(`default/${entityIdOf(saying.meter)}/`);
      const isThen = saying?.timeMs === undefined || key.endsWith(toIso(saying.timeMs));
      if (isHere && isThen) found.set(saying.value, (found.get(saying.value) ?? 0) + 1);
      else ghosts += 1;
    }
    const lost = this.#sayings.filter(({ isAcked, value }) => isAcked && !found.has(value)).length;
    const doubled = [...found.values()].filter((times) => times > 1).length;
    return {
      said: this.#sayings.length,
      acked,
      lost,
      ghosts,
      doubled,
      backwards: city.faults.backwards,
      cutsInRecovery: this.#cutsInRecovery,
      fatals: this.#bench.fatals.length,
    };
  }

  async #open(): Promise<Agent> {
    const limits = { logBytes: LOG_BYTES, duplicateWindowMs: DUPLICATE_WINDOW_MS };
    try {
      return await this.#bench.open(limits);
    } catch (error) {
      // Only a lying disk can tear the registry. Refusing it is right, but then the control would never see what the log lost:
      // an operator puts it back, as the message says.
      if (!this.#syncIsALie || !(error instanceof DamagedFileError)) throw error;
      await this.#bench.disk.remove(String(error.context.path));
      await this.prepare();
      return this.#bench.open(limits);
    }
  }

  #say(meter: number): Saying {
    const isLate = this.#random.integer(6) === 0;
    const value = this.#sayings.length + 1;
    // Every saying has a time of its own: two at one time would be a revision, and the older one rightly not to be found.
    const timeMs =
      START_MS + this.#step * STEP_MS - (isLate ? this.#random.integer(30) * STEP_MS : 0) + (value % STEP_MS);
    const saying: Saying = {
      meter: `meter-${meter}`,
      timeMs: WITHOUT_CLOCK.includes(meter) ? undefined : timeMs,
      value,
      isAcked: false,
    };
    this.#sayings.push(saying);
    return saying;
  }

  /** An attribute of its own for late sayings would hide a step backwards: all say `energy`. */
  #send(agent: Agent, saying: Saying, isCut: () => boolean): void {
    const said = { ...(saying.timeMs !== undefined && { t: saying.timeMs }), v: { energy: saying.value } };
    if (this.#ackBeforeCommit) saying.isAcked = true;
    void say(agent, saying.meter, said).then(() => {
      if (!isCut()) saying.isAcked = true;
    });
  }
}
