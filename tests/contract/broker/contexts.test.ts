/** @contexts (GS CIM 009 V1.9.1, 5.13, 6.29, 6.30, 5.5.5, 5.5.7): hosted, fetched, inline, and those nobody holds. */

import { CONTEXT_URL } from '@contor/orion-config';
import { expect, it } from '@jest/globals';
import { type Case, CORE, contract, get, LD, LINK, post, property, ROOM, remove, room } from './cases.js';
import { describeOurs, openInstance } from './instance.js';

const EXAMPLE = 'https://example.org/';
const as = (context: unknown, attributes: object = { warmth: property(21) }): object => ({
  ...room(ROOM, attributes),
  '@context': context,
});
const simplified = (name: string): NonNullable<Case['after']> => ({
  path: `/entities/${ROOM}?format=simplified`,
  answer: { status: 200, body: { id: ROOM, type: 'Room', [name]: 21 } },
});

/** An entity made under this @context, and the name its attribute then has for everybody else. */
const FORMS: readonly (readonly [clause: string, name: string, context: unknown, stored: string])[] = [
  ['5.5.7', 'a term', { warmth: `${EXAMPLE}warmth` }, `${EXAMPLE}warmth`],
  ['5.5.7', 'a term with a type', { warmth: { '@id': `${EXAMPLE}warmth`, '@type': '@id' } }, `${EXAMPLE}warmth`],
  ['5.5.7', 'a term behind a prefix', { ex: EXAMPLE, warmth: 'ex:warmth' }, `${EXAMPLE}warmth`],
  ['5.5.7', 'a vocabulary for a definition', { '@vocab': EXAMPLE, warmth: 'heat' }, `${EXAMPLE}heat`],
  ['5.5.7', 'a vocabulary alone: the core comes last', { '@vocab': EXAMPLE }, 'warmth'],
  ['5.5.7', 'null for a term', { warmth: null }, 'warmth'],
  ['5.5.7', 'an array, the last word counts', [{ warmth: `${EXAMPLE}a` }, { warmth: `${EXAMPLE}b` }], `${EXAMPLE}b`],
  ['5.5.7', 'an array with null', [{ warmth: `${EXAMPLE}a` }, null], 'warmth'],
  ['5.5.7', 'the core by a version', ['https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.3.jsonld'], 'warmth'],
  ['5.5.7', 'the core by http', 'http://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld', 'warmth'],
  ['5.5.7', 'the core without a version', 'https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld', 'warmth'],
  ['5.5.7', 'the core first', [CORE, { warmth: `${EXAMPLE}warmth` }], `${EXAMPLE}warmth`],
  ['5.5.7', 'the core last', [{ warmth: `${EXAMPLE}warmth` }, CORE], `${EXAMPLE}warmth`],
  ['5.5.7', 'an empty object', {}, 'warmth'],
  ['5.5.7', '@base is no matter for names', { '@base': EXAMPLE }, 'warmth'],
  [
    '5.5.7',
    'a container is no matter for names',
    { warmth: { '@id': `${EXAMPLE}w`, '@container': '@set' } },
    `${EXAMPLE}w`,
  ],
];

/** 5.5.4, 5.5.5: content that is no @context is the client's mistake (400), one that cannot be had is not (504). */
const REFUSED: readonly (readonly [clause: string, name: string, context: unknown, status: number])[] = [
  ['5.5.4', 'a number', 7, 400],
  ['5.5.4', 'a text that is no URL', 'not a url', 400],
  ['5.5.4', 'a definition that is a number', { warmth: 7 }, 400],
  ['5.5.4', 'an IRI with a blank', { warmth: 'https://example.org/a b' }, 400],
  ['5.5.4', 'terms in a circle', { warmth: 'b:x', b: 'warmth:y' }, 400],
  ['5.5.4', 'a version that is none', { '@version': 2 }, 400],
  ['5.5.4', 'a context that does not propagate', { '@propagate': false }, 400],
  ['5.5.4', 'the use of a scoped context', { warmth: { '@id': `${EXAMPLE}w`, '@context': { a: 'b' } } }, 400],
  ['5.5.4', 'the use of a reverse property', { warmth: { '@reverse': `${EXAMPLE}w` } }, 400],
  ['5.5.4', 'arrays within arrays within arrays', [[[[[[[{}]]]]]]], 400],
  [
    '5.5.4',
    'more terms than anybody needs',
    Object.fromEntries(Array.from({ length: 20_001 }, (_none, at) => [`t${at}`, EXAMPLE])),
    400,
  ],
  ['5.5.5', 'a URL nobody holds', `${EXAMPLE}context.jsonld`, 504],
  ['5.5.5', 'a URL nobody holds in an array', [CORE, `${EXAMPLE}context.jsonld`], 504],
  ['5.5.5', 'an imported URL nobody holds', { '@import': `${EXAMPLE}context.jsonld` }, 504],
  ['5.5.5', 'a file', 'file:///etc/passwd', 504],
  [
    '5.5.5',
    'a host that looks like that of the core',
    'https://uri.etsi.org.example.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld',
    504,
  ],
];

