/**
 * In which words a subscription hears: changes, projections, languages, GeoJSON, the @context. GS CIM 009 V1.9.1, 5.2.14.1,
 * 5.8.6, 5.3.1. Where the ETSI test suite (ngsi-ld-test-suite, 046_…) has the same case, it is named.
 */

import { describe, expect, it } from '@jest/globals';
import { CORE, patch, post, property, ROOM, room, type Step } from './cases.js';
import {
  AT_ROOM,
  BASE,
  create,
  ear,
  GIVEN,
  hears,
  KINDS,
  listen,
  NULL,
  on,
  type Row,
  remove,
  send,
  subscribe,
  subscription,
  TIME,
  warm,
  withoutMember,
} from './hearing.js';
import { describeOurs, itOurs } from './instance.js';

const PREVIOUS: readonly (readonly [name: keyof typeof KINDS, now: object, previous: object, gone: object])[] = [
  ['name', property('Tour'), { previousValue: 'Eiffel Tower' }, property(NULL)],
  [
    'locatedAt',
    { type: 'Relationship', object: 'urn:ngsi-ld:City:Lyon' },
    { previousObject: 'urn:ngsi-ld:City:Paris' },
    { type: 'Relationship', object: NULL },
  ],
  [
    'location',
    { type: 'GeoProperty', value: { type: 'Point', coordinates: [1, 2] } },
    { previousValue: KINDS.location.value },
    { type: 'GeoProperty', value: NULL },
  ],
  [
    'street',
    { type: 'LanguageProperty', languageMap: { es: 'Gran Lugar' } },
    { previousLanguageMap: KINDS.street.languageMap },
    { type: 'LanguageProperty', languageMap: { '@none': NULL } },
  ],
  [
    'use',
    { type: 'VocabProperty', vocab: 'museum' },
    { previousVocab: 'monument' },
    { type: 'VocabProperty', vocab: NULL },
  ],
  [
    'plan',
    { type: 'JsonProperty', json: { city: 'Nantes' } },
    { previousJson: KINDS.plan.json },
    { type: 'JsonProperty', json: NULL },
  ],
];

const SHOWN: readonly Row[] = [
  ...PREVIOUS.flatMap(([name, now, previous, gone]): readonly Row[] => [
    {
      clause: '5.2.14.1 (046_29 to 046_33)',
      name: `showChanges: ${name} as it was`,
      notification: { showChanges: true },
      given: [create(KINDS)],
      when: [patch(`${AT_ROOM}/attrs`, { [name]: now })],
      told: [room(ROOM, { ...KINDS, [name]: { ...now, ...previous } })],
    },
    {
      clause: '5.2.14.1 (046_34 to 046_36)',
      name: `showChanges: ${name} that is gone`,
      subscription: on('attributeDeleted'),
      notification: { showChanges: true },
      given: [create(KINDS)],
      when: [remove(`${AT_ROOM}/attrs/${name}`)],
      told: [room(ROOM, { ...withoutMember(name), [name]: { ...gone, ...previous } })],
    },
  ]),
  {
    clause: '5.2.14.1 (046_37)',
    name: 'showChanges of a deleted entity',
    subscription: on('entityDeleted'),
    notification: { showChanges: true },
    given: GIVEN,
    when: [remove(AT_ROOM)],
    told: [
      {
        ...room(ROOM, { warmth: property(NULL, { previousValue: 21 }), size: property(NULL, { previousValue: 4 }) }),
        deletedAt: TIME,
      },
    ],
  },
  {
    clause: '5.2.14.1 (046_40)',
    name: 'showChanges of a creation has nothing from before',
    subscription: on('entityCreated'),
    notification: { showChanges: true },
    when: [create()],
    told: [room(ROOM, { warmth: property(21), size: property(4) })],
  },
  {
    clause: '5.2.14.1',
    name: 'showChanges, concise',
    notification: { showChanges: true, format: 'concise' },
    given: GIVEN,
    when: [warm(22)],
    told: [{ id: ROOM, type: 'Room', warmth: { value: 22, previousValue: 21 }, size: 4 }],
  },
  {
    clause: '5.2.14.1',
    name: 'showChanges of one of several instances',
    notification: { showChanges: true },
    given: [create({ warmth: [property(1), property(2, { datasetId: 'urn:d:2' })] })],
    when: [patch(`${AT_ROOM}/attrs/warmth`, { value: 3, datasetId: 'urn:d:2' })],
    told: [room(ROOM, { warmth: [property(1), property(3, { datasetId: 'urn:d:2', previousValue: 2 })] })],
  },
  {
    clause: '5.2.14.1 (046_42)',
    name: 'pick',
    notification: { pick: ['id', 'warmth'] },
    given: [create(KINDS)],
    when: [post(`${AT_ROOM}/attrs`, { warmth: property(22) })],
    told: [{ id: ROOM, warmth: property(22) }],
  },
  {
    clause: '5.2.14.1 (046_43)',
    name: 'omit',
    notification: { omit: ['type', 'name', 'street|use', 'plan'] },
    given: [create(KINDS)],
    when: [warmUp()],
    told: [{ id: ROOM, locatedAt: KINDS.locatedAt, location: KINDS.location, warmth: property(22) }],
  },
  {
    clause: '5.2.14.1',
    name: 'attributes: an entity that has none of them is still told of, by name',
    notification: { attributes: ['label'] },
    when: [create()],
    told: [{ id: ROOM, type: 'Room' }],
  },
  {
    clause: '4.5.5 (046_19)',
    name: 'datasetId: only these instances',
    subscription: { datasetId: ['urn:d:2'] },
    when: [create({ warmth: [property(1), property(2, { datasetId: 'urn:d:2' })], size: property(4) })],
    told: [room(ROOM, { warmth: property(2, { datasetId: 'urn:d:2' }) })],
  },
  {
    clause: '4.5.5',
    name: 'datasetId @none: the default instances',
    subscription: { datasetId: ['@none'] },
    when: [create({ warmth: [property(1), property(2, { datasetId: 'urn:d:2' })], size: property(4) })],
    told: [room(ROOM, { warmth: property(1), size: property(4) })],
  },
  {
    clause: '4.15',
    name: 'lang: the text of one language',
    subscription: { lang: 'nl' },
    when: [create({ street: KINDS.street })],
    told: [room(ROOM, { street: { type: 'Property', value: 'Grote Markt', lang: 'nl' } })],
  },
  {
    clause: '5.2.14.1',
    name: 'sysAttrs',
    notification: { sysAttrs: true, pick: ['id', 'warmth'] },
    when: [create()],
    told: [{ id: ROOM, warmth: property(21, { createdAt: TIME, modifiedAt: TIME }) }],
  },
];

