/** Who is signed in, signing out, and the ways to the sign-in page. */
import { objectOf, textIn } from '../logic/json.js';
import { type Session, toSession, webAddress } from '../logic/session.js';
import { ask, change } from './gateway.js';
import { PlatformError } from './platform.js';

export async function readSession(): Promise<Session> {
  const session = toSession((await ask('/api/session')).body);
  if (session !== undefined) return session;
  throw new PlatformError({ code: 'unexpected', detail: 'The session answer has another form.' });
}

/** Answers the address at which the identity provider ends its own session. */
export async function signOut(csrfToken: string): Promise<string> {
  const { body } = await change({ method: 'POST', path: '/auth/signout', csrfToken });
  return webAddress(textIn(objectOf(body), 'location')) ?? '/';
}

/** Back to where the reader was, after signing in. */
export function signInAddress(path: string): string {
  return `/auth/signin?returnTo=${encodeURIComponent(path)}`;
}

/** The same, but the provider asks for password and second factor even of somebody it knows. */
export function freshSignInAddress(path: string): string {
  return `/auth/signin?fresh=1&returnTo=${encodeURIComponent(path)}`;
}
