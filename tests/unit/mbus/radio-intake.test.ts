/** From the air to the log, with the real log and lanes: what is repeated, replayed, forged or of somebody else; also across a restart. */

import { type Agent, type Device, type Entity, openAgent, provisionDevices } from '@contor/agent-kit';
import {
  type Logger,
  openDocuments,
  openDurableLog,
  SimulatedClock,
  SimulatedDisk,
  SimulatedNet,
  seededRandom,
} from '@contor/kit';
import { keyring } from '@contor/mbus/codec/radio/keyring.js';
import { radioMemory } from '@contor/mbus/codec/radio/telegram.js';
import { modelOfDeviceType } from '@contor/mbus/mapping/models.js';
import { replayGuard } from '@contor/mbus/radio/guard.js';
import { openRadioIntake, RADIO_API_KEY, type RadioIntake } from '@contor/mbus/radio/intake.js';
import { openRadioListener } from '@contor/mbus/radio/listener.js';
import { decodeStored, encodeStored } from '@contor/mbus/radio/stored-line.js';
import { openUplink } from '@contor/mbus/radio/uplink.js';
import { receiverNamed } from '@contor/mbus/receiver/table.js';
import { AirMeter } from '@contor/mbus/simulator/air/meter.js';
import { AirStreet } from '@contor/mbus/simulator/air/street.js';
import { openConcentrator } from '@contor/mbus/simulator/concentrator/concentrator.js';
import { CHANNELS, mbusTranslator } from '@contor/mbus/translator.js';
import { describe, expect, it } from '@jest/globals';

const START = Date.UTC(2026, 0, 15, 8);
const FOLDER = '/data/mbus';
const MINUTE = 60_000;
const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
};
const meters = Array.from({ length: 5 }, (_, index) => new AirMeter({ seed: 'intake', number: index + 1 }));
const at = (index: number): AirMeter => {
  const meter = meters[index];
  if (meter === undefined) throw new RangeError('no such meter');
  return meter;
};
const deviceIdOf = ({ meter }: AirMeter) => `${meter.manufacturer}-${meter.id}`;

const devices: readonly Device[] = meters.map((air) => ({
  apiKey: RADIO_API_KEY,
  deviceId: deviceIdOf(air),
  tenant: 'default',
  model: modelOfDeviceType(air.meter.deviceType),
  name: air.meter.id,
  refDevice: `urn:ngsi-ld:Device:${air.meter.id}`,
  timeZone: 'UTC',
  registerDigits: 8,
  ...(air.security !== 'plain' && { keyReference: `key-${air.meter.id}` }),
}));

interface House {
  readonly clock: SimulatedClock;
  readonly net: SimulatedNet;
  readonly intake: RadioIntake;
  readonly agent: Agent;
  readonly entities: readonly Entity[];
  hear(meter: AirMeter, bytes: Uint8Array): Promise<void>;
  stop(): Promise<void>;
}

function fail(error: Error): never {
  throw error;
}

async function house(disk: SimulatedDisk, startMs = START): Promise<House> {
  const booted = disk.boot();
  const clock = new SimulatedClock(startMs);
  const random = seededRandom('house');
  const net = new SimulatedNet({ clock, random });
  const ports = { clock, random, net, disk: booted };
  const entities: Entity[] = [];
  const note = async (_tenant: string, some: readonly Entity[]) => {
    entities.push(...some);
    return { kind: 'done' } as const;
  };
  await provisionDevices(FOLDER, devices, booted);
  const ring = keyring();
  for (const air of meters) if (air.security !== 'plain') ring.set(air.meter, air.key);
  const agent = await openAgent({
    ...{ dataFolder: FOLDER, ports, log: SILENT, broker: { upsert: note }, history: { append: note } },
    translator: (registry) => mbusTranslator({ registry, findKey: ring.find, memory: radioMemory() }),
    ...{ hasDeviceTime: (channel) => channel === CHANNELS.stored, limits: { logBytes: 2 ** 22 }, onFatal: fail },
  });
  const marksLog = { kind: 'marks', version: 1, maxBytes: 2 ** 22, onFatal: fail };
  const durable = await openDurableLog({ disk: booted, clock, directory: `${FOLDER}/marks`, ...marksLog });
  const marks = await openDocuments({ durable, clock, log: SILENT });
  agent.start();
  const intake = openRadioIntake({ agent, findKey: ring.find, guard: replayGuard(marks), clock });
  return {
    ...{ clock, net, intake, agent, entities },
    async hear(_meter, bytes) {
      const taken = intake.take({ bytes, format: 'bare', rssiDbm: undefined });
      await clock.advance(50);
      await taken;
    },
    async stop() {
      await clock.advance(2_000);
      const stopped = Promise.all([agent.stop(), marks.close()]);
      await clock.advance(1_000);
      await stopped;
    },
  };
}

