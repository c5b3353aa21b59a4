/**
 * Polling, put together: timetable → dispatcher → reader → ingest log → report. What a polling agent opens beside its kit agent; it
 * brings a reader and says what is read when.
 */

import {
  type Clock,
  DiskFullError,
  LogFullError,
  type Logger,
  type Random,
  type RetrySchedule,
  retrySchedule,
} from '@contor/kit';
import type { Agent } from '../agent.js';
import type { Device } from '../registry/device.js';
import type { DeviceRegistry } from '../registry/registry.js';
import { afterFailure, afterSuccess, type Breaker, CLOSED, isResting } from './breaker.js';
import { type Conversation, converse, type Ending } from './conversation.js';
import { createDispatcher, type Dispatcher, type DispatcherLimits, type Priority } from './dispatcher.js';
import { deviationOf } from './meter-clock.js';
import { type PlannedRead, READING, type ReadPlan } from './plan.js';
import { faultRow, type Reader, type ReadStep, type ReadTask } from './reader.js';
import type { Asked, Listener, ReadReport, Result } from './report.js';
import { type DueRead, Timetable } from './timetable.js';

export interface AcquisitionOptions {
  readonly agent: {
    readonly take: Agent['take'];
    readonly registry: Pick<DeviceRegistry, 'find' | 'all' | 'onChange'>;
  };
  readonly reader: Reader;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** What is read from a device when; undefined: it reports by itself. Asked at every turn, so a change needs no restart. */
  readonly planOf: (device: Device) => ReadPlan | undefined;
  readonly limits?: Partial<DispatcherLimits>;
  /** Called after each read, in the order in which they end. Must return at once. */
  readonly listeners?: readonly Listener[];
}

export interface AskOptions {
  readonly key: string;
  readonly task: ReadTask;
  /** `asked` unless something else is said. */
  readonly priority?: Priority | undefined;
  readonly asked?: Asked | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly tell?: ((step: ReadStep) => void) | undefined;
}

export interface AcquisitionFigures {
  readonly planned: number;
  readonly reading: number;
  readonly waiting: number;
  readonly readsDone: number;
  readonly readsFailed: number;
  readonly readsRefused: number;
  /** Scheduled reads that were left out: the one before had not ended. */
  readonly readsOverlapped: number;
  /** Scheduled reads that were left out: the device rests after failures. */
  readonly readsRested: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface Acquisition {
  readonly figures: AcquisitionFigures;
  start(): void;
  /** A read out of turn. What cannot be done is in the result; only our own faults reject. */
  ask(options: AskOptions): Promise<ReadReport>;
  /** Plans changed, and not because a device did: they are looked at anew. */
  refresh(): void;
  /** When this device is read next, one instant for each planned read: shown to people. */
  nextReads(key: string): readonly { readonly read: PlannedRead; readonly atMs: number }[];
  stop(): Promise<void>;
}

/** Sockets and memory of a small machine; a serial bus bears one conversation. 100,000 waiting jobs are some 50 MB. */
const LIMITS: DispatcherLimits = { total: 200, perLine: () => 1, queued: 100_000 };
/** A device that answers again after a second has only been busy; ten seconds clear a line. */
const BACKOFF = { firstMs: 1_000, factor: 3, maxMs: 30_000, jitter: 0.3 };
/** Reads that people wait for at once; a hundred operators with ten windows each. */
const MOST_ASKED = 1_000;

export function openAcquisition(options: AcquisitionOptions): Acquisition {
  return new Polling(options);
}

class Polling implements Acquisition {
  readonly #options: AcquisitionOptions;
  readonly #dispatcher: Dispatcher;
  readonly #backoff: RetrySchedule;
  readonly #timetable: Timetable;
  /** Of devices that did not answer lately; on the monotonic scale. */
  readonly #breakers = new Map<string, Breaker>();
  /** Names of scheduled reads that have not ended. */
  readonly #underway = new Set<string>();
  readonly #open = new Set<Promise<ReadReport>>();
  readonly #stopping = new AbortController();
  #asked = 0;
  #counts = { done: 0, failed: 0, refused: 0, overlapped: 0, rested: 0, bytesIn: 0, bytesOut: 0 };

  constructor(options: AcquisitionOptions) {
    const { clock, random, agent, planOf, limits } = options;
    this.#options = options;
    this.#dispatcher = createDispatcher(clock, { ...LIMITS, ...limits });
    this.#backoff = retrySchedule(BACKOFF, random);
    this.#timetable = new Timetable({ clock, planOf, registry: agent.registry, begin: (due) => this.#begin(due) });
  }

