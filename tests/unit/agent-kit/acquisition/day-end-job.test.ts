/** Day-end recovery against a real history server: what was lost over both nights of the clocks comes back from the meter, once. */

import { TRACEABLE } from '@contor/agent-json';
import {
  type Acquisition,
  type Agent,
  type Device,
  historyOver,
  openAcquisition,
  openAgent,
  presenceOver,
  provisionDevices,
  type Reader,
  type ReadTask,
  recoverDays,
} from '@contor/agent-kit';
import { expectedStarts } from '@contor/agent-kit/acquisition/day-end.js';
import { type Clock, realClock, SimulatedDisk, SimulatedNet, seededRandom, toIso } from '@contor/kit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Instance, openInstance } from '../../../contract/history/instance.js';
import { eventually } from '../../../support/metering-path.js';
import { SILENT, testDevice } from '../bench-agent.js';

const ZONE = 'Europe/Bucharest';
const STEP_MS = 900_000;
/** This meter never exports, and its interval is known from what it told before. */
const PROFILE = { name: 'load-profile', channels: ['activeEnergyImport', 'activeEnergyExport'] };
/** The meter says `null` for these: it had no power. */
const NEVER_STORED = new Set<number>();

let history: Instance;

beforeAll(async () => {
  history = await openInstance();
});
afterAll(() => history.stop());

/** Registers at each quarter of an hour, for ever; what is asked for is answered in whole. */
function profileBytes(fromMs: number, toMs: number): Uint8Array {
  const registers: (number | null)[] = [];
  for (let at = fromMs; at <= toMs; at += STEP_MS)
    registers.push(NEVER_STORED.has(at) ? null : (at / STEP_MS) % 100_000);
  const text = { intervalSeconds: 900, start: toIso(fromMs), registers: { energyImport: registers } };
  return new TextEncoder().encode(JSON.stringify(text));
}

interface City {
  readonly agent: Agent;
  readonly acquisition: Acquisition;
  readonly device: Device;
  readonly reads: ReadTask[];
  readonly told: object[];
  readonly recover: () => ReturnType<typeof recoverDays>;
  deliver(starts: readonly number[]): Promise<void>;
  stored(fromMs: number, toMs: number): Promise<ReadonlySet<number>>;
  isSilent: boolean;
  stop(): Promise<void>;
}

let meters = 0;

/** A clock that shows that moment, and lets real time pass. */
async function openCity(nowMs: number): Promise<City> {
  const real = realClock();
  const startedMs = real.monotonicMs();
  const clock: Clock = {
    nowMs: () => nowMs + real.monotonicMs() - startedMs,
    monotonicMs: () => real.monotonicMs(),
    after: (ms, task) => real.after(ms, task),
    sleep: (ms, signal) => real.sleep(ms, signal),
  };
  const random = seededRandom('day end');
  const disk = new SimulatedDisk({ random }).boot();
  meters += 1;
  const device = {
    ...testDevice(meters, history.tenant['NGSILD-Tenant']),
    model: 'landis-gyr-e350-json',
    timeZone: ZONE,
  };
  await provisionDevices('/data', [device], disk);
  const door = historyOver({ url: history.url }, 'day-end', clock);
  const presence = presenceOver({ url: history.url });
  const agent = await openAgent({
    ...{ dataFolder: '/data', ports: { clock, disk, random, net: new SimulatedNet({ clock, random }) }, log: SILENT },
    ...{ history: door, broker: { upsert: async () => ({ kind: 'done' }) as const }, hasDeviceTime: () => true },
    ...{ translator: TRACEABLE.translator, limits: { logBytes: 2 ** 22 } },
    onFatal: (error) => {
      throw error;
    },
  });
  agent.start();
  const reads: ReadTask[] = [];
  const told: object[] = [];
  const reader: Reader = {
    async read(_device, task) {
      reads.push(task);
      const effort = { bytesIn: 1, bytesOut: 1, steps: [] };
      if (city.isSilent || task.kind !== 'profile')
        return { kind: 'failed', fault: 'unsupported', code: 'test.silent', detail: '', ...effort };
      const bytes = profileBytes(task.fromMs, task.toMs);
      return { kind: 'value', frames: [{ channel: 'profile', lane: 'late', bytes }], ...effort };
    },
  };
  const acquisition = openAcquisition({
    ...{ agent, reader, clock, random, log: SILENT, planOf: () => ({ line: 'bus', reads: [] }) },
  });
  const settled = () =>
    eventually(async () => {
      if (agent.figures.lateLag > 0) throw new Error('not in history yet');
    });
  const known = agent.registry.find(`key/meter-${meters}`);
  if (known === undefined) throw new Error('The registry does not know its device.');
  const city: City = {
    ...{ agent, acquisition, device: known, reads, told, isSilent: false },
    recover: () =>
      recoverDays(known, {
        ...{ acquisition, clock, log: SILENT, present: presence.present, settled, profilesOf: () => [PROFILE] },
        tell: (_tenant, entity) => told.push(entity),
      }),
    async deliver(starts) {
      const { apiKey, deviceId } = known;
      const take = (at: number) =>
        agent.take({ apiKey, deviceId, channel: 'profile', lane: 'late', bytes: profileBytes(at, at + STEP_MS) });
      await Promise.all(starts.map(take));
      await settled();
    },
    stored: async (fromMs, toMs) =>
      (await presence.present(known, PROFILE.channels, { fromMs, toMs })).starts.get('activeEnergyImport') ?? new Set(),
    async stop() {
      await acquisition.stop();
      await agent.stop();
      presence.close();
      door.close();
    },
  };
  return city;
}

