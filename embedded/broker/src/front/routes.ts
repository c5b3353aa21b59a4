/** The API as a table: method, path, who answers, and which URL parameters it knows. GS CIM 009 V1.9.1, clause 6. */

import {
  appendAttributes,
  deleteAttribute,
  replaceAttribute,
  updateAttribute,
  updateAttributes,
} from './attributes.js';
import { batchCreate, batchDelete, batchMerge, batchUpdate, batchUpsert } from './batch.js';
import type { Handler } from './call.js';
import { hostContext, listContexts, removeContext, serveContext } from './contexts.js';
import { DELIVERY_ROUTES } from './delivery-routes.js';
import { describeAttribute, describeType, listAttributes, listTypes } from './discovery.js';
import { distributed } from './distribution.js';
import { createEntity, deleteEntity, mergeEntity, missingId, replaceEntity, retrieveEntity } from './entities.js';
import { sourceIdentity } from './identity.js';
import { purgeEntities } from './purge.js';
import { postQuery, queryEntities } from './query.js';
import {
  createRegistration,
  deleteRegistration,
  listRegistrations,
  retrieveRegistration,
  updateRegistration,
} from './registrations.js';
import {
  createSubscription,
  deleteSubscription,
  listSubscriptions,
  retrieveSubscription,
  updateSubscription,
} from './subscriptions.js';
import { TEMPORAL_ROUTES } from './temporal-routes.js';
import { explainTerm, listTenants } from './vendor.js';

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

export interface RouteRow {
  readonly method: Method;
  /** Below `/ngsi-ld/v1`, or below `/ngsi-ld/ex/v1` when the route is no part of the standard. */
  readonly path: string;
  readonly isOurs?: boolean;
  readonly clause: string;
  readonly handle: Handler;
  /** URL parameters it understands. */
  readonly query?: readonly string[];
  /** URL parameters of the specification that are not built yet: 501. Any other is 400 (6.3.3). */
  readonly later?: readonly string[];
  /** Its answer depends on a tenant that must be there already (404 otherwise); a write makes its tenant. */
  readonly readsTenant?: boolean;
}

const SHAPE = ['options', 'format'];
const PROJECTION = ['attrs', 'pick', 'omit'];
const PAGE = ['limit', 'offset', 'count'];
const GEO = ['georel', 'geometry', 'coordinates', 'geoproperty'];
const FILTER = ['id', 'type', 'idPattern', 'q', 'scopeQ', ...GEO];
const ORDER = ['orderBy', 'orderFrom', 'orderGeometry', 'collation'];
const VIEW = ['lang', 'datasetId', 'geometryProperty'];
const LINKED_LATER = ['join', 'joinLevel', 'containedBy', 'entityMap', 'entityMapLifetime'];
const QUERY_LATER = [...LINKED_LATER, 'csf', 'splitEntities'];

