/** Terms of the core @context (GS CIM 009 V1.9.1, annex B) that look like names of attributes. No other @context may redefine them. */
export const CORE_TERMS: ReadonlySet<string> = new Set(
  `accept aggrParams aggrMethods aggrPeriodDuration attributeList attributeName attributeNames attributeTypes attributes attrs avg
  bbox cacheDuration collation containedBy contextSourceAlias contextSourceExtras contextSourceInfo cooldown coordinates createdAt csf
  data dataset datasetId deletedAt description detail distinctCount endAt endTimeAt endpoint entities entity entityCount entityId
  entityList entityMap error errors expandValues expiresAt features format geoQ geometry geoproperty georel id idPattern information
  instanceId isActive join joinLevel json jsonKeys key lang languageMap lastFailure lastNotification lastSuccess linkedMaps localOnly
  location management managementInterval max min mode modifiedAt notification notificationTrigger notifiedAt notifierInfo notUpdated
  object objectList objectType observationInterval observationSpace observedAt omit operations operationSpace orderBy pick properties
  propertyNames q reason receiverInfo refreshRate registrationId registrationName relationshipNames scope scopeQ showChanges startAt
  status stddev subscriptionId subscriptionName success sum sumsq sysAttrs temporalQ tenant throttling timeAt timeInterval timeout
  timeproperty timerel timesFailed timesSent title totalCount triggerReason type typeList typeName typeNames unchanged unitCode updated
  uri value valueList valueType values vocab watchedAttributes`.split(/\s+/),
);

/** What the core makes of the few that we use all the same. */
export const SHARED_TERMS: Readonly<Record<string, string>> = {
  description: 'http://purl.org/dc/terms/description',
  location: 'https://uri.etsi.org/ngsi-ld/location',
  status: 'https://uri.etsi.org/ngsi-ld/status',
};
