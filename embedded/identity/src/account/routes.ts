/**
 * One's own account at Keycloak's path: change the password, set up or give up the second factor, end sessions. Every form carries a
 * token of its session; a password is changed with the old one, a second factor with a fresh sign-in.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@contor/kit';
import type { BackOff } from '../back-off.js';
import { FormError, readForm, remoteAddress, sendPage } from '../http.js';
import { choosePassword, isPasswordOf } from '../new-password.js';
import type { Problem } from '../pages/shell.js';
import { chooseLanguage, type Language } from '../pages/texts.js';
import type { SecondFactor } from '../second-factor/second-factor.js';
import type { Sessions } from '../sessions.js';
import { waitProblem } from '../sign-in/outcomes.js';
import { isCodeDemanded, type OtpPolicy } from '../steps.js';
import {
  linkTo,
  newCodesPage,
  overviewPage,
  PASSWORD_PATH,
  passwordPage,
  RECOVERY_PATH,
  REMOVE_PATH,
  SESSIONS_PATH,
  setUpPage,
} from './pages.js';
import {
  ACCOUNT_PATH,
  type AccountVisitor,
  isFormOf,
  SECOND_FACTOR_PATH,
  signInUrl,
  type VisitorParts,
  visitorOf,
} from './visitor.js';

export interface AccountParts extends VisitorParts {
  readonly sessions: Sessions;
  readonly secondFactor: SecondFactor;
  readonly backOff: BackOff;
  readonly otpPolicy: OtpPolicy;
  readonly dashboardUrl: string;
  readonly nowMs: () => number;
  readonly log: Logger;
}

interface Visit extends AccountVisitor {
  readonly parts: AccountParts;
  readonly language: Language;
  readonly address: string;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
}

type Answer =
  | { readonly kind: 'page'; readonly status?: number; readonly page: string }
  /** Done: back to the overview, which says so. */
  | { readonly kind: 'saved' }
  /** Nothing to do here. */
  | { readonly kind: 'overview' };

interface AccountRow {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Asks again for somebody who signed in longer ago than this. */
  readonly needsFresh?: true;
  readonly handle: (visit: Visit) => Promise<Answer>;
}

// biome-ignore format: a table
const ROUTES: readonly AccountRow[] = [
  { method: 'GET', path: ACCOUNT_PATH, handle: showOverview },
  { method: 'GET', path: PASSWORD_PATH, handle: showPassword },
  { method: 'POST', path: PASSWORD_PATH, handle: changePassword },
  { method: 'GET', path: SECOND_FACTOR_PATH, needsFresh: true, handle: showSetUp },
  { method: 'POST', path: SECOND_FACTOR_PATH, needsFresh: true, handle: setUp },
  { method: 'POST', path: RECOVERY_PATH, needsFresh: true, handle: renewRecovery },
  { method: 'POST', path: REMOVE_PATH, needsFresh: true, handle: giveUpSecondFactor },
  { method: 'POST', path: SESSIONS_PATH, handle: endSessions },
];

const FRESH_FOR_MS = 5 * 60_000;

export function isAccountPath(path: string): boolean {
  return path === ACCOUNT_PATH || path.startsWith(`${ACCOUNT_PATH}/`);
}

/** False: there is no such page. */
export async function handleAccount(
  parts: AccountParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const { pathname, searchParams: query } = new URL(request.url ?? '/', parts.publicUrl);
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const row = ROUTES.find((candidate) => candidate.method === method && candidate.path === trimmed(pathname));
  if (row === undefined) return false;
  const form = method === 'POST' ? await readForm(request) : new URLSearchParams();
  const language = chooseLanguage(
    form.get('language') ?? query.get('language') ?? query.get('state') ?? undefined,
    request.headers['accept-language'],
  );
  const visitor = await visitorOf(parts, request, response);
  if (visitor === undefined || (row.needsFresh === true && !isFresh(parts, visitor))) {
    const path = row.needsFresh === true ? SECOND_FACTOR_PATH : ACCOUNT_PATH;
    redirect(response, signInUrl({ path, publicUrl: parts.publicUrl, language, isFresh: visitor !== undefined }));
    return true;
  }
  if (query.has('code') || query.has('error')) {
    redirect(response, linkTo(pathname, language)); // Back from the sign-in: what it brought has no use and no place in the history.
    return true;
  }
  if (method === 'POST' && !isFormOf(visitor, form)) throw new FormError(403, 'The form is not of this session.');
  const answer = await row.handle({ ...visitor, parts, language, address: remoteAddress(request), query, form });
  if (answer.kind === 'page') sendPage(response, answer.status ?? 200, answer.page);
  else redirect(response, linkTo(ACCOUNT_PATH, language) + (answer.kind === 'saved' ? '&saved=1' : ''));
  return true;
}

