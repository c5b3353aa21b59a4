/** Geo queries: georel, geometry and coords as QuantumLeap reads them, latitude first. A square kilometre or so around 44.4 N, 26.1 E. */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Instance, openInstance } from './instance.js';
import { at, place, property, tell } from './tables.js';

let history: Instance;

const polygon = (...ring: readonly (readonly [number, number])[]) => ({
  type: 'GeoProperty',
  value: { type: 'Polygon', coordinates: [ring] },
});

/** Where each is; `mover` goes from the school to the park at 02:00. */
const PLACES: Readonly<Record<string, object>> = {
  school: place(26.1, 44.4),
  park: place(26.11, 44.4),
  lake: polygon([26.1, 44.41], [26.12, 44.41], [26.12, 44.42], [26.1, 44.42], [26.1, 44.41]),
  road: {
    type: 'GeoProperty',
    value: {
      type: 'LineString',
      coordinates: [
        [26.1, 44.4],
        [26.12, 44.4],
      ],
    },
  },
};

beforeAll(async () => {
  history = await openInstance();
  await tell(
    history,
    Object.entries(PLACES).map(([name, location]) => ({
      ...{ id: `urn:${name}`, type: 'Place', location, power: property(1, at(1)) },
    })),
  );
  for (const [hour, location] of [
    [0, PLACES.school],
    [1, PLACES.school],
    [2, PLACES.park],
    [3, PLACES.park],
  ] as const) {
    await tell(history, [{ id: 'urn:mover', type: 'Mover', location, power: property(hour, at(hour)) }]);
  }
  await tell(history, [
    { id: 'urn:v2', type: 'V2', location: { type: 'geo:point', value: '44.4, 26.1' }, power: property(1, at(1)) },
    { id: 'urn:nowhere', type: 'Place', power: property(1, at(1)) },
  ]);
});
afterAll(() => history.stop());

const SQUARE = '44.39,26.09;44.39,26.105;44.41,26.105;44.41,26.09;44.39,26.09';

const CASES: readonly (readonly [georel: string, geometry: string, coords: string, found: readonly string[]])[] = [
  ['coveredBy', 'polygon', SQUARE, ['school']],
  ['coveredBy', 'box', '44.39,26.09;44.41,26.105', ['school']],
  ['coveredBy', 'box', '44.41,26.105;44.39,26.09', ['school']],
  ['coveredBy', 'box', '44.3,26;44.5,26.2', ['lake', 'park', 'road', 'school']],
  ['coveredBy', 'line', '44.4,26.09;44.4,26.13', ['park', 'road', 'school']],
  ['coveredBy', 'point', '44.4,26.1', ['school']],
  ['coveredBy', 'box', '44.405,26.09;44.415,26.13', []],
  ['intersects', 'polygon', SQUARE, ['lake', 'road', 'school']],
  ['intersects', 'point', '44.4,26.1', ['road', 'school']],
  ['intersects', 'point', '44.415,26.11', ['lake']],
  ['intersects', 'line', '44.39,26.115;44.43,26.115', ['lake', 'road']],
  ['intersects', 'box', '44.412,26.105;44.413,26.106', ['lake']],
  ['disjoint', 'polygon', SQUARE, ['park']],
  ['disjoint', 'point', '44.4,26.1', ['lake', 'park']],
  ['disjoint', 'point', '0,0', ['lake', 'park', 'road', 'school']],
  // A hundredth of a degree of longitude is about 794 m there.
  ['near;maxDistance:100', 'point', '44.4,26.1', ['school']],
  ['near;maxDistance:800', 'point', '44.4,26.1', ['park', 'road', 'school']],
  ['near;maxDistance:790', 'point', '44.4,26.1', ['school']],
  ['near;minDistance:790', 'point', '44.4,26.1', ['lake', 'park', 'road']],
  ['near;minDistance:1;maxDistance:800', 'point', '44.4,26.1', ['park', 'road']],
  ['near;maxDistance:800;minDistance:1', 'point', '44.4,26.1', ['park', 'road']],
  ['near;maxDistance:0', 'point', '44.4,26.1', ['school']],
  ['near;maxDistance:1.5', 'point', '+44.4,26.1', ['school']],
  ['near;maxDistance:100', 'line', '44.4,26.09;44.4,26.11', ['school']],
];

