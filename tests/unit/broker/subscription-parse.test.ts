/** Subscription documents: any JSON ends in a subscription or a Problem, and what is shown can be said again. GS CIM 009 V1.9.1, 5.2.12. */

import { CORE_URL } from '@contor/broker/context/core.js';
import { ContextRegistry } from '@contor/broker/context/registry.js';
import type { Json } from '@contor/broker/json.js';
import { Problem } from '@contor/broker/problem.js';
import { formatSubscription } from '@contor/broker/subscription/describe.js';
import { allowHosts } from '@contor/broker/subscription/endpoint.js';
import { NEVER_SENT, patchSubscription, type Subscription, TRIGGERS } from '@contor/broker/subscription/model.js';
import { parseSubscription, parseSubscriptionPatch } from '@contor/broker/subscription/parse.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../support/long.js';

const ID = 'urn:ngsi-ld:Subscription:1';
const contexts = new ContextRegistry(new Map(), CORE_URL);
const context = contexts.resolve(CORE_URL);
const OPTIONS = {
  ...{ context, atMs: Date.UTC(2026, 10, 20), checkHost: allowHosts(['127.0.0.1']) },
  resolve: (source: Json) => contexts.resolve(source),
};
const URI = 'http://127.0.0.1:9/notify';

function shown(subscription: Subscription): Json {
  const options = { context, nowMs: OPTIONS.atMs, sysAttrs: false, hasSecrets: true };
  return JSON.parse(JSON.stringify(formatSubscription(subscription, NEVER_SENT, options)));
}

const names = fc.uniqueArray(fc.constantFrom('warmth', 'size', 'https://example.org/a', 'location'), { minLength: 1 });
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const document = fc
  .record({
    subscriptionName: optional(fc.constant('rooms')),
    entities: fc.constantFrom(
      [{ type: 'Room' }],
      [{ type: '(Room;Hall)' }, { type: '*', idPattern: '^urn:.*' }],
      [{ type: 'Room,Hall', id: ['urn:a:1', 'urn:a:2'] }],
    ),
    watchedAttributes: optional(names),
    notificationTrigger: optional(fc.uniqueArray(fc.constantFrom(...TRIGGERS), { minLength: 1 })),
    throttling: optional(fc.constantFrom(0.5, 60)),
    q: optional(fc.constantFrom('warmth>20', 'size==1..2|!label', 'a.b[c.d]~="x.*"')),
    geoQ: optional(fc.constant({ georel: 'within', geometry: 'Point', coordinates: [1, 2], geoproperty: 'place' })),
    scopeQ: optional(fc.constantFrom('/a/#', '/a/+,/b')),
    datasetId: optional(fc.constant(['@none', 'urn:d:1'])),
    lang: optional(fc.constant('fr-CH,en;q=0.5')),
    localOnly: optional(fc.boolean()),
    isActive: fc.boolean(),
    expiresAt: optional(fc.constant('2100-01-01T00:00:00Z')),
    jsonldContext: optional(fc.constant(CORE_URL)),
    notification: fc
      .record({
        pick: optional(names),
        format: fc.constantFrom('normalized', 'concise'),
        sysAttrs: optional(fc.constant(true)),
        showChanges: optional(fc.boolean()),
        endpoint: fc.record({
          uri: fc.constant(URI),
          accept: fc.constantFrom('application/json', 'application/ld+json', 'application/geo+json'),
          receiverInfo: optional(fc.constant([{ key: 'Authorization', value: 'Bearer x' }])),
          timeout: optional(fc.integer({ min: 1, max: 10_000 })),
        }),
      })
      .map((params) => params as object),
  })
  .map((record): Json => JSON.parse(JSON.stringify({ id: ID, type: 'Subscription', ...record })));

describe('subscription documents', () => {
  it('what is shown can be said again, and means the same', () =>
    fc.assert(
      fc.property(document, (given) => {
        const first = parseSubscription(given, ID, OPTIONS);
        const again = parseSubscription(shown(first), ID, OPTIONS);
        expect(again).toEqual(first);
        expect(shown(first)).toMatchObject(given as Record<string, unknown>);
      }),
    ));

  it('a record of it is the same subscription', () =>
    fc.assert(
      fc.property(document, (given) => {
        const subscription = parseSubscription(given, ID, OPTIONS);
        expect(shown(JSON.parse(JSON.stringify(subscription)))).toEqual(shown(subscription));
      }),
    ));

  it('one as a fragment of another replaces what it says, and no more', () =>
    fc.assert(
      fc.property(document, document, (given, fragment) => {
        const before = parseSubscription(given, ID, OPTIONS);
        const after = patchSubscription(before, parseSubscriptionPatch(fragment, before, OPTIONS));
        expect(shown(after)).toMatchObject(fragment as Record<string, unknown>);
        expect(shown(after)).toMatchObject({
          ...(given as Record<string, unknown>),
          ...(fragment as Record<string, unknown>),
        });
      }),
    ));

  it('any JSON in any place ends in a subscription or a Problem', () =>
    fc.assert(
      fc.property(document, fc.jsonValue({ maxDepth: 4 }), fc.nat(), fc.nat(), (given, junk, where, deeper) => {
        const spoiled = JSON.parse(JSON.stringify(given));
        const members = Object.keys(spoiled);
        const member = members[where % members.length] ?? '';
        const inside = spoiled[member];
        const isInside = typeof inside === 'object' && inside !== null && deeper % 2 === 0;
        const keys = isInside ? Object.keys(inside) : [];
        if (isInside && keys.length > 0) inside[keys[deeper % keys.length] ?? ''] = junk;
        else spoiled[member] = junk;
        const before = parseSubscription(given, ID, OPTIONS);
        for (const parse of [
          () => parseSubscription(spoiled, ID, OPTIONS),
          () => parseSubscriptionPatch(spoiled, before, OPTIONS),
        ]) {
          try {
            parse();
          } catch (error) {
            expect(error).toBeInstanceOf(Problem);
            expect([400, 403, 501, 504]).toContain((error as Problem).status);
          }
        }
      }),
      { numRuns: times(100, 500) },
    ));

  it.each([
    ['ids', { entities: [{ type: 'Room', id: Array.from({ length: 10_001 }, (_none, at) => `urn:a:${at}`) }] }],
    ['selectors', { entities: Array.from({ length: 101 }, () => ({ type: 'Room' })) }],
    ['watched attributes', { watchedAttributes: Array.from({ length: 201 }, (_none, at) => `a${at}`) }],
    ['names in one text', { notification: { pick: [Array(300).fill('a').join()], endpoint: { uri: URI } } }],
    [
      'text in a geoquery',
      { geoQ: { georel: 'within', geometry: 'Point', coordinates: `[1,2${' '.repeat(200_000)}]` } },
    ],
    [
      'text in notifierInfo',
      { notification: { endpoint: { uri: URI, notifierInfo: [{ key: 'x', value: 'y'.repeat(5_000) }] } } },
    ],
    ['headers', { notification: { endpoint: { uri: URI, receiverInfo: Array(51).fill({ key: 'A', value: 'b' }) } } }],
    ['description', { description: 'x'.repeat(9_000) }],
  ])('has a bound: %s', (_what, more) => {
    const base = { type: 'Subscription', entities: [{ type: 'Room' }], notification: { endpoint: { uri: URI } } };
    expect(() => parseSubscription({ ...base, ...more } as Json, ID, OPTIONS)).toThrow(Problem);
  });
});
