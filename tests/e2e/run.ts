/** `npm run test:e2e`: the dashboard in a real browser, first every state of every page over a stand-in, then the real platform. */

import { join } from 'node:path';
import { launchBrowser } from '../support/browser.js';
import { ROOT } from '../support/root.js';
import { Tally } from '../support/tally.js';
import { journey } from './journey.js';

const tally = new Tally();
const browser = await launchBrowser();
try {
  await journey({ tally, browser, pictures: join(ROOT, 'coverage', 'pictures') });
} finally {
  await browser.close();
}
tally.end();
