/** What a subscription says, there and back; what null removes; what of it is secret. GS CIM 009 V1.9.1, 5.2.12 to 5.2.22, 5.8.2. */

import { expect, it } from '@jest/globals';
import { type Case, contract, get, patch, post } from './cases.js';
import { describeSet, openInstance } from './instance.js';

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
/** Everything a subscription may say comes back as it was said. */
const SAID = {
  subscriptionName: 'rooms',
  description: 'Rooms of the north',
  watchedAttributes: ['warmth'],
  notificationTrigger: ['entityUpdated', 'entityDeleted'],
  throttling: 0.5,
  q: 'warmth>20',
  geoQ: { georel: 'near;maxDistance==10', geometry: 'Point', coordinates: [1, 2], geoproperty: 'place' },
  scopeQ: '/north/#',
  datasetId: ['urn:ngsi-ld:Dataset:1', '@none'],
  lang: 'fr-CH,fr;q=0.9',
  localOnly: true,
  expiresAt: '2100-01-01T00:00:00Z',
};
const PARAMS = {
  pick: ['id', 'warmth'],
  omit: ['type', 'size'],
  format: 'concise',
  sysAttrs: true,
  showChanges: true,
  endpoint: {
    ...{ uri: 'http://127.0.0.1:9/notify', accept: 'application/ld+json', timeout: 500, cooldown: 1_000 },
    receiverInfo: [{ key: 'X-A', value: 'b' }],
    notifierInfo: [{ key: 'keep', value: 'latest' }],
  },
};
const SECRETS = [
  { key: 'Authorization', value: 'Bearer sesame' },
  { key: 'X-Auth-Token', value: 'open' },
];
const MASKED = SECRETS.map(({ key }) => ({ key, value: '********' }));

