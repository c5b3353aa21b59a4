/** The pages of the provider, as pure functions: facts in, a whole document out. No script is needed to sign in. */

import { Html, html } from './html.js';
import { LANGUAGES, type Language, type Texts } from './texts.js';

export const STYLE_PATH = '/resources/contor.css';
export const MARK_PATH = '/resources/contor.svg';
export const SIGN_OUT_SCRIPT_PATH = '/resources/sign-out.js';

export interface SignInProblem {
  readonly text: keyof Texts;
  readonly count?: number;
  /** The field to look at; without one the problem is about the attempt as a whole. */
  readonly field?: 'username' | 'password';
}

export interface SignInFacts {
  readonly language: Language;
  readonly username: string;
  readonly problems: readonly SignInProblem[];
}

export function signInPage({ language, username, problems }: SignInFacts): string {
  const { texts } = LANGUAGES[language];
  const hasProblem = problems.length > 0;
  const body = html`
    <p class="soft">${texts.signInIntro}</p>
    ${hasProblem ? problemSummary(texts, problems) : undefined}
    <form method="post" novalidate>
      <input type="hidden" name="language" value="${language}">
      ${field(texts, 'username', problems, html`type="text" value="${username}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="128"`)}
      ${field(texts, 'password', problems, html`type="password" autocomplete="current-password" maxlength="256"`)}
      <button type="submit">${texts.signIn}</button>
    </form>
    ${languageLinks(language)}`;
  return page(language, (hasProblem ? texts.errorPrefix : '') + texts.signInTitle, texts.signInTitle, body);
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
  return page(language, texts[title], texts[title], body);
}

/** `form` is the provider's own, with its token against forgery; the script only presses its button. */
export function signOutPage(language: Language, form: string): string {
  const { texts } = LANGUAGES[language];
  const body = html`<p>${texts.signOutText}</p>${new Html(form)}
    <button type="submit" form="op.logoutForm" name="logout" value="yes">${texts.signOut}</button>`;
  return page(language, texts.signOutTitle, texts.signOutTitle, body, SIGN_OUT_SCRIPT_PATH);
}

/** Looked up by id because the button stands outside the form; its name and value go with the submission. */
export const SIGN_OUT_SCRIPT = `document.querySelector('button[name="logout"]').click();\n`;

function page(language: Language, title: string, heading: string, body: Html, scriptPath?: string): string {
  const { texts } = LANGUAGES[language];
  return html`<!DOCTYPE html>
<html lang="${language}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>${title} · ${texts.product}</title>
  <link rel="icon" href="${MARK_PATH}" type="image/svg+xml">
  <link rel="stylesheet" href="${STYLE_PATH}">
</head>
<body>
  <header><p class="product"><img src="${MARK_PATH}" alt="" width="32" height="32"> ${texts.product}</p></header>
  <main>
    <h1>${heading}</h1>
    ${body}
  </main>
  ${scriptPath === undefined ? undefined : html`<script src="${scriptPath}" defer></script>`}
</body>
</html>
`.text;
}

/** WCAG 2.2, 3.3.1 and 4.1.3: said aloud at once, and each line leads to its field. */
function problemSummary(texts: Texts, problems: readonly SignInProblem[]): Html {
  const items = problems.map((problem) => {
    const text = wording(texts, problem);
    return html`<li>${problem.field === undefined ? text : html`<a href="#${problem.field}">${text}</a>`}</li>`;
  });
  return html`<div class="problem" role="alert" id="problem" tabindex="-1">
      <h2>${texts.errorSummary}</h2><ul>${items}</ul>
    </div>`;
}

function field(
  texts: Texts,
  name: 'username' | 'password',
  problems: readonly SignInProblem[],
  attributes: Html,
): Html {
  const problem = problems.find((candidate) => candidate.field === name);
  const marks = problem === undefined ? undefined : html` aria-invalid="true" aria-describedby="${name}-problem"`;
  return html`<div class="field">
        <label for="${name}">${texts[name]}</label>
        ${problem === undefined ? undefined : html`<p class="field-problem" id="${name}-problem">${wording(texts, problem)}</p>`}
        <input id="${name}" name="${name}" required ${attributes}${marks}>
      </div>`;
}

function wording(texts: Texts, { text, count }: SignInProblem): string {
  return texts[text].replace('{count}', String(count ?? ''));
}

function languageLinks(current: Language): Html {
  const links = Object.entries(LANGUAGES).map(([tag, { name }]) =>
    tag === current
      ? html`<li><span aria-current="true" lang="${tag}">${name}</span></li>`
      : html`<li><a href="?language=${tag}" hreflang="${tag}" lang="${tag}">${name}</a></li>`,
  );
  return html`<nav aria-label="${LANGUAGES[current].texts.language}"><ul class="languages">${links}</ul></nav>`;
}
