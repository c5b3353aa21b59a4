/** People: who they are, what they may and see, their accounts at the provider. */

import type { Handler, Request, RequestHandler } from 'express';
import type { PersonEntry, Rights } from '../book/entries.js';
import { done, refused } from '../book/ledger.js';
import { sendProblem } from '../http/problem.js';
import { queryOf } from '../http/query.js';
import { subjectOf } from '../visitor.js';
import { type AdminParts, nameIn, sendRefusal, withBody } from './answer.js';
import { readAccess, readAccount } from './bodies.js';
import { doAudited } from './deed.js';
import { temporaryPassword } from './password.js';
import { etagOf, expectedRevision } from './revision.js';
import { mayManage, shownTo } from './rights.js';

/** Some 300 bytes each. */
const PAGE = 200;
const MOST_IN_PAGE = 1_000;

/** Where somebody is signed in now: how often, and when they last did anything there. */
interface Presence {
  readonly sessions: number;
  readonly seenAtMs: number;
}

const ABSENT: Presence = { sessions: 0, seenAtMs: Number.NEGATIVE_INFINITY };

export function listPeople({ book, store }: AdminParts): RequestHandler {
  return (request, response) => {
    const query = new URLSearchParams(queryOf(request));
    const search = (query.get('search') ?? '').slice(0, 100).toLowerCase();
    const found = book.people
      .all()
      .filter(({ username, fullName }) => `${username}\n${fullName}`.toLowerCase().includes(search))
      .sort((a, b) => (a.username < b.username ? -1 : 1));
    const offset = wholeNumber(query.get('offset')) ?? 0;
    const limit = Math.min(wholeNumber(query.get('limit')) ?? PAGE, MOST_IN_PAGE);
    const presences = new Map<string, Presence>();
    for (const { subject, lastSeenAtMs } of store.all()) {
      const { sessions, seenAtMs } = presences.get(subject) ?? ABSENT;
      presences.set(subject, { sessions: sessions + 1, seenAtMs: Math.max(seenAtMs, lastSeenAtMs) });
    }
    const reader = subjectOf(request);
    const people = found
      .slice(offset, offset + limit)
      .map((entry) => represent(shownTo(reader, entry), presences.get(entry.subject)));
    response.json({ people, total: found.length, followsProvider: book.people.followsProvider });
  };
}

/** The account at the provider, and an entry without rights: those are for whoever may change access. */
export function makePerson(parts: AdminParts): readonly Handler[] {
  const { book, accounts, audit, random } = parts;
  return withBody(readAccount, async (request, response, account) => {
    const password = temporaryPassword(random);
    const { username, firstName, lastName } = account;
    const deed = { log: 'application', operation: 'people.change', targets: [username], after: account } as const;
    const result = await doAudited(audit, request, response, deed, async () => {
      const made = await accounts.create({ ...account, password });
      if (made.kind === 'refused') return made;
      const fullName = `${firstName} ${lastName}`.trim() || username;
      const entry = await book.people.adopt({ subject: made.subject, username, fullName, roles: [] });
      return entry === undefined ? refused('entry.limit') : done(entry, undefined);
    });
    if (result.kind === 'refused') return sendRefusal(response, result);
    response
      .status(201)
      .set('ETag', etagOf(result.entry))
      .json({ person: represent(result.entry), password });
  });
}

export function changeAccess(parts: AdminParts): readonly Handler[] {
  const { book, accounts, audit } = parts;
  return withBody(readAccess, async (request, response, change) => {
    const subject = nameIn(request, 'subject');
    const expected = expectedRevision(request, response);
    if (expected === undefined) return;
    const before = rightsIn(book.people.get(subject));
    const deed = { log: 'parametrisation', operation: 'access.change', targets: [subject], subject } as const;
    const result = await doAudited(audit, request, response, { ...deed, page: 'people', before, after: change }, () =>
      book.people.changeAccess(subject, change, expected),
    );
    if (result.kind === 'refused') return sendRefusal(response, result);
    const { entry, before: old } = result;
    // The book decides and is already shut; the provider is told, so that it does not even ask for the password any more.
    const isTurned = old !== undefined && old.isLocked !== entry.isLocked;
    const account = isTurned ? await accounts.setEnabled(subject, !entry.isLocked) : undefined;
    const provider = account?.kind === 'refused' ? { provider: account.code } : {};
    response.set('ETag', etagOf(entry)).json({ ...represent(entry), ...provider });
  });
}

