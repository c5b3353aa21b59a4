/** Contract of writes to attributes: append, update, partial update, delete, merge, replace. GS CIM 009 V1.9.1, 5.6.2 to 5.6.5, 5.6.17, 5.6.18. */

import { expect } from '@jest/globals';
import { type Case, contract, NULL, patch, post, property, ROOM, remove, room } from './cases.js';

const GIVEN = [
  post(
    '/entities',
    room(ROOM, { warmth: property(21, { unitCode: 'CEL', accuracy: property(0.1) }), size: property(4) }),
  ),
];
const WARMTH = property(21, { unitCode: 'CEL', accuracy: property(0.1) });
const SIZE = property(4);
const ATTRS = `/entities/${ROOM}/attrs`;
const MERGE = `/entities/${ROOM}`;

type Row = readonly [clause: string, name: string, when: Case['when'], status: number, attributes: object];

/** What the entity has after a write that succeeds, wholly or in part. */
const EFFECTS: readonly Row[] = [
  [
    '5.6.3',
    'append adds an attribute',
    post(ATTRS, { label: property('north') }),
    204,
    { warmth: WARMTH, size: SIZE, label: property('north') },
  ],
  [
    '5.6.3',
    'append replaces an attribute as a whole',
    post(ATTRS, { warmth: property(5) }),
    204,
    { warmth: property(5), size: SIZE },
  ],
  [
    '5.6.3',
    'append with noOverwrite leaves what is there',
    post(`${ATTRS}?options=noOverwrite`, { warmth: property(5), label: property('n') }),
    207,
    { warmth: WARMTH, size: SIZE, label: property('n') },
  ],
  [
    '4.5.5',
    'append adds an instance beside the default one',
    post(ATTRS, { size: property(5, { datasetId: 'urn:ngsi-ld:Dataset:a' }) }),
    204,
    { warmth: WARMTH, size: [SIZE, property(5, { datasetId: 'urn:ngsi-ld:Dataset:a' })] },
  ],
  [
    '5.6.2',
    'update replaces an attribute',
    patch(ATTRS, { warmth: property(22) }),
    204,
    { warmth: property(22), size: SIZE },
  ],
  [
    '5.6.2',
    'update adds what is not there',
    patch(ATTRS, { warmth: property(22), label: property('n') }),
    204,
    { warmth: property(22), size: SIZE, label: property('n') },
  ],
  [
    '5.6.2',
    'update with urn:ngsi-ld:null removes',
    patch(ATTRS, { warmth: property('urn:ngsi-ld:null') }),
    204,
    { size: SIZE },
  ],
  [
    '5.6.4',
    'partial update keeps the other members',
    patch(`${ATTRS}/warmth`, { value: 22 }),
    204,
    { warmth: property(22, { unitCode: 'CEL', accuracy: property(0.1) }), size: SIZE },
  ],
  [
    '5.6.4',
    'partial update without a value',
    patch(`${ATTRS}/warmth`, { unitCode: 'FAH' }),
    204,
    { warmth: property(21, { unitCode: 'FAH', accuracy: property(0.1) }), size: SIZE },
  ],
  ['5.6.5', 'delete removes an attribute', remove(`${ATTRS}/warmth`), 204, { size: SIZE }],
  [
    '5.6.17',
    'merge changes a value and keeps the rest',
    patch(MERGE, { warmth: { value: 22 } }),
    204,
    { warmth: property(22, { unitCode: 'CEL', accuracy: property(0.1) }), size: SIZE },
  ],
  [
    '5.6.17',
    'merge reaches into sub-attributes',
    patch(MERGE, { warmth: { accuracy: { value: 0.2 } } }),
    204,
    { warmth: property(21, { unitCode: 'CEL', accuracy: property(0.2) }), size: SIZE },
  ],
  [
    '5.6.17',
    'merge adds an attribute',
    patch(MERGE, { label: property('n') }),
    204,
    { warmth: WARMTH, size: SIZE, label: property('n') },
  ],
  [
    '5.5.12',
    'merge with urn:ngsi-ld:null removes',
    patch(MERGE, { size: 'urn:ngsi-ld:null' }),
    204,
    { warmth: WARMTH },
  ],
  [
    '5.5.12',
    'merge removes a member',
    patch(MERGE, { warmth: { unitCode: 'urn:ngsi-ld:null' } }),
    204,
    { warmth: property(21, { accuracy: property(0.1) }), size: SIZE },
  ],
  [
    '5.6.17.4',
    'merge stamps nothing that had no observedAt',
    patch(`${MERGE}?observedAt=2026-11-20T07:00:00Z`, { size: { value: 5 } }),
    204,
    { warmth: WARMTH, size: property(5) },
  ],
  [
    '5.6.18',
    'replace leaves nothing of what was',
    { method: 'PUT', path: MERGE, body: room(ROOM, { label: property('n') }) },
    204,
    { label: property('n') },
  ],
];

