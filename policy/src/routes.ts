/**
 * Every route of the gateway and what it asks for. Paths are in Express 5 notation: `:name` is one segment, a last
 * `{*name}` is any rest. The first row that matches counts. What is not in the table does not exist.
 */

import type { FunctionName } from './functions.js';

/** `service`: the caller is a platform service that shows a secret of its own, which the handler checks. */
export type Access = 'public' | 'signed-in' | 'service' | FunctionName;

export interface RouteRow {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly access: Access;
}

export const ROUTES = [
  { method: 'GET', path: '/health', access: 'public' },
  { method: 'GET', path: '/metrics', access: 'service' },
  { method: 'POST', path: '/notify/live', access: 'service' },

  { method: 'GET', path: '/auth/signin', access: 'public' },
  { method: 'GET', path: '/auth/callback', access: 'public' },
  { method: 'GET', path: '/auth/page.css', access: 'public' },
  { method: 'POST', path: '/auth/signout', access: 'signed-in' },

  { method: 'GET', path: '/api/session', access: 'signed-in' },
  { method: 'GET', path: '/api/stream', access: 'live.view' },

  { method: 'GET', path: '/api/ngsi-ld/v1/entities', access: 'live.view' },
  { method: 'GET', path: '/api/ngsi-ld/v1/entities/:entityId', access: 'live.view' },
  { method: 'GET', path: '/api/ngsi-ld/v1/types', access: 'live.view' },
  { method: 'GET', path: '/api/ngsi-ld/v1/types/:type', access: 'live.view' },

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

  { method: 'GET', path: '/{*page}', access: 'public' },
] as const satisfies readonly RouteRow[];

export type RoutePath = (typeof ROUTES)[number]['path'];

/** First segments that never belong to the app: an unknown path below them is an error, not a page. */
export const RESERVED_SEGMENTS: readonly string[] = ['api', 'auth', 'notify'];
