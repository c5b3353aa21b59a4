/**
 * `npm run check:powercut`: every durable part on a disk that drops, reorders and tears what was not synced, cut off at a random
 * moment, again and again. Nothing acknowledged may be lost, nothing unsent may appear, nothing may be there twice. Each part has its
 * control: the same run on a disk whose fsync is a lie must lose, or the check itself is worth nothing.
 */

import { readFlags } from '../support/arguments.js';
import { Tally } from '../support/tally.js';
import { powercutBroker } from './powercut-broker.js';
import { powercutHistory } from './powercut-history.js';
import { powercutIngest } from './powercut-ingest.js';
import { powercutLog } from './powercut-log.js';
import { powercutMqtt } from './powercut-mqtt.js';

interface Outcome {
  readonly cuts: number;
  readonly lost: number;
  readonly ghosts: number;
  readonly doubled: number;
  /** Parts that promise an order count these too. */
  readonly misordered?: number;
  readonly backwards?: number;
}

/** Everything that must be zero on an honest disk. */
const harmOf = ({ lost, ghosts, doubled, misordered = 0, backwards = 0 }: Outcome) =>
  lost + ghosts + doubled + misordered + backwards;

interface Cuts {
  readonly cuts: number;
  readonly seed: number;
}

interface Part {
  readonly name: string;
  readonly run: (made: Cuts & { readonly fsyncOff: boolean }) => Promise<Outcome>;
  /** The same part with a writer that believes in a record before it is on disk. */
  readonly earlyAck?: (made: Cuts) => Promise<Outcome>;
  /** The same part with a shelf that takes dead letters and keeps none. */
  readonly forgetful?: (made: Cuts) => Promise<Outcome>;
}

const PARTS: readonly Part[] = [
  { name: 'durable log', run: powercutLog, earlyAck: (made: Cuts) => powercutLog({ ...made, ackBeforeCommit: true }) },
  {
    name: 'ingest log and cursor of an agent',
    run: powercutIngest,
    earlyAck: (made: Cuts) => powercutIngest({ ...made, ackBeforeCommit: true }),
  },
  { name: 'MQTT sessions', run: powercutMqtt },
  {
    name: 'broker',
    run: powercutBroker,
    forgetful: (made: Cuts) => powercutBroker({ ...made, forgetLetters: true }),
  },
  {
    name: 'history log',
    run: powercutHistory,
    earlyAck: (made: Cuts) => powercutHistory({ ...made, ackBeforeCommit: true }),
  },
];

const QUICK_CUTS = 60;
const FULL_CUTS = 600;
/** A control on a lying disk need not run long to lose. */
const CONTROL_CUTS = 60;

const flags = readFlags(process.argv.slice(2));
const cuts = flags.number('cuts', flags.full ? FULL_CUTS : QUICK_CUTS);
const seed = flags.number('seed', Date.now() % 1_000_000_007);
const tally = new Tally();

for (const { name, run, earlyAck, forgetful } of PARTS) {
  await tally.check(`${name}: ${cuts} power cuts lose, invent and double nothing`, async () => {
    const outcome: Outcome = await run({ cuts, seed, fsyncOff: false });
    report(name, outcome);
    if (outcome.cuts !== cuts) throw new Error(`made ${outcome.cuts} cuts instead of ${cuts}`);
    if (harmOf(outcome) > 0) throw new Error(`${JSON.stringify(outcome)} (seed ${seed})`);
  });
  await tally.check(`${name}: the control, a disk whose fsync is a lie, is caught`, async () => {
    const outcome: Outcome = await run({ cuts: CONTROL_CUTS, seed, fsyncOff: true });
    report(`${name}, control`, outcome);
    if (harmOf(outcome) === 0) throw new Error(`the control came to no harm in ${CONTROL_CUTS} cuts (seed ${seed})`);
  });
  if (forgetful !== undefined) {
    await tally.check(`${name}: the control, dead letters that are not written, is caught`, async () => {
      const outcome = await forgetful({ cuts: CONTROL_CUTS, seed });
      report(`${name}, control: forgotten dead letters`, outcome);
      if (outcome.lost === 0) throw new Error(`nothing was lost in ${CONTROL_CUTS} cuts (seed ${seed})`);
    });
  }
  if (earlyAck === undefined) continue;
  await tally.check(`${name}: the control, an acknowledgement before the commit, is caught`, async () => {
    const outcome = await earlyAck({ cuts: CONTROL_CUTS, seed });
    report(`${name}, control: early acknowledgement`, outcome);
    if (outcome.lost === 0) throw new Error(`nothing was lost in ${CONTROL_CUTS} cuts (seed ${seed})`);
  });
}
tally.end();

function report(part: string, outcome: Outcome): void {
  console.log(JSON.stringify({ check: 'powercut', part, seed, ...outcome }));
}
