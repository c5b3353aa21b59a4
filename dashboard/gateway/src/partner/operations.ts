/** What a partner may call, in words: one row for each route that is for programs. A route without a row here does not compile. */

import type { ROUTES } from '@contor/policy';
import type { ParameterName } from './parameters.js';
import type { SchemaName } from './schemas.js';

export interface OperationRow {
  readonly tag: 'Who am I' | 'Live values' | 'Subscriptions' | 'Writing back' | 'History' | 'Commands' | 'Sites';
  readonly summary: string;
  readonly about?: string;
  readonly query?: readonly ParameterName[];
  readonly body?: SchemaName;
  /** Of the answer that is wanted; 200 unless said otherwise. */
  readonly status?: 200 | 201 | 204 | 207;
  readonly answer?: SchemaName;
  readonly isStream?: true;
}

type Row = (typeof ROUTES)[number];
type Closed = { readonly access: 'public' | 'service' } | { readonly isForPeople: true };
type NameOf<R> = R extends { readonly method: infer M extends string; readonly path: infer P extends string }
  ? `${M} ${P}`
  : never;
/** Whatever is neither public, nor for our own services, nor for people only. */
export type PartnerRoute = NameOf<Exclude<Row, Closed>>;

const PAGE = ['limit', 'offset', 'count'] as const;
const SHAPE = ['pick', 'omit', 'options', 'format'] as const;
const SERIES = ['attrs', 'fromDate', 'toDate', 'lastN', 'points', 'offset', 'aggrMethod', 'aggrPeriod'] as const;
const MANY = ['id', 'type', ...SERIES] as const;

