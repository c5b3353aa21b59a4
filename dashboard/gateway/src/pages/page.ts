/** Pages the gateway shows itself: a title, a sentence, a way back. No script, one style sheet, the dashboard's tokens. */

import type { Request, RequestHandler, Response } from 'express';
import { chooseLanguage, LANGUAGES, type Texts } from './texts.js';

interface PageRow {
  readonly status: number;
  readonly title: keyof Texts;
  readonly text: keyof Texts;
  readonly link: string;
}

export const PAGES = {
  unreachable: { status: 503, title: 'unreachableTitle', text: 'unreachableText', link: '/auth/signin' },
  refused: { status: 400, title: 'refusedTitle', text: 'refusedText', link: '/auth/signin' },
  expired: { status: 400, title: 'expiredTitle', text: 'expiredText', link: '/auth/signin' },
  locked: { status: 403, title: 'lockedTitle', text: 'lockedText', link: '/auth/signin?fresh=1' },
  notBuilt: { status: 503, title: 'notBuiltTitle', text: 'notBuiltText', link: '/' },
  notFound: { status: 404, title: 'notFoundTitle', text: 'notFoundText', link: '/' },
  failed: { status: 500, title: 'failedTitle', text: 'failedText', link: '/' },
  full: { status: 503, title: 'fullTitle', text: 'fullText', link: '/' },
} as const satisfies Readonly<Record<string, PageRow>>;

export function sendMessagePage(request: Request, response: Response, name: keyof typeof PAGES): void {
  const row: PageRow = PAGES[name];
  const language = chooseLanguage(request.get('accept-language'));
  const texts = LANGUAGES[language] ?? LANGUAGES.en;
  if (texts === undefined) throw new Error('English is missing.');
  response
    .status(row.status)
    .set('Cache-Control', 'no-store')
    .type('html')
    .send(render(language, texts, row));
}

/** Every text comes from the table above, none from the request, so there is nothing to escape. */
function render(language: string, texts: Texts, { title, text, link }: PageRow): string {
  return `<!DOCTYPE html>
<html lang="${language}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${texts[title]} · ${texts.product}</title>
  <link rel="icon" href="/favicon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/auth/page.css">
</head>
<body>
  <header><p class="product">${texts.product}</p></header>
  <main>
    <h1>${texts[title]}</h1>
    <p>${texts[text].replaceAll('"', '&quot;')}</p>
    <p><a class="button" href="${link}">${texts.tryAgain}</a></p>
  </main>
</body>
</html>
`;
}

export const pageStyle: RequestHandler = (_request, response) => {
  response.set('Cache-Control', 'public, max-age=300').type('css').send(STYLE);
};

const STYLE = `:root {
  color-scheme: light dark;
  --surface: #f7f8fa; --raised: #ffffff; --ink: #14202b; --line: #d5dce3; --accent: #0b6bcb; --accent-ink: #ffffff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --surface: #10161c; --raised: #18212a; --ink: #e8eef4; --line: #2c3945; --accent: #6db3ff; --accent-ink: #06223f;
  }
}
*, *::before, *::after { box-sizing: border-box; }
body {
  margin: 0; min-block-size: 100vh; display: flex; flex-direction: column; align-items: center; gap: 16px;
  padding: 32px 16px; background: var(--surface); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
header, main { inline-size: 100%; max-inline-size: 384px; }
.product { margin: 0; font-size: 20px; font-weight: 700; letter-spacing: -0.01em; }
main { background: var(--raised); border: 1px solid var(--line); border-radius: 8px; padding: 24px; }
main.wide { max-inline-size: 960px; }
h2 { margin: 24px 0 8px; font-size: 18px; }
details { border-block-start: 1px solid var(--line); padding: 8px 0; }
summary { cursor: pointer; min-block-size: 24px; }
code { overflow-wrap: anywhere; }
caption { text-align: start; font-weight: 600; padding-block: 4px; }
th, td { text-align: start; vertical-align: top; padding: 4px 16px 4px 0; font-weight: 400; }
a { color: var(--accent); }
h1 { margin: 0 0 8px; font-size: 24px; line-height: 1.25; }
p { margin: 0 0 16px; overflow-wrap: anywhere; }
.button {
  display: grid; place-items: center; min-block-size: 44px; padding: 8px 16px; text-align: center; font-weight: 600;
  color: var(--accent-ink); background: var(--accent); border-radius: 8px; text-decoration: none;
}
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (forced-colors: active) { main, .button { border: 1px solid CanvasText; } }
`;