function warmUp(): Step {
  return post(`${AT_ROOM}/attrs`, { warmth: property(22) });
}

listen();
hears('words', SHOWN);

describe('GeoJSON', () => {
  const place = { location: KINDS.location, warmth: property(21) };
  const told = async (endpoint: object, more: object = {}, when: readonly Step[] = [create(place)]) => {
    await subscribe(
      more,
      { endpoint: { uri: ear.subscriber.uri, accept: 'application/geo+json', ...endpoint } },
      false,
    );
    for (const step of when) await send(step);
    await ear.subscriber.until(() => ear.subscriber.told.length === 1, 'the notification');
    return ear.subscriber.told[0];
  };
  const feature = { id: ROOM, type: 'Feature', geometry: KINDS.location.value, properties: { type: 'Room', ...place } };

  it('5.3.1: the data are a FeatureCollection with its @context', async () => {
    const notification = await told({});
    expect(notification?.headers['content-type']).toBe('application/geo+json');
    expect(notification?.headers.link).toBeUndefined();
    expect(notification?.body.data).toEqual({ type: 'FeatureCollection', features: [feature], '@context': CORE });
  });

  it('5.3.1: Prefer body=json in receiverInfo puts it into a Link', async () => {
    const notification = await told({ receiverInfo: [{ key: 'Prefer', value: 'body=json' }] });
    expect(notification?.headers.link).toContain(CORE);
    expect(notification?.body.data).toEqual({ type: 'FeatureCollection', features: [feature] });
  });

  itOurs('5.8.6: a deleted entity has no geometry any more', async () => {
    await send(create(place));
    const triggers = { ...on('attributeDeleted'), watchedAttributes: ['location'] };
    const notification = await told({}, triggers, [remove(AT_ROOM)]);
    expect(notification?.body.data).toMatchObject({
      features: [
        {
          id: ROOM,
          type: 'Feature',
          geometry: null,
          properties: { type: 'Room', deletedAt: TIME, location: { value: NULL } },
        },
      ],
    });
  });
});

describeOurs('the @context of a notification', () => {
  const OURS = 'https://contor.example/never-hosted.jsonld';

  it('5.8.6 (046_20): is the one jsonldContext names', async () => {
    const hosted = await ear.instance.send(
      'POST',
      `${BASE}/jsonldContexts`,
      { '@context': { heat: 'https://uri.etsi.org/ngsi-ld/default-context/warmth' } },
      ear.tenant,
    );
    const id = hosted.headers.get('location')?.split('/').pop() ?? '';
    const jsonldContext = `${ear.instance.url}${BASE}/jsonldContexts/${id}`;
    await subscribe({ jsonldContext, entities: [{ type: 'Room' }] }, { endpoint: { uri: ear.subscriber.uri } });
    await send(create({ warmth: property(21) }));
    await ear.subscriber.until(() => ear.subscriber.told.length === 1, 'the notification');
    expect(ear.subscriber.entities).toEqual([room(ROOM, { heat: property(21) })]);
    expect(ear.subscriber.told[0]?.headers.link).toContain(`<${jsonldContext}>`);
  });

  it('6.3.5 (046_10): in a Link, though it was given as an array of one', async () => {
    const { Link: _, ...bare } = ear.tenant;
    const body = { ...subscription({}, { endpoint: { uri: ear.subscriber.uri } }), '@context': [CORE] };
    const made = await ear.instance.send('POST', `${BASE}/subscriptions`, body, {
      ...bare,
      'Content-Type': 'application/ld+json',
    });
    expect(made.status).toBe(201);
    await send(create());
    await ear.subscriber.until(() => ear.subscriber.told.length === 1, 'the notification');
    expect(ear.subscriber.told[0]?.headers.link).toContain(`<${CORE}>`);
  });

  it.each([
    ['is not held here', OURS, 504],
    ['is no URI', 'unknownContext', 400],
  ])('5.8.1 (028_07): one that %s is refused', async (_why, jsonldContext, status) => {
    const reply = await ear.instance.send('POST', `${BASE}/subscriptions`, subscription({ jsonldContext }), ear.tenant);
    expect(reply.status).toBe(status);
  });
});
