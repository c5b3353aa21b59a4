/** The typed way to make an entity: a name that its type may not carry does not compile, and the unit comes from the table. */

import {
  ATTRIBUTES,
  type AttributeName,
  type GeoPropertyName,
  type PropertyName,
  type RelationshipName,
  type UnitOf,
  type ValueOf,
} from './attributes.js';
import type { AttributeOf, EntityType } from './entity-types.js';
import type { Geometry, NgsiAttribute, NgsiEntity, NgsiProperty } from './ngsi.js';
import { VocabularyError } from './vocabulary-error.js';

export type PropertyOf<Type extends EntityType> = Extract<AttributeOf<Type>, PropertyName>;
export type RelationshipOf<Type extends EntityType> = Extract<AttributeOf<Type>, RelationshipName>;
export type GeoPropertyOf<Type extends EntityType> = Extract<AttributeOf<Type>, GeoPropertyName>;

/** Sub-properties, by name; their units come from the table too. */
export type SubProperties = { readonly [Name in PropertyName]?: ValueOf<Name> };

export interface PropertyOptions<Name extends AttributeName> {
  /** UTC, ISO 8601 with `Z` (GS CIM 009, 4.8). */
  readonly observedAt?: string | undefined;
  readonly datasetId?: string | undefined;
  readonly subProperties?: SubProperties | undefined;
  /** May be said for the reader's sake; any unit but the one of the table does not compile. */
  readonly unitCode?: UnitOf<Name> | undefined;
}

export interface RelationshipOptions {
  readonly observedAt?: string | undefined;
  /** Belonging is dated. The first period has no datasetId, each further one has its own. */
  readonly validFrom?: string | undefined;
  readonly validTo?: string | undefined;
  readonly datasetId?: string | undefined;
  readonly subProperties?: SubProperties | undefined;
}

export interface EntityBuilder<Type extends EntityType> {
  property<Name extends PropertyOf<Type>>(name: Name, value: ValueOf<Name>, options?: PropertyOptions<Name>): this;
  relationship(name: RelationshipOf<Type>, target: string | readonly string[], options?: RelationshipOptions): this;
  geoProperty(name: GeoPropertyOf<Type>, geometry: Geometry): this;
  build(): NgsiEntity;
}

export function entity<Type extends EntityType>(type: Type, id: string): EntityBuilder<Type> {
  const attributes = new Map<string, NgsiAttribute[]>();

  const add = (name: string, instance: NgsiAttribute): void => {
    const instances = attributes.get(name) ?? [];
    if (instances.some((other) => other.datasetId === instance.datasetId)) {
      throw new VocabularyError('entity.duplicate-instance', `${name} was set twice`, {
        id,
        name,
        datasetId: instance.datasetId,
      });
    }
    attributes.set(name, [...instances, instance]);
  };

  const builder: EntityBuilder<Type> = {
    property(name, value, options = {}) {
      add(name, propertyOf(name, value, options.observedAt, options.datasetId, options.subProperties));
      return builder;
    },
    relationship(name, object, options = {}) {
      const { observedAt, datasetId, validFrom, validTo, subProperties } = options;
      add(name, {
        type: 'Relationship',
        object,
        ...(datasetId === undefined ? {} : { datasetId }),
        ...(observedAt === undefined ? {} : { observedAt }),
        ...nested({
          ...subProperties,
          ...(validFrom === undefined ? {} : { validFrom }),
          ...(validTo === undefined ? {} : { validTo }),
        }),
      });
      return builder;
    },
    geoProperty(name, value) {
      add(name, { type: 'GeoProperty', value });
      return builder;
    },
    build() {
      const entries = [...attributes].map(([name, instances]) => [
        name,
        instances.length === 1 ? instances[0] : instances,
      ]);
      return { id, type, ...Object.fromEntries(entries) };
    },
  };
  return builder;
}

function propertyOf(
  name: PropertyName,
  value: NgsiProperty['value'],
  observedAt?: string,
  datasetId?: string,
  subProperties: SubProperties = {},
): NgsiProperty {
  const row = ATTRIBUTES[name];
  return {
    type: 'Property',
    value,
    ...('unitCode' in row ? { unitCode: row.unitCode } : {}),
    ...(datasetId === undefined ? {} : { datasetId }),
    ...(observedAt === undefined ? {} : { observedAt }),
    ...nested(subProperties),
  };
}

function nested(subProperties: SubProperties): Record<string, NgsiProperty> {
  const result: Record<string, NgsiProperty> = {};
  for (const [name, value] of Object.entries(subProperties)) {
    if (value !== undefined) result[name] = propertyOf(name as PropertyName, value);
  }
  return result;
}
