/** What a context source can be asked to do, and the groups these are registered by (GS CIM 009 V1.9.1, 4.20, tables 4.20-1 and 4.20-2). */

/** 4.20-1. Those the broker forwards carry their clause in `FORWARDED`; the others are only kept in the registration. */
const OPERATIONS: ReadonlySet<string> = words(`
createEntity updateEntity appendAttrs updateAttrs deleteAttrs deleteEntity createBatch upsertBatch updateBatch
deleteBatch upsertTemporal appendAttrsTemporal deleteAttrsTemporal updateAttrInstanceTemporal
deleteAttrInstanceTemporal deleteTemporal mergeEntity replaceEntity replaceAttrs mergeBatch purgeEntity retrieveEntity
queryEntity queryBatch retrieveTemporal queryTemporal retrieveEntityTypes retrieveEntityTypeDetails
retrieveEntityTypeInfo retrieveAttrTypes retrieveAttrTypeDetails retrieveAttrTypeInfo createSubscription
updateSubscription retrieveSubscription querySubscription deleteSubscription retrieveEntityMap updateEntityMap
deleteEntityMap createEntityMapQueryEntity createEntityMapQueryTemporal retrieveContextSourceIdentity`);

const DISCOVERY = `retrieveEntityTypes retrieveEntityTypeDetails retrieveEntityTypeInfo retrieveAttrTypes
retrieveAttrTypeDetails retrieveAttrTypeInfo`;
const CONSUMPTION = `retrieveEntity queryEntity queryBatch ${DISCOVERY} createSubscription updateSubscription
retrieveSubscription querySubscription deleteSubscription`;
const ENTITY_MAPS = 'retrieveEntityMap updateEntityMap deleteEntityMap createEntityMapQueryEntity';

/** 4.20-2. */
const GROUPS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['retrieveOps', words('retrieveEntity queryEntity')],
  ['updateOps', words('updateEntity updateAttrs replaceEntity replaceAttrs')],
  ['associationOps', words(`${CONSUMPTION} retrieveContextSourceIdentity`)],
  ['federationOps', words(`${CONSUMPTION} ${ENTITY_MAPS} retrieveContextSourceIdentity`)],
  [
    'redirectionOps',
    words(`createEntity updateEntity appendAttrs updateAttrs deleteAttrs deleteEntity mergeEntity replaceEntity
replaceAttrs retrieveEntity queryEntity purgeEntity ${DISCOVERY} ${ENTITY_MAPS}`),
  ],
]);

/** 5.2.9: what a registration without `operations` stands for. */
export const DEFAULT_OPERATIONS: readonly string[] = ['federationOps'];

/** The operations of 4.20-1 that this broker passes on. */
export const FORWARDED = {
  createEntity: '5.6.1',
  updateEntity: '5.6.2',
  appendAttrs: '5.6.3',
  updateAttrs: '5.6.4',
  deleteAttrs: '5.6.5',
  deleteEntity: '5.6.6',
  mergeEntity: '5.6.17',
  replaceEntity: '5.6.18',
  replaceAttrs: '5.6.19',
  retrieveEntity: '5.7.1',
  queryEntity: '5.7.2',
} as const;

export type ForwardedOperation = keyof typeof FORWARDED;

export function isOperationName(name: string): boolean {
  return OPERATIONS.has(name) || GROUPS.has(name);
}

export function supports(operations: readonly string[], operation: ForwardedOperation): boolean {
  return operations.some((name) => name === operation || GROUPS.get(name)?.has(operation) === true);
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}