const daysBefore = (last: string): string[] =>
  Array.from({ length: 7 }, (_, back) => toIso(Date.parse(`${last}T12:00:00Z`) - (6 - back) * 86_400_000).slice(0, 10));

describe.each([
  ['2026-03-29', 92],
  ['2026-10-25', 100],
])('the night of the clocks of %s, %i quarters of an hour', (day, quarters) => {
  it('a fifth and six hours are lost, all of it comes back, and a second run changes nothing', async () => {
    const expected = expectedStarts(day, ZONE, 900);
    expect(expected).toHaveLength(quarters);
    const all = daysBefore(day).flatMap((one) => expectedStarts(one, ZONE, 900));
    const random = seededRandom(`lost ${day}`);
    const outage = expected.slice(4, 28);
    const delivered = all.filter((at) => !expected.includes(at) || (random.next() >= 0.2 && !outage.includes(at)));
    const [first = 0] = all;
    const end = (expected.at(-1) ?? 0) + STEP_MS;
    const city = await openCity(end + 20 * 60_000);
    await city.deliver(delivered);

    const [result, ...others] = await city.recover();
    expect(others).toEqual([]);
    expect(result).toMatchObject({ day, expected: quarters, after: quarters, missing: [] });
    expect(result?.before).toBe(delivered.length - all.length + quarters);
    expect([...(await city.stored(first, end))].sort((a, b) => a - b)).toEqual(all);
    expect(city.told).toMatchObject([
      { id: `urn:ngsi-ld:Acquisition:${city.device.name}:load-profile:${day}`, status: { value: 'complete' } },
    ]);

    const reads = city.reads.length;
    expect(reads).toBeLessThan(20);
    expect(await city.recover()).toEqual([]);
    expect([city.reads.length, city.told.length]).toEqual([reads, 1]);
    await city.stop();
  });
});

it('what the meter never stored is marked missing with the reason, the same at every run', async () => {
  const day = '2026-05-04';
  const all = daysBefore(day).flatMap((one) => expectedStarts(one, ZONE, 900));
  const expected = expectedStarts(day, ZONE, 900);
  const [from = 0] = expected.slice(40, 41);
  for (const at of [from, from + STEP_MS]) NEVER_STORED.add(at);
  const city = await openCity((expected.at(-1) ?? 0) + STEP_MS + 20 * 60_000);
  await city.deliver(all.filter((at) => at < from - STEP_MS || at > from + 10 * STEP_MS));
  const first = await city.recover();
  // Without the registers of two instants, three intervals have no amount.
  const gap = { fromMs: from - STEP_MS, toMs: from + 2 * STEP_MS, reason: 'not stored by the meter' };
  expect(first).toMatchObject([{ day, expected: 96, after: 93, missing: [gap] }]);
  expect(await city.recover()).toMatchObject([{ day, after: 93, missing: [gap] }]);
  expect(city.told[1]).toEqual(city.told[0]);
  expect(city.told[0]).toMatchObject({ status: { value: 'incomplete' } });
  await city.stop();
});

it('a meter that does not answer leaves its days missing by that reason, whole days too', async () => {
  const day = '2026-05-04';
  const expected = expectedStarts(day, ZONE, 900);
  const city = await openCity((expected.at(-1) ?? 0) + STEP_MS + 20 * 60_000);
  city.isSilent = true;
  const results = await city.recover();
  expect(results.map(({ after, missing }) => [after, missing.map(({ reason }) => reason)])).toEqual(
    daysBefore(day).map(() => [0, ['failed: test.silent']]),
  );
  expect(city.told.at(-1)).toMatchObject({
    localDay: { value: day },
    storedCount: { value: 0 },
    expectedCount: { value: 96 },
  });
  await city.stop();
});
