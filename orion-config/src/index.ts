/** The vocabulary: what entities there are, what they carry, in which unit and with how many digits. */

export type { AttributeKind, AttributeRow, Quantity } from './attributes/row.js';
export {
  ATTRIBUTES,
  type Attribute,
  type AttributeName,
  attributeOf,
  type GeoPropertyName,
  type NumericAttribute,
  type PropertyName,
  type RelationshipName,
  type UnitOf,
  type ValueOf,
} from './attributes.js';
export {
  CONTEXT_URL,
  CORE_CONTEXT_URL,
  type ContextDocument,
  contextDocument,
  type TermDefinition,
} from './context.js';
export { formatDecimal, INTEGER_LIMIT, parseDecimal, roundToWire, toInteger, toWire } from './decimals.js';
export {
  type EntityBuilder,
  entity,
  type GeoPropertyOf,
  type PropertyOf,
  type PropertyOptions,
  type RelationshipOf,
  type RelationshipOptions,
  type SubProperties,
} from './entity.js';
export { type AttributeOf, ENTITY_TYPES, type EntityType, isEntityType } from './entity-types.js';
export { NAMESPACES, type Namespace } from './namespaces.js';
export type * from './ngsi.js';
export { SAMPLE_CITY, type SampleHouse, sampleEntities } from './sample-city.js';
export { UNITS, type UnitCode, type UnitRow } from './units.js';
export { parseUrn, urn } from './urn.js';
export { type VocabularyCode, VocabularyError } from './vocabulary-error.js';
