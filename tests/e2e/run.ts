/**
 * `npm run test:e2e`: the dashboard in a real browser, first the real platform, then every state of every page over a stand-in. With
 * `-- platform`, `-- identity`, `-- walk` or `-- look` only that part.
 */

import { join } from 'node:path';
import { launchBrowser } from '../support/browser.js';
import { ROOT } from '../support/root.js';
import { Tally } from '../support/tally.js';
import { lookAtEveryState } from './app-fixture/look.js';
import { walkThrough } from './app-fixture/walk.js';
import { walkThroughIdentity } from './identity-pages.js';
import { journey } from './journey.js';

/** Kept for people to look at. */
const PICTURES = join(ROOT, 'coverage', 'pictures');

const tally = new Tally();
const browser = await launchBrowser();
const PARTS = {
  platform: () => journey({ tally, browser, pictures: join(PICTURES, 'platform') }),
  identity: () => walkThroughIdentity(browser, tally, join(PICTURES, 'identity')),
  walk: () => walkThrough(browser, tally),
  look: () => lookAtEveryState(browser, tally, join(PICTURES, 'states')),
};
const [part] = process.argv.slice(2);
try {
  for (const [name, run] of Object.entries(PARTS)) if (part === undefined || part === name) await run();
} finally {
  await browser.close();
}
tally.end();
