import { toCity } from '@contor/app/logic/city';
import { customersAt, supplyOf } from '@contor/app/logic/supply';
import { SAMPLE_CITY, sampleEntities } from '@contor/orion-config';
import { describe, expect, it } from '@jest/globals';

const NOW = Date.UTC(2026, 10, 20, 9);
const [house] = SAMPLE_CITY.houses;
if (house === undefined) throw new Error('The street has no house.');
const { deviceId, deviceLocalId, measurementId, name } = house;
const measurement = (more: object) => ({
  id: measurementId,
  type: 'ACMeasurement',
  refDevice: { type: 'Relationship', object: deviceId },
  ...more,
});
const said = (value: string) => ({ type: 'Property', value, observedAt: '2026-11-20T08:59:00Z' });
const supply = (more: object) => supplyOf(toCity([...sampleEntities(NOW), measurement(more)]), deviceLocalId);

describe('the supply behind a meter', () => {
  it.each(['connected', 'disconnected', 'ready'])('is %s when the meter has said so, with the time it did', (state) =>
    expect(supply({ breakerState: said(state) })).toMatchObject({
      breaker: state,
      saidAtMs: Date.UTC(2026, 10, 20, 8, 59),
      pointName: name,
      siteName: SAMPLE_CITY.siteName,
    }),
  );
  it.each([{}, { breakerState: said('levitating') }])('is not known from %j', (more) =>
    expect(supply(more).breaker).toBe('unknown'),
  );
  it('is protected when device or point say so, with the reason', () => {
    const flag = {
      isProtected: { type: 'Property', value: true },
      protectionReason: { type: 'Property', value: 'medical' },
    };
    const city = toCity([...sampleEntities(NOW), { id: deviceId, type: 'Device', ...flag }]);
    expect(supplyOf(city, deviceLocalId).protectedFor).toBe('medical');
    expect(supply({}).protectedFor).toBeUndefined();
  });
  it('of a meter that nobody knows is not known', () =>
    expect(supplyOf(toCity([]), 'nobody')).toMatchObject({ breaker: 'unknown', pointUrn: undefined }));
});

describe('customers behind a point', () => {
  const customer = (name: string) => ({ id: `urn:ngsi-ld:Customer:${name}`, type: 'Customer' });
  const point = {
    id: 'p',
    type: 'ConsumptionPoint',
    refCustomer: { type: 'Relationship', object: customer('ana').id },
  };
  it('are counted once, whoever names whom', () => {
    expect(customersAt(point, [customer('ana'), customer('dan')])).toBe(2);
    expect(customersAt(undefined, [customer('dan')])).toBe(1);
    expect(customersAt(point, [])).toBe(1);
    expect(customersAt(undefined, [])).toBe(0);
  });
});
