/**
 * Which changes a subscription hears of. GS CIM 009 V1.9.1, 5.2.12, 5.8.6. Where the ETSI test suite (ngsi-ld-test-suite,
 * 046_…) has the same case, it is named.
 */

import { patch, post, property, ROOM, room } from './cases.js';
import {
  AT_ROOM,
  create,
  GIVEN,
  hears,
  KINDS,
  listen,
  NULL,
  on,
  put,
  type Row,
  remove,
  TIME,
  warm,
} from './hearing.js';

const TRIGGERS: readonly Row[] = [
  {
    clause: '5.2.12',
    name: 'by default: created and updated, not deleted',
    when: [create(), warm(22), remove(`${AT_ROOM}/attrs/size`), remove(AT_ROOM)],
    told: [
      room(ROOM, { warmth: property(21), size: property(4) }),
      room(ROOM, { warmth: property(22), size: property(4) }),
    ],
  },
  {
    clause: '5.8.6',
    name: 'written again as it was, nothing has changed',
    given: GIVEN,
    when: [warm(21), patch(`${AT_ROOM}/attrs`, { warmth: property(21), size: property(5) })],
    told: [room(ROOM, { warmth: property(21), size: property(5) })],
  },
  {
    clause: '5.8.6',
    name: 'another observedAt is a change',
    given: GIVEN,
    when: [patch(`${AT_ROOM}/attrs`, { warmth: property(21, { observedAt: '2026-01-01T00:00:00Z' }) })],
    told: [room(ROOM, { warmth: property(21, { observedAt: '2026-01-01T00:00:00Z' }), size: property(4) })],
  },
  {
    clause: '5.2.12 (046_21)',
    name: 'entityCreated',
    subscription: on('entityCreated'),
    when: [create(), warm(22), remove(AT_ROOM)],
    told: [room(ROOM, { warmth: property(21), size: property(4) })],
  },
  {
    clause: '5.2.12',
    name: 'entityCreated with watchedAttributes: one of them has to be there',
    subscription: { ...on('entityCreated'), watchedAttributes: ['size'] },
    when: [create({ warmth: property(1) })],
    told: [],
  },
  {
    clause: '5.8.6 (046_21)',
    name: 'entityDeleted: deletedAt and nothing more',
    subscription: on('entityDeleted'),
    given: GIVEN,
    when: [warm(22), remove(AT_ROOM)],
    told: [{ id: ROOM, type: 'Room', deletedAt: TIME }],
  },
  {
    clause: '5.8.6',
    name: 'entityDeleted with sysAttrs',
    subscription: on('entityDeleted'),
    notification: { sysAttrs: true },
    given: GIVEN,
    when: [remove(AT_ROOM)],
    told: [{ id: ROOM, type: 'Room', createdAt: TIME, modifiedAt: TIME, deletedAt: TIME }],
  },
  {
    clause: '5.8.6',
    name: 'entityDeleted by batch, simplified',
    subscription: on('entityDeleted'),
    notification: { format: 'simplified' },
    given: GIVEN,
    when: [post('/entityOperations/delete', [ROOM])],
    told: [{ id: ROOM, type: 'Room', deletedAt: TIME }],
  },
  {
    clause: '5.8.6',
    name: 'entityDeleted asks q of the last state',
    subscription: { ...on('entityDeleted'), q: 'warmth>20' },
    given: [create({ warmth: property(19) })],
    when: [remove(AT_ROOM)],
    told: [],
  },
  {
    clause: '5.2.12',
    name: 'entityUpdated stands for the three of attributes',
    subscription: on('entityUpdated'),
    given: GIVEN,
    when: [warm(22), post(`${AT_ROOM}/attrs`, { label: property('x') }), remove(`${AT_ROOM}/attrs/size`)],
    told: [
      room(ROOM, { warmth: property(22), size: property(4) }),
      room(ROOM, { warmth: property(22), size: property(4), label: property('x') }),
      room(ROOM, { warmth: property(22), size: property(NULL), label: property('x') }),
    ],
  },
  {
    clause: '5.2.12',
    name: 'attributeCreated',
    subscription: on('attributeCreated'),
    given: GIVEN,
    when: [warm(22), post(`${AT_ROOM}/attrs`, { label: property('x') })],
    told: [room(ROOM, { warmth: property(22), size: property(4), label: property('x') })],
  },
  {
    clause: '5.2.12',
    name: 'attributeUpdated with watchedAttributes',
    subscription: { ...on('attributeUpdated'), watchedAttributes: ['size', 'warmth'] },
    given: [create({ warmth: property(1) })],
    when: [post(`${AT_ROOM}/attrs`, { size: property(2), label: property('x') }), warm(3)],
    told: [room(ROOM, { warmth: property(3), size: property(2), label: property('x') })],
  },
];

