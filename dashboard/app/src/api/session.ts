/** The gateway's own calls: who is signed in, and signing out. */
import { faultOf } from '../logic/fault.js';
import { PlatformError, type Session } from './platform.js';

export async function readSession(): Promise<Session> {
  const body = await answerOf(fetch('/api/session', { headers: { Accept: 'application/json' }, cache: 'no-store' }));
  if (!isSession(body)) throw new PlatformError({ code: 'unexpected', detail: 'The session answer has another form.' });
  return body;
}

/** Answers the address at which the identity provider ends its own session. */
export async function signOut(csrfToken: string): Promise<string> {
  const body = await answerOf(fetch('/auth/signout', { method: 'POST', headers: { 'X-CSRF-Token': csrfToken } }));
  const { location } = (body ?? {}) as { location?: unknown };
  // Only a web address is followed: a `javascript:` one would run here.
  return typeof location === 'string' && /^(https?:\/\/|\/(?!\/))/.test(location) ? location : '/';
}

/** Back to where the reader was, after signing in. */
export function signInAddress(path: string): string {
  return `/auth/signin?returnTo=${encodeURIComponent(path)}`;
}

async function answerOf(request: Promise<Response>): Promise<unknown> {
  const response = await request.catch((error: unknown) => {
    throw new PlatformError(faultOf(0), error);
  });
  const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
  const body: unknown = isJson ? await response.json() : undefined;
  if (!response.ok) throw new PlatformError(faultOf(response.status, body));
  return body;
}

function isSession(body: unknown): body is Session {
  const session = body as Partial<Session> | undefined;
  return (
    typeof session === 'object' &&
    session !== null &&
    typeof session.user?.name === 'string' &&
    typeof session.csrfToken === 'string' &&
    Array.isArray(session.functions)
  );
}
