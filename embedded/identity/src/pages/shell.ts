/** What every page is made of: the frame, the summary of problems, fields, languages. Pure functions: facts in, text out. */

import { type Html, html } from './html.js';
import { LANGUAGES, type Language, type Texts } from './texts.js';

export const STYLE_PATH = '/resources/contor.css';
export const MARK_PATH = '/resources/contor.svg';

export type FieldName = 'username' | 'password' | 'code' | 'newPassword' | 'repeat' | 'currentPassword';

export interface Problem {
  readonly text: keyof Texts;
  readonly count?: number;
  /** The field to look at; without one the problem is about the attempt as a whole. */
  readonly field?: FieldName;
}

export interface PageFacts {
  readonly language: Language;
  readonly title: keyof Texts;
  readonly body: Html;
  readonly problems?: readonly Problem[];
  readonly scriptPath?: string;
}

export function page({ language, title, body, problems = [], scriptPath }: PageFacts): string {
  const { texts } = LANGUAGES[language];
  const prefix = problems.length > 0 ? texts.errorPrefix : '';
  return html`<!DOCTYPE html>
<html lang="${language}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>${prefix}${texts[title]} · ${texts.product}</title>
  <link rel="icon" href="${MARK_PATH}" type="image/svg+xml">
  <link rel="stylesheet" href="${STYLE_PATH}">
</head>
<body>
  <header><p class="product"><img src="${MARK_PATH}" alt="" width="32" height="32"> ${texts.product}</p></header>
  <main>
    <h1>${texts[title]}</h1>
    ${problems.length > 0 ? problemSummary(texts, problems) : undefined}
    ${body}
  </main>
  ${scriptPath === undefined ? undefined : html`<script src="${scriptPath}" defer></script>`}
</body>
</html>
`.text;
}

/** WCAG 2.2, 3.3.1 and 4.1.3: said aloud at once, and each line leads to its field. */
function problemSummary(texts: Texts, problems: readonly Problem[]): Html {
  const items = problems.map((problem) => {
    const text = wording(texts, problem);
    return html`<li>${problem.field === undefined ? text : html`<a href="#${problem.field}">${text}</a>`}</li>`;
  });
  return html`<div class="problem" role="alert" id="problem" tabindex="-1">
      <h2>${texts.errorSummary}</h2><ul>${items}</ul>
    </div>`;
}

export interface FieldFacts {
  readonly name: FieldName;
  readonly problems: readonly Problem[];
  readonly attributes: Html;
  readonly hint?: keyof Texts;
}

export function field(texts: Texts, { name, problems, attributes, hint }: FieldFacts): Html {
  const problem = problems.find((candidate) => candidate.field === name);
  const described = [problem === undefined ? [] : `${name}-problem`, hint === undefined ? [] : `${name}-hint`].flat();
  const marks = html`${problem === undefined ? undefined : html` aria-invalid="true"`}${
    described.length === 0 ? undefined : html` aria-describedby="${described.join(' ')}"`
  }`;
  return html`<div class="field">
        <label for="${name}">${texts[name]}</label>
        ${hint === undefined ? undefined : html`<p class="hint" id="${name}-hint">${texts[hint]}</p>`}
        ${problem === undefined ? undefined : html`<p class="field-problem" id="${name}-problem">${wording(texts, problem)}</p>`}
        <input id="${name}" name="${name}" required ${attributes}${marks}>
      </div>`;
}

function wording(texts: Texts, { text, count }: Problem): string {
  return fill(texts[text], { count: count ?? '' });
}

/** `{name}` in a text becomes the value. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

export function languageLinks(current: Language): Html {
  const links = Object.entries(LANGUAGES).map(([tag, { name }]) =>
    tag === current
      ? html`<li><span aria-current="true" lang="${tag}">${name}</span></li>`
      : html`<li><a href="?language=${tag}" hreflang="${tag}" lang="${tag}">${name}</a></li>`,
  );
  return html`<nav aria-label="${LANGUAGES[current].texts.language}"><ul class="languages">${links}</ul></nav>`;
}
