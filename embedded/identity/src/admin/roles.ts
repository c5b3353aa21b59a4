/** Realm roles: names that the token carries. What a role allows is the gateway's affair. */

import { REALM_ROLES } from '../realm-roles.js';
import { REALM } from '../settings.js';
import { type Answer, listOf, NO_CONTENT, needText, Refusal } from './answer.js';
import type { AdminCall, AdminParts } from './routes.js';
import { userOf } from './users.js';

export function listRoles(): Answer {
  return { status: 200, body: REALM_ROLES.map(({ name }) => represent(name)) };
}

export function showRole(_parts: AdminParts, { names }: AdminCall): Answer {
  if (!isRealmRole(names.role ?? '')) throw new Refusal(404, 'Could not find role');
  return { status: 200, body: represent(names.role ?? '') };
}

export function listMappings(parts: AdminParts, call: AdminCall): Answer {
  return { status: 200, body: userOf(parts, call).roles.map(represent) };
}

export async function addMappings(parts: AdminParts, call: AdminCall): Promise<Answer> {
  const { id, roles } = userOf(parts, call);
  await parts.users.change(id, { roles: [...new Set([...roles, ...namesOf(call.body)])] });
  return NO_CONTENT;
}

export async function removeMappings(parts: AdminParts, call: AdminCall): Promise<Answer> {
  const { id, roles } = userOf(parts, call);
  const gone = namesOf(call.body);
  await parts.users.change(id, { roles: roles.filter((role) => !gone.includes(role)) });
  return NO_CONTENT;
}

function namesOf(body: unknown): readonly string[] {
  const names = listOf(body).map((fields) => needText(fields, 'name'));
  if (!names.every(isRealmRole)) throw new Refusal(404, 'Could not find role');
  return names;
}

function isRealmRole(name: string): boolean {
  return REALM_ROLES.some((role) => role.name === name);
}

/** Roles have no life of their own here, so the name is the id as well. */
function represent(name: string): object {
  const about = REALM_ROLES.find((role) => role.name === name)?.about ?? '';
  return { id: name, name, description: about, composite: false, clientRole: false, containerId: REALM };
}
