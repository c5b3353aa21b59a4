/** Looks at every page in every state with a real browser: takes pictures, asks axe, listens for breaks of the content security policy. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WEB_FOLDER } from '@contor/app';
import { accessEn } from '@contor/app/messages/access-en';
import { commandsEn } from '@contor/app/messages/commands-en';
import { en } from '@contor/app/messages/en';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { faultsOf, NARROW, WIDE } from '../../support/browser.js';
import type { Tally } from '../../support/tally.js';
import { type FakeGateway, startFakeGateway } from './fake-gateway.js';
import type { View } from './view.js';
import { ACCESS_VIEWS } from './views-access.js';
import { COMMAND_VIEWS } from './views-commands.js';

const VIEWS: readonly View[] = [
  { name: 'live', path: '/' },
  { name: 'meter', path: '/meters/e350-0003' },
  { name: 'meter-solar', path: '/meters/e350-0005', act: moveCursor },
  { name: 'meter-silent', path: '/meters/e350-0007' },
  { name: 'meter-never', path: '/meters/e350-0020' },
  { name: 'meter-table', path: '/meters/e350-0003', act: showTable },
  { name: 'site', path: '/sites/tulip-street', act: moveCursor },
  { name: 'site-week', path: '/sites/tulip-street?period=week' },
  { name: 'site-table', path: '/sites/tulip-street?period=week', act: showTable },
  { name: 'not-found', path: '/nowhere' },
  { name: 'meter-unknown', path: '/meters/e350-9999' },
  { name: 'live-empty', path: '/', scene: 'empty' },
  { name: 'live-failed', path: '/', scene: 'failed' },
  { name: 'live-loading', path: '/', scene: 'slow' },
  { name: 'live-stale', path: '/', act: breakStream },
  { name: 'meter-forbidden', path: '/meters/e350-0003', scene: 'forbidden' },
  { name: 'site-empty', path: '/sites/tulip-street', scene: 'empty' },
  { name: 'live-no-match', path: '/', act: (page) => page.getByRole('searchbox').fill('nobody') },
  { name: 'live-many', path: '/', scene: 'many', act: sortByState },
  { name: 'menu', path: '/', act: openMenu },
  { name: 'signed-out', path: '/meters/e350-0003', scene: 'signed-out' },
  { name: 'jump', path: '/', act: openJump },
  { name: 'stop', path: '/', act: openStop },
  { name: 'stopped', path: '/', act: pressStop },
  { name: 'start', path: '/', person: 'radu' },
  { name: 'start-nothing', path: '/', person: 'new' },
  { name: 'not-yours', path: '/audit', person: 'elena' },
  { name: 'live-customer', path: '/', person: 'elena' },
  ...ACCESS_VIEWS,
  ...COMMAND_VIEWS,
];

/** Enough to see the reader's own palette and the longest words. */
const FEW: readonly string[] = [
  'live',
  'meter',
  'site',
  'signed-out',
  'stop',
  'start',
  'not-yours',
  'profile',
  'sessions',
  'people',
  'person',
  'roles',
  'partner',
  'audit',
  'commands',
  'command',
  'meter-supply',
];

const LOOKS = [
  { look: 'light', colorScheme: 'light', viewport: WIDE },
  { look: 'dark', colorScheme: 'dark', viewport: WIDE },
  { look: 'phone', colorScheme: 'light', viewport: NARROW },
  { look: 'forced', colorScheme: 'dark', viewport: WIDE, forcedColors: 'active' },
  { look: 'romanian', colorScheme: 'light', viewport: NARROW, locale: 'ro-RO' },
] as const;

async function openMenu(page: Page): Promise<void> {
  await page.getByRole('button', { name: /Ana Ionescu/ }).click();
  await page.getByRole('menu').waitFor();
}

async function openJump(page: Page): Promise<void> {
  await page.getByText('Tulip Street 1', { exact: true }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog').getByRole('combobox').fill('street 1');
}

async function openStop(page: Page): Promise<void> {
  await page.locator('.stop-switch').click();
  await page.getByRole('alertdialog').waitFor();
}

async function pressStop(page: Page): Promise<void> {
  await openStop(page);
  await page.getByRole('alertdialog').locator('.main').click();
  await page.locator('.held-note').waitFor();
}

async function showTable(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Table' }).click();
}

async function moveCursor(page: Page): Promise<void> {
  await page.locator('canvas').waitFor();
  const cursor = page.getByRole('application');
  await cursor.focus();
  for (const key of ['End', 'PageUp', 'ArrowLeft']) await cursor.press(key);
}

async function sortByState(page: Page): Promise<void> {
  const header = page.getByRole('button', { name: 'State' });
  if (await header.isVisible()) await header.click();
}

async function breakStream(page: Page, gateway: FakeGateway): Promise<void> {
  await page.getByText('Tulip Street 1', { exact: true }).waitFor();
  gateway.setBroken(true);
  await page.getByText(/Live values stopped/).waitFor();
}

async function look(
  context: BrowserContext,
  gateway: FakeGateway,
  view: View,
  picture: string,
): Promise<readonly string[]> {
  const faults: string[] = [];
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  gateway.setBroken(false);
  gateway.show(view.scene ?? 'data');
  if (view.person !== undefined) gateway.signInAs(view.person);
  await page.goto(gateway.url + view.path);
  await page.locator('h1').first().waitFor({ state: 'attached' });
  await page.waitForTimeout(700);
  await view.act?.(page, gateway);
  await page.waitForTimeout(500);
  await page.screenshot({ path: picture, fullPage: true });
  faults.push(...(await faultsOf(page)), ...keysIn(await page.locator('body').innerText()));
  await page.close();
  return faults;
}

/** A text that was not loaded shows its key. */
const KEYS = [en, accessEn, commandsEn].flatMap((part) => leavesOf(part)).filter((key) => key.includes('.'));

function leavesOf(tree: object, prefix = ''): readonly string[] {
  return Object.entries(tree).flatMap(([name, value]) =>
    typeof value === 'string' ? [prefix + name] : leavesOf(value as object, `${prefix}${name}.`),
  );
}

function keysIn(text: string): readonly string[] {
  const words = new Set(text.split(/\s+/));
  return KEYS.filter((key) => words.has(key)).map((key) => `the text ${key} is not loaded`);
}

/** Only these, when any are named. */
export interface Chosen {
  readonly views: readonly string[];
  readonly looks: readonly string[];
}

export async function lookAtEveryState(
  browser: Browser,
  tally: Tally,
  folder: string,
  { views, looks }: Chosen = { views: [], looks: [] },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const gateway = await startFakeGateway(WEB_FOLDER);
  for (const { look: name, ...device } of LOOKS) {
    if (looks.length > 0 && !looks.includes(name)) continue;
    const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/London', ...device });
    for (const view of VIEWS) {
      if (views.length > 0 && !views.some((part) => view.name.includes(part))) continue;
      if ((name === 'forced' || name === 'romanian') && !FEW.includes(view.name)) continue;
      await tally.check(`${view.name}, ${name}: nothing to complain about`, async () => {
        const faults = await look(context, gateway, view, join(folder, `${view.name}-${name}.png`));
        if (faults.length > 0) throw new Error(faults.join('\n'));
      });
    }
    await context.close();
  }
  await gateway.close();
}
