/** Contract of subscriptions as resources. GS CIM 009 V1.9.1, 5.8.1 to 5.8.5. What they send is in notifications.test. */

import { expect } from '@jest/globals';
import { type Case, contract, get, patch, post, remove } from './cases.js';

const ID = 'urn:ngsi-ld:Subscription:1';
const ENDPOINT = { uri: 'http://127.0.0.1:9/notify', accept: 'application/json' };
const RECEIVER = [{ key: 'Fiware-Service', value: 'contor' }];

function subscription(more: object = {}): object {
  return { id: ID, type: 'Subscription', entities: [{ type: 'Room' }], notification: { endpoint: ENDPOINT }, ...more };
}

function notifying(endpoint: object, more: object = {}): object {
  return subscription({ notification: { endpoint: { ...ENDPOINT, ...endpoint }, ...more } });
}

const GIVEN = [post('/subscriptions', subscription({ watchedAttributes: ['warmth'], q: 'warmth>20' }))];
const SHOWN = {
  id: ID,
  type: 'Subscription',
  entities: [{ type: 'Room' }],
  watchedAttributes: ['warmth'],
  q: 'warmth>20',
  isActive: true,
  status: 'active',
};

const WRONG: readonly (readonly [clause: string, why: string, body: unknown])[] = [
  ['5.2.12', 'another type', { ...subscription(), type: 'Wish' }],
  ['5.2.12', 'neither entities nor watchedAttributes', subscription({ entities: undefined })],
  ['5.2.12', 'no notification', subscription({ notification: undefined })],
  ['5.2.14', 'no endpoint', subscription({ notification: {} })],
  ['5.2.12', 'an id that is no URI', subscription({ id: 'one' })],
  ['5.2.12', 'an unknown member', subscription({ colour: 'red' })],
  ['5.2.12', 'empty watchedAttributes', subscription({ watchedAttributes: [] })],
  ['5.2.8', 'an empty entity selector', subscription({ entities: [{}] })],
  ['5.2.8', 'a wrong idPattern', subscription({ entities: [{ type: 'Room', idPattern: '[' }] })],
  ['4.9', 'a wrong q', subscription({ q: 'warmth>>1' })],
  ['5.8.1', 'an expiresAt that is past', subscription({ expiresAt: '2020-01-01T00:00:00Z' })],
  ['5.2.15', 'an endpoint that is no URL', notifying({ uri: 'somewhere' })],
  ['5.2.15', 'an endpoint on a host that is not allowed', notifying({ uri: 'http://10.0.0.1/notify' })],
  ['5.2.15', 'an endpoint that looks like loopback', notifying({ uri: 'http://localhost.:9/notify' })],
  ['5.2.15', 'an endpoint with credentials', notifying({ uri: 'http://me:secret@127.0.0.1:9/' })],
  ['5.2.15', 'an endpoint by file', notifying({ uri: 'file:///etc/passwd' })],
  ['5.2.15', 'an accept nobody knows', notifying({ accept: 'text/plain' })],
  [
    '5.2.22',
    'a receiverInfo with a line feed',
    notifying({ receiverInfo: [{ key: 'X-A', value: 'b\r\nHost: evil' }] }),
  ],
  [
    '5.2.22',
    'a receiverInfo that would frame the message',
    notifying({ receiverInfo: [{ key: 'Content-Length', value: '0' }] }),
  ],
  ['5.2.22', 'a wish to keep something nobody knows', notifying({ notifierInfo: [{ key: 'keep', value: 'some' }] })],
  ['5.2.14', 'a format nobody knows', notifying({}, { format: 'pretty' })],
  ['5.2.14.1 (028_09)', 'showChanges simplified', notifying({}, { format: 'keyValues', showChanges: true })],
  ['5.2.14.1 (028_09)', 'empty attributes', notifying({}, { attributes: [] })],
  ['5.2.14.1 (028_09)', 'an empty pick', notifying({}, { pick: [] })],
  ['5.2.14.1 (028_09)', 'an empty omit', notifying({}, { omit: [] })],
  ['5.2.14.1', 'attributes beside pick', notifying({}, { attributes: ['a'], pick: ['b'] })],
  ['5.2.14.1', 'attributes beside omit', notifying({}, { attributes: ['a'], omit: ['b'] })],
  ['5.2.14.1', 'the same name in pick and omit', notifying({}, { pick: ['id', 'a'], omit: ['a'] })],
  ['5.2.14.1', 'id among attributes', notifying({}, { attributes: ['id'] })],
  ['5.2.14.1', 'a showChanges that is no flag', notifying({}, { showChanges: 'yes' })],
  ['5.2.14.1', 'a member of notification nobody knows', notifying({}, { colour: 'red' })],
  ['5.2.14.1', 'a member of notification that is null', notifying({}, { attributes: null })],
  ['5.2.12 (5811_02)', 'a trigger nobody knows', subscription({ notificationTrigger: ['entityChanged'] })],
  ['5.2.12', 'an empty notificationTrigger', subscription({ notificationTrigger: [] })],
  ['5.2.12', 'throttling that is not above 0', subscription({ throttling: 0 })],
  ['5.2.12', 'throttling that is no number', subscription({ throttling: '5' })],
  ['5.2.12', 'a timeInterval that is not above 0', subscription({ timeInterval: 0 })],
  ['5.2.12', 'timeInterval beside watchedAttributes', subscription({ timeInterval: 5, watchedAttributes: ['a'] })],
  ['5.2.12', 'timeInterval beside throttling', subscription({ timeInterval: 10, throttling: 30 })],
  [
    '5.2.12',
    'timeInterval beside notificationTrigger',
    subscription({ timeInterval: 5, notificationTrigger: ['entityCreated'] }),
  ],
  ['5.2.12', 'timeInterval without entities', subscription({ timeInterval: 5, entities: undefined })],
  ['5.2.12', 'a datasetId that is no URI', subscription({ datasetId: ['one'] })],
  ['5.2.12', 'a jsonldContext that is no URI', subscription({ jsonldContext: 'ours' })],
  ['5.2.12', 'a member that is null', subscription({ q: null })],
  ['4.15', 'a wrong lang', subscription({ lang: '!' })],
  ['4.19', 'a wrong scopeQ', subscription({ scopeQ: '/a//b' })],
  ['5.2.13', 'a geoQ without coordinates', subscription({ geoQ: { georel: 'within', geometry: 'Point' } })],
  [
    '5.2.13',
    'a member of geoQ nobody knows',
    subscription({ geoQ: { georel: 'equals', geometry: 'Point', coordinates: [1, 2], colour: 'red' } }),
  ],
  ['5.2.15', 'a timeout that is not above 0', notifying({ timeout: 0 })],
  ['5.2.15', 'a cooldown that is no number', notifying({ cooldown: '5s' })],
  ['5.2.15', 'a member of endpoint nobody knows', notifying({ colour: 'red' })],
  ['5.2.22 (028_10)', 'a receiverInfo without value', notifying({ receiverInfo: [{ key: 'A' }] })],
  ['5.2.22 (028_10)', 'a receiverInfo value that is no text', notifying({ receiverInfo: [{ key: 'A', value: 42 }] })],
  ['5.2.22 (028_10)', 'a notifierInfo value that is no text', notifying({ notifierInfo: [{ key: 'A', value: {} }] })],
  ['5.2.22', 'a mask without a value', notifying({ receiverInfo: [{ key: 'Authorization', value: '********' }] })],
];

