/** Contract of purge. GS CIM 009 V1.9.1, 5.6.21, 6.4.3.3. */

import { type Case, contract, post, property, remove, room, type Step } from './cases.js';

const A = 'urn:ngsi-ld:Room:a';
const B = 'urn:ngsi-ld:Room:b';
const HALL = 'urn:ngsi-ld:Hall:c';
const at = (longitude: number): object => ({
  type: 'GeoProperty',
  value: { type: 'Point', coordinates: [longitude, 44] },
});
const GIVEN: readonly Step[] = [
  post('/entityOperations/create', [
    { ...room(A, { warmth: property(20), label: property('a'), location: at(26) }), scope: '/North/Attic' },
    { ...room(B, { warmth: property(25), label: property('b'), location: at(27) }), scope: '/South' },
    { id: HALL, type: ['Hall', 'Room'], size: property(9) },
  ]),
];
const ALL = '/entities?type=Room&format=simplified&omit=location,scope';

const a = { id: A, type: 'Room', warmth: 20, label: 'a' };
const b = { id: B, type: 'Room', warmth: 25, label: 'b' };
const hall = { id: HALL, type: ['Hall', 'Room'], size: 9 };

/** What is left after a purge with these parameters. */
const PURGES: readonly (readonly [name: string, query: string, left: readonly object[]])[] = [
  ['by type', 'type=Hall', [a, b]],
  ['by a type that all have', 'type=Room', []],
  ['by both types together', 'type=(Hall;Room)', [a, b]],
  ['of everything, when it says so', 'type=*', []],
  ['by id', `id=${A},${HALL}`, [b]],
  ['by an id that is not there', 'id=urn:ngsi-ld:Room:none', [a, b, hall]],
  ['by idPattern', `idPattern=${encodeURIComponent('^urn:ngsi-ld:Room:.$')}`, [hall]],
  ['by q', `q=${encodeURIComponent('warmth>20')}`, [a, hall]],
  ['by q and type', `type=Hall&q=${encodeURIComponent('warmth>20')}`, [a, b, hall]],
  ['by scopeQ', `scopeQ=${encodeURIComponent('/North/#')}`, [b, hall]],
  ['by geoquery', 'georel=near;maxDistance==1000&geometry=Point&coordinates=[27,44]', [a, hall]],
  ['of nothing that matches', 'q=none', [a, b, hall]],
  [
    'drop: one attribute',
    'type=Room&drop=warmth',
    [{ id: A, type: 'Room', label: 'a' }, { id: B, type: 'Room', label: 'b' }, hall],
  ],
  [
    'drop: by q, and entities stay',
    `q=${encodeURIComponent('warmth>20')}&drop=warmth,label`,
    [a, { id: B, type: 'Room' }, hall],
  ],
  ['drop: an attribute nobody has', 'type=Room&drop=none', [a, b, hall]],
  [
    'keep: all but one go',
    'type=Room&keep=label,size',
    [{ id: A, type: 'Room', label: 'a' }, { id: B, type: 'Room', label: 'b' }, hall],
  ],
  ['with local', 'type=Hall&local=true', [a, b]],
];

const REFUSED: readonly (readonly [name: string, query: string])[] = [
  ['of everything by oversight', ''],
  ['of everything here by oversight', '?local=true'],
  ['with keep alone', '?keep=warmth'],
  ['with keep and drop', '?type=Room&keep=warmth&drop=label'],
  ['that drops the id', '?type=Room&drop=id'],
  ['with half a geoquery', '?type=Room&georel=within'],
  ['with an id that is no URI', '?id=room'],
  ['with a broken q', '?q=%3D%3D'],
  ['with a page', '?type=Room&limit=5'],
];

contract('purge', [
  ...PURGES.map(
    ([name, query, left]): Case => ({
      clause: '5.6.21',
      name,
      given: GIVEN,
      when: remove(`/entities?${query}`),
      answer: { status: 204 },
      after: { path: ALL, answer: { status: 200, body: left } },
    }),
  ),
  ...REFUSED.map(
    ([name, query]): Case => ({
      clause: '5.6.21.4',
      name: `refuses one ${name}`,
      given: GIVEN,
      when: remove(`/entities${query}`),
      answer: { status: 400, problem: 'BadRequestData' },
      after: { path: ALL, answer: { status: 200, body: [a, b, hall] } },
    }),
  ),
  {
    clause: '5.6.21',
    name: 'drop: the scope',
    given: GIVEN,
    when: remove('/entities?type=Room&drop=scope'),
    answer: { status: 204 },
    after: {
      path: '/entities?type=Room&pick=id,scope',
      answer: { status: 200, body: [{ id: A }, { id: B }, { id: HALL }] },
    },
  },
  {
    clause: '5.6.21',
    name: 'more than fits into one record',
    given: [
      post(
        '/entityOperations/create',
        Array.from({ length: 1_000 }, (_none, n) => room(`urn:ngsi-ld:Room:${n}`)),
      ),
      post(
        '/entityOperations/create',
        Array.from({ length: 700 }, (_none, n) => room(`urn:ngsi-ld:Room:x${n}`)),
      ),
    ],
    when: remove('/entities?type=Room'),
    answer: { status: 204 },
    after: {
      path: '/entities?type=Room&count=true',
      answer: { status: 200, body: [], headers: { 'ngsild-results-count': '0' } },
    },
  },
  {
    clause: '5.6.21',
    name: 'drop: more than fits into one record',
    given: [
      post(
        '/entityOperations/create',
        Array.from({ length: 1_000 }, (_none, n) => room(`urn:ngsi-ld:Room:${n}`)),
      ),
      post(
        '/entityOperations/create',
        Array.from({ length: 700 }, (_none, n) => room(`urn:ngsi-ld:Room:x${n}`)),
      ),
    ],
    when: remove('/entities?type=Room&drop=warmth'),
    answer: { status: 204 },
    after: {
      path: '/entities?type=Room&q=warmth&limit=0&count=true',
      answer: { status: 200, headers: { 'ngsild-results-count': '0' } },
    },
  },
  {
    clause: '6.3.14',
    name: 'a purge in a tenant that never was',
    when: { ...remove('/entities?type=Room'), headers: { 'NGSILD-Tenant': 'nobody_at_all' } },
    answer: { status: 404, problem: 'NonexistentTenant' },
  },
]);
