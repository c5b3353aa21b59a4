/**
 * `npm run check:auth [-- --full]`: who gets in. Forty tokens, twenty sign-in flows against the running identity server and gateway, sixty
 * access rules of MQTT; and for each a control, a server weakened in one place, that must be caught. Quick: one control a kind.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start } from '@contor/identity';
import { readFlags } from '../support/arguments.js';
import { Tally } from '../support/tally.js';
import { House } from '../unit/gateway/support/house.js';
import { checkFlows } from './auth-flows.js';
import { checkMqtt } from './auth-mqtt.js';
import { checkTokens } from './auth-tokens.js';

const flags = readFlags(process.argv.slice(2));
const seed = flags.number('seed', Date.now() % 1_000_000_007);
const tally = new Tally();
const figures: object[] = [];
const report = (part: object) => void figures.push(part);

const house = await (await House.open({}, { identity: start })).start();
const folder = mkdtempSync(join(tmpdir(), 'contor-auth-'));
try {
  await checkTokens(tally, house, report);
  await checkFlows(tally, { isFull: flags.full, report });
  await checkMqtt(tally, { folder, isFull: flags.full, report });
} finally {
  await house.close();
  rmSync(folder, { recursive: true, force: true });
}
console.log(
  JSON.stringify({ check: 'auth', full: flags.full, seed, passed: tally.passed, failed: tally.failed, parts: figures }),
);
tally.end();
