/**
 * georel, geometry and coords of a question → a predicate on locations. Words, bounds and refusals are QuantumLeap's: all three
 * or none, latitude before longitude, `equals` not supported.
 */

import { type Checked, fault, value } from '../fault.js';
import { centroid, distanceM, intersects, isCoveredBy, type Parts, toParts } from './geometry.js';
import { type Position, parsePair, shapeOf } from './simple-location.js';

/** Of the text of a stored location. */
export type LocationTest = (location: string) => boolean;

export interface GeoWords {
  readonly georel: string | undefined;
  readonly geometry: string | undefined;
  readonly coords: string | undefined;
}

/** A reference shape with more corners than this is refused. */
const MOST_POINTS = 1_000;

const DISTANCE = '(0|[1-9]\\d{0,9})(\\.\\d{1,9})?';
const PAIR = /^[+-]?(0|[1-9]\d{0,2})(\.\d{1,15})?,[+-]?(0|[1-9]\d{0,2})(\.\d{1,15})?$/;
const NEAR = new RegExp(`^near((;(min|max)Distance:${DISTANCE}){1,2})$`);

type Relation = (location: Parts, reference: Parts) => boolean;

const RELATIONS: Readonly<Record<string, Relation>> = {
  coveredBy: isCoveredBy,
  intersects,
  disjoint: (location, reference) => !intersects(location, reference),
};

/** undefined: nothing was asked of the location. */
export function readGeoQuery({ georel, geometry, coords }: GeoWords): Checked<LocationTest | undefined> {
  if (georel === undefined && geometry === undefined && coords === undefined) {
    return value(undefined);
  }
  const reference = geometry === undefined || coords === undefined ? undefined : readShape(geometry, coords);
  if (georel === undefined || reference === undefined) {
    return invalid();
  }
  if (georel === 'equals') {
    return fault(422, 'NotSupportedQuery', 'This geographical query is not supported');
  }
  const relation = Object.hasOwn(RELATIONS, georel) ? RELATIONS[georel] : readNear(georel);
  if (relation === undefined) {
    return invalid();
  }
  return value((text) => {
    const location = parseLocation(text);
    return location !== undefined && location.points.length > 0 && relation(location, reference);
  });
}

function readShape(geometry: string, coords: string): Parts | undefined {
  const pairs = coords.split(';');
  if (pairs.length > MOST_POINTS || !pairs.every((pair) => PAIR.test(pair))) {
    return undefined;
  }
  const points = pairs.map(parsePair).filter((point): point is Position => point !== undefined);
  return toParts(shapeOf(geometry, points));
}

/** From centroid to centroid. */
function readNear(georel: string): Relation | undefined {
  const match = NEAR.exec(georel);
  if (match === null) {
    return undefined;
  }
  const distances = new Map<string, number>();
  for (const part of (match[1] ?? '').split(';').slice(1)) {
    const [name = '', distance] = part.split(':');
    if (distances.has(name)) {
      return undefined;
    }
    distances.set(name, Number(distance));
  }
  const { minDistance = 0, maxDistance = Number.POSITIVE_INFINITY } = Object.fromEntries(distances);
  return (location, reference) => {
    const metres = distanceM(centroid(location), centroid(reference));
    return metres >= minDistance && metres <= maxDistance;
  };
}

function parseLocation(text: string): Parts | undefined {
  const pair = parsePair(text);
  return toParts(pair === undefined ? parseJson(text) : { type: 'Point', coordinates: pair });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // A text that is no location.
    throw error;
  }
}

function invalid() {
  return fault(400, 'ValueError', 'Invalid geographical query parameters');
}
