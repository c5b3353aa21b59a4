import {
  CONTEXT_URL,
  contextDocument,
  contextLink,
  ENTITY_TYPES,
  entitySchema,
  extendVocabulary,
  SAMPLE_CITY,
  sampleEntities,
  VOCABULARY,
} from '@contor/orion-config';
import { describe, expect, it } from '@jest/globals';
import { faultsOf } from './mini-schema.js';

const NOW_MS = Date.UTC(2026, 10, 20, 7);

describe('the @context', () => {
  const context = contextDocument()['@context'];
  it('has a term for each type and attribute, in order, and our prefix', () => {
    const terms = Object.keys(context);
    expect(terms).toEqual([...terms].sort());
    expect(new Set(terms)).toEqual(
      new Set(['contor', ...Object.keys(VOCABULARY.entityTypes), ...Object.keys(VOCABULARY.attributes)]),
    );
  });
  it('is the same text each time', () =>
    expect(JSON.stringify(contextDocument())).toBe(JSON.stringify(contextDocument())));
  it.each([
    ['ACMeasurement', 'https://smartdatamodels.org/dataModel.Energy/ACMeasurement'],
    ['Device', 'https://smartdatamodels.org/dataModel.Device/Device'],
    ['Alert', 'https://smartdatamodels.org/dataModel.Alert/Alert'],
    ['WaterConsumptionObserved', 'https://smartdatamodels.org/dataModel.WaterConsumption/WaterConsumptionObserved'],
    ['totalActivePower', 'https://smartdatamodels.org/dataModel.Energy/totalActivePower'],
    ['activePowerL1', 'https://contor.example/vocabulary/activePowerL1'],
    ['activeEnergyImport', 'https://contor.example/vocabulary/activeEnergyImport'],
    ['location', 'https://uri.etsi.org/ngsi-ld/location'],
    ['description', 'http://purl.org/dc/terms/description'],
  ])('%s means %s', (term, iri) => expect(context[term]).toBe(iri));
  it('says what is a link and what is an instant', () => {
    expect(context.refDevice).toEqual({
      '@id': 'https://smartdatamodels.org/dataModel.Energy/refDevice',
      '@type': '@id',
    });
    expect(context.validFrom).toEqual({
      '@id': 'https://smartdatamodels.org/validFrom',
      '@type': 'https://uri.etsi.org/ngsi-ld/DateTime',
    });
  });
  it('is named by a Link header', () => {
    expect(contextLink()).toBe(
      `<${CONTEXT_URL}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`,
    );
  });
});

describe('the schemas', () => {
  it.each(Object.keys(ENTITY_TYPES))('of %s name every attribute and nothing else', (type) => {
    const schema = entitySchema(type) as { properties: object; additionalProperties: boolean };
    const frame = ['@context', 'id', 'type', 'scope', 'createdAt', 'modifiedAt'];
    expect(Object.keys(schema.properties).sort()).toEqual(
      [...frame, ...(VOCABULARY.entityTypes[type]?.attributes ?? [])].sort(),
    );
    expect(schema.additionalProperties).toBe(false);
  });
  it.each(sampleEntities(NOW_MS).map((one) => [one.id, one] as const))('accept %s', (_id, one) => {
    expect(faultsOf(entitySchema(one.type), one)).toEqual([]);
  });

  const power = (members: object) => ({
    id: 'urn:ngsi-ld:ACMeasurement:a',
    type: 'ACMeasurement',
    totalActivePower: { type: 'Property', value: 1, ...members },
  });
  it.each([
    ['a unit that is not the one of the table', power({ unitCode: 'KWT' })],
    ['text for a number', power({ value: '1' })],
    ['another kind of attribute', power({ type: 'Relationship' })],
    ['a local time', power({ observedAt: '2026-11-20T07:00:10' })],
    ['no instance at all', { ...power({}), totalActivePower: [] }],
    ['an unknown attribute', { ...power({}), activePowerL4: { type: 'Property', value: 1 } }],
    ['another type', { ...power({}), type: 'Device' }],
    ['no identifier', { type: 'ACMeasurement' }],
    ['a relationship to nowhere', { ...power({}), refDevice: { type: 'Relationship', object: 'e350' } }],
    ['half a count', { ...power({}), outageCountL1: { type: 'Property', value: 0.5 } }],
  ])('refuse %s', (_what, one) => expect(faultsOf(entitySchema('ACMeasurement'), one)).not.toEqual([]));
  it.each([
    ['the unit left out', power({})],
    ['the unit of the table', power({ unitCode: 'WTT' })],
    [
      'several instances',
      {
        ...power({}),
        totalActivePower: [
          { type: 'Property', value: 1 },
          { type: 'Property', value: 2, datasetId: 'urn:x:1' },
        ],
      },
    ],
    [
      'a typed DateTime',
      {
        ...power({}),
        dateObserved: { type: 'Property', value: { '@type': 'DateTime', '@value': '2026-11-20T07:00:10Z' } },
      },
    ],
  ])('accept %s', (_what, one) => expect(faultsOf(entitySchema('ACMeasurement'), one)).toEqual([]));
  it('are of known types only', () =>
    expect(() => entitySchema('Thermometer')).toThrow(expect.objectContaining({ code: 'entity.unknown-type' })));
});