/** Writes that are refused, and change nothing. */
const REFUSED: readonly (readonly [
  clause: string,
  name: string,
  when: Case['when'],
  status: number,
  problem: string,
])[] = [
  [
    '5.6.3.4',
    'append to what is not there',
    post('/entities/urn:ngsi-ld:Room:none/attrs', { size: SIZE }),
    404,
    'ResourceNotFound',
  ],
  [
    '5.6.2.4',
    'update of what is not there',
    patch('/entities/urn:ngsi-ld:Room:none/attrs', { size: SIZE }),
    404,
    'ResourceNotFound',
  ],
  [
    '5.6.17.4',
    'merge into what is not there',
    patch('/entities/urn:ngsi-ld:Room:none', { size: SIZE }),
    404,
    'ResourceNotFound',
  ],
  [
    '5.6.4.4',
    'partial update of an attribute that is not there',
    patch(`${ATTRS}/label`, { value: 1 }),
    404,
    'ResourceNotFound',
  ],
  ['5.6.5.4', 'delete of an attribute that is not there', remove(`${ATTRS}/label`), 404, 'ResourceNotFound'],
  [
    '5.6.5.4',
    'delete of an instance that is not there',
    remove(`${ATTRS}/size?datasetId=urn:ngsi-ld:Dataset:a`),
    404,
    'ResourceNotFound',
  ],
  ['5.6.3.4', 'append of a wrong attribute', post(ATTRS, { size: { type: 'Property' } }), 400, 'BadRequestData'],
  ['5.6.3.4', 'append of nothing', post(ATTRS, {}), 400, 'BadRequestData'],
  [
    '5.6.3.4',
    'append with another id in the body',
    post(ATTRS, { id: 'urn:ngsi-ld:Room:2', size: SIZE }),
    400,
    'BadRequestData',
  ],
  ['6.6.3.1', 'append with an unknown option', post(`${ATTRS}?options=gently`, { size: SIZE }), 400, 'BadRequestData'],
  [
    '5.6.17.4',
    'merge with a wrong observedAt',
    patch(`${MERGE}?observedAt=today`, { size: SIZE }),
    400,
    'BadRequestData',
  ],
];

const CASES: readonly Case[] = [
  ...EFFECTS.map(
    ([clause, name, when, status, attributes]): Case => ({
      clause,
      name,
      given: GIVEN,
      when,
      answer: { status },
      after: { path: `/entities/${ROOM}`, answer: { status: 200, body: room(ROOM, attributes) } },
    }),
  ),
  ...REFUSED.map(
    ([clause, name, when, status, problem]): Case => ({
      clause,
      name,
      given: GIVEN,
      when,
      answer: { status, problem },
      after: { path: `/entities/${ROOM}`, answer: { status: 200, body: room(ROOM, { warmth: WARMTH, size: SIZE }) } },
    }),
  ),
  {
    clause: '5.2.18',
    name: 'an append says what it did not do, and why',
    given: GIVEN,
    when: post(`${ATTRS}?options=noOverwrite`, { warmth: property(22), label: property('n') }),
    answer: {
      status: 207,
      body: {
        updated: ['label'],
        notUpdated: [{ attributeName: 'warmth', reason: expect.stringContaining('noOverwrite') }],
      },
    },
  },
  {
    clause: '5.2.18',
    name: 'an update says what it could not remove',
    given: GIVEN,
    when: patch(ATTRS, { warmth: property(22), label: NULL }),
    answer: { status: 207, like: { updated: ['warmth'], notUpdated: [{ attributeName: 'label' }] } },
  },
  {
    clause: '5.2.18',
    name: 'a merge says which new attribute had no value',
    given: GIVEN,
    when: patch(MERGE, { warmth: { value: 22 }, label: { unitCode: 'CEL' } }),
    answer: { status: 207, like: { updated: ['warmth'], notUpdated: [{ attributeName: 'label' }] } },
  },
  {
    clause: '5.6.5',
    name: 'deleteAll removes every instance',
    given: [...GIVEN, post(ATTRS, { size: property(5, { datasetId: 'urn:ngsi-ld:Dataset:a' }) })],
    when: remove(`${ATTRS}/size?deleteAll=true`),
    answer: { status: 204 },
    after: { path: `/entities/${ROOM}`, answer: { status: 200, body: room(ROOM, { warmth: WARMTH }) } },
  },
];

contract('attributes', CASES);
