/** Contract of batch operations. GS CIM 009 V1.9.1, 5.6.7 to 5.6.10. */

import { expect } from '@jest/globals';
import { type Case, CORE, contract, LD, post, property, room } from './cases.js';

const A = 'urn:ngsi-ld:Room:a';
const B = 'urn:ngsi-ld:Room:b';
const ONE_THERE = [post('/entities', room(A, { warmth: property(1), size: property(4) }))];
const BOTH = [room(A, { warmth: property(2) }), room(B, { warmth: property(3) })];

const CASES: readonly Case[] = [
  {
    clause: '6.14.3.1',
    name: 'create answers 201 with the ids',
    when: post('/entityOperations/create', BOTH),
    answer: { status: 201, body: [A, B] },
  },
  {
    clause: '6.14.3.1',
    name: 'create answers 207 when one is there',
    given: ONE_THERE,
    when: post('/entityOperations/create', BOTH),
    answer: {
      status: 207,
      like: {
        success: [B],
        errors: [{ entityId: A, error: { type: expect.stringMatching(/AlreadyExists$/), status: 409 } }],
      },
    },
    after: { path: `/entities/${A}?format=simplified`, answer: { status: 200, body: room(A, { warmth: 1, size: 4 }) } },
  },
  {
    clause: '6.15.3.1',
    name: 'upsert answers 201 with the created ids only',
    given: ONE_THERE,
    when: post('/entityOperations/upsert', BOTH),
    answer: { status: 201, body: [B] },
  },
  {
    clause: '6.15.3.1',
    name: 'upsert answers 204 when none was created',
    given: [...ONE_THERE, post('/entities', room(B))],
    when: post('/entityOperations/upsert', BOTH),
    answer: { status: 204 },
  },
  {
    clause: '5.6.8',
    name: 'upsert replaces by default',
    given: ONE_THERE,
    when: post('/entityOperations/upsert', BOTH),
    answer: { status: 201 },
    after: { path: `/entities/${A}?format=simplified`, answer: { status: 200, body: room(A, { warmth: 2 }) } },
  },
  {
    clause: '5.6.8',
    name: 'upsert replaces with options=replace',
    given: ONE_THERE,
    when: post('/entityOperations/upsert?options=replace', BOTH),
    answer: { status: 201 },
    after: { path: `/entities/${A}?format=simplified`, answer: { status: 200, body: room(A, { warmth: 2 }) } },
  },
  {
    clause: '5.6.8',
    name: 'upsert updates with options=update',
    given: ONE_THERE,
    when: post('/entityOperations/upsert?options=update', BOTH),
    answer: { status: 201 },
    after: { path: `/entities/${A}?format=simplified`, answer: { status: 200, body: room(A, { warmth: 2, size: 4 }) } },
  },
  {
    clause: '5.6.8',
    name: 'upsert takes repeats in their order',
    when: post('/entityOperations/upsert?options=update', [
      room(A, { warmth: property(1) }),
      room(A, { warmth: property(2) }),
    ]),
    answer: { status: 201, body: [A] },
    after: { path: `/entities/${A}?format=simplified`, answer: { status: 200, body: room(A, { warmth: 2 }) } },
  },
  {
    clause: '6.15.3.1',
    name: 'upsert answers 207 when one is wrong',
    when: post('/entityOperations/upsert', [...BOTH, { id: 'c', type: 'Room' }]),
    answer: { status: 207, like: { success: [A, B], errors: [{ entityId: 'c', error: { status: 400 } }] } },
  },
  {
    clause: '6.15.3.1',
    name: 'upsert with an unknown option',
    when: post('/entityOperations/upsert?options=merge', BOTH),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '6.16.3.1',
    name: 'update answers 204',
    given: [...ONE_THERE, post('/entities', room(B))],
    when: post('/entityOperations/update', BOTH),
    answer: { status: 204 },
    after: { path: `/entities/${A}?format=simplified`, answer: { status: 200, body: room(A, { warmth: 2, size: 4 }) } },
  },
  {
    clause: '6.16.3.1',
    name: 'update answers 207 when one is not there',
    given: ONE_THERE,
    when: post('/entityOperations/update', BOTH),
    answer: { status: 207, like: { success: [A], errors: [{ entityId: B, error: { status: 404 } }] } },
  },
  {
    clause: '5.6.9',
    name: 'update with noOverwrite adds only',
    given: ONE_THERE,
    when: post('/entityOperations/update?options=noOverwrite', [room(A, { label: property('n') })]),
    answer: { status: 204 },
    after: {
      path: `/entities/${A}?format=simplified`,
      answer: { status: 200, body: room(A, { warmth: 1, size: 4, label: 'n' }) },
    },
  },
  {
    clause: '6.17.3.1',
    name: 'delete answers 204',
    given: [post('/entityOperations/create', BOTH)],
    when: post('/entityOperations/delete', [A, B]),
    answer: { status: 204 },
    after: { path: '/entities?type=Room', answer: { status: 200, body: [] } },
  },
  {
    clause: '6.17.3.1',
    name: 'delete answers 207 when one is not there',
    given: ONE_THERE,
    when: post('/entityOperations/delete', [A, B]),
    answer: { status: 207, like: { success: [A], errors: [{ entityId: B, error: { status: 404 } }] } },
  },
  ...['create', 'upsert', 'update', 'merge', 'delete'].flatMap((operation): Case[] => [
    {
      clause: '5.6.7.4',
      name: `${operation} of nothing`,
      when: post(`/entityOperations/${operation}`, []),
      answer: { status: 400, problem: 'BadRequestData' },
    },
    {
      clause: '5.6.7.4',
      name: `${operation} of what is no array`,
      when: post(`/entityOperations/${operation}`, room()),
      answer: { status: 400, problem: 'BadRequestData' },
    },
    {
      clause: '5.5.4',
      name: `${operation} of what is no JSON`,
      when: post(`/entityOperations/${operation}`, '[{]'),
      answer: { status: 400, problem: 'InvalidRequest' },
    },
  ]),
  {
    clause: '6.3.5',
    name: 'each entity of an ld+json batch has its own @context',
    when: post(
      '/entityOperations/create',
      [
        { ...room(A), '@context': CORE },
        { ...room(B), '@context': { warmth: 'https://example.org/warmth' } },
      ],
      LD,
    ),
    answer: { status: 201 },
    after: {
      path: `/entities/${B}?format=simplified`,
      answer: { status: 200, body: { id: B, type: 'Room', 'https://example.org/warmth': 21 } },
    },
  },
  {
    clause: '6.3.5',
    name: 'an entity of an ld+json batch without @context fails alone',
    when: post('/entityOperations/create', [{ ...room(A), '@context': CORE }, room(B)], LD),
    answer: { status: 207, like: { success: [A], errors: [{ entityId: B }] } },
  },
  {
    clause: '6.15.3.1',
    name: 'more entities than the limit',
    when: post(
      '/entityOperations/upsert',
      Array.from({ length: 1001 }, (_none, at) => room(`urn:ngsi-ld:Room:${at}`)),
    ),
    answer: { status: 400, problem: 'BadRequestData' },
  },
];

contract('batch operations', CASES);
