import type { Agent } from '@contor/agent-kit';
import { seededRandom, toIso } from '@contor/kit';
import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../support/long.js';
import { entityIdOf, START_MS, say, TestBench, testDevice } from './bench-agent.js';
import type { FakeCity } from './fake-city.js';

const NO_FAULTS = { batchTooLarge: 0, twiceInBatch: 0, twoInFlight: 0, backwards: 0, changedValue: 0 };
const TEN_SECONDS = 10_000;

function rowKey(deviceId: string, attribute: string, timeMs: number): string {
  return `default/${entityIdOf(deviceId)}/${attribute}/${toIso(timeMs)}`;
}

function presentTime(city: FakeCity, deviceId: string, attribute: string): string | undefined {
  return city.present.get(`default/${entityIdOf(deviceId)}`)?.get(attribute)?.observedAt;
}

describe('the live lane', () => {
  let bench: TestBench;
  let agent: Agent;

  beforeEach(async () => {
    bench = new TestBench('lanes');
    await bench.provision([1, 2, 3].map((number) => testDevice(number)));
    agent = await bench.open();
  });

  it('acks when the message is on disk, without waiting for anybody', async () => {
    bench.city.isBrokerDown = true;
    agent.start();
    await say(agent, 'meter-1', { t: START_MS, v: { energy: 1 } });
    expect(agent.figures).toMatchObject({ received: 1, stored: 1, forwarded: 0, liveLag: 1 });
  });

  it('sends a burst of one entity in order, each state by itself', async () => {
    for (let step = 0; step < 5; step += 1) await say(agent, 'meter-1', { t: START_MS + step, v: { energy: step } });
    agent.start();
    await bench.clock.advance(1_000);
    // The lane was opened before the burst, so these are news and not a backlog.
    expect(bench.city.journal.get(`default/${entityIdOf('meter-1')}`)).toEqual(
      [0, 1, 2, 3, 4].map((step) => toIso(START_MS + step)),
    );
    expect(bench.city.faults).toEqual(NO_FAULTS);
  });

  it('keeps the order of a burst over a hiccup of the broker', async () => {
    bench.city.isBrokerDown = true;
    agent.start();
    for (let step = 0; step < 5; step += 1) await say(agent, 'meter-1', { t: START_MS + step, v: { energy: step } });
    await bench.clock.advance(2_000);
    bench.city.isBrokerDown = false;
    await bench.clock.advance(5_000);
    expect(bench.city.journal.get(`default/${entityIdOf('meter-1')}`)).toHaveLength(5);
    expect(agent.figures.movedLate).toBe(0);
  });

  it('brings the newest state first after an outage, and the older ones to history by the late lane', async () => {
    bench.city.isBrokerDown = true;
    agent.start();
    for (let step = 0; step < 30; step += 1) {
      for (const number of [1, 2, 3])
        await say(agent, `meter-${number}`, { t: START_MS + step * TEN_SECONDS, v: { energy: step } });
      await bench.clock.advance(TEN_SECONDS);
    }
    bench.city.isBrokerDown = false;
    await bench.clock.advance(60_000);
    expect(presentTime(bench.city, 'meter-2', 'energy')).toBe(toIso(START_MS + 29 * TEN_SECONDS));
    for (let step = 0; step < 30; step += 1) {
      expect(bench.city.rows.get(rowKey('meter-3', 'energy', START_MS + step * TEN_SECONDS))).toBe(step);
    }
    expect(agent.figures).toMatchObject({ liveLag: 0, lateLag: 0 });
    expect(agent.figures.movedLate).toBeGreaterThan(50);
    expect(bench.city.faults).toEqual(NO_FAULTS);
  });

  it('does not wait for history to show the present', async () => {
    bench.city.isBrokerDown = true;
    bench.city.isHistoryDown = true;
    agent.start();
    for (let step = 0; step < 30; step += 1) {
      await say(agent, 'meter-1', { t: START_MS + step * TEN_SECONDS, v: { energy: step } });
      await bench.clock.advance(TEN_SECONDS);
    }
    bench.city.isBrokerDown = false;
    await bench.clock.advance(60_000);
    expect(presentTime(bench.city, 'meter-1', 'energy')).toBe(toIso(START_MS + 29 * TEN_SECONDS));
    expect(agent.figures.liveLag).toBe(0);
    expect(agent.figures.lateLag).toBeGreaterThan(0);
    bench.city.isHistoryDown = false;
    await bench.clock.advance(60_000);
    expect(agent.figures.lateLag).toBe(0);
    expect(bench.city.rows.size).toBe(30);
  });

  it('sends a late arrival to history and leaves the present alone', async () => {
    agent.start();
    await say(agent, 'meter-1', { t: START_MS + TEN_SECONDS, v: { energy: 2 } });
    await bench.clock.advance(2_000);
    await say(agent, 'meter-1', { t: START_MS, v: { energy: 1 } });
    await bench.clock.advance(2_000);
    expect(presentTime(bench.city, 'meter-1', 'energy')).toBe(toIso(START_MS + TEN_SECONDS));
    expect(bench.city.rows.get(rowKey('meter-1', 'energy', START_MS))).toBe(1);
    expect(bench.city.faults.backwards).toBe(0);
  });

  it('remembers the present over a restart', async () => {
    agent.start();
    await say(agent, 'meter-1', { t: START_MS + TEN_SECONDS, v: { energy: 2 } });
    await bench.clock.advance(2_000);
    await agent.stop();
    const next = await bench.open();
    next.start();
    await say(next, 'meter-1', { t: START_MS, v: { energy: 1 } });
    await bench.clock.advance(2_000);
    expect(bench.city.faults.backwards).toBe(0);
    expect(bench.city.rows.size).toBe(2);
  });

  it('judges attributes one by one: a fresh one of an old message still reaches the broker', async () => {
    agent.start();
    await say(agent, 'meter-1', { t: START_MS + TEN_SECONDS, v: { energy: 2 } });
    await bench.clock.advance(2_000);
    await say(agent, 'meter-1', { t: START_MS, v: { energy: 1, temperature: 21 } });
    await bench.clock.advance(2_000);
    expect(presentTime(bench.city, 'meter-1', 'energy')).toBe(toIso(START_MS + TEN_SECONDS));
    expect(presentTime(bench.city, 'meter-1', 'temperature')).toBe(toIso(START_MS));
    expect(bench.city.rows.get(rowKey('meter-1', 'energy', START_MS))).toBe(1);
  });

  it.each([false, true])('puts a poison entity on a shelf and goes on (taciturn broker: %s)', async (isTaciturn) => {
    bench.city.isTaciturn = isTaciturn;
    bench.city.isPoison = ({ id }) => id === entityIdOf('meter-2');
    agent.start();
    for (const number of [1, 2, 3]) await say(agent, `meter-${number}`, { t: START_MS, v: { energy: number } });
    await bench.clock.advance(2_000);
    expect(agent.figures).toMatchObject({ deadLetters: 1, liveLag: 0, forwarded: 2 });
    expect(bench.city.present.has(`default/${entityIdOf('meter-3')}`)).toBe(true);
  });

  it('refuses when the log is full, and takes again when the broker has emptied it', async () => {
    await agent.stop();
    const small = await bench.open({ logBytes: 64 * 1024 });
    small.start();
    bench.city.isBrokerDown = true;
    let taken = 0;
    const fill = async (): Promise<void> => {
      for (; taken < 10_000; taken += 1) await say(small, 'meter-1', { t: START_MS + taken, v: { energy: taken } });
    };
    await expect(fill()).rejects.toMatchObject({ code: 'log.full' });
    bench.city.isBrokerDown = false;
    await bench.clock.advance(60_000);
    await say(small, 'meter-1', { t: START_MS + taken, v: { energy: taken } });
    await bench.clock.advance(60_000);
    expect(bench.city.rows.size).toBe(taken + 1);
    expect(bench.city.faults).toEqual(NO_FAULTS);
  });

  it('stops within its time although the broker never answers', async () => {
    bench.city.flakiness = { failing: 0, slowestMs: 3_600_000 };
    agent.start();
    await say(agent, 'meter-1', { t: START_MS, v: { energy: 1 } });
    await bench.clock.advance(100);
    let isStopped = false;
    void agent.stop().then(() => {
      isStopped = true;
    });
    await bench.clock.advance(9_000);
    expect(isStopped).toBe(true);
  });

  it('keeps what an unknown device says as unassigned', async () => {
    agent.start();
    await say(agent, 'stranger', { t: START_MS, v: { energy: 1 } });
    expect(agent.figures).toMatchObject({ unassigned: 1, stored: 0, received: 1 });
  });

  it('stores a payload without device time once, however often it is delivered', async () => {
    agent.start();
    await Promise.all([say(agent, 'meter-1', { v: { energy: 7 } }), say(agent, 'meter-1', { v: { energy: 7 } })]);
    await bench.clock.advance(1_000);
    await say(agent, 'meter-1', { v: { energy: 7 } });
    await bench.clock.advance(10_000);
    expect(agent.figures).toMatchObject({ stored: 1, duplicates: 2 });
    await say(agent, 'meter-1', { v: { energy: 7 } });
    expect(agent.figures.stored).toBe(2);
  });

  it('guards against the same delivery over a restart', async () => {
    await say(agent, 'meter-1', { v: { energy: 7 } });
    await agent.stop();
    const next = await bench.open();
    await say(next, 'meter-1', { v: { energy: 7 } });
    expect(next.figures).toMatchObject({ stored: 0, duplicates: 1 });
  });
});

