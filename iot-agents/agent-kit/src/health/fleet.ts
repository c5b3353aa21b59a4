/**
 * The health of all devices of an agent: what was heard of each, judged every half minute, told to the broker when it changes and
 * every quarter of an hour besides, and summed up as figures. State and no events: only the newest is told, and a peer that is away
 * misses nothing by it.
 */

import { type Checkpoint, type Clock, ContorError, type Logger, type Timer, toIso } from '@contor/kit';
import { entity } from '@contor/orion-config';
import { type BrokerPort, MOST_ENTITIES } from '../forward/ports.js';
import type { Entity } from '../forward/state.js';
import { groupBy } from '../group-by.js';
import { type Device, keyOfDevice } from '../registry/device.js';
import type { DeviceRegistry } from '../registry/registry.js';
import {
  answered,
  CONDITIONS,
  type Condition,
  failed,
  heard,
  judgeCondition,
  successRate,
  type Track,
  UNHEARD,
} from './condition.js';

export interface FleetOptions {
  readonly registry: Pick<DeviceRegistry, 'find' | 'all'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly broker: BrokerPort;
  /** What is remembered over a restart. */
  readonly checkpoint: Checkpoint;
  readonly expectationOf: (device: Device) => Expected;
}

export interface Expected {
  /** Seconds between two messages or reads; undefined: nobody said, so it is never late. */
  readonly everySeconds: number | undefined;
  readonly isSuspended: boolean;
  /** It is asked, and so its reads are counted and not the time without one. */
  readonly isPolled?: boolean | undefined;
}

export interface DeviceHealth {
  readonly condition: Condition;
  readonly heardMs: number | undefined;
  readonly failures: number;
  readonly successRate: number | undefined;
  readonly clockDeviationMs: number | undefined;
}

export type FleetFigures = Readonly<Record<`devices${Capitalize<Condition>}`, number>> & {
  /** In percent, over all devices of which anything was expected. */
  readonly successPercent: number;
};

export interface Fleet {
  readonly figures: FleetFigures;
  of(key: string): DeviceHealth | undefined;
  /** A message of it is on disk. */
  heard(key: string): void;
  /** A read of it ended. */
  read(key: string, isAnswered: boolean, deviationMs?: number): void;
  start(): void;
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 30_000;
/** Devices judged in one go, some milliseconds: readings that come meanwhile do not wait for a hundred thousand. */
const SLICE = 2_000;
/** What changes all the time (when it was last heard, the rate) is told so often. */
const TELL_AGAIN_MS = 15 * 60_000;
const SAVE_EVERY_MS = 10 * 60_000;

interface Told {
  readonly condition: Condition;
  readonly atMs: number;
}

export async function openFleet(options: FleetOptions): Promise<Fleet> {
  const saved = await options.checkpoint.read();
  const tracks =
    saved === undefined ? [] : (JSON.parse(new TextDecoder().decode(saved)) as { tracks: [string, Track][] }).tracks;
  return new WatchedFleet(options, new Map(tracks));
}

class WatchedFleet implements Fleet {
  readonly #options: FleetOptions;
  readonly #tracks: Map<string, Track>;
  readonly #deviations = new Map<string, number>();
  readonly #told = new Map<string, Told>();
  readonly #startedMs: number;
  #figures: FleetFigures = sumUp([], []);
  #timer: Timer | undefined;
  #looking: Promise<void> = Promise.resolve();
  #savedAtMs: number;
  #isAway = false;
  #isStopped = false;

  constructor(options: FleetOptions, tracks: Map<string, Track>) {
    this.#options = options;
    this.#tracks = tracks;
    this.#startedMs = options.clock.nowMs();
    this.#savedAtMs = options.clock.monotonicMs();
  }

  get figures(): FleetFigures {
    return this.#figures;
  }

  of(key: string): DeviceHealth | undefined {
    const device = this.#options.registry.find(key);
    return device === undefined ? undefined : this.#judge(device, key, this.#options.clock.nowMs());
  }

  heard(key: string): void {
    const { registry, expectationOf, clock } = this.#options;
    const device = registry.find(key);
    if (device === undefined) return;
    this.#tracks.set(key, heard(this.#tracks.get(key) ?? UNHEARD, clock.nowMs(), expectationOf(device).everySeconds));
  }

  read(key: string, isAnswered: boolean, deviationMs?: number): void {
    const track = this.#tracks.get(key) ?? UNHEARD;
    this.#tracks.set(key, isAnswered ? answered(track, this.#options.clock.nowMs()) : failed(track));
    if (deviationMs !== undefined) this.#deviations.set(key, deviationMs);
  }

  start(): void {
    this.#sleep();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#looking;
    await this.#save();
  }

