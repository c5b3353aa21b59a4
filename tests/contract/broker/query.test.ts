/** Contract of queries, q and discovery. GS CIM 009 V1.9.1, 4.9, 5.7.2, 5.7.5, 5.7.6. */

import { expect } from '@jest/globals';
import { type Case, contract, get, post, property, room } from './cases.js';

const GIVEN = [
  post('/entityOperations/create', [
    room('urn:ngsi-ld:Room:a', {
      warmth: property(18, { observedAt: '2026-11-20T07:00:00Z', unitCode: 'CEL' }),
      label: property('north'),
      floor: property(1),
    }),
    room('urn:ngsi-ld:Room:b', {
      warmth: property(21, { observedAt: '2026-11-20T08:00:00Z', accuracy: property(0.1) }),
      label: property('south'),
      tags: property(['big', 'bright']),
    }),
    room('urn:ngsi-ld:Room:c', {
      warmth: property(25),
      isIn: { type: 'Relationship', object: 'urn:ngsi-ld:House:1' },
      address: property({ street: { name: 'Tulip' } }),
      isWarm: property(true),
    }),
    {
      id: 'urn:ngsi-ld:House:1',
      type: 'House',
      label: { type: 'LanguageProperty', languageMap: { en: 'house', ro: 'casă' } },
      builtAt: property('2001-05-01T00:00:00.000Z'),
    },
  ]),
];

/** q and the rooms (or the house, h) it finds. */
const QUERIES: readonly (readonly [q: string, found: string])[] = [
  ['warmth==21', 'b'],
  ['warmth!=21', 'ac'],
  ['warmth>18', 'bc'],
  ['warmth>=18', 'abc'],
  ['warmth<21', 'a'],
  ['warmth<=21', 'ab'],
  ['warmth==18..21', 'ab'],
  ['warmth!=18..21', 'c'],
  ['warmth==18,25', 'ac'],
  ['label=="north"', 'a'],
  ['label=="north","south"', 'ab'],
  ['label>"north"', 'b'],
  ['label~=^no', 'a'],
  ['label!~=^no', 'bh'],
  ['label~="(north|south)"', 'ab'],
  ['isWarm==true', 'c'],
  ['tags=="bright"', 'b'],
  ['floor', 'a'],
  ['!floor', 'bch'],
  ['warmth.accuracy', 'b'],
  ['warmth.accuracy<0.2', 'b'],
  ['warmth.unitCode=="CEL"', 'a'],
  ['warmth.observedAt>2026-11-20T07:30:00Z', 'b'],
  ['warmth.observedAt==2026-11-20T07:00:00.000Z', 'a'],
  ['address[street.name]=="Tulip"', 'c'],
  ['isIn==urn:ngsi-ld:House:1', 'c'],
  ['label[ro]=="casă"', 'h'],
  ['label=="house"', 'h'],
  ['builtAt<2002-01-01T00:00:00Z', 'h'],
  ['warmth>18;warmth<25', 'b'],
  ['warmth<20|warmth>24', 'ac'],
  ['(warmth<20|warmth>24);floor', 'a'],
  ['floor|warmth>24;isWarm==true', 'ac'],
  ['warmth=="21"', ''],
  ['nothing==1', ''],
];

const WRONG_QUERIES = [
  'warmth==',
  '==21',
  '(warmth',
  'warmth)',
  'warmth>1,2',
  'warmth;;floor',
  'label=="north',
  'a..b',
  'label~=[',
  'warmth>18;',
  '!',
];

const IDS: Readonly<Record<string, string>> = {
  a: 'urn:ngsi-ld:Room:a',
  b: 'urn:ngsi-ld:Room:b',
  c: 'urn:ngsi-ld:Room:c',
  h: 'urn:ngsi-ld:House:1',
};

function found(letters: string): unknown {
  return [...letters].map((letter) => ({ id: IDS[letter] }));
}

function query(
  clause: string,
  name: string,
  parameters: string,
  letters: string,
  headers?: Record<string, string | RegExp>,
): Case {
  return {
    clause,
    name,
    given: GIVEN,
    when: get(`/entities?${parameters}`),
    answer: { status: 200, like: found(letters), ...(headers && { headers }) },
  };
}

function wrong(clause: string, name: string, parameters: string): Case {
  return {
    clause,
    name,
    given: GIVEN,
    when: get(`/entities?${parameters}`),
    answer: { status: 400, problem: 'BadRequestData' },
  };
}

