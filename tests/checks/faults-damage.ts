/**
 * Files that are not what we wrote: garbage behind the last record, a rotten byte in the middle, a segment of a later version. Each
 * durable log of the path is hit at once, under load; the next start names what it found and goes on, or refuses and touches nothing.
 */

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@contor/kit';
import { isClean } from '../support/ledger.js';
import { startMeterFleet } from '../support/meter-fleet.js';
import { type MeteringPath, startMeteringPath } from '../support/metering-path.js';
import { metersBehind, msUntilNewValue, settledVerdict } from '../support/path-verdict.js';
import { appendGarbage, claimFormat, cutTail, flipByte, newestSegment, segmentsOf } from '../support/segments.js';
import { ServiceLog } from '../support/service-log.js';
import { CONTOR } from '../support/service-process.js';
import type { Tally } from '../support/tally.js';

const LOGS = [
  { service: 'mqtt', log: 'mqtt/log', command: ['mqtt'] },
  { service: 'agent', log: 'agent/live', command: ['agent', 'json'] },
  { service: 'broker', log: 'broker/log', command: ['broker'] },
  { service: 'history', log: 'history/log', command: ['history'] },
] as const;

/** What a start says about bytes that were never part of a record, and about bytes that once were. */
const NAMES_TORN = /tornBytes":[1-9]/;
const NAMES_DAMAGE = /firstSequence/;
const LATER_FORMAT = 9;
const GARBAGE_BYTES = 1_500;
const SETTLE_MS = 90_000;
const SAYS_MS = 10_000;
const REFUSES_MS = 15_000;
/** Enough that the middle of each log is long settled. */
const FILL_MS = 2_500;
const CUT_BYTES = 4_096;

export interface DamageOptions {
  readonly tally: Tally;
  readonly seed: number;
  readonly report: (fault: string, figures: object) => void;
}

export async function checkDamage({ tally, seed, report }: DamageOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'contor-faults-'));
  const path = await startMeteringPath({ folder, meters: 20 });
  const fleet = await startMeterFleet({ path, messagesASecondEach: 5 });
  const random = seededRandom(seed);
  const logs = new Map(LOGS.map(({ service }) => [service, new ServiceLog(join(folder, 'logs', `${service}.log`))]));
  const logOf = (service: string) => logs.get(service as 'mqtt') ?? new ServiceLog('');

  /** All four go down, are damaged and come back; each must say so. */
  async function damageAll(
    goDown: (path: MeteringPath) => Promise<unknown>,
    damage: (segments: string) => void,
    words: RegExp,
  ): Promise<void> {
    await goDown(path);
    for (const { service, log } of LOGS) {
      damage(join(folder, log));
      logOf(service).mark();
    }
    for (const { service } of LOGS) path.processes[service].start();
    const silent: string[] = [];
    for (const { service } of LOGS)
      await logOf(service)
        .says(words, SAYS_MS)
        .catch(() => silent.push(service));
    if (silent.length > 0) throw new Error(`not a word about it in the log of ${silent.join(', ')}`);
  }

  async function nothingLost(fault: string): Promise<void> {
    const verdict = await settledVerdict(path, fleet.ledger, SETTLE_MS);
    report(fault, { ...fleet.ledger.counts, ...verdict });
    if (!isClean(verdict)) throw new Error(JSON.stringify(verdict));
  }

  try {
    await msUntilNewValue(path, fleet.ledger, SETTLE_MS);
    await sleep(FILL_MS);
    await tally.check('garbage behind the last record is named, cut, and nothing acknowledged is lost', async () => {
      await damageAll(killAll, (log) => appendGarbage(newestSegment(log), random.bytes(GARBAGE_BYTES)), NAMES_TORN);
      await nothingLost('corrupt tail');
    });
    await sleep(FILL_MS);
    await tally.check('a rotten byte in the middle is named with its range, and nothing wrong is served', async () => {
      await damageAll(
        stopAll,
        (log) => {
          const [oldest = ''] = segmentsOf(log);
          flipByte(oldest, Math.floor(statSync(oldest).size / 2));
        },
        NAMES_DAMAGE,
      );
      await nothingLost('damaged middle');
    });
    await tally.check('the control, acknowledged bytes cut off the end, is caught', async () => {
      await path.processes.broker.kill9();
      await sleep(FILL_MS);
      await fleet.stop();
      await path.processes.agent.kill9();
      cutTail(newestSegment(join(folder, 'agent/live')), CUT_BYTES);
      path.processes.agent.start();
      path.processes.broker.start();
      const verdict = await settledVerdict(path, fleet.ledger, 8_000);
      report('control: acknowledged bytes cut off', { ...fleet.ledger.counts, ...verdict });
      if (verdict.lost === 0) throw new Error('the control lost nothing: this check is blind');
      if ((await metersBehind(path, fleet.ledger)) === 0) throw new Error('every newest value is there all the same');
    });
    await stopAll(path);
    for (const { service, log, command } of LOGS)
      await tally.check(`${service} refuses a segment of a later format in words and leaves it alone`, async () => {
        claimFormat(newestSegment(join(folder, log)), LATER_FORMAT);
        const before = fingerprint(join(folder, log));
        const { code, text } = await runToEnd([...command, '--data-folder', join(folder, service)]);
        report('later format', { service, code });
        if (code === 0 || code === null) throw new Error(`exit code ${code}: ${text}`);
        if (!/newer version/.test(text) || !/→/.test(text)) throw new Error(text);
        if (fingerprint(join(folder, log)) !== before) throw new Error('the files were changed');
      });
  } finally {
    await fleet.stop();
    await path.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const killAll = ({ processes }: MeteringPath) => Promise.all(Object.values(processes).map((each) => each.kill9()));
const stopAll = async ({ processes }: MeteringPath) => {
  for (const each of Object.values(processes)) await each.stop();
};

function fingerprint(folder: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)));
  return hash.digest('hex');
}

function runToEnd(args: readonly string[]): Promise<{ readonly code: number | null; readonly text: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, BROKER_PORT: '0', HISTORY_PORT: '0', MQTT_PORT: '0' };
    const child = spawn(process.execPath, [CONTOR, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
    const hurry = setTimeout(() => child.kill('SIGKILL'), REFUSES_MS);
    child.once('exit', (code) => {
      clearTimeout(hurry);
      resolve({ code, text });
    });
  });
}
