/**
 * Which changes a subscription hears of, and in which words. GS CIM 009 V1.9.1, 5.2.12, 5.2.14.1, 5.8.6. Where the ETSI test
 * suite (ngsi-ld-test-suite, 046_…) has the same case, it is named.
 */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CORE, LINK, patch, post, property, ROOM, room, type Step } from './cases.js';
import { describeOurs, deviates, type Headings, type Instance, itOurs, openInstance } from './instance.js';
import { Subscriber } from './subscriber.js';

const BASE = '/ngsi-ld/v1';
const NULL = 'urn:ngsi-ld:null';
const TIME = expect.stringMatching(/^\d{4}-.*Z$/);
const BELL = 'urn:ngsi-ld:Bell:1';
const AT_ROOM = `/entities/${ROOM}`;

interface Row {
  readonly clause: string;
  readonly name: string;
  readonly subscription?: object;
  readonly notification?: object;
  readonly endpoint?: object;
  readonly given?: readonly Step[];
  readonly when: readonly Step[];
  /** What is told of the room after `when`; [] is nothing. */
  readonly told: readonly unknown[];
}

const remove = (path: string): Step => ({ method: 'DELETE', path });
const put = (path: string, body: unknown): Step => ({ method: 'PUT', path, body });
const create = (attributes: object = { warmth: property(21), size: property(4) }): Step =>
  post('/entities', room(ROOM, attributes));
const warm = (value: number): Step => patch(`${AT_ROOM}/attrs`, { warmth: property(value) });
const on = (...notificationTrigger: readonly string[]): object => ({ notificationTrigger });
const GIVEN = [create()];
const KINDS = {
  name: property('Eiffel Tower'),
  locatedAt: { type: 'Relationship', object: 'urn:ngsi-ld:City:Paris' },
  location: { type: 'GeoProperty', value: { type: 'Point', coordinates: [-8.5, 41.2] } },
  street: { type: 'LanguageProperty', languageMap: { fr: 'Grand Place', nl: 'Grote Markt' } },
  use: { type: 'VocabProperty', vocab: 'monument' },
  plan: { type: 'JsonProperty', json: { id: 'some-id', none: null } },
};
const withoutMember = (name: keyof typeof KINDS): object =>
  Object.fromEntries(Object.entries(KINDS).filter(([key]) => key !== name));

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

describe.each([
  ['triggers', TRIGGERS],
  ['deletions', DELETED],
  ['words', SHOWN],
  ['choices', CHOSEN],
])('%s', (_title, rows) => {
  it.each(rows.map((row) => [row.clause, row.name, row] as const))('%s: %s', async (_clause, _name, row) => {
    const { subscription, notification, endpoint, given = [], when, told } = row;
    for (const step of given) await send(step);
    const target = { ...notification, endpoint: { uri: subscriber.uri, ...endpoint } };
    // What the broker that is played does not know is told to nobody.
    if (!(await subscribe({ ...subscription }, target))) return;
    for (const step of when) await send(step);
    await settle();
    expect(subscriber.entities.filter(({ id }) => id !== BELL)).toEqual(told);
  });
});

