/** Term maps: what a name expands to, and that the way there and back is the same. GS CIM 009 V1.9.1, 5.5.7; JSON-LD 1.1. */

import { type Context, compileContext } from '@contor/broker/context/compile.js';
import { CORE_TERMS, CORE_URL, isCoreUrl } from '@contor/broker/context/core.js';
import { ContextRegistry } from '@contor/broker/context/registry.js';
import type { Json } from '@contor/broker/json.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../support/long.js';

const NOWHERE = (): never => {
  throw new RangeError('nothing is held');
};
const DEFAULT = 'https://uri.etsi.org/ngsi-ld/default-context/';

/** Undefined when it is refused: generated terms may define each other in a circle. */
function compiled(document: Json): Context | undefined {
  try {
    return compileContext(document, NOWHERE);
  } catch (error) {
    expect(error).toMatchObject({ code: 'badRequestData' });
    return undefined;
  }
}

describe('expansion', () => {
  const context = compileContext(
    {
      ex: 'https://example.org/',
      plain: 'https://example.org/plain',
      prefixed: 'ex:prefixed',
      detailed: { '@id': 'ex:detailed', '@type': '@id' },
      other: 'plain',
      gone: null,
      location: 'https://example.org/elsewhere',
    },
    NOWHERE,
  );
  it.each([
    ['plain', 'https://example.org/plain'],
    ['prefixed', 'https://example.org/prefixed'],
    ['detailed', 'https://example.org/detailed'],
    ['other', 'https://example.org/plain'],
    ['ex:more', 'https://example.org/more'],
    ['unknown', `${DEFAULT}unknown`],
    ['gone', `${DEFAULT}gone`],
    ['location', 'https://uri.etsi.org/ngsi-ld/location'],
    ['ngsi-ld:location', 'https://uri.etsi.org/ngsi-ld/location'],
    ['https://example.org/iri', 'https://example.org/iri'],
    ['urn:any:thing', 'urn:any:thing'],
  ])('%s is %s', (name, iri) => expect(context.expand(name)).toBe(iri));

  it.each(['', ' ', 'a b', '__proto__', '@type', '1a', 'a.b', "a'b", 'a"b', '<a>', 'a(b)', 'x'.repeat(2000)])(
    '%j is no name',
    (name) => expect(() => context.expand(name)).toThrow(expect.objectContaining({ code: 'badRequestData' })),
  );

  it.each([...CORE_TERMS])('the core term %s is %s', (term, iri) => {
    expect(context.expand(term)).toBe(iri);
    expect(context.compact(iri)).toBe(term);
  });
});

