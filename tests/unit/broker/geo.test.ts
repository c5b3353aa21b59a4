/** Geoqueries: relations of geometries, distances, and the language around them. GS CIM 009 V1.9.1, 4.10. */

import { compileContext } from '@contor/broker/context/compile.js';
import type { Entity } from '@contor/broker/entity/model.js';
import { distanceM, isWithinDistance, metresBetween } from '@contor/broker/query/geo/distance.js';
import { RELATIONS, type Relation } from '@contor/broker/query/geo/relate.js';
import { type Shape, shapeOf } from '@contor/broker/query/geo/shape.js';
import { compileGeoQuery, type GeoQueryInput, parseGeoQuery } from '@contor/broker/query/geo-query.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../support/long.js';
import { MATRICES } from './geo-vectors.js';

const CONTEXT = compileContext({}, () => ({}));
const NAMES = Object.keys(RELATIONS) as Relation[];

type Coordinates = readonly (number | Coordinates)[];

interface Geometry {
  readonly type: string;
  readonly coordinates: Coordinates;
}

const TYPES: Readonly<Record<string, string>> = {
  POINT: 'Point',
  MULTIPOINT: 'MultiPoint',
  LINESTRING: 'LineString',
  MULTILINESTRING: 'MultiLineString',
  POLYGON: 'Polygon',
  MULTIPOLYGON: 'MultiPolygon',
};

/** Well-known text → GeoJSON. */
function fromText(text: string): Geometry {
  const [, name = '', body = ''] = /^([A-Z]+)(\(.*\))$/.exec(text) ?? [];
  const json = body
    .replace(/(-?[\d.]+) (-?[\d.]+)/g, '[$1,$2]')
    .replace(/\(/g, '[')
    .replace(/\)/g, ']');
  const coordinates = JSON.parse(json) as Coordinates;
  return { type: TYPES[name] ?? '', coordinates: name === 'POINT' ? (coordinates[0] as Coordinates) : coordinates };
}

function shape(geometry: Geometry): Shape {
  const made = shapeOf({ ...geometry });
  if (made === undefined) throw new RangeError('no shape');
  return made;
}

/** What OGC 06-103r4, 6.1.15.3 reads out of a matrix. */
function expectedOf(matrix: string, a: Shape, b: Shape): Record<Relation, boolean> {
  const [ii, ib, ie, bi, bb, be, ei, eb] = [...matrix].map((entry) => entry !== 'F');
  const isLine = a.dimension === 1;
  return {
    intersects: Boolean(ii || ib || bi || bb),
    disjoint: !(ii || ib || bi || bb),
    within: Boolean(ii && !ie && !be),
    contains: Boolean(ii && !ei && !eb),
    equals: Boolean(ii && !ie && !be && !ei && !eb),
    overlaps: Boolean(a.dimension === b.dimension && (isLine ? matrix[0] === '1' : ii) && ie && ei),
  };
}

function allOf(a: Shape, b: Shape): Record<string, boolean> {
  return Object.fromEntries(NAMES.map((name) => [name, RELATIONS[name](a, b)]));
}

function transposed(matrix: string): string {
  return [0, 3, 6, 1, 4, 7, 2, 5, 8].map((index) => matrix[index]).join('');
}

describe.each(MATRICES)('%s', (_name, textA, textB, matrix) => {
  const a = shape(fromText(textA));
  const b = shape(fromText(textB));
  it('lies to the other as published', () => expect(allOf(a, b)).toEqual(expectedOf(matrix, a, b)));
  it('and the other to it', () => expect(allOf(b, a)).toEqual(expectedOf(transposed(matrix), b, a)));
});

/** Small whole numbers, so that touching, overlapping and equal shapes are common. */
const coordinate = fc.integer({ min: 0, max: 6 });
const position = fc.tuple(coordinate, coordinate);
const rectangle = fc
  .tuple(position, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }))
  .map(([[x, y], width, height]) => [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
    [x, y],
  ]);
