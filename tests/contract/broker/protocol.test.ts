/** Contract of what all operations share: media types, @context, tenants, errors, what is not built. GS CIM 009 V1.9.1, 5.5, 5.13, 6.3. */

import { expect } from '@jest/globals';
import { type Case, CORE, contract, get, LD, LINK, post, property, ROOM, room } from './cases.js';

const INLINE = { '@context': { warmth: 'https://example.org/warmth', ex: 'https://example.org/' } };
const UNKNOWN = 'https://example.org/context.jsonld';

const CASES: readonly Case[] = [
  {
    clause: '6.3.5',
    name: 'ld+json with an inline @context',
    when: post('/entities', { ...room(), ...INLINE }, LD),
    answer: { status: 201 },
    after: {
      path: `/entities/${ROOM}?format=simplified`,
      answer: { status: 200, body: { id: ROOM, type: 'Room', 'https://example.org/warmth': 21 } },
    },
  },
  {
    clause: '6.3.5',
    name: 'a prefix of the @context',
    when: post('/entities', { ...room(ROOM, { 'ex:size': property(4) }), ...INLINE }, LD),
    answer: { status: 201 },
    after: {
      path: `/entities/${ROOM}?format=simplified`,
      answer: { status: 200, body: { id: ROOM, type: 'Room', 'https://example.org/size': 4 } },
    },
  },
  {
    clause: '5.5.7',
    name: 'core terms cannot be redefined',
    when: post(
      '/entities',
      {
        ...room(ROOM, { location: { type: 'GeoProperty', value: { type: 'Point', coordinates: [1, 2] } } }),
        '@context': { location: 'https://example.org/elsewhere' },
      },
      LD,
    ),
    answer: { status: 201 },
    after: { path: `/entities/${ROOM}`, answer: { status: 200, like: { location: { type: 'GeoProperty' } } } },
  },
  {
    clause: '6.3.5',
    name: 'ld+json without an @context',
    when: post('/entities', room(), LD),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '6.3.5',
    name: 'ld+json and a Link header exclude each other',
    when: post('/entities', { ...room(), ...INLINE }, { ...LD, Link: LINK }),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '6.3.5',
    name: 'json with an @context inside',
    when: post('/entities', { ...room(), ...INLINE }),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '6.3.5',
    name: 'json with a Link header',
    when: post('/entities', room(), { Link: LINK }),
    answer: { status: 201 },
  },
  {
    clause: '5.5.5',
    name: 'an @context nobody holds',
    when: post('/entities', { ...room(), '@context': UNKNOWN }, LD),
    answer: { status: 504, problem: 'LdContextNotAvailable' },
  },
  {
    clause: '5.5.5',
    name: 'a Link to an @context nobody holds',
    given: [post('/entities', room())],
    when: get('/entities?type=Room', { Link: LINK.replace(CORE, UNKNOWN) }),
    answer: { status: 504, problem: 'LdContextNotAvailable' },
  },
  {
    clause: '5.5.7',
    name: 'an @context that is a number',
    when: post('/entities', { ...room(), '@context': 7 }, LD),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '5.5.7',
    name: 'an @context nested too deep',
    when: post('/entities', { ...room(), '@context': [[[[[[[{ a: 'https://example.org/a' }]]]]]]] }, LD),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '6.3.4',
    name: 'a body of another media type',
    when: post('/entities', room(), { 'Content-Type': 'text/plain' }),
    answer: { status: 415 },
  },
  {
    clause: '6.3.4',
    name: 'an answer nobody can give',
    given: [post('/entities', room())],
    when: get(`/entities/${ROOM}`, { Accept: 'text/html' }),
    answer: { status: 406 },
  },
  {
    clause: '6.3.6',
    name: 'json answers name the @context in a Link',
    given: [post('/entities', room())],
    when: get(`/entities/${ROOM}`, { Link: LINK }),
    answer: {
      status: 200,
      headers: {
        'content-type': /^application\/json/,
        link: /ngsi-ld-core-context.*rel="http:\/\/www.w3.org\/ns\/json-ld#context"/,
      },
    },
  },
  {
    clause: '6.3.6',
    name: 'ld+json answers carry the @context',
    given: [post('/entities', room())],
    when: get(`/entities/${ROOM}`, { Accept: 'application/ld+json', Link: LINK }),
    answer: { status: 200, like: { '@context': CORE }, headers: { 'content-type': /^application\/ld\+json/ } },
  },
  {
    clause: '6.3.4',
    name: 'the better of two media types',
    given: [post('/entities', room())],
    when: get(`/entities/${ROOM}`, { Accept: 'application/json;q=0.5, application/ld+json' }),
    answer: { status: 200, headers: { 'content-type': /^application\/ld\+json/ } },
  },
  {
    clause: '6.3.14',
    name: 'the answer names its tenant',
    when: post('/entities', room()),
    answer: { status: 201, headers: { 'ngsild-tenant': /^case_/ } },
  },
  {
    clause: '5.5.10',
    name: 'a tenant that never was',
    when: get('/entities?type=Room'),
    answer: { status: 404, problem: 'NonexistentTenant' },
  },
  {
    clause: '6.3.14',
    name: 'a tenant with capitals',
    isTenantless: true,
    when: get('/entities?type=Room', { 'NGSILD-Tenant': 'Madrid' }),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '6.3.14',
    name: 'a tenant that is a path',
    isTenantless: true,
    when: get('/entities?type=Room', { 'NGSILD-Tenant': '../madrid' }),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '6.3.14',
    name: 'two tenants at once',
    isTenantless: true,
    when: get('/entities?type=Room', { 'NGSILD-Tenant': 'madrid', 'Fiware-Service': 'sibiu' }),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '6.3.14',
    name: 'the default tenant by name',
    isTenantless: true,
    when: get('/entities?type=Nothing', { 'NGSILD-Tenant': 'default' }),
    answer: { status: 200, body: [] },
  },
  {
    clause: '6.3.3',
    name: 'an unknown parameter of a retrieval',
    given: [post('/entities', room())],
    when: get(`/entities/${ROOM}?color=red`),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '6.3.2',
    name: 'a method the resource does not have',
    when: { method: 'PUT', path: '/types' },
    answer: { status: 405, headers: { allow: /GET/ } },
  },
  {
    clause: '6.3.2',
    name: 'a resource that is none',
    when: get('/castles'),
    answer: { status: 404, problem: 'ResourceNotFound' },
  },
  ...['/temporal/entities?type=Room', '/csourceSubscriptions', '/entityMaps/urn:a:b', '/snapshots/urn:a:b'].map(
    (path): Case => ({
      clause: '6.1',
      name: `not built: GET ${path}`,
      isTenantless: true,
      when: get(path),
      answer: { status: 501, problem: 'OperationNotSupported' },
    }),
  ),
  {
    clause: '5.13.2',
    name: 'a hosted @context has a Location',
    isTenantless: true,
    when: post('/jsonldContexts', INLINE),
    answer: { status: 201, headers: { location: /^\/ngsi-ld\/v1\/jsonldContexts\/\w+$/ } },
  },
  {
    clause: '5.13.2.4',
    name: 'what is no @context is not hosted',
    isTenantless: true,
    when: post('/jsonldContexts', { context: {} }),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '5.13.4',
    name: 'an @context that is not hosted',
    isTenantless: true,
    when: get('/jsonldContexts/none'),
    answer: { status: 404, problem: 'ResourceNotFound' },
  },
  {
    clause: '5.13.3',
    name: 'the list names the core @context',
    isTenantless: true,
    when: get('/jsonldContexts'),
    answer: { status: 200, body: expect.arrayContaining([CORE]) },
  },
  {
    clause: '5.13.3',
    name: 'the list with details',
    isTenantless: true,
    when: get('/jsonldContexts?details=true&kind=Cached'),
    answer: { status: 200, body: expect.arrayContaining([expect.objectContaining({ URL: CORE, kind: 'Cached' })]) },
  },
  {
    clause: '5.2.4',
    name: 'JSON nested deeper than 32 levels',
    when: post('/entities', room(ROOM, { deep: property(JSON.parse(`${'['.repeat(40)}1${']'.repeat(40)}`)) })),
    answer: { status: 400, problem: 'BadRequestData' },
  },
];

contract('what all operations share', CASES);