describe('the late lane', () => {
  it('stores intervals in history and announces them once they are there', async () => {
    const bench = new TestBench('late');
    await bench.provision([testDevice(1)]);
    const agent = await bench.open();
    agent.start();
    bench.city.isHistoryDown = true;
    await say(agent, 'meter-1', { t: START_MS, v: { a: 1, b: 2, c: 3 } }, 'profile');
    await bench.clock.advance(60_000);
    const id = 'default/urn:ngsi-ld:Acquisition:meter-1:load-profile:2026-11-20';
    expect(bench.city.present.has(id)).toBe(false);
    bench.city.isHistoryDown = false;
    await bench.clock.advance(60_000);
    const announced = bench.city.present.get(id);
    expect(announced?.get('storedCount')?.value).toBe(3);
    expect(announced?.get('windowEnd')?.value).toBe(toIso(START_MS + 3 * 900_000));
    expect(agent.figures).toMatchObject({ lateForwarded: 3, lateLag: 0, unannounced: 0 });
  });

  it('stores rows while the broker is away, and announces when it is back, also after a restart', async () => {
    const bench = new TestBench('late, broker away');
    await bench.provision([testDevice(1)]);
    bench.city.isBrokerDown = true;
    const agent = await bench.open();
    agent.start();
    await say(agent, 'meter-1', { t: START_MS, v: { a: 1 } }, 'profile');
    await bench.clock.advance(60_000);
    expect(agent.figures).toMatchObject({ lateLag: 0, unannounced: 1 });
    const stopped = agent.stop();
    await bench.clock.advance(1_000);
    await stopped;
    bench.city.isBrokerDown = false;
    const next = await bench.open();
    next.start();
    await bench.clock.advance(60_000);
    expect(next.figures.unannounced).toBe(0);
  });
});

