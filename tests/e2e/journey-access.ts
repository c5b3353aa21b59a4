/**
 * Two persons on the real platform: one makes an account for the other, who is refused, is given a role and sees menu and API change at
 * once; together they switch a simulated meter off and on again, read back from the meter itself; the switch; and the trail of it all.
 */

import type { Browser, BrowserContext, Page } from 'playwright-core';
import { WIDE } from '../support/browser.js';
import type { Tally } from '../support/tally.js';
import { lookAround } from './look-around.js';

export interface TwoPersons {
  readonly tally: Tally;
  readonly browser: Browser;
  readonly url: string;
  readonly manager: { readonly username: string; readonly password: string };
  readonly pictures: string;
}

const METER = 'e350-0004';
/** An order, the meter's answer, and the meter's next message with what its breaker shows: ten seconds each at most. */
const READ_BACK_MS = 45_000;
const PAGE_MS = 15_000;
const CHOSEN = 'tulips grow on the moon';

export async function journeyOfTwo({ tally, browser, url, manager, pictures }: TwoPersons): Promise<void> {
  const complaints: string[] = [];
  const first = await newPerson(browser, complaints);
  const second = await newPerson(browser, complaints);
  const ana = await first.newPage();
  const dan = await second.newPage();
  let temporary = '';
  let request = '';

  await tally.check('the manager makes an account and is shown its password once', async () => {
    await ana.goto(`${url}/people`);
    await signIn(ana, manager.username, manager.password);
    await ana.getByRole('button', { name: 'New account' }).click();
    await ana.getByLabel('Full name').fill('Dan Marin');
    await ana.getByLabel('Name to sign in with').fill('dan');
    await ana.getByRole('button', { name: 'Make account' }).click();
    temporary = await ana.getByRole('alertdialog').locator('code').innerText();
    await ana.getByRole('button', { name: 'I have it, close' }).click();
    await ana.getByRole('heading', { level: 1, name: 'Dan Marin' }).waitFor();
  });
  await tally.check(
    'the new person chooses a password of their own and is told kindly that nothing is theirs yet',
    async () => {
      await dan.goto(`${url}/audit`);
      await signIn(dan, 'dan', temporary);
      await dan.getByLabel('New password', { exact: true }).fill(CHOSEN);
      await dan.getByLabel('New password again').fill(CHOSEN);
      await dan.getByRole('button', { name: 'Save the password' }).click();
      await dan.getByText('This page is not part of your account').waitFor({ timeout: PAGE_MS });
      same(await dan.getByRole('navigation').getByRole('link').count(), 0, 'entries of the menu');
      for (const path of ['/api/audit', '/api/admin/people', '/api/commands', '/api/ngsi-ld/v1/entities?type=Device'])
        same((await second.request.get(url + path)).status(), 403, path);
    },
  );
  await tally.check('a role is given, special permissions are confirmed, and menu and API change at once', async () => {
    await ana.getByRole('checkbox', { name: /^Approver/ }).check();
    await ana.getByRole('radio', { name: /Everything on this platform/ }).check();
    await ana.getByRole('button', { name: 'Save rights' }).click();
    await ana.getByRole('alertdialog').getByRole('button', { name: 'Yes, give them' }).click();
    await ana.getByText(/are saved and count from now on/).waitFor();
    same((await second.request.get(`${url}/api/commands`)).status(), 200, '/api/commands');
    await look(dan);
    await dan.getByRole('link', { name: 'Commands' }).waitFor();
    await dan.goto(url);
    await dan.getByText('Tulip Street 4', { exact: true }).first().waitFor({ timeout: PAGE_MS });
    same((await second.request.get(`${url}/api/audit`)).status(), 403, '/api/audit');
  });
  await tally.check('the manager becomes an operator too and sees at once what that brings', async () => {
    await ana.goto(`${url}/people`);
    await ana
      .getByRole('link', { name: /manager/i })
      .first()
      .click();
    await ana.getByText(/This is your own account/).waitFor();
    for (const role of [/^Operator/, /^Approver/]) await ana.getByRole('checkbox', { name: role }).check();
    await ana.getByRole('button', { name: 'Save rights' }).click();
    await ana.getByRole('alertdialog').getByRole('button', { name: 'Yes, give them' }).click();
    await ana.getByText(/are saved and count from now on/).waitFor();
  });
  await tally.check('a disconnect is asked for in two steps', async () => {
    await ana.goto(`${url}/meters/${METER}`);
    await ana.getByText('Connected', { exact: true }).waitFor({ timeout: PAGE_MS });
    await ana.getByRole('button', { name: 'Disconnect' }).click();
    await ana.getByLabel('Reason').fill('Contract ended, keys handed back');
    await ana.getByRole('button', { name: 'Next' }).click();
    await ana.getByText(/You ask to switch off Tulip Street 4/).waitFor();
    await ana.getByRole('button', { name: 'Ask for it' }).click();
    await ana.getByRole('link', { name: 'See it' }).click();
    await ana.getByRole('button', { name: 'Withdraw' }).waitFor({ timeout: PAGE_MS });
    request = ana.url();
    same(await ana.getByRole('button', { name: 'Approve' }).count(), 0, 'buttons to approve one’s own request');
  });
  await tally.check('the other person sees who asked, why and for what', async () => {
    await dan.goto(`${url}/commands`);
    await dan.getByRole('link', { name: 'Disconnect' }).click();
    await dan.waitForURL(request);
    await dan.getByText('Contract ended, keys handed back').waitFor();
    await dan.getByRole('button', { name: 'Approve', exact: true }).waitFor();
  });
  await tally.check('a fresh sign-in asks for the password again and comes back into the question', async () => {
    const back = `${new URL(request).pathname}?decide=approve`;
    await dan.goto(`${url}/auth/signin?fresh=1&returnTo=${encodeURIComponent(back)}`);
    await dan.getByText('Enter your password again to go on.').waitFor({ timeout: PAGE_MS });
    await dan.getByLabel('Password').fill(CHOSEN);
    await dan.getByRole('button', { name: 'Sign in' }).click();
    await dan.getByRole('alertdialog', { name: 'Approve this request?' }).waitFor({ timeout: PAGE_MS });
    same(dan.url(), request, 'the address of the request');
    same(await statusOf(second, request), 'requested', 'the status after coming back');
  });
  await tally.check('the approval counts', async () => {
    await dan.getByRole('button', { name: 'Approve for 1 meter' }).click();
    await dan.getByText('Approved. The command service takes it from here.').waitFor({ timeout: PAGE_MS });
  });
  await tally.check('the meter switches off and says so itself', async () => {
    await dan.getByRole('cell', { name: 'Disconnected' }).waitFor({ timeout: READ_BACK_MS });
    await ana.goto(`${url}/meters/${METER}`);
    await ana.getByText('Disconnected', { exact: true }).waitFor({ timeout: READ_BACK_MS });
    await lookAround(tally, ana, 'meter-disconnected', pictures);
  });
  await tally.check('switching it on again needs one person', async () => {
    await ana.getByRole('button', { name: 'Reconnect' }).click();
    await ana.getByLabel('Reason').fill('New contract');
    await ana.getByRole('button', { name: 'Next' }).click();
    await ana.getByRole('button', { name: 'Send now' }).click();
    await ana.getByText(/^(Connected|Ready for reconnection)$/).waitFor({ timeout: READ_BACK_MS });
  });
  await tally.check('the switch stops everything with Enter and Enter, and others are told', async () => {
    await dan.locator('.stop-switch').focus();
    await dan.keyboard.press('Enter');
    await dan.getByRole('alertdialog', { name: 'Stop all commands to meters?' }).waitFor();
    await dan.keyboard.press('Enter');
    await dan
      .getByText(/All commands are stopped since|All commands are stopped\./)
      .first()
      .waitFor({ timeout: PAGE_MS });
    await ana.goto(`${url}/commands`);
    await ana.getByRole('heading', { name: 'All commands are stopped' }).waitFor({ timeout: PAGE_MS });
  });
  await tally.check('one voice is not enough, the second lets commands run again', async () => {
    await agree(ana);
    await ana
      .getByText(/1 of 2/)
      .first()
      .waitFor({ timeout: PAGE_MS });
    await dan.goto(`${url}/commands`);
    await agree(dan);
    await dan.getByText('Commands run again.').waitFor({ timeout: PAGE_MS });
  });
  await tally.check('consent of the site is recorded by name', async () => {
    await ana.goto(`${url}/sites/tulip-street`);
    await ana.getByRole('switch').click();
    await ana.getByText('Consent is recorded.').waitFor({ timeout: PAGE_MS });
  });
  await tally.check('a partner gets a key, once, and can call with it', async () => {
    await ana.goto(`${url}/partners`);
    await ana.getByRole('button', { name: 'New partner' }).click();
    await ana.getByLabel('Name', { exact: true }).fill('Lumina Energy');
    await ana.getByRole('dialog').getByRole('button', { name: 'New partner' }).click();
    await ana.getByRole('heading', { level: 1, name: 'Lumina Energy' }).waitFor({ timeout: PAGE_MS });
    await ana.getByRole('button', { name: 'Make a key' }).click();
    await ana.getByRole('dialog').getByRole('button', { name: 'Make a key' }).click();
    const key = await ana.getByRole('alertdialog').locator('code').innerText();
    await ana.getByRole('button', { name: 'I have it, close' }).click();
    const answer = await fetch(`${url}/api/session`, { headers: { 'X-API-Key': key } });
    same(answer.status, 200, 'the call of the partner');
  });
  await tally.check('the trail has it all: who, what, before and after', async () => {
    await ana.goto(`${url}/audit?log=parametrisation`);
    await ana
      .getByRole('cell', { name: /access\.change/ })
      .first()
      .waitFor({ timeout: PAGE_MS });
    await hasAll(ana, ['access.change', 'consent.change', 'profiling true']);
    await ana.getByRole('tab', { name: 'Communication' }).click();
    await ana.getByRole('cell', { name: 'command.disconnect' }).first().waitFor({ timeout: PAGE_MS });
    await hasAll(ana, ['command.disconnect', 'command.approval', 'command.stop', 'command.reconnect']);
    await ana.locator('.opener').first().click();
    await ana.getByText('Correlation id').waitFor();
    await ana.keyboard.press('Escape');
  });
  for (const [name, path] of [
    ['people', '/people'],
    ['roles', '/roles'],
    ['sessions', '/sessions'],
    ['partners', '/partners'],
    ['audit', '/audit'],
    ['commands', '/commands?show=all'],
    ['profile', '/profile'],
  ] as const) {
    await ana.goto(url + path);
    await ana.locator('h1').waitFor();
    await lookAround(tally, ana, name, pictures);
  }
  await tally.check('the two of them saw no error in the console and no break of the content security policy', () => {
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
  });
  await first.close();
  await second.close();
}