export function lockPerson(parts: AdminParts, isLocked: boolean): RequestHandler {
  const { book, accounts, audit } = parts;
  return async (request, response) => {
    const entry = managed(parts, request);
    if (typeof entry === 'string') return sendProblem(response, entry);
    const deed = { log: 'application', operation: 'people.change', targets: [entry.subject] } as const;
    const values = { before: { isLocked: entry.isLocked }, after: { isLocked } };
    const result = await doAudited(audit, request, response, { ...deed, ...values, subject: entry.subject }, () =>
      book.people.changeAccess(entry.subject, { isLocked }, entry.revision),
    );
    if (result.kind === 'refused') return sendRefusal(response, result);
    const account = await accounts.setEnabled(entry.subject, !isLocked);
    const provider = account.kind === 'refused' ? { provider: account.code } : {};
    response.set('ETag', etagOf(result.entry)).json({ ...represent(result.entry), ...provider });
  };
}

export function resetPassword(parts: AdminParts): RequestHandler {
  const { accounts, audit, random, store } = parts;
  return async (request, response) => {
    const entry = managed(parts, request);
    if (typeof entry === 'string') return sendProblem(response, entry);
    const { subject } = entry;
    const password = temporaryPassword(random);
    const deed = { log: 'application', operation: 'people.change', targets: [subject] } as const;
    const after = { password: 'temporary' };
    const result = await doAudited(audit, request, response, { ...deed, after }, async () => {
      const reset = await accounts.resetPassword(subject, password);
      if (reset.kind === 'done') await store.removeAllOf(subject); // Whoever knew the old one is out with it.
      return reset;
    });
    if (result.kind === 'refused') return sendRefusal(response, result);
    response.json({ password });
  };
}

/** The account, the entry and every session. The audit trail keeps what they did. */
export function removePerson(parts: AdminParts): RequestHandler {
  const { book, accounts, audit } = parts;
  return async (request, response) => {
    const subject = nameIn(request, 'subject');
    const expected = expectedRevision(request, response);
    if (expected === undefined) return;
    const before = rightsIn(book.people.get(subject));
    const deed = { log: 'parametrisation', operation: 'access.change', targets: [subject], subject, before } as const;
    const result = await doAudited(audit, request, response, { ...deed, page: 'people' }, () =>
      book.people.remove(subject, expected),
    );
    if (result.kind === 'refused') return sendRefusal(response, result);
    const account = await accounts.remove(subject);
    if (account.kind === 'done' || account.code === 'account.unknown') return void response.status(204).end();
    response.json({ provider: account.code });
  };
}

/** The entry of a person whose account the caller may lay hands on, or why not. */
function managed({ book }: AdminParts, request: Request): PersonEntry | 'entry.unknown' | 'rights.higher' {
  const entry = book.people.get(nameIn(request, 'subject'));
  if (entry === undefined) return 'entry.unknown';
  return mayManage(subjectOf(request), entry.subject, book) ? entry : 'rights.higher';
}

function rightsIn(entry: PersonEntry | undefined): Rights | undefined {
  return entry && { roles: entry.roles, everything: entry.everything, grants: entry.grants, isLocked: entry.isLocked };
}

function represent({ tenant: _tenant, createdAtMs, ...entry }: PersonEntry, presence: Presence = ABSENT): object {
  const { sessions, seenAtMs } = presence;
  const seen = sessions > 0 ? { lastSeenAt: new Date(seenAtMs).toISOString() } : {};
  return { ...entry, createdAt: new Date(createdAtMs).toISOString(), sessions, ...seen };
}

function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
