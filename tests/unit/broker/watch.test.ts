/** Which subscriptions hear of a change, and how few questions that takes. GS CIM 009 V1.9.1, 5.2.12, 5.8.6. */

import type { EntityChange } from '@contor/broker/entity/change.js';
import type { Attribute, Entity } from '@contor/broker/entity/model.js';
import { COMPILERS, type Compilers } from '@contor/broker/subscription/conditions.js';
import { differenceOf } from '@contor/broker/subscription/difference.js';
import type { Subscription, Telling, Trigger } from '@contor/broker/subscription/model.js';
import { WatchList } from '@contor/broker/subscription/watch.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const ROOM = 'https://example.org/Room';

function attribute(name: string, value: Attribute['value'], more: Partial<Attribute> = {}): Attribute {
  return {
    ...{ name, kind: 'Property', value, observedAt: undefined, unitCode: undefined, datasetId: undefined },
    ...{ parts: [], createdAt: 1, modifiedAt: 1, size: 100, ...more },
  };
}

function entity(attributes: readonly Attribute[], more: Partial<Entity> = {}): Entity {
  return { id: 'urn:e:1', types: [ROOM], scope: undefined, attributes, createdAt: 1, modifiedAt: 1, ...more };
}

function change(before: Entity | undefined, after: Entity | undefined): EntityChange {
  const names = [...(before?.attributes ?? []), ...(after?.attributes ?? [])].map(({ name }) => name);
  return { tenant: 't', before, after, changed: [...new Set(names)], position: 1, atMs: 5 };
}

function subscription(id: string, more: Partial<Subscription> = {}): Subscription {
  return {
    ...{ id, entities: [{ types: [ROOM] }], isActive: true, context: 'c', createdAt: 0, modifiedAt: 0 },
    notification: {
      ...{ format: 'normalized', sysAttrs: false },
      endpoint: { uri: 'http://127.0.0.1/', accept: 'application/json' },
    },
    ...more,
  };
}

function told(list: WatchList, what: EntityChange): Map<string, Telling> {
  const heard = new Map<string, Telling>();
  list.match(what, (id, telling) => {
    expect(heard.has(id)).toBe(false);
    heard.set(id, telling);
  });
  return heard;
}

function hears(more: Partial<Subscription>, what: EntityChange): Telling | undefined {
  const list = new WatchList();
  list.set(subscription('s', more));
  return told(list, what).get('s');
}

describe('triggers', () => {
  const [a1, a2, b1] = [attribute('a', 1), attribute('a', 2), attribute('b', 1)];
  const CHANGES = {
    created: change(undefined, entity([a1])),
    updated: change(entity([a1, b1]), entity([a2, b1])),
    added: change(entity([a1]), entity([a1, b1])),
    removed: change(entity([a1, b1]), entity([a1])),
    deleted: change(entity([a1]), undefined),
    same: change(entity([a1]), entity([attribute('a', 1, { modifiedAt: 9 })])),
  };
  type Name = keyof typeof CHANGES;
  const FIRES: readonly (readonly [trigger: Trigger | undefined, ...fires: Name[]])[] = [
    [undefined, 'created', 'updated', 'added'],
    ['entityCreated', 'created'],
    ['entityUpdated', 'created', 'updated', 'added', 'removed', 'deleted'],
    ['entityDeleted', 'deleted'],
    ['attributeCreated', 'created', 'added'],
    ['attributeUpdated', 'updated'],
    ['attributeDeleted', 'removed', 'deleted'],
  ];
  const rows = FIRES.flatMap(([trigger, ...fires]) =>
    (Object.keys(CHANGES) as Name[]).map((name) => [trigger, name, fires.includes(name)] as const),
  );
  it.each(rows)('5.2.12: %s hears of %s: %s', (trigger, name, isHeard) => {
    const heard = hears({ notificationTrigger: trigger && [trigger] }, CHANGES[name]);
    expect(heard !== undefined).toBe(isHeard);
  });

  it.each([
    ['a', 'updated', true],
    ['b', 'updated', false],
    ['b', 'added', true],
    ['b', 'created', false],
  ] as const)('5.2.12: watching %s, %s is heard of: %s', (name, what, isHeard) => {
    expect(hears({ watchedAttributes: [name] }, CHANGES[what]) !== undefined).toBe(isHeard);
  });

  it('a new type or scope is told to who watches everything', () => {
    const more = change(entity([a1]), entity([a1], { types: [ROOM, 'https://example.org/Hall'] }));
    expect(hears({}, more)).toBeDefined();
    expect(hears({ watchedAttributes: ['a'] }, more)).toBeUndefined();
  });

  it('5.8.6: of a deleted entity the last state is asked', () => {
    const entities = [{ types: ['https://example.org/Other'] }];
    expect(hears({ notificationTrigger: ['entityDeleted'], entities }, CHANGES.deleted)).toBeUndefined();
  });
});

