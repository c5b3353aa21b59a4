/** When days are held against history: once a night, after each meter's own midnight, and again the next night when history was away. */

import { type Device, openDayEndRounds, type ReadReport } from '@contor/agent-kit';
import { localDay, offsetAt, SimulatedClock, TransportError, toIso } from '@contor/kit';
import { expect, it } from '@jest/globals';
import { SILENT, testDevice } from '../bench-agent.js';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 2, 27, 12);
const ZONES = ['Europe/Bucharest', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Macau'];

it('each meter once a night, over the night of the clocks too, also one that came by day', async () => {
  const clock = new SimulatedClock(START_MS);
  const devices: Device[] = ZONES.map((timeZone, number) => ({ ...testDevice(number), timeZone }));
  const asked: { readonly device: Device; readonly atMs: number }[] = [];
  let change: () => void = () => undefined;
  let isAway = false;
  const rounds = openDayEndRounds({
    registry: {
      all: () => devices,
      find: (key) => devices.find(({ deviceId }) => `key/${deviceId}` === key),
      onChange: (listener) => {
        change = () => listener({ kind: 'device', key: '', device: undefined });
        return () => undefined;
      },
    },
    ...{ clock, log: SILENT, settled: async () => undefined, profilesOf: () => [{ name: 'p', channels: ['c'] }] },
    acquisition: { ask: async () => ({ result: { kind: 'failed', code: 'test.none' } }) as ReadReport },
    present: async (device) => {
      asked.push({ device, atMs: clock.nowMs() });
      if (isAway) throw new TransportError('peer.unavailable', 'away');
      return { starts: new Map(), intervalSeconds: 86_400 };
    },
    tell: () => undefined,
  });
  rounds.start();
  devices.push({ ...testDevice(9), timeZone: 'Europe/Bucharest' });
  change();
  await clock.advance(60 * HOUR_MS);
  isAway = true;
  await clock.advance(12 * HOUR_MS);
  await rounds.stop();

  const nights = new Map<string, Set<string>>();
  for (const { device, atMs } of asked) {
    const local = toIso(atMs + offsetAt(atMs, device.timeZone)).slice(11, 16);
    expect(local >= '00:20' && local < '04:25').toBe(true);
    const days = nights.get(device.deviceId) ?? new Set();
    nights.set(device.deviceId, days.add(localDay(atMs, device.timeZone)));
  }
  expect([...nights.keys()].sort()).toEqual(['meter-0', 'meter-1', 'meter-2', 'meter-3', 'meter-9']);
  for (const days of nights.values()) expect(days.size).toBe(3);
  // Two looks a night, before and after what was read; one where history was away.
  expect(asked.filter(({ device }) => device.deviceId === 'meter-9').length).toBeGreaterThanOrEqual(5);
  expect(rounds.figures.dayEndWaiting).toBe(0);
  expect(rounds.figures.daysIncomplete).toBeGreaterThan(0);
});
