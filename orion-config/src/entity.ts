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
import type { Geometry, NgsiAttribute, NgsiEntity, NgsiProperty, NgsiRelationship } from './ngsi.js';
import type { AttributeInfo } from './vocabulary.js';
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
  const attributes: Record<string, NgsiAttribute | NgsiAttribute[]> = {};

  const add = (name: string, instance: NgsiAttribute): void => {
    const present = attributes[name];
    if (present === undefined) {
      attributes[name] = instance;
      return;
    }
    const instances = Array.isArray(present) ? present : [present];
    const { datasetId } = instance;
    if (instances.some((other) => other.datasetId === datasetId)) {
      throw new VocabularyError('entity.duplicate-instance', `${name} was set twice`, { id, name, datasetId });
    }
    attributes[name] = [...instances, instance];
  };

  const builder: EntityBuilder<Type> = {
    property(name, value, options) {
      add(name, propertyOf(name, value, options));
      return builder;
    },
    relationship(name, object, options) {
      const instance: Growing<NgsiRelationship> = { type: 'Relationship', object };
      if (options !== undefined) {
        const { validFrom, validTo } = options;
        addCommon(instance, options);
        if (validFrom !== undefined) instance.validFrom = propertyOf('validFrom', validFrom);
        if (validTo !== undefined) instance.validTo = propertyOf('validTo', validTo);
      }
      add(name, instance);
      return builder;
    },
    geoProperty(name, value) {
      add(name, { type: 'GeoProperty', value });
      return builder;
    },
    build: () => ({ id, type, ...attributes }),
  };
  return builder;
}

/** While it is being made. Agents make thousands a second, so members are set one by one and not spread. */
type Growing<Attribute> = { -readonly [Member in keyof Attribute]: Attribute[Member] };

interface CommonOptions {
  readonly observedAt?: string | undefined;
  readonly datasetId?: string | undefined;
  readonly subProperties?: SubProperties | undefined;
}

function propertyOf(name: PropertyName, value: NgsiProperty['value'], options?: CommonOptions): NgsiProperty {
  const row: AttributeInfo = ATTRIBUTES[name];
  const property: Growing<NgsiProperty> = { type: 'Property', value };
  if (row.unitCode !== undefined) property.unitCode = row.unitCode;
  if (options !== undefined) addCommon(property, options);
  return property;
}

function addCommon(attribute: Growing<NgsiProperty | NgsiRelationship>, options: CommonOptions): void {
  const { datasetId, observedAt, subProperties } = options;
  if (datasetId !== undefined) attribute.datasetId = datasetId;
  if (observedAt !== undefined) attribute.observedAt = observedAt;
  if (subProperties === undefined) return;
  for (const [name, value] of Object.entries(subProperties)) {
    if (value !== undefined) attribute[name] = propertyOf(name as PropertyName, value);
  }
}
