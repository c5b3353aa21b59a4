/** The reader of IEC 62056-21 meters keeps the contract of readers, and asks what it is asked: a simulated converter on a simulated net. */

import { type Device, type ReadTask, toDevice } from '@contor/agent-kit';
import { deviceModel } from '@contor/elster/mapping/models.js';
import { decodeRecord, readProfile } from '@contor/elster/mapping/readings.js';
import { elsterTranslator, hasDeviceTime } from '@contor/elster/mapping/translator.js';
import { elsterReader } from '@contor/elster/reader.js';
import { NO_FAULTS, serialOf, serveStreet, simulatedMeters } from '@contor/elster/simulator/street.js';
import { SimulatedClock, SimulatedNet, seededRandom, WireError } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { itKeepsTheReaderContract, type Stage } from '../../support/reader-contract.js';

const PORT = 49_153;
const ZONE = 'Europe/Bucharest';
const PASSWORD = '12345678';
const QUARTER_MS = 900_000;
/** The Sunday after the night in which the clocks of Bucharest went back at 4:00, 01:00 UTC. */
const NOW_MS = Date.UTC(2026, 9, 25, 12, 0, 30);
const WINDOW = { notBeforeMs: 0, maxAheadMs: 86_400_000, maxAgeMs: undefined };

function device(more: Partial<Device> = {}): Device {
  const record = {
    ...{ apiKey: 'elster', deviceId: 'one', tenant: 'default', model: 'contor-simulated-elster', timeZone: ZONE },
    serialNumber: serialOf(2, 1),
    connection: { kind: 'tcp', address: `127.0.0.1:${PORT}` } as const,
    endpoint: `9600,e,7,1/${serialOf(2, 1)}`,
  };
  return { ...toDevice(record, undefined), ...more };
}

interface Wishes {
  readonly faults?: typeof NO_FAULTS;
  readonly count?: number;
  readonly password?: string;
}

async function stage({ faults = NO_FAULTS, count = 3, password = PASSWORD }: Wishes = {}): Promise<Stage> {
  const clock = new SimulatedClock(NOW_MS);
  const random = seededRandom('elster');
  const net = new SimulatedNet({ clock, random, leastLatencyMs: 5, mostLatencyMs: 30, splitChance: 0.5 });
  const meters = simulatedMeters({ meters: count, seed: 1, zone: ZONE, password: PASSWORD });
  const where = { net, clock, host: '127.0.0.1', port: PORT };
  await serveStreet({ ...where, meters, parity: 'even', faults, random: seededRandom('faults') });
  const reader = elsterReader({ net, clock, passwordOf: async () => password });
  return { reader, ports: { clock, net, random }, advance: (ms) => clock.advance(ms) };
}

function seenAs(change: Partial<Device>): () => Promise<Stage> {
  return async () => {
    const whole = await stage();
    const { reader } = whole;
    return { ...whole, reader: { read: (one, ...rest) => reader.read({ ...one, ...change }, ...rest) } };
  };
}

