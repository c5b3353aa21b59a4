/** Who may hold what, and finding registrations (GS CIM 009 V1.9.1, 4.3.6.3, 5.9.2.4, 5.10.2). */

import { expect } from '@jest/globals';
import { contract, get, patch, post, property, ROOM, room, type Step } from './cases.js';
import { about, exclusive, ID, OTHER, PATH, registration, there } from './registering.js';

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