  get figures(): AcquisitionFigures {
    const { done, failed, refused, overlapped, rested, bytesIn, bytesOut } = this.#counts;
    const { running, waiting } = this.#dispatcher.figures;
    return {
      ...{ planned: this.#timetable.size, reading: running, waiting, readsDone: done, readsFailed: failed },
      ...{ readsRefused: refused, readsOverlapped: overlapped, readsRested: rested, bytesIn, bytesOut },
    };
  }

  start(): void {
    this.#timetable.start();
  }

  refresh(): void {
    if (!this.#stopping.signal.aborted) this.#timetable.refresh();
  }

  nextReads(key: string) {
    return this.#timetable.nextReads(key);
  }

  async ask(wish: AskOptions): Promise<ReadReport> {
    if (this.#asked >= MOST_ASKED) return this.#refuse(wish, 'queue.full');
    this.#asked += 1;
    try {
      return await this.#follow(this.#read(wish));
    } finally {
      this.#asked -= 1;
    }
  }

  async stop(): Promise<void> {
    this.#timetable.stop();
    this.#stopping.abort(new Error('stopping'));
    await this.#dispatcher.stop();
    await Promise.all(this.#open);
  }

  #begin({ key, name, task }: DueRead): void {
    const breaker = this.#breakers.get(key) ?? CLOSED;
    if (this.#underway.has(name)) this.#counts.overlapped += 1;
    else if (isResting(breaker, this.#options.clock.monotonicMs())) this.#counts.rested += 1;
    else {
      this.#underway.add(name);
      void this.#follow(this.#read({ key, task, priority: 'scheduled' })).finally(() => this.#underway.delete(name));
    }
  }

  /** `stop` waits for it. */
  #follow(read: Promise<ReadReport>): Promise<ReadReport> {
    const followed = read.finally(() => this.#open.delete(followed));
    this.#open.add(followed);
    return followed;
  }

  async #read(wish: AskOptions): Promise<ReadReport> {
    const { key, task, priority = 'asked', asked, signal, tell = () => undefined } = wish;
    const { agent, planOf, clock, log, reader } = this.#options;
    const device = agent.registry.find(key);
    const plan = device && planOf(device);
    if (device === undefined) return this.#refuse(wish, 'device.unknown');
    if (plan === undefined) return this.#refuse(wish, 'device.reports-itself');
    const startedMs = clock.nowMs();
    tell({ atMs: startedMs, name: 'queued' });
    const { timeoutMs = READING.timeoutMs, attempts = READING.attempts, line } = plan;
    const stopping = this.#stopping.signal;
    const conversation = await converse(
      {
        ...{ key, device, task, line, priority, timeoutMs, attempts, tell },
        signal: signal === undefined ? stopping : AbortSignal.any([signal, stopping]),
      },
      { clock, log, dispatcher: this.#dispatcher, reader, backoff: this.#backoff },
    );
    this.#judge(key, conversation.ending);
    const result = await this.#keep(device, conversation.ending, asked);
    if (result.kind === 'stored') tell({ atMs: clock.nowMs(), name: 'stored' });
    const about = { key, device, task, priority, line, asked, startedMs, endedMs: clock.nowMs() };
    return this.#announce(reportOf(about, result, conversation));
  }

  /** What was read is on disk before anybody is told so. A full log is no fault of the device. */
  async #keep({ apiKey, deviceId }: Device, ending: Ending, asked: Asked | undefined): Promise<Result> {
    if (ending.kind !== 'value') return ending;
    const { frames, deviceTimeMs } = ending.value;
    if (asked?.isShownOnly === true) return { kind: 'shown', frames };
    try {
      // Together: one commit of the log for all of them.
      await Promise.all(frames.map((frame) => this.#options.agent.take({ apiKey, deviceId, deviceTimeMs, ...frame })));
      return { kind: 'stored', frames };
    } catch (error) {
      if (!(error instanceof LogFullError || error instanceof DiskFullError)) throw error;
      return { kind: 'not stored', code: error.code };
    }
  }

  #judge(key: string, ending: Ending): void {
    if (ending.kind === 'refused') return;
    const { clock, random } = this.#options;
    const isSilence = ending.kind === 'failed' && faultRow(ending.fault).isSilence;
    const before = this.#breakers.get(key) ?? CLOSED;
    const after = isSilence ? afterFailure(before, clock.monotonicMs(), random) : afterSuccess();
    if (after === CLOSED) this.#breakers.delete(key);
    else this.#breakers.set(key, after);
  }

  #announce(report: ReadReport): ReadReport {
    const { kind } = report.result;
    if (kind === 'stored' || kind === 'shown') this.#counts.done += 1;
    else if (kind === 'refused') this.#counts.refused += 1;
    else this.#counts.failed += 1;
    this.#counts.bytesIn += report.bytesIn;
    this.#counts.bytesOut += report.bytesOut;
    for (const listener of this.#options.listeners ?? []) listener(report);
    return report;
  }

  #refuse({ key, task, priority = 'asked', asked }: AskOptions, reason: string): ReadReport {
    const atMs = this.#options.clock.nowMs();
    return this.#announce({
      ...{ key, device: undefined, task, priority, line: '', asked, startedMs: atMs, endedMs: atMs },
      ...{ waitedMs: 0, tookMs: 0, attempts: 0, bytesIn: 0, bytesOut: 0, steps: [] },
      ...{
        result: { kind: 'refused', reason },
        deviceTimeMs: undefined,
        deviation: undefined,
        clockReading: undefined,
      },
    });
  }
}

type About = Pick<ReadReport, 'key' | 'device' | 'task' | 'priority' | 'line' | 'asked' | 'startedMs' | 'endedMs'>;

function reportOf(about: About, result: Result, { ending, effort }: Conversation): ReadReport {
  const report = {
    ...about,
    ...effort,
    result,
    deviceTimeMs: undefined,
    deviation: undefined,
    clockReading: undefined,
  };
  if (ending.kind !== 'value' || ending.value.deviceTimeMs === undefined) return report;
  const { deviceTimeMs, askedMs = ending.beganMs, answeredMs = ending.endedMs } = ending.value;
  const clockReading = { deviceMs: deviceTimeMs, askedMs, answeredMs };
  return { ...report, deviceTimeMs, clockReading, deviation: deviationOf(clockReading) };
}