export const ROUTES: readonly RouteRow[] = [
  { method: 'POST', path: '/entities', clause: '6.4.3.1', handle: distributed('createEntity', createEntity) },
  {
    method: 'GET',
    path: '/entities',
    clause: '6.4.3.2',
    handle: queryEntities,
    query: [...SHAPE, ...PROJECTION, ...PAGE, ...FILTER, ...ORDER, ...VIEW, 'expandValues', 'jsonKeys', 'local'],
    later: QUERY_LATER,
    readsTenant: true,
  },
  {
    method: 'DELETE',
    path: '/entities',
    clause: '6.4.3.3',
    handle: purgeEntities,
    query: [...FILTER, 'keep', 'drop', 'local'],
    later: ['csf'],
    readsTenant: true,
  },
  // 5.6.17.4, 5.6.18.4: the id is not there.
  { method: 'PUT', path: '/entities', clause: '6.5.3.3', handle: missingId },
  { method: 'PATCH', path: '/entities', clause: '6.5.3.4', handle: missingId },
  {
    method: 'GET',
    path: '/entities/:entityId',
    clause: '6.5.3.1',
    handle: retrieveEntity,
    query: [...SHAPE, ...PROJECTION, ...VIEW, 'type', 'local'],
    later: LINKED_LATER,
    readsTenant: true,
  },
  {
    method: 'DELETE',
    path: '/entities/:entityId',
    clause: '6.5.3.2',
    handle: distributed('deleteEntity', deleteEntity),
    query: ['type', 'local'],
    readsTenant: true,
  },
  {
    method: 'PUT',
    path: '/entities/:entityId',
    clause: '6.5.3.3',
    handle: distributed('replaceEntity', replaceEntity),
    query: ['type', 'local'],
    readsTenant: true,
  },
  {
    method: 'PATCH',
    path: '/entities/:entityId',
    clause: '6.5.3.4',
    handle: distributed('mergeEntity', mergeEntity),
    query: [...SHAPE, 'observedAt', 'lang', 'type', 'local'],
    readsTenant: true,
  },
  {
    method: 'POST',
    path: '/entities/:entityId/attrs',
    clause: '6.6.3.1',
    handle: distributed('appendAttrs', appendAttributes),
    query: ['options', 'type', 'local'],
    readsTenant: true,
  },
  {
    method: 'PATCH',
    path: '/entities/:entityId/attrs',
    clause: '6.6.3.2',
    handle: distributed('updateEntity', updateAttributes),
    query: ['type', 'local'],
    readsTenant: true,
  },
  {
    method: 'PATCH',
    path: '/entities/:entityId/attrs/:attribute',
    clause: '6.7.3.1',
    handle: distributed('updateAttrs', updateAttribute),
    query: ['type', 'local'],
    readsTenant: true,
  },
  {
    method: 'DELETE',
    path: '/entities/:entityId/attrs/:attribute',
    clause: '6.7.3.2',
    handle: distributed('deleteAttrs', deleteAttribute),
    query: ['datasetId', 'deleteAll', 'type', 'local'],
    readsTenant: true,
  },
  {
    method: 'PUT',
    path: '/entities/:entityId/attrs/:attribute',
    clause: '6.7.3.3',
    handle: distributed('replaceAttrs', replaceAttribute),
    query: ['type', 'local'],
    readsTenant: true,
  },
  { method: 'POST', path: '/subscriptions', clause: '6.10.3.1', handle: createSubscription },
  {
    method: 'GET',
    path: '/subscriptions',
    clause: '6.10.3.2',
    handle: listSubscriptions,
    query: [...PAGE, 'options'],
    readsTenant: true,
  },
  {
    method: 'GET',
    path: '/subscriptions/:subscriptionId',
    clause: '6.11.3.1',
    handle: retrieveSubscription,
    query: ['options'],
    readsTenant: true,
  },
  {
    method: 'PATCH',
    path: '/subscriptions/:subscriptionId',
    clause: '6.11.3.2',
    handle: updateSubscription,
    readsTenant: true,
  },
  {
    method: 'DELETE',
    path: '/subscriptions/:subscriptionId',
    clause: '6.11.3.3',
    handle: deleteSubscription,
    readsTenant: true,
  },
  { method: 'POST', path: '/csourceRegistrations', clause: '6.8.3.1', handle: createRegistration },
  {
    method: 'GET',
    path: '/csourceRegistrations',
    clause: '6.8.3.2',
    handle: listRegistrations,
    query: [...PAGE, 'options', 'id', 'type', 'idPattern', 'attrs'],
    later: 'q csf georel geometry coordinates geoproperty timerel timeAt endTimeAt timeproperty scopeQ'.split(' '),
    readsTenant: true,
  },
  {
    method: 'GET',
    path: '/csourceRegistrations/:registrationId',
    clause: '6.9.3.1',
    handle: retrieveRegistration,
    query: ['options'],
    readsTenant: true,
  },
  {
    method: 'PATCH',
    path: '/csourceRegistrations/:registrationId',
    clause: '6.9.3.2',
    handle: updateRegistration,
    readsTenant: true,
  },
  {
    method: 'DELETE',
    path: '/csourceRegistrations/:registrationId',
    clause: '6.9.3.3',
    handle: deleteRegistration,
    readsTenant: true,
  },
  { method: 'POST', path: '/entityOperations/create', clause: '6.14.3.1', handle: batchCreate, query: ['local'] },
  {
    method: 'POST',
    path: '/entityOperations/upsert',
    clause: '6.15.3.1',
    handle: batchUpsert,
    query: ['options', 'local'],
  },
  {
    method: 'POST',
    path: '/entityOperations/update',
    clause: '6.16.3.1',
    handle: batchUpdate,
    query: ['options', 'local'],
  },
  { method: 'POST', path: '/entityOperations/delete', clause: '6.17.3.1', handle: batchDelete, query: ['local'] },
  { method: 'POST', path: '/entityOperations/merge', clause: '6.31.3.1', handle: batchMerge, query: ['local'] },
  {
    method: 'POST',
    path: '/entityOperations/query',
    clause: '6.23.3.1',
    handle: postQuery,
    query: [...SHAPE, ...PAGE, 'geometryProperty', 'local'],
    later: QUERY_LATER,
    readsTenant: true,
  },
  {
    method: 'GET',
    path: '/types',
    clause: '6.25.3.1',
    handle: listTypes,
    query: ['details', 'count', 'local'],
    readsTenant: true,
  },
  {
    method: 'GET',
    path: '/types/:type',
    clause: '6.26.3.1',
    handle: describeType,
    query: ['local'],
    readsTenant: true,
  },
  {
    method: 'GET',
    path: '/attributes',
    clause: '6.27.3.1',
    handle: listAttributes,
    query: ['details', 'count', 'local'],
    readsTenant: true,
  },
  {
    method: 'GET',
    path: '/attributes/:attribute',
    clause: '6.28.3.1',
    handle: describeAttribute,
    query: ['local'],
    readsTenant: true,
  },
  { method: 'GET', path: '/info/sourceIdentity', clause: '6.37.3.1', handle: sourceIdentity },
  { method: 'POST', path: '/jsonldContexts', clause: '6.29.3.1', handle: hostContext },
  { method: 'GET', path: '/jsonldContexts', clause: '6.29.3.2', handle: listContexts, query: ['details', 'kind'] },
  { method: 'GET', path: '/jsonldContexts/:contextId', clause: '6.30.3.1', handle: serveContext, query: ['details'] },
  {
    method: 'DELETE',
    path: '/jsonldContexts/:contextId',
    clause: '6.30.3.2',
    handle: removeContext,
    query: ['reload'],
  },
  ...TEMPORAL_ROUTES,
  ...DELIVERY_ROUTES,
  { method: 'GET', path: '/tenants', clause: 'ours', handle: listTenants, isOurs: true },
  { method: 'GET', path: '/explain', clause: 'ours', handle: explainTerm, query: ['term'], isOurs: true },
];

/** Whole resources that are not built: everything below answers 501. */
export const LATER_RESOURCES = [
  { path: '/csourceSubscriptions', what: 'context source subscription (5.11)' },
  { path: '/entityMaps', what: 'entity maps (5.14)' },
  { path: '/snapshots', what: 'snapshots (5.16)' },
] as const;
