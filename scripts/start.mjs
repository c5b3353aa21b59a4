/** `npm start`: install, build, and hand over to `contor up` in this same process. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, ensureInstalled, ROOT, requireNode } from './lib/prepare.mjs';

requireNode();
await ensureInstalled();
await ensureBuilt('platform');
process.argv = [process.argv[0], join(ROOT, 'cli/bin/contor.mjs'), 'up', ...process.argv.slice(2)];
await import(pathToFileURL(process.argv[1]).href);
