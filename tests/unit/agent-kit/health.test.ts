/** How devices are: the word for each by what came and what was expected, and what the broker hears of it. */

import {
  answered,
  failed,
  heard,
  judgeCondition,
  successRate,
  type Track,
  UNHEARD,
} from '@contor/agent-kit/health/condition.js';
import { type Fleet, openFleet } from '@contor/agent-kit/health/fleet.js';
import { openCheckpoint, SimulatedClock, SimulatedDisk, seededRandom } from '@contor/kit';
import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SILENT, testDevice } from './bench-agent.js';
import { FakeCity } from './fake-city.js';

const START_MS = Date.UTC(2026, 10, 20, 8);
const EVERY = 900;
const INTERVAL_MS = EVERY * 1_000;
const expected = { everySeconds: EVERY, isSuspended: false, sinceMs: START_MS };
const track = (fields: Partial<Track>): Track => ({ ...UNHEARD, ...fields });

describe('the word for a device', () => {
  it.each([
    ['new', {}, 0],
    ['new', {}, 5],
    ['silent', {}, 7],
    ['ok', { heardMs: START_MS }, 0],
    ['ok', { heardMs: START_MS }, 2.4],
    ['late', { heardMs: START_MS }, 2.6],
    ['late', { heardMs: START_MS }, 6],
    ['silent', { heardMs: START_MS }, 6.1],
    ['ok', { heardMs: START_MS, failures: 2 }, 1],
    ['failing', { heardMs: START_MS, failures: 3 }, 1],
    ['failing', { failures: 3 }, 0],
  ] as const)('%s: %j, %d intervals later', (condition, fields, intervals) =>
    expect(judgeCondition(track(fields), expected, START_MS + intervals * INTERVAL_MS)).toBe(condition),
  );
  it('suspended, whatever else', () =>
    expect(judgeCondition(track({ failures: 9 }), { ...expected, isSuspended: true }, START_MS)).toBe('suspended'));
  it('never late where nothing is expected', () =>
    expect(judgeCondition(track({ heardMs: 0 }), { ...expected, everySeconds: undefined }, START_MS * 2)).toBe('ok'));
  it('nobody is late for the time in which we were away', () =>
    expect(judgeCondition(track({ heardMs: START_MS - 99 * INTERVAL_MS }), expected, START_MS)).toBe('ok'));
});

describe('the success rate', () => {
  it('is the share of expected messages that came, those that are due now included', () => {
    let one = UNHEARD;
    for (const at of [0, 1, 2, 5, 6]) one = heard(one, START_MS + at * INTERVAL_MS, EVERY);
    expect(successRate(one, EVERY, START_MS + 6 * INTERVAL_MS)).toBe(0.714); // 5 of 7.
    expect(successRate(one, EVERY, START_MS + 9 * INTERVAL_MS)).toBe(0.556); // 5 of 9: the tenth is not due yet.
  });
  it('of several messages in an interval one was expected', () => {
    let one = UNHEARD;
    for (let at = 0; at < 100; at += 1) one = heard(one, START_MS + at * 10_000, EVERY);
    expect(one.known).toBeLessThanOrEqual(2);
    expect(successRate(one, EVERY, START_MS + 990_000)).toBe(1);
  });
  it('of reads is the share that answered, and remembers the newest', () =>
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), (reads) => {
        let one = UNHEARD;
        for (const isAnswered of reads) one = isAnswered ? answered(one, START_MS) : failed(one);
        const newest = reads.slice(-31);
        const share = newest.filter(Boolean).length / newest.length;
        expect(successRate(one, undefined, START_MS)).toBe(Math.round(share * 1_000) / 1_000);
        expect(one.failures).toBe(reads.length - 1 - reads.lastIndexOf(true));
      }),
    ));
});

describe('a fleet', () => {
  const devices = [1, 2].map((number) => ({ ...testDevice(number), reportingIntervalSeconds: EVERY }));
  let clock: SimulatedClock;
  let disk: SimulatedDisk;
  let city: FakeCity;

  beforeEach(() => {
    clock = new SimulatedClock(START_MS);
    disk = new SimulatedDisk({ random: seededRandom('fleet') });
    city = new FakeCity(clock, seededRandom('fleet city'));
  });

  async function open(): Promise<Fleet> {
    const booted = disk.boot();
    await booted.makeDirectory('/data');
    const fleet = await openFleet({
      registry: { all: () => devices, find: (key) => devices.find(({ deviceId }) => `key/${deviceId}` === key) },
      ...{ clock, log: SILENT, broker: city.doors(() => true).broker },
      checkpoint: openCheckpoint({ disk: booted, path: '/data/health' }),
      expectationOf: ({ reportingIntervalSeconds }) => ({ everySeconds: reportingIntervalSeconds, isSuspended: false }),
    });
    fleet.start();
    return fleet;
  }
  const told = (number: number, name: string) =>
    city.present.get(`default/urn:ngsi-ld:Device:meter-${number}`)?.get(name)?.value;

  it('tells the broker how each is, and again when that changes', async () => {
    const fleet = await open();
    await clock.advance(60_000);
    expect([told(1, 'deviceState'), told(2, 'deviceState')]).toEqual(['new', 'new']);
    fleet.heard('key/meter-1');
    await clock.advance(60_000);
    expect([told(1, 'deviceState'), told(1, 'successRate')]).toEqual(['ok', 1]);
    expect(fleet.figures).toMatchObject({ devicesOk: 1, devicesNew: 1, devicesSilent: 0, successPercent: 100 });
    await clock.advance(3 * INTERVAL_MS);
    expect(told(1, 'deviceState')).toBe('late');
    await clock.advance(4 * INTERVAL_MS);
    expect([told(1, 'deviceState'), told(2, 'deviceState')]).toEqual(['silent', 'silent']);
    expect(told(1, 'successRate')).toBeLessThan(0.2);
    await fleet.stop();
  });

  it('says no more than there is to say', async () => {
    const fleet = await open();
    await clock.advance(14 * 60_000);
    expect(city.upserts).toBe(1);
    await fleet.stop();
  });

  it('a broker that is away hears the newest when it is back', async () => {
    const fleet = await open();
    city.isBrokerDown = true;
    fleet.heard('key/meter-1');
    await clock.advance(60_000);
    city.isBrokerDown = false;
    await clock.advance(60_000);
    expect(told(1, 'deviceState')).toBe('ok');
    await fleet.stop();
  });

  it('a restart forgets nothing', async () => {
    const fleet = await open();
    for (let at = 0; at < 3; at += 1) fleet.read('key/meter-2', false);
    fleet.read('key/meter-1', true, -12_300);
    expect(fleet.of('key/meter-1')).toMatchObject({ condition: 'ok', clockDeviationMs: -12_300 });
    await fleet.stop();
    const again = await open();
    expect(again.of('key/meter-2')).toMatchObject({ condition: 'failing', failures: 3, successRate: 0 });
    expect(again.of('key/meter-1')?.heardMs).toBe(START_MS);
    expect(again.of('key/nobody')).toBeUndefined();
    await again.stop();
  });
});