describe('the reader of IEC 62056-21 meters', () => {
  itKeepsTheReaderContract({
    device: device(),
    translator: elsterTranslator({ find: () => device() }, WINDOW),
    hasDeviceTime,
    scenes: {
      answers: () => stage(),
      silent: () => stage({ count: 1 }),
      garbles: () => stage({ faults: { damage: 1, loss: 0 } }),
      other: seenAs({ endpoint: '9600,e,7,1' }),
      broken: seenAs({ connection: { kind: 'tcp', address: '127.0.0.1:1' } }),
    },
  });

  it('reads a profile over the night that has an hour twice, every quarter once', async () => {
    const [fromMs, toMs] = [Date.UTC(2026, 9, 24, 21), Date.UTC(2026, 9, 25, 11)];
    const result = await ask(await stage(), { kind: 'profile', profile: 'load-profile', fromMs, toMs });
    if (result.kind !== 'value') throw new Error(result.detail);
    expect(Math.abs((result.deviceTimeMs ?? 0) - NOW_MS)).toBeLessThan(5_000);
    const [frame] = result.frames;
    const decoded = decodeRecord(frame?.bytes ?? new Uint8Array(0));
    const [source] = deviceModel('contor-simulated-elster')?.profiles ?? [];
    if (decoded.kind !== 'value' || source === undefined) throw new Error('no record');
    const reading = readProfile(decoded.value, source, ZONE);
    if (reading instanceof WireError) throw reading;
    const [meter] = simulatedMeters({ meters: 3, seed: 1, zone: ZONE, password: PASSWORD }).slice(1);
    const starts = Array.from({ length: (toMs - fromMs) / QUARTER_MS }, (_, index) => fromMs + index * QUARTER_MS);
    expect(reading.points.get('1.29.0')).toEqual(
      starts.map((atMs) => {
        const wh = (meter?.import.register(atMs + QUARTER_MS) ?? 0) - (meter?.import.register(atMs) ?? 0);
        return { atMs, value: { integer: BigInt(wh), exponent: -3, unitCode: 'KWH' } };
      }),
    );
  });

  it.each([
    ['a wrong password', { password: 'wrong' }, {}, profile(), 'authentication', 'elster.password'],
    [
      'a profile that no source states',
      {},
      { model: 'iec62056-readout' },
      profile(),
      'unsupported',
      'elster.unconfirmed',
    ],
    ['events', {}, {}, { kind: 'events', fromMs: 0, toMs: 1 }, 'unsupported', 'elster.unconfirmed'],
    ['no place', {}, { connection: undefined }, { kind: 'live' }, 'unsupported', 'elster.connection'],
    ['an endpoint that is none', {}, { endpoint: '9600,x,7,1' }, { kind: 'live' }, 'unsupported', 'elster.endpoint'],
    ['another parity', {}, { endpoint: '9600,o,7,1' }, { kind: 'live' }, 'no-answer', 'elster.silence'],
    ['another meter in programming mode', {}, { serialNumber: '1' }, { kind: 'clock' }, 'identity', 'elster.serial'],
  ] as const)('%s', async (_name, wishes, change, task, fault, code) => {
    expect(await ask(await stage(wishes), task, change)).toMatchObject({ kind: 'failed', fault, code });
  });

  it('tells the clock, with our own before and behind it', async () => {
    const result = await ask(await stage(), { kind: 'clock' });
    if (result.kind !== 'value') throw new Error(result.detail);
    const { askedMs = 0, answeredMs = 0, deviceTimeMs = 0 } = result;
    expect(askedMs).toBeGreaterThan(NOW_MS);
    expect(answeredMs).toBeGreaterThan(askedMs);
    expect(deviceTimeMs).toBeGreaterThanOrEqual(Math.floor(askedMs / 1_000) * 1_000);
    expect(deviceTimeMs).toBeLessThanOrEqual(answeredMs);
  });

  it.each([11, 12, 13, 14])(
    'a line that damages and loses answers gives the truth or nothing (seed %i)',
    async (seed) => {
      const clock = new SimulatedClock(NOW_MS);
      const random = seededRandom(seed);
      const net = new SimulatedNet({ clock, random, leastLatencyMs: 5, mostLatencyMs: 30, splitChance: 0.5 });
      const meters = simulatedMeters({ meters: 3, seed: 1, zone: ZONE, password: PASSWORD });
      const where = { net, clock, host: '127.0.0.1', port: PORT };
      await serveStreet({ ...where, meters, parity: 'even', faults: { damage: 0.3, loss: 0.1 }, random });
      const reader = elsterReader({ net, clock, passwordOf: async () => PASSWORD });
      const noisy = { reader, ports: { clock, net, random }, advance: (ms: number) => clock.advance(ms) };
      const result = await ask(noisy, profile());
      if (result.kind === 'failed') return expect(['no-answer', 'garbled', 'authentication']).toContain(result.fault);
      const quiet = await ask(await stage(), profile());
      expect(result.frames).toEqual(quiet.kind === 'value' ? quiet.frames : []);
    },
  );
});

function profile(): ReadTask {
  return { kind: 'profile', profile: 'load-profile', fromMs: Date.UTC(2026, 9, 24), toMs: Date.UTC(2026, 9, 24, 3) };
}

async function ask({ reader, advance }: Stage, task: ReadTask, change: Partial<Device> = {}) {
  let isOver = false;
  const read = reader
    .read(device(change), task, new AbortController().signal, () => undefined)
    .finally(() => {
      isOver = true;
    });
  read.catch(() => undefined);
  for (let turn = 0; !isOver && turn < 400; turn += 1) await advance(500);
  return read;
}
