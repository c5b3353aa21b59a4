/**
 * The core @context as a term table: GS CIM 009 V1.9.1, Annex B. Core terms are protected: a user's @context cannot
 * redefine them (5.5.7), and every name no context knows falls into the default vocabulary.
 */

export const NGSI_LD = 'https://uri.etsi.org/ngsi-ld/';
export const DEFAULT_VOCABULARY = 'https://uri.etsi.org/ngsi-ld/default-context/';
export const CORE_URL = 'https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld';

/** Any published version of the core @context means ours. */
const CORE_URLS =
  /^https?:\/\/uri\.etsi\.org\/ngsi-ld\/v1\/ngsi-ld-core-context(?:-v1\.\d{1,2}(?:\.\d{1,2})?)?\.jsonld$/;

export function isCoreUrl(url: string): boolean {
  return CORE_URLS.test(url);
}

/** Terms whose IRI is ngsi-ld: + the term itself. */
const PLAIN = `Attribute AttributeList ContextSourceIdentity ContextSourceNotification ContextSourceRegistration Date
DateTime EntityType EntityTypeInfo EntityTypeList ExecutionResultDetails GeoProperty JsonProperty LanguageProperty
ListProperty ListRelationship Notification Property Relationship Snapshot SnapshotNotification Subscription
TemporalProperty Time VocabProperty accept aggrParams aggrMethods aggrPeriodDuration attributeList attributeName
attributeNames attributeTypes attributes attrs avg cacheDuration collation contextSourceAlias contextSourceExtras
contextSourceInfo contextSourceTimeAt contextSourceUptime cooldown createdAt csf data datasetId deletedAt detail
distinctCount endAt endTimeAt endpoint entities entity entityCount entityId entityList error errors expandValues
expiresAt format geoQ geoproperty georel idPattern information instanceId isActive join jsonKeys jsons lang
lastFailure lastNotification lastSuccess lastUsedAt linkedMaps localOnly location management managementInterval max
min mode modifiedAt ngsildproof notification notificationTrigger notifiedAt notifierInfo notUpdated
observationInterval observationSpace observedAt omit operations operationSpace orderBy ordering pick problemDetails
propertyNames q reason receiverInfo refreshRate registrationId registrationName relationshipNames resultStatus scope
scopeQ showChanges snapshotId snapshotLifetime snapshotPriority snapshotQueries snapshotQueriesDetails snapshotStatus
snapshotTemporalQueries snapshotTemporalQueriesDetails startAt status stddev subscriptionId subscriptionName success
sum sumsq sysAttrs temporalQ tenant throttling timeAt timeInterval timeout timeproperty timerel timesFailed timesSent
totalCount triggerReason typeList typeName typeNames unchanged unitCode updated uri watchedAttributes`;

/** Terms that are called otherwise than their IRI ends. */
const RENAMED = {
  containedBy: 'isContainedBy',
  dataset: 'hasDataset',
  entityMap: 'hasEntityMap',
  joinLevel: 'hasJoinLevel',
  json: 'hasJSON',
  key: 'hasKey',
  languageMap: 'hasLanguageMap',
  languageMaps: 'hasLanguageMaps',
  object: 'hasObject',
  objectList: 'hasObjectList',
  objectLists: 'hasObjectLists',
  objects: 'hasObjects',
  objectType: 'hasObjectType',
  previousJson: 'hasPreviousJson',
  previousLanguageMap: 'hasPreviousLanguageMap',
  previousObject: 'hasPreviousObject',
  previousObjectList: 'hasPreviousObjectList',
  previousValue: 'hasPreviousValue',
  previousValueList: 'hasPreviousValueList',
  previousVocab: 'hasPreviousVocab',
  value: 'hasValue',
  valueList: 'hasValueList',
  valueLists: 'hasValueLists',
  values: 'hasValues',
  valueType: 'hasValueType',
  vocab: 'hasVocab',
  vocabs: 'hasVocabs',
} as const;

const GEOJSON = 'https://purl.org/geojson/vocab#';
const GEOJSON_TERMS = `Feature FeatureCollection GeometryCollection LineString MultiLineString MultiPoint MultiPolygon
Point Polygon bbox coordinates features geometry properties`;

export const CORE_TERMS: ReadonlyMap<string, string> = new Map([
  ...words(PLAIN).map((term): [string, string] => [term, NGSI_LD + term]),
  ...Object.entries(RENAMED).map(([term, name]): [string, string] => [term, NGSI_LD + name]),
  ...words(GEOJSON_TERMS).map((term): [string, string] => [term, GEOJSON + term]),
  ['description', 'http://purl.org/dc/terms/description'],
  ['title', 'http://purl.org/dc/terms/title'],
  ['langString', 'http://www.w3.org/1999/02/22-rdf-syntax-ns#langString'],
]);

export const CORE_PREFIXES: ReadonlyMap<string, string> = new Map([
  ['ngsi-ld', NGSI_LD],
  ['geojson', GEOJSON],
]);

function words(text: string): string[] {
  return text.split(/\s+/);
}