const newDisk = () => new SimulatedDisk({ random: seededRandom('disk') });
const registersOf = (entities: readonly Entity[]) =>
  entities.filter(({ type }) => type.endsWith('Measurement') || type === 'WaterConsumptionObserved').length;
const wordsOf = (entities: readonly Entity[]) =>
  entities
    .filter(({ type }) => type === 'Alert')
    .map((alert) => (alert as { eventCode?: { value?: string } }).eventCode?.value);

describe('what is heard', () => {
  it.each([0, 1, 2, 3, 4])('meter %i: once taken, and a second path is no second reading', async (index) => {
    const one = await house(newDisk());
    const bytes = at(index).telegram(START);
    await one.hear(at(index), bytes);
    await one.hear(at(index), bytes);
    await one.stop();
    expect(registersOf(one.entities)).toBe(1);
    expect(wordsOf(one.entities)).toEqual([]);
  });

  it.each([0, 1, 2, 3])('meter %i: an older telegram is refused and told, also after a restart', async (index) => {
    const disk = newDisk();
    const older = at(index).telegram(START - 10_000);
    const one = await house(disk);
    await one.hear(at(index), at(index).telegram(START));
    await one.stop();
    const two = await house(disk, START + MINUTE);
    await two.hear(at(index), older);
    await two.stop();
    expect(two.intake.figures).toMatchObject({ replayed: 1, taken: 0 });
    expect(registersOf(two.entities)).toBe(0);
    expect(wordsOf(two.entities)).toEqual(['replayedTelegram']);
  });

  it('a keyed meter in plain is refused and told', async () => {
    const one = await house(newDisk());
    await one.hear(at(0), at(0).telegram(START, true));
    await one.stop();
    expect([registersOf(one.entities), wordsOf(one.entities), one.intake.figures.refused]).toEqual([
      0,
      ['plainFromKeyedMeter'],
      1,
    ]);
    expect(one.agent.figures.deadLetters).toBe(1);
  });

  it('meters of others are counted and let go', async () => {
    const one = await house(newDisk());
    const stranger = new AirMeter({ seed: 'somebody else', number: 1 });
    await one.hear(stranger, stranger.telegram(START));
    await one.stop();
    expect(one.intake.figures).toMatchObject({ strangers: 1, taken: 0 });
    expect(one.agent.figures).toMatchObject({ received: 0, unassigned: 0 });
  });

  it('bytes that are no frame are counted and let go', async () => {
    const one = await house(newDisk());
    for (const bytes of [new Uint8Array(0), Uint8Array.of(5, 1, 2), at(0).telegram(START).subarray(0, 20)])
      await one.hear(at(0), bytes);
    await one.stop();
    expect(one.intake.figures).toMatchObject({ heard: 3, damaged: 3 });
  });
});

describe('a street that loses, repeats, damages and replays', () => {
  it.each([1, 2])('seed %i: every reading is one that a meter sent, and none twice', async (seed) => {
    const one = await house(newDisk());
    const faults = { loss: 0.2, damage: 0.05, repeat: 0.3, replay: 0.1 };
    const street = new AirStreet(meters, MINUTE, `street/${seed}`, faults);
    let said = 0;
    for (let round = 0; round < 10; round += 1)
      for (const meter of meters) {
        const spoken = street.speak(meter, one.clock.nowMs());
        for (const { bytes } of spoken) {
          said += 1;
          await one.hear(meter, bytes);
        }
        await one.clock.advance(8_000);
      }
    await one.stop();
    const { taken, repeated, replayed, refused } = one.intake.figures;
    // Of a plain meter nothing but the kit's own guard knows a repetition.
    expect(taken + repeated + replayed + refused).toBe(said);
    expect(repeated).toBeGreaterThan(0);
    expect(registersOf(one.entities)).toBeLessThanOrEqual(50);
    expect(registersOf(one.entities)).toBeGreaterThan(25);
  });
});

