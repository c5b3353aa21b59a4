/** Contract of ordered queries. GS CIM 009 V1.9.1, 4.23, 5.2.43, 5.7.2.4. */

import { type Case, contract, get, post, property } from './cases.js';

const at = (longitude: number): object => ({
  type: 'GeoProperty',
  value: { type: 'Point', coordinates: [longitude, 0] },
});

/** Created in this order. */
const THINGS: Readonly<Record<string, object>> = {
  d: { name: property('delta'), age: property(3), location: at(5), address: property({ city: 'Oslo' }) },
  b: { name: property('Beta'), age: property(1), location: at(1), address: property({ city: 'bergen' }) },
  a: { name: property('alpha'), age: property(3, { observedAt: '2026-11-20T08:00:00Z' }), location: at(-9) },
  z: { name: property('Ærø'), age: property('old'), location: property('somewhere') },
  c: { name: property('älg'), age: property([1]), mixed: property(true) },
  m: { mixed: property({ x: 1 }), when: property('2026-11-20T07:00:00Z') },
  n: { mixed: property(7), when: property('07:00:00Z') },
  t: { mixed: property('text'), when: property('2026-11-20') },
};

const GIVEN = [
  post(
    '/entityOperations/create',
    Object.entries(THINGS).map(([letter, attributes]) => ({
      id: `urn:ngsi-ld:Thing:${letter}`,
      type: letter < 'c' ? ['Early', 'Thing'] : 'Thing',
      ...(letter === 'n' && { scope: '/a' }),
      ...attributes,
    })),
  ),
];

function found(letters: string): unknown {
  return [...letters].map((letter) => ({ id: `urn:ngsi-ld:Thing:${letter}` }));
}

/** Without the attribute they come last, in the order they were made. */
const ORDERS: readonly (readonly [parameters: string, found: string])[] = [
  ['orderBy=id', 'abcdmntz'],
  ['orderBy=id;asc', 'abcdmntz'],
  ['orderBy=id;desc', 'ztnmdcba'],
  ['orderBy=type,id;desc', 'baztnmdc'],
  ['orderBy=scope,id', 'nabcdmtz'],
  ['orderBy=name', 'zcabdmnt'],
  ['orderBy=createdAt,id', 'abcdmntz'],
  ['orderBy=age', 'bdazcmnt'],
  ['orderBy=age;desc', 'dabzcmnt'],
  ['orderBy=age,name', 'badzcmnt'],
  ['orderBy=age;desc,name;desc', 'dabzcmnt'],
  ['orderBy=address[city]', 'bdazcmnt'],
  ['orderBy=address[city];desc', 'dbazcmnt'],
  ['orderBy=age.observedAt', 'adbzcmnt'],
  ['orderBy=mixed', 'ntmcdbaz'],
  ['orderBy=when', 'ntmdbazc'],
  ['orderBy=location;dist-asc&orderFrom=[0,0]', 'bdazcmnt'],
  ['orderBy=location;dist-desc&orderFrom=[0,0]', 'adbzcmnt'],
  ['orderBy=location;dist-asc&orderFrom=[[4,0],[6,0]]&orderGeometry=LineString', 'dbazcmnt'],
  ['orderBy=location;dist-asc,id;desc&orderFrom=[0,0]', 'bdaztnmc'],
  ['orderBy=nothing', 'dbazcmnt'],
];

function ordered(clause: string, parameters: string, letters: string): Case {
  return {
    clause,
    name: parameters,
    given: GIVEN,
    when: get(`/entities?type=Thing&local=true&limit=10&${parameters}`),
    answer: { status: 200, like: found(letters) },
  };
}

function wrong(clause: string, parameters: string): Case {
  return {
    clause,
    name: `refused: ${parameters}`,
    given: GIVEN,
    when: get(`/entities?type=Thing&${parameters}`),
    answer: { status: 400, problem: 'BadRequestData' },
  };
}

function posted(name: string, ordering: unknown, answer: Case['answer'], path = '?local=true&limit=3'): Case {
  const body = { type: 'Query', entities: [{ type: 'Thing' }], ordering };
  return { clause: '5.2.43', name, given: GIVEN, when: post(`/entityOperations/query${path}`, body), answer };
}

const CASES: readonly Case[] = [
  ...ORDERS.map(([parameters, letters]) => ordered('4.23.3', parameters, letters)),
  ordered('4.23.3', 'orderBy=name&collation=sv', 'abdczmnt'),
  ordered('4.23.3', 'orderBy=name&collation=da', 'abdczmnt'),
  ordered('4.23.3', 'orderBy=name&collation=und-u-ks-identic', 'zcabdmnt'),
  ordered('4.23.3', 'orderBy=name&collation=und-x-icu', 'zcabdmnt'),
  ordered('4.23.3', 'orderBy=name&collation=de-u-co-phonebk', 'czabdmnt'),
  ordered('6.3.10', 'orderBy=id&offset=3', 'dmntz'),
  {
    clause: '6.3.10',
    name: 'pages of an ordered query',
    given: GIVEN,
    when: get('/entities?type=Thing&local=true&orderBy=id;desc&limit=2&offset=3&count=true'),
    answer: {
      status: 200,
      like: found('md'),
      headers: { 'ngsild-results-count': '8', link: /limit=2&offset=5>;rel="next".*limit=2&offset=1>;rel="prev"/ },
    },
  },
  {
    clause: '6.4.3.2',
    name: 'type=* is local by itself',
    given: GIVEN,
    when: get('/entities?type=*&orderBy=id&limit=2'),
    answer: { status: 200, like: found('ab') },
  },
  {
    clause: '4.23',
    name: 'an ordered FeatureCollection',
    given: GIVEN,
    when: get('/entities?type=Thing&local=true&orderBy=id&limit=2', { Accept: 'application/geo+json' }),
    answer: { status: 200, like: { features: found('ab') } },
  },
  wrong('5.7.2.4', 'orderBy=name'),
  wrong('5.7.2.4', 'orderBy=name&local=false'),
  ...[
    'orderBy=location;dist-asc',
    'orderBy=location;dist-asc&orderFrom=8,40',
    'orderBy=location;dist-asc&orderFrom=[200,40]',
    'orderBy=location;dist-asc&orderFrom=[[1,1],[2,2]]',
    'orderBy=location;dist-asc&orderFrom=[8,40]&orderGeometry=Circle',
    'orderBy=name;up',
    'orderBy=name;asc;asc',
    'orderBy=name,',
    'orderBy=;asc',
    'orderBy=name[',
    'orderBy=name[x]y',
    'orderBy=a%20b',
    `orderBy=${'name,'.repeat(10)}name`,
    'orderBy=name&collation=no_such',
    'orderBy=name&collation=en-u-ks-level9',
  ].map((parameters) => wrong('4.23.3', `local=true&${parameters}`)),
  posted('by POST', { orderBy: ['age;desc', 'name'] }, { status: 200, like: found('adb') }),
  posted(
    'by POST, by distance',
    { orderBy: ['location;dist-desc'], geometry: 'Point', coordinates: [0, 0], collation: 'und-x-icu' },
    { status: 200, like: found('adb') },
  ),
  posted('by POST, without orderBy', { collation: 'sv' }, { status: 400, problem: 'BadRequestData' }),
  posted('by POST, empty', { orderBy: [] }, { status: 400, problem: 'BadRequestData' }),
  posted('by POST, a text', 'name', { status: 400, problem: 'BadRequestData' }),
  posted('by POST, not local', { orderBy: ['name'] }, { status: 400, problem: 'BadRequestData' }, ''),
];

contract('ordered queries', CASES);
