/**
 * What a person waits for who signs in: from the submit of the password to the first figure on the dashboard, painted, in real Chromium on
 * the real platform. Each time a new browser profile, which knows nothing (`first`), and then the same one after signing out (`again`).
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page, Request } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { choosePorts, startPlatform } from '../support/platform.js';
import { quantile } from './quantiles.js';

const RUNS = 5;
const WAIT_MS = 60_000;

/** Milliseconds after the submit: the provider has said who it is, the page has come, its first question was answered, it shows a figure. */
const MARKS = ['provider', 'page', 'session', 'figure'] as const;
type Marks = Readonly<Record<(typeof MARKS)[number], number>>;

/** As text, because the tests are compiled without a browser's types. Two frames after it is there it is painted. */
const TELL_MOMENTS = `
  addEventListener('submit', () => console.debug('moment submit ' + Date.now()), true);
  const seen = new MutationObserver(() => {
    if (document.querySelector('.tile .figure') === null) return;
    seen.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => console.debug('moment figure ' + Date.now())));
  });
  seen.observe(document, { childList: true, subtree: true });
`;

interface Account {
  readonly username: string;
  readonly password: string;
}

export async function benchSignIn({ runs = RUNS }: { runs?: number } = {}): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), 'contor-bench-sign-in-'));
  const platform = await startPlatform(folder, await choosePorts());
  const browser = await launchBrowser();
  try {
    const account = JSON.parse(readFileSync(join(folder, 'identity', 'manager.json'), 'utf8')) as Account;
    const url = `http://localhost:${platform.ports.GATEWAY_PORT}`;
    const told: { first: Marks; again: Marks }[] = [];
    for (let run = 0; run < runs; run += 1) told.push(await visit(browser, url, account));
    // The very first one finds a platform that has just begun.
    const rest = told.length > 1 ? told.slice(1) : told;
    const middle = (of: 'first' | 'again') =>
      Object.fromEntries(MARKS.map((mark) => [mark, medianOf(rest.map((each) => each[of][mark]))]));
    return { name: 'sign-in', runs, afterStart: told[0]?.first, first: middle('first'), again: middle('again') };
  } finally {
    await browser.close();
    await platform.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function visit(browser: Browser, url: string, account: Account): Promise<{ first: Marks; again: Marks }> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.addInitScript(TELL_MOMENTS);
    await page.goto(url);
    const first = await signIn(page, account);
    await page
      .getByRole('button', { name: /menu|account/i })
      .last()
      .click();
    await page.getByText('Sign out', { exact: true }).click();
    await page.waitForURL((address) => address.port === new URL(url).port);
    const again = await signIn(page, account);
    return { first, again };
  } finally {
    await context.close();
  }
}

async function signIn(page: Page, { username, password }: Account): Promise<Marks> {
  const signInButton = page.getByRole('button', { name: 'Sign in' });
  await page.getByRole('link', { name: 'Sign in' }).or(signInButton).first().click({ timeout: WAIT_MS });
  await page
    .getByLabel(/password/i)
    .first()
    .waitFor({ timeout: WAIT_MS });
  await page
    .getByLabel(/user|name/i)
    .first()
    .fill(username);
  await page
    .getByLabel(/password/i)
    .first()
    .fill(password);
  const moments = followed(page);
  await signInButton.click();
  return moments;
}

function followed(page: Page): Promise<Marks> {
  return new Promise((resolve, reject) => {
    const at = new Map<string, number>();
    const timer = setTimeout(() => finish(new Error('no figure was seen')), WAIT_MS);
    const answered = (request: Request): void => {
      const { pathname } = new URL(request.url());
      const { startTime, responseEnd } = request.timing();
      if (pathname === '/auth/callback') at.set('provider', startTime);
      if (pathname === '/' && request.isNavigationRequest()) at.set('page', startTime + responseEnd);
      if (pathname === '/api/session') at.set('session', startTime + responseEnd);
    };
    const said = (message: { text(): string }): void => {
      const [, name = '', ms] = /^moment (\w+) (\d+)$/.exec(message.text()) ?? [];
      at.set(name, Number(ms));
      if (name === 'figure' && at.has('submit')) finish();
    };
    const finish = (error?: Error): void => {
      clearTimeout(timer);
      page.off('requestfinished', answered).off('console', said);
      if (error !== undefined) return void reject(error);
      const after = (mark: string) => Math.round((at.get(mark) ?? Number.NaN) - (at.get('submit') ?? Number.NaN));
      resolve(Object.fromEntries(MARKS.map((mark) => [mark, after(mark)])) as Marks);
    };
    page.on('requestfinished', answered).on('console', said);
  });
}

function medianOf(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}
