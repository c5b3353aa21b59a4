/** The OpenAPI document as a page: made on the server, no script, our own style sheet, so it needs no hole in the policy (T18). */

import type { OpenApi, Operation } from './openapi.js';

export function renderDocs(document: OpenApi): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  const tags = [...new Set(operations.flatMap(({ operation }) => operation.tags))];
  const sections = tags.map((tag) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(tag));
    return `<section><h2>${plain(tag)}</h2>\n${own.map(renderOperation).join('\n')}</section>`;
  });
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${plain(document.info.title)}</title>
  <link rel="icon" href="/favicon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/auth/page.css">
</head>
<body>
  <main class="wide">
    <h1>${plain(document.info.title)}</h1>
    ${paragraphs(document.info.description)}
    <p><a href="/api/openapi.json">The same for programs (OpenAPI ${plain(document.openapi)})</a></p>
    ${sections.join('\n')}
  </main>
</body>
</html>
`;
}

interface Named {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

function renderOperation({ method, path, operation }: Named): string {
  const parameters = operation.parameters as readonly { name: string; in: string; description?: string }[];
  const rows = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(
      ({ name, description = '' }) =>
        `<tr><th scope="row"><code>${plain(name)}</code></th><td>${text(description)}</td></tr>`,
    );
  const table = rows.length === 0 ? '' : `<table><caption>Parameters</caption><tbody>${rows.join('')}</tbody></table>`;
  return `<details><summary><code>${method} ${plain(path)}</code> ${plain(operation.summary)}</summary>
${paragraphs(operation.description)}${table}</details>`;
}

function paragraphs(words: string): string {
  return words
    .split('\n\n')
    .filter((one) => one !== '')
    .map((one) => `<p>${text(one)}</p>`)
    .join('\n');
}

/** What stands between backticks is code. */
function text(words: string): string {
  return plain(words).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

function plain(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
