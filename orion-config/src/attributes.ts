/**
 * The attribute table: every attribute and relationship that an entity of ours may carry, with its unit and its digits.
 * One name means one thing everywhere, because one term of the @context has one IRI.
 */

import { COMMERCE } from './attributes/commerce.js';
import { ELECTRICITY_GAUGES, ELECTRICITY_REGISTERS } from './attributes/electricity.js';
import { ENVIRONMENT, GAS, HEAT, WATER } from './attributes/media.js';
import { OPERATIONS } from './attributes/operations.js';
import type { AttributeRow } from './attributes/row.js';
import { ACQUISITION, CHANNELS, QUALITIES, SERIES } from './attributes/series.js';
import { EVENTS, RESULTS } from './attributes/services.js';
import { DEVICES, INSTALLATIONS, LINKS, NAMING, WORLD } from './attributes/world.js';
import { iriOf } from './namespaces.js';

const ROWS = {
  ...NAMING,
  ...LINKS,
  ...DEVICES,
  ...INSTALLATIONS,
  ...WORLD,
  ...ELECTRICITY_REGISTERS,
  ...ELECTRICITY_GAUGES,
  ...HEAT,
  ...GAS,
  ...WATER,
  ...ENVIRONMENT,
  ...CHANNELS,
  ...QUALITIES,
  ...SERIES,
  ...ACQUISITION,
  ...COMMERCE,
  ...EVENTS,
  ...RESULTS,
  ...OPERATIONS,
} as const satisfies Record<string, AttributeRow>;

type Rows = typeof ROWS;
export type AttributeName = keyof Rows;

/** A row with its IRI written out. */
export type Attribute = AttributeRow & { readonly iri: string };

/** Rows of the chapters before they were merged: the same as `ATTRIBUTES` has, unless a name stands in two of them. */
export const ROW_COUNT = [
  NAMING,
  LINKS,
  DEVICES,
  INSTALLATIONS,
  WORLD,
  ELECTRICITY_REGISTERS,
  ELECTRICITY_GAUGES,
  HEAT,
  GAS,
  WATER,
  ENVIRONMENT,
  CHANNELS,
  QUALITIES,
  SERIES,
  ACQUISITION,
  COMMERCE,
  EVENTS,
  RESULTS,
  OPERATIONS,
].reduce((sum, chapter) => sum + Object.keys(chapter).length, 0);

export const ATTRIBUTES = Object.fromEntries(
  Object.entries(ROWS).map(([name, row]) => [name, { ...row, iri: iriOf(row.from, name) }]),
) as { readonly [Name in AttributeName]: Rows[Name] & { readonly iri: string } };

/** The row of a name that is only known at run time. */
export function attributeOf(name: string): Attribute | undefined {
  return Object.hasOwn(ATTRIBUTES, name) ? ATTRIBUTES[name as AttributeName] : undefined;
}

type NamesWhere<Shape> = { [Name in AttributeName]: Rows[Name] extends Shape ? Name : never }[AttributeName];
export type PropertyName = NamesWhere<{ kind: 'property' }>;
export type RelationshipName = NamesWhere<{ kind: 'relationship' }>;
export type GeoPropertyName = NamesWhere<{ kind: 'geoProperty' }>;
/** Attributes with digits: those `toInteger` and `toWire` know. */
export type NumericAttribute = NamesWhere<{ decimals: number }>;

export type UnitOf<Name extends AttributeName> = Rows[Name] extends { unitCode: infer Unit } ? Unit : never;

/** What a property's value is in TypeScript. */
export type ValueOf<Name extends AttributeName> = Rows[Name] extends { decimals: number }
  ? number
  : Rows[Name] extends { quantity: 'flag' }
    ? boolean
    : Rows[Name] extends { quantity: 'object' }
      ? object
      : string;
