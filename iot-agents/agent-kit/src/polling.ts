/**
 * All that a polling agent opens beside its kit agent, in one: acquisition, communication log, health, clocks, day-end recovery. It brings
 * a reader, says what is read when, and which profiles its devices store; what reports by itself is told by `heard`.
 */

import type { Logger, Ports } from '@contor/kit';
import { type ClockFigures, keepClocks } from './acquisition/clock-keeper.js';
import { type StoredProfile, USUAL_INTERVAL_SECONDS } from './acquisition/day-end-job.js';
import { type DayEndFigures, openDayEndRounds } from './acquisition/day-end-rounds.js';
import type { DispatcherLimits } from './acquisition/dispatcher.js';
import { type HostClockSetting, watchHostClock } from './acquisition/host-clock.js';
import type { ClockPolicy } from './acquisition/meter-clock.js';
import type { Acquisition, AcquisitionFigures } from './acquisition/open.js';
import { everySecondsOf, type ReadPlan } from './acquisition/plan.js';
import type { Reader } from './acquisition/reader.js';
import { type EntityLister, openSchedules } from './acquisition/schedules.js';
import type { Agent } from './agent.js';
import type { BrokerPort, HistoryPort } from './forward/ports.js';
import type { Expected } from './health/fleet.js';
import { openLeasedAcquisition } from './leases/leased-acquisition.js';
import { ALONE, type Leases } from './leases/leases.js';
import { type Oversight, openOversight } from './oversight.js';
import type { PeerOptions } from './peers/clients.js';
import { presenceOver } from './peers/presence.js';
import { type Device, keyOfDevice } from './registry/device.js';

export interface PollingOptions {
  readonly dataFolder: string;
  readonly ports: Ports;
  readonly log: Logger;
  readonly agent: Agent;
  readonly reader: Reader;
  readonly planOf: (device: Device) => ReadPlan | undefined;
  /** Of devices that are read by plan; without it no day is held against history. */
  readonly profilesOf?: (device: Device) => readonly StoredProfile[];
  /** Undefined for a device whose clock is somebody else's; without it all are minded alike. */
  readonly clockPolicyOf?: (device: Device) => ClockPolicy | undefined;
  readonly hostClock: HostClockSetting;
  /** Where the schedules are that people write; without it the plans are the agent's alone. */
  readonly schedules?: EntityLister;
  readonly broker: BrokerPort;
  readonly history: HistoryPort;
  /** Where history answers questions. */
  readonly historyPeer: PeerOptions;
  readonly limits?: Partial<DispatcherLimits>;
  /** Where replicas share the devices: what is another's is neither read nor judged here. */
  readonly leases?: Leases | undefined;
  readonly onFatal: (error: Error) => void;
}

export type PollingFigures = AcquisitionFigures & Oversight['figures'] & ClockFigures & DayEndFigures;

export interface Polling {
  readonly acquisition: Acquisition;
  readonly oversight: Oversight;
  readonly figures: PollingFigures;
  /** For `onTaken` of the agent: a device that reports by itself is alive. */
  heard(key: string): void;
  start(): void;
  /** Before the agent's own stop. */
  stop(): Promise<void>;
}

/** What was read is in history within a second when history is there; a night's job waits longer for it. */
const SETTLED_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 200;

export async function openPolling(options: PollingOptions): Promise<Polling> {
  const { agent, ports, log, profilesOf = () => [], clockPolicyOf, leases = ALONE } = options;
  const { clock, disk, random } = ports;
  const { registry } = agent;
  const schedules =
    options.schedules &&
    openSchedules({
      ...{ broker: options.schedules, clock, log, devices: () => registry.all() },
      onChange: () => acquisition.refresh(),
      tell: (tenant, entity) => oversight.outbox.put({ to: 'broker', tenant, entity }),
    });
  const planOf = (device: Device): ReadPlan | undefined => {
    const plan = options.planOf(device);
    return plan === undefined || schedules === undefined ? plan : schedules.apply(device, plan);
  };
  const isOurs = (device: Device) => leases.holds(keyOfDevice(device)) !== undefined;
  const isJudgedHere = (device: Device) => planOf(device) === undefined || isOurs(device);
  const oversight = await openOversight({
    ...options,
    // Whoever reads a device knows how it is, and is the only one to say so.
    registry: { find: (key) => registry.find(key), all: () => [...registry.all()].filter(isJudgedHere) },
    expectationOf: (device) => expectedBy(device, planOf),
  });
  const hostClock = await watchHostClock(disk, clock, options.hostClock);
  const clocks = keepClocks({
    ...{ acquisition: () => acquisition, clock, log, records: oversight.records, isHostSure: () => hostClock.isSure() },
    intervalSecondsOf(device) {
      const [profile] = profilesOf(device);
      return profile && (profile.intervalSeconds ?? USUAL_INTERVAL_SECONDS);
    },
    ...(clockPolicyOf === undefined ? {} : { policyOf: clockPolicyOf }),
  });
  const acquisition = openLeasedAcquisition(leases, {
    ...{ ...options, planOf, clock, random, listeners: [oversight.listener, clocks.listener] },
  });
  const presence = presenceOver(options.historyPeer);
  const dayEnds = openDayEndRounds({
    ...{ registry, acquisition, clock, log, present: presence.present, settled },
    profilesOf: (device) => (planOf(device) === undefined || !isOurs(device) ? [] : profilesOf(device)),
    tell: (tenant, entity) => oversight.outbox.put({ to: 'broker', tenant, entity }),
  });

  async function settled(): Promise<void> {
    const untilMs = clock.monotonicMs() + SETTLED_WITHIN_MS;
    while (agent.figures.lateLag > 0 && clock.monotonicMs() < untilMs) await clock.sleep(LOOK_EVERY_MS);
  }

  return {
    acquisition,
    oversight,
    get figures() {
      return { ...acquisition.figures, ...oversight.figures, ...clocks.figures, ...dayEnds.figures };
    },
    heard(key) {
      const device = registry.find(key);
      if (device !== undefined && planOf(device) === undefined) oversight.fleet.heard(key);
    },
    start() {
      oversight.start();
      acquisition.start();
      schedules?.start();
      dayEnds.start();
    },
    async stop() {
      hostClock.stop();
      await schedules?.stop();
      // Reads that recovery waits for end first.
      await acquisition.stop();
      await dayEnds.stop();
      await oversight.stop();
      presence.close();
    },
  };
}

function expectedBy(device: Device, planOf: PollingOptions['planOf']): Expected {
  const plan = planOf(device);
  if (plan === undefined) return { everySeconds: device.reportingIntervalSeconds, isSuspended: false };
  return { everySeconds: everySecondsOf(plan), isSuspended: plan.isSuspended === true, isPolled: true };
}
