/**
 * What a request shows: a session cookie, an access token (RFC 6750) or an API key, and only one of them. Two at once are refused:
 * which of the two decides would otherwise be a matter of luck, and a cookie rides along without its owner's wish.
 */

import type { Request } from 'express';
import { KEY_BEGINNING } from './partner/api-key.js';
import type { CookieJar } from './sessions/cookies.js';

export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'session'; readonly id: string }
  | { readonly kind: 'key'; readonly text: string }
  | { readonly kind: 'token'; readonly text: string }
  | { readonly kind: 'mixed' }
  | { readonly kind: 'malformed' };

/** RFC 6750, 2.1: b64token. Longer than any token we would look at. */
const BEARER = /^Bearer ([\w.~+/-]{1,8192}=*)$/i;

export function readCredentials(request: Request, cookies: CookieJar): Credentials {
  const { authorization, 'x-api-key': apiKey } = request.headers;
  const session = cookies.get(request, cookies.sessionName);
  const shown = [authorization, apiKey, session].filter((one) => one !== undefined).length;
  if (shown === 0) return { kind: 'none' };
  if (shown > 1 || isRepeated(request, 'authorization') || isRepeated(request, 'x-api-key')) return { kind: 'mixed' };
  if (session !== undefined) return { kind: 'session', id: session };
  if (typeof apiKey === 'string') return { kind: 'key', text: apiKey };
  const bearer = BEARER.exec(authorization ?? '')?.[1];
  if (bearer === undefined) return { kind: 'malformed' };
  return bearer.startsWith(KEY_BEGINNING) ? { kind: 'key', text: bearer } : { kind: 'token', text: bearer };
}

/** Node keeps the first of two `Authorization` headers; a proxy in front may have looked at the second. */
function isRepeated({ rawHeaders }: Request, name: string): boolean {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.toLowerCase() === name) count += 1;
  return count > 1;
}
