/** Contract of single entities: create, retrieve, delete. GS CIM 009 V1.9.1, 5.6.1, 5.6.6, 5.7.1. */

import { expect } from '@jest/globals';
import { type Case, contract, get, post, property, ROOM, remove, room } from './cases.js';

const TIME = expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
const POINT = { type: 'Point', coordinates: [26.1, 44.4] };

/** Bodies that no entity may have (4.5.1 to 4.7.1, 5.2.4). */
const WRONG_ENTITIES: readonly (readonly [clause: string, why: string, body: unknown])[] = [
  ['4.6.2', 'an id that is not a URI', { id: 'room 1', type: 'Room' }],
  ['5.2.4', 'no id', { type: 'Room' }],
  ['5.2.4', 'no type', { id: ROOM }],
  ['5.2.4', 'an empty list of types', { id: ROOM, type: [] }],
  ['5.2.4', 'a type that is a number', { id: ROOM, type: 7 }],
  ['5.2.4', 'an array for a body', [room()]],
  ['5.2.4', 'a text for a body', '"room"'],
  ['4.6.2', 'an attribute name with a space', room(ROOM, { 'two words': property(1) })],
  ['4.6.2', 'an attribute name that would reach a prototype', `{"id":"${ROOM}","type":"Room","__proto__":{"value":1}}`],
  ['4.5.2', 'an attribute that is null', room(ROOM, { warmth: null })],
  ['4.5.2', 'a property value that is null', room(ROOM, { warmth: property(null) })],
  ['4.5.2', 'an attribute of an unknown type', room(ROOM, { warmth: { type: 'Temperature', value: 1 } })],
  ['4.5.2', 'a property without a value', room(ROOM, { warmth: { type: 'Property' } })],
  ['4.5.3', 'a relationship without an object', room(ROOM, { isIn: { type: 'Relationship' } })],
  ['4.5.3', 'a relationship to what is no URI', room(ROOM, { isIn: { type: 'Relationship', object: 'house' } })],
  [
    '4.7.1',
    'a GeoProperty that is no geometry',
    room(ROOM, { location: { type: 'GeoProperty', value: { type: 'Point' } } }),
  ],
  [
    '4.7.1',
    'a GeoProperty with text coordinates',
    room(ROOM, { location: { type: 'GeoProperty', value: { type: 'Point', coordinates: ['26', '44'] } } }),
  ],
  ['4.5.18', 'a languageMap of numbers', room(ROOM, { label: { type: 'LanguageProperty', languageMap: { en: 1 } } })],
  ['4.6.3', 'an observedAt without a zone', room(ROOM, { warmth: property(1, { observedAt: '2026-11-20T07:00:00' }) })],
  [
    '4.6.3',
    'an observedAt that is no day',
    room(ROOM, { warmth: property(1, { observedAt: '2026-13-40T07:00:00Z' }) }),
  ],
  ['4.5.2', 'a unitCode that is a number', room(ROOM, { warmth: property(1, { unitCode: 5 }) })],
  ['4.5.5', 'a datasetId that is no URI', room(ROOM, { warmth: property(1, { datasetId: 'a' }) })],
  ['4.5.5', 'two default instances', room(ROOM, { warmth: [property(1), property(2)] })],
  ['4.5.0', 'urn:ngsi-ld:null in a creation', room(ROOM, { warmth: property('urn:ngsi-ld:null') })],
  ['4.5.2', 'a number no double can hold', `{"id":"${ROOM}","type":"Room","warmth":{"type":"Property","value":1e999}}`],
  ['4.18', 'a scope that is no path', { ...room(), scope: '//' }],
];