describe('an outage longer than memory', () => {
  it('shows the present at once when the broker is back, and loses nothing of the past', async () => {
    const bench = new TestBench('long outage');
    const meters = Array.from({ length: 40 }, (_, index) => index + 1);
    await bench.provision(meters.map((number) => testDevice(number)));
    bench.city.isBrokerDown = true;
    const agent = await bench.open();
    agent.start();
    const steps = 250;
    for (let step = 0; step < steps; step += 1) {
      await Promise.all(
        meters.map((number) =>
          say(agent, `meter-${number}`, { t: START_MS + step * TEN_SECONDS, v: { energy: step } }),
        ),
      );
      await bench.clock.advance(TEN_SECONDS);
    }
    bench.city.isBrokerDown = false;
    const before = bench.city.upserts;
    await bench.clock.advance(35_000);
    // The first batch that came through holds the newest state of every meter.
    expect(bench.city.upserts).toBeGreaterThan(before);
    for (const number of meters) {
      const [first] = bench.city.journal.get(`default/${entityIdOf(`meter-${number}`)}`) ?? [];
      expect(first).toBe(toIso(START_MS + (steps - 1) * TEN_SECONDS));
    }
    await bench.clock.advance(120_000);
    expect(agent.figures).toMatchObject({ liveLag: 0, lateLag: 0 });
    expect(bench.city.rows.size).toBe(meters.length * steps);
    expect(bench.city.faults).toEqual(NO_FAULTS);
  });
});