const CASES: readonly Case[] = [
  ...QUERIES.map(([q, letters]) => query('4.9', `q=${q}`, `q=${encodeURIComponent(q)}`, letters)),
  ...WRONG_QUERIES.map((q) => wrong('4.9', `q=${q}`, `q=${encodeURIComponent(q)}`)),
  query(
    '4.9',
    'a pattern that would kill a backtracking engine',
    `q=${encodeURIComponent('label~=^(([a-z])+.)+[A-Z]([a-z])+$')}`,
    '',
  ),
  query('5.7.2', 'by type', 'type=House', 'h'),
  query('4.17', 'by types', 'type=House,Room', 'abch'),
  query('5.7.2', 'by any type', 'type=*', 'abch'),
  query('5.7.2', 'by id', `id=${IDS.c},${IDS.a}`, 'ca'),
  query('5.7.2', 'by id and type', `id=${IDS.c},${IDS.h}&type=House`, 'h'),
  query('5.7.2', 'by idPattern', `idPattern=${encodeURIComponent('Room:[ab]$')}`, 'ab'),
  query('5.7.2', 'by attrs', 'attrs=floor,isIn', 'ac'),
  query('5.7.2', 'everything that is here', 'local=true', 'abch'),
  query('6.3.10', 'limit', 'type=Room&limit=2', 'ab', { link: /rel="next"/ }),
  query('6.3.10', 'offset', 'type=Room&limit=2&offset=2', 'c', { link: /rel="prev"/ }),
  query('6.3.13', 'count', 'type=Room&limit=1&count=true', 'a', { 'ngsild-results-count': '3' }),
  query('6.3.13', 'count only', 'type=Room&limit=0&count=true', '', { 'ngsild-results-count': '3' }),
  wrong('5.7.2.4', 'too broad', 'limit=5'),
  wrong('6.3.13', 'limit=0 without count', 'type=Room&limit=0'),
  wrong('6.3.10', 'a limit that is no number', 'type=Room&limit=many'),
  wrong('6.3.10', 'a limit beyond the largest', 'type=Room&limit=1001'),
  wrong('6.3.10', 'a negative offset', 'type=Room&offset=-1'),
  wrong('5.7.2', 'an id that is no URI', 'id=room'),
  wrong('5.7.2', 'a pattern that is none', 'idPattern=%5B'),
  wrong('6.3.3', 'an unknown parameter', 'type=Room&color=red'),
  wrong('6.3.3', 'a parameter twice', 'type=Room&type=House'),
  {
    clause: '4.5.4',
    name: 'simplified, picked',
    given: GIVEN,
    when: get('/entities?type=Room&format=simplified&pick=id,warmth&limit=1'),
    answer: { status: 200, body: [{ id: IDS.a, warmth: 18 }] },
  },
  {
    clause: '6.3.6',
    name: 'each entity of an ld+json answer has the @context',
    given: GIVEN,
    when: get('/entities?type=House', { Accept: 'application/ld+json' }),
    answer: {
      status: 200,
      like: [{ '@context': expect.anything() }],
      headers: { 'content-type': /^application\/ld\+json/ },
    },
  },
  ...['join=flat', 'joinLevel=1', 'containedBy=urn:a:b', 'csf=a', 'entityMap=true', 'splitEntities=true'].map(
    (parameter): Case => ({
      clause: '6.4.3.2',
      name: `not built: ${parameter}`,
      given: GIVEN,
      when: get(`/entities?type=Room&${parameter}`),
      answer: { status: 501, problem: 'OperationNotSupported' },
    }),
  ),
  {
    clause: '5.7.2',
    name: 'by POST',
    given: GIVEN,
    when: post('/entityOperations/query', {
      type: 'Query',
      entities: [{ type: 'Room', idPattern: ':[bc]$' }],
      q: 'warmth>21',
    }),
    answer: { status: 200, like: found('c') },
  },
  {
    clause: '5.2.23',
    name: 'by POST of something else',
    given: GIVEN,
    when: post('/entityOperations/query', { type: 'Search' }),
    answer: { status: 400, problem: 'BadRequestData' },
  },
  {
    clause: '5.7.5',
    name: 'types',
    given: GIVEN,
    when: get('/types'),
    answer: { status: 200, like: { type: 'EntityTypeList', typeList: ['House', 'Room'] } },
  },
  {
    clause: '5.7.6',
    name: 'types with details',
    given: GIVEN,
    when: get('/types?details=true'),
    answer: {
      status: 200,
      like: [{ type: 'EntityType', typeName: 'House', attributeNames: ['builtAt', 'label'] }, { typeName: 'Room' }],
    },
  },
  {
    clause: '5.7.7',
    name: 'one type',
    given: GIVEN,
    when: get('/types/House'),
    answer: {
      status: 200,
      like: {
        type: 'EntityTypeInfo',
        entityCount: 1,
        attributeDetails: [
          { attributeName: 'label', attributeTypes: ['LanguageProperty'] },
          { attributeName: 'builtAt' },
        ],
      },
    },
  },
  {
    clause: '5.7.7.4',
    name: 'a type nobody has',
    given: GIVEN,
    when: get('/types/Castle'),
    answer: { status: 404, problem: 'ResourceNotFound' },
  },
];

contract('queries', CASES);
