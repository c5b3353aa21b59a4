/** Contract of scopes in queries. GS CIM 009 V1.9.1, 4.18, 4.19, 5.7.2, C.5.15. */

import { type Case, contract, get, post } from './cases.js';

const SCOPES: Readonly<Record<string, string | readonly string[] | undefined>> = {
  a: '/Madrid',
  b: '/Madrid/Gardens',
  c: '/Madrid/Gardens/ParqueNorte/Parterre1',
  d: '/Madrid/Sights/ParqueNorte',
  e: ['/Madrid/Districts', '/CompanyA'],
  f: '/CompanyB',
  g: undefined,
};

const GIVEN = [
  post(
    '/entityOperations/create',
    Object.entries(SCOPES).map(([letter, scope]) => ({
      id: `urn:ngsi-ld:Room:${letter}`,
      type: 'Room',
      ...(scope !== undefined && { scope }),
    })),
  ),
];

function found(letters: string): unknown {
  return [...letters].map((letter) => ({ id: `urn:ngsi-ld:Room:${letter}` }));
}

/** The examples of 4.19 first. */
const QUERIES: readonly (readonly [scopeQ: string, found: string])[] = [
  ['/Madrid', 'a'],
  ['/Madrid/Gardens/#', 'bc'],
  ['/Madrid/+/ParqueNorte', 'd'],
  ['(/Madrid/Districts;/CompanyA)', 'e'],
  ['(/Madrid/Districts;/CompanyA)|CompanyB', 'ef'],
  ['(/Madrid/Districts;/CompanyA),CompanyB', 'ef'],
  ['/#', 'abcdef'],
  ['/Madrid/#', 'abcde'],
  ['/+', 'aef'],
  ['/+/#', 'abcdef'],
  ['/Madrid/+', 'be'],
  ['/Madrid,/CompanyB', 'af'],
  ['/Madrid|/CompanyB', 'af'],
  ['(/Madrid;/CompanyB)', ''],
  ['(/Madrid/Gardens/#;/Madrid/+)', 'b'],
  ['/madrid', ''],
  ['/Mad', ''],
  ['CompanyB', 'f'],
  // As C.5.15.2 writes it.
  ['"/Madrid/Gardens,/CompanyB"', 'bf'],
];

const WRONG = [
  '/',
  '//a',
  '/a/',
  '#',
  '/a/#/b',
  '/a b',
  '(/a',
  '/a)',
  '((/a))',
  '/a,',
  '|',
  '()',
  '/a;',
  '/a/+b',
  '"/a',
  '""',
];

const CASES: readonly Case[] = [
  ...QUERIES.map(
    ([scopeQ, letters]): Case => ({
      clause: '4.19',
      name: `scopeQ=${scopeQ}`,
      given: GIVEN,
      when: get(`/entities?type=Room&scopeQ=${encodeURIComponent(scopeQ)}`),
      answer: { status: 200, like: found(letters) },
    }),
  ),
  ...WRONG.map(
    (scopeQ): Case => ({
      clause: '4.19',
      name: `not a scope query: ${scopeQ}`,
      given: GIVEN,
      when: get(`/entities?type=Room&scopeQ=${encodeURIComponent(scopeQ)}`),
      answer: { status: 400, problem: 'BadRequestData' },
    }),
  ),
  {
    clause: '5.2.23',
    name: 'by POST',
    given: GIVEN,
    when: post('/entityOperations/query', { type: 'Query', entities: [{ type: 'Room' }], scopeQ: '/Madrid/Gardens/#' }),
    answer: { status: 200, like: found('bc') },
  },
  {
    clause: '5.2.23',
    name: 'by POST, not a text',
    given: GIVEN,
    when: post('/entityOperations/query', { type: 'Query', entities: [{ type: 'Room' }], scopeQ: ['/a'] }),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '5.7.2.4',
    name: 'a scope alone is too broad',
    given: GIVEN,
    when: get('/entities?scopeQ=/Madrid'),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '4.19',
    name: 'a scope and a page',
    given: GIVEN,
    when: get('/entities?type=Room&scopeQ=/Madrid/%23&limit=2&offset=1&count=true'),
    answer: {
      status: 200,
      like: found('bc'),
      headers: { 'ngsild-results-count': '5', link: /rel="next".*rel="prev"/ },
    },
  },
  {
    clause: '6.3.2',
    name: 'more names than the limit',
    given: GIVEN,
    when: get(`/entities?type=Room&scopeQ=${'/a,'.repeat(100)}/a`),
    answer: { status: 403, problem: 'TooComplexQuery' },
  },
];

contract('scopes', CASES);
