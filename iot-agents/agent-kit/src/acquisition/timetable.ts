/**
 * The timetable of a fleet: every planned read of every device with its next instant, and one timer for the next of all. Runs that
 * were missed, because the machine slept or its clock was set forward, are one; a clock set back makes the timetable anew.
 */

import type { Clock, Timer } from '@contor/kit';
import { type Device, keyOfDevice } from '../registry/device.js';
import type { DeviceRegistry } from '../registry/registry.js';
import { Agenda } from './agenda.js';
import { nextReadMs, type PlannedRead, type ReadPlan, taskAt } from './plan.js';
import type { ReadTask } from './reader.js';

export interface TimetableOptions {
  readonly registry: Pick<DeviceRegistry, 'find' | 'all' | 'onChange'>;
  readonly clock: Clock;
  readonly planOf: (device: Device) => ReadPlan | undefined;
  /** A read is due. Must return at once. */
  readonly begin: (due: DueRead) => void;
}

export interface DueRead {
  readonly key: string;
  /** Names this read of this device among all. */
  readonly name: string;
  readonly task: ReadTask;
}

interface Due {
  readonly dueMs: number;
  readonly key: string;
  readonly index: number;
}

/** The wall clock may be set: what is due is looked at anew at least this often. */
const LONGEST_SLEEP_MS = 60_000;
/** Devices are provisioned by the hundred: their plans are looked at together. */
const GATHER_CHANGES_MS = 2_000;
/** Set back by more, and the instants are of another time. */
const STEP_BACK_MS = 1_000;

export class Timetable {
  readonly #options: TimetableOptions;
  readonly #agenda = new Agenda<Due>();
  #timer: Timer | undefined;
  #gathering: Timer | undefined;
  #forget: () => void = () => undefined;
  #lookedMs = 0;

  constructor(options: TimetableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#agenda.size;
  }

  /** From all devices, and from now on from those that come, go or change. */
  start(): void {
    const { clock, registry } = this.#options;
    this.#forget = registry.onChange(() => {
      this.#gathering ??= clock.after(GATHER_CHANGES_MS, () => this.refresh());
    });
    this.refresh();
  }

  /** Makes it anew. */
  refresh(): void {
    const { clock, registry } = this.#options;
    this.#gathering?.cancel();
    this.#gathering = undefined;
    this.#agenda.drain();
    this.#lookedMs = clock.nowMs();
    for (const device of registry.all()) {
      const plan = this.#activePlan(device);
      const key = keyOfDevice(device);
      for (const index of plan?.reads.keys() ?? []) this.#put(device, key, index, this.#lookedMs);
    }
    this.#sleep();
  }

  /** When this device is read next, one instant for each planned read. */
  nextReads(key: string): readonly { readonly read: PlannedRead; readonly atMs: number }[] {
    const device = this.#options.registry.find(key);
    const plan = device && this.#activePlan(device);
    if (device === undefined || plan === undefined) return [];
    const nowMs = this.#options.clock.nowMs();
    return plan.reads.map((read) => ({ read, atMs: nextReadMs(read, plan, device.timeZone, key, nowMs) }));
  }

  stop(): void {
    this.#forget();
    this.#gathering?.cancel();
    this.#timer?.cancel();
    this.#agenda.drain();
  }

  #activePlan(device: Device): ReadPlan | undefined {
    const plan = this.#options.planOf(device);
    return plan?.isSuspended === true ? undefined : plan;
  }

  #put(device: Device, key: string, index: number, afterMs: number): PlannedRead | undefined {
    const plan = this.#activePlan(device);
    const read = plan?.reads[index];
    if (plan === undefined || read === undefined) return undefined;
    this.#agenda.put({ dueMs: nextReadMs(read, plan, device.timeZone, key, afterMs), key, index });
    return read;
  }

  #sleep(): void {
    this.#timer?.cancel();
    const dueMs = this.#agenda.next?.dueMs ?? Number.POSITIVE_INFINITY;
    const delayMs = Math.max(0, Math.min(LONGEST_SLEEP_MS, dueMs - this.#options.clock.nowMs()));
    this.#timer = this.#options.clock.after(delayMs, () => this.#look());
  }

  #look(): void {
    const nowMs = this.#options.clock.nowMs();
    if (nowMs < this.#lookedMs - STEP_BACK_MS) {
      this.refresh();
      return;
    }
    this.#lookedMs = nowMs;
    for (let due = this.#agenda.take(nowMs); due !== undefined; due = this.#agenda.take(nowMs)) this.#pass(due, nowMs);
    this.#sleep();
  }

  /** A device that is gone, or reads less than before, is not put back. */
  #pass({ key, index, dueMs }: Due, nowMs: number): void {
    const { registry, begin } = this.#options;
    const device = registry.find(key);
    const read = device && this.#put(device, key, index, Math.max(nowMs, dueMs));
    if (read !== undefined) begin({ key, name: `${key} ${index}`, task: taskAt(read, nowMs) });
  }
}
