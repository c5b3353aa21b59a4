/**
 * Every route of the gateway and what it asks for. Paths are in Express 5 notation: `:name` is one segment, a last
 * `{*name}` is any rest. The first row that matches counts. What is not in the table does not exist.
 */

import type { FunctionName } from './functions.js';

/** `service`: the caller is a platform service that shows a secret of its own, which the handler checks. */
export type Access = 'public' | 'signed-in' | 'service' | FunctionName | AccessRule;

/** One of several functions is enough; `and` is asked for besides. */
export interface AccessRule {
  readonly anyOf: readonly FunctionName[];
  readonly and?: FunctionName;
}

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type Method = (typeof METHODS)[number];

export interface RouteRow {
  readonly method: Method;
  readonly path: string;
  readonly access: Access;
  /** Answers people only: a machine has no second factor, no page and no session of its own. */
  readonly isForPeople?: true;
  /** The person must have signed in within the last minutes (T21): `isFresh` says whether they have. */
  readonly needsFreshSignIn?: true;
}

/** Who has anything to do with commands may see them. */
const COMMAND_READERS = {
  and: 'live.view',
  anyOf: ['meter.read', 'meter.clock', 'supply.request', 'supply.approve', 'supply.stop', 'supply.resume'],
} as const satisfies AccessRule;
/** Which of them it takes is a matter of the command, which the handler knows. */
const COMMAND_WRITERS = {
  and: 'live.view',
  anyOf: ['meter.read', 'meter.clock', 'supply.request'],
} as const satisfies AccessRule;
const PERSON = { isForPeople: true } as const;
const FRESH = { isForPeople: true, needsFreshSignIn: true } as const;

