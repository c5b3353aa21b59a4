/** The pages of the embedded OpenID provider in a real browser: through a first sign-in and one's own account, without a script, then each page looked at. */

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Credentials, readCredentials, SETTINGS, start } from '@contor/identity';
import { stepAt, totp } from '@contor/identity/second-factor/totp.js';
import { createLogger, readSettings, realPorts } from '@contor/kit';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { faultsOf, LOOKS } from '../support/browser.js';
import type { Tally } from '../support/tally.js';

interface Stage {
  readonly tally: Tally;
  readonly pictures: string;
  /** Off: the walk without scripts, which looks at nothing. */
  readonly isLooking: boolean;
}

const NEW_PASSWORD = 'un pod peste un râu lin';

export async function walkThroughIdentity(browser: Browser, tally: Tally, pictures: string): Promise<void> {
  await mkdir(pictures, { recursive: true });
  for (const isLooking of [false, true]) {
    const folder = await mkdtemp(join(tmpdir(), 'contor-identity-'));
    const config = readSettings(SETTINGS, { IDENTITY_DATA: folder, IDENTITY_PORT: '0', IDENTITY_OTP: 'all' });
    const log = createLogger({ service: 'identity', write: () => undefined });
    const identity = await start(config, { ports: realPorts(), log });
    const context = await browser.newContext({ javaScriptEnabled: isLooking });
    try {
      const credentials = await readCredentials(folder);
      if (credentials === undefined) throw new Error('There is no first account.');
      const name = isLooking ? 'the pages of identity are fit to be seen' : 'signing in and the account need no script';
      await tally.check(name, () => walk({ tally, pictures, isLooking }, context, identity.url ?? '', credentials));
    } finally {
      await context.close();
      await identity.stop();
      await rm(folder, { recursive: true, force: true });
    }
  }
}

async function walk(stage: Stage, context: BrowserContext, url: string, { username, password }: Credentials) {
  const page = await context.newPage();
  const breaks: string[] = [];
  page.on('console', (message) => message.type() === 'error' && breaks.push(message.text()));
  await page.goto(`${url}/realms/contor/account`);
  await look(stage, page, 'sign-in');
  await fill(page, { username, password: 'not this one' });
  await look(stage, page, 'sign-in-refused');
  await fill(page, { username, password });
  await look(stage, page, 'set-up');
  const secret = await secretOn(page);
  await fill(page, { code: '000000' });
  await look(stage, page, 'set-up-refused');
  await fill(page, { code: totp(secret, stepAt(Date.now()) - 1) });
  await look(stage, page, 'recovery');
  await press(page);
  await page.getByRole('heading', { name: 'Your account' }).waitFor();
  await look(stage, page, 'account');

  await page.getByRole('link', { name: 'Change the password' }).click();
  await fill(page, { currentPassword: password, newPassword: 'password1234', repeat: '' });
  await look(stage, page, 'password-refused');
  await fill(page, { currentPassword: password, newPassword: NEW_PASSWORD, repeat: NEW_PASSWORD });
  await page.getByRole('status').waitFor();

  const other = await (await context.browser()?.newContext())?.newPage();
  if (other === undefined) throw new Error('There is no browser.');
  await other.goto(`${url}/realms/contor/account?language=ro`);
  await fill(other, { username, password: NEW_PASSWORD });
  await look(stage, other, 'code');
  await fill(other, { code: totp(secret, stepAt(Date.now())) });
  await other.getByRole('listitem').first().waitFor();
  await look(stage, other, 'account-two');
  await other.context().close();

  await page.reload();
  await page.getByRole('button', { name: 'End all other sessions' }).click();
  await page.getByText('This browser').waitFor();
  if ((await page.getByRole('listitem').count()) !== 3) throw new Error('The other session was not ended.');
  if (breaks.length > 0) throw new Error(breaks.join('\n'));
}

async function fill(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(fields)) await page.locator(`#${name}`).fill(value);
  await press(page);
}

async function press(page: Page): Promise<void> {
  await Promise.all([page.waitForLoadState(), page.locator('main form button[type="submit"]').first().click()]);
  await page.locator('h1').waitFor();
}

/** The key that stands under the picture, as somebody would type it. */
async function secretOn(page: Page): Promise<Uint8Array> {
  const key = (await page.locator('.steps code').innerText()).replaceAll(' ', '');
  const bits = [...key].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  return Uint8Array.from(bits.join('').match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}

async function look({ pictures, isLooking }: Stage, page: Page, name: string): Promise<void> {
  if (!isLooking) return;
  for (const { look: scene, colorScheme, viewport } of LOOKS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    await page.screenshot({ path: join(pictures, `${name}-${scene}.png`), fullPage: true });
    const faults = await faultsOf(page);
    if (faults.length > 0) throw new Error(`${name}, ${scene}: ${faults.join('\n')}`);
  }
}
