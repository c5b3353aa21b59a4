/** An agent with the plainest of translators, on a simulated disk and clock: what the tests of the lanes drive. */

import {
  type Agent,
  type AgentLimits,
  type AgentOptions,
  type Device,
  openAgent,
  provisionDevices,
  type Translation,
  type Translator,
} from '@contor/agent-kit';
import {
  type Disk,
  type Logger,
  type Ports,
  SimulatedClock,
  SimulatedDisk,
  SimulatedNet,
  seededRandom,
  toIso,
} from '@contor/kit';
import { FakeCity } from './fake-city.js';

export const START_MS = Date.UTC(2026, 10, 20, 8);
export const FOLDER = '/data/agent';

/** What a test device says: values at a time, or without one. */
export interface Said {
  readonly t?: number;
  readonly v: Readonly<Record<string, number>>;
}

export const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
};

export function testDevice(number: number, tenant = 'default'): Device {
  const name = `meter-${number}`;
  return {
    apiKey: 'key',
    deviceId: name,
    tenant,
    model: 'test',
    name,
    refDevice: `urn:ngsi-ld:Device:${name}`,
    timeZone: 'Europe/Bucharest',
    registerDigits: 6,
  };
}

export function entityIdOf(deviceId: string): string {
  return `urn:ngsi-ld:ACMeasurement:${deviceId}`;
}

/** `attrs` is live; `profile` is a list of quarter-hours from `t` on. */
const TEST_TRANSLATOR: Translator = {
  live: (record) => translate(record.device, record.bytes, record.receivedAtMs),
  late(record) {
    if (record.channel === 'attrs') return translate(record.device, record.bytes, record.receivedAtMs);
    const { t = 0, v } = JSON.parse(new TextDecoder().decode(record.bytes)) as Said;
    const name = record.device.slice(record.device.indexOf('/') + 1);
    const startsMs = Object.values(v).map((_, index) => t + index * 900_000);
    return {
      states: Object.values(v).map((value, index) =>
        stateOf(`urn:ngsi-ld:IntervalReading:${name}`, startsMs[index] ?? t, { energy: value }),
      ),
      acquired: [
        {
          name,
          refDevice: `urn:ngsi-ld:Device:${name}`,
          profile: 'load-profile',
          zone: 'Europe/Bucharest',
          intervalSeconds: 900,
          startsMs,
        },
      ],
      refusals: [],
    };
  },
};

function translate(device: string, bytes: Uint8Array, receivedAtMs: number): Translation {
  const { t = receivedAtMs, v } = JSON.parse(new TextDecoder().decode(bytes)) as Said;
  return { states: [stateOf(entityIdOf(device.slice(device.indexOf('/') + 1)), t, v)], acquired: [], refusals: [] };
}

function stateOf(id: string, timeMs: number, values: Readonly<Record<string, number>>) {
  const observedAt = toIso(timeMs);
  const attributes = Object.entries(values).map(([name, value]) => [name, { type: 'Property', value, observedAt }]);
  return { entity: { id, type: 'ACMeasurement', ...Object.fromEntries(attributes) }, timeMs, isOneOff: false };
}

export class TestBench {
  readonly clock = new SimulatedClock(START_MS);
  readonly disk: SimulatedDisk;
  readonly city: FakeCity;
  readonly fatals: Error[] = [];
  readonly #seed: string | number;
  #lives = 0;

  constructor(seed: string | number, syncIsALie = false) {
    this.#seed = seed;
    this.disk = new SimulatedDisk({ random: seededRandom(`${seed} disk`), syncIsALie });
    this.city = new FakeCity(this.clock, seededRandom(`${seed} city`));
  }

  async provision(devices: readonly Device[]): Promise<void> {
    await provisionDevices(FOLDER, devices, this.disk);
  }

  /** A new life of the agent on the same disk. */
  async open(limits: Partial<AgentLimits> = {}, translator: Translator = TEST_TRANSLATOR): Promise<Agent> {
    this.#lives += 1;
    const life = this.#lives;
    this.city.forget();
    const options: AgentOptions = {
      dataFolder: FOLDER,
      ports: this.#ports(this.disk.boot()),
      log: SILENT,
      ...this.city.doors(() => life === this.#lives),
      translator: () => translator,
      hasDeviceTime: (_channel, bytes) => Buffer.from(bytes).includes('"t"'),
      limits: { logBytes: 64 * 2 ** 20, ...limits },
      onFatal: (error) => this.fatals.push(error),
    };
    return openAgent(options);
  }

  #ports(disk: Disk): Ports {
    const random = seededRandom(`${this.#seed} life ${this.#lives}`);
    return { clock: this.clock, disk, net: new SimulatedNet({ clock: this.clock, random }), random };
  }
}

export function say(agent: Agent, deviceId: string, said: Said, channel: 'attrs' | 'profile' = 'attrs'): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(said));
  return agent.take({ apiKey: 'key', deviceId, channel, lane: channel === 'attrs' ? 'live' : 'late', bytes });
}
