/** /auth: to the provider, back from it, and out. What belongs to one sign-in travels sealed in a cookie of ten minutes. */

import { type Logger, sameSecret } from '@contor/kit';
import type { Request, RequestHandler, Response } from 'express';
import { addressOf } from '../http/address.js';
import { sendProblem } from '../http/problem.js';
import { sendMessagePage } from '../pages/page.js';
import { type Access, SESSION_COOKIE } from '../sessions/access.js';
import type { CookieJar, CookieOptions } from '../sessions/cookies.js';
import { seal, unseal } from '../sessions/seal.js';
import { sessionOf } from '../visitor.js';
import type { OidcClient, SignInFlow } from './client.js';
import { safeReturnTo } from './return-to.js';

export interface AuthParts {
  readonly oidc: OidcClient;
  readonly access: Access;
  readonly cookies: CookieJar;
  readonly cookieSecret: string;
  readonly publicUrl: URL;
  readonly nowMs: () => number;
  readonly witness: SignInWitness;
  readonly log: Logger;
}

/** Who hears of sign-ins, before they count. */
export interface SignInWitness {
  signedIn(request: Request, response: Response, person: SignedInPerson): Promise<void>;
  refused(request: Request, response: Response, reason: string, person?: SignedInPerson): void;
}

export interface SignedInPerson {
  readonly subject: string;
  readonly username: string;
}

interface FlowCookie extends SignInFlow {
  readonly returnTo: string;
  readonly beganAtMs: number;
}

/** Time to find the password; the provider's own form lives a little longer. */
const FLOW_COOKIE: CookieOptions = { path: '/auth', maxAgeMs: 10 * 60_000 };
/** Tabs that sign in at once. Beyond it the old ones go, so that a page cannot fill the browser's cookie header. */
const FLOWS_LIMIT = 5;
const SEALED_FOR = 'sign-in';

export function signIn(parts: AuthParts): RequestHandler {
  const { oidc, cookies, cookieSecret, publicUrl, nowMs } = parts;
  return async (request, response) => {
    const parameters = parametersOf(request);
    const begun = await oidc.begin({ isFresh: parameters.get('fresh') === '1' });
    if (begun === 'unreachable') return sendMessagePage(request, response, 'unreachable');
    const flows = cookies.signInNames(request);
    if (flows.length >= FLOWS_LIMIT) for (const name of flows) cookies.clear(response, name, FLOW_COOKIE.path);
    const returnTo = safeReturnTo(parameters.get('returnTo'), publicUrl);
    const value: FlowCookie = { ...begun.flow, returnTo, beganAtMs: nowMs() };
    cookies.set(response, cookies.signInName(begun.flow.state), seal(cookieSecret, SEALED_FOR, value), FLOW_COOKIE);
    response.redirect(302, begun.url);
  };
}

export function callback(parts: AuthParts): RequestHandler {
  const { oidc, access, cookies, publicUrl, witness, log } = parts;
  return async (request, response) => {
    const flow = takeFlow(parts, request, response);
    if (flow === undefined) return answerStrayCallback(parts, request, response);
    const callbackUrl = new URL(request.originalUrl, publicUrl);
    const result = await oidc.complete(callbackUrl, flow);
    if (result === 'unreachable') return sendMessagePage(request, response, 'unreachable');
    if (result === 'refused') {
      log.warn({}, 'A sign-in came back refused.');
      witness.refused(request, response, 'provider');
      return sendMessagePage(request, response, 'refused');
    }
    const earlier = cookies.get(request, cookies.sessionName);
    if (earlier !== undefined) await access.end(earlier);
    const origin = { address: addressOf(request), agent: request.get('user-agent') ?? '' };
    const begun = await access.begin(result, origin);
    if (begun.kind === 'locked') {
      log.warn({ subject: result.person.subject }, 'Somebody signed in whom the access book keeps out.');
      witness.refused(request, response, 'locked', result.person);
      return sendMessagePage(request, response, 'locked');
    }
    try {
      await witness.signedIn(request, response, result.person);
    } catch (error) {
      await access.end(begun.sessionId); // What cannot be recorded does not happen.
      throw error;
    }
    cookies.set(response, cookies.sessionName, begun.sessionId, SESSION_COOKIE);
    response.redirect(302, flow.returnTo);
  };
}

export function signOut(parts: AuthParts): RequestHandler {
  const { oidc, access, cookies } = parts;
  return async (request, response) => {
    const tokens = await access.end(sessionOf(request).id);
    cookies.clear(response, cookies.sessionName, SESSION_COOKIE.path);
    const location = await oidc.signOut(tokens?.refreshToken, tokens?.idToken);
    response.json({ location: location ?? '/' });
  };
}

/** The cookie that belongs to the state in the address, opened and thrown away: it is good for one try. */
function takeFlow(parts: AuthParts, request: Request, response: Response): FlowCookie | undefined {
  const { cookies, cookieSecret, nowMs } = parts;
  const state = parametersOf(request).get('state') ?? '';
  const name = cookies.signInName(state);
  const sealed = cookies.get(request, name);
  if (sealed === undefined) return undefined;
  cookies.clear(response, name, FLOW_COOKIE.path);
  const flow = unseal(cookieSecret, SEALED_FOR, sealed) as FlowCookie | undefined;
  const isInTime = flow !== undefined && nowMs() - flow.beganAtMs < FLOW_COOKIE.maxAgeMs;
  return isInTime && sameSecret(flow.state, state) ? flow : undefined;
}

/** Usually the back button after a sign-in that worked: whoever is signed in goes on to the first page. */
async function answerStrayCallback({ access }: AuthParts, request: Request, response: Response): Promise<void> {
  const found = await access.visitorOf(request);
  if (found === 'unreachable') return sendProblem(response, 'identity.unreachable');
  if (found !== undefined) return response.redirect(302, '/');
  sendMessagePage(request, response, 'expired');
}

function parametersOf(request: Request): URLSearchParams {
  return new URL(request.originalUrl, 'http://unused').searchParams;
}