const LATER = [
  subscription({ csf: 'endpoint=="http://127.0.0.1/"' }),
  subscription({ temporalQ: { timerel: 'before', timeAt: '2026-01-01T00:00:00Z' } }),
  subscription({ expandValues: 'warmth' }),
  notifying({}, { join: 'inline' }),
  notifying({}, { pick: ['isIn{name}'] }),
];

const CASES: readonly Case[] = [
  {
    clause: '6.10.3.1',
    name: 'a created subscription has a Location',
    when: post('/subscriptions', subscription()),
    answer: { status: 201, headers: { location: `/ngsi-ld/v1/subscriptions/${ID}` } },
  },
  {
    clause: '5.8.1',
    name: 'the broker makes an id',
    when: post('/subscriptions', subscription({ id: undefined })),
    answer: { status: 201, headers: { location: /urn/ } },
  },
  {
    clause: '5.8.1.4',
    name: 'an id is taken once',
    given: GIVEN,
    when: post('/subscriptions', subscription()),
    answer: { status: 409, problem: 'AlreadyExists' },
  },
  ...WRONG.map(
    ([clause, why, body]): Case => ({
      clause,
      name: `refuses ${why}`,
      when: post('/subscriptions', body),
      answer: { status: 400, problem: 'BadRequestData' },
    }),
  ),
  ...LATER.map(
    (body, at): Case => ({
      clause: '5.2.12',
      name: `not built, ${at + 1}`,
      when: post('/subscriptions', body),
      answer: { status: 501, problem: 'OperationNotSupported' },
    }),
  ),
  {
    clause: '5.8.3',
    name: 'retrieve',
    given: GIVEN,
    when: get(`/subscriptions/${ID}`),
    answer: { status: 200, like: SHOWN },
  },
  {
    clause: '5.2.14.2',
    name: 'the counters begin at 0',
    given: GIVEN,
    when: get(`/subscriptions/${ID}`),
    answer: {
      status: 200,
      like: { notification: { timesSent: 0, timesFailed: 0, status: 'ok', format: 'normalized', endpoint: ENDPOINT } },
    },
  },
  {
    clause: '5.8.3.4',
    name: 'retrieve what is not there',
    given: GIVEN,
    when: get('/subscriptions/urn:ngsi-ld:Subscription:none'),
    answer: { status: 404, problem: 'ResourceNotFound' },
  },
  {
    clause: '5.8.4',
    name: 'list',
    given: GIVEN,
    when: get('/subscriptions?count=true'),
    answer: { status: 200, like: [SHOWN], headers: { 'ngsild-results-count': '1' } },
  },
  {
    clause: '5.8.2',
    name: 'pause',
    given: GIVEN,
    when: patch(`/subscriptions/${ID}`, { isActive: false }),
    answer: { status: 204 },
    after: { path: `/subscriptions/${ID}`, answer: { status: 200, like: { isActive: false, status: 'paused' } } },
  },
  {
    clause: '5.8.2',
    name: 'change the endpoint',
    given: GIVEN,
    when: patch(`/subscriptions/${ID}`, {
      notification: { endpoint: { uri: 'http://127.0.0.1:9/other', receiverInfo: RECEIVER } },
    }),
    answer: { status: 204 },
    after: {
      path: `/subscriptions/${ID}`,
      answer: {
        status: 200,
        like: { ...SHOWN, notification: { endpoint: { uri: 'http://127.0.0.1:9/other', receiverInfo: RECEIVER } } },
      },
    },
  },
  {
    clause: '5.8.2',
    name: 'a new endpoint takes the old headers with it',
    given: [post('/subscriptions', notifying({ receiverInfo: RECEIVER }))],
    when: patch(`/subscriptions/${ID}`, { notification: { endpoint: ENDPOINT } }),
    answer: { status: 204 },
    after: {
      path: `/subscriptions/${ID}`,
      answer: {
        status: 200,
        body: expect.objectContaining({ notification: expect.objectContaining({ endpoint: ENDPOINT }) }),
      },
    },
  },
  {
    clause: '5.8.2',
    name: 'a change of format keeps the endpoint',
    given: [post('/subscriptions', notifying({ receiverInfo: RECEIVER }))],
    when: patch(`/subscriptions/${ID}`, { notification: { format: 'concise' } }),
    answer: { status: 204 },
    after: {
      path: `/subscriptions/${ID}`,
      answer: {
        status: 200,
        like: { notification: { format: 'concise', endpoint: { ...ENDPOINT, receiverInfo: RECEIVER } } },
      },
    },
  },
  {
    clause: '5.8.2',
    name: 'remove q',
    given: GIVEN,
    when: patch(`/subscriptions/${ID}`, { q: null }),
    answer: { status: 204 },
    after: {
      path: `/subscriptions/${ID}`,
      answer: { status: 200, body: expect.not.objectContaining({ q: expect.anything() }) },
    },
  },
  {
    clause: '5.8.2.4',
    name: 'change what is not there',
    given: GIVEN,
    when: patch('/subscriptions/urn:ngsi-ld:Subscription:none', { isActive: false }),
    answer: { status: 404, problem: 'ResourceNotFound' },
  },
  {
    clause: '5.8.2.4',
    name: 'change the id',
    given: GIVEN,
    when: patch(`/subscriptions/${ID}`, { id: 'urn:ngsi-ld:Subscription:2' }),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '5.8.5',
    name: 'delete',
    given: GIVEN,
    when: remove(`/subscriptions/${ID}`),
    answer: { status: 204 },
    after: { path: `/subscriptions/${ID}`, answer: { status: 404, problem: 'ResourceNotFound' } },
  },
  {
    clause: '5.8.5.4',
    name: 'delete what is not there',
    given: GIVEN,
    when: remove('/subscriptions/urn:ngsi-ld:Subscription:none'),
    answer: { status: 404, problem: 'ResourceNotFound' },
  },
];

contract('subscriptions', CASES);