const CASES: readonly Case[] = [
  ...FORMS.map(
    ([clause, name, context, stored]): Case => ({
      clause,
      name,
      when: post('/entities', as(context), LD),
      answer: { status: 201 },
      after: simplified(stored),
    }),
  ),
  ...REFUSED.map(
    ([clause, name, context, status]): Case => ({
      clause,
      name: `${name} is refused`,
      when: post('/entities', as(context), LD),
      answer: { status, problem: status === 504 ? 'LdContextNotAvailable' : 'BadRequestData' },
    }),
  ),
  {
    clause: '5.5.7',
    name: 'an answer under another @context than the one of the request',
    given: [post('/entities', as({ warmth: `${EXAMPLE}warmth` }), LD)],
    when: post(
      '/entityOperations/query?format=simplified',
      { type: 'Query', entities: [{ type: 'Room' }], '@context': { heat: `${EXAMPLE}warmth` } },
      LD,
    ),
    answer: { status: 200, body: [{ id: ROOM, type: 'Room', heat: 21 }] },
  },
  {
    clause: '6.3.6',
    name: 'an inline @context is named by a Link that can be read',
    given: [post('/entities', room())],
    when: post(
      '/entityOperations/query',
      { type: 'Query', entities: [{ type: 'Room' }], '@context': { a: EXAMPLE } },
      LD,
    ),
    answer: {
      status: 200,
      headers: { link: /^<\/ngsi-ld\/v1\/jsonldContexts\/\w+>; rel="http:\/\/www.w3.org\/ns\/json-ld#context"/ },
    },
  },
  {
    clause: '6.3.5',
    name: 'two Link headers with an @context',
    given: [post('/entities', room())],
    when: get('/entities?type=Room', { Link: `${LINK}, ${LINK.replace(CORE, CONTEXT_URL)}` }),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '6.3.5',
    name: 'a Link of another relation is no @context',
    when: post('/entities', room(), { Link: `<${EXAMPLE}next>; rel="next"` }),
    answer: { status: 201 },
  },
  {
    clause: '5.13.3.4',
    name: 'a kind that is none',
    isTenantless: true,
    when: get('/jsonldContexts?kind=Rented'),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '5.13.3.5',
    name: 'details of those that are cached',
    isTenantless: true,
    when: get('/jsonldContexts?kind=Cached&details=true'),
    answer: { status: 200, body: expect.arrayContaining([expect.objectContaining({ URL: CORE, kind: 'Cached' })]) },
  },
  {
    clause: '5.13.4.4',
    name: 'a cached @context has details',
    isTenantless: true,
    when: get(`/jsonldContexts/${encodeURIComponent(CORE)}?details=true`),
    answer: { status: 200, like: { URL: CORE, kind: 'Cached' } },
  },
  {
    clause: '5.13.4.4',
    name: 'a cached @context is not served',
    isTenantless: true,
    when: get(`/jsonldContexts/${encodeURIComponent(CORE)}`),
    answer: { status: 422, problem: 'OperationNotSupported' },
  },
  {
    clause: '5.13.4.4',
    name: 'what the broker was started with is hosted',
    isTenantless: true,
    isOurs: true,
    when: get(`/jsonldContexts/${encodeURIComponent(CONTEXT_URL)}`),
    answer: { status: 200, like: { '@context': { contor: expect.any(String) } } },
  },
  {
    clause: '5.13.5.4',
    name: 'the core @context cannot be deleted',
    isTenantless: true,
    isOurs: true,
    when: remove(`/jsonldContexts/${encodeURIComponent(CORE)}`),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '5.13.5.4',
    name: 'an unknown @context cannot be deleted',
    isTenantless: true,
    when: remove('/jsonldContexts/none'),
    answer: { status: 404, problem: 'ResourceNotFound' },
  },
  {
    clause: '5.13.2.4',
    name: 'an @context that includes one nobody holds is not hosted',
    isTenantless: true,
    when: post('/jsonldContexts', { '@context': [`${EXAMPLE}context.jsonld`] }),
    answer: { status: 504, problem: 'LdContextNotAvailable' },
  },
  {
    clause: '5.13.2.4',
    name: 'an @context larger than a MiB is not hosted',
    isTenantless: true,
    isOurs: true,
    when: post('/jsonldContexts', { '@context': { a: `${EXAMPLE}${'x'.repeat(2 ** 20)}` } }),
    answer: { status: 413 },
  },
  {
    clause: 'ours',
    name: 'why a term of the platform expands as it does',
    isOurs: true,
    when: get('//ngsi-ld/ex/v1/explain?term=totalActivePower'),
    answer: {
      status: 200,
      like: { by: 'term', definedIn: CONTEXT_URL, line: expect.stringContaining('"totalActivePower": ') },
    },
  },
  {
    clause: 'ours',
    name: 'why a term expands as it does under another @context',
    isOurs: true,
    when: get('//ngsi-ld/ex/v1/explain?term=totalActivePower', { Link: LINK }),
    answer: {
      status: 200,
      like: {
        iri: 'https://uri.etsi.org/ngsi-ld/default-context/totalActivePower',
        by: 'defaultVocabulary',
        because: expect.stringContaining('default vocabulary'),
      },
    },
  },
  {
    clause: 'ours',
    name: 'an explanation of what is no name',
    isOurs: true,
    when: get('//ngsi-ld/ex/v1/explain?term=a%20b'),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: 'ours',
    name: 'an explanation of nothing',
    isOurs: true,
    when: get('//ngsi-ld/ex/v1/explain'),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: 'ours',
    name: 'which tenants there are',
    isOurs: true,
    given: [post('/entities', room())],
    when: get('//ngsi-ld/ex/v1/tenants'),
    answer: { status: 200, body: expect.arrayContaining([expect.stringMatching(/^case_/)]) },
  },
];