const query = (georel: string, geometry: string, coords: string) =>
  `georel=${encodeURIComponent(georel)}&geometry=${geometry}&coords=${encodeURIComponent(coords)}`;

describe.each(CASES)('%s %s %s', (georel, geometry, coords, found) => {
  it('finds who was there', async () => {
    const { json } = await history.get(`/v2/types/Place/attrs/power/value?${query(georel, geometry, coords)}`);
    const ids = Array.isArray(json) ? [] : (json as { values: { id: string }[] }).values.map(({ id }) => id);
    expect(ids).toEqual(found.map((name) => `urn:${name}`));
  });
});

const AT_SCHOOL = query('near;maxDistance:10', 'point', '44.4,26.1');

it.each([
  ['/v2/entities/urn:mover/attrs/power/value', { index: [at(0), at(1)], values: [0, 1] }],
  ['/v2/entities/urn:mover/attrs/power/value?lastN=1', { index: [at(1)], values: [1] }],
  ['/v2/entities/urn:mover/attrs/power/value?aggrMethod=sum', { index: [], values: [1] }],
  [
    '/v2/entities/urn:mover/attrs/power/value?aggrMethod=sum&aggrPeriod=hour',
    { index: [at(0), at(1)], values: [0, 1] },
  ],
  ['/v2/entities/urn:mover/attrs/power/value?fromDate=2026-11-20T01:00:00Z', { index: [at(1)], values: [1] }],
  ['/v2/entities/urn:mover/attrs/power/value?fromDate=2026-11-20T02:00:00Z', []],
  ['/v2/entities/urn:v2/attrs/power/value', { index: [at(1)], values: [1] }],
])('rows count while they are there: %s', async (path, body) => {
  expect((await history.get(`${path}${path.includes('?') ? '&' : '?'}${AT_SCHOOL}`)).json).toEqual(body);
});

const FAMILIES = [
  ...['/v2/entities/urn:school', '/v2/entities/urn:school/attrs/power', '/v2/types/Place'],
  ...['/v2/types/Place/attrs/power', '/v2/attrs', '/v2/attrs/power'],
];

it.each(FAMILIES)('every family asks where: %s', async (path) => {
  expect(JSON.stringify((await history.get(`${path}?${AT_SCHOOL}`)).json)).toContain('urn:school');
  const elsewhere = query('coveredBy', 'point', '1,1');
  expect(await history.get(`${path}?${elsewhere}`)).toMatchObject({ status: 200, json: [] });
});

const INVALID: readonly string[] = [
  'georel=near;maxDistance:10',
  'geometry=point&coords=1,2',
  'georel=near;maxDistance:10&geometry=point',
  query('near', 'point', '1,2'),
  query('near;maxDistance:-1', 'point', '1,2'),
  query('near;maxDistance:1;maxDistance:2', 'point', '1,2'),
  query('near;maxDistance:1;DROP', 'point', '1,2'),
  query('within', 'point', '1,2'),
  query('coveredBy', 'circle', '1,2'),
  query('coveredBy', 'point', '1'),
  query('coveredBy', 'point', '1,2;3,4'),
  query('coveredBy', 'point', 'x,y'),
  query('coveredBy', 'point', "1,2');--"),
  query('coveredBy', 'line', '1,2'),
  query('coveredBy', 'polygon', '1,2;3,4;5,6'),
  query('coveredBy', 'box', '1,2;3,4;5,6'),
  query('coveredBy', 'point', '1e3,2'),
  query('coveredBy', 'point', '1, 2'),
  query('constructor', 'point', '1,2'),
  query('coveredBy', 'constructor', '1,2'),
  query('coveredBy', 'line', Array.from({ length: 1_001 }, () => '1,2').join(';')),
];

it.each(INVALID)('%s is no question', async (words) => {
  expect(await history.get(`/v2/attrs/power?${words}`)).toMatchObject({
    status: 400,
    json: { error: 'ValueError', description: 'Invalid geographical query parameters' },
  });
});

it('equals is not supported, as there', async () => {
  expect(await history.get(`/v2/attrs/power?${query('equals', 'point', '1,2')}`)).toMatchObject({
    status: 422,
    json: { error: 'NotSupportedQuery', description: 'This geographical query is not supported' },
  });
});
