/** `npm run build`: everything, tests and type checks of the pages included. */
import { ensureBuilt, ensureInstalled, requireNode } from './lib/prepare.mjs';

requireNode();
await ensureInstalled();
await ensureBuilt('all');
