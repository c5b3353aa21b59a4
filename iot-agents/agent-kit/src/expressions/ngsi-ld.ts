/**
 * A provisioned attribute as NGSI-LD writes it (GS CIM 009 V1.9.1, 4.5.2 to 4.5.20): which kind of attribute its `type` means, as in
 * iotagent-node-lib (doc/api.md, "NGSI-LD data and metadata considerations").
 */

import { parseIso, toIso } from '@contor/kit';
import type { Metadata } from '../registry/device.js';

type Member = Readonly<Record<string, unknown>>;
type Kind = (value: unknown) => Member | undefined;

const URI = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]{1,500}$/;

const property: Kind = (value) => ({ type: 'Property', value });

function numeric(value: unknown): Member | undefined {
  const number =
    typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? { type: 'Property', value: number } : undefined;
}

function integer(value: unknown): Member | undefined {
  const number = numeric(value)?.value;
  return typeof number === 'number' ? { type: 'Property', value: Math.trunc(number) } : undefined;
}

function truth(value: unknown): Member | undefined {
  const word = typeof value === 'string' ? value.toLowerCase() : value;
  if (word === true || word === 'true' || word === 1 || word === '1') return { type: 'Property', value: true };
  if (word === false || word === 'false' || word === 0 || word === '0') return { type: 'Property', value: false };
  return undefined;
}

function relationship(value: unknown): Member | undefined {
  const isGood = Array.isArray(value)
    ? value.length > 0 && value.every((one) => typeof one === 'string' && URI.test(one))
    : typeof value === 'string' && URI.test(value);
  return isGood ? { type: 'Relationship', object: value } : undefined;
}

/** 4.6.3: temporal values are ISO 8601 in UTC. */
function temporal(type: 'DateTime' | 'Date' | 'Time'): Kind {
  return (value) => {
    const ms = typeof value === 'number' ? value : type === 'DateTime' ? parseIso(String(value)) : undefined;
    const text = type === 'DateTime' ? (ms === undefined || !isMoment(ms) ? undefined : toIso(ms)) : String(value);
    return text === undefined ? undefined : { type: 'Property', value: { '@type': type, '@value': text } };
  };
}

function isMoment(ms: number): boolean {
  return Math.abs(ms) < 8.64e15;
}

/** GeoJSON itself, a list of numbers, or the numbers of a point as a text. */
function geometry(shape: string): Kind {
  return (value) => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return 'type' in value && 'coordinates' in value ? { type: 'GeoProperty', value } : undefined;
    const coordinates =
      typeof value === 'string' ? value.split(',').map((part) => Number(part.trim() || Number.NaN)) : value;
    const isGood = Array.isArray(coordinates) && coordinates.length > 1 && isCoordinates(coordinates);
    return isGood ? { type: 'GeoProperty', value: { type: shape, coordinates } } : undefined;
  };
}

function isCoordinates(value: unknown): boolean {
  return Array.isArray(value) ? value.every(isCoordinates) : typeof value === 'number' && Number.isFinite(value);
}

const KINDS: Readonly<Record<string, Kind>> = {
  number: numeric,
  float: numeric,
  double: numeric,
  integer,
  boolean: truth,
  relationship,
  geoproperty: geometry('Point'),
  'geo:json': geometry('Point'),
  'geo:point': geometry('Point'),
  point: geometry('Point'),
  'geo:line': geometry('LineString'),
  linestring: geometry('LineString'),
  'geo:polygon': geometry('Polygon'),
  polygon: geometry('Polygon'),
  multipoint: geometry('MultiPoint'),
  multilinestring: geometry('MultiLineString'),
  multipolygon: geometry('MultiPolygon'),
  datetime: temporal('DateTime'),
  date: temporal('Date'),
  time: temporal('Time'),
  languageproperty: (value) => ({ type: 'LanguageProperty', languageMap: value }),
  vocabproperty: (value) => ({ type: 'VocabProperty', vocab: value }),
  jsonproperty: (value) => ({ type: 'JsonProperty', json: value }),
  listproperty: (value) => (Array.isArray(value) ? { type: 'ListProperty', valueList: value } : undefined),
};

/** undefined: the value is not one of this type. */
export function toMember(
  type: string,
  value: unknown,
  metadata: Metadata | undefined,
  observedAt: string | undefined,
): Member | undefined {
  const name = type.toLowerCase();
  const member = (Object.hasOwn(KINDS, name) ? KINDS[name] : undefined)?.(value);
  const known = Object.hasOwn(KINDS, name) ? member : property(value);
  return known && { ...known, ...(observedAt !== undefined && { observedAt }), ...subMembers(metadata) };
}

/** `unitCode` and `observedAt` are members of their own (4.5.2); anything else is a property of the property. */
function subMembers(metadata: Metadata = {}): Member {
  return Object.fromEntries(
    Object.entries(metadata).map(([name, { value }]) => {
      if (name === 'TimeInstant') return ['observedAt', value];
      return [name, name === 'unitCode' || name === 'observedAt' ? value : { type: 'Property', value }];
    }),
  );
}
