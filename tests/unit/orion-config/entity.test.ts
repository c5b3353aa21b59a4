import { entity, type NgsiEntity, parseUrn, urn } from '@contor/orion-config';
import { describe, expect, it } from '@jest/globals';

const OBSERVED = '2026-11-20T07:00:10.000Z';
const id = urn('ACMeasurement', 'e350-0001');

describe('the builder', () => {
  it('adds the unit of the table and keeps the order in which things were said', () => {
    const built = entity('ACMeasurement', id)
      .property('totalActivePower', 230.5, { observedAt: OBSERVED })
      .property('source', 'live')
      .relationship('refDevice', urn('Device', 'e350-0001'))
      .geoProperty('location', { type: 'Point', coordinates: [26.1, 44.4] })
      .build();
    expect(JSON.stringify(built)).toBe(
      JSON.stringify({
        id: 'urn:ngsi-ld:ACMeasurement:e350-0001',
        type: 'ACMeasurement',
        totalActivePower: { type: 'Property', value: 230.5, unitCode: 'WTT', observedAt: OBSERVED },
        source: { type: 'Property', value: 'live' },
        refDevice: { type: 'Relationship', object: 'urn:ngsi-ld:Device:e350-0001' },
        location: { type: 'GeoProperty', value: { type: 'Point', coordinates: [26.1, 44.4] } },
      }),
    );
  });

  it('dates belonging by sub-properties and tells periods apart by datasetId', () => {
    const point = entity('ConsumptionPoint', urn('ConsumptionPoint', 'p1'))
      .relationship('refSite', urn('Site', 'a'), { validFrom: '2026-01-01T00:00:00Z', validTo: '2026-06-01T00:00:00Z' })
      .relationship('refSite', urn('Site', 'b'), {
        validFrom: '2026-06-01T00:00:00Z',
        datasetId: 'urn:contor:period:2',
      })
      .build();
    expect(point.refSite).toEqual([
      {
        type: 'Relationship',
        object: 'urn:ngsi-ld:Site:a',
        validFrom: { type: 'Property', value: '2026-01-01T00:00:00Z' },
        validTo: { type: 'Property', value: '2026-06-01T00:00:00Z' },
      },
      {
        type: 'Relationship',
        object: 'urn:ngsi-ld:Site:b',
        datasetId: 'urn:contor:period:2',
        validFrom: { type: 'Property', value: '2026-06-01T00:00:00Z' },
      },
    ]);
  });

  it('gives sub-properties their units and leaves out what is undefined', () => {
    const built = entity('ACMeasurement', id)
      .property('totalActivePower', 1, {
        subProperties: { intervalSeconds: 900 },
        observedAt: undefined,
        datasetId: undefined,
      })
      .build();
    expect(built.totalActivePower).toEqual({
      type: 'Property',
      value: 1,
      unitCode: 'WTT',
      intervalSeconds: { type: 'Property', value: 900, unitCode: 'SEC' },
    });
  });

  it('refuses the same instance twice', () => {
    const twice = () => entity('ACMeasurement', id).property('source', 'live').property('source', 'profile');
    expect(twice).toThrow(expect.objectContaining({ code: 'entity.duplicate-instance' }));
  });

  it('makes a new entity each time', () => {
    const builder = entity('ACMeasurement', id).property('source', 'live');
    const first: NgsiEntity = builder.build();
    builder.property('frequency', 50);
    expect(first.frequency).toBeUndefined();
    expect(builder.build().frequency).toBeDefined();
  });
});

describe('outside the vocabulary', () => {
  // The compiler is the test: a line that begins to compile makes its `@ts-expect-error` an error.
  const lines = () => {
    const builder = entity('ACMeasurement', id);
    // @ts-expect-error no such entity type
    entity('Thermometer', id);
    // @ts-expect-error no such attribute
    builder.property('activePowerL4', 1);
    // @ts-expect-error an attribute of another type
    builder.property('openingRegister', 1);
    // @ts-expect-error a relationship is not a property
    builder.property('refDevice', 'urn:ngsi-ld:Device:a');
    // @ts-expect-error a property is not a relationship
    builder.relationship('totalActivePower', 'urn:ngsi-ld:Device:a');
    // @ts-expect-error a number, not text
    builder.property('totalActivePower', '230');
    // @ts-expect-error text, not a number
    builder.property('source', 1);
    // @ts-expect-error watts, not kilowatts
    builder.property('totalActivePower', 1, { unitCode: 'KWT' });
    // @ts-expect-error no unit at all
    builder.property('source', 'live', { unitCode: 'WTT' });
    // @ts-expect-error no such sub-property
    builder.property('totalActivePower', 1, { subProperties: { window: 1 } });
    // @ts-expect-error an identifier has a known type
    urn('Thermometer', 'a');
    builder.property('totalActivePower', 1, { unitCode: 'WTT' });
  };
  it('nothing compiles', () => expect(lines).toBeInstanceOf(Function));
});

describe('identifiers', () => {
  it.each(['e350-0001', 'e350-0001:load-profile:2026-11-19', 'GB_3.CW.RF.CT1.KWH', '7'])(
    'takes %s apart again',
    (localId) => {
      expect(parseUrn(urn('Acquisition', localId))).toEqual({ type: 'Acquisition', localId });
    },
  );
  it.each(['', ' ', 'a b', 'a/b', 'ü', '-a', 'a?b', 'a#b', 'a%20b', 'x'.repeat(201)])('refuses "%s"', (localId) => {
    expect(() => urn('Device', localId)).toThrow(expect.objectContaining({ code: 'urn.local-id' }));
  });
  it.each(['', 'urn:ngsi-ld:', 'urn:ngsi-ld:Device', 'urn:ngsi-ld:Device:', 'urn:ngsi-ld::x', 'https://a/b'])(
    'does not know %s',
    (text) => {
      expect(parseUrn(text)).toBeUndefined();
    },
  );
});