/** Bodies that are kept and given back as they were. */
const KEPT: readonly (readonly [clause: string, what: string, attributes: object])[] = [
  ['4.5.2', 'a number', { warmth: property(21.5) }],
  ['4.5.2', 'a text', { label: property('north') }],
  ['4.5.2', 'a boolean', { isWarm: property(false) }],
  ['4.5.2', 'an array', { samples: property([1, 'two', { three: [3] }]) }],
  ['4.5.2', 'a compound value', { address: property({ street: 'Tulip Street', number: 1 }) }],
  [
    '4.5.2',
    'unitCode and observedAt',
    { warmth: property(21, { unitCode: 'CEL', observedAt: '2026-11-20T07:00:00.000Z' }) },
  ],
  ['4.5.2', 'a property of a property', { warmth: property(21, { accuracy: property(0.1, { unitCode: 'CEL' }) }) }],
  ['4.5.3', 'a relationship', { isIn: { type: 'Relationship', object: 'urn:ngsi-ld:House:1' } }],
  [
    '4.5.3',
    'a relationship of a property',
    { warmth: property(21, { providedBy: { type: 'Relationship', object: 'urn:ngsi-ld:Sensor:1' } }) },
  ],
  ['4.7.1', 'a location', { location: { type: 'GeoProperty', value: POINT } }],
  ['4.5.18', 'a LanguageProperty', { label: { type: 'LanguageProperty', languageMap: { en: 'room', ro: 'cameră' } } }],
  ['4.5.20', 'a VocabProperty', { mood: { type: 'VocabProperty', vocab: 'cosy' } }],
  ['4.5.24', 'a JsonProperty', { raw: { type: 'JsonProperty', json: { a: null, b: [1] } } }],
  [
    '4.5.5',
    'two instances with a datasetId',
    { warmth: [property(1), property(2, { datasetId: 'urn:ngsi-ld:Dataset:a' })] },
  ],
  ['4.6.2', 'an attribute named by an IRI', { 'https://example.org/warmth': property(1) }],
];

