/** Contract of what an attribute may hold: the kinds, their values and their members. GS CIM 009 V1.9.1, 4.5, 4.6, 4.7. */

import { expect } from '@jest/globals';
import { type Case, contract, get, NULL, patch, post, property, put, ROOM, remove, room } from './cases.js';

const POINT = { type: 'Point', coordinates: [26.1, 44.4] };
const RING = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 0],
];
const geo = (value: unknown): object => ({ type: 'GeoProperty', value });
const relationship = (more: object): object => ({ type: 'Relationship', object: 'urn:a:b', ...more });

/** Attributes that no entity may have, and a word of the reason that the answer must give. */
const REFUSED: readonly (readonly [clause: string, why: string, attributes: object, reason: RegExp])[] = [
  // 4.5.2.2, 4.5.3.2: members of other kinds
  ['4.5.2.2', 'a Property with an object', { a: property(1, { object: 'urn:a:b' }) }, /a Property has no 'object'/],
  [
    '4.5.2.2',
    'a Property with a languageMap',
    { a: property(1, { languageMap: { en: 'x' } }) },
    /a Property has no 'languageMap'/,
  ],
  ['4.5.2.2', 'a Property with a valueList', { a: property(1, { valueList: [1] }) }, /a Property has no 'valueList'/],
  ['4.5.2.2', 'a Property with a previousValue', { a: property(1, { previousValue: 0 }) }, /previousValue/],
  ['4.5.2.2', 'a Property with an entityIdSealed', { a: property(1, { entityIdSealed: true }) }, /entityIdSealed/],
  ['4.5.3.2', 'a Relationship with a value', { a: relationship({ value: 42 }) }, /a Relationship has no 'value'/],
  ['4.5.3.2', 'a Relationship with a unitCode', { a: relationship({ unitCode: 'MTR' }) }, /unitCode/],
  [
    '4.5.3.2',
    'a Relationship with a previousObject',
    { a: relationship({ previousObject: 'urn:a:c' }) },
    /previousObject/,
  ],
  ['4.5.3.2', 'a Relationship with its entity', { a: relationship({ entity: room() }) }, /'entity'/],
  [
    '4.5.18',
    'a LanguageProperty with a value',
    { a: { type: 'LanguageProperty', languageMap: { en: 'x' }, value: 1 } },
    /no 'value'/,
  ],
  [
    '4.5.20',
    'a VocabProperty with a unitCode',
    { a: { type: 'VocabProperty', vocab: 'cosy', unitCode: 'CEL' } },
    /unitCode/,
  ],
  ['4.5.24', 'a JsonProperty with a unitCode', { a: { type: 'JsonProperty', json: {}, unitCode: 'CEL' } }, /unitCode/],
  ['4.5.24', 'a JsonProperty with a value', { a: { type: 'JsonProperty', json: {}, value: 1 } }, /no 'value'/],
  ['4.5.24', 'a JsonProperty of a number', { a: { type: 'JsonProperty', json: 5 } }, /json of 'a'/],
  ['4.5.24', 'a JsonProperty of an array of numbers', { a: { type: 'JsonProperty', json: [5] } }, /json of 'a'/],
  ['4.5.2', 'a type that is an array', { a: { type: ['Property'], value: 1 } }, /type must be one of/],
  ['4.5.2', 'an object without a value', { a: { street: 'Elm' } }, /write \{"value"/],
  ['4.5.2', 'a sub-attribute that is null', { a: property(1, { b: null }) }, /'b' is null/],
  ['4.5.3', 'a Relationship to nobody', { a: { type: 'Relationship', object: [] } }, /object of 'a'/],
  [
    '4.5.3',
    'a Relationship to a text among URIs',
    { a: { type: 'Relationship', object: ['urn:a:b', 'house'] } },
    /object of 'a'/,
  ],
  [
    '4.5.18',
    'a languageMap of something else than tags',
    { a: { type: 'LanguageProperty', languageMap: { 'a b': 'x' } } },
    /language tags/,
  ],
  ['4.5.18', 'a languageMap that is a text', { a: { type: 'LanguageProperty', languageMap: 'x' } }, /languageMap/],
  ['4.5.20', 'a VocabProperty of nothing', { a: { type: 'VocabProperty', vocab: [] } }, /vocab of 'a'/],
  ['4.5.20', 'a VocabProperty of a number', { a: { type: 'VocabProperty', vocab: 5 } }, /vocab of 'a'/],
  // 4.7.1, RFC 7946, 3.1
  ['4.7.1', 'a position of one number', { a: geo({ type: 'Point', coordinates: [26] }) }, /2 to 4 numbers/],
  ['4.7.1', 'a point of two positions', { a: geo({ type: 'Point', coordinates: [[26, 44]] }) }, /2 to 4 numbers/],
  ['4.7.1', 'a line of one position', { a: geo({ type: 'LineString', coordinates: [[26, 44]] }) }, /two positions/],
  [
    '4.7.1',
    'a ring that does not close',
    {
      a: geo({
        type: 'Polygon',
        coordinates: [
          [
            [0, 0],
            [1, 0],
            [1, 1],
            [2, 2],
          ],
        ],
      }),
    },
    /ends where it began/,
  ],
  [
    '4.7.1',
    'a ring of three positions',
    {
      a: geo({
        type: 'Polygon',
        coordinates: [
          [
            [0, 0],
            [1, 0],
            [0, 0],
          ],
        ],
      }),
    },
    /four positions/,
  ],
  ['4.7.1', 'a polygon without a ring', { a: geo({ type: 'Polygon', coordinates: [] }) }, /a ring at least/],
  [
    '4.7.1',
    'a multi-polygon that is a polygon',
    { a: geo({ type: 'MultiPolygon', coordinates: [RING] }) },
    /four positions|no array|ring/,
  ],
  ['4.7.1', 'a collection without geometries', { a: geo({ type: 'GeometryCollection' }) }, /geometries/],
  ['4.7.1', 'a collection of a text', { a: geo({ type: 'GeometryCollection', geometries: ['x'] }) }, /geometry/],
  [
    '4.7.1',
    'collections in collections without end',
    {
      a: geo(
        [1, 2, 3, 4].reduce<object>((inner) => ({ type: 'GeometryCollection', geometries: [inner] }), {
          type: 'GeometryCollection',
          geometries: [POINT],
        }),
      ),
    },
    /nested deeper than 4/,
  ],
  ['4.7.1', 'a GeoProperty that is a text', { a: geo('POINT(26 44)') }, /GeoJSON/],
  ['4.7.1', 'a geometry of no known type', { a: geo({ type: 'Circle', coordinates: [1, 2] }) }, /Circle/],
  [
    '4.7.1',
    'a bare geometry that is wrong',
    { location: { type: 'Point', coordinates: ['26', '44'] } },
    /2 to 4 numbers/,
  ],
  // 4.5.0, 5.2.1, 5.5.4
  ['5.5.4', 'a null for an object', { a: { type: 'Relationship', object: NULL } }, /urn:ngsi-ld:null/],
  ['5.5.4', 'a null among URIs', { a: { type: 'Relationship', object: ['urn:a:b', NULL] } }, /urn:ngsi-ld:null/],
  ['5.5.4', 'a null in a value', { a: property({ b: NULL }) }, /urn:ngsi-ld:null/],
  ['5.5.4', 'a null deep in a value', { a: property({ b: { c: NULL } }) }, /urn:ngsi-ld:null/],
  ['5.5.4', 'a null in an array', { a: property([NULL]) }, /urn:ngsi-ld:null/],
  [
    '5.5.4',
    'a null in a languageMap',
    { a: { type: 'LanguageProperty', languageMap: { en: NULL } } },
    /urn:ngsi-ld:null/,
  ],
  [
    '5.5.4',
    'a null for a languageMap',
    { a: { type: 'LanguageProperty', languageMap: { '@none': NULL } } },
    /urn:ngsi-ld:null/,
  ],
  ['5.5.4', 'a null for a vocab', { a: { type: 'VocabProperty', vocab: NULL } }, /urn:ngsi-ld:null/],
  ['5.5.4', 'a null in json', { a: { type: 'JsonProperty', json: { b: NULL } } }, /urn:ngsi-ld:null/],
  ['5.5.4', 'a null unitCode', { a: property(1, { unitCode: NULL }) }, /unitCode/],
  ['5.5.4', 'a null observedAt', { a: property(1, { observedAt: NULL }) }, /observedAt/],
  ['5.5.4', 'a null sub-attribute', { a: property(1, { b: property(NULL) }) }, /urn:ngsi-ld:null/],
  ['5.5.4', 'a null attribute', { a: NULL }, /urn:ngsi-ld:null/],
  ['5.5.4', 'a null scope', { scope: NULL }, /scope/],
];

/** Kept and given back as they were. */
const KEPT: readonly (readonly [clause: string, what: string, attributes: object])[] = [
  ['4.5.24', 'an array of objects', { a: { type: 'JsonProperty', json: [{ b: null, type: 'x' }, { c: [1] }] } }],
  ['4.5.24', 'names that are terms', { a: { type: 'JsonProperty', json: { value: 1, observedAt: 'never', id: 5 } } }],
  ['4.5.3', 'an array of URIs', { a: { type: 'Relationship', object: ['urn:a:b', 'urn:a:c'] } }],
  ['4.5.3', 'a Relationship to an IRI', { a: { type: 'Relationship', object: 'urn:ngsi-ld:Ciudad:París' } }],
  [
    '4.5.18',
    'texts of one language',
    { a: { type: 'LanguageProperty', languageMap: { en: ['a', 'b'], 'sr-Cyrl': 'в', '@none': 'c' } } },
  ],
  ['4.5.20', 'an array of terms', { a: { type: 'VocabProperty', vocab: ['cosy', 'https://example.org/bright'] } }],
  [
    '4.7.1',
    'a line',
    {
      a: geo({
        type: 'LineString',
        coordinates: [
          [0, 0],
          [1, 1],
        ],
      }),
    },
  ],
  ['4.7.1', 'a polygon with a hole', { a: geo({ type: 'Polygon', coordinates: [RING, RING] }) }],
  ['4.7.1', 'a multi-polygon', { a: geo({ type: 'MultiPolygon', coordinates: [[RING]] }) }],
  ['4.7.1', 'a collection', { a: geo({ type: 'GeometryCollection', geometries: [POINT] }) }],
  ['4.7.1', 'a position with a height', { a: geo({ type: 'Point', coordinates: [26, 44, 120] }) }],
  ['4.5.2', 'a geometry as the value of a Property', { a: property(POINT) }],
  ['4.6.3', 'a typed value', { a: property({ '@type': 'DateTime', '@value': '2026-11-20T07:00:00Z' }) }],
  ['4.5.2', 'an empty text', { a: property('') }],
  ['4.5.2', 'an array of arrays', { a: property([[1], [], [[2]]]) }],
  [
    '4.5.2',
    'sub-attributes four levels deep',
    { a: property(1, { b: property(2, { c: relationship({ d: property(4) }) }) }) },
  ],
  ['4.5.2', 'a value that is an attribute to look at', { a: property({ type: 'Property', value: 5 }) }],
];

/** What is said shortly, and how it is kept (4.5.2.3, 4.5.3.3, 4.5.17). */
const CONCISE: readonly (readonly [what: string, said: unknown, kept: unknown])[] = [
  ['a number', 5, property(5)],
  ['a text', 'x', property('x')],
  ['false', false, property(false)],
  ['an array', [1, 2], property([1, 2])],
  ['an array of objects that are no attributes', [{ b: 1 }], property([{ b: 1 }])],
  ['a value', { value: 5 }, property(5)],
  ['a value with sub-attributes', { value: 5, b: 6 }, property(5, { b: property(6) })],
  ['a value that is an object', { value: { b: 6 } }, property({ b: 6 })],
  ['a geometry', POINT, geo(POINT)],
  ['a geometry as value', { value: POINT }, geo(POINT)],
  ['an object', { object: 'urn:a:b' }, relationship({})],
  ['a languageMap', { languageMap: { en: 'x' } }, { type: 'LanguageProperty', languageMap: { en: 'x' } }],
  ['a vocab', { vocab: 'cosy' }, { type: 'VocabProperty', vocab: 'cosy' }],
  ['a json', { json: { b: 1 } }, { type: 'JsonProperty', json: { b: 1 } }],
  [
    'two instances',
    [{ value: 5 }, { value: 6, datasetId: 'urn:d:1' }],
    [property(5), property(6, { datasetId: 'urn:d:1' })],
  ],
  ['@type for type', { '@type': 'Property', value: 5 }, property(5)],
];

const LATER = [
  { a: { type: 'ListProperty', valueList: [1] } },
  { a: { type: 'ListRelationship', objectList: ['urn:a:b'] } },
  { expiresAt: '2090-01-01T00:00:00Z' },
  { a: property(1, { expiresAt: '2090-01-01T00:00:00Z' }) },
  { a: property(1, { ngsildproof: property(1) }) },
];

/** Characters that make one id look like another (RFC 3987 leaves them out or warns of them). */
const UNSEEN = [
  0x20, 0x22, 0x3c, 0x7b, 0x7f, 0xa0, 0x115f, 0x200b, 0x2028, 0x202e, 0x2800, 0x3164, 0xfdd0, 0xfe0f, 0xfeff, 0xffa0,
  0xfffe, 0xe0100,
];

contract('values', [
  ...REFUSED.map(
    ([clause, why, attributes, reason]): Case => ({
      clause,
      name: `refuses ${why}`,
      when: post('/entities', room(ROOM, attributes)),
      answer: { status: 400, problem: 'BadRequestData', like: { detail: expect.stringMatching(reason) } },
    }),
  ),
  ...KEPT.map(
    ([clause, what, attributes]): Case => ({
      clause,
      name: `keeps ${what}`,
      when: post('/entities', room(ROOM, attributes)),
      answer: { status: 201 },
      after: { path: `/entities/${ROOM}`, answer: { status: 200, body: room(ROOM, attributes) } },
    }),
  ),
  ...CONCISE.map(
    ([what, said, kept]): Case => ({
      clause: '4.5.17',
      name: `reads ${what}`,
      when: post('/entities', room(ROOM, { a: said })),
      answer: { status: 201 },
      after: { path: `/entities/${ROOM}`, answer: { status: 200, body: room(ROOM, { a: kept }) } },
    }),
  ),
  ...LATER.map(
    (attributes): Case => ({
      clause: '4.5.21, 4.22',
      name: `has not built ${JSON.stringify(attributes)}`,
      when: post('/entities', room(ROOM, attributes)),
      answer: { status: 501, problem: 'OperationNotSupported' },
    }),
  ),
  ...UNSEEN.map(
    (code): Case => ({
      clause: '4.5.1',
      name: `refuses U+${code.toString(16)} in an id`,
      when: post('/entities', room(`urn:ngsi-ld:Room:a${String.fromCodePoint(code)}b`)),
      answer: { status: 400, problem: 'BadRequestData' },
    }),
  ),
  {
    clause: '5.2.1',
    name: 'refuses a null for an id',
    when: post('/entities', room(NULL)),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '4.5.1',
    name: 'keeps an id of other letters',
    given: [post('/entities', room('urn:ngsi-ld:Ciudad:París'))],
    when: get(`/entities/${encodeURIComponent('urn:ngsi-ld:Ciudad:París')}`),
    answer: { status: 200, like: { id: 'urn:ngsi-ld:Ciudad:París' } },
  },
  {
    clause: '4.4',
    name: 'reads @id and @type, and answers id and type',
    when: post('/entities', { '@id': ROOM, '@type': 'Room', warmth: property(21) }),
    answer: { status: 201 },
    after: { path: `/entities/${ROOM}`, answer: { status: 200, body: room() } },
  },
  ...(
    [
      ['5.6.18.4', put('/entities/', room())],
      ['5.6.17.4', patch('/entities/', { warmth: 1 })],
      ['5.6.2.4', patch('/entities//attrs', { warmth: 1 })],
      ['5.6.3.4', post('/entities//attrs', { warmth: 1 })],
      ['5.6.4.4', patch('/entities//attrs/warmth', { value: 1 })],
      ['5.6.5.4', remove('/entities//attrs/warmth')],
      ['5.6.4.4', patch(`/entities/${ROOM}/attrs/@wrong`, { value: 1 })],
      ['5.6.6.4', remove('/entities/room')],
    ] as const
  ).map(
    ([clause, when]): Case => ({
      clause,
      name: `refuses ${when.method} ${when.path}`,
      given: [post('/entities', room())],
      when,
      answer: { status: 400, problem: 'BadRequestData' },
    }),
  ),
  {
    clause: '5.5.4',
    name: 'says where broken JSON breaks',
    when: post('/entities', '{"id": "urn:a:b", "type" "Room"}'),
    answer: { status: 400, problem: 'InvalidRequest', like: { detail: expect.stringMatching(/position 25/) } },
  },
]);
