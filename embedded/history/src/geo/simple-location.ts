/**
 * NGSI's Simple Location Format: "lat,lon" alone, or a list of such pairs (FIWARE NGSI v2, "Geospatial properties of entities"),
 * turned into GeoJSON (RFC 7946), where longitude comes first. Locations are kept as GeoJSON, as QuantumLeap does.
 */

/** Longitude, latitude. */
export type Position = readonly [number, number];

export type Shape =
  | { readonly type: 'Point'; readonly coordinates: Position }
  | { readonly type: 'LineString'; readonly coordinates: readonly Position[] }
  | { readonly type: 'Polygon'; readonly coordinates: readonly (readonly Position[])[] };

const PAIR = /^\s*([+-]?\d+(?:\.\d+)?)\s*,\s*([+-]?\d+(?:\.\d+)?)\s*$/;

type Builder = (points: readonly Position[]) => Shape | undefined;

/** How many pairs each kind of shape needs, and what is made of them. */
const SHAPES: Readonly<Record<string, Builder>> = {
  point: ([only, ...more]) =>
    only === undefined || more.length > 0 ? undefined : { type: 'Point', coordinates: only },
  line: (points) => (points.length < 2 ? undefined : { type: 'LineString', coordinates: points }),
  polygon: (points) => (points.length < 4 ? undefined : { type: 'Polygon', coordinates: [closed(points)] }),
  box: ([one, other, ...more]) =>
    one === undefined || other === undefined || more.length > 0 ? undefined : box(one, other),
};

/** undefined: no such type, or not what it should hold. */
export function simpleLocation(type: string, value: unknown): Shape | undefined {
  if (!type.startsWith('geo:')) {
    return undefined;
  }
  const points = (Array.isArray(value) ? value : [value]).map((item) => parsePair(item));
  return points.some((point) => point === undefined)
    ? undefined
    : shapeOf(type.slice('geo:'.length), points as readonly Position[]);
}

export function shapeOf(name: string, points: readonly Position[]): Shape | undefined {
  return Object.hasOwn(SHAPES, name) ? SHAPES[name]?.(points) : undefined;
}

export function parsePair(text: unknown): Position | undefined {
  const match = typeof text === 'string' ? PAIR.exec(text) : null;
  return match === null ? undefined : [Number(match[2]), Number(match[1])];
}

function closed(points: readonly Position[]): readonly Position[] {
  const [first] = points;
  const last = points.at(-1);
  const isClosed = first !== undefined && last !== undefined && first[0] === last[0] && first[1] === last[1];
  return isClosed || first === undefined ? points : [...points, first];
}

/** Two opposite corners, whichever comes first. */
function box([a, b]: Position, [c, d]: Position): Shape {
  const [west, east, south, north] = [Math.min(a, c), Math.max(a, c), Math.min(b, d), Math.max(b, d)];
  return {
    type: 'Polygon',
    coordinates: [
      [
        [west, south],
        [east, south],
        [east, north],
        [west, north],
        [west, south],
      ],
    ],
  };
}
