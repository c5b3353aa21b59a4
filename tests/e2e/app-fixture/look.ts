/**
 * Looks at every page in every state with a real browser: takes pictures, asks axe, listens for breaks of the content security policy.
 * `node tests/dist/e2e/app-fixture/look.js [folder for pictures]`; ends with 1 when anything was found.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { WEB_FOLDER } from '@contor/app';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { type FakeGateway, type Scene, startFakeGateway } from './fake-gateway.js';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const WIDE = { width: 1360, height: 900 };
const NARROW = { width: 390, height: 844 };

/** Text, because tests are compiled without a browser's types. */
const SIDEWAYS = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

interface View {
  readonly name: string;
  readonly path: string;
  readonly scene?: Scene;
  /** What to do before looking. */
  readonly act?: (page: Page, gateway: FakeGateway) => Promise<void>;
}

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
];

/** Enough to see the reader's own palette and the longest words. */
const FEW: readonly string[] = ['live', 'meter', 'site', 'signed-out'];

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
  await page.goto(gateway.url + view.path);
  await page.locator('h1').first().waitFor({ state: 'attached' });
  await page.waitForTimeout(700);
  await view.act?.(page, gateway);
  await page.waitForTimeout(500);
  await page.screenshot({ path: picture, fullPage: true });
  const overflow = await page.evaluate<number>(SIDEWAYS);
  if (overflow > 0) faults.push(`the page scrolls sideways by ${overflow} px`);
  const { violations } = await new AxeBuilder({ page }).analyze();
  for (const { id, nodes } of violations)
    faults.push(`axe ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  await page.close();
  return faults;
}

const folder = process.argv[2] ?? join(process.cwd(), 'coverage', 'app-pictures');
const only = process.argv[3];
await mkdir(folder, { recursive: true });
const gateway = await startFakeGateway(WEB_FOLDER);
const browser: Browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGUMENTS });
let looked = 0;
let found = 0;
for (const { look: name, ...device } of LOOKS) {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/London', ...device });
  for (const view of VIEWS) {
    if (only !== undefined && !`${view.name}-${name}`.includes(only)) continue;
    if ((name === 'forced' || name === 'romanian') && !FEW.includes(view.name)) continue;
    looked += 1;
    const faults = await look(context, gateway, view, join(folder, `${view.name}-${name}.png`));
    for (const fault of faults) console.log(`${view.name} ${name}: ${fault}`);
    found += faults.length;
  }
  await context.close();
}
await browser.close();
await gateway.close();
console.log(`${looked} looked at, ${found} faults`);
process.exitCode = found > 0 ? 1 : 0;