const MEMBERS: readonly Case[] = [
  {
    clause: '5.8.3',
    name: 'what was said comes back',
    given: [post('/subscriptions', subscription({ ...SAID, notification: PARAMS }))],
    when: get(`/subscriptions/${ID}`),
    answer: { status: 200, like: { ...SAID, notification: PARAMS } },
  },
  ...Object.keys(SAID)
    .filter((member) => member !== 'watchedAttributes')
    .map(
      (member): Case => ({
        clause: '5.8.2',
        name: `null removes ${member}`,
        given: [post('/subscriptions', subscription({ ...SAID, notification: PARAMS }))],
        when: patch(`/subscriptions/${ID}`, { [member]: null }),
        answer: { status: 204 },
        after: {
          path: `/subscriptions/${ID}`,
          answer: { status: 200, body: expect.not.objectContaining({ [member]: expect.anything() }) },
        },
      }),
    ),
  ...(['pick', 'omit', 'showChanges', 'sysAttrs'] as const).map(
    (member): Case => ({
      clause: '5.8.2',
      name: `null removes notification.${member} and nothing else`,
      given: [post('/subscriptions', subscription({ notification: PARAMS }))],
      when: patch(`/subscriptions/${ID}`, { notification: { [member]: null } }),
      answer: { status: 204 },
      after: {
        path: `/subscriptions/${ID}`,
        answer: {
          status: 200,
          body: expect.objectContaining({
            notification: { ...without(PARAMS, member), status: 'ok', timesSent: 0, timesFailed: 0 },
          }),
        },
      },
    }),
  ),
  {
    clause: '5.8.2',
    name: 'null removes what belongs to an endpoint',
    given: [post('/subscriptions', subscription({ notification: PARAMS }))],
    when: patch(`/subscriptions/${ID}`, { notification: { endpoint: { timeout: null, receiverInfo: null } } }),
    answer: { status: 204 },
    after: {
      path: `/subscriptions/${ID}`,
      answer: {
        status: 200,
        body: expect.objectContaining({
          notification: expect.objectContaining({
            endpoint: without(without(PARAMS.endpoint, 'timeout'), 'receiverInfo'),
          }),
        }),
      },
    },
  },
  ...(
    [
      ['an expiresAt that is past', { expiresAt: '2020-01-01T00:00:00Z' }],
      ['an endpoint that is null', { notification: { endpoint: null } }],
      ['isActive that is null', { isActive: null }],
      ['the last that says which entities', { entities: null }],
      ['pick beside attributes', { notification: { attributes: ['a'], pick: ['b'] } }],
      ['a member nobody knows', { colour: 'red' }],
      ['an interval for one that watches attributes', { watchedAttributes: ['a'], timeInterval: 5 }],
    ] as const
  ).map(
    ([why, fragment]): Case => ({
      clause: '5.8.2.4',
      name: `refuses ${why}`,
      given: [post('/subscriptions', subscription())],
      when: patch(`/subscriptions/${ID}`, fragment),
      answer: { status: 400, problem: 'BadRequestData' },
      after: { path: `/subscriptions/${ID}`, answer: { status: 200, like: { status: 'active' } } },
    }),
  ),
  {
    clause: '5.8.2',
    name: 'what watches may become periodic',
    given: GIVEN,
    when: patch(`/subscriptions/${ID}`, { watchedAttributes: null, timeInterval: 3_600 }),
    answer: { status: 204 },
    after: { path: `/subscriptions/${ID}`, answer: { status: 200, like: { timeInterval: 3_600, q: 'warmth>20' } } },
  },
  {
    clause: '5.2.22',
    name: 'a header that lets somebody in is not shown again',
    given: [post('/subscriptions', notifying({ receiverInfo: [...SECRETS, ...RECEIVER] }))],
    when: get(`/subscriptions/${ID}`),
    answer: { status: 200, like: { notification: { endpoint: { receiverInfo: [...MASKED, ...RECEIVER] } } } },
  },
  {
    clause: '5.2.22',
    name: 'what was read may be sent back',
    given: [post('/subscriptions', notifying({ receiverInfo: SECRETS }))],
    when: patch(`/subscriptions/${ID}`, { notification: { endpoint: { ...ENDPOINT, receiverInfo: MASKED } } }),
    answer: { status: 204 },
  },
  {
    clause: '5.2.22',
    name: 'a mask does not carry a secret to another place',
    given: [post('/subscriptions', notifying({ receiverInfo: SECRETS }))],
    when: patch(`/subscriptions/${ID}`, {
      notification: { endpoint: { uri: 'http://localhost:9/notify', receiverInfo: MASKED } },
    }),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  ...(
    [
      ['limit=2&count=true', [1, 2], { 'ngsild-results-count': '3', link: /rel="next"/ }],
      ['limit=2&offset=2&count=true', [3], { 'ngsild-results-count': '3', link: /rel="prev"/ }],
      ['limit=0&count=true', [], { 'ngsild-results-count': '3' }],
    ] as const
  ).map(
    ([query, shown, headers]): Case => ({
      clause: '5.8.4',
      name: `list, ${query}`,
      given: [1, 2, 3].map((at) => post('/subscriptions', subscription({ id: `${ID}${at}` }))),
      when: get(`/subscriptions?${query}`),
      answer: { status: 200, like: shown.map((at) => ({ id: `${ID}${at}` })), headers },
    }),
  ),
];

function without(record: object, member: string): object {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== member));
}

contract('members of subscriptions', MEMBERS);

describeSet('a broker with a secret', () => {
  it('5.2.22: shows headers as they were given to whoever has shown it', async () => {
    const guarded = await openInstance({ PLATFORM_SECRET: 'a-secret-of-the-platform' });
    try {
      const headers = { Authorization: 'Bearer a-secret-of-the-platform' };
      const path = '/ngsi-ld/v1/subscriptions';
      const made = await guarded.send('POST', path, notifying({ receiverInfo: SECRETS }), headers);
      expect(made.status).toBe(201);
      const { json } = await guarded.send('GET', `${path}/${ID}`, undefined, headers);
      expect(json).toMatchObject({ notification: { endpoint: { receiverInfo: SECRETS } } });
    } finally {
      await guarded.stop();
    }
  });
});
