/**
 * From a request to a person: cookie → session → still fresh? → their entry in the access book. When the access token has run out,
 * the provider is asked for a new one, so that an account it has disabled is out within minutes; the book is asked each time.
 */

import type { Clock, Logger } from '@contor/kit';
import type { Request } from 'express';
import type { AccessBook } from '../book/book.js';
import type { OidcClient, SignedIn } from '../oidc/client.js';
import type { Visitor } from '../visitor.js';
import type { CookieJar, CookieOptions } from './cookies.js';
import { newSecret, seal, sessionKey, unseal } from './seal.js';
import { type Origin, type Session, type SessionStore, UNKNOWN_AUTHENTICATION } from './store.js';

/** `unreachable`: the session is too old to be trusted and the provider cannot be asked. */
export type Found = Visitor | undefined | 'unreachable';

export interface Access {
  visitorOf(request: Request): Promise<Found>;
  /** Asks again for a long-lived stream. Does not count as use: a forgotten wall display runs into the idle limit. */
  recheck(sessionId: string): Promise<Found>;
  /** The secret of a new session; `locked` for somebody whom the access book keeps out. */
  begin(signedIn: SignedIn, origin: Origin): Promise<Begun>;
  end(sessionId: string): Promise<Tokens | undefined>;
}

export type Begun = { readonly kind: 'session'; readonly sessionId: string } | { readonly kind: 'locked' };

export interface Tokens {
  readonly refreshToken: string | undefined;
  readonly idToken: string | undefined;
}

export const SESSION_COOKIE: CookieOptions = { path: '/', maxAgeMs: 24 * 3_600_000 };

/** Renewed a little before the end, so that requests seldom wait. */
const RENEW_EARLY_MS = 30_000;
/** While the provider is away people stay signed in this long: a restart of it must not blank the screens. */
const GRACE_MS = 15 * 60_000;
const SEALED_FOR = 'tokens';
/** Browsers say some 120 characters. */
const LONGEST_AGENT = 200;

export interface AccessParts {
  readonly store: SessionStore;
  readonly oidc: OidcClient;
  readonly book: Pick<AccessBook, 'subjectOf' | 'people'>;
  readonly cookies: CookieJar;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createAccess(parts: AccessParts): Access {
  const { store, book, cookies, clock } = parts;
  /** Refresh tokens are used once, so two requests of one page must share a renewal. */
  const renewals = new Map<string, Promise<Found>>();

  async function find(sessionId: string): Promise<Found> {
    const key = sessionKey(sessionId);
    const session = store.get(key);
    if (session === undefined) return undefined;
    if (clock.nowMs() < session.freshUntilMs - RENEW_EARLY_MS) return asVisitor(sessionId, session);
    const renewal = renewals.get(key) ?? renewed(sessionId, session).finally(() => renewals.delete(key));
    renewals.set(key, renewal);
    return renewal;
  }

  async function renewed(sessionId: string, session: Session): Promise<Found> {
    const current = await renew(parts, sessionId, session);
    return typeof current === 'object' ? asVisitor(sessionId, current) : current;
  }

  /** Somebody whom the book does not know, or keeps out, is not signed in, whatever the provider says. */
  function asVisitor(sessionId: string, { subject: id, fullName, key, authenticatedAtMs, methods }: Session): Found {
    const subject = book.subjectOf(id);
    if (subject === undefined) return undefined;
    const isStanding = async () => typeof (await find(sessionId)) === 'object';
    const authentication = { authenticatedAtMs, methods };
    return { subject, fullName, standing: { key, isStanding }, session: { id: sessionId, key, authentication } };
  }

  return {
    async visitorOf(request) {
      const sessionId = cookies.get(request, cookies.sessionName);
      if (sessionId === undefined) return undefined;
      store.touch(sessionKey(sessionId));
      return find(sessionId);
    },
    recheck: find,
    async begin(signedIn, { address, agent }) {
      const entry = await book.people.adopt(signedIn.person);
      if (entry === undefined || entry.isLocked) return { kind: 'locked' };
      const sessionId = newSecret(); // Always a new one: an id somebody planted before is worth nothing (T20).
      const nowMs = clock.nowMs();
      const times = { createdAtMs: nowMs, lastSeenAtMs: nowMs };
      const authentication = signedIn.authentication ?? UNKNOWN_AUTHENTICATION; // Of renewals it stays what it was.
      const fields = fieldsOf(parts, sessionId, signedIn);
      const origin = { address, agent: agent.slice(0, LONGEST_AGENT), providerSession: signedIn.providerSession };
      await store.put({ ...times, ...authentication, ...origin, ...fields, key: sessionKey(sessionId) });
      return { kind: 'session', sessionId };
    },
    async end(sessionId) {
      const session = store.get(sessionKey(sessionId));
      if (session === undefined) return undefined;
      await store.remove(session.key);
      return unseal(sessionId, SEALED_FOR, session.sealed) as Tokens | undefined;
    },
  };
}

/** The session as it goes on, or why it does not. */
async function renew(
  parts: AccessParts,
  sessionId: string,
  session: Session,
): Promise<Session | undefined | 'unreachable'> {
  const { store, oidc, book, clock, log } = parts;
  const tokens = unseal(sessionId, SEALED_FOR, session.sealed) as Tokens | undefined;
  const answer = tokens?.refreshToken === undefined ? 'refused' : await oidc.renew(tokens.refreshToken);
  const current = store.get(session.key);
  if (current === undefined) return undefined; // Signed out meanwhile.
  if (answer === 'unreachable') {
    return clock.nowMs() < session.freshUntilMs + GRACE_MS ? current : 'unreachable';
  }
  if (answer === 'refused' || answer.person.subject !== session.subject) {
    log.info({ subject: session.subject }, 'A session ended, because the provider did not renew it.');
    await store.remove(session.key);
    return undefined;
  }
  // Somebody who was removed from the book while signed in comes back by signing in, not by the way.
  if (book.people.get(session.subject) !== undefined) await book.people.adopt(answer.person);
  const idToken = answer.idToken ?? tokens?.idToken;
  const renewed = { ...current, ...fieldsOf(parts, sessionId, { ...answer, idToken }) };
  if (store.get(session.key) === undefined) return undefined; // Ended while the book was written.
  await store.put(renewed);
  return renewed;
}

function fieldsOf({ clock }: AccessParts, sessionId: string, { person, refreshToken, idToken, lifetimeMs }: SignedIn) {
  const { subject, username, fullName } = person;
  const tokens: Tokens = { refreshToken, idToken };
  const sealed = seal(sessionId, SEALED_FOR, tokens);
  return { subject, username, fullName, freshUntilMs: clock.nowMs() + lifetimeMs, sealed };
}
