/** Walks through the dashboard as a person does, by keyboard and by pointer, and says what does not happen. */

import { readFile } from 'node:fs/promises';
import { WEB_FOLDER } from '@contor/app';
import type { Browser } from 'playwright-core';
import { WIDE } from '../../support/browser.js';
import type { Tally } from '../../support/tally.js';
import { startFakeGateway } from './fake-gateway.js';
import { type Step, same, until } from './steps.js';
import { ACCESS_STEPS } from './walk-access.js';
import { COMMAND_STEPS } from './walk-commands.js';

const STEPS: readonly Step[] = [
  {
    name: 'values move without a reload, over one stream',
    walk: async (page, gateway) => {
      const before = gateway.connections;
      await page.goto(gateway.url);
      await page.getByRole('link', { name: 'Tulip Street 1', exact: true }).waitFor();
      await page.evaluate("window.stillHere = 'yes'");
      const power = page.locator('tbody tr').first().locator('td').nth(1);
      const first = await power.textContent();
      await until(
        async () => (await power.textContent()) !== first,
        'the power of the first meter never changed',
        15_000,
      );
      same(await page.evaluate('window.stillHere'), 'yes');
      same(gateway.connections - before, 1);
    },
  },
  {
    name: 'a column sorts up and down and says so',
    walk: async (page) => {
      const button = page.getByRole('button', { name: 'Power (W)' });
      const header = page.getByRole('columnheader', { name: 'Power (W)' });
      await button.click();
      same(await header.getAttribute('aria-sort'), 'ascending');
      await button.press('Enter');
      same(await header.getAttribute('aria-sort'), 'descending');
      const last = await page.locator('tbody tr').last().textContent();
      same(last?.includes('Tulip Street 20'), true);
    },
  },
  {
    name: 'a search finds the silent meter by its state, and Enter opens it with the focus on its heading',
    walk: async (page) => {
      await page.getByRole('searchbox').fill('silent');
      const link = page.getByRole('link', { name: 'Tulip Street 7' });
      same(await page.locator('tbody tr').count(), 1);
      await link.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Tulip Street 7' }).waitFor();
      await until(
        async () => (await page.evaluate('document.activeElement.tagName')) === 'H1',
        'focus is not on the heading',
      );
      same(await page.title(), 'Tulip Street 7 · Contor');
      await page.getByText(/silent since/).waitFor();
    },
  },
  {
    name: 'a click anywhere on a row opens the meter, and back comes back',
    walk: async (page) => {
      await page.goBack();
      await page.locator('tbody tr').nth(2).locator('td').nth(3).click();
      await page.getByRole('heading', { level: 1, name: 'Tulip Street 3' }).waitFor();
    },
  },
  {
    name: 'the chart is read by the keyboard and announced',
    walk: async (page) => {
      await page.locator('canvas').waitFor();
      const cursor = page.getByRole('application');
      const said = page.locator('figure [aria-live]');
      await cursor.press('Home');
      await until(
        async () => /Drawn from the grid [\d.]+\u202FkW/.test((await said.textContent()) ?? ''),
        'nothing was said',
      );
      const first = await said.textContent();
      await cursor.press('ArrowRight');
      await until(async () => (await said.textContent()) !== first, 'the cursor did not move');
    },
  },
  {
    name: 'the table behind the chart has every interval, gaps in words',
    walk: async (page) => {
      await page.getByRole('button', { name: 'Table' }).click();
      same(await page.getByRole('table', { name: 'Load, last 24 hours' }).getAttribute('aria-rowcount'), '97');
      // Where in the last 24 hours the gap lies depends on the time of day; only the rows in view are in the page.
      const gap = page.getByText('No data').first();
      for (let top = 0; !(await gap.isVisible()); top += 300) {
        if (top > 6_000) throw new Error('the table has no row without data');
        await page.evaluate(`document.querySelector('figure .scroller').scrollTop = ${top}`);
        await page.waitForTimeout(100);
      }
    },
  },
  {
    name: 'the file holds the intervals with local time, UTC and unit',
    walk: async (page) => {
      const waiting = page.waitForEvent('download');
      await page.getByRole('button', { name: 'CSV' }).click();
      const download = await waiting;
      const text = await readFile(await download.path(), 'utf8');
      same(/^load-profile-e350-0003-\d{4}-\d\d-\d\d\.csv$/.test(download.suggestedFilename()), true);
      same(text.split('\r\n').filter((line) => line.includes(',activeEnergyImport,')).length, 96);
      same(
        /\r\n\d{4}-\d\d-\d\dT\d\d:\d\d:00\+0[23]:00,.*Z,.*Z,activeEnergyImport,[\d.]+,kWh,metered\r\n/.test(text),
        true,
      );
    },
  },
  {
    name: 'the picture is a PNG',
    walk: async (page) => {
      await page.getByRole('button', { name: 'Chart' }).click();
      await page.locator('canvas').waitFor();
      const waiting = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Image' }).click();
      const bytes = await readFile(await (await waiting).path());
      same(bytes.subarray(1, 4).toString('latin1'), 'PNG');
    },
  },
  {
    name: 'a broken line is told, judged fairly, and caught up after',
    walk: async (page, gateway) => {
      await page.goto(gateway.url);
      await page.getByText('Live', { exact: true }).first().waitFor();
      gateway.setBroken(true);
      await page.getByText(/Live values stopped/).waitFor({ timeout: 20_000 });
      gateway.setBroken(false);
      await page.getByRole('button', { name: 'Try now' }).click();
      await page.getByText(/Live values stopped/).waitFor({ state: 'detached' });
    },
  },
  {
    name: 'the theme and the language are chosen by keyboard and kept',
    walk: async (page) => {
      await page.getByRole('button', { name: /Ana Ionescu/ }).press('Enter');
      await page.getByRole('menuitemradio', { name: 'Dark' }).click();
      await page.getByRole('menuitemradio', { name: 'Română' }).click();
      await page.keyboard.press('Escape');
      await page.reload();
      await page.getByRole('heading', { level: 1, name: 'În direct' }).waitFor();
      same(
        await page.evaluate(
          'document.documentElement.lang + " " + getComputedStyle(document.documentElement).colorScheme',
        ),
        'ro dark',
      );
    },
  },
  {
    name: 'the period of a site stands in the address',
    walk: async (page, gateway) => {
      await page.goto(`${gateway.url}/sites/tulip-street`);
      await page.getByRole('button', { name: '7 zile' }).click();
      await page.waitForURL(/period=week/);
      await page.getByRole('heading', { name: /ultimele 7 zile/ }).waitFor();
    },
  },
  {
    name: 'signing out leads to the way in, and the way in leads back',
    walk: async (page, gateway) => {
      await page.getByRole('button', { name: /Ana Ionescu/ }).click();
      await page.getByRole('menuitem', { name: 'Deconectare' }).click();
      await page.getByRole('button', { name: 'Autentificare' }).waitFor();
      await page.goto(`${gateway.url}/meters/e350-0001`);
      await page.getByRole('button', { name: 'Autentificare' }).click();
      await page.getByRole('heading', { level: 1, name: 'Tulip Street 1' }).waitFor();
      same(new URL(page.url()).pathname, '/meters/e350-0001');
    },
  },
  {
    name: 'a session that ends meanwhile ends on the page',
    walk: async (page, gateway) => {
      gateway.show('signed-out');
      await page.getByRole('button', { name: 'Autentificare' }).waitFor({ timeout: 20_000 });
    },
  },
];

/** One page, step after step: each begins where the one before ended. */
export async function walkThrough(browser: Browser, tally: Tally): Promise<void> {
  for (const steps of [STEPS, ACCESS_STEPS, COMMAND_STEPS]) await walk(browser, tally, steps);
}

async function walk(browser: Browser, tally: Tally, steps: readonly Step[]): Promise<void> {
  const gateway = await startFakeGateway(WEB_FOLDER);
  const context = await browser.newContext({ locale: 'en-GB', viewport: WIDE });
  const page = await context.newPage();
  const breaks: string[] = [];
  page.on('pageerror', (error) => breaks.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) breaks.push(message.text());
  });
  for (const { name, walk } of steps) await tally.check(name, () => walk(page, gateway));
  await tally.check('no error and no break of the content security policy on the way', () => {
    if (breaks.length > 0) throw new Error(breaks.join('\n'));
  });
  await context.close();
  await gateway.close();
}
