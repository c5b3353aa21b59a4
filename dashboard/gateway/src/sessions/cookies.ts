/** Cookies (RFC 6265bis): HttpOnly and Lax always; under TLS Secure and, where the path allows, `__Host-`. */

import type { Request, Response } from 'express';

export interface CookieOptions {
  readonly path: string;
  readonly maxAgeMs: number;
}

export interface CookieJar {
  readonly sessionName: string;
  /** Name of the cookie of one sign-in under way, told apart by its state. */
  signInName(state: string): string;
  /** Names of all sign-ins under way in this browser. */
  signInNames(request: Request): readonly string[];
  get(request: Request, name: string): string | undefined;
  set(response: Response, name: string, value: string, options: CookieOptions): void;
  clear(response: Response, name: string, path: string): void;
}

/** Enough to tell two tabs apart. */
const STATE_LETTERS = 8;

export function createCookieJar(isSecure: boolean): CookieJar {
  const signInPrefix = isSecure ? '__Secure-contor_signin_' : 'contor_signin_';
  const base = { httpOnly: true, sameSite: 'lax', secure: isSecure } as const;
  return {
    sessionName: isSecure ? '__Host-contor_session' : 'contor_session',
    signInName: (state) => signInPrefix + state.replace(/[^\w-]/g, '').slice(0, STATE_LETTERS),
    signInNames: (request) => [...parseCookies(request).keys()].filter((name) => name.startsWith(signInPrefix)),
    get: (request, name) => parseCookies(request).get(name),
    set: (response, name, value, { path, maxAgeMs }) =>
      response.cookie(name, value, { ...base, path, maxAge: maxAgeMs }),
    clear: (response, name, path) => response.clearCookie(name, { ...base, path }),
  };
}

/** Our values are base64url; the first of a repeated name counts, as in RFC 6265, 5.4 the more specific path comes first. */
function parseCookies(request: Request): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, at).trim();
    if (at > 0 && !cookies.has(name)) cookies.set(name, pair.slice(at + 1).trim());
  }
  return cookies;
}