describe('JSON-LD 1.1 forms', () => {
  const HELD: Readonly<Record<string, Json>> = {
    'https://example.org/a/base.jsonld': { '@context': { one: 'https://example.org/1', two: 'https://example.org/2' } },
    'https://example.org/a/more.jsonld': { '@context': ['base.jsonld', { two: 'https://example.org/zwei' }] },
    'https://example.org/list.jsonld': [],
    'https://example.org/plain.jsonld': { one: 'https://example.org/1' },
  };
  const find = (url: string): Json => HELD[url] ?? NOWHERE();
  const MORE = 'https://example.org/a/more.jsonld';
  it.each<[clause: string, context: Json, name: string, iri: string]>([
    ['4.1.3', { '@vocab': 'https://example.org/v/', a: 'b' }, 'a', 'https://example.org/v/b'],
    ['4.1.3', { '@vocab': 'https://example.org/v/', a: {} }, 'a', 'https://example.org/v/a'],
    ['4.1.3', [{ '@vocab': 'https://example.org/v/' }, { a: 'b' }], 'a', 'https://example.org/v/b'],
    ['4.1.3', { ex: 'https://example.org/', '@vocab': 'ex:v/', a: 'b' }, 'a', 'https://example.org/v/b'],
    ['4.1.3', [{ '@vocab': 'https://example.org/v/' }, { '@vocab': null, a: 'b' }], 'a', `${DEFAULT}b`],
    // The core @context comes last, and it has a vocabulary of its own (5.5.7).
    ['5.5.7', { '@vocab': 'https://example.org/v/' }, 'a', `${DEFAULT}a`],
    ['4.1.4', { '@base': 'https://example.org/base/', a: 'https://example.org/a' }, 'a', 'https://example.org/a'],
    ['4.1.5', { ex: 'https://example.org/', 'ex:a': { '@type': '@id' } }, 'ex:a', 'https://example.org/a'],
    ['4.1.5', { ex: 'https://example.org/x' }, 'ex:a', 'ex:a'],
    ['4.1.5', { ex: { '@id': 'https://example.org/x', '@prefix': true } }, 'ex:a', 'https://example.org/xa'],
    ['4.1.5', { ex: { '@id': 'https://example.org/' } }, 'ex:a', 'ex:a'],
    [
      '4.1.2',
      { a: { '@id': 'https://example.org/a', '@container': ['@set', '@index'] } },
      'a',
      'https://example.org/a',
    ],
    ['4.1.2', { a: { '@id': null } }, 'a', `${DEFAULT}a`],
    [
      '4.1.8',
      { '@version': 1.1, '@language': 'de', '@direction': 'ltr', a: 'https://a.example/' },
      'a',
      'https://a.example/',
    ],
    ['4.1.9', [{ '@propagate': true, a: 'https://a.example/' }], 'a', 'https://a.example/'],
    ['4.1.11', { '@import': MORE.replace('more', 'base'), two: 'https://b.example/' }, 'two', 'https://b.example/'],
    ['4.1.11', { '@import': MORE.replace('more', 'base'), two: 'https://b.example/' }, 'one', 'https://example.org/1'],
    ['4.1', MORE, 'one', 'https://example.org/1'],
    ['4.1', MORE, 'two', 'https://example.org/zwei'],
    ['4.1', [MORE, null, { two: 'https://b.example/' }], 'one', `${DEFAULT}one`],
    ['4.1', [[MORE], [[{ two: 'https://b.example/' }]]], 'two', 'https://b.example/'],
    [
      '4.1.10',
      [{ '@protected': true, a: 'https://a.example/' }, { a: 'https://a.example/' }],
      'a',
      'https://a.example/',
    ],
    ['4.1.6', { label: '@id' }, 'other', `${DEFAULT}other`],
  ])('%s: %j', (_clause, context, name, iri) => expect(compileContext(context, find).expand(name)).toBe(iri));

  it.each<[what: string, context: Json]>([
    ['a number', 7],
    ['a number in an array', [7]],
    ['another version', { '@version': 1.0 }],
    ['@propagate false', { '@propagate': false }],
    ['@vocab that is no text', { '@vocab': 3 }],
    ['a definition that is no definition', { a: 3 }],
    ['a definition in an array', { a: ['https://example.org/a'] }],
    ['an unknown member of a definition', { a: { '@id': 'https://example.org/a', '@colour': 'red' } }],
    ['an @id that is no text', { a: { '@id': 3 } }],
    ['a circle of terms', { a: 'b:x', b: 'a:y' }],
    ['an IRI with a blank', { a: 'https://example.org/a b' }],
    ['a compact IRI that says something else', { ex: 'https://example.org/', 'ex:a': 'https://elsewhere.example/' }],
    [
      'a protected term that is redefined',
      [{ '@protected': true, a: 'https://a.example/' }, { a: 'https://b.example/' }],
    ],
    ['null over a protected term', [{ a: { '@id': 'https://a.example/', '@protected': true } }, null]],
    ['@import of an array', { '@import': MORE }],
    ['a document without @context', 'https://example.org/plain.jsonld'],
    ['a document that is an array', 'https://example.org/list.jsonld'],
    [
      'a chain of definitions',
      Object.fromEntries(Array.from({ length: 5_000 }, (_none, at) => [`t${at}`, `t${at + 1}:x`])),
    ],
    ['very many contexts', Array.from({ length: 30_000 }, () => MORE)],
  ])('refuses %s', (_what, context) =>
    expect(() => compileContext(context, find)).toThrow(expect.objectContaining({ code: 'badRequestData' })),
  );

  it.each<[what: string, definition: Json]>([
    ['a reverse property', { '@reverse': 'https://example.org/a' }],
    ['a nested term', { '@id': 'https://example.org/a', '@nest': 'nested' }],
    ['a scoped context', { '@id': 'https://example.org/a', '@context': { b: 'https://example.org/b' } }],
    ['an alias of a keyword', '@id'],
  ])('knows %s and refuses only its use', (_what, definition) => {
    const context = compileContext({ a: definition, b: 'https://example.org/bee' }, find);
    expect(context.expand('b')).toBe('https://example.org/bee');
    expect(() => context.expand('a')).toThrow(expect.objectContaining({ code: 'badRequestData' }));
    expect(context.compact('https://example.org/a')).toBe('https://example.org/a');
  });
});

