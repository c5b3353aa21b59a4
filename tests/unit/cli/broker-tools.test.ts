/** What `contor broker explain` and `contor broker where` print. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, jest } from '@jest/globals';
import { main } from 'contor/index.js';
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

describe('flags behind a command', () => {
  it('are its own, also where the broker has one of the same name', async () => {
    const explained = { term: 'a', iri: 'urn:a', compacted: 'a', context: 'urn:c', by: 'iri', because: 'it is so.' };
    const links: unknown[] = [];
    const server = createServer(({ headers }, response) => {
      links.push(headers.link);
      response.end(JSON.stringify(explained));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const said = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      await main(['broker', 'explain', 'a', '--context', 'urn:mine', '--url', url]);
      expect(links).toEqual(['<urn:mine>; rel="http://www.w3.org/ns/json-ld#context"']);
      expect(said.mock.calls.flat()).toContain('it is so.');
    } finally {
      said.mockRestore();
      server.closeAllConnections();
      server.close();
    }
  });
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
