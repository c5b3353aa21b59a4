/** A polling agent with everything beside it, for six hours on a simulated clock: readings, health, communication log, clocks. */

import { ALONE, type Device, keyOfDevice, openPolling, parseRule, type Reader, type ReadPlan } from '@contor/agent-kit';
import { SimulatedNet, seededRandom } from '@contor/kit';
import { expect, it } from '@jest/globals';
import { SILENT, TestBench, testDevice } from './bench-agent.js';

const HOUR_MS = 3_600_000;
const MINUTES_30: ReadPlan['reads'] = [{ rule: parseRule('every 30 min'), what: { kind: 'live' } }];

it('keeps account of every device', async () => {
  const bench = new TestBench('polling agent');
  const { clock, city } = bench;
  await bench.provision([1, 2, 3, 4].map((number) => testDevice(number)));
  const agent = await bench.open();
  agent.start();
  const offMs = new Map([
    ['meter-1', 0],
    ['meter-2', 40_000],
  ]);
  const reader: Reader = {
    async read({ deviceId }, task) {
      const effort = { bytesIn: 40, bytesOut: 10, steps: [] };
      await clock.sleep(300);
      if (deviceId === 'meter-3')
        return { kind: 'failed', fault: 'no-answer', code: 'test.silent', detail: '', ...effort };
      const deviceTimeMs = clock.nowMs() + (offMs.get(deviceId) ?? 0);
      if (task.kind === 'setClock') offMs.set(deviceId, (offMs.get(deviceId) ?? 0) + task.byMs);
      const bytes = new TextEncoder().encode(
        JSON.stringify({ t: deviceTimeMs, v: { energy: clock.nowMs() / HOUR_MS } }),
      );
      const frames = task.kind === 'live' ? [{ channel: 'attrs', lane: 'live', bytes } as const] : [];
      return { kind: 'value', frames, deviceTimeMs, askedMs: clock.nowMs(), answeredMs: clock.nowMs(), ...effort };
    },
  };
  const disk = bench.disk.boot();
  const random = seededRandom('polling agent');
  const planOf = ({ deviceId }: Device): ReadPlan | undefined =>
    deviceId === 'meter-4'
      ? { line: 'bus', reads: MINUTES_30, isSuspended: true }
      : { line: 'bus', reads: MINUTES_30, attempts: 2 };
  const polling = await openPolling({
    ...{
      dataFolder: '/data/polling',
      ports: { clock, disk, random, net: new SimulatedNet({ clock, random }) },
      log: SILENT,
    },
    ...{
      agent,
      reader,
      planOf,
      hostClock: 'right',
      ...city.doors(() => true),
      historyPeer: { url: 'http://127.0.0.1:9' },
    },
    onFatal: (error) => {
      throw error;
    },
  });
  polling.start();
  await clock.advance(6 * HOUR_MS + 60_000);

  const told = (type: string, id: string, name: string, tenant = 'default') =>
    city.present.get(`${tenant}/urn:ngsi-ld:${type}:${id}`)?.get(name)?.value;
  expect([1, 2, 3, 4].map((number) => told('Device', `meter-${number}`, 'deviceState'))).toEqual([
    'ok',
    'ok',
    'failing',
    'suspended',
  ]);
  expect(told('Device', 'meter-3', 'successRate')).toBe(0);
  expect(told('Device', 'meter-1', 'clockDeviationSeconds')).toBe(0);
  expect(polling.figures).toMatchObject({
    planned: 3,
    devicesOk: 2,
    devicesFailing: 1,
    devicesSuspended: 1,
    clocksSet: 1,
  });
  expect(polling.figures.readsRested).toBeGreaterThan(0);
  expect(Math.abs(offMs.get('meter-2') ?? 0)).toBeLessThan(1_000);

  const rowsOf = (meter: string) =>
    [...city.rows].filter(([key]) =>
      key.startsWith(`default_audit/urn:ngsi-ld:AuditRecord:communication:${meter}/status/`),
    );
  expect(rowsOf('meter-1').map(([, status]) => status)).toEqual(Array.from({ length: 12 }, () => 'done'));
  expect(rowsOf('meter-2')).toHaveLength(13); // One of them set its clock.
  expect(new Set(rowsOf('meter-3').map(([, status]) => status))).toEqual(new Set(['failed: test.silent']));
  expect(told('AuditRecord', 'communication:meter-2', 'operation', 'default_audit')).toBe('read.live');
  expect(city.faults).toMatchObject({ batchTooLarge: 0, twiceInBatch: 0, twoInFlight: 0 });
  expect(bench.fatals).toEqual([]);

  const stopped = polling.stop().then(() => agent.stop());
  await clock.advance(30_000);
  await stopped;
});

it('leaves a device of another replica alone, and says nothing of how it is', async () => {
  const bench = new TestBench('polling replica');
  const { clock, city } = bench;
  const [own, others] = [testDevice(1), testDevice(2)];
  await bench.provision([own, others]);
  const agent = await bench.open();
  agent.start();
  const asked = new Set<string>();
  const reader: Reader = {
    async read({ deviceId }) {
      asked.add(deviceId);
      return {
        kind: 'failed',
        fault: 'no-answer',
        code: 'test.silent',
        detail: '',
        bytesIn: 0,
        bytesOut: 1,
        steps: [],
      };
    },
  };
  const random = seededRandom('polling replica');
  const polling = await openPolling({
    ...{ dataFolder: '/data/polling', log: SILENT, agent, reader, hostClock: 'right', ...city.doors(() => true) },
    ports: { clock, disk: bench.disk.boot(), random, net: new SimulatedNet({ clock, random }) },
    planOf: () => ({ line: 'bus', reads: MINUTES_30 }),
    historyPeer: { url: 'http://127.0.0.1:9' },
    leases: { ...ALONE, holds: (key) => (key === keyOfDevice(own) ? ALONE.holds(key) : undefined) },
    onFatal: (error) => {
      throw error;
    },
  });
  polling.start();
  await clock.advance(2 * HOUR_MS);
  expect([...asked]).toEqual([own.deviceId]);
  const stateOf = ({ refDevice }: Device) => city.present.get(`default/${refDevice}`)?.get('deviceState');
  expect(stateOf(own)).toBeDefined();
  expect(stateOf(others)).toBeUndefined();
  const stopped = polling.stop().then(() => agent.stop());
  await clock.advance(30_000);
  await stopped;
});
