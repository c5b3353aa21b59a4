/** The pages of one's own account, as pure functions: facts in, a whole document out. No script is needed. */

import { type Html, html } from '../pages/html.js';
import { codeField, newPasswordFields, recoveryList, setUpSteps } from '../pages/parts.js';
import { field, fill, languageLinks, type Problem, page } from '../pages/shell.js';
import { LANGUAGES, type Language, type Texts } from '../pages/texts.js';
import type { OwnSession } from '../sessions.js';
import { fullNameOf, type User } from '../users.js';
import { agentInWords } from './agent.js';
import { ACCOUNT_PATH, SECOND_FACTOR_PATH } from './visitor.js';

export const PASSWORD_PATH = `${ACCOUNT_PATH}/password`;
export const RECOVERY_PATH = `${SECOND_FACTOR_PATH}/recovery`;
export const REMOVE_PATH = `${SECOND_FACTOR_PATH}/remove`;
export const SESSIONS_PATH = `${ACCOUNT_PATH}/sessions`;

export interface AccountFacts {
  readonly language: Language;
  readonly csrf: string;
  readonly user: User;
}

export interface OverviewFacts extends AccountFacts {
  readonly sessions: readonly OwnSession[];
  readonly sessionUid: string;
  readonly isCodeDemanded: boolean;
  readonly isSaved: boolean;
  readonly dashboardUrl: string;
}

export function overviewPage(facts: OverviewFacts): string {
  const { language, user, isSaved, dashboardUrl } = facts;
  const { texts } = LANGUAGES[language];
  const body = html`${isSaved ? html`<p class="saved" role="status">${texts.accountSaved}</p>` : undefined}
    <p class="soft">${fill(texts.accountFor, { name: fullNameOf(user) })} (${user.username})</p>
    <section aria-labelledby="password-title"><h2 id="password-title">${texts.password}</h2>
      <p><a href="${linkTo(PASSWORD_PATH, language)}">${texts.changePassword}</a></p></section>
    <section aria-labelledby="factor-title"><h2 id="factor-title">${texts.secondFactor}</h2>${secondFactorPart(facts)}</section>
    <section aria-labelledby="sessions-title"><h2 id="sessions-title">${texts.sessions}</h2>${sessionsPart(facts)}</section>
    <p class="after"><a class="button" href="${dashboardUrl}">${texts.backToDashboard}</a></p>
    ${languageLinks(language)}`;
  return page({ language, title: 'accountTitle', body });
}

function secondFactorPart({ user, isCodeDemanded, ...facts }: OverviewFacts): Html {
  const { language } = facts;
  const { texts } = LANGUAGES[language];
  if (user.otp === undefined) {
    return html`<p>${texts.secondFactorOff}</p>
      <p><a href="${linkTo(SECOND_FACTOR_PATH, language)}">${texts.secondFactorSetUp}</a></p>`;
  }
  const { createdAtMs, recovery } = user.otp;
  return html`<p>${fill(texts.secondFactorOn, { date: dateOf(createdAtMs, language), count: recovery.length })}</p>
      ${buttonForm(facts, RECOVERY_PATH, texts.secondFactorNewCodes)}
      ${isCodeDemanded ? html`<p class="hint">${texts.secondFactorKept}</p>` : buttonForm(facts, REMOVE_PATH, texts.secondFactorRemove)}`;
}

function sessionsPart(facts: OverviewFacts): Html {
  const { language, sessions, sessionUid } = facts;
  const { texts } = LANGUAGES[language];
  const hasOthers = sessions.some(({ uid }) => uid !== sessionUid);
  return html`<p>${texts.sessionsIntro}</p>
      <ul class="list">${sessions.map((session) => sessionItem(facts, session))}</ul>
      ${hasOthers ? buttonForm(facts, SESSIONS_PATH, texts.sessionEndOthers, { value: 'others' }) : undefined}`;
}