async function newPerson(browser: Browser, complaints: string[]): Promise<BrowserContext> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: WIDE });
  context.on('page', (page) => {
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
        complaints.push(message.text());
    });
  });
  return context;
}

async function signIn(page: Page, username: string, password: string): Promise<void> {
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

async function agree(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Let commands run again' }).click();
  const dialog = page.getByRole('alertdialog');
  await dialog.getByLabel('Reason').fill('The list is right');
  await dialog.getByRole('button', { name: 'Let commands run again' }).click();
}

async function statusOf(context: BrowserContext, request: string): Promise<unknown> {
  const { origin, pathname } = new URL(request);
  const id = `urn:ngsi-ld:CommandRequest:${pathname.split('/').at(-1)}`;
  const answer = await context.request.get(`${origin}/api/commands/${encodeURIComponent(id)}`);
  return ((await answer.json()) as { status: unknown }).status;
}

async function hasAll(page: Page, words: readonly string[]): Promise<void> {
  const text = await page.getByRole('main').innerText();
  const missing = words.filter((word) => !text.includes(word));
  if (missing.length > 0) throw new Error(`no ${missing.join(', ')} in:\n${text.slice(0, 2_000)}`);
}

/** As somebody who comes back to the window. */
async function look(page: Page): Promise<void> {
  await page.waitForTimeout(2_100);
  await page.evaluate("window.dispatchEvent(new Event('focus'))");
}

function same(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected) throw new Error(`${what}: ${String(actual)} instead of ${String(expected)}`);
}
