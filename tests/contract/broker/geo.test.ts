/** Contract of geoqueries. GS CIM 009 V1.9.1, 4.10, 5.2.13, 5.7.2. */

import { type Case, contract, get, post, property } from './cases.js';
import { HOLE, RELATIONS, SQUARE } from './geo-relations.js';

const LETTERS = ['p', 'q', 'l', 'a', 'h', 'm', 'n', 'd'] as const;
type Letter = (typeof LETTERS)[number];

function geo(type: string, coordinates: unknown, more: object = {}): object {
  return { type: 'GeoProperty', value: { type, coordinates }, ...more };
}

/** p, q: points; l: a line; a: an area; h: one with a hole; m: several points; n: no location; d: several instances. */
const PLACES: Record<Letter, object> = {
  p: { location: geo('Point', [2, 2]) },
  q: { location: geo('Point', [8, 40, 120]) },
  l: {
    location: geo('LineString', [
      [2, 2],
      [6, 2],
    ]),
  },
  a: { location: geo('Polygon', SQUARE) },
  h: { location: geo('Polygon', [...SQUARE, HOLE]) },
  m: {
    location: geo('MultiPoint', [
      [2, 2],
      [9, 9],
    ]),
  },
  n: { label: property('no place'), observationSpace: geo('Point', [2, 2]) },
  d: {
    location: [geo('Point', [50, 50]), geo('Point', [2, 2], { datasetId: 'urn:ngsi-ld:Dataset:gps' })],
    site: property('x', { entrance: geo('Point', [2, 2]) }),
  },
};

const GIVEN = [
  post(
    '/entityOperations/create',
    LETTERS.map((letter) => ({ id: `urn:ngsi-ld:Place:${letter}`, type: 'Place', ...PLACES[letter] })),
  ),
];

function found(letters: string): unknown {
  return [...letters].map((letter) => ({ id: `urn:ngsi-ld:Place:${letter}` }));
}

interface Wanted {
  readonly georel: string;
  readonly geometry: string;
  readonly coordinates: unknown;
  readonly geoproperty?: string;
}

function parametersOf(wanted: Partial<Wanted>): string {
  const parts = Object.entries(wanted).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `${name}=${encodeURIComponent(text)}`;
  });
  return parts.join('&');
}

const POINT = { georel: 'within', geometry: 'Point', coordinates: [2, 2] };

function wrong(name: string, parameters: string): Case {
  return {
    clause: '4.10',
    name,
    given: GIVEN,
    when: get(`/entities?type=Place&${parameters}`),
    answer: { status: 400, problem: 'BadRequestData' },
  };
}

function query(clause: string, name: string, parameters: string, letters: string): Case {
  return {
    clause,
    name,
    given: GIVEN,
    when: get(`/entities?${parameters}`),
    answer: { status: 200, like: found(letters) },
  };
}

function byPost(name: string, geoQ: unknown, answer: Case['answer']): Case {
  const body = { type: 'Query', entities: [{ type: 'Place' }], geoQ };
  return { clause: '5.2.13', name, given: GIVEN, when: post('/entityOperations/query', body), answer };
}

const CASES: readonly Case[] = [
  ...RELATIONS.map(([georel, geometry, coordinates, letters]) =>
    query(
      '4.10',
      `${georel} ${geometry} ${JSON.stringify(coordinates)}`,
      `type=Place&${parametersOf({ georel, geometry, coordinates })}`,
      letters,
    ),
  ),
  query(
    '4.10',
    'another geoproperty',
    `type=Place&${parametersOf({ ...POINT, geoproperty: 'observationSpace' })}`,
    'n',
  ),
  query(
    '4.10',
    'a path to a geoproperty',
    `type=Place&${parametersOf({ ...POINT, geoproperty: 'site.entrance' })}`,
    'd',
  ),
  query('4.10', 'a geoproperty that is a text', `type=Place&${parametersOf({ ...POINT, geoproperty: 'label' })}`, ''),
  query('4.10', 'a geoproperty nobody has', `type=Place&${parametersOf({ ...POINT, geoproperty: 'nothing' })}`, ''),
  query('6.4.3.2', 'a geoproperty alone is ignored', 'type=Place&geoproperty=location&limit=1', 'p'),
  query('5.7.2.4', 'a geoquery is narrow enough', parametersOf(POINT), 'pd'),
  query('5.7.2.4', 'a geoquery with q', `q=label&${parametersOf({ ...POINT, geoproperty: 'observationSpace' })}`, 'n'),
  wrong('no georel', parametersOf({ geometry: 'Point', coordinates: [2, 2] })),
  wrong('no geometry', parametersOf({ georel: 'within', coordinates: [2, 2] })),
  wrong('no coordinates', parametersOf({ georel: 'within', geometry: 'Point' })),
  ...[
    'near',
    'near;maxDistance==0',
    'near;maxDistance==-1',
    'near;maxDistance=5',
    'near;farDistance==5',
    'WITHIN',
    'touches',
    'within;maxDistance==5',
  ].map((georel) => wrong(`georel=${georel}`, parametersOf({ ...POINT, georel }))),
  ...['GeometryCollection', 'point', 'Circle'].map((geometry) =>
    wrong(`geometry=${geometry}`, parametersOf({ ...POINT, geometry })),
  ),
  ...['2,2', '{}', '[2]', '["2","2"]', '[200,2]', '[2,95]', '[[2,2]]', '[', 'null', '[]'].map((coordinates) =>
    wrong(`coordinates=${coordinates}`, parametersOf({ ...POINT, coordinates })),
  ),
  wrong(
    'a ring that is open',
    parametersOf({
      georel: 'within',
      geometry: 'Polygon',
      coordinates: [
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 1],
        ],
      ],
    }),
  ),
  wrong(
    'a ring of three',
    parametersOf({
      georel: 'within',
      geometry: 'Polygon',
      coordinates: [
        [
          [0, 0],
          [1, 0],
          [0, 0],
        ],
      ],
    }),
  ),
  wrong('a line of one', parametersOf({ georel: 'within', geometry: 'LineString', coordinates: [[0, 0]] })),
  wrong('a geoproperty that is no name', parametersOf({ ...POINT, geoproperty: 'a b' })),
  byPost('by POST', POINT, { status: 200, like: found('pd') }),
  byPost('by POST, coordinates as a text', { ...POINT, coordinates: '[2,2]' }, { status: 200, like: found('pd') }),
  byPost(
    'by POST, another geoproperty',
    { ...POINT, geoproperty: 'observationSpace' },
    { status: 200, like: found('n') },
  ),
  byPost(
    'by POST, without geometry',
    { georel: 'within', coordinates: [2, 2] },
    { status: 400, problem: 'BadRequestData' },
  ),
  byPost('by POST, a text', 'near', { status: 400, problem: 'BadRequestData' }),
  byPost(
    'by POST, more positions than the limit',
    {
      georel: 'intersects',
      geometry: 'LineString',
      coordinates: Array.from({ length: 2_001 }, (_, at) => [at / 100, 0]),
    },
    { status: 400, problem: 'BadRequestData' },
  ),
];

contract('geoqueries', CASES);
