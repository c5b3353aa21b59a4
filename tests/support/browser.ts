/** A real headless Chromium, found where machines keep it, or a message that says how to get one. */

import { existsSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, chromium, type Page } from 'playwright-core';

const PLACES = [
  process.env.CONTOR_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** A quiet browser: it must not look for updates or anything else on a network that a test machine may not have. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const WIDE = { width: 1360, height: 900 };
export const NARROW = { width: 390, height: 844 };

export const LOOKS = [
  { look: 'light', colorScheme: 'light', viewport: WIDE },
  { look: 'dark', colorScheme: 'dark', viewport: WIDE },
  { look: 'phone', colorScheme: 'light', viewport: NARROW },
] as const;

export async function launchBrowser(): Promise<Browser> {
  const executablePath = PLACES.find((place) => place !== undefined && existsSync(place));
  if (executablePath === undefined)
    throw new Error(
      'No Chromium was found. Install one (Debian: apt-get install chromium) or name it in CONTOR_CHROMIUM.',
    );
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

/** What axe has against the page as it is now, and whether it scrolls sideways. */
export async function faultsOf(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const faults = violations.map(
    ({ id, nodes }) => `axe ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
  );
  // As text, because the tests are compiled without a browser's types.
  const sideways = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  return sideways > 0 ? [...faults, `the page scrolls sideways by ${sideways} px`] : faults;
}
