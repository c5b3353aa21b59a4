/** Whether a site agrees to profiling (T34): no until somebody says yes; who said what, and when, is kept. */

import type { Subject } from '@contor/policy';
import type { Handler, Request, RequestHandler, Response } from 'express';
import type { ConsentEntry } from '../book/entries.js';
import { sendProblem } from '../http/problem.js';
import { subjectOf } from '../visitor.js';
import { type AdminParts, nameIn, sendRefusal, withBody } from './answer.js';
import { isSite, readConsent } from './bodies.js';
import { doAudited } from './deed.js';

/** Whether somebody sees an entity now; `unknown` while the index of scopes is not true yet. */
export type Sees = (subject: Subject, id: string) => boolean | 'unknown';

export interface ConsentParts extends Pick<AdminParts, 'book' | 'audit'> {
  readonly sees: Sees;
}

export function showConsent(parts: ConsentParts): RequestHandler {
  return (request, response) => {
    const siteId = siteIn(parts, request, response);
    if (siteId !== undefined) response.json(represent(parts.book, parts.book.consents.get(siteId)));
  };
}

export function putConsent(parts: ConsentParts): readonly Handler[] {
  const { book, audit } = parts;
  return withBody(readConsent, async (request, response, { profiling }) => {
    const siteId = siteIn(parts, request, response);
    if (siteId === undefined) return;
    const before = { profiling: book.consents.get(siteId)?.profiling ?? false };
    const deed = { log: 'parametrisation', operation: 'consent.change', targets: [siteId] } as const;
    const result = await doAudited(audit, request, response, { ...deed, before, after: { profiling } }, () =>
      book.consents.set(siteId, profiling, subjectOf(request).id),
    );
    if (result.kind === 'refused') return sendRefusal(response, result);
    response.json(represent(book, result.entry));
  });
}

/** `undefined`: no site of theirs, and answered. */
function siteIn({ sees }: ConsentParts, request: Request, response: Response): string | undefined {
  const siteId = nameIn(request, 'siteId');
  const isSeen = isSite(siteId) && sees(subjectOf(request), siteId);
  if (isSeen === true) return siteId;
  return void sendProblem(response, isSeen === 'unknown' ? 'scope.unknown' : 'entity.unknown');
}

/** The name of who said it last, for people; ids are for programs. */
function represent(book: ConsentParts['book'], entry: ConsentEntry | undefined): object {
  if (entry === undefined) return { profiling: false, since: null, by: null, history: [] };
  const { profiling, sinceMs, by, history } = entry;
  const changes = history.map((change) => ({
    profiling: change.profiling,
    at: new Date(change.atMs).toISOString(),
    by: change.by,
  }));
  const byName = book.people.get(by)?.fullName;
  return { profiling, since: new Date(sinceMs).toISOString(), by, ...(byName && { byName }), history: changes };
}
