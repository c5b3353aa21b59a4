/** Who talks to which meter when: laws of the dispatcher under random jobs, and the breaker. */

import { afterFailure, afterSuccess, CLOSED, isResting } from '@contor/agent-kit/acquisition/breaker.js';
import {
  createDispatcher,
  type DispatcherLimits,
  type Job,
  type Outcome,
  PRIORITIES,
  type Priority,
} from '@contor/agent-kit/acquisition/dispatcher.js';
import { SimulatedClock, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const LIMITS: DispatcherLimits = { total: 8, perLine: () => 1, queued: 1_000 };

interface Spec {
  readonly device: number;
  readonly priority: Priority;
  readonly tookMs: number;
  readonly fails: boolean;
}

const spec: fc.Arbitrary<Spec> = fc.record({
  device: fc.nat(11),
  priority: fc.constantFrom(...PRIORITIES),
  tookMs: fc.integer({ min: 1, max: 5_000 }),
  fails: fc.boolean(),
});

describe('random jobs', () => {
  it('each ends once; a meter is never talked to twice at a time, a line not more than it bears', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(spec, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), async (specs, perLine) => {
        const clock = new SimulatedClock(0);
        const dispatcher = createDispatcher(clock, { ...LIMITS, total: 4, perLine: () => perLine });
        const now = new Map<string, number>();
        let most = 0;
        const enter = (key: string, by: number) => now.set(key, (now.get(key) ?? 0) + by);
        const jobs = specs.map(({ device, priority, tookMs, fails }): Job<number> => {
          const line = `line-${device % 4}`;
          return {
            ...{ device: `meter-${device}`, line, priority, timeoutMs: 2_000 },
            async run(signal) {
              for (const key of [`meter-${device}`, line, 'all']) enter(key, 1);
              most = Math.max(most, now.get('all') ?? 0);
              expect(now.get(`meter-${device}`)).toBe(1);
              expect(now.get(line)).toBeLessThanOrEqual(perLine);
              try {
                await clock.sleep(tookMs, signal);
                if (fails) throw new Error('no answer');
                return device;
              } finally {
                for (const key of [`meter-${device}`, line, 'all']) enter(key, -1);
              }
            },
          };
        });
        const outcomes: Outcome<number>[] = [];
        for (const job of jobs) void dispatcher.submit(job).then((outcome) => outcomes.push(outcome));
        await clock.advance(60 * 5_000);
        expect(outcomes).toHaveLength(specs.length);
        const count = (kind: string) => outcomes.filter((outcome) => outcome.kind === kind).length;
        expect(count('timeout')).toBe(specs.filter(({ tookMs }) => tookMs > 2_000).length);
        expect(count('failed') + count('value')).toBe(
          specs.filter(({ tookMs }) => tookMs < 2_000).length + specs.filter(({ tookMs }) => tookMs === 2_000).length,
        );
        expect(most).toBeLessThanOrEqual(4);
        expect(dispatcher.figures).toEqual({ running: 0, waiting: 0, lines: 0 });
      }),
      { numRuns: 60 },
    );
  });
});

describe('order', () => {
  it('what a person asks for comes before the schedule, and the schedule before recovery', async () => {
    const clock = new SimulatedClock(0);
    const dispatcher = createDispatcher(clock, LIMITS);
    const begun: string[] = [];
    const job = (device: string, priority: Priority): Job<void> => ({
      ...{ device, line: 'bus', priority, timeoutMs: 1_000 },
      async run() {
        begun.push(device);
        await clock.sleep(100);
      },
    });
    for (const [device, priority] of [
      ['first', 'recovery'],
      ['b', 'recovery'],
      ['c', 'scheduled'],
      ['d', 'asked'],
      ['e', 'scheduled'],
    ] as const)
      void dispatcher.submit(job(device, priority));
    await clock.advance(1_000);
    expect(begun).toEqual(['first', 'd', 'c', 'e', 'b']);
  });

  it('a full line holds up no other', async () => {
    const clock = new SimulatedClock(0);
    const dispatcher = createDispatcher(clock, { ...LIMITS, total: 2 });
    const begun: string[] = [];
    const job = (device: string, line: string): Job<void> => ({
      ...{ device, line, priority: 'scheduled', timeoutMs: 10_000 },
      async run() {
        begun.push(device);
        await clock.sleep(1_000);
      },
    });
    for (const device of ['a1', 'a2', 'a3']) void dispatcher.submit(job(device, 'a'));
    void dispatcher.submit(job('b1', 'b'));
    await clock.advance(500);
    expect(begun).toEqual(['a1', 'b1']);
  });
});

