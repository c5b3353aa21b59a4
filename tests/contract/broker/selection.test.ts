/** Contract of type selections, values of queries and pages. GS CIM 009 V1.9.1, 4.9, 4.17, 5.7.2, 6.3.10, 6.3.13. */

import { type Case, contract, get, LD, post, property } from './cases.js';

const VOCABULARY = { Male: 'https://example.org/Male', Female: 'https://example.org/Female' };

const GIVEN = [
  post(
    '/entityOperations/create',
    [
      {
        id: 'urn:ngsi-ld:Thing:a',
        type: ['Home', 'Vehicle'],
        colour: { type: 'LanguageProperty', languageMap: { en: ['red', 'cat'], fr: 'rouge' } },
        opensAt: property('07:30:00Z'),
        gender: { type: 'VocabProperty', vocab: 'Male' },
        parts: { type: 'Relationship', object: ['urn:ngsi-ld:Part:1', 'urn:ngsi-ld:Part:2'] },
        speed: [property(50), property(60, { datasetId: 'urn:ngsi-ld:Dataset:gps' })],
      },
      {
        id: 'urn:ngsi-ld:Thing:b',
        type: 'Home',
        colour: { type: 'LanguageProperty', languageMap: { en: 'black', de: 'rot' } },
        opensAt: property('09:00:00.500Z'),
        gender: { type: 'VocabProperty', vocab: ['Female', 'Male'] },
        ticket: { type: 'JsonProperty', json: { value: 'Overstay', id: '85' } },
        speed: property(70),
      },
      {
        id: 'urn:ngsi-ld:Thing:c',
        type: 'Motorhome',
        colour: property('red'),
        built: property('2001-05-01'),
        note: property('line\nbreak "quoted"'),
        raw: property({ quality: { particulate: 40 } }, { lab: property({ a: { b: 7 } }) }),
        isOpen: property(true),
        number: property('21'),
      },
    ].map((entity) => ({ ...entity, '@context': [VOCABULARY] })),
    LD,
  ),
];

function found(letters: string): unknown {
  return [...letters].map((letter) => ({ id: `urn:ngsi-ld:Thing:${letter}` }));
}

function query(clause: string, parameters: string, letters: string, headers?: Record<string, string | RegExp>): Case {
  return {
    clause,
    name: decodeURIComponent(parameters),
    given: GIVEN,
    when: get(`/entities?${parameters}`),
    answer: { status: 200, like: found(letters), ...(headers && { headers }) },
  };
}

function wrong(clause: string, parameters: string): Case {
  return {
    clause,
    name: `refused: ${decodeURIComponent(parameters).slice(0, 80)}`,
    given: GIVEN,
    when: get(`/entities?${parameters}`),
    answer: { status: 400, problem: 'BadRequestData' },
  };
}

const TYPES: readonly (readonly [type: string, found: string])[] = [
  ['(Home;Vehicle)', 'a'],
  ['(Home;Vehicle)|Motorhome', 'ac'],
  ['(Home;Vehicle),Motorhome', 'ac'],
  ['Motorhome|(Vehicle;Home)', 'ac'],
  ['Home', 'ab'],
  ['(Home)', 'ab'],
  ['(Home;Motorhome)', ''],
  ['Vehicle,(Home;Vehicle)', 'a'],
  ['https://uri.etsi.org/ngsi-ld/default-context/Motorhome', 'c'],
];