contract('@contexts', CASES);

describeOurs('a bomb of contexts (T15)', () => {
  it('is defused: a thousand entities, each with a large @context that nobody else has', async () => {
    const broker = await openInstance();
    try {
      const terms = Object.fromEntries(Array.from({ length: 15_000 }, (_none, at) => [`t${at}`, `${EXAMPLE}${at}`]));
      const { headers } = await broker.send('POST', '/ngsi-ld/v1/jsonldContexts', { '@context': terms });
      const url = broker.url + (headers.get('location') ?? '');
      const batch = Array.from({ length: 1_000 }, (_none, at) => ({
        id: `urn:ngsi-ld:Room:${at}`,
        type: 'Room',
        '@context': [url, { own: `${EXAMPLE}own${at}` }],
      }));
      const startedMs = performance.now();
      const { status, json } = await broker.send('POST', '/ngsi-ld/v1/entityOperations/create', batch, LD);
      expect(status).toBe(207);
      expect((json as { success: readonly string[] }).success.length).toBeLessThan(10);
      // Compiling one of them takes tens of milliseconds.
      expect(performance.now() - startedMs).toBeLessThan(3_000);
    } finally {
      await broker.stop();
    }
  });
});

describeOurs('an inline @context that an answer named', () => {
  it('is ImplicitlyCreated: readable, usable, deletable', async () => {
    const broker = await openInstance();
    try {
      await broker.send('POST', '/ngsi-ld/v1/entities', as({ warmth: `${EXAMPLE}warmth` }), LD);
      const query = { type: 'Query', entities: [{ type: 'Room' }], '@context': { heat: `${EXAMPLE}warmth` } };
      const { headers } = await broker.send('POST', '/ngsi-ld/v1/entityOperations/query', query, LD);
      const path = /^<([^>]+)>/.exec(headers.get('link') ?? '')?.[1] ?? '';
      expect((await broker.send('GET', path)).json).toEqual({ '@context': query['@context'] });
      expect((await broker.send('GET', `${path}?details=true`)).json).toMatchObject({ kind: 'ImplicitlyCreated' });
      const again = await broker.send('GET', `/ngsi-ld/v1/entities/${ROOM}?format=simplified`, undefined, {
        Link: LINK.replace(CORE, broker.url + path),
      });
      expect(again.json).toEqual({ id: ROOM, type: 'Room', heat: 21 });
      expect((await broker.send('DELETE', `${path}?reload=true`)).status).toBe(400);
      expect((await broker.send('DELETE', path)).status).toBe(204);
      expect((await broker.send('GET', path)).status).toBe(404);
    } finally {
      await broker.stop();
    }
  });
});