describe('a receiver over a line that breaks', () => {
  it('is opened again, and goes on', async () => {
    const clock = new SimulatedClock(START);
    const random = seededRandom('receiver');
    const net = new SimulatedNet({ clock, random, leastLatencyMs: 1, mostLatencyMs: 20, splitChance: 0.5 });
    const receiver = receiverNamed('rtl-wmbus');
    if (receiver === undefined) throw new RangeError('no such receiver');
    const heard: number[] = [];
    const framed = receiver.encode({ bytes: at(0).telegram(START), format: 'bare', rssiDbm: undefined });
    const { port } = await net.listen('127.0.0.1', 0, (line) => {
      void line.write(framed).then(() => line.close());
    });
    const intake: RadioIntake = {
      figures: { heard: 0, damaged: 0, strangers: 0, taken: 0, repeated: 0, replayed: 0, refused: 0 },
      take: async ({ bytes }) => void heard.push(bytes.length),
    };
    const listener = openRadioListener({
      ports: { net, clock, random },
      log: SILENT,
      host: '127.0.0.1',
      port,
      receiver,
      intake,
      onFatal: fail,
    });
    await clock.advance(20_000);
    expect(heard.length).toBeGreaterThan(2);
    expect(new Set(heard)).toEqual(new Set([at(0).telegram(START).length]));
    const stopped = listener.stop();
    await clock.advance(60_000);
    await stopped;
  });
});

describe('a concentrator with a store of its own', () => {
  it('after two hours without a line everything arrives, and once', async () => {
    const one = await house(newDisk());
    const { clock, net } = one;
    const options = { uploadEveryMs: 5 * MINUTE, mostKept: 10_000 };
    const box = await openConcentrator({ net, clock, host: '127.0.0.1', port: 0, ...options });
    const ports = { net, clock, random: seededRandom('uplink') };
    const uplink = openUplink({ ports, log: SILENT, host: '127.0.0.1', port: box.port, intake: one.intake });
    const said = new Set<string>();
    for (let minute = 0; minute < 180; minute += 5) {
      if (minute === 30) await box.cut(true);
      if (minute === 150) await box.cut(false);
      for (const meter of meters) {
        box.hear(meter.telegram(clock.nowMs()));
        said.add(`${meter.meter.id}/${new Date(clock.nowMs()).toISOString()}`);
        await clock.advance(MINUTE);
      }
      if (minute === 145) expect(box.kept).toBeGreaterThan(110);
    }
    await clock.advance(10 * MINUTE);
    expect([box.kept, box.lost]).toEqual([0, 0]);
    const stopped = Promise.all([uplink.stop(), box.close()]);
    await clock.advance(MINUTE);
    await stopped;
    await one.stop();
    const stored = one.entities.flatMap((entity) => {
      const { dateObserved } = entity as { readonly dateObserved?: { readonly value?: string } };
      return dateObserved?.value === undefined ? [] : [`${entity.id.split(':').at(-1)}/${dateObserved.value}`];
    });
    expect(stored).toHaveLength(new Set(stored).size);
    expect(new Set(stored)).toEqual(said);
    expect(one.intake.figures).toMatchObject({ replayed: 0, refused: 0 });
  });

  it.each([
    ['a line of it', '7;2026-01-15T08:00:00.000Z;0544', 'value'],
    ['half of one', '7;2026-01-15T08:', 'pending'],
    ['another time', '7;yesterday at noon o clock;0544', 'garbage'],
    ['no hex', '7;2026-01-15T08:00:00.000Z;xx', 'garbage'],
    ['no number', 'a;2026-01-15T08:00:00.000Z;05', 'garbage'],
  ])('%s', (_name, text, kind) => {
    const end = kind === 'pending' ? '' : '\n';
    expect(decodeStored(new TextEncoder().encode(text + end)).kind).toBe(kind);
  });

  it('there and back', () => {
    const telegram = { sequence: 12, heardMs: START, bytes: at(0).telegram(START) };
    expect(decodeStored(encodeStored(telegram))).toMatchObject({ kind: 'value', value: telegram });
  });
});
