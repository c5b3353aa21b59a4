import {
  belongingsOf,
  entity,
  integerOf,
  numberOf,
  observedAtOf,
  targetOf,
  textOf,
  timeOf,
  urn,
} from '@contor/orion-config';
import { describe, expect, it } from '@jest/globals';

const OBSERVED = '2026-11-20T07:00:10.000Z';
const SPRING = '2026-03-01T00:00:00.000Z';
const SUMMER = '2026-06-01T00:00:00.000Z';
const a = urn('Site', 'a');
const b = urn('Site', 'b');

const measurement = entity('ACMeasurement', urn('ACMeasurement', 'm'))
  .property('totalActiveEnergyImport', 1.1, { observedAt: OBSERVED })
  .property('source', 'live')
  .build();
const point = entity('ConsumptionPoint', urn('ConsumptionPoint', 'p'))
  .relationship('refSite', a, { validFrom: SPRING, validTo: SUMMER })
  .relationship('refSite', b, { validFrom: SUMMER, datasetId: 'urn:contor:period:2' })
  .build();

describe('reading an entity', () => {
  it('finds values, digits and times', () => {
    expect(numberOf(measurement, 'totalActiveEnergyImport')).toBe(1.1);
    expect(integerOf(measurement, 'totalActiveEnergyImport')).toBe(1_100_000n);
    expect(observedAtOf(measurement, 'totalActiveEnergyImport')).toBe(Date.parse(OBSERVED));
    expect(textOf(measurement, 'source')).toBe('live');
  });
  it('knows where something belonged, now and then', () => {
    expect(targetOf(point, 'refSite')).toBe(b);
    expect(targetOf(point, 'refSite', Date.parse(SPRING))).toBe(a);
    expect(targetOf(point, 'refSite', Date.parse(SUMMER) - 1)).toBe(a);
    expect(targetOf(point, 'refSite', Date.parse(SUMMER))).toBe(b);
    expect(targetOf(point, 'refSite', Date.parse(SPRING) - 1)).toBeUndefined();
    expect(belongingsOf(point, 'refSite')).toHaveLength(2);
  });
  it.each([
    ['a typed DateTime', { type: 'Property', value: { '@type': 'DateTime', '@value': SPRING } }],
    ['plain text', { type: 'Property', value: SPRING }],
    [
      'two instances',
      [
        { type: 'Property', value: SPRING },
        { type: 'Property', value: SUMMER, datasetId: 'urn:x:2' },
      ],
    ],
  ])('reads a date from %s', (_what, validFrom) => {
    expect(timeOf({ id: 'urn:x:1', type: 'MeterInstallation', validFrom } as never, 'validFrom')).toBe(
      Date.parse(SPRING),
    );
  });
  it('reads an array of objects as several targets', () => {
    const group = {
      id: 'urn:x:1',
      type: 'MeterGroup',
      hasMember: { type: 'Relationship', object: ['urn:a:1', 'urn:a:2'] },
    };
    expect(belongingsOf(group, 'hasMember').map(({ target }) => target)).toEqual(['urn:a:1', 'urn:a:2']);
  });
  it.each([
    undefined,
    null,
    7,
    'text',
    [],
    {},
    { type: 'Property' },
    { type: 'Property', value: null },
    { type: 'Property', value: 'urn:ngsi-ld:null' },
    [null],
  ])('finds nothing in %p', (odd) => {
    const one = { id: 'urn:x:1', type: 'X', totalActivePower: odd, source: odd, refSite: odd, validFrom: odd };
    expect(numberOf(one, 'totalActivePower')).toBeUndefined();
    expect(integerOf(one, 'totalActivePower')).toBeUndefined();
    expect(observedAtOf(one, 'totalActivePower')).toBeUndefined();
    expect(textOf(one, 'source')).toBeUndefined();
    expect(timeOf(one, 'validFrom')).toBeUndefined();
    expect(targetOf(one, 'refSite')).toBeUndefined();
  });
});
