/**
 * The sign-in, page by page: what is still needed is asked from `steps`, each step has a page and reads one form. When nothing is
 * needed any more the person is handed to the provider, with how they proved who they are.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Counter, Logger } from '@contor/kit';
import type { Provider } from 'oidc-provider';
import { authenticationOf } from '../authentication.js';
import type { BackOff } from '../back-off.js';
import { readForm, remoteAddress, sendPage } from '../http.js';
import { messagePage } from '../pages/pages.js';
import { chooseLanguage, type Language } from '../pages/texts.js';
import type { SecondFactor } from '../second-factor/second-factor.js';
import type { Sessions } from '../sessions.js';
import { nextStep, type OtpPolicy, type Step } from '../steps.js';
import type { User, Users } from '../users.js';
import { codeStep } from './code.js';
import { newPasswordStep } from './new-password.js';
import { passwordStep } from './password.js';
import type { Progress, ProgressStore } from './progress.js';
import { setUpCodeStep } from './set-up-code.js';

export interface SignInParts {
  readonly provider: Provider;
  readonly users: Users;
  readonly sessions: Sessions;
  readonly secondFactor: SecondFactor;
  readonly progress: ProgressStore;
  readonly backOff: BackOff;
  readonly otpPolicy: OtpPolicy;
  readonly dashboardUrl: string;
  readonly signOutUrl: string;
  readonly attempts: Counter<'outcome'>;
  readonly log: Logger;
}

/** One sign-in under way, in one browser. */
export interface Interaction {
  readonly uid: string;
  readonly language: Language;
  readonly address: string;
  /** Whoever is signed in already and has to prove it again: nobody else may answer in their place. */
  readonly known: User | undefined;
  /** The provider's session of this browser. */
  readonly sessionUid: string | undefined;
}

export type Outcome =
  | { readonly kind: 'page'; readonly status: number; readonly page: string; readonly waitMs?: number }
  /** Something is known now that was not before. */
  | { readonly kind: 'progress'; readonly progress: Progress };

export interface StepHandler {
  show(parts: SignInParts, interaction: Interaction, user: User | undefined): Promise<string>;
  read(parts: SignInParts, interaction: Interaction, form: URLSearchParams, user: User | undefined): Promise<Outcome>;
}

const STEPS: Readonly<Record<Exclude<Step, 'done'>, StepHandler>> = {
  password: passwordStep,
  code: codeStep,
  newPassword: newPasswordStep,
  setUpCode: setUpCodeStep,
};

export async function handleSignIn(
  parts: SignInParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const found = await interactionOf(parts, request, response);
  if (found === undefined) {
    const language = languageOf(request);
    const facts = { title: 'expiredTitle', text: 'expiredText', dashboardUrl: parts.dashboardUrl } as const;
    return sendPage(response, 400, messagePage({ language, ...facts }));
  }
  if (request.method !== 'POST') return showStep(parts, found, request, response);
  const form = await readForm(request);
  const interaction = { ...found, language: chooseLanguage(form.get('language') ?? undefined, found.language) };
  const { step, user } = stepOf(parts, interaction);
  if (step === 'done') return finish(parts, interaction, request, response);
  const outcome = await STEPS[step].read(parts, interaction, form, user);
  if (outcome.kind === 'progress') {
    await parts.progress.save(interaction.uid, outcome.progress);
    return showStep(parts, interaction, request, response);
  }
  if (outcome.waitMs !== undefined) response.setHeader('Retry-After', Math.ceil(outcome.waitMs / 1000));
  sendPage(response, outcome.status, outcome.page);
}

async function showStep(
  parts: SignInParts,
  interaction: Interaction,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { step, user } = stepOf(parts, interaction);
  if (step === 'done') return finish(parts, interaction, request, response);
  sendPage(response, 200, await STEPS[step].show(parts, interaction, user));
}

/** Looked up anew each time: an account that was locked in the middle begins again, and fails there. */
function stepOf(
  { progress, users, otpPolicy }: SignInParts,
  { uid }: Interaction,
): { step: Step; user: User | undefined } {
  const known = progress.of(uid);
  const found = known === undefined ? undefined : users.byId(known.accountId);
  const user = found?.isEnabled === true ? found : undefined;
  return { step: nextStep(user, known?.methods ?? [], otpPolicy), user };
}

async function finish(
  parts: SignInParts,
  { uid }: Interaction,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const known = parts.progress.of(uid);
  if (known === undefined) throw new Error('A sign-in without progress is not done.');
  await parts.progress.end(uid);
  parts.attempts.inc({ outcome: 'welcome' });
  parts.log.info({ subject: known.accountId, methods: known.methods }, 'Somebody signed in.');
  const login = { accountId: known.accountId, ...authenticationOf(known.methods) };
  await parts.provider.interactionFinished(request, response, { login });
}

/** A form cannot be given twice or be filled in for somebody else: its cookie and its address must name one interaction. */
async function interactionOf(
  { provider, users }: SignInParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Interaction | undefined> {
  try {
    const { uid, prompt, params, session } = await provider.interactionDetails(request, response);
    const isThisOne = new URL(request.url ?? '/', 'http://unused').pathname.endsWith(`/${uid}`);
    if (!isThisOne || prompt.name !== 'login') return undefined;
    const wish = typeof params.ui_locales === 'string' ? params.ui_locales : undefined;
    const known = session?.accountId === undefined ? undefined : users.byId(session.accountId);
    return {
      uid,
      language: languageOf(request, wish),
      address: remoteAddress(request),
      known,
      sessionUid: session?.uid,
    };
  } catch (error) {
    if (error instanceof Error && error.name === 'SessionNotFound') return undefined;
    throw error;
  }
}

function languageOf(request: IncomingMessage, wish?: string): Language {
  const query = new URL(request.url ?? '/', 'http://unused').searchParams;
  return chooseLanguage(query.get('language') ?? undefined, wish, request.headers['accept-language']);
}