describe('ends', () => {
  it('a job that does not heed its signal keeps its meter busy, and only that', async () => {
    const clock = new SimulatedClock(0);
    const dispatcher = createDispatcher(clock, { ...LIMITS, perLine: () => 2 });
    const begun: string[] = [];
    const job = (device: string, tookMs: number): Job<void> => ({
      ...{ device, line: 'bus', priority: 'scheduled', timeoutMs: 100 },
      async run() {
        begun.push(device);
        await clock.sleep(tookMs);
      },
    });
    const stuck = dispatcher.submit(job('stuck', 5_000));
    void dispatcher.submit(job('stuck', 10));
    void dispatcher.submit(job('other', 10));
    await clock.advance(1_000);
    expect((await stuck).kind).toBe('timeout');
    expect(begun).toEqual(['stuck', 'other']);
    await clock.advance(5_000);
    expect(begun).toEqual(['stuck', 'other', 'stuck']);
  });

  it('refuses what finds no room, and everything after a stop, which waits for what runs', async () => {
    const clock = new SimulatedClock(0);
    const dispatcher = createDispatcher(clock, { ...LIMITS, queued: 1 });
    const job: Job<string> = {
      device: 'm',
      line: 'bus',
      priority: 'asked',
      timeoutMs: 9_000,
      run: (signal) => clock.sleep(5_000, signal).then(() => 'read'),
    };
    const [first, second, third] = [dispatcher.submit(job), dispatcher.submit(job), dispatcher.submit(job)];
    expect(await third).toEqual({ kind: 'refused', reason: 'queue.full' });
    await dispatcher.stop();
    expect((await first).kind).toBe('failed');
    expect(await second).toEqual({ kind: 'refused', reason: 'stopping' });
    expect(await dispatcher.submit(job)).toEqual({ kind: 'refused', reason: 'stopping' });
  });

  it('a job that throws at once has failed', async () => {
    const dispatcher = createDispatcher(new SimulatedClock(0), LIMITS);
    const run = (): never => {
      throw new Error('no such port');
    };
    const outcome = await dispatcher.submit({ device: 'm', line: 'm', priority: 'asked', timeoutMs: 1_000, run });
    expect(outcome).toMatchObject({ kind: 'failed', error: { message: 'no such port' } });
  });
});

describe('the breaker', () => {
  it('lets two failures pass, rests a minute after the third, twice as long after each more, never above an hour', () => {
    const random = seededRandom(1);
    let breaker = CLOSED;
    const rests: number[] = [];
    for (let failure = 1; failure <= 12; failure += 1) {
      breaker = afterFailure(breaker, 0, random);
      rests.push(breaker.restsUntilMs);
    }
    expect(rests.slice(0, 2)).toEqual([0, 0]);
    rests.slice(2).forEach((restMs, index) => {
      const fullMs = Math.min(3_600_000, 60_000 * 2 ** index);
      expect(restMs).toBeGreaterThan(fullMs * 0.8 - 1);
      expect(restMs).toBeLessThanOrEqual(fullMs);
    });
    expect([isResting(breaker, 0), isResting(breaker, 3_600_000), isResting(afterSuccess(), 0)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
