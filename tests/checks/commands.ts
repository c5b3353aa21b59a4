/**
 * `npm run check:commands`: nobody switches a supply off alone, fast or by a side door (trust T21 to T23), on real processes: NGSI-LD broker,
 * MQTT broker, JSON agent, command service, and meters that obey whatever reaches them. Two controls must be caught: an agent that believes
 * everybody, and a service without caps.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@contor/kit';
import { readFlags } from '../support/arguments.js';
import { type CommandPath, type CommandPathOptions, startCommandPath } from '../support/command-path.js';
import { Tally } from '../support/tally.js';
import { attackWithOneToken, attackWithTwoTokens, pressTheSwitch, trySideDoors } from './commands-attacks.js';
import { killAtEveryStep } from './commands-kills.js';

const METERS = 24;
/** Twenty an hour for a person, whether they ask or approve. */
const PERSON_CAP = 20;
const ALARM_MS = 60_000;
const SWITCH_MS = 2_000;
const SETTINGS = { COMMANDS_DELAY: '5s', COMMANDS_ORDER_VALID: '3s' };
const CONTROL_AGENT = fileURLToPath(new URL('./control-agent.js', import.meta.url));
const CONTROL_COMMANDS = fileURLToPath(new URL('./control-commands.js', import.meta.url));

const flags = readFlags(process.argv.slice(2));
const seed = flags.number('seed', Date.now() % 1_000_000_007);
const oneToken = flags.number('tries', flags.full ? 10_000 : 40);
const doorTries = flags.number('doors', flags.full ? 100 : 2);
const kills = flags.number('kills', flags.full ? 200 : 3);
const twoTokens = flags.full ? 200 : 30;
const tally = new Tally();
const figures: Record<string, unknown> = { check: 'commands', seed };

// Each with processes of its own; mostly everybody waits.
await Promise.all([attackOurs(), killOurs(), catchControls()]);
console.log(JSON.stringify(figures));
tally.end();

async function attackOurs(): Promise<void> {
  await onPath({ settings: SETTINGS }, async (path) => {
    await tally.check('no side door moves a breaker (T23)', async () => {
      const doors = await trySideDoors(path, doorTries);
      const open = doors.filter(({ executed }) => executed > 0);
      figures.doors = doors.length;
      figures.throughDoors = open.reduce((sum, { executed }) => sum + executed, 0);
      if (open.length > 0) throw new Error(JSON.stringify(open));
    });
    await tally.check(`one token moves none of ${oneToken} (T21)`, async () => {
      const outcome = await attackWithOneToken(path, oneToken);
      figures.oneToken = outcome;
      if (outcome.executed > 0) throw new Error(JSON.stringify(outcome));
    });
    await tally.check('the switch stops what waits within two seconds, and it takes two to go on (T21)', async () => {
      const outcome = await pressTheSwitch(path);
      figures.switch = outcome;
      if (outcome.stoppedMs > SWITCH_MS || outcome.executedAfter > 0) throw new Error(JSON.stringify(outcome));
    });
    await tally.check('two tokens stay below the cap, commands freeze, and somebody is told (T21)', async () => {
      const outcome = await attackWithTwoTokens(path, twoTokens);
      figures.twoTokens = outcome;
      if (!isWithinCap(outcome) || outcome.state !== 'frozen' || outcome.alarmMs > ALARM_MS)
        throw new Error(JSON.stringify(outcome));
    });
  });
}

async function killOurs(): Promise<void> {
  await onPath({ settings: SETTINGS }, async (path) => {
    await tally.check(
      `${kills} kill -9 carry out no order twice, and what is shown is what was done (T22)`,
      async () => {
        const outcome = await killAtEveryStep(path, kills, seededRandom(seed));
        figures.kills = outcome;
        if (outcome.executedTwice > 0 || outcome.tooLate > 0 || outcome.wrong > 0 || outcome.executed === 0)
          throw new Error(`${JSON.stringify(outcome)} (seed ${seed})`);
      },
    );
  });
}

async function catchControls(): Promise<void> {
  await tally.check('the control, an agent that believes everybody, is caught', () =>
    onPath({ stead: { agent: [CONTROL_AGENT] } }, async (path) => {
      const doors = await trySideDoors(path, 1);
      figures.controlAgent = doors.reduce((sum, { executed }) => sum + executed, 0);
      if (figures.controlAgent === 0) throw new Error('it moved nothing either: the check is blind');
    }),
  );
  await tally.check('the control, a service without caps, is caught', () =>
    onPath({ stead: { commands: [CONTROL_COMMANDS] } }, async (path) => {
      const outcome = await attackWithTwoTokens(path, 30);
      figures.controlCommands = outcome.executed;
      if (isWithinCap(outcome)) throw new Error(`it stayed within the cap: ${JSON.stringify(outcome)}`);
    }),
  );
}

function isWithinCap({ executed }: { readonly executed: number }): boolean {
  return executed <= PERSON_CAP;
}

async function onPath(
  options: Pick<CommandPathOptions, 'settings' | 'stead'>,
  work: (path: CommandPath) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'contor-commands-'));
  const path = await startCommandPath({ folder, meters: METERS, ...options });
  try {
    await work(path);
  } finally {
    await path.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
