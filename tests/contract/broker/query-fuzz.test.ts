/** Any query is answered or refused in the words of GS CIM 009 V1.9.1, 6.3.2: no parameter and no document breaks the broker. */

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../support/long.js';
import { property, room } from './cases.js';
import { describeOurs, type Instance, openInstance } from './instance.js';

const TENANT = { 'NGSILD-Tenant': `fuzz_${process.pid}` };
const EXPECTED = new Set([200, 400, 403, 404, 406, 501]);

const TEXTS: Readonly<Record<string, readonly string[]>> = {
  type: ['Room', '*', '(Room;Hall)|Hall', 'Room,', '(', 'https://example.org/Room'],
  id: ['urn:ngsi-ld:Room:1', 'urn:ngsi-ld:Room:1,urn:ngsi-ld:Room:2', 'x'],
  idPattern: ['.*', '^urn:ngsi-ld', '[', '(a+)+$'],
  q: ['warmth>20', 'label[en]=="a"', 'warmth==1..30;!x|(a;b)', 'warmth', 'label~=^n', 'a{b}', '""', 'warmth=='],
  attrs: ['warmth', 'warmth,label', ',', 'a b'],
  pick: ['id', 'warmth|label', 'a{b}'],
  omit: ['warmth', 'id,type'],
  georel: ['near;maxDistance==1e9', 'within', 'overlaps', 'near;minDistance==1', 'near;x', ''],
  geometry: ['Point', 'Polygon', 'LineString', 'MultiPoint', 'Blob'],
  coordinates: ['[26,44]', '[[26,44],[27,45]]', '[[[0,0],[50,0],[50,50],[0,0]]]', '[1e400,0]', '[[[', '{"a":1}'],
  geoproperty: ['location', 'a.b.c', 'https://example.org/x'],
  geometryProperty: ['location', '!'],
  scopeQ: ['/a', '/#', '/+/b', '(/a;/b)', '/a/../b'],
  lang: ['en', '*', 'en;q=0.5,fr', 'en;q=9', '-'],
  datasetId: ['@none', 'urn:a:b', 'x'],
  orderBy: ['warmth;desc', 'location;dist-asc', 'label,id', 'x[y].z', 'warmth;'],
  orderFrom: ['[26,44]', '[[1,2],[3,4]]', '[]'],
  orderGeometry: ['Point', 'LineString'],
  collation: ['sv', 'de-u-co-phonebk', 'en-u-ks-level1', '-'],
  expandValues: ['warmth', ','],
  jsonKeys: ['warmth'],
  options: ['keyValues', 'concise,sysAttrs', 'x'],
  format: ['simplified', 'normalized', 'x'],
  limit: ['0', '1', '1000', '-1', '1e3'],
  offset: ['0', '7', '999999999', 'x'],
  count: ['true', 'false', 'x'],
  local: ['true', 'false', 'x'],
};

const parameter = fc
  .constantFrom(...Object.keys(TEXTS))
  .chain((name) =>
    fc
      .oneof({ weight: 5, arbitrary: fc.constantFrom(...(TEXTS[name] ?? [''])) }, fc.string({ maxLength: 20 }))
      .map((text) => `${name}=${encodeURIComponent(text)}`),
  );
/** Each at most once: what comes twice is refused at the door. */
const parameters = (maxLength: number): fc.Arbitrary<string[]> =>
  fc.uniqueArray(parameter, { maxLength, selector: (part) => part.split('=')[0] });
const ACCEPTS = ['application/json', 'application/ld+json', 'application/geo+json', '*/*', 'text/html'];
const accept = fc.constantFrom(...ACCEPTS);

const document = fc.record(
  {
    type: fc.constantFrom('Query', 'Query', 'x'),
    entities: fc.oneof(fc.constant([{ type: 'Room' }]), fc.jsonValue({ maxDepth: 3 })),
    ...Object.fromEntries(
      ['q', 'scopeQ', 'attrs', 'pick', 'omit', 'lang', 'datasetId', 'expandValues', 'jsonKeys'].map((member) => [
        member,
        fc.oneof(fc.constantFrom(...(TEXTS[member] ?? [])), fc.jsonValue({ maxDepth: 2 })),
      ]),
    ),
    geoQ: fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.record({
        georel: fc.constantFrom(...(TEXTS.georel ?? [])),
        geometry: fc.constantFrom(...(TEXTS.geometry ?? [])),
        coordinates: fc.oneof(fc.constantFrom(...(TEXTS.coordinates ?? [])), fc.jsonValue({ maxDepth: 5 })),
      }),
    ),
    ordering: fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.record({
        orderBy: fc.array(fc.constantFrom(...(TEXTS.orderBy ?? []))),
        coordinates: fc.jsonValue({ maxDepth: 3 }),
        collation: fc.jsonValue({ maxDepth: 1 }),
      }),
    ),
  },
  { requiredKeys: ['type'] },
);

describeOurs('any query', () => {
  let broker: Instance;
  beforeAll(async () => {
    broker = await openInstance();
    const location = { type: 'GeoProperty', value: { type: 'Point', coordinates: [26, 44] } };
    const label = { type: 'LanguageProperty', languageMap: { en: 'north', ro: 'nord' } };
    const rooms = [
      room('urn:ngsi-ld:Room:1', { warmth: property(21), label, location }),
      { ...room('urn:ngsi-ld:Room:2', { warmth: property('warm') }), scope: ['/a', '/a/b'] },
    ];
    const reply = await broker.send('POST', '/ngsi-ld/v1/entityOperations/create', rooms, TENANT);
    expect(reply.status).toBe(201);
  });
  afterAll(() => broker.stop());

  it('by URL', () =>
    fc.assert(
      fc.asyncProperty(parameters(8), accept, async (some, Accept) => {
        const reply = await broker.send('GET', `/ngsi-ld/v1/entities?${some.join('&')}`, undefined, {
          ...TENANT,
          Accept,
        });
        expect(EXPECTED).toContain(reply.status);
      }),
      { numRuns: times(80, 600) },
    ));

  it('by document', () =>
    fc.assert(
      fc.asyncProperty(document, accept, fc.boolean(), async (body, Accept, isLocal) => {
        const path = `/ngsi-ld/v1/entityOperations/query${isLocal ? '?local=true' : ''}`;
        const reply = await broker.send('POST', path, body, { ...TENANT, Accept });
        expect(EXPECTED).toContain(reply.status);
      }),
      { numRuns: times(80, 600) },
    ));

  it('for one entity', () =>
    fc.assert(
      fc.asyncProperty(parameters(4), accept, async (some, Accept) => {
        const path = `/ngsi-ld/v1/entities/urn:ngsi-ld:Room:1?${some.join('&')}`;
        const reply = await broker.send('GET', path, undefined, { ...TENANT, Accept });
        expect(EXPECTED).toContain(reply.status);
      }),
      { numRuns: times(40, 300) },
    ));
});
