/** Where an account is signed in, as Keycloak shows it (UserSessionRepresentation). */

import type { OwnSession } from '../sessions.js';
import { type Answer, NO_CONTENT, Refusal } from './answer.js';
import type { AdminCall, AdminParts } from './routes.js';
import { userOf } from './users.js';

export function listSessions(parts: AdminParts, call: AdminCall): Answer {
  const { id, username } = userOf(parts, call);
  const represent = ({ uid, sinceMs, address, clients }: OwnSession) => {
    const names = Object.fromEntries(clients.map((client) => [client, client]));
    return { id: uid, userId: id, username, ipAddress: address ?? '', start: sinceMs, clients: names };
  };
  return { status: 200, body: parts.sessions.of(id).map(represent) };
}

export async function endSession({ sessions }: AdminParts, { names }: AdminCall): Promise<Answer> {
  const uid = names.session ?? '';
  if (sessions.byUid(uid) === undefined) throw new Refusal(404, 'Session not found');
  await sessions.end(uid);
  return NO_CONTENT;
}
