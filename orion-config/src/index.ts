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
  ROW_COUNT,
  type UnitOf,
  type ValueOf,
} from './attributes.js';
export type { BrokerPort, InstallStep } from './broker-port.js';
export {
  CONTEXT_MARK,
  CONTEXT_URL,
  CORE_CONTEXT_URL,
  type ContextDocument,
  contextDocument,
  contextLink,
  type TermDefinition,
} from './context.js';
export { type Amount, amountOf, amountToInteger, CONVERSIONS, isConvertible, type Precision } from './conversions.js';
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
export { findContext, installContext } from './hosted-context.js';
export { NAMESPACES, type Namespace } from './namespaces.js';
export type * from './ngsi.js';
export {
  ensureSubscription,
  historySubscription,
  type InstallOptions,
  type InstallReport,
  installPlatform,
  LIVE_TYPES,
  PLATFORM_SUBSCRIPTIONS,
  type SubscriptionDefinition,
} from './platform.js';
export {
  type AnyEntity,
  type Belonging,
  belongingsOf,
  integerOf,
  numberOf,
  observedAtOf,
  targetOf,
  textOf,
  timeOf,
} from './reading.js';
export { SAMPLE_CITY, type SampleHouse, sampleEntities } from './sample-city.js';
export { entitySchema, type JsonSchema } from './schema.js';
export { UNITS, type UnitCode, type UnitRow } from './units.js';
export { parseUrn, urn } from './urn.js';
export {
  type AttributeInfo,
  type EntityTypeInfo,
  extendVocabulary,
  VOCABULARY,
  type Vocabulary,
  type VocabularyExtension,
} from './vocabulary.js';
export { type VocabularyCode, VocabularyError } from './vocabulary-error.js';