describe('GeoJSON', () => {
  const place = { location: KINDS.location, warmth: property(21) };
  const told = async (endpoint: object, more: object = {}, when: readonly Step[] = [create(place)]) => {
    await subscribe(more, { endpoint: { uri: subscriber.uri, accept: 'application/geo+json', ...endpoint } }, false);
    for (const step of when) await send(step);
    await subscriber.until(() => subscriber.told.length === 1, 'the notification');
    return subscriber.told[0];
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
    const hosted = await instance.send(
      'POST',
      `${BASE}/jsonldContexts`,
      { '@context': { heat: 'https://uri.etsi.org/ngsi-ld/default-context/warmth' } },
      tenant,
    );
    const id = hosted.headers.get('location')?.split('/').pop() ?? '';
    const jsonldContext = `${instance.url}${BASE}/jsonldContexts/${id}`;
    await subscribe({ jsonldContext, entities: [{ type: 'Room' }] }, { endpoint: { uri: subscriber.uri } });
    await send(create({ warmth: property(21) }));
    await subscriber.until(() => subscriber.told.length === 1, 'the notification');
    expect(subscriber.entities).toEqual([room(ROOM, { heat: property(21) })]);
    expect(subscriber.told[0]?.headers.link).toContain(`<${jsonldContext}>`);
  });

  it('6.3.5 (046_10): in a Link, though it was given as an array of one', async () => {
    const { Link: _, ...bare } = tenant;
    const body = { ...subscription({}, { endpoint: { uri: subscriber.uri } }), '@context': [CORE] };
    const made = await instance.send('POST', `${BASE}/subscriptions`, body, {
      ...bare,
      'Content-Type': 'application/ld+json',
    });
    expect(made.status).toBe(201);
    await send(create());
    await subscriber.until(() => subscriber.told.length === 1, 'the notification');
    expect(subscriber.told[0]?.headers.link).toContain(`<${CORE}>`);
  });

  it.each([
    ['is not held here', OURS, 504],
    ['is no URI', 'unknownContext', 400],
  ])('5.8.1 (028_07): one that %s is refused', async (_why, jsonldContext, status) => {
    const reply = await instance.send('POST', `${BASE}/subscriptions`, subscription({ jsonldContext }), tenant);
    expect(reply.status).toBe(status);
  });
});

let instance: Instance;
let subscriber: Subscriber;
let tenant: Headings;
let tenants = 0;

beforeAll(async () => {
  instance = await openInstance();
});
afterAll(() => instance.stop());
beforeEach(async () => {
  subscriber = await Subscriber.listen();
  tenants += 1;
  tenant = { 'NGSILD-Tenant': `fires_${Date.now().toString(36)}_${tenants}`, Link: LINK };
});
afterEach(() => subscriber.close());

function subscription(more: object, notification: object = { endpoint: { uri: 'http://127.0.0.1:9/' } }): object {
  return { type: 'Subscription', entities: [{ type: 'Room' }], ...more, notification };
}

/** False when a broker that plays another one refuses such a subscription. */
async function subscribe(more: object, notification: object, hasBell = true): Promise<boolean> {
  const reply = await instance.send('POST', `${BASE}/subscriptions`, subscription(more, notification), tenant);
  if (deviates(reply)) return false;
  expect({ status: reply.status, text: reply.text }).toEqual({ status: 201, text: '' });
  if (!hasBell) return true;
  // The bell rings on whatever it is that this subscription hears of.
  const bell = { ...more, entities: [{ type: 'Bell' }], q: undefined, geoQ: undefined, scopeQ: undefined };
  await instance.send(
    'POST',
    `${BASE}/subscriptions`,
    subscription(bell, { endpoint: { uri: subscriber.uri } }),
    tenant,
  );
  return true;
}

async function send({ method, path, body }: Step): Promise<void> {
  const reply = await instance.send(method, BASE + path, body, tenant);
  expect({ path, status: reply.status < 300, text: reply.text }).toEqual({ path, status: true, text: reply.text });
}

/** Whatever is watched happens to a bell; when it has been heard, what there was to be told before has been told. */
async function settle(): Promise<void> {
  const given = { warmth: property(1), size: property(1), label: property('a') };
  await send(post('/entities', { id: BELL, type: 'Bell', ...given }));
  await send(patch(`/entities/${BELL}/attrs`, { warmth: property(2), size: property(2), label: property('b') }));
  await send(remove(`/entities/${BELL}`));
  const isQuiet = async (): Promise<boolean> => {
    const { json } = await instance.send('GET', '/health');
    return ((json as { figures?: { outboxEntities?: number } }).figures?.outboxEntities ?? 0) === 0;
  };
  await subscriber.until(() => subscriber.entities.some(({ id }) => id === BELL), 'the bell');
  for (let turn = 0; turn < 200 && !(await isQuiet()); turn += 1)
    await new Promise((resolve) => setTimeout(resolve, 5));
}
