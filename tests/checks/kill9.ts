/**
 * `npm run check:kill9`: the whole path from MQTT to history, each server a process of its own, under load, with one or two of them killed
 * by SIGKILL at random moments, over and over. Meters outside keep a ledger of what was acknowledged to them; at the end history must hold
 * exactly that: nothing lost, nothing invented, nothing doubled. The control replaces the MQTT broker by one that keeps its promises in
 * memory only, and must be caught.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@contor/kit';
import { readFlags } from '../support/arguments.js';
import { isClean, type Verdict } from '../support/ledger.js';
import { type MeterFleet, startMeterFleet } from '../support/meter-fleet.js';
import { type MeteringPath, startMeteringPath } from '../support/metering-path.js';
import { metersBehind, settledVerdict } from '../support/path-verdict.js';
import { Tally } from '../support/tally.js';

const QUICK_CYCLES = 20;
const FULL_CYCLES = 1_000;
/** The control loses within a few cycles or the check is blind. */
const CONTROL_CYCLES = 5;
const METERS = 50;
const MESSAGES_A_SECOND_EACH = 10;
/** After the storm everything must have arrived within this time, or it never will. */
const DRAIN_MS = 60_000;
const CONTROL_DRAIN_MS = 8_000;
const CONTROL_MQTT = fileURLToPath(new URL('./control-mqtt.js', import.meta.url));

const flags = readFlags(process.argv.slice(2));
const cycles = flags.number('cycles', flags.full ? FULL_CYCLES : QUICK_CYCLES);
const seed = flags.number('seed', Date.now() % 1_000_000_007);
const tally = new Tally();

await tally.check(`${cycles} random kill -9 under load lose, invent and double nothing`, async () => {
  const outcome = await storm({ cycles, control: false });
  console.log(JSON.stringify({ check: 'kill9', seed, ...outcome }));
  if (!isClean(outcome.verdict)) throw new Error(`${JSON.stringify(outcome.verdict)} (seed ${seed})`);
  if (outcome.behind > 0) throw new Error(`${outcome.behind} meters show an old value in the broker (seed ${seed})`);
  if (outcome.acknowledged < METERS * cycles)
    throw new Error(`only ${outcome.acknowledged} readings were acknowledged: too little load to prove anything`);
});

await tally.check('the control, a broker that acknowledges from memory, is caught', async () => {
  const outcome = await storm({ cycles: CONTROL_CYCLES, control: true });
  console.log(JSON.stringify({ check: 'kill9', control: 'mqtt in memory', seed, ...outcome }));
  if (outcome.verdict.lost === 0) throw new Error(`the control lost nothing in ${CONTROL_CYCLES} cycles`);
});
tally.end();

interface Outcome {
  readonly cycles: number;
  readonly kills: number;
  readonly sent: number;
  readonly acknowledged: number;
  readonly rows: number;
  readonly verdict: Verdict;
  /** Meters whose newest acknowledged value is not the one in the broker. */
  readonly behind: number;
  readonly seconds: number;
}

async function storm({ cycles, control }: { cycles: number; control: boolean }): Promise<Outcome> {
  const startedAt = performance.now();
  const random = seededRandom(seed);
  const folder = mkdtempSync(join(tmpdir(), 'contor-kill9-'));
  const path = await startMeteringPath({
    folder,
    meters: METERS,
    ...(control ? { otherMqtt: () => ({ args: [CONTROL_MQTT] }) } : {}),
  });
  let fleet: MeterFleet | undefined;
  try {
    fleet = await startMeterFleet({ path, messagesASecondEach: MESSAGES_A_SECOND_EACH });
    let kills = 0;
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      await sleep(300 + random.integer(900));
      kills += await strike(path, control, random.integer(1_000));
    }
    await sleep(1_000);
    await fleet.stop();
    const { rows, ...verdict } = await settledVerdict(path, fleet.ledger, control ? CONTROL_DRAIN_MS : DRAIN_MS);
    const behind = control ? 0 : await metersBehind(path, fleet.ledger);
    return {
      cycles,
      kills,
      ...fleet.ledger.counts,
      rows,
      verdict,
      behind,
      seconds: Math.round((performance.now() - startedAt) / 1000),
    };
  } finally {
    await fleet?.stop();
    await path.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Kills one process, every third time two; the control always gets the pair that an in-memory broker cannot survive. */
async function strike(path: MeteringPath, control: boolean, dice: number): Promise<number> {
  const { broker, history, mqtt, agent } = path.processes;
  const all = [broker, history, mqtt, agent];
  const first = all[dice % all.length] ?? broker;
  const second = all[(dice + 1 + (dice % 3)) % all.length] ?? history;
  const victims = control ? [agent, mqtt] : dice % 3 === 0 ? [first, second] : [first];
  for (const victim of victims) {
    await victim.kill9();
    await sleep(control ? 300 : dice % 150);
  }
  for (const victim of victims) victim.start();
  return victims.length;
}
