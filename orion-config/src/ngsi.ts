/** Normalized NGSI-LD as TypeScript sees it (GS CIM 009 V1.9.1, 4.5). */

import type { GeoPropertyName, PropertyName, RelationshipName } from './attributes.js';

export type JsonValue = string | number | boolean | null | object;

interface Instance {
  readonly datasetId?: string;
  readonly observedAt?: string;
  /** Sub-attributes; the members above and below keep their own types. */
  readonly [subAttribute: string]: unknown;
}

export interface NgsiProperty extends Instance {
  readonly type: 'Property';
  readonly value: JsonValue;
  readonly unitCode?: string;
}

export interface NgsiRelationship extends Instance {
  readonly type: 'Relationship';
  readonly object: string | readonly string[];
}

export interface NgsiGeoProperty extends Instance {
  readonly type: 'GeoProperty';
  readonly value: Geometry;
}

export interface NgsiLanguageProperty extends Instance {
  readonly type: 'LanguageProperty';
  readonly languageMap: Readonly<Record<string, string>>;
}

export type NgsiAttribute = NgsiProperty | NgsiRelationship | NgsiGeoProperty | NgsiLanguageProperty;
/** Several instances of one attribute, told apart by `datasetId` (4.5.5). */
export type NgsiAttributes = NgsiAttribute | readonly NgsiAttribute[];

export type Geometry =
  | { readonly type: 'Point'; readonly coordinates: readonly [longitude: number, latitude: number] }
  | { readonly type: 'LineString'; readonly coordinates: readonly (readonly [number, number])[] }
  | { readonly type: 'Polygon'; readonly coordinates: readonly (readonly (readonly [number, number])[])[] };

type One<Attribute> = Attribute | readonly Attribute[];

export type NgsiEntity = {
  readonly id: string;
  readonly type: string;
} & { readonly [Name in PropertyName]?: One<NgsiProperty> } & {
  readonly [Name in RelationshipName]?: One<NgsiRelationship>;
} & { readonly [Name in GeoPropertyName]?: One<NgsiGeoProperty> };
