/** The sign-in form: shows it, checks what comes back, and hands the person to the provider or the problem to the page. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Counter, Logger } from '@contor/kit';
import type { Provider } from 'oidc-provider';
import { authenticationOf } from './authentication.js';
import type { BackOff } from './back-off.js';
import { readForm, remoteAddress, sendPage } from './http.js';
import { messagePage, type SignInProblem, signInPage } from './pages/pages.js';
import { chooseLanguage, type Language } from './pages/texts.js';
import { PASSWORD_LIMIT, PasswordQueueFull, verifyPassword } from './passwords.js';
import type { User, Users } from './users.js';

export interface SignInParts {
  readonly provider: Provider;
  readonly users: Users;
  readonly backOff: BackOff;
  readonly dashboardUrl: string;
  readonly attempts: Counter<'outcome'>;
  readonly log: Logger;
}

type Outcome =
  | { readonly kind: 'welcome'; readonly user: User }
  | {
      readonly kind: 'problem';
      readonly status: number;
      readonly problems: readonly SignInProblem[];
      readonly waitMs?: number;
    };

interface Attempt {
  readonly username: string;
  readonly password: string;
  readonly address: string;
}

export async function handleSignIn(
  parts: SignInParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const query = new URL(request.url ?? '/', 'http://unused').searchParams;
  const details = await interactionOf(parts.provider, request, response);
  const wishes = [query.get('language') ?? undefined, details?.uiLocales, request.headers['accept-language']];
  const language = chooseLanguage(...wishes);
  if (details === undefined) {
    const facts = { title: 'expiredTitle', text: 'expiredText', dashboardUrl: parts.dashboardUrl } as const;
    return sendPage(response, 400, messagePage({ language, ...facts }));
  }
  if (request.method !== 'POST') return sendPage(response, 200, signInPage({ language, username: '', problems: [] }));
  await handlePost(parts, request, response, language);
}

async function handlePost(
  parts: SignInParts,
  request: IncomingMessage,
  response: ServerResponse,
  wishedLanguage: Language,
): Promise<void> {
  const form = await readForm(request);
  const language = chooseLanguage(form.get('language') ?? undefined, wishedLanguage);
  const username = (form.get('username') ?? '').trim();
  const outcome = await judge(parts, {
    username,
    password: form.get('password') ?? '',
    address: remoteAddress(request),
  });
  if (outcome.kind === 'welcome') {
    parts.log.info({ subject: outcome.user.id }, 'Somebody signed in.');
    await parts.provider.interactionFinished(request, response, {
      login: { accountId: outcome.user.id, ...authenticationOf(['pwd']) },
    });
    return;
  }
  if (outcome.waitMs !== undefined) response.setHeader('Retry-After', Math.ceil(outcome.waitMs / 1000));
  sendPage(response, outcome.status, signInPage({ language, username, problems: outcome.problems }));
}

/** A form cannot be given twice or be filled in for somebody else: its cookie and its address must name one interaction. */
async function interactionOf(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<{ uiLocales: string | undefined } | undefined> {
  try {
    const { uid, prompt, params } = await provider.interactionDetails(request, response);
    const isThisOne = new URL(request.url ?? '/', 'http://unused').pathname.endsWith(`/${uid}`);
    if (!isThisOne || prompt.name !== 'login') return undefined;
    const wish = params.ui_locales;
    return { uiLocales: typeof wish === 'string' ? wish : undefined };
  } catch (error) {
    if (error instanceof Error && error.name === 'SessionNotFound') return undefined;
    throw error;
  }
}

async function judge(parts: SignInParts, attempt: Attempt): Promise<Outcome> {
  const { username, password, address } = attempt;
  if (username === '' || password === '') return missing(attempt);
  const waitMs = parts.backOff.tryOnce(username, address);
  if (waitMs > 0) return mustWait(parts, address, waitMs);

  const user = parts.users.byName(username);
  const isRight = await check(password, user);
  if (isRight === 'busy') return refuse(503, { text: 'busy' });
  if (!isRight || user === undefined || !user.isEnabled) {
    parts.attempts.inc({ outcome: 'refused' });
    // No name in the log: people type their password into the wrong field.
    parts.log.warn({ address, subject: user?.id }, 'A sign-in was refused.');
    return refuse(200, { text: 'wrongCredentials' });
  }
  parts.backOff.succeeded(username, address);
  parts.attempts.inc({ outcome: 'welcome' });
  return { kind: 'welcome', user };
}

async function check(password: string, user: User | undefined): Promise<boolean | 'busy'> {
  if (password.length > PASSWORD_LIMIT) return false;
  try {
    return await verifyPassword(password, user?.password);
  } catch (error) {
    if (error instanceof PasswordQueueFull) return 'busy';
    throw error;
  }
}

function missing({ username, password }: Attempt): Outcome {
  const problems: SignInProblem[] = [];
  if (username === '') problems.push({ text: 'usernameMissing', field: 'username' });
  if (password === '') problems.push({ text: 'passwordMissing', field: 'password' });
  return { kind: 'problem', status: 200, problems };
}

const SECONDS_ARE_READABLE_MS = 90_000;

function mustWait(parts: SignInParts, address: string, waitMs: number): Outcome {
  parts.attempts.inc({ outcome: 'waiting' });
  parts.log.warn({ address, waitMs }, 'A sign-in has to wait after too many wrong passwords.');
  const problem: SignInProblem =
    waitMs < SECONDS_ARE_READABLE_MS
      ? { text: 'waitSeconds', count: Math.ceil(waitMs / 1000) }
      : { text: 'waitMinutes', count: Math.ceil(waitMs / 60_000) };
  return { kind: 'problem', status: 429, problems: [problem], waitMs };
}

function refuse(status: number, problem: SignInProblem): Outcome {
  return { kind: 'problem', status, problems: [problem] };
}
