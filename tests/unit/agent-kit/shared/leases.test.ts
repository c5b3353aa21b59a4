/**
 * Leases under all that clocks, networks and schedulers do to replicas: the real keepers over a database in memory, each with a watch of its own
 * speed, stopped between any two steps. The law: at no moment do two replicas hold the same device.
 */

import { type KeeperTimes, openLeases, type SharedLeases } from '@contor/agent-kit/leases/keeper.js';
import { type Clock, SimulatedClock, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FakeDatabase, type Fault } from '../../../support/shared-store.js';
import { SILENT } from '../bench-agent.js';

const DEVICES = Array.from({ length: 12 }, (_, at) => `key/m${at}`);
const TIMES: KeeperTimes = { leaseMs: 1_000, marginMs: 200, beatMs: 250, lookMs: 100, letGoMs: 300 };
const STEP_MS = 50;
/** Every old lease is over, and everybody has been heard. */
const QUIET_MS = 4_000;
const DATABASE_MS = 3;

interface Replica {
  fault: Fault;
  leases: SharedLeases | undefined;
  /** SIGSTOP and SIGCONT: what it has to do waits, its watch goes on. */
  pause(): void;
  wake(): void;
}

function city() {
  const clock = new SimulatedClock(Date.UTC(2026, 10, 20));
  const database = new FakeDatabase();
  const replicas: Replica[] = [];

  function start(rate = 1): Replica {
    let isPaused = false;
    const waiting: (() => void)[] = [];
    const whenAwake = (task: () => void) => () => (isPaused ? void waiting.push(task) : task());
    const watch: Clock = {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs() * rate,
      after: (ms, task) => clock.after(ms / rate, whenAwake(task)),
      sleep: (ms) => new Promise((resolve) => void clock.after(ms / rate, whenAwake(resolve))),
    };
    const replica: Replica = {
      fault: 'none',
      leases: undefined,
      pause: () => {
        isPaused = true;
      },
      wake: () => {
        isPaused = false;
        for (const task of waiting.splice(0)) task();
      },
    };
    replicas.push(replica);
    const store = database.connect(
      () => replica.fault,
      () => watch.sleep(DATABASE_MS),
    );
    const random = seededRandom(`replica ${replicas.length}`);
    void openLeases({ store, clock: watch, random, log: SILENT, times: TIMES }).then((leases) => {
      replica.leases = leases;
    });
    return replica;
  }

  const holders = (device: string) => replicas.filter(({ leases }) => leases?.holds(device) !== undefined);
  return {
    clock,
    database,
    replicas,
    start,
    holders,
    /** Devices each replica holds. */
    shares: () => replicas.map(({ leases }) => DEVICES.filter((device) => leases?.holds(device) !== undefined).length),
    async pass(ms: number): Promise<void> {
      for (let passed = 0; passed < ms; passed += STEP_MS) {
        await clock.advance(STEP_MS);
        const twice = DEVICES.filter((device) => holders(device).length > 1);
        if (twice.length > 0) throw new Error(`held by two: ${twice.join(', ')}`);
      }
    },
  };
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

describe('leases', () => {
  it('share all devices, share them anew when a replica comes, and give them back at once when it goes in order', async () => {
    const { start, pass, shares } = city();
    start();
    await pass(300);
    expect(shares()).toEqual([12]);
    const second = start();
    await pass(500);
    expect(sum(shares())).toBe(12);
    expect(Math.min(...shares())).toBeGreaterThan(0);
    void second.leases?.stop();
    await pass(300);
    expect(shares()).toEqual([12, 0]);
  });

  it('move only the share of whoever comes', async () => {
    const { replicas, start, pass } = city();
    start();
    start();
    await pass(1_000);
    const before = replicas.map(({ leases }) => DEVICES.filter((device) => leases?.holds(device) !== undefined));
    start();
    await pass(1_000);
    for (const [at, mine] of before.entries()) {
      const now = DEVICES.filter((device) => replicas[at]?.leases?.holds(device) !== undefined);
      expect(mine).toEqual(expect.arrayContaining(now));
    }
  });

  it.each([
    ['paused', (one: Replica) => one.pause()],
    ['cut off from the database', (one: Replica) => (one.fault = 'away')],
  ])('of a replica that is %s end by its own watch, before others begin', async (_, happens) => {
    const { start, pass, shares, clock } = city();
    const one = start();
    start();
    await pass(1_000);
    happens(one);
    await pass(TIMES.leaseMs);
    expect(shares()[0]).toBe(0);
    await pass(TIMES.marginMs + TIMES.beatMs + 200);
    expect(shares()).toEqual([0, 12]);
    one.fault = 'none';
    // In the first moment of being awake, before it has asked anybody.
    one.wake();
    expect(shares()[0]).toBe(0);
    await pass(1_000);
    expect(sum(shares())).toBe(12);
    expect(shares()[0]).toBeGreaterThan(0);
    expect(clock.pending).toBeGreaterThan(0);
  });

  it('end by the wall clock, too, when a machine slept and its monotonic clock with it', async () => {
    const { start, pass, shares, clock } = city();
    start();
    await pass(500);
    clock.stepWall(60_000);
    expect(shares()).toEqual([0]);
    await pass(500);
    expect(shares()).toEqual([12]);
  });

  it('wait until whoever has lost a device has closed its connection, but not for ever', async () => {
    const { replicas, start, pass, holders } = city();
    const one = start();
    await pass(500);
    let isClosed: (() => void) | undefined;
    let told = 0;
    one.leases?.onChange(() => {
      told += 1;
      return new Promise((resolve) => {
        isClosed = resolve;
      });
    });
    start();
    await pass(200);
    expect(told).toBe(1);
    const lost = DEVICES.filter((device) => holders(device).length === 0);
    expect(lost.length).toBeGreaterThan(0);
    isClosed?.();
    await pass(200);
    for (const device of lost) expect(holders(device)).toEqual([replicas[1]]);
    start();
    await pass(TIMES.letGoMs + 300);
    for (const device of DEVICES) expect(holders(device)).toHaveLength(1);
  });

  it('carry an epoch that grows with every holder of a device', async () => {
    const { replicas, start, pass } = city();
    const epochs = new Map<string, number>();
    for (let round = 0; round < 4; round += 1) {
      start();
      if (round === 2) void replicas[0]?.leases?.stop();
      await pass(600);
      for (const device of DEVICES) {
        const [lease] = replicas.flatMap(({ leases }) => leases?.holds(device) ?? []);
        expect(lease?.epoch).toBeGreaterThan(epochs.get(device) ?? 0);
        epochs.set(device, lease?.epoch ?? 0);
      }
    }
  });

  it('leave a short trail in the database', async () => {
    const { database, start, pass } = city();
    for (let count = 0; count < 3; count += 1) start();
    await pass(6_000);
    expect(database.ids('council').length).toBeLessThan(60);
  });

  it('are held by one at the most, whatever happens, and by exactly one when it is quiet again', async () => {
    const event = fc.record({
      who: fc.nat(3),
      afterMs: fc.nat(1_200),
      what: fc.constantFrom('pause', 'wake', 'away', 'unanswered', 'lost', 'answered', 'stop', 'start'),
    });
    const rates = fc.array(fc.double({ min: 0.95, max: 1.05, noNaN: true }), { minLength: 4, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 10 }), rates, async (events, watches) => {
        const { replicas, start, pass, holders } = city();
        for (const rate of watches.slice(0, 3)) start(rate);
        for (const { who, afterMs, what } of events) {
          await pass(afterMs);
          const one = replicas[who];
          if (what === 'start' && replicas.length < 6) start(watches[3]);
          else if (what === 'pause') one?.pause();
          else if (what === 'wake') one?.wake();
          else if (what === 'stop') void one?.leases?.stop();
          else if (one !== undefined)
            one.fault = what === 'away' || what === 'unanswered' || what === 'lost' ? what : 'none';
        }
        for (const one of replicas) {
          one.fault = 'none';
          one.wake();
        }
        start();
        await pass(QUIET_MS);
        for (const device of DEVICES) expect(holders(device)).toHaveLength(1);
      }),
      { numRuns: process.env.CONTOR_LONG === undefined ? 6 : 1_000 },
    );
  });
});
