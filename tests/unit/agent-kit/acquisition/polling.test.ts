/** Polling as a whole, on a simulated clock: who is asked when, how often again, and what is on disk when it is said to be. */

import {
  type Acquisition,
  type AcquisitionOptions,
  type Device,
  keyOfDevice,
  lineOf,
  type Message,
  openAcquisition,
  parseRule,
  type Reader,
  type ReadFault,
  type ReadPlan,
  type ReadReport,
  type ReadResult,
  type ReadTask,
} from '@contor/agent-kit';
import { Agenda } from '@contor/agent-kit/acquisition/agenda.js';
import { LogFullError, localDay, offsetAt, SimulatedClock, seededRandom, TransportError, toIso } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SILENT, testDevice } from '../bench-agent.js';

const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2026, 10, 20, 8, 0, 30);
const EFFORT = { bytesIn: 10, bytesOut: 2, steps: [] };
const FRAME = { channel: 'attrs', lane: 'live', bytes: Uint8Array.of(1) } as const;
const VALUE: ReadResult = { kind: 'value', frames: [FRAME], ...EFFORT };
const failure = (fault: ReadFault): ReadResult => ({
  kind: 'failed',
  fault,
  code: `test.${fault}`,
  detail: '',
  ...EFFORT,
});

interface Read {
  readonly device: string;
  readonly task: ReadTask;
  readonly atMs: number;
}

type Answer = (read: Read, signal: AbortSignal) => Promise<ReadResult>;

/** Some meters on one clock; what they answer is the test's. */
class House {
  readonly clock: SimulatedClock;
  readonly reads: Read[] = [];
  readonly taken: Message[] = [];
  readonly reports: ReadReport[] = [];
  readonly acquisition: Acquisition;
  devices: Device[];
  answer: Answer = async () => VALUE;
  change: (key: string) => void = () => undefined;
  isFull = false;

  constructor(
    devices: readonly Device[],
    plan: Partial<ReadPlan>,
    options: Partial<AcquisitionOptions> = {},
    startMs = START_MS,
  ) {
    this.clock = new SimulatedClock(startMs);
    this.devices = [...devices];
    const reader: Reader = {
      read: (device, task, signal) => {
        const read = { device: device.deviceId, task, atMs: this.clock.nowMs() };
        this.reads.push(read);
        return this.answer(read, signal);
      },
    };
    this.acquisition = openAcquisition({
      agent: {
        registry: {
          all: () => this.devices,
          find: (key) => this.devices.find((device) => keyOfDevice(device) === key),
          onChange: (listener) => {
            this.change = (key) => listener({ kind: 'device', key, device: undefined });
            return () => undefined;
          },
        },
        take: async (message) => {
          if (this.isFull) throw new LogFullError('full');
          this.taken.push(message);
        },
      },
      ...{ reader, clock: this.clock, random: seededRandom('polling'), log: SILENT },
      planOf: ({ deviceId }) => ({ line: `line of ${deviceId}`, reads: [], ...plan }),
      listeners: [(report) => this.reports.push(report)],
      ...options,
    });
    this.acquisition.start();
  }

  times(): string[] {
    return this.reads.map(({ atMs }) => toIso(atMs).slice(11, 19));
  }

  async ask(task: ReadTask = { kind: 'live' }): Promise<ReadReport> {
    const asked = this.acquisition.ask({ key: 'key/meter-1', task });
    await this.clock.advance(10 * MINUTE_MS);
    return asked;
  }
}

const every = (text: string): ReadPlan['reads'] => [{ rule: parseRule(text), what: { kind: 'live' } }];
const METER = [testDevice(1)];