describe('what is told', () => {
  const before = entity([attribute('a', 1), attribute('l', { en: 'x' }, { kind: 'LanguageProperty' })]);
  const isGone = (telling: Telling | undefined): readonly unknown[] =>
    (telling?.entity.attributes ?? []).filter(({ deletedAt }) => deletedAt !== undefined).map(({ value }) => value);

  it('5.8.6: deleted attributes say so, to those who asked for deletions', () => {
    const removed = change(before, entity([]));
    expect(isGone(hears({ notificationTrigger: ['attributeDeleted'] }, removed))).toEqual([
      'urn:ngsi-ld:null',
      { '@none': 'urn:ngsi-ld:null' },
    ]);
    const replaced = change(before, entity([attribute('b', 1)]));
    expect(isGone(hears({}, replaced))).toEqual([]);
  });

  it('5.8.6: of a deleted entity, deletedAt is all; with showChanges its attributes are, too', () => {
    const deleted = change(before, undefined);
    const plain = hears({ notificationTrigger: ['entityDeleted', 'entityUpdated'] }, deleted);
    expect(plain).toMatchObject({ reason: 'deleted', entity: { id: 'urn:e:1', attributes: [], deletedAt: 5 } });
    expect(plain?.previous).toBeUndefined();
    const { notification } = subscription('s');
    const shown = hears(
      { notificationTrigger: ['entityDeleted'], notification: { ...notification, showChanges: true } },
      deleted,
    );
    expect(isGone(shown)).toHaveLength(2);
    expect(shown?.previous).toBe(before);
  });

  it('4.21: nothing left to show is nothing to tell', () => {
    const { notification } = subscription('s');
    const pick = { members: [], attributes: ['z'] };
    expect(hears({ notification: { ...notification, pick } }, change(undefined, before))).toBeUndefined();
    expect(
      hears({ notification: { ...notification, pick: { ...pick, members: ['id'] } } }, change(undefined, before)),
    ).toBeDefined();
  });
});