// biome-ignore format: a table
export const OPERATIONS = {
  'GET /api/session': { tag: 'Who am I', summary: 'Your own name, roles, functions and scope', answer: 'Session' },

  'GET /api/ngsi-ld/v1/entities': {
    tag: 'Live values', summary: 'Entities as they are now',
    about: 'NGSI-LD (GS CIM 009, 6.4.3.2). You see what lies inside your scope; counts and pages are of that.',
    query: ['type', 'id', 'q', ...PAGE, ...SHAPE], answer: 'Entities',
  },
  'GET /api/ngsi-ld/v1/entities/:entityId': {
    tag: 'Live values', summary: 'One entity', about: 'An entity outside your scope is not there: 404.', query: SHAPE, answer: 'Entity',
  },
  'GET /api/ngsi-ld/v1/types': { tag: 'Live values', summary: 'Types of which you see an entity', query: ['details'], answer: 'Types' },
  'GET /api/ngsi-ld/v1/types/:type': { tag: 'Live values', summary: 'What entities of a type have', answer: 'Any' },
  'POST /api/ngsi-ld/v1/entityOperations/query': {
    tag: 'Live values', summary: 'Entities by a query in the body', about: 'GS CIM 009, 6.23.', query: PAGE, body: 'Query', answer: 'Entities',
  },
  'GET /api/stream': {
    tag: 'Live values', summary: 'Changes as they happen (Server-Sent Events)',
    about: 'Begins with the present, then tells each change; `Last-Event-ID` goes on where a connection broke.', query: ['types', 'site'], isStream: true,
  },

  'GET /api/ngsi-ld/v1/subscriptions': { tag: 'Subscriptions', summary: 'Your subscriptions', query: PAGE, answer: 'Subscriptions' },
  'POST /api/ngsi-ld/v1/subscriptions': {
    tag: 'Subscriptions', summary: 'Be notified of changes', about: 'Every notification is cut to what you may see at that moment.',
    body: 'Subscription', status: 201,
  },
  'GET /api/ngsi-ld/v1/subscriptions/:subscriptionId': { tag: 'Subscriptions', summary: 'One of your subscriptions', answer: 'Subscription' },
  'PATCH /api/ngsi-ld/v1/subscriptions/:subscriptionId': { tag: 'Subscriptions', summary: 'Change a subscription', body: 'Subscription', status: 204 },
  'DELETE /api/ngsi-ld/v1/subscriptions/:subscriptionId': { tag: 'Subscriptions', summary: 'End a subscription', status: 204 },

  'POST /api/ngsi-ld/v1/entities': { tag: 'Writing back', summary: 'Make an entity', body: 'Entity', status: 201 },
  'PATCH /api/ngsi-ld/v1/entities/:entityId': { tag: 'Writing back', summary: 'Merge into an entity', body: 'Entity', status: 204 },
  'DELETE /api/ngsi-ld/v1/entities/:entityId': { tag: 'Writing back', summary: 'Delete an entity', status: 204 },
  'POST /api/ngsi-ld/v1/entities/:entityId/attrs': { tag: 'Writing back', summary: 'Append attributes', body: 'Any', status: 204 },
  'PATCH /api/ngsi-ld/v1/entities/:entityId/attrs': { tag: 'Writing back', summary: 'Change attributes', body: 'Any', status: 204 },
  'POST /api/ngsi-ld/v1/entityOperations/create': { tag: 'Writing back', summary: 'Make many entities', body: 'Entities', status: 201 },
  'POST /api/ngsi-ld/v1/entityOperations/upsert': { tag: 'Writing back', summary: 'Make or replace many entities', body: 'Entities', status: 201 },
  'POST /api/ngsi-ld/v1/entityOperations/update': { tag: 'Writing back', summary: 'Change many entities', body: 'Entities', status: 204 },
  'POST /api/ngsi-ld/v1/entityOperations/delete': { tag: 'Writing back', summary: 'Delete many entities', body: 'Ids', status: 204 },

  'GET /api/quantumleap/v2/entities': { tag: 'History', summary: 'Entities that have a history', query: ['type', 'fromDate', 'toDate', 'points', 'offset'], answer: 'Any' },
  'GET /api/quantumleap/v2/entities/:entityId': { tag: 'History', summary: 'Past values of an entity', query: ['type', ...SERIES], answer: 'Series' },
  'GET /api/quantumleap/v2/entities/:entityId/value': { tag: 'History', summary: 'The same, values only', query: ['type', ...SERIES], answer: 'Series' },
  'GET /api/quantumleap/v2/entities/:entityId/attrs/:attrName': { tag: 'History', summary: 'One attribute of an entity', query: ['type', ...SERIES], answer: 'Series' },
  'GET /api/quantumleap/v2/entities/:entityId/attrs/:attrName/value': { tag: 'History', summary: 'The same, values only', query: ['type', ...SERIES], answer: 'Series' },
  'GET /api/quantumleap/v2/types/:entityType': { tag: 'History', summary: 'Past values of all entities of a type', query: MANY, answer: 'Any' },
  'GET /api/quantumleap/v2/types/:entityType/value': { tag: 'History', summary: 'The same, values only', query: MANY, answer: 'Any' },
  'GET /api/quantumleap/v2/types/:entityType/attrs/:attrName': { tag: 'History', summary: 'One attribute of all entities of a type', query: MANY, answer: 'Any' },
  'GET /api/quantumleap/v2/types/:entityType/attrs/:attrName/value': { tag: 'History', summary: 'The same, values only', query: MANY, answer: 'Any' },
  'GET /api/quantumleap/v2/attrs': { tag: 'History', summary: 'Past values, attribute by attribute', query: MANY, answer: 'Any' },
  'GET /api/quantumleap/v2/attrs/:attrName': { tag: 'History', summary: 'One attribute of all entities', query: MANY, answer: 'Any' },
  'GET /api/quantumleap/v2/attrs/:attrName/value': { tag: 'History', summary: 'The same, values only', query: MANY, answer: 'Any' },

  'GET /api/commands': { tag: 'Commands', summary: 'Commands and what became of them', query: ['status', 'limit'], answer: 'Any' },
  'GET /api/commands/control': { tag: 'Commands', summary: 'Whether commands run, are stopped or frozen', answer: 'Any' },
  'GET /api/commands/:commandId': { tag: 'Commands', summary: 'One command', answer: 'Any' },

  'GET /api/sites/:siteId/consent': { tag: 'Sites', summary: 'Whether a site agrees to profiling', answer: 'Consent' },
} as const satisfies Readonly<Record<PartnerRoute, OperationRow>>;
