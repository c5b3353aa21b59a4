/**
 * What the trail calls what is done by a route: the log it belongs to, the operation, the page. A route that changes something and has no row here
 * goes by the function it asks for; so a new route is recorded before anybody thinks of it.
 */

import { FUNCTIONS, type FunctionName, type RouteName, type RouteRow } from '@contor/policy';
import type { AuditLog } from '../entry.js';

export interface Operation {
  readonly log: AuditLog;
  readonly page: string;
  readonly operation: string;
  /** The body of the request is the value afterwards, where the handler says nothing better. Never where a secret is in it. */
  readonly isBodyAfter?: true;
}

type Row = Omit<Operation, 'page'> & { readonly page?: string };

const BODY = { isBodyAfter: true } as const;
const SET = { log: 'parametrisation' } as const;
const DONE = { log: 'application' } as const;

// biome-ignore format: a table
const OPERATIONS: Partial<Record<RouteName, Row>> = {
  'POST /auth/signout': { ...DONE, page: 'sign-in', operation: 'sign-out' },

  'POST /api/ngsi-ld/v1/entities': { ...SET, operation: 'entity.create', ...BODY },
  'PATCH /api/ngsi-ld/v1/entities/:entityId': { ...SET, operation: 'entity.change', ...BODY },
  'DELETE /api/ngsi-ld/v1/entities/:entityId': { ...SET, operation: 'entity.delete' },
  'POST /api/ngsi-ld/v1/entities/:entityId/attrs': { ...SET, operation: 'entity.change', ...BODY },
  'PATCH /api/ngsi-ld/v1/entities/:entityId/attrs': { ...SET, operation: 'entity.change', ...BODY },
  'POST /api/ngsi-ld/v1/entityOperations/create': { ...SET, operation: 'entity.create' },
  'POST /api/ngsi-ld/v1/entityOperations/upsert': { ...SET, operation: 'entity.change' },
  'POST /api/ngsi-ld/v1/entityOperations/update': { ...SET, operation: 'entity.change' },
  'POST /api/ngsi-ld/v1/entityOperations/delete': { ...SET, operation: 'entity.delete' },
  'POST /api/ngsi-ld/v1/subscriptions': { ...SET, operation: 'subscription.create' },
  'PATCH /api/ngsi-ld/v1/subscriptions/:subscriptionId': { ...SET, operation: 'subscription.change' },
  'DELETE /api/ngsi-ld/v1/subscriptions/:subscriptionId': { ...SET, operation: 'subscription.delete' },

  'PUT /api/secrets/:reference': { ...SET, operation: 'secret.change' },
};

/** These record themselves, because they know before they act what they are about to change; the recorder only sees to it that they do. */
const RECORDED_BY_HANDLER = /^\/api\/(admin|commands|sessions|sites)(\/|$)/;

/** What is set in the field, and not who may do what. */
const PARAMETRISATION_PAGES: ReadonlySet<string> = new Set(['commands', 'sites', 'secrets', 'meters', 'partners']);
/** A question in the form of a POST. */
const QUESTIONS: ReadonlySet<string> = new Set(['POST /api/ngsi-ld/v1/entityOperations/query']);

export type RouteKind = 'change' | 'read' | 'neither';

/** Services that tell us of changes are not people who make them; sign-in records itself. */
export function kindOf({ method, path, access }: RouteRow): RouteKind {
  if (access === 'service' || access === 'public' || QUESTIONS.has(`${method} ${path}`)) return 'neither';
  if (method !== 'GET') return 'change';
  return path.startsWith('/api/quantumleap/') ? 'read' : 'neither';
}

export function isRecordedByHandler({ path }: RouteRow): boolean {
  return RECORDED_BY_HANDLER.test(path);
}

export function operationOf(row: RouteRow): Operation {
  const function_ = functionOf(row);
  const page = function_ === undefined ? 'profile' : FUNCTIONS[function_].page;
  const listed = OPERATIONS[`${row.method} ${row.path}` as RouteName];
  if (listed !== undefined) return { page, ...listed };
  const log = PARAMETRISATION_PAGES.has(page) ? 'parametrisation' : 'application';
  return { log, page, operation: function_ ?? `${row.method} ${row.path}` };
}

function functionOf({ access }: RouteRow): FunctionName | undefined {
  if (typeof access === 'object') return access.anyOf[0];
  return access === 'public' || access === 'service' || access === 'signed-in' ? undefined : access;
}
