/** Term maps: what a name expands to, and that the way there and back is the same. GS CIM 009 V1.9.1, 5.5.7; JSON-LD 1.1. */

import { compileContext } from '@contor/broker/context/compile.js';
import { CORE_TERMS, CORE_URL, isCoreUrl } from '@contor/broker/context/core.js';
import { ContextRegistry } from '@contor/broker/context/registry.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const NOWHERE = (): never => {
  throw new RangeError('nothing is held');
};
const DEFAULT = 'https://uri.etsi.org/ngsi-ld/default-context/';

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

describe('compaction', () => {
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
        const context = compileContext(document, NOWHERE);
        const expanded = context.expand(wanted);
        expect(context.expand(context.compact(expanded))).toBe(expanded);
      }),
      { numRuns: 2_000 },
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
      { numRuns: 1_000 },
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