const CASES: readonly Case[] = [
  {
    clause: '6.4.3.1',
    name: 'a created entity has a Location',
    when: post('/entities', room()),
    answer: { status: 201, headers: { location: `/ngsi-ld/v1/entities/${ROOM}` } },
    after: { path: `/entities/${ROOM}`, answer: { status: 200, body: room() } },
  },
  {
    clause: '5.6.1.4',
    name: 'an id is taken once',
    given: [post('/entities', room())],
    when: post('/entities', room()),
    answer: { status: 409, problem: 'AlreadyExists' },
  },
  {
    clause: '5.5.4',
    name: 'a body must be JSON',
    when: post('/entities', '{"id":'),
    answer: { status: 400, problem: 'InvalidRequest' },
  },
  {
    clause: '5.5.4',
    name: 'a body must be there',
    when: post('/entities', ''),
    answer: { status: 400, problem: 'InvalidRequest' },
  },
  ...WRONG_ENTITIES.map(
    ([clause, why, body]): Case => ({
      clause,
      name: `refuses ${why}`,
      when: post('/entities', body),
      answer: { status: 400, problem: 'BadRequestData' },
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
  {
    clause: '4.5.2.3',
    name: 'reads the concise representation',
    when: post('/entities', {
      id: ROOM,
      type: 'Room',
      warmth: 21,
      size: { value: 4, unitCode: 'MTR' },
      isIn: { object: 'urn:ngsi-ld:House:1' },
      location: POINT,
    }),
    answer: { status: 201 },
    after: {
      path: `/entities/${ROOM}`,
      answer: {
        status: 200,
        body: room(ROOM, {
          warmth: property(21),
          size: property(4, { unitCode: 'MTR' }),
          isIn: { type: 'Relationship', object: 'urn:ngsi-ld:House:1' },
          location: { type: 'GeoProperty', value: POINT },
        }),
      },
    },
  },
  {
    clause: '4.8',
    name: 'ignores system times a client sends',
    when: post('/entities', { ...room(), createdAt: '2020-01-01T00:00:00Z' }),
    answer: { status: 201 },
    after: { path: `/entities/${ROOM}`, answer: { status: 200, body: room() } },
  },
  {
    clause: '5.2.4',
    name: 'keeps several types',
    when: post('/entities', { ...room(), type: ['Room', 'Hall'] }),
    answer: { status: 201 },
    after: { path: '/entities?type=Hall', answer: { status: 200, like: [{ id: ROOM, type: ['Room', 'Hall'] }] } },
  },
  {
    clause: '4.18',
    name: 'keeps a scope',
    when: post('/entities', { ...room(), scope: '/Bucharest/North' }),
    answer: { status: 201 },
    after: { path: `/entities/${ROOM}`, answer: { status: 200, like: { scope: '/Bucharest/North' } } },
  },
  {
    clause: '5.7.1.4',
    name: 'there is no such entity',
    given: [post('/entities', room())],
    when: get('/entities/urn:ngsi-ld:Room:none'),
    answer: { status: 404, problem: 'ResourceNotFound' },
  },
  {
    clause: '5.7.1.4',
    name: 'an id must be a URI to be looked up',
    given: [post('/entities', room())],
    when: get('/entities/room1'),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '4.5.4',
    name: 'simplified by options',
    given: [post('/entities', room())],
    when: get(`/entities/${ROOM}?options=simplified`),
    answer: { status: 200, body: room(ROOM, { warmth: 21 }) },
  },
  {
    clause: '4.5.4',
    name: 'simplified by the older word keyValues',
    given: [post('/entities', room())],
    when: get(`/entities/${ROOM}?options=keyValues`),
    answer: { status: 200, body: room(ROOM, { warmth: 21 }) },
  },
  {
    clause: '6.3.7',
    name: 'simplified by format',
    given: [post('/entities', room())],
    when: get(`/entities/${ROOM}?format=simplified`),
    answer: { status: 200, body: room(ROOM, { warmth: 21 }) },
  },
  {
    clause: '4.5.2.3',
    name: 'concise',
    given: [post('/entities', room(ROOM, { warmth: property(21, { unitCode: 'CEL' }), label: property('north') }))],
    when: get(`/entities/${ROOM}?format=concise`),
    answer: { status: 200, body: room(ROOM, { warmth: { value: 21, unitCode: 'CEL' }, label: 'north' }) },
  },
  {
    clause: '6.3.7',
    name: 'no such format',
    given: [post('/entities', room())],
    when: get(`/entities/${ROOM}?format=pretty`),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '4.8',
    name: 'system attributes on request',
    given: [post('/entities', room())],
    when: get(`/entities/${ROOM}?options=sysAttrs`),
    answer: { status: 200, like: { createdAt: TIME, modifiedAt: TIME, warmth: { createdAt: TIME, modifiedAt: TIME } } },
  },
  {
    clause: '5.7.1',
    name: 'attrs shows what it names',
    given: [post('/entities', room(ROOM, { warmth: property(21), size: property(4) }))],
    when: get(`/entities/${ROOM}?attrs=size`),
    answer: { status: 200, body: room(ROOM, { size: property(4) }) },
  },
  {
    clause: '5.7.1.4',
    name: 'attrs that are not there',
    given: [post('/entities', room())],
    when: get(`/entities/${ROOM}?attrs=size`),
    answer: { status: 404, problem: 'ResourceNotFound' },
  },
  {
    clause: '4.21',
    name: 'pick shows only what it names',
    given: [post('/entities', room())],
    when: get(`/entities/${ROOM}?pick=id,warmth`),
    answer: { status: 200, body: { id: ROOM, warmth: property(21) } },
  },
  {
    clause: '4.21',
    name: 'omit hides what it names',
    given: [post('/entities', room(ROOM, { warmth: property(21), size: property(4) }))],
    when: get(`/entities/${ROOM}?omit=warmth,type`),
    answer: { status: 200, body: { id: ROOM, size: property(4) } },
  },
  {
    clause: '5.6.6',
    name: 'a deleted entity is gone',
    given: [post('/entities', room())],
    when: remove(`/entities/${ROOM}`),
    answer: { status: 204 },
    after: { path: `/entities/${ROOM}`, answer: { status: 404, problem: 'ResourceNotFound' } },
  },
  {
    clause: '5.6.6.4',
    name: 'what is not there cannot be deleted',
    given: [post('/entities', room())],
    when: remove('/entities/urn:ngsi-ld:Room:none'),
    answer: { status: 404, problem: 'ResourceNotFound' },
  },
  {
    clause: '5.6.6',
    name: 'a deleted id can be used again',
    given: [post('/entities', room()), remove(`/entities/${ROOM}`)],
    when: post('/entities', room()),
    answer: { status: 201 },
  },
];

contract('entities', CASES);
