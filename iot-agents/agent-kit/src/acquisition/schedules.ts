/**
 * Schedules that people write (S0-20, S1-07): `ReadSchedule` entities of the broker, for single devices or for a group of them, in place of
 * what the agent does by itself. Looked at every minute; what cannot be understood changes nothing. An agent that never reached the
 * broker reads by its own rules.
 */

import { type Clock, ContorError, type Logger, type Timer, toIso, WireError } from '@contor/kit';
import { entity, type NgsiEntity } from '@contor/orion-config';
import type { Entity } from '../forward/state.js';
import type { Device } from '../registry/device.js';
import { nextReadMs, type PlannedRead, type ReadPlan } from './plan.js';
import { parseRule, type Rule } from './schedule.js';

/** Asks the broker for all entities of a type. Rejects when it is away. */
export interface EntityLister {
  list(tenant: string, type: string): Promise<readonly Entity[]>;
}

export interface SchedulesOptions {
  readonly broker: EntityLister;
  readonly clock: Clock;
  readonly log: Logger;
  readonly devices: () => Iterable<Device>;
  /** Something changed: plans are looked at anew. */
  readonly onChange: () => void;
  /** When a schedule runs next, for whoever looks at it. */
  readonly tell: (tenant: string, schedule: NgsiEntity) => void;
}

export interface Schedules {
  /** The plan with the rules that people wrote for this device. */
  apply(device: Device, plan: ReadPlan): ReadPlan;
  /** Looks now; the rest of the time it does so by itself. */
  look(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

interface Written {
  readonly id: string;
  readonly name: string;
  readonly devices: readonly string[];
  /** `live`, or the name of a profile. */
  readonly profile: string;
  /** Undefined: this read is switched off. */
  readonly rule: Rule | undefined;
}

const LOOK_EVERY_MS = 60_000;
/** Schedules of one tenant: some for each kind of meter, and exceptions. */
const MOST_SCHEDULES = 10_000;

export function openSchedules(options: SchedulesOptions): Schedules {
  const { broker, clock, log, devices, onChange, tell } = options;
  const written = new Map<string, readonly Written[]>();
  const complained = new Set<string>();
  const told = new Map<string, number>();
  let seen = '';
  let timer: Timer | undefined;
  let looking: Promise<void> = Promise.resolve();
  let isStopped = false;

  function ruleFor(device: Device, read: PlannedRead): Written | undefined {
    const profile = read.what.kind === 'profile' ? read.what.profile : read.what.kind;
    const fitting = (written.get(device.tenant) ?? []).filter((one) => one.profile === profile);
    // What is said of a device itself is heard before what is said of its group.
    return (
      fitting.find((one) => one.devices.includes(device.refDevice)) ??
      fitting.find((one) => device.scheduleGroup !== undefined && one.name === device.scheduleGroup)
    );
  }

  function apply(device: Device, plan: ReadPlan): ReadPlan {
    if ((written.get(device.tenant)?.length ?? 0) === 0) return plan;
    const reads = plan.reads.flatMap((read) => {
      const schedule = ruleFor(device, read);
      if (schedule === undefined) return [read];
      return schedule.rule === undefined ? [] : [{ ...read, rule: schedule.rule }];
    });
    return { ...plan, reads };
  }

  async function look(): Promise<void> {
    for (const tenant of new Set([...devices()].map((device) => device.tenant))) {
      try {
        const entities = (await broker.list(tenant, 'ReadSchedule')).slice(0, MOST_SCHEDULES);
        written.set(
          tenant,
          entities.flatMap((one) => understand(one)),
        );
      } catch (error) {
        if (!(error instanceof ContorError)) throw error;
        log.debug({ tenant, error }, 'Schedules could not be looked at; those that are known hold.');
      }
    }
    const now = JSON.stringify([...written]);
    if (now !== seen) {
      seen = now;
      onChange();
    }
    tellNext();
  }

  function understand(one: Entity): readonly Written[] {
    const rule = ruleOf(one);
    if (rule === 'unclear') {
      if (!complained.has(one.id) && complained.size < MOST_SCHEDULES)
        log.warn({ schedule: one.id }, 'A schedule is not understood: what it is about is read as before.');
      complained.add(one.id);
      return [];
    }
    complained.delete(one.id);
    const { object } = (one.refDevice ?? {}) as { readonly object?: string | readonly string[] };
    const named = object === undefined ? [] : [object].flat();
    const profile = textOf(one.profile) ?? 'live';
    return [{ id: one.id, name: textOf(one.name) ?? '', devices: named, profile, rule }];
  }

  function tellNext(): void {
    const next = new Map<string, { readonly tenant: string; readonly atMs: number }>();
    for (const device of devices())
      for (const schedule of written.get(device.tenant) ?? []) {
        if (schedule.rule === undefined) continue;
        const isMeant = schedule.devices.includes(device.refDevice) || schedule.name === device.scheduleGroup;
        if (!isMeant || next.has(schedule.id)) continue;
        const read: PlannedRead = { rule: schedule.rule, what: { kind: 'live' } };
        const atMs = nextReadMs(read, { line: '', reads: [] }, device.timeZone, '', clock.nowMs());
        next.set(schedule.id, { tenant: device.tenant, atMs });
      }
    for (const [id, { tenant, atMs }] of next) {
      if (told.get(id) === atMs) continue;
      told.set(id, atMs);
      tell(tenant, entity('ReadSchedule', id).property('nextRunAt', toIso(atMs)).build());
    }
  }

  function again(): void {
    if (isStopped) return;
    timer = clock.after(LOOK_EVERY_MS, () => {
      looking = look().finally(again);
    });
  }

  return {
    ...{ apply, look },
    start() {
      looking = look().finally(again);
    },
    async stop() {
      isStopped = true;
      timer?.cancel();
      await looking;
    },
  };
}

/** Undefined: switched off. */
function ruleOf(one: Entity): Rule | undefined | 'unclear' {
  if (valueIn(one.isEnabled) === false) return undefined;
  const times = textOf(one.fixedTimes);
  const seconds = valueIn(one.periodSeconds);
  const text = times ?? (typeof seconds === 'number' ? `every ${seconds} s` : '');
  try {
    return parseRule(text);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return 'unclear';
  }
}

function textOf(attribute: unknown): string | undefined {
  const value = valueIn(attribute);
  return typeof value === 'string' ? value : undefined;
}

function valueIn(attribute: unknown): unknown {
  return typeof attribute === 'object' && attribute !== null && 'value' in attribute ? attribute.value : undefined;
}
