/**
 * Promise P1 with the real process: SIGKILL in the middle of notifications, again and again. What was acknowledged is there
 * once, what was never sent is not. Then the files themselves: torn, flipped and foreign ones.
 */

import { mkdtemp, open as openFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SETTINGS, start } from '@contor/history';
import { createLogger, readSettings, realPorts, seededRandom } from '@contor/kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ServerProcess, startProcess } from '../../contract/history/process.js';
import { IS_LONG, times } from '../../support/long.js';

const START_MS = Date.UTC(2026, 0, 1);
/** `npm run check:kill9` kills every process of the path. */
const CYCLES = times(2, 20);
/** Processes are started, on machines that have other things to do. */
const PATIENCE_MS = 60_000;
let folder: string;
let server: Omit<ServerProcess, 'pid'> | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contor-kill9-'));
});
afterEach(async () => {
  await server?.kill();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

const settingsOf = (more: Readonly<Record<string, string>>) => ({
  ...{ HISTORY_DATA: folder, HISTORY_CHECKPOINT_EVERY: '1s' },
  ...more,
});

async function restart(environment: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  const started = await startProcess(settingsOf(environment));
  server = started;
  return started;
}

/** The same in this process, which takes a tenth of the time: for lives that end in peace. */
async function open(environment: Readonly<Record<string, string>> = {}): Promise<{ readonly url: string }> {
  const lines: string[] = [];
  const log = createLogger({ service: 'history', level: 'warn', write: (line) => void lines.push(line) });
  const config = readSettings(SETTINGS, { HISTORY_PORT: '0', ...settingsOf(environment) });
  const running = await start(config, { ports: realPorts(), log });
  const stop = () => running.stop();
  server = { url: running.url ?? '', output: () => lines.join(''), stop, kill: stop };
  return { url: running.url ?? '' };
}

async function end(how: 'kill' | 'stop'): Promise<void> {
  await server?.[how]();
  server = undefined;
}

function notification(writer: number, step: number) {
  const observedAt = new Date(START_MS + step * 1000).toISOString();
  const entity = { id: `urn:m:${writer}`, type: 'Meter', energy: { type: 'Property', value: step / 1000, observedAt } };
  return { data: [entity, { ...entity, id: `urn:n:${writer}` }] };
}

async function post(url: string, body: object): Promise<boolean> {
  const response = await fetch(`${url}/v2/notify`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  await response.text();
  return response.status === 200;
}

async function stepsOf(url: string, id: string): Promise<readonly number[]> {
  const response = await fetch(`${url}/v2/entities/${id}/attrs/energy/value`);
  const told = (await response.json()) as { readonly index: unknown; readonly values: readonly number[] } | [];
  return 'index' in told ? told.values.map((value) => Math.round(value * 1000)) : [];
}

describe('kill -9', () => {
  it('loses nothing acknowledged, invents and doubles nothing', async () => {
    const random = seededRandom('kill9');
    const acked = new Set<string>();
    const sent = new Set<string>();
    let step = 0;
    let sealedSteps = 0;
    for (let cycle = 0; cycle < CYCLES; cycle += 1) {
      const { url } = await restart({ HISTORY_ARCHIVE_AFTER: '1d' });
      // The month is over: all the while its rows are sealed, archived, and brought back for those that come after.
      const tidier = (async () => {
        for (;;) {
          const round = await fetch(`${url}/tidy`, { method: 'POST' })
            .then((response) => response.json() as Promise<{ sealedSteps: number }>)
            .catch(() => undefined);
          if (round === undefined) return;
          sealedSteps += round.sealedSteps;
        }
      })();
      const writers = Array.from({ length: 6 }, async (_, writer) => {
        for (;;) {
          step += 1;
          const mine = step;
          sent.add(`${writer} ${mine}`);
          const isAcked = await post(url, notification(writer, mine)).catch(() => undefined);
          if (isAcked === undefined) return;
          if (isAcked) acked.add(`${writer} ${mine}`);
        }
      });
      await sleep(150 + random.integer(400));
      // On a machine with other things to do: not before there is something to lose.
      for (let waited = 0; waited < 500 && (acked.size <= 20 * (cycle + 1) || sealedSteps === 0); waited += 1)
        await sleep(20);
      await end('kill');
      await Promise.all([...writers, tidier]);
    }
    const { url } = await restart();
    const found: string[] = [];
    for (let writer = 0; writer < 6; writer += 1) {
      const steps = await stepsOf(url, `urn:m:${writer}`);
      expect(await stepsOf(url, `urn:n:${writer}`)).toEqual(steps);
      found.push(...steps.map((at) => `${writer} ${at}`));
    }
    expect(acked.size).toBeGreaterThan(20 * CYCLES);
    expect(sealedSteps).toBeGreaterThan(0);
    expect(new Set(found).size).toBe(found.length);
    expect([...acked].filter((key) => !found.includes(key))).toEqual([]);
    expect(found.filter((key) => !sent.has(key))).toEqual([]);
  }, 120_000);
});

async function fill(steps: number, environment: Readonly<Record<string, string>> = {}): Promise<void> {
  const { url } = await open(environment);
  for (let step = 1; step <= steps; step += 1) expect(await post(url, notification(0, step))).toBe(true);
  expect(await stepsOf(url, 'urn:m:0')).toHaveLength(steps);
}

async function flip(path: string, position: number): Promise<void> {
  const file = await openFile(path, 'r+');
  const bytes = new Uint8Array(64);
  await file.read(bytes, 0, bytes.length, position);
  await file.write(
    bytes.map((byte) => byte ^ 0xff),
    0,
    bytes.length,
    position,
  );
  await file.close();
}

describe('an unreadable database file', () => {
  const QUICK = ['half of it', 'a flipped write-ahead log'];
  const DAMAGES: readonly (readonly [
    name: string,
    ending: 'kill' | 'stop',
    damage: (path: string) => Promise<void>,
  ])[] = [
    ['half of it', 'stop', async (path) => truncate(path, Math.floor((await stat(path)).size / 2))],
    ['a flipped header', 'stop', (path) => flip(path, 0)],
    ['a torn write-ahead log', 'kill', async (path) => truncate(`${path}.wal`, (await stat(`${path}.wal`)).size - 20)],
    ['a flipped write-ahead log', 'kill', (path) => flip(`${path}.wal`, 300)],
    ['none at all', 'stop', (path) => rm(path)],
  ];

  // One of each kind is enough while one works: a file that is short, a log that does not read.
  it.each(IS_LONG ? DAMAGES : DAMAGES.filter(([name]) => QUICK.includes(name)))(
    '%s: everything comes back from the log',
    async (_name, ending, damage) => {
      await fill(10);
      // A write-ahead log remains only when there was no time for a checkpoint.
      if (ending === 'kill') {
        await end('stop');
        const { url } = await restart({ HISTORY_CHECKPOINT_EVERY: '1h' });
        expect(await post(url, notification(0, 11))).toBe(true);
        expect(await stepsOf(url, 'urn:m:0')).toHaveLength(11);
      }
      await end(ending);
      await damage(join(folder, 'history.duckdb'));
      const { url } = await open();
      expect(await stepsOf(url, 'urn:m:0')).toHaveLength(ending === 'kill' ? 11 : 10);
      const health = (await (await fetch(`${url}/health`)).json()) as { state: string };
      expect(health.state).toBe('ready');
    },
    PATIENCE_MS,
  );

  it(
    'takes the files of old months with it: a database that begins again does not know them',
    async () => {
      await fill(10, { HISTORY_ARCHIVE_AFTER: '1d' });
      await fetch(`${server?.url}/tidy`, { method: 'POST' });
      await end('stop');
      await rm(join(folder, 'history.duckdb'));
      for (const life of ['first', 'second']) {
        const { url } = await open({ HISTORY_ARCHIVE_AFTER: '1d' });
        expect(await stepsOf(url, 'urn:m:0')).toHaveLength(10);
        const aside = (await readdir(folder)).find((name) => name.startsWith('set-aside-')) ?? '';
        expect([life, await readdir(join(folder, aside))]).toEqual([life, [expect.stringMatching(/\.parquet$/)]]);
        await end('stop');
      }
    },
    PATIENCE_MS,
  );

  it(
    'is kept beside the data, and what the log no longer holds is named',
    async () => {
      await fill(10);
      await end('stop');
      const logFolder = join(folder, 'log');
      for (const name of await readdir(logFolder)) await rm(join(logFolder, name));
      await writeFile(join(folder, 'history.duckdb'), 'gone'.repeat(4096));
      const { url } = await open();
      expect(await stepsOf(url, 'urn:m:0')).toEqual([]);
      expect((await readdir(folder)).some((name) => name.startsWith('set-aside-'))).toBe(true);
      expect(server?.output()).toContain('was unreadable');
    },
    PATIENCE_MS,
  );
});

describe('a second server', () => {
  it(
    'on the same data is refused with a word on what to do',
    async () => {
      await open();
      await expect(startProcess({ HISTORY_DATA: folder })).rejects.toThrow(/in use by another running process/);
    },
    PATIENCE_MS,
  );

  it(
    'on the same port, too',
    async () => {
      const port = new URL((await open()).url).port;
      const other = { HISTORY_DATA: join(folder, 'other'), HISTORY_PORT: port };
      await expect(startProcess(other)).rejects.toThrow(/taken by another program/);
    },
    PATIENCE_MS,
  );
});

it(
  'beyond loopback it wants TLS and a secret',
  async () => {
    await expect(startProcess({ HISTORY_DATA: folder, HISTORY_HOST: '0.0.0.0' })).rejects.toThrow(
      /not a loopback address/,
    );
  },
  PATIENCE_MS,
);