  #sleep(): void {
    if (this.#isStopped) return;
    this.#timer = this.#options.clock.after(LOOK_EVERY_MS, () => {
      this.#looking = this.#look().finally(() => this.#sleep());
    });
  }

  async #look(): Promise<void> {
    const { registry, clock } = this.#options;
    const nowMs = clock.nowMs();
    const changed: { readonly key: string; readonly device: Device; readonly health: DeviceHealth }[] = [];
    const conditions: Condition[] = [];
    const rates: number[] = [];
    for (const device of registry.all()) {
      const key = keyOfDevice(device);
      const health = this.#judge(device, key, nowMs);
      conditions.push(health.condition);
      if (conditions.length % SLICE === 0) await clock.sleep(0);
      if (health.successRate !== undefined) rates.push(health.successRate);
      const told = this.#told.get(key);
      const isDue = told === undefined || told.condition !== health.condition || nowMs - told.atMs >= TELL_AGAIN_MS;
      if (isDue) changed.push({ key, device, health });
    }
    this.#figures = sumUp(conditions, rates);
    this.#forgetGone(conditions.length);
    for (const [tenant, group] of groupBy(changed, ({ device }) => device.tenant))
      for (let at = 0; at < group.length; at += MOST_ENTITIES) {
        const batch = group.slice(at, at + MOST_ENTITIES);
        const isTold = await this.#tell(
          tenant,
          batch.map(({ device, health }) => toEntity(device, health, nowMs)),
        );
        if (isTold)
          for (const { key, health } of batch) this.#told.set(key, { condition: health.condition, atMs: nowMs });
      }
    if (clock.monotonicMs() - this.#savedAtMs >= SAVE_EVERY_MS) await this.#save();
  }

  /** False: the broker is away. What it refuses is refused at every turn, and said once. */
  async #tell(tenant: string, entities: readonly Entity[]): Promise<boolean> {
    const { broker, log } = this.#options;
    try {
      const delivery = await broker.upsert(tenant, entities);
      if (delivery.kind !== 'done') log.warn({ tenant, delivery }, 'The broker does not take the health of a device.');
      this.#isAway = false;
      return true;
    } catch (error) {
      if (!(error instanceof ContorError)) throw error;
      if (!this.#isAway) log.warn({ error }, 'The broker was not told how devices are; it will be.');
      this.#isAway = true;
      return false;
    }
  }

  #judge(device: Device, key: string, nowMs: number): DeviceHealth {
    const { everySeconds, isSuspended, isPolled = false } = this.#options.expectationOf(device);
    const track = this.#tracks.get(key) ?? UNHEARD;
    const { heardMs, failures } = track;
    return {
      condition: judgeCondition(track, { everySeconds, isSuspended, sinceMs: this.#startedMs }, nowMs),
      successRate: successRate(track, isPolled ? undefined : everySeconds, nowMs),
      clockDeviationMs: this.#deviations.get(key),
      ...{ heardMs, failures },
    };
  }

  #forgetGone(devices: number): void {
    const { registry } = this.#options;
    for (const map of [this.#tracks, this.#deviations, this.#told]) {
      if (map.size <= devices) continue;
      for (const key of map.keys()) if (registry.find(key) === undefined) map.delete(key);
    }
  }

  async #save(): Promise<void> {
    this.#savedAtMs = this.#options.clock.monotonicMs();
    try {
      await this.#options.checkpoint.write(new TextEncoder().encode(JSON.stringify({ tracks: [...this.#tracks] })));
    } catch (error) {
      // It can be rebuilt by waiting; a full disk is told by those who keep readings.
      if (!(error instanceof ContorError)) throw error;
      this.#options.log.warn({ error }, 'What is known of the health of devices could not be saved.');
    }
  }
}

function toEntity(
  device: Device,
  { condition, heardMs, successRate: rate, clockDeviationMs }: DeviceHealth,
  nowMs: number,
): Entity {
  const observedAt = toIso(nowMs);
  const told = entity('Device', device.refDevice).property('deviceState', condition, { observedAt });
  if (heardMs !== undefined) told.property('dateLastValueReported', toIso(heardMs), { observedAt });
  if (rate !== undefined) told.property('successRate', rate, { observedAt });
  if (clockDeviationMs !== undefined)
    told.property('clockDeviationSeconds', Math.round(clockDeviationMs) / 1_000, { observedAt });
  return told.build();
}

function sumUp(conditions: readonly Condition[], rates: readonly number[]): FleetFigures {
  const count = (condition: Condition): number => conditions.filter((one) => one === condition).length;
  const named = CONDITIONS.map((condition) => [
    `devices${condition[0]?.toUpperCase()}${condition.slice(1)}`,
    count(condition),
  ]);
  const successPercent = rates.length === 0 ? 100 : (100 * rates.reduce((sum, rate) => sum + rate, 0)) / rates.length;
  return { ...Object.fromEntries(named), successPercent: Math.round(successPercent * 10) / 10 } as FleetFigures;
}
