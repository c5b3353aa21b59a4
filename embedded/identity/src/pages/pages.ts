/** The pages of a sign-in, as pure functions: facts in, a whole document out. No script is needed to sign in. */

import { Html, html } from './html.js';
import { codeField, newPasswordFields, recoveryList, type SetUpFacts, setUpSteps } from './parts.js';
import { field, languageLinks, type Problem, page } from './shell.js';
import { LANGUAGES, type Language, type Texts } from './texts.js';

export const SIGN_OUT_SCRIPT_PATH = '/resources/sign-out.js';

export interface StepFacts {
  readonly language: Language;
  readonly problems: readonly Problem[];
}

export interface SignInFacts extends StepFacts {
  readonly username: string;
  /** Somebody who is signed in proves again that it is they: the name is given. */
  readonly signOutUrl?: string | undefined;
}

export function signInPage({ language, username, problems, signOutUrl }: SignInFacts): string {
  const { texts } = LANGUAGES[language];
  const isAgain = signOutUrl !== undefined;
  const name = html`type="text" value="${username}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="128"${isAgain ? html` readonly` : undefined}`;
  const secret = html`type="password" autocomplete="current-password" maxlength="256"`;
  const body = html`
    <p class="soft">${isAgain ? texts.signInAgainIntro : texts.signInIntro}</p>
    ${form(
      language,
      texts.signIn,
      html`${field(texts, { name: 'username', problems, attributes: name })}
      ${field(texts, { name: 'password', problems, attributes: secret })}`,
    )}
    ${isAgain ? html`<p class="after"><a href="${signOutUrl}">${texts.notYou}</a></p>` : undefined}
    ${languageLinks(language)}`;
  return page({ language, title: 'signInTitle', body, problems });
}

export function codePage({ language, problems }: StepFacts): string {
  const { texts } = LANGUAGES[language];
  const body = html`<p class="soft">${texts.codeIntro}</p>
    ${form(language, texts.continue, codeField(texts, problems, 'codeHint'))}
    ${languageLinks(language)}`;
  return page({ language, title: 'codeTitle', body, problems });
}

export function newPasswordPage({ language, problems, username }: SignInFacts): string {
  const { texts } = LANGUAGES[language];
  const body = html`<p class="soft">${texts.newPasswordIntro}</p>
    ${form(language, texts.savePassword, newPasswordFields(texts, username, problems))}
    ${languageLinks(language)}`;
  return page({ language, title: 'newPasswordTitle', body, problems });
}

export function setUpCodePage({ language, problems, ...facts }: StepFacts & SetUpFacts): string {
  const { texts } = LANGUAGES[language];
  const body = html`<p class="soft">${texts.setUpDemanded}</p>
    ${setUpSteps(texts, facts, form(language, texts.setUpSave, codeField(texts, problems)))}
    ${languageLinks(language)}`;
  return page({ language, title: 'setUpTitle', body, problems });
}

export function recoveryPage(language: Language, codes: readonly string[]): string {
  const { texts } = LANGUAGES[language];
  const body = html`${recoveryList(texts, codes)}${form(language, texts.recoveryDone, html``)}`;
  return page({ language, title: 'recoveryTitle', body });
}

function form(language: Language, button: string, fields: Html): Html {
  return html`<form method="post" novalidate>
      <input type="hidden" name="language" value="${language}">
      ${fields}
      <button type="submit">${button}</button>
    </form>`;
}

export interface MessageFacts {
  readonly language: Language;
  readonly title: keyof Texts;
  readonly text: keyof Texts;
  readonly dashboardUrl: string;
}

export function messagePage({ language, title, text, dashboardUrl }: MessageFacts): string {
  const { texts } = LANGUAGES[language];
  const body = html`<p>${texts[text]}</p><p><a class="button" href="${dashboardUrl}">${texts.backToDashboard}</a></p>`;
  return page({ language, title, body });
}

/** `form` is the provider's own, with its token against forgery; the script only presses its button. */
export function signOutPage(language: Language, ownForm: string): string {
  const { texts } = LANGUAGES[language];
  const body = html`<p>${texts.signOutText}</p>${new Html(ownForm)}
    <button type="submit" form="op.logoutForm" name="logout" value="yes">${texts.signOut}</button>`;
  return page({ language, title: 'signOutTitle', body, scriptPath: SIGN_OUT_SCRIPT_PATH });
}

/** Looked up by id because the button stands outside the form; its name and value go with the submission. */
export const SIGN_OUT_SCRIPT = `document.querySelector('button[name="logout"]').click();\n`;