const triangle = fc
  .tuple(position, position, position)
  .filter(([p, q, r]) => (q[0] - p[0]) * (r[1] - p[1]) !== (q[1] - p[1]) * (r[0] - p[0]))
  .map(([p, q, r]) => [p, q, r, p]);
const geometry: fc.Arbitrary<Geometry> = fc.oneof(
  position.map((coordinates) => ({ type: 'Point', coordinates })),
  fc.array(position, { minLength: 1, maxLength: 4 }).map((coordinates) => ({ type: 'MultiPoint', coordinates })),
  fc.array(position, { minLength: 2, maxLength: 5 }).map((coordinates) => ({ type: 'LineString', coordinates })),
  rectangle.map((ring) => ({ type: 'Polygon', coordinates: [ring] })),
  triangle.map((ring) => ({ type: 'Polygon', coordinates: [ring] })),
);

describe('any two geometries', () => {
  const pairs = (check: (a: Shape, b: Shape) => void): void =>
    fc.assert(
      fc.property(geometry, geometry, (p, q) => check(shape(p), shape(q))),
      { numRuns: times(150, 1_500) },
    );

  it('are disjoint or intersect', () =>
    pairs((a, b) => expect(RELATIONS.disjoint(a, b)).toBe(!RELATIONS.intersects(a, b))));

  it.each(['intersects', 'disjoint', 'equals', 'overlaps'] as const)('%s each other or not', (name) =>
    pairs((a, b) => expect(RELATIONS[name](a, b)).toBe(RELATIONS[name](b, a))),
  );

  it('contain what is within', () => pairs((a, b) => expect(RELATIONS.within(a, b)).toBe(RELATIONS.contains(b, a))));

  it('are equal when each is within the other', () =>
    pairs((a, b) => expect(RELATIONS.equals(a, b)).toBe(RELATIONS.within(a, b) && RELATIONS.within(b, a))));

  it('are equal to themselves', () => pairs((a) => expect(RELATIONS.equals(a, a)).toBe(true)));

  it('intersect when they are within or overlap', () =>
    pairs((a, b) => {
      if (RELATIONS.within(a, b) || RELATIONS.overlaps(a, b)) expect(RELATIONS.intersects(a, b)).toBe(true);
    }));

  it('do not change their relation when both are turned, mirrored or moved', () =>
    fc.assert(
      fc.property(geometry, geometry, (p, q) => {
        const before = allOf(shape(p), shape(q));
        const turn = ({ type, coordinates }: Geometry): Shape => shape({ type, coordinates: turned(coordinates) });
        expect(allOf(turn(p), turn(q))).toEqual(before);
      }),
      { numRuns: times(200, 2_000) },
    ));

  it('meet when there is no distance between them, and only then', () =>
    pairs((a, b) => expect(distanceM(a, b) === 0).toBe(RELATIONS.intersects(a, b))));
});

/** A quarter turn with a move: exact in doubles. */
function turned(coordinates: Coordinates): Coordinates {
  const [x, y] = coordinates;
  if (typeof x === 'number' && typeof y === 'number') return [-y + 40, x + 8];
  return coordinates.map((item) => turned(item as Coordinates));
}

it('tells a touched border from one missed by the last bit', () => {
  const edge = shape(fromText('LINESTRING(0.1 0.1,0.3 0.3)'));
  expect(RELATIONS.intersects(shape({ type: 'Point', coordinates: [0.2, 0.2] }), edge)).toBe(true);
  expect(RELATIONS.intersects(shape({ type: 'Point', coordinates: [0.2, 0.20000000000000004] }), edge)).toBe(false);
  const far = shape({
    type: 'LineString',
    coordinates: [
      [12, 12],
      [24, 24],
    ],
  });
  expect(RELATIONS.intersects(shape({ type: 'Point', coordinates: [18, 18.000000000000004] }), far)).toBe(false);
});