/** Of these three: a and b have languages, c has a plain text. */
const VALUES: readonly (readonly [q: string, found: string])[] = [
  ['colour=="red"', 'ac'],
  ['colour[*]=="red"', 'a'],
  ['colour[en]=="red"', 'a'],
  ['colour[fr]=="red"', ''],
  ['colour[fr]', 'a'],
  ['colour!="red"', 'b'],
  ['colour[*]!="rot"', 'a'],
  ['colour[en]!="red"', 'b'],
  ['colour[en]~=^bl', 'b'],
  ['colour!~=^r', ''],
  ['opensAt==07:30:00Z', 'a'],
  ['opensAt==07:30:00.000Z', 'a'],
  ['opensAt>08:00:00Z', 'b'],
  ['opensAt==07:00:00Z..08:00:00Z', 'a'],
  ['opensAt>2020-01-01T00:00:00Z', ''],
  ['built==2001-05-01', 'c'],
  ['built<2001-05-02', 'c'],
  ['gender==https://example.org/Male', 'ab'],
  ['gender=="https://example.org/Female"', 'b'],
  ['gender!=https://example.org/Female', 'a'],
  ['parts==urn:ngsi-ld:Part:2', 'a'],
  ['parts=="urn:ngsi-ld:Part:2","urn:ngsi-ld:Part:3"', 'a'],
  ['parts!=urn:ngsi-ld:Part:1', ''],
  ['parts>"urn:ngsi-ld:Part:0"', ''],
  ['parts~=Part', ''],
  ['parts!~=Part', ''],
  ['speed==60', 'a'],
  ['speed>=60', 'ab'],
  ['speed!~=7', ''],
  ['speed.datasetId==urn:ngsi-ld:Dataset:gps', 'a'],
  ['ticket[value]=="Overstay"', 'b'],
  ['note=="line\\nbreak \\"quoted\\""', 'c'],
  ['note=="\\u006cine\\nbreak \\"quoted\\""', 'c'],
  ['raw[quality.particulate]==40', 'c'],
  ['raw.lab[a.b]==7', 'c'],
  ['raw[quality.nothing]', ''],
  ['number==21', ''],
  ['number!=21', 'c'],
  ['number~=21', 'c'],
  ['isOpen==true', 'c'],
  ['isOpen!=false', 'c'],
  ['((speed>55|isOpen);colour=="red")', 'ac'],
  ['speed==70|number=="21";isOpen==true', 'bc'],
];

const WRONG_VALUES = [
  'isOpen>true',
  'speed==true..false',
  'speed>1..2',
  'speed==1..',
  'speed==50..60,70',
  'colour[en=="red"',
  'colour[]=="red"',
  'a b==1',
  `speed${'.a'.repeat(40)}`,
];

const QUERY = { type: 'Query', entities: [{ type: '(Home;Vehicle)|Motorhome' }] };

function posted(name: string, body: object, answer: Case['answer']): Case {
  return { clause: '5.2.23', name, given: GIVEN, when: post('/entityOperations/query', body), answer };
}