describe('by schedule', () => {
  it('asks at the times of the plan, and what was read is in the log', async () => {
    const house = new House(METER, { reads: every('every 15 min') });
    await house.clock.advance(45 * MINUTE_MS);
    expect(house.times()).toEqual(['08:15:00', '08:30:00', '08:45:00']);
    expect(house.taken).toHaveLength(3);
    expect(house.reports.map(({ result }) => result.kind)).toEqual(['stored', 'stored', 'stored']);
    expect(house.acquisition.figures).toMatchObject({ planned: 1, readsDone: 3, bytesIn: 30, bytesOut: 6 });
  });

  it('spreads a fleet over seconds, each device always at its own place', async () => {
    const fleet = Array.from({ length: 50 }, (_, number) => testDevice(number));
    const house = new House(fleet, { reads: every('every 15 min'), spreadSeconds: 600 });
    await house.clock.advance(41 * MINUTE_MS);
    const offsets = (quarter: number) =>
      new Map(
        house.reads
          .filter(({ atMs }) => Math.floor(atMs / (15 * MINUTE_MS)) % 4 === quarter)
          .map(({ device, atMs }) => [device, atMs % (15 * MINUTE_MS)]),
      );
    expect(offsets(1).size).toBe(50);
    expect(offsets(2)).toEqual(offsets(1));
    expect(Math.max(...offsets(1).values())).toBeLessThan(600_000);
    expect(new Set([...offsets(1).values()].map((ms) => Math.floor(ms / 60_000))).size).toBeGreaterThan(7);
  });

  it.each([
    ['Europe/Bucharest', '2026-03-28T12:00:00Z'],
    ['Europe/Bucharest', '2026-10-24T12:00:00Z'],
    ['America/New_York', '2026-03-07T12:00:00Z'],
    ['America/New_York', '2026-10-31T12:00:00Z'],
    ['Australia/Lord_Howe', '2026-10-03T06:00:00Z'],
    ['Australia/Lord_Howe', '2026-04-04T06:00:00Z'],
    ['Asia/Macau', '2026-03-28T12:00:00Z'],
  ])('over the night of the clocks in %s from %s', async (timeZone, from) => {
    const reads = every('0:30,2:15,3:30,14:30');
    const house = new House([{ ...testDevice(1), timeZone }], { reads }, {}, Date.parse(from));
    await house.clock.advance(48 * 60 * MINUTE_MS);
    const perDay = new Map<string, string[]>();
    for (const { atMs } of house.reads) {
      const day = localDay(atMs, timeZone);
      const local = toIso(atMs + offsetAt(atMs, timeZone)).slice(11, 16);
      perDay.set(day, [...(perDay.get(day) ?? []), local]);
    }
    const whole = perDay.get(localDay(Date.parse(from) + 24 * 60 * MINUTE_MS, timeZone)) ?? [];
    expect(whole).toHaveLength(4);
    expect(whole.at(0)).toBe('00:30');
    expect(whole.at(-1)).toBe('14:30');
  });

  it('missed runs are one run, whether the clock was set forward or the machine slept', async () => {
    const house = new House(METER, { reads: every('every 15 min') });
    house.clock.stepWall(5 * 60 * MINUTE_MS);
    await house.clock.advance(2 * MINUTE_MS);
    expect(house.reads).toHaveLength(1);
  });

  it('a clock that is set back takes the timetable with it', async () => {
    const house = new House(METER, { reads: every('every 15 min') });
    await house.clock.advance(15 * MINUTE_MS);
    house.clock.stepWall(-3 * 60 * MINUTE_MS);
    await house.clock.advance(15 * MINUTE_MS);
    expect(house.times()).toEqual(['08:15:00', '05:30:00']);
  });

  it('a device that comes is read at once, one that goes is not read any more', async () => {
    const house = new House(METER, { reads: every('every 15 min') });
    house.devices = [testDevice(2)];
    house.change('key/meter-1');
    house.change('key/meter-2');
    await house.clock.advance(15 * MINUTE_MS);
    expect(house.reads.map(({ device }) => device)).toEqual(['meter-2']);
    expect(house.acquisition.nextReads('key/meter-2').map(({ atMs }) => toIso(atMs))).toEqual([
      '2026-11-20T08:30:00.000Z',
    ]);
    expect(house.acquisition.nextReads('key/meter-1')).toEqual([]);
  });

  it('a suspended device is left alone, and may be asked', async () => {
    const house = new House(METER, { reads: every('every 15 min'), isSuspended: true });
    await house.clock.advance(60 * MINUTE_MS);
    expect(house.reads).toHaveLength(0);
    expect((await house.ask()).result.kind).toBe('stored');
  });

  it('a read that has not ended is not begun again', async () => {
    const house = new House(METER, { reads: every('every 1 min'), timeoutMs: 10 * MINUTE_MS });
    house.answer = async () => {
      await house.clock.sleep(3.5 * MINUTE_MS);
      return VALUE;
    };
    await house.clock.advance(5 * MINUTE_MS);
    expect(house.times()).toEqual(['08:01:00', '08:05:00']);
    expect(house.acquisition.figures.readsOverlapped).toBe(3);
  });

  it('a profile is asked for as far back as the plan says', async () => {
    const reads = [
      { rule: parseRule('every 15 min'), what: { kind: 'profile', profile: 'load', backSeconds: 1_800 } },
    ] as const;
    const house = new House(METER, { reads });
    await house.clock.advance(15 * MINUTE_MS);
    const toMs = Date.UTC(2026, 10, 20, 8, 15);
    expect(house.reads[0]?.task).toEqual({ kind: 'profile', profile: 'load', fromMs: toMs - 30 * MINUTE_MS, toMs });
  });
});