describe('distance', () => {
  it.each([
    // One degree of a great circle of a sphere with the mean radius of the Earth (IUGG): π/180 · 6371008.8 m.
    ['a degree of latitude', [0, 0], [0, 1], 111_195.08],
    ['a degree of the equator', [0, 0], [1, 0], 111_195.08],
    ['across the antimeridian', [179.5, 0], [-179.5, 0], 111_195.08],
    ['pole to pole', [0, 90], [0, -90], 20_015_114.44],
    ['half round the equator', [-90, 0], [90, 0], 20_015_114.44],
  ] as const)('of %s', (_name, [px, py], [qx, qy], metres) =>
    expect(metresBetween({ x: px, y: py }, { x: qx, y: qy })).toBeCloseTo(metres, 1),
  );

  it('to an edge is that to its nearest point', () => {
    const road = shape(fromText('LINESTRING(10 0,10 2)'));
    expect(distanceM(shape({ type: 'Point', coordinates: [9, 1] }), road)).toBeCloseTo(
      metresBetween({ x: 9, y: 1 }, { x: 10, y: 1.0001524 }),
      -1,
    );
  });

  it('from inside an area is nothing, and from its hole is that to the rim', () => {
    const ring = shape(fromText('POLYGON((0 0,8 0,8 8,0 8,0 0),(2 2,6 2,6 6,2 6,2 2))'));
    expect(distanceM(shape({ type: 'Point', coordinates: [1, 1] }), ring)).toBe(0);
    expect(distanceM(shape({ type: 'Point', coordinates: [4, 3] }), ring)).toBeCloseTo(111_195.08, -2);
  });

  it('has the whole target within the buffer, not only its nearest point', () => {
    const target = shape(fromText('LINESTRING(0 0,0 1)'));
    const point = shape(fromText('POINT(0 0)'));
    expect(isWithinDistance(target, point, 111_000)).toBe(false);
    expect(isWithinDistance(target, point, 112_000)).toBe(true);
    const two = shape(fromText('MULTIPOINT(0 0,0 1)'));
    expect(isWithinDistance(target, two, 40_000)).toBe(false);
    expect(isWithinDistance(target, two, 56_000)).toBe(true);
  });

  it('has the middle of an area in the buffer, too', () => {
    const area = shape(fromText('POLYGON((0 0,4 0,4 4,0 4,0 0))'));
    const rim = shape(fromText('LINESTRING(0 0,4 0,4 4,0 4,0 0)'));
    expect(isWithinDistance(area, rim, 150_000)).toBe(false);
    expect(isWithinDistance(area, rim, 215_000)).toBe(false);
    expect(isWithinDistance(area, rim, 225_000)).toBe(true);
    const holed = shape(fromText('POLYGON((0 0,4 0,4 4,0 4,0 0),(1 1,3 1,3 3,1 3,1 1))'));
    expect(isWithinDistance(holed, rim, 160_000)).toBe(true);
  });
});

describe('many edges', () => {
  const ring = (count: number, radius: number, waves: number): Geometry => {
    const positions = Array.from({ length: count }, (_, at) => {
      const angle = (at / count) * 2 * Math.PI;
      const reach = radius * (1 + 0.3 * Math.sin(waves * angle));
      return [26 + reach * Math.cos(angle), 44 + reach * Math.sin(angle)];
    });
    return { type: 'Polygon', coordinates: [[...positions, positions[0] ?? []]] };
  };
  const zigzag = (count: number, isUpright: boolean): Geometry => ({
    type: 'LineString',
    coordinates: Array.from({ length: count }, (_, at) => (isUpright ? [at / count, at % 2] : [at % 2, at / count])),
  });

  it('say the same of a point as the formula they were made with', () => {
    const reference = shape(ring(2_000, 1, 40));
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 6.283, noNaN: true }),
        fc.double({ min: 0.1, max: 1.9, noNaN: true }),
        (angle, at) => {
          const reach = 1 + 0.3 * Math.sin(40 * angle);
          // Chords leave the curve by less than this.
          fc.pre(Math.abs(at - reach) > 0.02);
          const point = shape({ type: 'Point', coordinates: [26 + at * Math.cos(angle), 44 + at * Math.sin(angle)] });
          expect(RELATIONS.within(point, reference)).toBe(at < reach);
        },
      ),
    );
  });

  it.each(NAMES)('are compared before anybody waits long: %s', (name) => {
    const pairs: readonly (readonly [Geometry, Geometry])[] = [
      [ring(20_000, 1, 500), ring(2_000, 1, 300)],
      [zigzag(1_000, true), zigzag(500, false)],
    ];
    for (const [a, b] of pairs) {
      const [target, reference] = [shape(a), shape(b)];
      const startedAt = process.cpuUsage();
      RELATIONS[name](target, reference);
      expect(process.cpuUsage(startedAt).user).toBeLessThan(5_000_000);
    }
  });
});

