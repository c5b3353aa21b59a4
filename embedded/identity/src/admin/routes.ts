/**
 * Keycloak's Admin REST API, the part that the gateway needs: a table of routes with the right each asks for. What is not in the
 * table does not exist, and without the right nothing is looked at.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@contor/kit';
import type { Clients } from '../clients.js';
import { FormError, readBody, send } from '../http.js';
import { PasswordQueueFull } from '../passwords.js';
import type { Sessions } from '../sessions.js';
import { REALM } from '../settings.js';
import type { Users } from '../users.js';
import { type Answer, Refusal } from './answer.js';
import * as clients from './clients.js';
import * as roles from './roles.js';
import * as sessions from './sessions.js';
import type { Administrator, AdminRight } from './token.js';
import * as users from './users.js';

export const ADMIN_PATH = `/admin/realms/${REALM}`;

export interface AdminParts {
  readonly users: Users;
  readonly clients: Clients;
  readonly sessions: Sessions;
  readonly administratorOf: (header: string | undefined) => Promise<Administrator | undefined>;
  readonly publicUrl: string;
  readonly nowMs: () => number;
  readonly log: Logger;
}

export interface AdminCall {
  /** What stood in the path where the table has a name. */
  readonly names: Readonly<Record<string, string | undefined>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
  /** Our own address of the path, for `Location`. */
  readonly url: string;
}

interface AdminRow {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly right: AdminRight;
  readonly handle: (parts: AdminParts, call: AdminCall) => Answer | Promise<Answer>;
}

// biome-ignore format: a table
export const ADMIN_ROUTES: readonly AdminRow[] = [
  { method: 'GET', path: '/users', right: 'view-users', handle: users.listUsers },
  { method: 'POST', path: '/users', right: 'manage-users', handle: users.makeUser },
  { method: 'GET', path: '/users/count', right: 'view-users', handle: users.countUsers },
  { method: 'GET', path: '/users/:user', right: 'view-users', handle: users.showUser },
  { method: 'PUT', path: '/users/:user', right: 'manage-users', handle: users.changeUser },
  { method: 'DELETE', path: '/users/:user', right: 'manage-users', handle: users.removeUser },
  { method: 'PUT', path: '/users/:user/reset-password', right: 'manage-users', handle: users.resetPassword },
  { method: 'GET', path: '/users/:user/credentials', right: 'view-users', handle: users.listCredentials },
  { method: 'DELETE', path: '/users/:user/credentials/:credential', right: 'manage-users', handle: users.removeCredential },
  { method: 'POST', path: '/users/:user/logout', right: 'manage-users', handle: users.endSessions },
  { method: 'GET', path: '/users/:user/sessions', right: 'view-users', handle: sessions.listSessions },
  { method: 'DELETE', path: '/sessions/:session', right: 'manage-users', handle: sessions.endSession },
  { method: 'GET', path: '/users/:user/role-mappings/realm', right: 'view-users', handle: roles.listMappings },
  { method: 'POST', path: '/users/:user/role-mappings/realm', right: 'manage-users', handle: roles.addMappings },
  { method: 'DELETE', path: '/users/:user/role-mappings/realm', right: 'manage-users', handle: roles.removeMappings },
  { method: 'GET', path: '/roles', right: 'view-realm', handle: roles.listRoles },
  { method: 'GET', path: '/roles/:role', right: 'view-realm', handle: roles.showRole },
  { method: 'GET', path: '/clients', right: 'view-clients', handle: clients.listClients },
  { method: 'POST', path: '/clients', right: 'manage-clients', handle: clients.makeClient },
  { method: 'GET', path: '/clients/:client', right: 'view-clients', handle: clients.showClient },
  { method: 'PUT', path: '/clients/:client', right: 'manage-clients', handle: clients.changeClient },
  { method: 'DELETE', path: '/clients/:client', right: 'manage-clients', handle: clients.removeClient },
  { method: 'POST', path: '/clients/:client/client-secret', right: 'manage-clients', handle: clients.renewSecret },
];

export async function handleAdmin(
  parts: AdminParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, body, location } = await answer(parts, request);
  if (status === 401) response.setHeader('WWW-Authenticate', `Bearer realm="${REALM}"`);
  if (location !== undefined) response.setHeader('Location', location);
  if (body === undefined) {
    response.statusCode = status;
    response.end();
  } else send(response, status, 'application/json', JSON.stringify(body));
}

async function answer(parts: AdminParts, request: IncomingMessage): Promise<Answer> {
  try {
    return await call(parts, request);
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    if (error instanceof FormError) return { status: error.status, body: { error: error.message } };
    if (error instanceof PasswordQueueFull) return { status: 503, body: { error: error.message } };
    throw error;
  }
}

async function call(parts: AdminParts, request: IncomingMessage): Promise<Answer> {
  const administrator = await parts.administratorOf(request.headers.authorization);
  if (administrator === undefined) throw new Refusal(401, 'HTTP 401 Unauthorized');
  const { pathname, searchParams } = new URL(request.url ?? '/', parts.publicUrl);
  const found = findRow(request.method ?? '', pathname.slice(ADMIN_PATH.length));
  if (found === undefined) throw new Refusal(404, 'HTTP 404 Not Found');
  const { row, names } = found;
  if (!administrator.has(row.right)) throw new Refusal(403, 'HTTP 403 Forbidden');
  const url = parts.publicUrl + pathname;
  const body = row.method === 'GET' ? undefined : await readJson(request);
  const result = await row.handle(parts, { names, query: searchParams, body, url });
  if (row.method !== 'GET')
    parts.log.info({ method: row.method, path: row.path, status: result.status }, 'The realm was changed.');
  return result;
}

function findRow(method: string, path: string): { row: AdminRow; names: Record<string, string> } | undefined {
  for (const row of ADMIN_ROUTES) {
    const names = row.method === method ? match(row.path, path) : undefined;
    if (names !== undefined) return { row, names };
  }
  return undefined;
}

function match(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const shown = path.split('/');
  if (wanted.length !== shown.length) return undefined;
  const names: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const text = shown[index] ?? '';
    if (!part.startsWith(':')) {
      if (part !== text) return undefined;
    } else if (/^[\w.-]{1,128}$/.test(text)) names[part.slice(1)] = text;
    else return undefined;
  }
  return names;
}

/** Many requests have no body at all, which is as good as none being needed. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const bytes = await readBody(request, BODY_LIMIT);
  if (bytes.length === 0) return undefined;
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') throw new FormError(415, 'The body must be application/json.');
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new FormError(400, 'The body is no JSON.');
  }
}

/** An account with every field at its longest, several times. */
const BODY_LIMIT = 32 * 1024;