describe('when a device does not do as it should', () => {
  it.each([
    ['line', 3],
    ['no-answer', 3],
    ['garbled', 3],
    ['busy', 3],
    ['authentication', 1],
    ['identity', 1],
    ['unsupported', 1],
    ['not-connected', 1],
  ] as const)('%s: %i attempts', async (fault, attempts) => {
    const house = new House(METER, {});
    house.answer = async () => failure(fault);
    const report = await house.ask();
    expect(report).toMatchObject({ result: { kind: 'failed', fault }, attempts, bytesIn: 10 * attempts });
    expect(house.taken).toEqual([]);
  });

  it('a third attempt that succeeds is a success', async () => {
    const house = new House(METER, {});
    house.answer = async () => (house.reads.length < 3 ? failure('garbled') : VALUE);
    const report = await house.ask();
    expect(report).toMatchObject({ result: { kind: 'stored' }, attempts: 3 });
    expect(report.steps.map(({ name }) => name)).toEqual([
      ...['begun', 'attempt 1 failed: test.garbled', 'begun', 'attempt 2 failed: test.garbled', 'begun'],
    ]);
  });

  it.each([
    ['a rejected line', new TransportError('transport.broken', 'gone'), 'line', 'transport.broken'],
    ['a bug of the reader', new TypeError('undefined is not a function'), 'reader', 'reader.failed'],
  ])('%s is a fault, and the agent goes on', async (_name, error, fault, code) => {
    const house = new House(METER, {});
    house.answer = () => Promise.reject(error);
    expect((await house.ask()).result).toMatchObject({ kind: 'failed', fault, code });
  });

  it('a silent one is given up in time, and rests after three reads; a person may still ask', async () => {
    const house = new House(METER, { reads: every('every 1 min'), timeoutMs: 5_000, attempts: 1 });
    house.answer = (_read, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    await house.clock.advance(4 * MINUTE_MS);
    expect(house.reports.every(({ result }) => result.kind === 'failed' && result.fault === 'timeout')).toBe(true);
    expect(house.times()).toEqual(['08:01:00', '08:02:00', '08:03:00', '08:04:00']);
    await house.clock.advance(2 * MINUTE_MS);
    expect(house.acquisition.figures.readsRested).toBeGreaterThan(0);
    const before = house.reads.length;
    house.answer = async () => VALUE;
    expect((await house.ask()).result.kind).toBe('stored');
    // It answered: it is read by schedule again at once.
    expect(house.reads.length).toBeGreaterThan(before + 5);
  });

  it('the line serves others while one of them is given time', async () => {
    const house = new House([testDevice(1), testDevice(2)], { line: 'bus', reads: every('every 15 min') });
    house.answer = async ({ device }) => (device === 'meter-1' ? failure('no-answer') : VALUE);
    await house.clock.advance(16 * MINUTE_MS);
    const order = house.reads.map(({ device }) => device);
    expect(order.indexOf('meter-2')).toBe(1);
    expect(order.filter((device) => device === 'meter-1')).toHaveLength(3);
  });

  it('a full log is not the fault of the device, and nothing is said to be stored', async () => {
    const house = new House(METER, {});
    house.isFull = true;
    expect((await house.ask()).result).toEqual({ kind: 'not stored', code: 'log.full' });
  });
});

describe('asked by a person', () => {
  it('shows what was read without keeping it, where that is all that is allowed (S0-21)', async () => {
    const house = new House(METER, {});
    const report = await house.acquisition.ask({
      ...{ key: 'key/meter-1', task: { kind: 'live' } },
      asked: { by: 'ana', isShownOnly: true },
    });
    expect(report.result).toEqual({ kind: 'shown', frames: [FRAME] });
    expect(house.taken).toEqual([]);
  });

  it('is told each step', async () => {
    const house = new House(METER, {});
    const steps: string[] = [];
    await house.acquisition.ask({ key: 'key/meter-1', task: { kind: 'live' }, tell: ({ name }) => steps.push(name) });
    expect(steps).toEqual(['queued', 'begun', 'stored']);
  });

  it('may change its mind', async () => {
    const house = new House(METER, {});
    house.answer = (_read, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const abort = new AbortController();
    const asked = house.acquisition.ask({ key: 'key/meter-1', task: { kind: 'live' }, signal: abort.signal });
    await house.clock.advance(1_000);
    abort.abort(new Error('enough'));
    expect((await asked).result).toEqual({ kind: 'refused', reason: 'cancelled' });
  });

  it.each([
    ['key/nobody', 'device.unknown'],
    ['key/meter-9', 'device.reports-itself'],
  ])('%s: %s', async (key, reason) => {
    const house = new House([...METER, testDevice(9)], {}, { planOf: () => undefined });
    expect((await house.acquisition.ask({ key, task: { kind: 'live' } })).result).toEqual({ kind: 'refused', reason });
  });
});

it.each([
  [{ kind: 'serial', address: '/dev/ttyUSB0', line: 'bus 1' }, 'bus 1'],
  [{ kind: 'tcp', address: '10.0.0.7:502' }, '10.0.0.7:502'],
  [undefined, 'key/meter-1'],
] as const)('the line of %j is %s', (connection, line) => expect(lineOf({ ...testDevice(1), connection })).toBe(line));

it('a stop ends what is under way and refuses what waits', async () => {
  const house = new House([testDevice(1), testDevice(2)], { line: 'bus' });
  house.answer = (_read, signal) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const asked = [1, 2].map((n) => house.acquisition.ask({ key: `key/meter-${n}`, task: { kind: 'live' } }));
  await house.clock.advance(100);
  await house.acquisition.stop();
  for (const report of await Promise.all(asked)) expect(report.result.kind).toBe('refused');
  expect(house.clock.pending).toBe(0);
});

it('an agenda gives what was put in, in the order of time', () =>
  fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 60 }), fc.nat(50), (times, byMs) => {
      const agenda = new Agenda<{ dueMs: number }>();
      for (const dueMs of times) agenda.put({ dueMs });
      const taken: number[] = [];
      for (let entry = agenda.take(byMs); entry !== undefined; entry = agenda.take(byMs)) taken.push(entry.dueMs);
      expect(taken).toEqual(times.filter((dueMs) => dueMs <= byMs).sort((a, b) => a - b));
      expect(agenda.size).toBe(times.length - taken.length);
    }),
  ));
