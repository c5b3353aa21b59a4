/**
 * From a request to a person: cookie → session → still fresh? When the access token has run out, the provider is asked for
 * a new one, so that a changed role or a removed user takes effect within minutes.
 */

import type { Clock, Logger } from '@contor/kit';
import type { Request } from 'express';
import type { OidcClient, SignedIn } from '../oidc/client.js';
import type { CookieJar, CookieOptions } from './cookies.js';
import { newSecret, seal, sessionKey, unseal } from './seal.js';
import { type Authentication, type Person, type Session, type SessionStore, UNKNOWN_AUTHENTICATION } from './store.js';

/** Somebody who is signed in, and the secret of their session. */
export interface Visitor {
  readonly sessionId: string;
  readonly sessionKey: string;
  readonly person: Person;
  readonly authentication: Authentication;
}

/** `unreachable`: the roles are too old to be trusted and the provider cannot be asked. */
export type Found = Visitor | undefined | 'unreachable';

export interface Access {
  visitorOf(request: Request): Promise<Found>;
  /** Asks again for a long-lived stream. Does not count as use: a forgotten wall display runs into the idle limit. */
  recheck(sessionId: string): Promise<Found>;
  begin(signedIn: SignedIn): Promise<string>;
  end(sessionId: string): Promise<Tokens | undefined>;
}

export interface Tokens {
  readonly refreshToken: string | undefined;
  readonly idToken: string | undefined;
}

export const SESSION_COOKIE: CookieOptions = { path: '/', maxAgeMs: 24 * 3_600_000 };

/** Renewed a little before the end, so that requests seldom wait. */
const RENEW_EARLY_MS = 30_000;
/** While the provider is away people keep their last known roles this long: a restart of it must not blank the screens. */
const GRACE_MS = 15 * 60_000;
const SEALED_FOR = 'tokens';

export interface AccessParts {
  readonly store: SessionStore;
  readonly oidc: OidcClient;
  readonly cookies: CookieJar;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createAccess(parts: AccessParts): Access {
  const { store, cookies, clock } = parts;
  /** Refresh tokens are used once, so two requests of one page must share a renewal. */
  const renewals = new Map<string, Promise<Found>>();

  async function find(sessionId: string): Promise<Found> {
    const key = sessionKey(sessionId);
    const session = store.get(key);
    if (session === undefined) return undefined;
    if (clock.nowMs() < session.freshUntilMs - RENEW_EARLY_MS) return visitor(sessionId, session);
    const renewal = renewals.get(key) ?? renew(parts, sessionId, session).finally(() => renewals.delete(key));
    renewals.set(key, renewal);
    return renewal;
  }

  return {
    async visitorOf(request) {
      const sessionId = cookies.get(request, cookies.sessionName);
      if (sessionId === undefined) return undefined;
      store.touch(sessionKey(sessionId));
      return find(sessionId);
    },
    recheck: find,
    async begin(signedIn) {
      const sessionId = newSecret(); // Always a new one: an id somebody planted before is worth nothing (T20).
      const nowMs = clock.nowMs();
      const times = { createdAtMs: nowMs, lastSeenAtMs: nowMs };
      const authentication = signedIn.authentication ?? UNKNOWN_AUTHENTICATION; // Of renewals it stays what it was.
      const fields = fieldsOf(parts, sessionId, signedIn);
      await store.put({ ...times, ...authentication, ...fields, key: sessionKey(sessionId) });
      return sessionId;
    },
    async end(sessionId) {
      const session = store.get(sessionKey(sessionId));
      if (session === undefined) return undefined;
      await store.remove(session.key);
      return unseal(sessionId, SEALED_FOR, session.sealed) as Tokens | undefined;
    },
  };
}

async function renew(parts: AccessParts, sessionId: string, session: Session): Promise<Found> {
  const { store, oidc, clock, log } = parts;
  const tokens = unseal(sessionId, SEALED_FOR, session.sealed) as Tokens | undefined;
  const answer = tokens?.refreshToken === undefined ? 'refused' : await oidc.renew(tokens.refreshToken);
  const current = store.get(session.key);
  if (current === undefined) return undefined; // Signed out meanwhile.
  if (answer === 'unreachable') {
    return clock.nowMs() < session.freshUntilMs + GRACE_MS ? visitor(sessionId, current) : 'unreachable';
  }
  if (answer === 'refused' || answer.person.subject !== session.subject) {
    log.info({ subject: session.subject }, 'A session ended, because the provider did not renew it.');
    await store.remove(session.key);
    return undefined;
  }
  const idToken = answer.idToken ?? tokens?.idToken;
  const renewed = { ...current, ...fieldsOf(parts, sessionId, { ...answer, idToken }) };
  await store.put(renewed);
  return visitor(sessionId, renewed);
}

function fieldsOf({ clock }: AccessParts, sessionId: string, { person, refreshToken, idToken, lifetimeMs }: SignedIn) {
  const tokens: Tokens = { refreshToken, idToken };
  return { ...person, freshUntilMs: clock.nowMs() + lifetimeMs, sealed: seal(sessionId, SEALED_FOR, tokens) };
}

function visitor(sessionId: string, session: Session): Visitor {
  const { subject, username, fullName, roles, key, authenticatedAtMs, methods } = session;
  const person = { subject, username, fullName, roles };
  return { sessionId, sessionKey: key, person, authentication: { authenticatedAtMs, methods } };
}
