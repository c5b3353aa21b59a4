/**
 * The pages over a stand-in, without a platform: `run.js walk`, `run.js look [view …] [--look dark …] [--folder pictures]`.
 * A name of a view may be a part of it: `look people` looks at every view of the people.
 */

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { launchBrowser } from '../../support/browser.js';
import { ROOT } from '../../support/root.js';
import { Tally } from '../../support/tally.js';
import { lookAtEveryState } from './look.js';
import { walkThrough } from './walk.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    look: { type: 'string', multiple: true, default: [] },
    folder: { type: 'string', default: join(ROOT, 'coverage', 'pictures', 'states') },
  },
});
const [what = 'look', ...views] = positionals;

const tally = new Tally();
const browser = await launchBrowser();
try {
  if (what === 'walk') await walkThrough(browser, tally);
  else await lookAtEveryState(browser, tally, values.folder, { views, looks: values.look });
} finally {
  await browser.close();
}
tally.end();
