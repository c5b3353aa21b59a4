/** `npm run test:e2e`: the dashboard in a real browser, first the real platform, then every state of every page over a stand-in. */

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
try {
  await journey({ tally, browser, pictures: join(PICTURES, 'platform') });
  await walkThroughIdentity(browser, tally, join(PICTURES, 'identity'));
  await walkThrough(browser, tally);
  await lookAtEveryState(browser, tally, join(PICTURES, 'states'));
} finally {
  await browser.close();
}
tally.end();