// biome-ignore format: a table
export const ROUTES = [
  { method: 'GET', path: '/health', access: 'public' },
  { method: 'GET', path: '/metrics', access: 'service' },
  { method: 'POST', path: '/notify/live', access: 'service' },
  { method: 'POST', path: '/notify/erase', access: 'service' },
  { method: 'POST', path: '/notify/scope', access: 'service' },
  { method: 'POST', path: '/notify/subscription/:subscriptionId', access: 'service' },

  { method: 'GET', path: '/auth/signin', access: 'public' },
  { method: 'GET', path: '/auth/callback', access: 'public' },
  { method: 'GET', path: '/auth/page.css', access: 'public' },
  { method: 'POST', path: '/auth/signout', access: 'signed-in', ...PERSON },

  { method: 'GET', path: '/api/session', access: 'signed-in' },
  { method: 'GET', path: '/api/sessions', access: 'signed-in', ...PERSON },
  { method: 'DELETE', path: '/api/sessions/:sessionId', access: 'signed-in', ...PERSON },
  { method: 'GET', path: '/api/stream', access: 'live.view' },
  { method: 'GET', path: '/api/openapi.json', access: 'public' },
  { method: 'GET', path: '/api/docs', access: 'public' },

  { method: 'GET', path: '/api/ngsi-ld/v1/entities', access: 'live.view' },
  { method: 'GET', path: '/api/ngsi-ld/v1/entities/:entityId', access: 'live.view' },
  { method: 'GET', path: '/api/ngsi-ld/v1/types', access: 'live.view' },
  { method: 'GET', path: '/api/ngsi-ld/v1/types/:type', access: 'live.view' },
  { method: 'POST', path: '/api/ngsi-ld/v1/entityOperations/query', access: 'live.view' },

  { method: 'POST', path: '/api/ngsi-ld/v1/entities', access: 'context.write' },
  { method: 'PATCH', path: '/api/ngsi-ld/v1/entities/:entityId', access: 'context.write' },
  { method: 'DELETE', path: '/api/ngsi-ld/v1/entities/:entityId', access: 'context.write' },
  { method: 'POST', path: '/api/ngsi-ld/v1/entities/:entityId/attrs', access: 'context.write' },
  { method: 'PATCH', path: '/api/ngsi-ld/v1/entities/:entityId/attrs', access: 'context.write' },
  { method: 'POST', path: '/api/ngsi-ld/v1/entityOperations/create', access: 'context.write' },
  { method: 'POST', path: '/api/ngsi-ld/v1/entityOperations/upsert', access: 'context.write' },
  { method: 'POST', path: '/api/ngsi-ld/v1/entityOperations/update', access: 'context.write' },
  { method: 'POST', path: '/api/ngsi-ld/v1/entityOperations/delete', access: 'context.write' },

  { method: 'GET', path: '/api/ngsi-ld/v1/subscriptions', access: 'context.subscribe' },
  { method: 'POST', path: '/api/ngsi-ld/v1/subscriptions', access: 'context.subscribe' },
  { method: 'GET', path: '/api/ngsi-ld/v1/subscriptions/:subscriptionId', access: 'context.subscribe' },
  { method: 'PATCH', path: '/api/ngsi-ld/v1/subscriptions/:subscriptionId', access: 'context.subscribe' },
  { method: 'DELETE', path: '/api/ngsi-ld/v1/subscriptions/:subscriptionId', access: 'context.subscribe' },

  { method: 'GET', path: '/api/quantumleap/v2/entities', access: 'history.view' },
  { method: 'GET', path: '/api/quantumleap/v2/entities/:entityId', access: 'history.view' },
  { method: 'GET', path: '/api/quantumleap/v2/entities/:entityId/value', access: 'history.view' },
  { method: 'GET', path: '/api/quantumleap/v2/entities/:entityId/attrs/:attrName', access: 'history.view' },
  { method: 'GET', path: '/api/quantumleap/v2/entities/:entityId/attrs/:attrName/value', access: 'history.view' },
  { method: 'GET', path: '/api/quantumleap/v2/types/:entityType', access: 'history.view' },
  { method: 'GET', path: '/api/quantumleap/v2/types/:entityType/value', access: 'history.view' },
  { method: 'GET', path: '/api/quantumleap/v2/types/:entityType/attrs/:attrName', access: 'history.view' },
  { method: 'GET', path: '/api/quantumleap/v2/types/:entityType/attrs/:attrName/value', access: 'history.view' },
  { method: 'GET', path: '/api/quantumleap/v2/attrs', access: 'history.view' },
  { method: 'GET', path: '/api/quantumleap/v2/attrs/:attrName', access: 'history.view' },
  { method: 'GET', path: '/api/quantumleap/v2/attrs/:attrName/value', access: 'history.view' },

  { method: 'GET', path: '/api/admin/functions', access: 'people.view', ...PERSON },
  { method: 'GET', path: '/api/admin/roles', access: 'people.view', ...PERSON },
  { method: 'PUT', path: '/api/admin/roles/:role', access: 'access.change', ...FRESH },
  { method: 'DELETE', path: '/api/admin/roles/:role', access: 'access.change', ...FRESH },
  { method: 'GET', path: '/api/admin/people', access: 'people.view', ...PERSON },
  { method: 'POST', path: '/api/admin/people', access: 'people.change', ...PERSON },
  { method: 'DELETE', path: '/api/admin/people/:subject', access: 'access.change', ...FRESH },
  { method: 'PATCH', path: '/api/admin/people/:subject/access', access: 'access.change', ...FRESH },
  { method: 'POST', path: '/api/admin/people/:subject/lock', access: 'people.change', ...PERSON },
  { method: 'POST', path: '/api/admin/people/:subject/unlock', access: 'people.change', ...PERSON },
  { method: 'POST', path: '/api/admin/people/:subject/password-reset', access: 'people.change', ...PERSON },
  { method: 'GET', path: '/api/admin/sessions', access: 'people.view', ...PERSON },
  { method: 'DELETE', path: '/api/admin/sessions/:sessionId', access: 'people.change', ...PERSON },
  { method: 'GET', path: '/api/admin/partners', access: 'partner.view', ...PERSON },
  { method: 'POST', path: '/api/admin/partners', access: 'access.change', ...FRESH },
  { method: 'PATCH', path: '/api/admin/partners/:partner', access: 'access.change', ...FRESH },
  { method: 'DELETE', path: '/api/admin/partners/:partner', access: 'access.change', ...FRESH },
  { method: 'POST', path: '/api/admin/partners/:partner/key', access: 'access.change', ...FRESH },

  { method: 'GET', path: '/api/audit', access: 'audit.view', ...PERSON },
  { method: 'GET', path: '/api/audit/export', access: 'audit.export', ...PERSON },
  { method: 'GET', path: '/api/audit/anchors', access: 'audit.export', ...PERSON },

  { method: 'GET', path: '/api/commands', access: COMMAND_READERS },
  { method: 'GET', path: '/api/commands/control', access: COMMAND_READERS },
  { method: 'GET', path: '/api/commands/:commandId', access: COMMAND_READERS },
  { method: 'POST', path: '/api/commands', access: COMMAND_WRITERS, ...PERSON },
  // As fast as possible: who presses the switch is not asked to sign in again.
  { method: 'POST', path: '/api/commands/stop', access: 'supply.stop', ...PERSON },
  { method: 'POST', path: '/api/commands/resume', access: 'supply.resume', ...FRESH },
  { method: 'POST', path: '/api/commands/unfreeze', access: 'supply.resume', ...FRESH },
  { method: 'POST', path: '/api/commands/:commandId/approve', access: 'supply.approve', ...FRESH },
  { method: 'POST', path: '/api/commands/:commandId/reject', access: 'supply.approve', ...PERSON },
  { method: 'POST', path: '/api/commands/:commandId/withdraw', access: COMMAND_WRITERS, ...PERSON },

  { method: 'GET', path: '/api/sites/:siteId/consent', access: 'site.view' },
  { method: 'PUT', path: '/api/sites/:siteId/consent', access: 'consent.change', ...PERSON },

  { method: 'GET', path: '/api/secrets', access: 'secret.change', ...PERSON },
  { method: 'PUT', path: '/api/secrets/:reference', access: 'secret.change', ...FRESH },

  { method: 'GET', path: '/{*page}', access: 'public' },
] as const satisfies readonly RouteRow[];

type Rows = typeof ROUTES;
export type RoutePath = Rows[number]['path'];
/** One row, named: `PUT /api/admin/roles/:role`. */
export type RouteName = NameOf<Rows[number]>;
type NameOf<Row extends RouteRow> = Row extends RouteRow ? `${Row['method']} ${Row['path']}` : never;

/** First segments that never belong to the app: an unknown path below them is an error, not a page. */
export const RESERVED_SEGMENTS: readonly string[] = ['api', 'auth', 'notify'];
