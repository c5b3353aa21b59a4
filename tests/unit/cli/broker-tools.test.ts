/** What `contor broker explain` and `contor broker where` print. */

import { describe, expect, it } from '@jest/globals';
import { explanation, whereaboutsLines } from 'contor/tools/broker.js';

describe('contor broker explain', () => {
  it('says the IRI, why, where and by which line', () =>
    expect(
      explanation({
        term: 'ex:warmth',
        iri: 'https://example.org/warmth',
        compacted: 'warmth',
        context: { ex: 'https://example.org/' },
        by: 'prefix',
        definedIn: 'inline',
        line: '"ex": "https://example.org/"',
        because: "'ex' is a prefix.",
      }),
    ).toEqual([
      'ex:warmth  →  https://example.org/warmth',
      "'ex' is a prefix.",
      '  in        inline',
      '  line      "ex": "https://example.org/"',
      '  answers   warmth',
      '  @context  {"ex":"https://example.org/"}',
    ]));
});

describe('contor broker where', () => {
  it('says of each subscription what became of the entity', () =>
    expect(
      whereaboutsLines({
        entity: 'urn:ngsi-ld:Room:1',
        isThere: true,
        subscriptions: [
          {
            subscription: 'urn:s:1',
            subscriptionName: 'history',
            state: 'delivered',
            delivered: { notification: 'urn:n:1', at: '2026-11-20T07:00:00.000Z' },
          },
          { subscription: 'urn:s:2', state: 'waiting', waiting: 2, lastReason: 'status 503' },
          { subscription: 'urn:s:3', state: 'notConcerned', because: ['q'] },
          {
            subscription: 'urn:s:4',
            state: 'dead',
            deadLetters: [{ number: 7, reason: 'status 400', changedAt: '2026-11-20T07:00:00.000Z' }],
          },
        ],
      }),
    ).toEqual([
      'urn:ngsi-ld:Room:1',
      '  history: delivered',
      '    told 2026-11-20T07:00:00.000Z in urn:n:1',
      '  urn:s:2: waiting',
      '    2 waiting',
      '    subscriber: status 503',
      '  urn:s:3: not concerned',
      '    because of q',
      '  urn:s:4: dead',
      '    letter 7 of 2026-11-20T07:00:00.000Z: status 400',
    ]));
  it('says that there is nobody to tell', () =>
    expect(whereaboutsLines({ entity: 'urn:x:1', isThere: false, subscriptions: [] })).toEqual([
      'urn:x:1 (not in the broker now)',
      '  The tenant has no subscriptions.',
    ]));
});
