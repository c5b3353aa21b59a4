/** The temporal part of the route table (GS CIM 009 V1.9.1, 6.18 to 6.22, 6.24). */

import type { RouteRow } from './routes.js';
import { postTemporalQuery, queryTemporal, retrieveTemporal } from './temporal.js';
import { appendTemporal, createTemporal, deleteTemporal, instanceOperation } from './temporal-writing.js';

const FORM = ['options', 'format'];
const TIME = ['timerel', 'timeAt', 'endTimeAt', 'timeproperty', 'lastN', 'aggrMethods', 'aggrPeriodDuration'];
const PROJECTION = ['attrs', 'pick', 'omit'];
const PAGE = ['limit', 'offset', 'count'];
const LATER = `georel geometry coordinates geoproperty scopeQ lang datasetId csf expandValues jsonKeys orderBy
collation`.split(/\s+/);

export const TEMPORAL_ROUTES: readonly RouteRow[] = [
  { method: 'POST', path: '/temporal/entities', clause: '6.18.3.1', handle: createTemporal, query: ['local'] },
  {
    method: 'GET',
    path: '/temporal/entities',
    clause: '6.18.3.2',
    handle: queryTemporal,
    query: [...FORM, ...TIME, ...PROJECTION, ...PAGE, 'id', 'type', 'idPattern', 'q', 'local'],
    later: LATER,
    readsTenant: true,
  },
  {
    method: 'GET',
    path: '/temporal/entities/:entityId',
    clause: '6.19.3.1',
    handle: retrieveTemporal,
    query: [...FORM, ...TIME, ...PROJECTION, 'local'],
    later: [...LATER, 'type'],
    readsTenant: true,
  },
  {
    method: 'DELETE',
    path: '/temporal/entities/:entityId',
    clause: '6.19.3.2',
    handle: deleteTemporal,
    query: ['local'],
    later: ['type'],
    readsTenant: true,
  },
  {
    method: 'POST',
    path: '/temporal/entities/:entityId/attrs',
    clause: '6.20.3.1',
    handle: appendTemporal,
    query: ['local'],
    readsTenant: true,
  },
  {
    method: 'DELETE',
    path: '/temporal/entities/:entityId/attrs/:attribute',
    clause: '6.21.3.1',
    handle: instanceOperation,
    query: ['datasetId', 'deleteAll', 'local'],
  },
  {
    method: 'PATCH',
    path: '/temporal/entities/:entityId/attrs/:attribute/:instanceId',
    clause: '6.22.3.1',
    handle: instanceOperation,
    query: ['local'],
  },
  {
    method: 'DELETE',
    path: '/temporal/entities/:entityId/attrs/:attribute/:instanceId',
    clause: '6.22.3.2',
    handle: instanceOperation,
    query: ['local'],
  },
  {
    method: 'POST',
    path: '/temporal/entityOperations/query',
    clause: '6.24.3.1',
    handle: postTemporalQuery,
    query: [...FORM, ...PAGE, 'local'],
    later: LATER,
    readsTenant: true,
  },
];
