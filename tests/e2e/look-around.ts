/** A page of the real platform in every look: a picture for people, axe for everybody, and nothing that scrolls sideways. */

import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { faultsOf, LOOKS } from '../support/browser.js';
import type { Tally } from '../support/tally.js';

export async function lookAround(tally: Tally, page: Page, name: string, pictures: string): Promise<void> {
  for (const { look, colorScheme, viewport } of LOOKS)
    await tally.check(`${name}, ${look}: axe finds nothing, nothing scrolls sideways`, async () => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      await page.waitForTimeout(600);
      await page.screenshot({ path: join(pictures, `${name}-${look}.png`), fullPage: true });
      const faults = await faultsOf(page);
      if (faults.length > 0) throw new Error(faults.join('\n'));
    });
  await page.emulateMedia({ colorScheme: LOOKS[0].colorScheme });
  await page.setViewportSize(LOOKS[0].viewport);
}
