/** Clocks of meters: set on their day and within limits, only by a host that is right; told to a person when it is more than drift. */

import { type AskOptions, keepClocks, type ReadReport, watchHostClock } from '@contor/agent-kit';
import { CLOCK_POLICY, type ClockPolicy, judgeClock } from '@contor/agent-kit/acquisition/meter-clock.js';
import { SimulatedClock, SimulatedDisk, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { SILENT, testDevice } from '../bench-agent.js';

/** A Friday, 8:07 in Bucharest. */
const NOW_MS = Date.UTC(2026, 10, 20, 6, 7);
const DEVICE = { ...testDevice(1), timeZone: 'Europe/Bucharest' };

function report(offMs: number, roundTripMs = 200): ReadReport {
  const askedMs = NOW_MS - roundTripMs;
  const clockReading = { deviceMs: NOW_MS - roundTripMs / 2 + offMs, askedMs, answeredMs: NOW_MS };
  return {
    ...{
      key: 'key/meter-1',
      device: DEVICE,
      task: { kind: 'live' },
      priority: 'scheduled',
      line: '',
      asked: undefined,
    },
    ...{
      result: { kind: 'stored', frames: [] },
      startedMs: askedMs,
      endedMs: NOW_MS,
      waitedMs: 0,
      tookMs: roundTripMs,
    },
    ...{ attempts: 1, bytesIn: 1, bytesOut: 1, steps: [], deviceTimeMs: clockReading.deviceMs },
    ...{ deviation: { deviationMs: offMs, uncertaintyMs: roundTripMs / 2 }, clockReading },
  };
}

describe('the verdict', () => {
  const reading = (offMs: number, roundTripMs = 200) =>
    report(offMs, roundTripMs).clockReading ?? { deviceMs: 0, askedMs: 0, answeredMs: 0 };
  const facts = { isHostSure: true, weekday: 5, intervalSeconds: 900 };
  it.each([
    ['right', 'off by less than the meter shows', 4_000, {}, {}],
    ['set', 'fast', 30_000, {}, {}],
    ['set', 'slow', -30_000, {}, {}],
    ['alarm', 'an hour: a zone, not drift', 3_600_000, {}, {}],
    ['leave', 'the host is not sure', 30_000, {}, { isHostSure: false }],
    ['leave', 'another day', 30_000, { weekday: 6 }, {}],
    ['set', 'its day', 30_000, { weekday: 5 }, {}],
    ['leave', 'over the edge of a quarter of an hour', 8 * 60_000, {}, {}],
  ] as const)('%s: %s', (kind, _why, offMs, policy: Partial<ClockPolicy>, fact) =>
    expect(judgeClock(reading(offMs), { ...CLOCK_POLICY, ...policy }, { ...facts, ...fact }).kind).toBe(kind),
  );
  it('an answer that took long says too little', () =>
    expect(judgeClock(reading(30_000, 12_000), CLOCK_POLICY, facts)).toEqual({ kind: 'leave', why: 'round-trip' }));
});

describe('who minds the clocks', () => {
  function house(options: { readonly isHostSure?: boolean; readonly policy?: ClockPolicy } = {}) {
    const asked: AskOptions[] = [];
    const alerts: string[] = [];
    const clock = new SimulatedClock(NOW_MS);
    const keeper = keepClocks({
      acquisition: () => ({
        async ask(wish) {
          asked.push(wish);
          wish.tell?.({ atMs: 0, name: 'begun' });
          return { ...report(0), task: wish.task };
        },
      }),
      ...{ clock, log: SILENT, isHostSure: () => options.isHostSure ?? true },
      records: { alert: (_device, word) => alerts.push(word) },
      policyOf: () => options.policy ?? CLOCK_POLICY,
    });
    return { keeper, asked, alerts, clock };
  }

  it('sets what is off, by the difference, and not at every read', async () => {
    const { keeper, asked, clock } = house();
    keeper.listener(report(30_000));
    keeper.listener(report(30_000));
    await clock.advance(0);
    expect(asked.map(({ task }) => task)).toEqual([{ kind: 'setClock', byMs: -30_000 }]);
    expect(keeper.figures).toEqual({ clocksSet: 1, clocksOff: 1 });
    keeper.listener(report(1_000));
    expect(keeper.figures.clocksOff).toBe(0);
    await clock.advance(3_600_000);
    keeper.listener(report(-20_000));
    expect(asked).toHaveLength(2);
  });
  it('never sets one while our own is in doubt, and does not judge what it set itself', () => {
    const { keeper, asked } = house({ isHostSure: false });
    keeper.listener(report(30_000));
    const other = house();
    other.keeper.listener({ ...report(30_000), task: { kind: 'setClock', byMs: 1 } });
    expect([...asked, ...other.asked]).toEqual([]);
  });
  it('tells a person of more than drift, and sets nothing', () => {
    const { keeper, asked, alerts } = house();
    keeper.listener(report(86_400_000));
    expect([asked, alerts]).toEqual([[], ['clockOff']]);
  });
  it('what waits longer than the verdict holds is given up', async () => {
    const signals: AbortSignal[] = [];
    const clock = new SimulatedClock(NOW_MS);
    const keeper = keepClocks({
      acquisition: () => ({
        ask: (wish) => {
          if (wish.signal !== undefined) signals.push(wish.signal);
          return new Promise(() => undefined);
        },
      }),
      ...{ clock, log: SILENT, isHostSure: () => true, records: { alert: () => undefined } },
    });
    keeper.listener(report(30_000));
    await clock.advance(2_500);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });
});

describe('our own clock', () => {
  const disk = () => new SimulatedDisk({ random: seededRandom('host') }).boot();
  it.each([
    ['right', true],
    ['unsure', false],
    ['auto', false],
  ] as const)('%s: %s, on a host that says nothing', async (setting, isSure) => {
    const host = await watchHostClock(disk(), new SimulatedClock(NOW_MS), setting);
    expect(host.isSure()).toBe(isSure);
    host.stop();
  });
  it('a host that synchronises says so', async () => {
    const folder = disk();
    const clock = new SimulatedClock(NOW_MS);
    const host = await watchHostClock(folder, clock, 'auto');
    await folder.makeDirectory('/run/systemd/timesync');
    await (await folder.open('/run/systemd/timesync/synchronized', 'create')).close();
    await clock.advance(60_000);
    expect(host.isSure()).toBe(true);
    host.stop();
  });
  it('one that was just set is not believed for a while', async () => {
    const clock = new SimulatedClock(NOW_MS);
    const host = await watchHostClock(disk(), clock, 'right');
    clock.stepWall(-5_000);
    expect(host.isSure()).toBe(false);
    await clock.advance(14 * 60_000);
    expect(host.isSure()).toBe(false);
    await clock.advance(2 * 60_000);
    expect(host.isSure()).toBe(true);
    host.stop();
  });
});
