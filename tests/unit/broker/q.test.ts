/** The query language as a parser: any text ends in a tree or a Problem, and soon. GS CIM 009 V1.9.1, 4.9. */

import { compileContext } from '@contor/broker/context/compile.js';
import { bindQuery, compileQuery } from '@contor/broker/query/evaluate.js';
import { compilePattern } from '@contor/broker/query/pattern.js';
import { parseQuery } from '@contor/broker/query/q.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../support/long.js';

const CONTEXT = compileContext({}, () => ({}));
/** Linked entities, as in `a{b}`, are not built. */
const REFUSED = /^(badRequestData|tooComplexQuery|notBuilt)$/;

/** Parses, binds, compiles and asks; answers whether it went through. */
function run(q: string): boolean {
  try {
    compileQuery(bindQuery(parseQuery(q), CONTEXT))({
      id: 'urn:a:b',
      types: [],
      scope: undefined,
      attributes: [],
      createdAt: 0,
      modifiedAt: 0,
    });
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(REFUSED) });
    return false;
  }
}

describe('any text', () => {
  it('is parsed or refused', () =>
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (q) => void run(q)),
      { numRuns: times(500, 5_000) },
    ));

  it('made of what queries are made of is parsed or refused', () => {
    const piece = fc.constantFrom(
      'a',
      'b.c',
      'a[x.y]',
      '==',
      '!=',
      '>',
      '<=',
      '~=',
      '!~=',
      '1',
      '"t"',
      '2026-01-01T00:00:00Z',
      '1..2',
      '1,2',
      ';',
      '|',
      '(',
      ')',
      '!',
      '\\',
      '"',
      '[',
      ']',
      '..',
      ',',
      'true',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => void run(pieces.join(''))),
      { numRuns: times(500, 5_000) },
    );
  });

  it.each([
    ['parentheses', '('.repeat(8_000)],
    ['closed parentheses', `${'('.repeat(4_000)}a${')'.repeat(4_000)}`],
    ['terms', 'a;'.repeat(4_000)],
    ['values', `a==${'1,'.repeat(4_000)}`],
    ['dots', 'a.'.repeat(4_000)],
    ['names', `a${'.a'.repeat(4_000)}`],
    ['members', `a[b${'.b'.repeat(4_000)}]`],
    ['quotes', '"\\'.repeat(4_000)],
    ['brackets', `a${'['.repeat(8_000)}`],
    ['more than the limit', 'a'.repeat(100_000)],
  ])('of many %s is dealt with at once', (_what, q) => {
    const startedMs = performance.now();
    run(q);
    expect(performance.now() - startedMs).toBeLessThan(50);
  });
});

describe('patterns', () => {
  const EVIL = [
    '(a+)+$',
    '([a-zA-Z]+)*$',
    '(a|aa)+$',
    '(a|a?)+$',
    '(.*a){20}$',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '(x+x+)+y',
    '((a*)*)*b',
    '(?:a|b|ab)*c',
    'a*a*a*a*a*a*a*a*b',
  ];
  it.each(EVIL)('%s is linear', (pattern) => {
    const compiled = compilePattern(pattern);
    const startedMs = performance.now();
    compiled.test(`${'a'.repeat(20_000)}!`);
    expect(performance.now() - startedMs).toBeLessThan(500);
  });
  it.each(['[', '(', 'a{1,100000}', '(?<=a)b', '\\1', 'a'.repeat(300)])('%s is refused', (pattern) => {
    expect(() => compilePattern(pattern)).toThrow(expect.objectContaining({ code: 'badRequestData' }));
  });
});

describe('the tree', () => {
  it.each([
    ['a;b|c', { kind: 'or', terms: [{ kind: 'and' }, { kind: 'exists' }] }],
    ['a;(b|c)', { kind: 'and', terms: [{ kind: 'exists' }, { kind: 'or' }] }],
    [
      'a.b[c.d]!=1..2',
      { kind: 'compare', operator: '!=', path: { names: ['a', 'b'], trail: ['c', 'd'] }, operand: { kind: 'range' } },
    ],
    ['a=="x;y|z"', { operand: { values: [{ kind: 'text', value: 'x;y|z' }] } }],
    ['a=="say \\"hi\\""', { operand: { values: [{ value: 'say "hi"' }] } }],
    ['a~=(b|c)d', { operator: '~=', operand: { values: [{ value: '(b|c)d' }] } }],
    ['(a~=b)', { operator: '~=', operand: { values: [{ value: 'b' }] } }],
    ['a==-1.5e3', { operand: { values: [{ kind: 'number', value: -1500 }] } }],
    ['a=="\\u00e9\\n\\d"', { operand: { values: [{ value: 'é\n\\d' }] } }],
    ['a==07:30:00Z', { operand: { values: [{ kind: 'clock', value: 27_000_000 }] } }],
    ['a==2026-11-20T07:00:00', { operand: { values: [{ kind: 'time', value: Date.UTC(2026, 10, 20, 7) }] } }],
    ['a==1..2', { operand: { kind: 'range' } }],
    ['a=="b".."c"', { operand: { kind: 'range', from: { value: 'b' } } }],
    ['a==http://example.org/Male', { operand: { values: [{ kind: 'text', value: 'http://example.org/Male' }] } }],
    ['a[*]=="b"', { path: { names: ['a'], trail: ['*'] } }],
    ['a==2026-11-20', { operand: { values: [{ kind: 'time' }] } }],
    ['!a', { kind: 'exists', isNegated: true }],
  ])('of %s', (q, tree) => expect(parseQuery(q)).toMatchObject(tree));
});