const CASES: readonly Case[] = [
  ...TYPES.map(([type, letters]) => query('4.17', `type=${encodeURIComponent(type)}`, letters)),
  ...['(Home;Vehicle', 'Home)', '((Home))', 'Home,,Vehicle', '(Home;)', '()', 'a b', 'Home(Vehicle)'].map((type) =>
    wrong('4.17', `type=${encodeURIComponent(type)}`),
  ),
  ...VALUES.map(([q, letters]) => query('4.9', `type=*&q=${encodeURIComponent(q)}`, letters)),
  ...WRONG_VALUES.map((q) => wrong('4.9', `type=*&q=${encodeURIComponent(q)}`)),
  {
    clause: '4.5.23',
    name: 'not built: a path to a linked entity',
    given: GIVEN,
    when: get(`/entities?type=*&q=${encodeURIComponent('parts{humidity}==40')}`),
    answer: { status: 501, problem: 'OperationNotSupported' },
  },
  posted('by POST', QUERY, { status: 200, like: found('ac') }),
  posted(
    'by POST, with expandValues',
    { ...QUERY, q: 'gender=="https://example.org/Male"', jsonKeys: 'ticket' },
    { status: 200, like: found('a') },
  ),
  {
    clause: '4.9',
    name: 'expandValues',
    given: GIVEN,
    when: post(
      '/entityOperations/query',
      {
        type: 'Query',
        entities: [{ type: 'Home' }],
        q: 'gender==Female',
        expandValues: 'gender',
        '@context': [VOCABULARY],
      },
      LD,
    ),
    answer: { status: 200, like: found('b') },
  },
  {
    clause: '4.9',
    name: 'the same without expandValues',
    given: GIVEN,
    when: post(
      '/entityOperations/query',
      { type: 'Query', entities: [{ type: 'Home' }], q: 'gender==Female', '@context': [VOCABULARY] },
      LD,
    ),
    answer: { status: 200, like: [] },
  },
  query('4.9', `type=Home&q=${encodeURIComponent('ticket[value]=="Overstay"')}&jsonKeys=ticket`, 'b'),
  ...[
    { ...QUERY, colour: 'red' },
    { ...QUERY, temporalQ: {} },
    { ...QUERY, entities: [] },
    { ...QUERY, attrs: [] },
    { ...QUERY, q: 5 },
    { ...QUERY, pick: ['parts{a}'] },
    { type: 'Query' },
    { type: 'Query', scopeQ: '/a' },
  ].map((body) =>
    posted(`refused: ${JSON.stringify(body).slice(0, 80)}`, body, { status: 400, problem: 'BadRequestData' }),
  ),
  ...['csf', 'join', 'joinLevel', 'containedBy', 'entityMap', 'splitEntities'].map((member) =>
    posted(`not built: ${member}`, { ...QUERY, [member]: 'x' }, { status: 501, problem: 'OperationNotSupported' }),
  ),
  wrong('6.4.3.2', 'type=*&local=false'),
  wrong('4.21', `type=Home&pick=${encodeURIComponent('parts{name}')}`),
  {
    clause: '4.21',
    name: 'names with | between them',
    given: GIVEN,
    when: get('/entities?type=Motorhome&pick=id%7Cnumber&format=simplified'),
    answer: { status: 200, body: [{ id: 'urn:ngsi-ld:Thing:c', number: '21' }] },
  },
  query('6.3.10', 'type=Home,Motorhome&limit=1', 'a', {
    link: /<[^>]*limit=1&offset=1>;rel="next";type="application\/json"$/,
  }),
  query('6.3.10', 'type=Home,Motorhome&limit=1&offset=1', 'b', {
    link: /<\/ngsi-ld\/v1\/entities\?type=Home,Motorhome&limit=1&offset=2>;rel="next";type="application\/json", <\/ngsi-ld\/v1\/entities\?type=Home,Motorhome&limit=1&offset=0>;rel="prev";type="application\/json"$/,
  }),
  query('6.3.10', 'type=Home,Motorhome&offset=2&limit=1', 'c', {
    link: /^(?!.*next).*limit=1&offset=1>;rel="prev";type="application\/json"$/,
  }),
  query('6.3.10', 'type=Home,Motorhome&offset=1&limit=5', 'bc', {
    link: /limit=1&offset=0>;rel="prev";type="application\/json"$/,
  }),
  query('6.3.10', 'type=Home,Motorhome&offset=50&limit=2', '', {
    link: /^(?!.*next).*limit=2&offset=1>;rel="prev";type="application\/json"$/,
  }),
  query('6.3.10', 'type=Boat&offset=50&limit=2', '', { link: /^(?!.*(next|prev))/ }),
  query('6.3.10', 'type=Home&limit=2&q=speed%3E10', 'ab', { link: /^(?!.*(next|prev))/ }),
  query('6.3.10', `type=Home&limit=1&q=${encodeURIComponent('speed>10')}`, 'a', {
    link: /q=speed%3E10&limit=1&offset=1>;rel="next";type="application\/json"$/,
  }),
  query('6.3.13', 'type=*&limit=0&count=true', '', { link: /^(?!.*(next|prev))/, 'ngsild-results-count': '3' }),
  query('6.3.13', 'type=*&limit=0&offset=2&count=true', '', {
    link: /^(?!.*(next|prev))/,
    'ngsild-results-count': '3',
  }),
  query('6.3.13', 'type=*&limit=1&offset=2&count=true', 'c', { 'ngsild-results-count': '3' }),
  query('6.3.13', 'type=*&offset=99&count=true', '', { 'ngsild-results-count': '3' }),
];

contract('selections, values and pages', CASES);
