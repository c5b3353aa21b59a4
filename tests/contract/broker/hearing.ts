/** Rows about what subscribers hear: what is there, one subscription, what happens, and what is told of it in which words. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LINK, patch, post, property, ROOM, room, type Step } from './cases.js';
import { deviates, type Headings, type Instance, openInstance } from './instance.js';
import { Subscriber } from './subscriber.js';

export const BASE = '/ngsi-ld/v1';
export const NULL = 'urn:ngsi-ld:null';
export const TIME = expect.stringMatching(/^\d{4}-.*Z$/);
const BELL = 'urn:ngsi-ld:Bell:1';
export const AT_ROOM = `/entities/${ROOM}`;

export interface Row {
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

export const remove = (path: string): Step => ({ method: 'DELETE', path });
export const put = (path: string, body: unknown): Step => ({ method: 'PUT', path, body });
export const create = (attributes: object = { warmth: property(21), size: property(4) }): Step =>
  post('/entities', room(ROOM, attributes));
export const warm = (value: number): Step => patch(`${AT_ROOM}/attrs`, { warmth: property(value) });
export const on = (...notificationTrigger: readonly string[]): object => ({ notificationTrigger });
export const GIVEN = [create()];
export const KINDS = {
  name: property('Eiffel Tower'),
  locatedAt: { type: 'Relationship', object: 'urn:ngsi-ld:City:Paris' },
  location: { type: 'GeoProperty', value: { type: 'Point', coordinates: [-8.5, 41.2] } },
  street: { type: 'LanguageProperty', languageMap: { fr: 'Grand Place', nl: 'Grote Markt' } },
  use: { type: 'VocabProperty', vocab: 'monument' },
  plan: { type: 'JsonProperty', json: { id: 'some-id', none: null } },
};
export const withoutMember = (name: keyof typeof KINDS): object =>
  Object.fromEntries(Object.entries(KINDS).filter(([key]) => key !== name));

let instance: Instance;
let subscriber: Subscriber;
let tenant: Headings;
let tenants = 0;

/** What a test has at hand: a broker, a subscriber, a tenant of its own. */
export const ear = {
  get instance(): Instance {
    return instance;
  },
  get subscriber(): Subscriber {
    return subscriber;
  },
  get tenant(): Headings {
    return tenant;
  },
};

/** To be called once in a suite. */
export function listen(): void {
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
}

export function hears(title: string, rows: readonly Row[]): void {
  describe(title, () => {
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
}

export function subscription(
  more: object,
  notification: object = { endpoint: { uri: 'http://127.0.0.1:9/' } },
): object {
  return { type: 'Subscription', entities: [{ type: 'Room' }], ...more, notification };
}

/** False when a broker that plays another one refuses such a subscription. */
export async function subscribe(more: object, notification: object, hasBell = true): Promise<boolean> {
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

export async function send({ method, path, body }: Step): Promise<void> {
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
