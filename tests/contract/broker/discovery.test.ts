/** Contract of discovery: which types and attributes there are. GS CIM 009 V1.9.1, 5.7.5 to 5.7.10, 6.25 to 6.28. */

import { expect } from '@jest/globals';
import { type Case, contract, get, LD, patch, post, property, remove, type Step } from './cases.js';

const A = 'urn:ngsi-ld:Room:a';
const B = 'urn:ngsi-ld:Room:b';
const HOUSE = { type: 'Relationship', object: 'urn:ngsi-ld:House:1' };
const VOCABULARY = 'https://uri.etsi.org/ngsi-ld/default-context/';
const CORE_ONLY = {
  Link: '<https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld>; rel="http://www.w3.org/ns/json-ld#context"',
};
const GIVEN: readonly Step[] = [
  post('/entities', { id: A, type: 'Room', warmth: [property(1), property(2, { datasetId: 'urn:x:1' })], isIn: HOUSE }),
  post('/entities', { id: B, type: ['Hall', 'Room'], warmth: { languageMap: { en: 'warm' } }, size: property(4) }),
];
const id = expect.stringMatching(/^urn:ngsi-ld:\w+:[0-9a-f]{16}$/);
const iri = (name: string): string => VOCABULARY + name;

const typeList = (...names: string[]): object => ({ id, type: 'EntityTypeList', typeList: names });
const attributeList = (...names: string[]): object => ({ id, type: 'AttributeList', attributeList: names });
const attribute = (name: string, more: object): object => ({
  id: iri(name),
  type: 'Attribute',
  attributeName: name,
  ...more,
});

type Row = readonly [clause: string, name: string, given: readonly Step[], path: string, body: unknown];

const ANSWERS: readonly Row[] = [
  ['5.7.5', 'types', GIVEN, '/types', typeList('Hall', 'Room')],
  ['5.7.5', 'types, local', GIVEN, '/types?local=true', typeList('Hall', 'Room')],
  ['5.7.5', 'types without details', GIVEN, '/types?details=false', typeList('Hall', 'Room')],
  [
    '5.7.5',
    'types when there are none left',
    [...GIVEN, remove(`/entities/${A}`), remove(`/entities/${B}`)],
    '/types',
    typeList(),
  ],
  [
    '5.7.6',
    'types with details',
    GIVEN,
    '/types?details=true',
    [
      { id: iri('Hall'), type: 'EntityType', typeName: 'Hall', attributeNames: ['size', 'warmth'] },
      { id: iri('Room'), type: 'EntityType', typeName: 'Room', attributeNames: ['isIn', 'size', 'warmth'] },
    ],
  ],
  [
    '5.7.7',
    'one type',
    GIVEN,
    '/types/Room',
    {
      id: iri('Room'),
      type: 'EntityTypeInfo',
      typeName: 'Room',
      entityCount: 2,
      attributeDetails: [
        attribute('warmth', { attributeTypes: ['Property', 'LanguageProperty'] }),
        attribute('isIn', { attributeTypes: ['Relationship'] }),
        attribute('size', { attributeTypes: ['Property'] }),
      ],
    },
  ],
  [
    '5.7.7',
    'one type by its IRI',
    GIVEN,
    `/types/${encodeURIComponent(iri('Hall'))}`,
    {
      id: iri('Hall'),
      type: 'EntityTypeInfo',
      typeName: 'Hall',
      entityCount: 1,
      attributeDetails: [
        attribute('warmth', { attributeTypes: ['LanguageProperty'] }),
        attribute('size', { attributeTypes: ['Property'] }),
      ],
    },
  ],
  ['5.7.8', 'attributes', GIVEN, '/attributes', attributeList('isIn', 'size', 'warmth')],
  [
    '5.7.8',
    'attributes after one was removed',
    [...GIVEN, remove(`/entities/${A}/attrs/isIn`)],
    '/attributes',
    attributeList('size', 'warmth'),
  ],
  [
    '5.7.8',
    'attributes after one was merged away',
    [...GIVEN, patch(`/entities/${B}`, { size: 'urn:ngsi-ld:null' })],
    '/attributes',
    attributeList('isIn', 'warmth'),
  ],
  [
    '5.7.8',
    'attributes are no members of entities',
    [post('/entities', { id: A, type: 'Room', scope: '/a' })],
    '/attributes',
    attributeList(),
  ],
  [
    '5.7.9',
    'attributes with details',
    GIVEN,
    '/attributes?details=true',
    [
      attribute('isIn', { typeNames: ['Room'] }),
      attribute('size', { typeNames: ['Hall', 'Room'] }),
      attribute('warmth', { typeNames: ['Hall', 'Room'] }),
    ],
  ],
  [
    '5.7.10',
    'one attribute',
    GIVEN,
    '/attributes/warmth',
    attribute('warmth', {
      attributeCount: 3,
      attributeTypes: ['Property', 'LanguageProperty'],
      typeNames: ['Hall', 'Room'],
    }),
  ],
  [
    '5.7.10',
    'one attribute of one type',
    GIVEN,
    '/attributes/isIn',
    attribute('isIn', { attributeCount: 1, attributeTypes: ['Relationship'], typeNames: ['Room'] }),
  ],
];