const DELETED: readonly Row[] = [
  {
    clause: '5.8.6 (046_22_03)',
    name: 'attributeDeleted: the URI for null in its place',
    subscription: { ...on('attributeDeleted'), watchedAttributes: ['warmth'] },
    given: GIVEN,
    when: [remove(`${AT_ROOM}/attrs/size`), remove(`${AT_ROOM}/attrs/warmth`)],
    told: [room(ROOM, { warmth: property(NULL) })],
  },
  {
    clause: '5.8.6 (046_22_01)',
    name: 'attributeDeleted, simplified',
    subscription: on('attributeDeleted'),
    notification: { format: 'keyValues' },
    given: GIVEN,
    when: [remove(`${AT_ROOM}/attrs/warmth`)],
    told: [{ id: ROOM, type: 'Room', warmth: NULL, size: 4 }],
  },
  {
    clause: '5.8.6',
    name: 'attributeDeleted, concise',
    subscription: on('attributeDeleted'),
    notification: { format: 'concise' },
    given: GIVEN,
    when: [remove(`${AT_ROOM}/attrs/warmth`)],
    told: [{ id: ROOM, type: 'Room', warmth: NULL, size: 4 }],
  },
  {
    clause: '5.8.6 (046_22_05)',
    name: 'attributeDeleted with sysAttrs',
    subscription: on('attributeDeleted'),
    notification: { sysAttrs: true, attributes: ['warmth'] },
    given: GIVEN,
    when: [remove(`${AT_ROOM}/attrs/warmth`)],
    told: [
      {
        ...room(ROOM, { warmth: property(NULL, { createdAt: TIME, modifiedAt: TIME, deletedAt: TIME }) }),
        ...{ createdAt: TIME, modifiedAt: TIME },
      },
    ],
  },
  {
    clause: '5.8.6 (046_22_11)',
    name: 'attributeDeleted by a merge, a LanguageProperty',
    subscription: on('attributeDeleted'),
    given: [create(KINDS)],
    when: [patch(AT_ROOM, { street: NULL })],
    told: [room(ROOM, { ...KINDS, street: { type: 'LanguageProperty', languageMap: { '@none': NULL } } })],
  },
  {
    clause: '5.8.6 (046_22_10)',
    name: 'attributeDeleted of one instance',
    subscription: { ...on('attributeDeleted'), watchedAttributes: ['warmth'] },
    given: [
      create({ warmth: [property(1), property(2, { datasetId: 'urn:d:2' }), property(3, { datasetId: 'urn:d:3' })] }),
    ],
    when: [remove(`${AT_ROOM}/attrs/warmth?datasetId=urn:d:2`)],
    told: [
      room(ROOM, {
        warmth: [property(1), property(3, { datasetId: 'urn:d:3' }), property(NULL, { datasetId: 'urn:d:2' })],
      }),
    ],
  },
  {
    clause: '5.8.6',
    name: 'attributeDeleted of one instance, simplified',
    subscription: on('attributeDeleted'),
    notification: { format: 'simplified' },
    given: [create({ warmth: [property(1), property(2, { datasetId: 'urn:d:2' })] })],
    when: [remove(`${AT_ROOM}/attrs/warmth?datasetId=urn:d:2`)],
    told: [{ id: ROOM, type: 'Room', warmth: { dataset: { '@none': 1, 'urn:d:2': NULL } } }],
  },
  {
    clause: '5.8.6 (046_22_12)',
    name: 'attributeDeleted by deleting the entity',
    subscription: { ...on('attributeDeleted'), watchedAttributes: ['warmth'] },
    given: GIVEN,
    when: [remove(AT_ROOM)],
    told: [{ ...room(ROOM, { warmth: property(NULL) }), deletedAt: TIME }],
  },
  {
    clause: '5.8.6',
    name: 'a replacement names what it took away to those who asked for deletions',
    subscription: on('attributeUpdated', 'attributeDeleted'),
    given: GIVEN,
    when: [put(AT_ROOM, room(ROOM, { warmth: property(22) }))],
    told: [room(ROOM, { warmth: property(22), size: property(NULL) })],
  },
  {
    clause: '5.8.6',
    name: 'and not to those who did not',
    given: GIVEN,
    when: [put(AT_ROOM, room(ROOM, { warmth: property(22) }))],
    told: [room(ROOM, { warmth: property(22) })],
  },
];

const near = (metres: number): object => ({
  geoQ: { georel: `near;maxDistance==${metres}`, geometry: 'Point', coordinates: [-8.5, 41.21] },
});

const CHOSEN: readonly Row[] = [
  {
    clause: '5.2.13',
    name: 'geoQ that holds',
    subscription: near(2_000),
    when: [create({ location: KINDS.location })],
    told: [room(ROOM, { location: KINDS.location })],
  },
  { clause: '5.2.13', name: 'geoQ that does not', subscription: near(20), when: [create(KINDS)], told: [] },
  {
    clause: '4.19',
    name: 'scopeQ',
    subscription: { scopeQ: '/north/#' },
    when: [
      post('/entities', { ...room(), scope: '/south' }),
      post(`${AT_ROOM}/attrs`, { ...room(), scope: ['/north/Hall'], warmth: property(3) }),
    ],
    told: [{ ...room(ROOM, { warmth: property(3) }), scope: '/north/Hall' }],
  },
  {
    clause: '4.17 (046_16)',
    name: 'a selection of types that have to come together',
    subscription: { entities: [{ type: '(Room;Hall)' }] },
    when: [create({ warmth: property(1) }), post(`${AT_ROOM}/attrs`, { type: ['Room', 'Hall'], warmth: property(2) })],
    told: [{ id: ROOM, type: ['Room', 'Hall'], warmth: property(2) }],
  },
  {
    clause: '5.2.33',
    name: 'ids',
    subscription: { entities: [{ id: ['urn:ngsi-ld:Room:other', ROOM], type: 'Room' }] },
    when: [create({ warmth: property(1) })],
    told: [room(ROOM, { warmth: property(1) })],
  },
];

listen();
hears('triggers', TRIGGERS);
hears('deletions', DELETED);
hears('choices', CHOSEN);