describe('an explanation', () => {
  const context = compileContext({ ex: 'https://example.org/', warmth: 'ex:warmth', gone: null }, NOWHERE);
  it.each([
    [
      'warmth',
      { iri: 'https://example.org/warmth', by: 'term', term: 'warmth', origin: 'inline', definition: 'ex:warmth' },
    ],
    ['ex:other', { iri: 'https://example.org/other', by: 'prefix', term: 'ex', definition: 'https://example.org/' }],
    ['location', { iri: 'https://uri.etsi.org/ngsi-ld/location', by: 'core', origin: CORE_URL }],
    ['other', { iri: `${DEFAULT}other`, by: 'defaultVocabulary' }],
    ['gone', { iri: `${DEFAULT}gone`, by: 'defaultVocabulary', term: 'gone', definition: null }],
    ['urn:x:y', { iri: 'urn:x:y', by: 'iri' }],
  ])('of %s', (name, expected) => expect(context.explain(name)).toMatchObject(expected));
});

describe('compaction', () => {
  it('takes the shortest of several names, and of equals the first in order (JSON-LD 1.1 API, 4.3)', () => {
    const iri = 'https://example.org/one';
    const context = compileContext(
      { zz: iri, long: iri, aa: iri, e: 'https://example.org/', f: 'https://example.org/' },
      NOWHERE,
    );
    expect(context.compact(iri)).toBe('aa');
    expect(context.compact('https://example.org/two')).toBe('e:two');
  });
  it('never shortens to a name that means something else', () => {
    const context = compileContext({ warmth: 'https://example.org/warmth' }, NOWHERE);
    expect(context.compact(`${DEFAULT}warmth`)).not.toBe('warmth');
  });

  it('is the inverse of expansion, whatever the context', () => {
    const name = fc.stringMatching(/^[a-z][a-zA-Z0-9_]{0,8}$/);
    const iri = fc
      .tuple(fc.constantFrom('https://example.org/', 'https://example.org/a/', 'urn:x:', DEFAULT), name)
      .map(([base, end]) => base + end);
    const terms = fc.dictionary(
      name,
      fc.oneof(
        iri,
        name,
        fc.tuple(name, name).map(([prefix, end]) => `${prefix}:${end}`),
      ),
      { maxKeys: 12 },
    );
    fc.assert(
      fc.property(terms, fc.oneof(name, iri), (document, wanted) => {
        const context = compiled(document);
        fc.pre(context !== undefined);
        const expanded = context?.expand(wanted) ?? '';
        expect(context?.expand(context.compact(expanded))).toBe(expanded);
      }),
      { numRuns: times(200, 2_000) },
    );
  });

  it('any document compiles or is refused', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (document) => {
        try {
          compileContext(document as never, () => ({}));
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^badRequestData$/) });
        }
      }),
      { numRuns: times(200, 1_000) },
    );
  });
});

describe('the registry', () => {
  const registry = new ContextRegistry(
    new Map([['https://example.org/c.jsonld', { '@context': { a: 'https://example.org/a' } }]]),
    CORE_URL,
  );
  it('knows every published core @context', () => {
    for (const url of [
      CORE_URL,
      'https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld',
      'http://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.3.jsonld',
    ]) {
      expect(isCoreUrl(url)).toBe(true);
      expect(registry.resolve(url).expand('a')).toBe(`${DEFAULT}a`);
    }
  });
  it('resolves arrays in order, the last word counts', () => {
    expect(registry.resolve(['https://example.org/c.jsonld', { a: 'https://example.org/b' }]).expand('a')).toBe(
      'https://example.org/b',
    );
  });
  it('hosts, finds by id and by URL, and forgets', () => {
    registry.host({ id: 'abc', document: { '@context': { h: 'https://example.org/h' } }, createdAt: 0 });
    expect(registry.resolve('http://broker:1026/ngsi-ld/v1/jsonldContexts/abc').expand('h')).toBe(
      'https://example.org/h',
    );
    registry.remove('abc');
    expect(() => registry.resolve('http://broker:1026/ngsi-ld/v1/jsonldContexts/abc')).toThrow(
      expect.objectContaining({ code: 'ldContextNotAvailable' }),
    );
  });
  it('refuses an @context that includes itself', () => {
    registry.host({ id: 'loop', document: { '@context': '/ngsi-ld/v1/jsonldContexts/loop' }, createdAt: 0 });
    expect(() => registry.resolve('/ngsi-ld/v1/jsonldContexts/loop')).toThrow(
      expect.objectContaining({ code: 'badRequestData' }),
    );
  });
  it('refuses a bomb of terms', () => {
    const bomb = Object.fromEntries(Array.from({ length: 100_000 }, (_none, at) => [`t${at}`, 'https://example.org/']));
    expect(() => registry.resolve(bomb)).toThrow(expect.objectContaining({ code: 'badRequestData' }));
  });
});