const ABSENT = [
  '/types/Cellar',
  '/attributes/colour',
  '/attributes/id',
  '/attributes/type',
  '/attributes/scope',
  '/attributes/createdAt',
];
const WRONG = [
  '/types?limit=5',
  '/types?details=maybe',
  '/types/Room?details=true',
  '/attributes?limit=5',
  '/attributes/warmth?details=true',
  '/attributes/two%20words',
];

contract('discovery', [
  ...ANSWERS.map(
    ([clause, name, given, path, body]): Case => ({
      clause,
      name,
      given,
      when: get(path, CORE_ONLY),
      answer: { status: 200, body },
    }),
  ),
  ...ABSENT.map(
    (path): Case => ({
      clause: '5.7.7, 5.7.10',
      name: `there is no ${path}`,
      given: GIVEN,
      when: get(path),
      answer: { status: 404, problem: 'ResourceNotFound' },
    }),
  ),
  ...WRONG.map(
    (path): Case => ({
      clause: '6.3.20',
      name: `refuses ${path}`,
      given: GIVEN,
      when: get(path),
      answer: { status: 400, problem: 'BadRequestData' },
    }),
  ),
  {
    clause: '6.3.13',
    name: 'types are counted',
    given: GIVEN,
    when: get('/types?count=true'),
    answer: { status: 200, headers: { 'ngsild-results-count': '2' } },
  },
  {
    clause: '6.3.13',
    name: 'attributes are counted',
    given: GIVEN,
    when: get('/attributes?details=true&count=true'),
    answer: { status: 200, headers: { 'ngsild-results-count': '3' } },
  },
  {
    clause: '5.7.7',
    name: 'names are those of the @context of the request',
    given: [
      post('/entities', { id: A, type: 'Room', warmth: 1, '@context': { warmth: 'https://example.org/warmth' } }, LD),
    ],
    when: get('/attributes/https%3A%2F%2Fexample.org%2Fwarmth'),
    answer: { status: 200, like: { id: 'https://example.org/warmth', attributeName: 'https://example.org/warmth' } },
  },
  {
    clause: '6.3.6',
    name: 'attributes as JSON-LD carry their @context',
    given: GIVEN,
    when: get('/attributes', { Accept: 'application/ld+json' }),
    answer: { status: 200, like: { '@context': expect.anything() }, headers: { 'content-type': /ld\+json/ } },
  },
  {
    clause: '6.3.14',
    name: 'attributes of a tenant that never was',
    when: get('/attributes', { 'NGSILD-Tenant': 'nobody_at_all' }),
    answer: { status: 404, problem: 'NonexistentTenant' },
  },
]);
