/**
 * Many processes at one folder whose holder was killed: never two of them get in, and always one. LOCK_ROUNDS makes it longer.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { times } from '../../support/long.js';

const ROUNDS = Number(process.env.LOCK_ROUNDS ?? times(4, 12));
const TAKERS = times(6, 10);
const ROUND_MS = 1_000;

/** Takes when told to, says how it went, and keeps what it got until it is told to give it back or dies. */
const TAKER = `
  import { lockDirectory } from ${JSON.stringify(import.meta.resolve('@contor/kit'))};
  let lock;
  process.on('message', async ({ take }) => {
    if (take === undefined) {
      await lock?.release();
      lock = undefined;
      return process.send('released');
    }
    try {
      lock = await lockDirectory(take);
      process.send('held');
    } catch (error) {
      process.send(error.code);
    }
  });
  process.send('ready');`;

const takers: ChildProcess[] = [];
let folder: string;

async function makeTaker(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', TAKER], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return child;
}

async function told(child: ChildProcess, message: object): Promise<string> {
  const [answer] = await Promise.all([once(child, 'message'), child.send(message)]);
  return String(answer[0]);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contor-race-'));
  takers.push(...(await Promise.all(Array.from({ length: TAKERS }, makeTaker))));
}, 20_000);

afterAll(async () => {
  for (const child of takers) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

it(
  `lets exactly one of ${TAKERS} processes in, ${ROUNDS} times, after a kill -9 or a release`,
  async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const answers = await Promise.all(takers.map((child) => told(child, { take: folder })));
      expect(answers.filter((answer) => answer !== 'held' && answer !== 'config.in-use')).toEqual([]);
      expect(answers.filter((answer) => answer === 'held')).toHaveLength(1);
      expect(await readdir(folder)).toHaveLength(1);
      const at = answers.indexOf('held');
      const holder = takers[at];
      if (holder === undefined) continue;
      if (round % 4 === 3) {
        expect(await told(holder, {})).toBe('released');
        expect(await readdir(folder)).toEqual([]);
      } else {
        const successor = makeTaker();
        holder.kill('SIGKILL');
        await once(holder, 'exit');
        takers[at] = await successor;
      }
    }
  },
  20_000 + ROUNDS * ROUND_MS,
);
