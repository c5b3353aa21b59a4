/** Context source registrations: create, read, change, delete (GS CIM 009 V1.9.1, 5.2.9 to 5.2.11, 5.9, 5.10.1). */

import { expect } from '@jest/globals';
import { CORE, contract, get, LD, LINK, patch, post, ROOM, remove } from './cases.js';
import { ENDPOINT, ID, OTHER, PATH, registration, there } from './registering.js';

contract('registrations (6.8, 6.9)', [
  {
    clause: '5.9.2',
    name: 'creates one and says where it is',
    when: post(PATH, registration()),
    answer: { status: 201, headers: { Location: `/ngsi-ld/v1/csourceRegistrations/${ID}` } },
    after: {
      path: `${PATH}/${ID}`,
      answer: {
        status: 200,
        body: {
          id: ID,
          type: 'ContextSourceRegistration',
          information: [{ entities: [{ type: 'Room' }] }],
          endpoint: ENDPOINT,
          mode: 'inclusive',
          operations: ['federationOps'],
        },
      },
    },
  },
  {
    clause: '5.9.2',
    name: 'makes up an id when there is none',
    when: post(`${PATH}/`, registration({ id: undefined })),
    answer: {
      status: 201,
      headers: { Location: /csourceRegistrations\/urn:ngsi-ld:ContextSourceRegistration:[0-9a-f]+$/ },
    },
  },
  {
    clause: '5.9.2',
    name: 'an id that is taken is a conflict',
    given: there(),
    when: post(PATH, registration()),
    answer: { status: 409, problem: 'AlreadyExists' },
  },
  {
    clause: '5.2.9',
    name: 'keeps every member',
    when: post(PATH, everything()),
    answer: { status: 201 },
    after: { path: `${PATH}/${ID}`, answer: { status: 200, body: everything() } },
  },
  {
    clause: '5.2.22',
    name: 'takes what an IoT Agent sends',
    when: post(
      `${PATH}/`,
      {
        type: 'ContextSourceRegistration',
        information: [{ entities: [{ type: 'Device', id: 'urn:ngsi-ld:Device:1' }], propertyNames: ['switch'] }],
        mode: 'exclusive',
        operations: ['retrieveOps', 'updateOps', 'mergeEntity'],
        endpoint: 'http://127.0.0.1:4041',
        contextSourceInfo: [{ key: 'jsonldContext', value: CORE }],
        '@context': CORE,
      },
      { ...LD, 'NGSILD-Path': '/', 'fiware-servicepath': '/' },
    ),
    answer: { status: 201 },
  },
  {
    clause: '5.10.1',
    name: 'reads one as JSON-LD, its @context inside',
    given: there(),
    when: get(`${PATH}/${ID}`, { Accept: 'application/ld+json', Link: LINK }),
    answer: { status: 200, like: { id: ID, '@context': CORE } },
  },
  {
    clause: '5.10.1',
    name: 'shows system times when asked',
    given: there(),
    when: get(`${PATH}/${ID}?options=sysAttrs`),
    answer: { status: 200, like: { createdAt: expect.stringMatching(/Z$/), modifiedAt: expect.stringMatching(/Z$/) } },
  },
  {
    clause: '5.10.1',
    name: 'one that is not there',
    given: there(),
    when: get(`${PATH}/${OTHER}`),
    answer: { status: 404, problem: 'ResourceNotFound' },
  },
  {
    clause: '5.9.4',
    name: 'deletes one',
    given: there(),
    when: remove(`${PATH}/${ID}`),
    answer: { status: 204 },
    after: { path: `${PATH}/${ID}`, answer: { status: 404 } },
  },
  {
    clause: '5.9.4',
    name: 'deletes none that is not there',
    given: there(),
    when: remove(`${PATH}/${OTHER}`),
    answer: { status: 404, problem: 'ResourceNotFound' },
  },
  {
    clause: '5.9.3',
    name: 'changes what a fragment names and leaves the rest',
    given: there(),
    when: patch(`${PATH}/${ID}`, { endpoint: 'http://localhost:10', registrationName: 'east' }),
    answer: { status: 204 },
    after: {
      path: `${PATH}/${ID}`,
      answer: { status: 200, like: { endpoint: 'http://localhost:10', registrationName: 'east', mode: 'inclusive' } },
    },
  },
  {
    clause: '5.9.3',
    name: 'a null in a fragment takes a member away',
    given: there({ description: 'a source' }),
    when: patch(`${PATH}/${ID}`, { description: null }),
    answer: { status: 204 },
    after: {
      path: `${PATH}/${ID}`,
      answer: { status: 200, body: expect.not.objectContaining({ description: 'a source' }) },
    },
  },
  ...[
    { information: null },
    { endpoint: null },
    { mode: null },
    { id: OTHER },
    { type: 'Subscription' },
    { operations: [] },
    { mode: 'exclusive' },
  ].map((fragment) => ({
    clause: '5.9.3',
    name: `refuses the fragment ${JSON.stringify(fragment)}`,
    given: there(),
    when: patch(`${PATH}/${ID}`, fragment),
    answer: { status: 400, problem: 'BadRequestData' },
  })),
  {
    clause: '5.9.3',
    name: 'changes none that is not there',
    given: there(),
    when: patch(`${PATH}/${OTHER}`, { description: 'x' }),
    answer: { status: 404, problem: 'ResourceNotFound' },
  },
]);

