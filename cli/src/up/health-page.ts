/** The launcher's own page: every process and service with its state, as HTML for people and as JSON for machines. */

import type { RequestListener } from 'node:http';
import { closeHttp, isLoopbackHost, listenHttp } from '@contor/kit';
import type { ChildStatus } from './supervisor.js';

export interface HealthPageOptions {
  readonly port: number;
  readonly statuses: () => readonly ChildStatus[];
}

const STYLE = `
:root{color-scheme:light dark;--surface:#f7f8fa;--raised:#fff;--ink:#14202b;--soft:#4a5a68;--line:#d5dce3;--good:#0f7b4a;--warn:#9a5b00;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--surface:#10161c;--raised:#18212a;--ink:#e8eef4;--soft:#a9b7c4;--line:#2c3945;--good:#5ed39b;--warn:#f0b45a;--bad:#ff8a80}}
body{margin:0;background:var(--surface);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:60rem;margin-inline:auto;padding:24px 16px}
h1{font-size:1.5rem;margin:0 0 4px}h2{font-size:1.125rem;margin:0}
p{margin:4px 0;color:var(--soft)}
section{background:var(--raised);border:1px solid var(--line);border-radius:8px;padding:16px;margin-block:16px}
table{border-collapse:collapse;inline-size:100%}
.wide{overflow-x:auto}th,td{text-align:start;padding:6px 12px 6px 0;border-block-start:1px solid var(--line);vertical-align:top}
.ready{color:var(--good)}.degraded,.starting,.stopping{color:var(--warn)}.down{color:var(--bad)}
.figures{color:var(--soft);font-size:.875rem;overflow-wrap:anywhere}`;

/** Brings the figures up to date without reloading the page: a reader keeps the place and the focus. */
const FRESH = `
setInterval(async () => {
  const answer = await fetch('/').catch(() => undefined);
  if (!answer?.ok) return;
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main');
  const main = document.querySelector('main');
  if (next && main && !main.contains(document.activeElement)) main.replaceWith(next);
}, 5000);`;

const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'",
};

export async function startHealthPage({ port, statuses }: HealthPageOptions): Promise<{ close(): Promise<void> }> {
  const answer: RequestListener = (request, response) => {
    if (!isLoopbackHost(request.headers.host)) {
      response.writeHead(400, HEADERS).end();
      return;
    }
    const path = (request.url ?? '/').split('?')[0];
    const wantsJson = path === '/health' && !(request.headers.accept ?? '').includes('text/html');
    const all = statuses();
    if (path === '/fresh.js') response.writeHead(200, { ...HEADERS, 'content-type': 'text/javascript' }).end(FRESH);
    else if (path === '/style.css') response.writeHead(200, { ...HEADERS, 'content-type': 'text/css' }).end(STYLE);
    else if (wantsJson)
      response
        .writeHead(allWell(all) ? 200 : 503, { ...HEADERS, 'content-type': 'application/json' })
        .end(JSON.stringify({ processes: all }));
    else if (path === '/' || path === '/health')
      response.writeHead(200, { ...HEADERS, 'content-type': 'text/html; charset=utf-8' }).end(page(all));
    else response.writeHead(404, HEADERS).end();
  };
  const server = await listenHttp({ host: '127.0.0.1', port, setting: 'HEALTH_PORT' }, answer);
  return { close: () => closeHttp(server) };
}

export function allWell(all: readonly ChildStatus[]): boolean {
  return all.every(
    (child) => child.state === 'running' && Object.values(child.services).every((health) => health.state === 'ready'),
  );
}

export function page(all: readonly ChildStatus[]): string {
  const verdict = allWell(all) ? 'Everything is running.' : 'Something needs a look.';
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Health · Contor</title><link rel="stylesheet" href="/style.css"><script src="/fresh.js" defer></script></head><body><main><h1>Health</h1><p>${verdict}</p>${all.map(processSection).join('')}</main></body></html>`;
}

function processSection(child: ChildStatus): string {
  const up = child.state === 'running' ? `up ${age(Date.now() - child.startedAtMs)}` : child.state;
  const exit = child.lastExit === undefined ? '' : ` · last ended with ${escapeHtml(child.lastExit)}`;
  const rows = Object.entries(child.services).map(
    ([name, health]) =>
      `<tr><th scope="row">${escapeHtml(name)}</th><td class="${health.state}">${health.state}${health.reason === undefined ? '' : `: ${escapeHtml(health.reason)}`}</td><td class="figures">${figures(health.figures)}</td></tr>`,
  );
  return `<section><h2>${escapeHtml(child.name)}</h2><p class="${child.state === 'running' ? '' : 'down'}">${up} · ${Math.round(child.rssBytes / 1048576)} MB · restarts ${child.restarts}${exit}</p>
<div class="wide" tabindex="0" role="region" aria-label="Services of ${escapeHtml(child.name)}"><table><thead><tr><th scope="col">Service</th><th scope="col">State</th><th scope="col">Figures</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`;
}

const figures = (all: Readonly<Record<string, number>>) =>
  Object.entries(all)
    .map(([name, value]) => `${escapeHtml(name)} ${Number.isInteger(value) ? value : value.toFixed(2)}`)
    .join(' · ');

const age = (ms: number) =>
  ms < 120_000
    ? `${Math.round(ms / 1000)} s`
    : ms < 7_200_000
      ? `${Math.round(ms / 60_000)} min`
      : `${Math.round(ms / 3_600_000)} h`;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escapeHtml = (text: string) => text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
