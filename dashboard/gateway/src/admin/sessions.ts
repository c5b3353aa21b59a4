/** Sessions: where people are signed in, one's own or everybody's, and ending them. Their ids here are not those of the cookies. */

import type { RequestHandler } from 'express';
import { sendProblem } from '../http/problem.js';
import { sessionName } from '../sessions/seal.js';
import type { Session } from '../sessions/store.js';
import { sessionOf, subjectOf } from '../visitor.js';
import { type AdminParts, nameIn } from './answer.js';
import { doAudited } from './deed.js';
import { mayManage } from './rights.js';

/** What a page shows; the newest of them. */
const MOST = 1_000;

export function listSessions({ store }: AdminParts, whose: 'own' | 'all'): RequestHandler {
  return (request, response) => {
    const { id: subject } = subjectOf(request);
    const { key: currentKey } = sessionOf(request);
    const found = store.all().filter((session) => whose === 'all' || session.subject === subject);
    found.sort((a, b) => b.lastSeenAtMs - a.lastSeenAtMs);
    const sessions = found.slice(0, MOST).map((session) => represent(session, currentKey));
    response.json({ sessions, total: found.length });
  };
}

export function endSession(parts: AdminParts, whose: 'own' | 'all'): RequestHandler {
  const { store, book, audit, accounts, log } = parts;
  return async (request, response) => {
    const own = subjectOf(request);
    const name = nameIn(request, 'sessionId');
    const session = store.all().find(({ key }) => sessionName(key) === name);
    // Somebody else's session does not exist for those who may see only their own.
    if (session === undefined || (whose === 'own' && session.subject !== own.id))
      return sendProblem(response, 'entry.unknown');
    if (whose === 'all' && !mayManage(own, session.subject, book)) return sendProblem(response, 'rights.higher');
    const { subject, key } = session;
    const deed = { log: 'application', operation: 'session.end', targets: [name], subject } as const;
    await doAudited(audit, request, response, deed, async () => {
      await store.remove(key);
      return { kind: 'done' } as const;
    });
    // Otherwise the provider would sign that browser in again without asking.
    const ended = await accounts.endSession(session);
    if (ended.kind === 'refused') log.warn({ code: ended.code }, 'A session ended here, but not at the provider.');
    response.status(204).end();
  };
}

function represent(session: Session, currentKey: string): object {
  const { key, subject, username, fullName, createdAtMs, lastSeenAtMs, authenticatedAtMs, methods, address, agent } =
    session;
  return {
    ...{ id: sessionName(key), subject, username, fullName, methods, address, agent, isCurrent: key === currentKey },
    createdAt: new Date(createdAtMs).toISOString(),
    lastSeenAt: new Date(lastSeenAtMs).toISOString(),
    authenticatedAt: new Date(authenticatedAtMs).toISOString(),
  };
}
