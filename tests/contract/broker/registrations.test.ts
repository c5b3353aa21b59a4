/** Context source registrations: create, read, find, change, delete (GS CIM 009 V1.9.1, 5.2.9 to 5.2.11, 5.9, 5.10). */

import { expect } from '@jest/globals';
import { CORE, contract, get, LD, LINK, patch, post, property, ROOM, remove, room, type Step } from './cases.js';

const ID = 'urn:ngsi-ld:ContextSourceRegistration:1';
const OTHER = 'urn:ngsi-ld:ContextSourceRegistration:2';
const PATH = '/csourceRegistrations';
const ENDPOINT = 'http://127.0.0.1:9/';

function registration(more: object = {}, id: string | undefined = ID): object {
  return {
    ...(id && { id }),
    type: 'ContextSourceRegistration',
    information: [{ entities: [{ type: 'Room' }] }],
    endpoint: ENDPOINT,
    ...more,
  };
}

function exclusive(more: object = {}, id?: string): object {
  return registration(
    { mode: 'exclusive', information: about(ROOM, 'light'), operations: ['updateOps', 'retrieveOps'], ...more },
    id,
  );
}

function about(id: string, ...propertyNames: string[]): object[] {
  return [{ entities: [{ id, type: 'Room' }], propertyNames }];
}

const there = (...more: object[]): Step[] => [post(PATH, registration(...more))];

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

contract('who may hold what (4.3.6.3)', [
  {
    clause: '5.9.2.4',
    name: 'an exclusive one excludes another about the same attribute',
    given: [post(PATH, exclusive())],
    when: post(PATH, exclusive({ endpoint: 'http://localhost:10' }, OTHER)),
    answer: { status: 409, problem: 'Conflict', like: { detail: expect.stringContaining(ID) } },
    after: { path: `${PATH}/${OTHER}`, answer: { status: 404 } },
  },
  {
    clause: '5.9.2.4',
    name: 'an exclusive one excludes a redirect',
    given: [post(PATH, exclusive())],
    when: post(PATH, registration({ mode: 'redirect' }, OTHER)),
    answer: { status: 409, problem: 'Conflict' },
  },
  {
    clause: '5.9.2.4',
    name: 'a redirect excludes an exclusive one',
    given: there({ mode: 'redirect', information: [{ entities: [{ idPattern: 'Room', type: 'Room' }] }] }),
    when: post(PATH, exclusive({}, OTHER)),
    answer: { status: 409, problem: 'Conflict' },
  },
  {
    clause: '4.3.6.3',
    name: 'two redirects stand side by side',
    given: there({ mode: 'redirect' }),
    when: post(PATH, registration({ mode: 'redirect' }, OTHER)),
    answer: { status: 201 },
  },
  {
    clause: '4.3.6.2',
    name: 'an inclusive one stands beside an exclusive one',
    given: [post(PATH, exclusive())],
    when: post(PATH, registration({}, OTHER)),
    answer: { status: 201 },
  },
  {
    clause: '4.3.6.3',
    name: 'another attribute of the same entity may be held by another source',
    given: [post(PATH, exclusive())],
    when: post(PATH, exclusive({ information: about(ROOM, 'blind') }, OTHER)),
    answer: { status: 201 },
  },
  {
    clause: '4.3.6.3',
    name: 'the same attribute of another entity may be held by another source',
    given: [post(PATH, exclusive())],
    when: post(PATH, exclusive({ information: about('urn:ngsi-ld:Room:2', 'light') }, OTHER)),
    answer: { status: 201 },
  },
  {
    clause: '5.9.2.4',
    name: 'an attribute the broker holds is not exclusive to a source',
    given: [post('/entities', room(ROOM, { light: property(true) }))],
    when: post(PATH, exclusive()),
    answer: { status: 409, problem: 'Conflict', like: { detail: expect.stringContaining(ROOM) } },
  },
  {
    clause: '5.9.2.4',
    name: 'other attributes of the same entity are no hindrance',
    given: [post('/entities', room())],
    when: post(PATH, exclusive()),
    answer: { status: 201 },
  },
  {
    clause: '5.9.2.4',
    name: 'entities the broker holds are not redirected',
    given: [post('/entities', room())],
    when: post(PATH, registration({ mode: 'redirect' })),
    answer: { status: 409, problem: 'Conflict' },
  },
  {
    clause: '5.9.3.4',
    name: 'a change must not make a conflict either',
    given: [post(PATH, exclusive()), post(PATH, exclusive({ information: about(ROOM, 'blind') }, OTHER))],
    when: patch(`${PATH}/${OTHER}`, { information: about(ROOM, 'blind', 'light') }),
    answer: { status: 409, problem: 'Conflict' },
    after: { path: `${PATH}/${OTHER}`, answer: { status: 200, like: { information: [{ propertyNames: ['blind'] }] } } },
  },
  {
    clause: '5.9.3.4',
    name: 'a change is no conflict with what it changes',
    given: [post(PATH, exclusive())],
    when: patch(`${PATH}/${ID}`, { information: about(ROOM, 'light', 'blind') }),
    answer: { status: 204 },
  },
]);

