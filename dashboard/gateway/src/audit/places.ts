/** Where the parts of a trail lie in the gateway's data folder. */

import { join } from 'node:path';

/** What the chained log is a log of. */
export const CHAIN_KIND = 'audit';

export function placesIn(dataFolder: string) {
  const folder = join(dataFolder, 'audit');
  return {
    log: join(folder, 'log'),
    archive: join(folder, 'archive'),
    anchors: join(folder, 'anchors.jsonl'),
    told: join(folder, 'told'),
    /** Apart from the trail, so that a copy of it holds no key. */
    keys: join(dataFolder, 'audit-keys'),
  };
}
