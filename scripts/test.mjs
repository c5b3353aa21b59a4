/**
 * `npm test`: install, build, lint, and the unit and contract suites. `npm run test:long`: those in which something is drawn, cut or killed, in
 * their long form. `npm run coverage`: the suites, measured. Further arguments go to jest.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, ROOT, requireNode, run } from './lib/prepare.mjs';

requireNode();
await ensureInstalled();
await ensureBuilt('all');
const IS_LONG = process.argv.includes('--long');
if (IS_LONG) process.env.CONTOR_LONG = '1';
const args = process.argv.slice(2).filter((argument) => argument !== '--long');
if (args.length === 0 && !IS_LONG)
  await run(process.execPath, [join(ROOT, 'node_modules/@biomejs/biome/bin/biome'), 'check', '.']);
if (process.env.CONTOR_VECTORS === undefined)
  console.log('CONTOR_VECTORS is not set: the suites over shared protocol vectors are skipped.');
await run(process.execPath, [
  '--experimental-vm-modules',
  '--no-warnings',
  join(ROOT, 'node_modules/jest/bin/jest.js'),
  '-c',
  args.includes('--coverage') ? 'tests/jest.coverage.mjs' : 'tests/jest.config.mjs',
  ...(IS_LONG && args.length === 0 ? filesWithLongForm() : args),
]);

function filesWithLongForm() {
  return ['unit', 'contract'].flatMap((suite) =>
    readdirSync(join(ROOT, 'tests', suite), { recursive: true })
      .filter((name) => name.endsWith('.test.ts'))
      .filter((name) =>
        /fast-check|support\/long|CONTOR_LONG/.test(readFileSync(join(ROOT, 'tests', suite, name), 'utf8')),
      )
      .map((name) => `tests/dist/${suite}/${name.replaceAll('\\', '/').replace(/ts$/, 'js')}`),
  );
}
