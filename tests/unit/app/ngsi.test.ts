import { heardAtOf, isEntity, localId, numberOf, targetOf, textOf, timeOf } from '@contor/app/logic/ngsi';
import { describe, expect, it } from '@jest/globals';

const meter = {
  id: 'urn:ngsi-ld:ACMeasurement:e350-0001',
  type: 'ACMeasurement',
  totalActivePower: { type: 'Property', value: 230.5, observedAt: '2026-11-20T07:00:10.000Z' },
  voltageL1: { type: 'Property', value: 231, observedAt: '2026-11-20T07:00:20.000Z' },
  voltageL2: { type: 'Property', value: 'urn:ngsi-ld:null' },
  voltageL3: 'not an attribute',
  name: { type: 'Property', value: 'Tulip Street 1' },
  validFrom: { type: 'Property', value: { '@type': 'DateTime', '@value': '2026-01-01T00:00:00Z' } },
  refDevice: { type: 'Relationship', object: 'urn:ngsi-ld:Device:e350-0001' },
  refSite: [
    {
      type: 'Relationship',
      object: 'urn:ngsi-ld:Site:old',
      validTo: { type: 'Property', value: '2026-01-01T00:00:00Z' },
    },
    { type: 'Relationship', object: 'urn:ngsi-ld:Site:new', datasetId: 'urn:ngsi-ld:dataset:2' },
  ],
};

describe('reading an entity', () => {
  it('reads numbers', () => expect(numberOf(meter, 'totalActivePower')).toBe(230.5));
  it('reads texts', () => expect(textOf(meter, 'name')).toBe('Tulip Street 1'));
  it('reads dates', () => expect(timeOf(meter, 'validFrom')).toBe(Date.UTC(2026, 0, 1)));
  it('reads relationships', () => expect(targetOf(meter, 'refDevice')).toBe('urn:ngsi-ld:Device:e350-0001'));
  it('takes the belonging that still holds', () => expect(targetOf(meter, 'refSite')).toBe('urn:ngsi-ld:Site:new'));
  it('takes an empty text for none', () =>
    expect(textOf({ ...meter, name: { type: 'Property', value: '' } }, 'name')).toBeUndefined());
  it('knows when the meter was last heard', () => expect(heardAtOf(meter)).toBe(Date.UTC(2026, 10, 20, 7, 0, 20)));
  it.each(['voltageL2', 'voltageL3', 'frequency'] as const)('answers nothing for %s', (name) => {
    expect(numberOf(meter, name)).toBeUndefined();
    expect(textOf(meter, name)?.startsWith('urn')).toBeUndefined();
  });
  it.each([null, 1, 'text', [], {}, { id: 'urn:x' }])('does not take %j for an entity', (value) =>
    expect(isEntity(value)).toBe(false),
  );
  it('says the local part of an identifier', () => {
    expect(localId('urn:ngsi-ld:Alert:e350-0001:voltageSag:1')).toBe('e350-0001:voltageSag:1');
    expect(localId('something-else')).toBe('something-else');
  });
});