describe('the cost of a change', () => {
  const counted = (): { readonly compilers: Compilers; readonly asked: () => number } => {
    let asked = 0;
    const counting =
      <Source>(compile: (source: Source) => (state: Entity) => boolean) =>
      (source: Source) => {
        const test = compile(source);
        return (state: Entity): boolean => {
          asked += 1;
          return test(state);
        };
      };
    const { entities, q, geoQ, scopeQ } = COMPILERS;
    return {
      compilers: { entities: counting(entities), q: counting(q), geoQ: counting(geoQ), scopeQ: counting(scopeQ) },
      asked: () => asked,
    };
  };
  const what = change(undefined, entity([attribute('a', 1)]));

  it('does not grow with subscriptions of other ids and types', () => {
    const { compilers, asked } = counted();
    const list = new WatchList(compilers);
    list.set(subscription('mine'));
    for (let at = 0; at < 1_000; at += 1) {
      list.set(subscription(`id-${at}`, { entities: [{ ids: [`urn:e:other-${at}`], types: [ROOM] }] }));
      list.set(subscription(`type-${at}`, { entities: [{ types: [`https://example.org/T${at}`] }] }));
    }
    expect([...told(list, what).keys()]).toEqual(['mine']);
    expect(asked()).toBe(1);
  });

  it('asks a condition that many have in common once', () => {
    const { compilers, asked } = counted();
    const list = new WatchList(compilers);
    const scopeQ = { text: '/a', query: [[{ levels: ['a'], isTree: false }]] };
    for (let at = 0; at < 1_000; at += 1) list.set(subscription(`s-${at}`, { scopeQ }));
    const inScope = change(undefined, entity([attribute('a', 1)], { scope: ['/a'] }));
    expect(told(list, inScope).size).toBe(1_000);
    expect(asked()).toBe(2);
    expect(told(list, what).size).toBe(0);
    expect(asked()).toBe(4);
  });

  it('a subscription that stands in several places is met once', () => {
    const list = new WatchList();
    const entities = [{ ids: ['urn:e:1'] }, { types: [ROOM] }, { types: ['https://example.org/Hall'] }];
    list.set(subscription('s', { entities }));
    const state = entity([attribute('a', 1)], { types: [ROOM, 'https://example.org/Hall'] });
    expect(told(list, change(undefined, state)).size).toBe(1);
  });

  it('nothing is left of subscriptions that are gone, paused or periodic', () => {
    const list = new WatchList();
    for (let at = 0; at < 100; at += 1)
      list.set(
        subscription(`s-${at}`, { entities: [{ types: [`https://example.org/T${at}`] }, { ids: ['urn:e:1'] }] }),
      );
    list.set(subscription('any', { entities: undefined, watchedAttributes: ['a'] }));
    expect(list.size.watchers).toBe(101);
    for (let at = 0; at < 50; at += 1) list.delete(`s-${at}`);
    for (let at = 50; at < 100; at += 1) list.set(subscription(`s-${at}`, { isActive: at % 2 === 0, timeInterval: 1 }));
    list.delete('any');
    expect(list.size).toEqual({ watchers: 0, places: 0, tests: 0 });
  });
});

describe('the difference of two states', () => {
  const values = fc.oneof(fc.integer({ min: 0, max: 2 }), fc.constant({ x: 1, y: [1] }), fc.constant({ y: [1], x: 1 }));
  const instance = fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    datasetId: fc.constantFrom(undefined, 'urn:d:1'),
    value: values,
  });
  const states = fc
    .uniqueArray(instance, { selector: ({ name, datasetId }) => `${name} ${datasetId}` })
    .map((list) => entity(list.map(({ name, datasetId, value }) => attribute(name, value, { datasetId }))));

  it('names each instance that is new, other or gone, and no other', () =>
    fc.assert(
      fc.property(states, states, (before, after) => {
        const say = ({ name, datasetId }: Attribute): string => `${name} ${datasetId}`;
        const content = (value: unknown): string =>
          JSON.stringify(value, typeof value === 'object' && value !== null ? Object.keys(value).sort() : undefined);
        const expected: string[] = [];
        for (const is of after.attributes) {
          const was = before.attributes.find((one) => say(one) === say(is));
          if (was === undefined) expected.push(`created ${say(is)}`);
          else if (content(was.value) !== content(is.value)) expected.push(`updated ${say(is)}`);
        }
        for (const was of before.attributes)
          if (!after.attributes.some((one) => say(one) === say(was))) expected.push(`deleted ${say(was)}`);
        const found = differenceOf(change(before, after)).map(
          ({ happening, before: was, after: is }) => `${happening} ${say((is ?? was) as Attribute)}`,
        );
        expect(found.sort()).toEqual(expected.sort());
      }),
    ));

  it('5.8.6: a child or a unit that differs is a change, the time of writing is none', () => {
    const part = (value: number): Attribute => attribute('p', value);
    const plain = attribute('a', 1, { parts: [part(1)], unitCode: 'KWH' });
    const differs = (other: Attribute): number => differenceOf(change(entity([plain]), entity([other]))).length;
    expect(differs({ ...plain, modifiedAt: 7, createdAt: 7, size: 1 })).toBe(0);
    expect(differs({ ...plain, parts: [part(2)] })).toBe(1);
    expect(differs({ ...plain, parts: [] })).toBe(1);
    expect(differs({ ...plain, unitCode: 'WHR' })).toBe(1);
    expect(differs({ ...plain, observedAt: '2026-01-01T00:00:00Z' })).toBe(1);
    expect(differs({ ...plain, kind: 'VocabProperty' })).toBe(1);
  });
});