function everything(): object {
  return registration({
    registrationName: 'east',
    description: 'sensors of the eastern part',
    information: [
      {
        entities: [{ idPattern: '^urn:ngsi-ld:Room:east', type: 'Room' }],
        propertyNames: ['warmth'],
        relationshipNames: ['inside'],
      },
      { entities: [{ id: 'urn:ngsi-ld:Hall:1', type: ['Hall', 'Room'] }] },
    ],
    tenant: 'east',
    observationInterval: { startAt: '2020-01-01T00:00:00Z', endAt: '2030-01-01T00:00:00Z' },
    managementInterval: { startAt: '2020-01-01T00:00:00Z' },
    location: { type: 'Point', coordinates: [26.1, 44.4] },
    observationSpace: {
      type: 'Polygon',
      coordinates: [
        [
          [0, 0],
          [0, 1],
          [1, 1],
          [0, 0],
        ],
      ],
    },
    operationSpace: { type: 'Point', coordinates: [0, 0] },
    expiresAt: '2090-01-01T00:00:00Z',
    contextSourceInfo: [
      { key: 'jsonldContext', value: CORE },
      { key: 'X-Source', value: 'yes' },
      { key: 'X-Trace', value: 'urn:ngsi-ld:request' },
      { key: 'Accept', value: 'application/ld+json' },
    ],
    contextSourceAlias: 'east-broker',
    scope: ['/east', '/all/east'],
    mode: 'redirect',
    operations: ['redirectionOps', 'queryBatch'],
    refreshRate: 'PT1H',
    management: { localOnly: true, cacheDuration: 'PT30S', timeout: 2500, cooldown: 1000 },
    datasetId: ['urn:ngsi-ld:dataset:1', 'urn:ngsi-ld:dataset:2'],
    maintainer: { name: 'the east', since: 2020 },
  });
}

contract('what a registration must be (5.2.9 to 5.2.11, 5.2.34)', [
  ...(
    [
      ['of another type', { type: 'Subscription' }],
      ['without information', { information: undefined }],
      ['with no information', { information: [] }],
      ['with an empty information', { information: [{}] }],
      ['with information about nothing known', { information: [{ entity: [] }] }],
      ['with no entities', { information: [{ entities: [] }] }],
      ['with an entity without a type', { information: [{ entities: [{ id: ROOM }] }] }],
      ['with an id that is no URI', { information: [{ entities: [{ id: 'room', type: 'Room' }] }] }],
      ['with an id and a pattern', { information: [{ entities: [{ id: ROOM, idPattern: '.*', type: 'Room' }] }] }],
      ['with a pattern that is none', { information: [{ entities: [{ idPattern: '(', type: 'Room' }] }] }],
      ['with a name that is none', { information: [{ propertyNames: ['a b'] }] }],
      ['without an endpoint', { endpoint: undefined }],
      ['with an endpoint that is no URL', { endpoint: 'nowhere' }],
      ['with a query in the endpoint', { endpoint: 'http://127.0.0.1:9/?a=' }],
      ['with an endpoint of another scheme', { endpoint: 'mqtt://127.0.0.1:9' }],
      ['with credentials in the endpoint', { endpoint: 'http://a:b@127.0.0.1:9' }],
      ['with an unknown mode', { mode: 'shared' }],
      ['with an unknown operation', { operations: ['everything'] }],
      ['with no operations', { operations: [] }],
      ['with an expiry in the past', { expiresAt: '2001-01-01T00:00:00Z' }],
      ['with an expiry that is no DateTime', { expiresAt: 'soon' }],
      ['with a location that is none', { location: { type: 'Point' } }],
      ['with an interval without a start', { observationInterval: { endAt: '2030-01-01T00:00:00Z' } }],
      [
        'with an interval that ends before it starts',
        { managementInterval: { startAt: '2030-01-01T00:00:00Z', endAt: '2020-01-01T00:00:00Z' } },
      ],
      ['with a timeout of nothing', { management: { timeout: 0 } }],
      ['with a timeout in words', { management: { timeout: 'PT5S' } }],
      ['with a cache duration that is none', { management: { cacheDuration: '1 hour' } }],
      ['with unknown management', { management: { patience: 1 } }],
      ['with info that is no pair', { contextSourceInfo: [{ key: 'a' }] }],
      ['with a header that breaks the line', { contextSourceInfo: [{ key: 'X-A', value: 'a\r\nB: c' }] }],
      ['with a header that frames the message', { contextSourceInfo: [{ key: 'Content-Length', value: '0' }] }],
      [
        'that passes the token of the caller on',
        { contextSourceInfo: [{ key: 'Authorization', value: 'urn:ngsi-ld:request' }] },
      ],
      ['that asks for another media type', { contextSourceInfo: [{ key: 'Accept', value: 'text/html' }] }],
      ['with an alias that is no token', { contextSourceAlias: 'a b' }],
      ['with a tenant that is none', { tenant: 'a b' }],
      ['with a scope that is none', { scope: '/a b' }],
      ['with a null', { description: null }],
      [
        'that is exclusive and names no id',
        { mode: 'exclusive', information: [{ entities: [{ type: 'Room' }], propertyNames: ['a'] }] },
      ],
      [
        'that is exclusive and has a pattern',
        { mode: 'exclusive', information: [{ entities: [{ idPattern: '.*', type: 'Room' }], propertyNames: ['a'] }] },
      ],
      [
        'that is exclusive and names no attribute',
        { mode: 'exclusive', information: [{ entities: [{ id: ROOM, type: 'Room' }] }] },
      ],
    ] as const
  ).map(([what, more]) => ({
    clause: '5.9.2.4',
    name: `refuses one ${what}`,
    when: post(PATH, registration(more)),
    answer: { status: 400, problem: 'BadRequestData' },
  })),
  {
    clause: '5.9.2.4',
    name: 'refuses an @context it does not hold',
    when: post(
      PATH,
      registration({ contextSourceInfo: [{ key: 'jsonldContext', value: 'https://example.org/unknown.jsonld' }] }),
    ),
    answer: { status: 504, problem: 'LdContextNotAvailable' },
  },
]);