describe('an extension at run time', () => {
  const extension = {
    attributes: { noiseLevel: { kind: 'property', quantity: 'gauge', unitCode: 'LUX', decimals: 1, about: 'Noise' } },
    entityTypes: {
      Thermometer: { about: 'A sensor', attributes: ['temperature', 'noiseLevel'] },
      ACMeasurement: { about: '', attributes: ['noiseLevel'] },
    },
  } as const;
  it('stands beside the tables and shows in what is made of them', () => {
    const vocabulary = extendVocabulary(VOCABULARY, extension);
    expect(contextDocument(vocabulary)['@context'].noiseLevel).toBe('https://contor.example/vocabulary/noiseLevel');
    expect(
      faultsOf(entitySchema('Thermometer', vocabulary), {
        id: 'urn:a:b',
        type: 'Thermometer',
        noiseLevel: { type: 'Property', value: 1 },
      }),
    ).toEqual([]);
    expect(vocabulary.entityTypes.ACMeasurement?.attributes).toContain('noiseLevel');
    expect(VOCABULARY.entityTypes.ACMeasurement?.attributes).not.toContain('noiseLevel');
    expect(extendVocabulary(vocabulary, extension)).toEqual(vocabulary);
  });
  it.each([
    [
      'another meaning',
      { attributes: { temperature: { kind: 'property', quantity: 'gauge', unitCode: 'KEL', decimals: 3, about: '' } } },
    ],
    [
      'an unknown unit',
      { attributes: { noise: { kind: 'property', quantity: 'gauge', unitCode: 'dB', decimals: 1, about: '' } } },
    ],
    ['no name', { attributes: { 'a b': { kind: 'property', quantity: 'text', about: '' } } }],
    ['an unknown attribute', { entityTypes: { Thermometer: { about: '', attributes: ['warmth'] } } }],
    [
      'a type that is taken',
      { entityTypes: { Device: { about: '', iri: 'https://example.org/Device', attributes: [] } } },
    ],
  ] as const)('is refused for %s', (_why, wrong) => {
    expect(() => extendVocabulary(VOCABULARY, wrong)).toThrow(expect.objectContaining({ code: 'extension.conflict' }));
  });
});

describe('the sample city', () => {
  const entities = sampleEntities(NOW_MS);
  it('is twenty houses of one street, a meter each', () => {
    const count = (type: string) => entities.filter((one) => one.type === type).length;
    expect(['Site', 'DeviceModel', 'ConsumptionPoint', 'Device', 'MeterInstallation'].map(count)).toEqual([
      1, 1, 20, 20, 20,
    ]);
    expect(new Set(entities.map((one) => one.id)).size).toBe(entities.length);
    expect(SAMPLE_CITY.houses[0]).toMatchObject({
      name: 'Tulip Street 1',
      pointId: 'urn:ngsi-ld:ConsumptionPoint:tulip-street-01',
      deviceId: 'urn:ngsi-ld:Device:e350-0001',
      installationId: 'urn:ngsi-ld:MeterInstallation:tulip-street-01-1',
      measurementId: 'urn:ngsi-ld:ACMeasurement:e350-0001',
      intervalId: 'urn:ngsi-ld:IntervalReading:e350-0001',
    });
    expect(SAMPLE_CITY.houses.at(-1)?.deviceId).toBe('urn:ngsi-ld:Device:e350-0020');
  });
  it('names parents before children', () => {
    const seen = new Set<string>();
    for (const one of entities) {
      for (const target of JSON.stringify(one).matchAll(/"object":"([^"]+)"/g)) expect(seen).toContain(target[1]);
      seen.add(one.id);
    }
  });
  it('is the same on every later day, and older than any day back-filled', () => {
    expect(sampleEntities(NOW_MS + 1e9)).toEqual(entities);
    expect(JSON.stringify(sampleEntities(Date.UTC(2020, 0, 1)))).toContain('2019-12-01T00:00:00.000Z');
  });
});