function sessionItem(facts: OverviewFacts, { uid, sinceMs, address, agent }: OwnSession): Html {
  const { language, sessionUid } = facts;
  const { texts } = LANGUAGES[language];
  const date = dateOf(sinceMs, language);
  const from = address === undefined ? '' : ` ${fill(texts.sessionFrom, { address })}`;
  const label = fill(texts.sessionEndLabel, { date });
  return html`<li><p>${agentInWords(agent) ?? texts.sessionUnknownAgent}<br>
        <span class="soft">${fill(texts.sessionSince, { date })}${from}</span></p>
        ${uid === sessionUid ? html`<p><strong>${texts.sessionThis}</strong></p>` : buttonForm(facts, SESSIONS_PATH, texts.sessionEnd, { value: uid, label })}</li>`;
}

export function passwordPage({
  language,
  csrf,
  user,
  problems,
}: AccountFacts & { readonly problems: readonly Problem[] }): string {
  const { texts } = LANGUAGES[language];
  const current = html`type="password" autocomplete="current-password" maxlength="256"`;
  const body = html`<form method="post" novalidate>
      ${hidden({ language, csrf })}
      ${field(texts, { name: 'currentPassword', problems, attributes: current })}
      ${newPasswordFields(texts, user.username, problems)}
      <button type="submit">${texts.savePassword}</button>
    </form>
    ${backLink(language)}${languageLinks(language)}`;
  return page({ language, title: 'changePassword', body, problems });
}

export interface SetUpPageFacts extends AccountFacts {
  readonly secret: Uint8Array;
  readonly problems: readonly Problem[];
}

export function setUpPage({ language, csrf, user, secret, problems }: SetUpPageFacts): string {
  const { texts } = LANGUAGES[language];
  const form = html`<form method="post" novalidate>
      ${hidden({ language, csrf })}
      ${codeField(texts, problems)}
      <button type="submit">${texts.setUpSave}</button>
    </form>`;
  const body = html`${setUpSteps(texts, { secret, username: user.username }, form)}
    ${backLink(language)}${languageLinks(language)}`;
  return page({ language, title: 'setUpTitle', body, problems });
}

export function newCodesPage(language: Language, codes: readonly string[]): string {
  const { texts } = LANGUAGES[language];
  const body = html`${recoveryList(texts, codes)}
    <p><a class="button" href="${linkTo(ACCOUNT_PATH, language)}">${texts.recoveryDone}</a></p>`;
  return page({ language, title: 'recoveryTitle', body });
}

export function linkTo(path: string, language: Language): string {
  return `${path}?language=${language}`;
}

interface ButtonFacts {
  readonly value?: string;
  /** Said aloud where several buttons look alike. */
  readonly label?: string;
}

function buttonForm(
  facts: Pick<AccountFacts, 'language' | 'csrf'>,
  action: string,
  text: Texts[keyof Texts],
  { value, label }: ButtonFacts = {},
): Html {
  return html`<form method="post" action="${action}">${hidden(facts)}
        <button class="quiet" type="submit"${value === undefined ? undefined : html` name="session" value="${value}"`}${
          label === undefined ? undefined : html` aria-label="${label}"`
        }>${text}</button></form>`;
}

function hidden({ language, csrf }: Pick<AccountFacts, 'language' | 'csrf'>): Html {
  return html`<input type="hidden" name="language" value="${language}"><input type="hidden" name="csrf" value="${csrf}">`;
}

function backLink(language: Language): Html {
  return html`<p class="after"><a href="${linkTo(ACCOUNT_PATH, language)}">${LANGUAGES[language].texts.backToAccount}</a></p>`;
}

/** In UTC and saying so: we do not know where the person is, and a page without script cannot ask. */
function dateOf(atMs: number, language: Language): string {
  const style = { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' } as const;
  return `${new Intl.DateTimeFormat(language, style).format(atMs)} UTC`;
}
