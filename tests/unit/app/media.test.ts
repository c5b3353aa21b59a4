import { meterRows, toCity } from '@contor/app/logic/city';
import { mediaRows } from '@contor/app/logic/media';
import { sampleMbus } from '@contor/mbus/sample.js';
import { entity, sampleEntities, urn } from '@contor/orion-config';
import { describe, expect, it } from '@jest/globals';

const NOW = Date.UTC(2026, 10, 20, 7, 0, 0);
const observedAt = new Date(NOW - 5_000).toISOString();
const { entities, devices } = sampleMbus('127.0.0.1:10001');
const [heat] = devices;
const measured = entity('HeatMeasurement', urn('HeatMeasurement', heat?.name ?? ''))
  .property('totalHeatEnergy', 4_711, { observedAt })
  .property('thermalPower', 42.5, { observedAt })
  .property('forwardTemperature', 80.1, { observedAt })
  .property('returnTemperature', 50.2, { observedAt })
  .relationship('refDevice', heat?.refDevice ?? '')
  .relationship('refPoint', heat?.refPoint ?? '')
  .build();
const city = toCity([...sampleEntities(NOW), ...entities, measured]);

describe('heat, water and gas on the live page', () => {
  it('a substation with its register, power and pipes', () =>
    expect(mediaRows(city)).toEqual([
      {
        id: heat?.name,
        name: `Tulip Street, heat ${heat?.serialNumber}`,
        medium: 'heat',
        register: { value: 4_711, unit: 'kWh', digits: 0 },
        now: { value: 42.5, unit: 'kW', digits: 1 },
        forwardC: 80.1,
        returnC: 50.2,
        heardAtMs: NOW - 5_000,
        intervalSeconds: 20,
      },
    ]));

  it('electricity meters stay among themselves, also before the others have spoken', () =>
    expect(meterRows(city)).toHaveLength(20));

  it.each([
    ['WaterConsumptionObserved', 'waterConsumption', 'water'],
    ['GasMeasurement', 'totalGasVolume', 'gas'],
  ] as const)('%s', (type, attribute, medium) => {
    const one = { id: urn(type, 'x'), type, [attribute]: { type: 'Property', value: 1.5, observedAt } };
    expect(mediaRows(toCity([one]))).toMatchObject([
      { id: 'x', name: 'x', medium, register: { value: 1.5, unit: 'm³' } },
    ]);
  });

  it('the sample names every meter once, and no key in plain sight', () => {
    expect(new Set(devices.map(({ name }) => name)).size).toBe(9);
    expect(JSON.stringify([entities, devices])).not.toMatch(/[0-9a-f]{32}/);
  });
});