async function showOverview(visit: Visit): Promise<Answer> {
  const { parts, user, query } = visit;
  const sessions = [...parts.sessions.of(user.id)].sort((a, b) => b.sinceMs - a.sinceMs);
  const facts = { isCodeDemanded: isCodeDemanded(user, parts.otpPolicy), isSaved: query.has('saved'), sessions };
  return { kind: 'page', page: overviewPage({ ...visit, ...facts, dashboardUrl: parts.dashboardUrl }) };
}

async function showPassword(visit: Visit): Promise<Answer> {
  return { kind: 'page', page: passwordPage({ ...visit, problems: [] }) };
}

async function changePassword(visit: Visit): Promise<Answer> {
  const { parts, user, form, address } = visit;
  const refuse = (problem: Problem, status = 200): Answer => {
    return { kind: 'page', status, page: passwordPage({ ...visit, problems: [problem] }) };
  };
  // A browser left open is no reason to let somebody guess here.
  const waitMs = parts.backOff.tryOnce(user.username, address);
  if (waitMs > 0) return refuse(waitProblem(waitMs), 429);
  const isRight = await isPasswordOf(parts.users.passwords, user, form.get('currentPassword') ?? '');
  if (isRight === 'busy') return refuse({ text: 'busy' }, 503);
  if (!isRight) return refuse({ text: 'currentPasswordWrong', field: 'currentPassword' });
  parts.backOff.succeeded(user.username, address);
  const chosen = await choosePassword(parts.users.passwords, form, user);
  if (chosen.kind === 'problem') return refuse(chosen.problem);
  const requiredActions = user.requiredActions.filter((action) => action !== 'UPDATE_PASSWORD');
  await parts.users.change(user.id, { password: chosen.hash, requiredActions });
  await parts.sessions.endAll(user.id, { session: visit.sessionUid });
  parts.log.info({ subject: user.id }, 'Somebody changed their password.');
  return { kind: 'saved' };
}

async function showSetUp(visit: Visit): Promise<Answer> {
  if (visit.user.otp !== undefined) return { kind: 'overview' }; // There is one at a time; the overview says how to be rid of it.
  return setUpAnswer(visit, []);
}

async function setUp(visit: Visit): Promise<Answer> {
  const { parts, user, form, language } = visit;
  if (user.otp !== undefined) return { kind: 'overview' };
  const code = (form.get('code') ?? '').trim();
  if (code === '') return setUpAnswer(visit, [{ text: 'codeMissing', field: 'code' }]);
  const waitMs = parts.backOff.tryCode(user.id);
  if (waitMs > 0) return setUpAnswer(visit, [waitProblem(waitMs)], 429);
  const codes = await parts.secondFactor.enrol(user, code);
  if (codes === undefined) return setUpAnswer(visit, [{ text: 'codeWrong', field: 'code' }]);
  parts.backOff.codeSucceeded(user.id);
  parts.log.info({ subject: user.id }, 'A second factor was set up.');
  return { kind: 'page', page: newCodesPage(language, codes) };
}

async function setUpAnswer(visit: Visit, problems: readonly Problem[], status = 200): Promise<Answer> {
  const secret = await visit.parts.secondFactor.pending(visit.user);
  return { kind: 'page', status, page: setUpPage({ ...visit, secret, problems }) };
}

async function renewRecovery({ parts, user, language }: Visit): Promise<Answer> {
  const codes = await parts.secondFactor.renewRecovery(user);
  return codes === undefined ? { kind: 'overview' } : { kind: 'page', page: newCodesPage(language, codes) };
}

async function giveUpSecondFactor({ parts, user }: Visit): Promise<Answer> {
  if (isCodeDemanded(user, parts.otpPolicy)) throw new FormError(403, 'This account needs its second factor.');
  await parts.secondFactor.giveUp(user);
  parts.log.info({ subject: user.id }, 'A second factor was given up.');
  return { kind: 'saved' };
}

async function endSessions({ parts, user, form, sessionUid }: Visit): Promise<Answer> {
  const wish = form.get('session') ?? '';
  if (wish === 'others') await parts.sessions.endAll(user.id, { session: sessionUid });
  else if (parts.sessions.byUid(wish)?.accountId === user.id) await parts.sessions.end(wish);
  return { kind: 'saved' };
}

function isFresh({ nowMs }: AccountParts, { authenticatedAtMs }: AccountVisitor): boolean {
  return nowMs() - authenticatedAtMs < FRESH_FOR_MS;
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(303, { Location: location }).end();
}

/** Keycloak's own page is at `/account/`. */
function trimmed(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
