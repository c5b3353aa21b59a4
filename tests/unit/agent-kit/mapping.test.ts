/** From what any protocol brings to entities: heat, water and gas with units and scalers, sums, flags, profiles with holes. */

import { type Device, type DeviceModel, type ProfileRow, toIntervals, toLiveReading } from '@contor/agent-kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const NOW_MS = Date.UTC(2026, 10, 20, 8);
const DEVICE: Device = {
  ...{
    apiKey: 'key',
    deviceId: 'h1',
    tenant: 'default',
    model: 'heat',
    name: 'heat-1',
    refDevice: 'urn:ngsi-ld:Device:heat-1',
  },
  ...{ timeZone: 'Europe/Rome', registerDigits: 6 },
};
const HEAT = {
  type: 'HeatMeasurement',
  values: [
    { objectId: 'energy', attribute: 'totalHeatEnergy', kind: 'register' },
    { objectId: 'volume', attribute: 'totalVolume', kind: 'register', unitCode: 'LTR' },
    { objectId: 'flow', attribute: 'forwardTemperature', kind: 'gauge' },
    { objectId: 'return', attribute: 'returnTemperature', kind: 'gauge' },
    { objectId: 'power', attribute: 'thermalPower', kind: 'gauge', unitCode: 'WTT' },
  ],
  sums: [{ attribute: 'temperatureDifference', addends: ['forwardTemperature'], subtrahends: ['returnTemperature'] }],
} as const satisfies DeviceModel<'HeatMeasurement'>;
const WATER = {
  type: 'WaterConsumptionObserved',
  values: [{ objectId: 'volume', attribute: 'waterConsumption', kind: 'register' }],
  flags: [{ objectId: 'leak', attribute: 'alarmStopsLeaks' }],
} as const satisfies DeviceModel<'WaterConsumptionObserved'>;

const live = (
  model: DeviceModel,
  values: Record<
    string,
    Parameters<typeof toLiveReading>[2]['values'] extends ReadonlyMap<string, infer V> ? V : never
  >,
) => toLiveReading(DEVICE, model, { observedMs: NOW_MS, values: new Map(Object.entries(values)) }, NOW_MS + 500);
const wireOf = (reading: ReturnType<typeof live>, name: string) =>
  (reading.state?.entity[name] as { value?: unknown } | undefined)?.value;

describe('a heat meter', () => {
  it('is told in our units, with the difference it did not send', () => {
    const reading = live(HEAT, {
      energy: { integer: 12_345n, exponent: -3, unitCode: 'MWH' },
      volume: 123_456,
      flow: { integer: 7_512n, exponent: -2, unitCode: 'CEL' },
      return: 45.5,
      power: 12_500,
    });
    expect(reading.faults).toEqual([]);
    expect(reading.state?.entity.id).toBe('urn:ngsi-ld:HeatMeasurement:heat-1');
    const names = ['totalHeatEnergy', 'totalVolume', 'forwardTemperature', 'temperatureDifference', 'thermalPower'];
    expect(names.map((name) => wireOf(reading, name))).toEqual([12_345, 123.456, 75.12, 29.62, 12.5]);
  });
  it('says no difference when one of the two is missing', () => {
    expect(live(HEAT, { flow: 75 }).state?.entity).not.toHaveProperty('temperatureDifference');
  });
  it.each([
    ['another quantity', { energy: { integer: 1n, exponent: 0, unitCode: 'CEL' } } as const, 'decimal.unit'],
    [
      'a register with more digits than are kept',
      { energy: { integer: 1n, exponent: -9 } } as const,
      'decimal.too-precise',
    ],
    ['a word for a number', { energy: 'n/a' }, 'value.type'],
  ])('refuses %s alone', (_name, bad, reason) => {
    const reading = live(HEAT, { ...bad, flow: 75 });
    expect(reading.faults).toMatchObject([{ reason }]);
    expect(wireOf(reading, 'forwardTemperature')).toBe(75);
  });
});

it('a flag is a flag, also when it says no', () => {
  const reading = live(WATER, { volume: { integer: 5n, exponent: -1 }, leak: false });
  expect([wireOf(reading, 'waterConsumption'), wireOf(reading, 'alarmStopsLeaks')]).toEqual([0.5, false]);
  expect(live(WATER, { leak: 1 }).faults).toMatchObject([{ reason: 'value.type' }]);
});

describe('profiles', () => {
  const registers: ProfileRow = {
    name: 'load-profile',
    channels: [
      { objectId: '1.8.0', register: 'totalActiveEnergyImport', interval: 'activeEnergyImport', unitCode: 'WHR' },
    ],
  };
  const amounts: ProfileRow = {
    name: 'intervals',
    channels: [{ objectId: '1.29.0', interval: 'activeEnergyImport', unitCode: 'WHR' }],
  };

  it('registers with a hole give no interval across it', () => {
    const at = (index: number) => NOW_MS + index * 900_000;
    const points = [0, 1, 3, 4].map((index) => ({ atMs: at(index), value: 1_000 + index * 10 }));
    const { rows, acquired } = toIntervals(
      DEVICE,
      registers,
      { intervalSeconds: 900, points: new Map([['1.8.0', points]]) },
      NOW_MS,
    );
    expect(rows.map(({ timeMs, entity }) => [timeMs, (entity.activeEnergyImport as { value: number }).value])).toEqual([
      [at(0), 0.01],
      [at(3), 0.01],
    ]);
    expect(acquired?.startsMs).toEqual([at(0), at(3)]);
  });

  it('amounts are the intervals that begin there, to the last digit', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(10_000_000)), { minLength: 1, maxLength: 50 }), (values) => {
        const points = values.map((value, index) => ({ atMs: NOW_MS + index * 900_000, value }));
        const { rows, faults } = toIntervals(
          DEVICE,
          amounts,
          { intervalSeconds: 900, points: new Map([['1.29.0', points]]) },
          NOW_MS,
        );
        expect(faults).toEqual([]);
        expect(rows.map(({ entity }) => (entity.activeEnergyImport as { value: number }).value)).toEqual(
          values.filter((value) => value !== null).map((value) => Number(`${value}e-3`)),
        );
        expect(rows.every(({ entity }) => !('totalActiveEnergyImport' in entity))).toBe(true);
      }),
    );
  });
});
