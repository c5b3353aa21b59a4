/**
 * `npm run check:faults`: what goes wrong around a running platform (full disks, damaged files, servers that are away), on real
 * processes and real files. Each fault must have a clear message, lose nothing that was acknowledged, and pass by itself.
 */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readFlags } from '../support/arguments.js';
import { ROOT } from '../support/root.js';
import { whyNoSmallDisk } from '../support/small-disk.js';
import { Tally } from '../support/tally.js';
import { checkDamage } from './faults-damage.js';
import { checkFullDisks } from './faults-full-disk.js';
import { checkOutages } from './faults-outage.js';

const AWAY_MS = 10_000;
const FULL_AWAY_MS = 60_000;
/** The agent takes as long as the others together: with a full disk it reconnects every 15 s. */
const FULL_DISKS = [['agent'], ['mqtt', 'broker', 'history']] as const;

const flags = readFlags(process.argv.slice(2));
const seed = flags.number('seed', Date.now() % 1_000_000_007);
const tally = new Tally();
const report = (fault: string, figures: object) =>
  console.log(JSON.stringify({ check: 'faults', fault, seed, ...figures }));

await tally.check('a Node that is too old is refused in words', refuseOldNode);
const whyNot = whyNoSmallDisk();
if (whyNot !== undefined) console.log(`skipped: full disks, because ${whyNot}.`);
// Each on a path of its own, and mostly waiting: together they take as long as the longest.
const parts = await Promise.allSettled([
  ...(whyNot === undefined ? FULL_DISKS.map((services) => checkFullDisks({ tally, services, report })) : []),
  checkDamage({ tally, seed, report }),
  checkOutages({ tally, awayMs: flags.full ? FULL_AWAY_MS : AWAY_MS, report }),
]);
// One part's mishap leaves the others the time to stop their processes.
for (const part of parts)
  if (part.status === 'rejected')
    await tally.check('every part comes to its end', () => {
      throw part.reason;
    });
tally.end();

function refuseOldNode(): void {
  const prepare = pathToFileURL(join(ROOT, 'scripts/lib/prepare.mjs')).href;
  const ask = (version: string) =>
    spawnSync(
      process.execPath,
      ['--input-type=module', '-e', `import { requireNode } from '${prepare}'; requireNode('${version}');`],
      {
        encoding: 'utf8',
      },
    );
  const old = ask('18.20.4');
  if (
    old.status !== 1 ||
    !/needs Node 20\.19 or newer; this is 18\.20\.4/.test(old.stderr) ||
    !/nodejs\.org/.test(old.stderr)
  )
    throw new Error(`exit ${old.status}: ${old.stderr}`);
  const control = ask('20.19.0');
  if (control.status !== 0) throw new Error(`the oldest welcome one was refused: ${control.stderr}`);
}
