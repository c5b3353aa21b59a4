/** The supervisor with a child that dies on purpose. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@contor/kit';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type ChildStatus, Supervisor } from 'contor/up/supervisor.js';

const SCRIPT = fileURLToPath(new URL('./fake-child.js', import.meta.url));
const WITHIN_MS = 10_000;

/** Each test starts several processes, and a busy machine takes its time for each. */
jest.setTimeout(60_000);

let folder = '';
let marks = '';
let said: string[] = [];
let supervisor: Supervisor | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'contor-supervisor-'));
  marks = join(folder, 'marks');
  said = [];
});
afterEach(async () => {
  await supervisor?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function supervise(services: readonly string[]): Supervisor {
  supervisor = new Supervisor({
    row: { name: 'fake', services },
    environment: { ...process.env, FAKE_MARKS: marks },
    logFolder: folder,
    random: seededRandom(1),
    say: (line) => said.push(line),
    script: SCRIPT,
  });
  return supervisor;
}

async function until(isReached: (status: ChildStatus) => boolean): Promise<ChildStatus> {
  const deadline = Date.now() + WITHIN_MS;
  for (;;) {
    const status = supervisor?.status;
    if (status !== undefined && isReached(status)) return status;
    if (Date.now() > deadline) throw new Error(JSON.stringify(status));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('a supervisor', () => {
  it('starts what it is told and knows how it is', async () => {
    await supervise(['steady']).start('steady');
    const status = await until(({ rssBytes }) => rssBytes === 7);
    expect(status).toMatchObject({ state: 'running', restarts: 0, services: { fake: { state: 'ready' } } });
  });

  it('brings a child that died back with everything it ran, and says so', async () => {
    const running = supervise(['steady', 'dies-once']);
    await Promise.all([running.start('dies-once'), running.start('steady')]);
    const { pid } = running;
    const started = () => readFileSync(marks, 'utf8').split('\n').filter(Boolean).sort();
    // `running` begins with the first service that is ready; the second may need a moment more.
    const status = await until(({ restarts }) => restarts === 1 && started().length >= 4);
    expect(status.pid).not.toBe(pid);
    expect(status.lastExit).toBe('code 70');
    expect(started()).toEqual(['dies-once', 'dies-once', 'steady', 'steady']);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^fake ended with code 70; starting it again in \d+ ms\. Its log: /);
  });

  it('gives the words of a service that cannot start', async () => {
    await expect(supervise(['refuses']).start('refuses')).rejects.toThrow('the port is taken');
  });

  it('names the log of a child that died while it started', async () => {
    await expect(supervise(['dies-at-once']).start('dies-at-once')).rejects.toThrow(/code 70 .*fake\.log/);
  });

  it('tries a restarted service that cannot start again and again, and tells the reason', async () => {
    await supervise(['refuses-the-second-time']).start('refuses-the-second-time');
    const status = await until(({ restarts }) => restarts >= 3);
    expect(status.lastExit).toBe('refuses-the-second-time: the disk is gone');
  });

  it('waits longer each time', async () => {
    await supervise(['refuses-the-second-time']).start('refuses-the-second-time');
    await until(({ restarts }) => restarts >= 4);
    const waits = said.map((line) => Number(/again in (\d+) ms/.exec(line)?.[1]));
    expect(waits[3]).toBeGreaterThan((waits[0] ?? 0) * 2);
  });

  it('does not bring back what it stopped', async () => {
    const running = supervise(['steady']);
    await running.start('steady');
    await running.stop();
    expect(running.status).toMatchObject({ state: 'stopped', restarts: 0 });
    expect(said).toEqual([]);
  });
});