function parse(input: GeoQueryInput): string {
  try {
    return JSON.stringify(parseGeoQuery(input, CONTEXT));
  } catch (error) {
    expect(error).toMatchObject({ code: 'badRequestData' });
    return 'refused';
  }
}

describe('the language', () => {
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 6 }) as fc.Arbitrary<never>,
    fc.constantFrom('near;maxDistance==', 'within', 'Point', 'Polygon', '[8,40]', '[[[0,0],[1,0],[1,1],[0,0]]]'),
  );

  it('is parsed or refused, whatever it says', () =>
    fc.assert(
      fc.property(anything, anything, anything, anything, (georel, geometryType, coordinates, geoproperty) => {
        parse({ georel, geometry: geometryType, coordinates, geoproperty });
        parse({ georel: 'within', geometry: geometryType, coordinates });
        parse({ georel: 'near;maxDistance==5', geometry: 'MultiPolygon', coordinates });
      }),
      { numRuns: times(200, 2_000) },
    ));

  it.each([
    'near',
    'near;',
    'near;maxDistance==0',
    'near;maxDistance==-5',
    'near;maxDistance==1e999',
    'near;maxDistance=5',
    'near;maxDistance==5;maxDistance==6',
    'near;minDistance==5;maxDistance==6;x==1',
    'near;maxDistance==05',
    'Within',
    'crosses',
    'within;maxDistance==5',
    '__proto__',
    'toString',
  ])('refuses georel=%s', (georel) =>
    expect(parse({ georel, geometry: 'Point', coordinates: [8, 40] })).toBe('refused'),
  );

  it('refuses more positions than the limit', () => {
    const coordinates = Array.from({ length: 2_001 }, (_, index) => [index / 100, 0]);
    expect(parse({ georel: 'within', geometry: 'LineString', coordinates })).toBe('refused');
    expect(parse({ georel: 'within', geometry: 'LineString', coordinates: coordinates.slice(1) })).not.toBe('refused');
  });

  it('is plain data that means the same after a trip through JSON', () =>
    fc.assert(
      fc.property(geometry, geometry, fc.constantFrom(...NAMES, 'near;maxDistance==200000'), (target, q, georel) => {
        const input = { georel, geometry: q.type, coordinates: JSON.stringify(q.coordinates) };
        const tree = parse(input);
        if (tree === 'refused') return;
        const at = entity(target);
        expect(compileGeoQuery(JSON.parse(tree))(at)).toBe(compileGeoQuery(parseGeoQuery(input, CONTEXT))(at));
      }),
      { numRuns: times(100, 1_000) },
    ));
});

function entity(value: Geometry): Entity {
  const name = CONTEXT.expand('location');
  const base = {
    observedAt: undefined,
    unitCode: undefined,
    datasetId: undefined,
    createdAt: 0,
    modifiedAt: 0,
    size: 0,
  };
  return {
    id: 'urn:a:b',
    types: [],
    scope: undefined,
    attributes: [{ name, kind: 'GeoProperty', value: { ...value }, parts: [], ...base }],
    createdAt: 0,
    modifiedAt: 0,
  };
}
