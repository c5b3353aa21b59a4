/** Type selections and scope queries. GS CIM 009 V1.9.1, 4.17, 4.19. */

import { compileContext } from '@contor/broker/context/compile.js';
import type { Entity } from '@contor/broker/entity/model.js';
import { compileScopeQuery, formatScopeQuery, parseScopeQuery } from '@contor/broker/query/scope-query.js';
import { compileSelector, formatTypeSelection, indexTypes, parseTypeSelection } from '@contor/broker/query/select.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../support/long.js';

const CONTEXT = compileContext({}, () => ({}));
const REFUSED = /^(badRequestData|tooComplexQuery)$/;

function entity(types: readonly string[], scope?: readonly string[]): Entity {
  return {
    id: 'urn:a:b',
    types: types.map((type) => CONTEXT.expand(type)),
    scope,
    attributes: [],
    createdAt: 0,
    modifiedAt: 0,
  };
}

describe('type selection', () => {
  // The examples of 4.17.
  it.each([
    ['Building|House', ['House'], true],
    ['Building,House', ['Building'], true],
    ['Building,House', ['Home'], false],
    ['(Home;Vehicle)', ['Home', 'Vehicle'], true],
    ['(Home;Vehicle)', ['Home'], false],
    ['(Home;Vehicle)|Motorhome', ['Motorhome'], true],
    ['(Home;Vehicle),Motorhome', ['Vehicle'], false],
    ['*', ['Anything'], true],
  ])('%s of %j: %s', (text, types, isSelected) => {
    const selection = parseTypeSelection(text, CONTEXT);
    expect(compileSelector({ types: selection })(entity(types))).toBe(isSelected);
    // What has none of the index types is not selected.
    const isIndexed =
      selection === undefined || indexTypes(selection).some((type) => entity(types).types.includes(type));
    expect(isIndexed || !isSelected).toBe(true);
  });

  it('reads the records of a time when types were a list of alternatives', () => {
    const types = [CONTEXT.expand('Home'), CONTEXT.expand('House')];
    expect(compileSelector({ types })(entity(['House']))).toBe(true);
    expect(compileSelector({ types })(entity(['Other']))).toBe(false);
  });

  const name = fc.stringMatching(/^[A-Z][A-Za-z0-9_]{0,5}$/);
  const alternative = fc.array(name, { minLength: 1, maxLength: 3 });
  it('is the same after formatting and parsing', () =>
    fc.assert(
      fc.property(fc.array(alternative, { minLength: 1, maxLength: 4 }), (names) => {
        const text = names.map((each) => `(${each.join(';')})`).join('|');
        const tree = parseTypeSelection(text, CONTEXT);
        expect(parseTypeSelection(formatTypeSelection(tree ?? [], CONTEXT), CONTEXT)).toEqual(tree);
      }),
    ));
});

describe('scope query', () => {
  // The examples of 4.19.
  it.each([
    ['/Madrid', ['/Madrid'], true],
    ['/Madrid', ['/Madrid/Gardens'], false],
    ['/Madrid/Gardens/#', ['/Madrid/Gardens'], true],
    ['/Madrid/Gardens/#', ['/Madrid/Gardens/ParqueNorte/Parterre1'], true],
    ['/Madrid/Gardens/#', ['/Madrid/GardensToo'], false],
    ['/Madrid/Gardens/#', ['/Madrid'], false],
    ['/Madrid/+/ParqueNorte', ['/Madrid/Gardens/ParqueNorte'], true],
    ['/Madrid/+/ParqueNorte', ['/Madrid/Sights/ParqueNorte'], true],
    ['/Madrid/+/ParqueNorte', ['/Madrid/ParqueNorte'], false],
    ['/+', ['/Madrid'], true],
    ['/+', ['/Madrid/Gardens'], false],
    ['/+/#', ['/Madrid/Gardens'], true],
    ['(/Madrid/Districts;/CompanyA)', ['/Madrid/Districts', '/CompanyA'], true],
    ['(/Madrid/Districts;/CompanyA)', ['/CompanyA'], false],
    ['(/Madrid/Districts;/CompanyA)|CompanyB', ['/CompanyB'], true],
    ['(/Madrid/Districts;/CompanyA),CompanyB', ['/Madrid/Districts', '/CompanyA'], true],
    ['/#', ['/Madrid'], true],
    ['/#', undefined, false],
    ['/Madrid', undefined, false],
  ])('%s of %j: %s', (text, scope, isMatch) =>
    expect(compileScopeQuery(parseScopeQuery(text))(entity([], scope))).toBe(isMatch),
  );

  it.each(['', '/', '//a', '/a/', '/a;', '(/a', '/a)', '((/a))', '/a/#/b', '/a b', '#', '/a,,/b', '()', '/a|'])(
    'refuses %j',
    (text) => expect(() => parseScopeQuery(text)).toThrow(expect.objectContaining({ code: 'badRequestData' })),
  );

  const level = fc.oneof(fc.constant('+'), fc.stringMatching(/^[a-z][a-z0-9_]{0,4}$/));
  const pattern = fc.record({ levels: fc.array(level, { minLength: 1, maxLength: 4 }), isTree: fc.boolean() });
  const tree = fc.array(fc.array(pattern, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 });
  it('is the same after formatting and parsing', () =>
    fc.assert(fc.property(tree, (query) => expect(parseScopeQuery(formatScopeQuery(query))).toEqual(query))));

  it('matches as its patterns do, each written as a regular expression', () =>
    fc.assert(
      fc.property(
        tree,
        fc.array(
          fc.array(
            level.filter((name) => name !== '+'),
            { minLength: 1, maxLength: 4 },
          ),
        ),
        (query, paths) => {
          const scopes = paths.map((path) => `/${path.join('/')}`);
          const isMatch = query.some((patterns) =>
            patterns.every(({ levels, isTree }) => {
              const body = levels.map((name) => `/${name === '+' ? '[^/]+' : name}`).join('');
              return scopes.some((scope) => new RegExp(`^${body}${isTree ? '(/.*)?' : ''}$`).test(scope));
            }),
          );
          expect(compileScopeQuery(query)(entity([], scopes))).toBe(isMatch);
        },
      ),
    ));
});

it.each([
  ['type', (text: string) => parseTypeSelection(text, CONTEXT)],
  ['scopeQ', parseScopeQuery],
] as const)('any text is a %s or refused', (_name, parse) =>
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab/+#();|,* \\é'), maxLength: 60 }), (text) => {
      try {
        parse(text);
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(REFUSED) });
      }
    }),
    { numRuns: times(300, 3_000) },
  ),
);
