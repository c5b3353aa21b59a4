/** Runs one of the longer suites from its compiled file: `node scripts/suite.mjs <name> [its own flags]`. */
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, ROOT, requireNode, run } from './lib/prepare.mjs';

const SUITES = {
  e2e: 'e2e/run.js',
  interop: 'interop/run.js',
  bench: 'bench/run.js',
  kill9: 'checks/kill9.js',
  powercut: 'checks/powercut.js',
  faults: 'checks/faults.js',
  fuzz: 'checks/fuzz.js',
  supply: 'checks/supply.js',
  outbound: 'checks/outbound.js',
  auth: 'checks/auth.js',
  commands: 'checks/commands.js',
  slow: 'checks/slow.js',
  tenancy: 'checks/tenancy.js',
};

const [name = '', ...args] = process.argv.slice(2);
const file = SUITES[name];
if (file === undefined) {
  console.error(`No suite "${name}". There are: ${Object.keys(SUITES).join(', ')}.`);
  process.exit(2);
}
requireNode();
await ensureInstalled();
await ensureBuilt('all');
await run(process.execPath, ['--enable-source-maps', join(ROOT, 'tests/dist', file), ...args]);