describe('whatever the peers do', () => {
  it(
    'loses nothing, doubles nothing, and never moves the present backwards',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async (seed) => {
          const random = seededRandom(`traffic ${seed}`);
          const bench = new TestBench(seed);
          const meters = Array.from({ length: 1 + random.integer(6) }, (_, index) => `meter-${index + 1}`);
          await bench.provision(meters.map((_, index) => testDevice(index + 1)));
          bench.city.flakiness = { failing: random.next() * 0.6, slowestMs: random.integer(400) };
          let agent = await bench.open();
          agent.start();
          const sent = new Map<string, number>();
          for (let step = 0; step < 60; step += 1) {
            bench.city.isBrokerDown = random.integer(8) === 0 ? !bench.city.isBrokerDown : bench.city.isBrokerDown;
            bench.city.isHistoryDown = random.integer(8) === 0 ? !bench.city.isHistoryDown : bench.city.isHistoryDown;
            for (const meter of meters) {
              if (random.integer(3) === 0) continue;
              // Mostly in time, sometimes late, sometimes only some of the attributes.
              const t =
                START_MS + step * TEN_SECONDS - (random.integer(5) === 0 ? random.integer(12) * TEN_SECONDS : 0);
              const names = ['energy', 'power', 'voltage'].filter(() => random.integer(4) > 0);
              const v = Object.fromEntries(names.map((name) => [name, t / 1_000]));
              if (names.length === 0) continue;
              for (const name of names) sent.set(rowKey(meter, name, t), t / 1_000);
              await say(agent, meter, { t, v });
            }
            await bench.clock.advance(random.integer(2) === 0 ? TEN_SECONDS : random.integer(40_000));
            if (random.integer(15) !== 0) continue;
            const stopped = agent.stop();
            await bench.clock.advance(2_000);
            await stopped;
            agent = await bench.open();
            agent.start();
          }
          bench.city.isBrokerDown = false;
          bench.city.isHistoryDown = false;
          bench.city.flakiness = { failing: 0, slowestMs: 10 };
          await bench.clock.advance(600_000);
          expect(bench.fatals).toEqual([]);
          expect(bench.city.faults).toEqual(NO_FAULTS);
          expect(new Map([...bench.city.rows].sort())).toEqual(new Map([...sent].sort()));
          for (const meter of meters) {
            for (const name of ['energy', 'power', 'voltage']) {
              const prefix = `default/${entityIdOf(meter)}/${name}/`;
              const newest = [...sent.keys()]
                .filter((key) => key.startsWith(prefix))
                .sort()
                .at(-1);
              expect(presentTime(bench.city, meter, name)).toBe(newest?.slice(prefix.length));
            }
          }
          await agent.stop();
        }),
        { numRuns: times(6, 100) },
      );
    },
    times(30_000, 600_000),
  );
});