const THREE: Step[] = [
  post(PATH, registration({ information: [{ entities: [{ type: 'Room' }], propertyNames: ['warmth'] }] }, 'urn:r:1')),
  post(
    PATH,
    registration({ information: [{ entities: [{ type: 'Room', id: ROOM }], propertyNames: ['light'] }] }, 'urn:r:2'),
  ),
  post(PATH, registration({ information: [{ entities: [{ type: 'Hall', idPattern: 'Hall:\\d+$' }] }] }, 'urn:r:3')),
];
const ids = (...wanted: string[]): object[] => wanted.map((id) => ({ id }));

contract('finding registrations (5.10.2)', [
  ...(
    [
      ['all', '', ids('urn:r:1', 'urn:r:2', 'urn:r:3')],
      ['by type', '?type=Room', ids('urn:r:1', 'urn:r:2')],
      ['by types', '?type=Hall,House', ids('urn:r:3')],
      ['by id', `?id=${ROOM}`, ids('urn:r:1', 'urn:r:2')],
      ['by an id that fits a pattern', '?id=urn:ngsi-ld:Hall:12', ids('urn:r:1', 'urn:r:3')],
      ['by id and type', `?id=urn:ngsi-ld:Room:2&type=Room`, ids('urn:r:1')],
      ['by attribute', '?attrs=light', ids('urn:r:2', 'urn:r:3')],
      ['by type and attributes', '?type=Room&attrs=warmth,sound', ids('urn:r:1')],
      ['by id pattern', '?idPattern=Room:9', ids('urn:r:1', 'urn:r:3')],
      ['a page', '?limit=1&offset=1', ids('urn:r:2')],
    ] as const
  ).map(([name, query, like]) => ({
    clause: '5.10.2',
    name,
    given: THREE,
    when: get(PATH + query),
    answer: { status: 200, like },
  })),
  {
    clause: '6.3.13',
    name: 'counts',
    given: THREE,
    when: get(`${PATH}?count=true&limit=0`),
    answer: { status: 200, body: [], headers: { 'NGSILD-Results-Count': '3' } },
  },
  {
    clause: '6.3.10',
    name: 'says where the next page is',
    given: THREE,
    when: get(`${PATH}?limit=2`),
    answer: { status: 200, like: ids('urn:r:1', 'urn:r:2'), headers: { Link: /offset=2>;rel="next"/ } },
  },
  {
    clause: '6.3.3',
    name: 'a parameter nobody knows',
    given: THREE,
    when: get(`${PATH}?who=me`),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '4.9',
    name: 'a filter on properties of sources',
    given: THREE,
    when: get(`${PATH}?csf=a==1`),
    answer: { status: 501 },
  },
  {
    clause: '5.11',
    name: 'subscriptions to registrations',
    when: get('/csourceSubscriptions'),
    answer: { status: 501 },
  },
  {
    clause: '4.14',
    name: 'of a tenant that never was',
    when: get(PATH),
    answer: { status: 404, problem: 'NonexistentTenant' },
  },
]);
