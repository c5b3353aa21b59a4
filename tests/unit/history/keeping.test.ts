/** The life of old rows as an operator sees it: sealed, archived, retained, erased with proof, backed up and restored. */

import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SETTINGS, start } from '@contor/history';
import { restoreBackup } from '@contor/history/store/backup.js';
import { createLogger, type Running, readSettings, realPorts } from '@contor/kit';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

/** Real databases on a machine that may have much else to do. */
jest.setTimeout(60_000);

const DAY_MS = 86_400_000;
const TYPE = 'IntervalReading';

let folder: string;
let history: Running;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contor-keeping-'));
  history = await open(join(folder, 'data'));
});

afterEach(async () => {
  await history.stop();
  await rm(folder, { recursive: true, force: true });
});

function open(data: string, settings: Readonly<Record<string, string>> = {}): Promise<Running> {
  const config = readSettings(SETTINGS, { HISTORY_DATA: data, HISTORY_PORT: '0', ...settings });
  const log = createLogger({ service: 'history', level: 'warn', write: () => undefined });
  return start(config, { ports: realPorts(), log });
}

async function ask(path: string, method = 'GET', body?: unknown) {
  const response = await fetch(`${history.url}${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  });
  const text = await response.text();
  return { status: response.status, json: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : undefined };
}

/** One reading a day and meter from `daysAgo` on, its value the day. */
async function tell(ids: readonly string[], daysAgo: number, days: number, part: object = {}): Promise<void> {
  const start = Math.floor(Date.now() / DAY_MS) * DAY_MS - daysAgo * DAY_MS;
  const data = ids.flatMap((id) =>
    Array.from({ length: days }, (_, day) => ({
      ...{ id, type: TYPE, ...part },
      energy: { type: 'Property', value: day, observedAt: new Date(start + day * DAY_MS).toISOString() },
    })),
  );
  expect((await ask('/v2/notify', 'POST', { data })).status).toBe(200);
}

const series = async (id: string) => (await ask(`/v2/entities/${id}/attrs/energy/value`)).json;
const stats = async () => (await ask('/stats')).json.types[0];

describe('old rows', () => {
  it('move without a change to any answer, through restarts', async () => {
    await tell(['urn:a', 'urn:b'], 600, 600);
    await tell(['urn:a'], 500, 10);
    const before = [await series('urn:a'), await series('urn:b')];
    const { hot, late } = (await stats()).rows;
    expect([hot, late]).toEqual([1200, 10]);
    const round = (await ask('/tidy', 'POST')).json;
    expect(round.sealedSteps).toBeGreaterThan(10);
    expect(round.archivedMonths).toBeGreaterThan(3);
    expect([await series('urn:a'), await series('urn:b')]).toEqual(before);
    const after = await stats();
    expect(after.rows.archived + after.rows.sealed + after.rows.hot).toBe(1200);
    expect(after.rows).toMatchObject({ late: 0, replaced: 20 });
    expect(after.months.archived).toBe(round.archivedMonths);
    await history.stop();
    history = await open(join(folder, 'data'));
    expect([await series('urn:a'), await series('urn:b')]).toEqual(before);
    // Repeats of sealed rows are late rows, and are folded again.
    await tell(['urn:a'], 600, 600);
    expect(await series('urn:a')).toEqual({
      index: before[0].index,
      values: Array.from({ length: 600 }, (_, day) => day),
    });
  });

  it('a file that a crash left unnamed is removed, others are not', async () => {
    await tell(['urn:a'], 600, 30);
    await ask('/tidy', 'POST');
    await history.stop();
    const archive = join(folder, 'data', 'archive');
    const files = await readdir(archive);
    await writeFile(join(archive, '0-2020-01-x.parquet'), 'half');
    history = await open(join(folder, 'data'));
    expect(await readdir(archive)).toEqual(files);
  });
});

it('a file of an old month that is gone is said, and the rest answered', async () => {
  await tell(['urn:a'], 600, 600);
  await ask('/tidy', 'POST');
  const whole = await series('urn:a');
  await history.stop();
  const archive = join(folder, 'data', 'archive');
  const [file = ''] = await readdir(archive);
  const bytes = await readFile(join(archive, file));
  await rm(join(archive, file));
  history = await open(join(folder, 'data'));
  expect(history.health()).toMatchObject({ state: 'degraded', reason: expect.stringContaining(file) });
  const left = (await series('urn:a')).values.length;
  expect([left > 560, left < 600]).toEqual([true, true]);
  await history.stop();
  await writeFile(join(archive, file), bytes);
  history = await open(join(folder, 'data'));
  expect(history.health().state).toBe('ready');
  expect(await series('urn:a')).toEqual(whole);
});

describe('retention', () => {
  it('forgets what is older, keeps the proof, and touches no other type', async () => {
    await tell(['urn:a'], 600, 600);
    await tell(['urn:other'], 600, 10, { type: 'Other' });
    await ask('/tidy', 'POST');
    expect((await ask('/retention', 'PUT', [{ type: TYPE, days: 100 }])).json).toEqual([{ type: TYPE, days: 100 }]);
    expect((await ask('/tidy', 'POST')).json).toMatchObject({ erasedEntities: 1 });
    expect((await series('urn:a')).values[0]).toBe(500);
    expect((await ask('/v2/entities/urn:other/attrs/energy/value')).json.values).toHaveLength(10);
    const [proof] = (await ask('/erasures')).json;
    expect(proof).toMatchObject({ type: TYPE, rows: 500 });
    expect((await ask('/tidy', 'POST')).json.erasedEntities).toBe(0);
    await history.stop();
    history = await open(join(folder, 'data'));
    expect((await ask('/retention')).json).toEqual([{ type: TYPE, days: 100 }]);
  });

  it.each([
    [{ days: 3 }, 'a list'],
    [[{ days: 0 }], 'from 1 to'],
    [[{ days: 1.5 }], 'from 1 to'],
    [[{ type: '', days: 5 }], 'entity type'],
    [[{ days: 5 }, { days: 6 }], 'two rules'],
  ])('%j is no rule', async (rules, words) => {
    const { status, json } = await ask('/retention', 'PUT', rules);
    expect([status, json.description]).toEqual([400, expect.stringContaining(words)]);
  });
});

describe('erasure', () => {
  it('takes a subject out of every place and file, and proves it without the name', async () => {
    await tell(['urn:secret-person', 'urn:b'], 600, 600);
    await ask('/tidy', 'POST');
    await tell(['urn:secret-person'], 550, 5);
    expect((await ask(`/v2/entities/urn:secret-person?type=${TYPE}`, 'DELETE')).status).toBe(204);
    expect(await series('urn:secret-person')).toEqual([]);
    expect((await series('urn:b')).values).toHaveLength(600);
    const [proof] = (await ask('/erasures')).json;
    const subjectSha256 = createHash('sha256').update('urn:secret-person').digest('hex');
    expect(proof).toMatchObject({ type: TYPE, rows: 600, subjectSha256 });
    const rows = (await stats()).rows;
    expect(rows.hot + rows.late + rows.sealed + rows.archived + rows.replaced).toBe(600);
  });
});

describe('backup', () => {
  it('holds everything acknowledged before it began, made while more comes in', async () => {
    await tell(['urn:a', 'urn:b'], 600, 600);
    await ask('/tidy', 'POST');
    await tell(['urn:c'], 20, 20);
    const [a, c] = [await series('urn:a'), await series('urn:c')];
    const more = tell(['urn:late-comer'], 10, 10);
    const made = await ask('/backups', 'POST', { name: 'one' });
    await more;
    expect(made).toMatchObject({ status: 201, json: { name: 'one' } });
    expect((await ask('/backups', 'POST', { name: 'one' })).status).toBe(409);
    await history.stop();
    await restoreBackup(made.json.folder, join(folder, 'restored'));
    history = await open(join(folder, 'restored'));
    expect([await series('urn:a'), await series('urn:c')]).toEqual([a, c]);
    expect(history.health().state).toBe('ready');
    await tell(['urn:a'], 0, 1);
    expect((await series('urn:a')).values).toHaveLength(601);
  });

  it('one that was changed is refused, and so is a folder with something in it', async () => {
    await tell(['urn:a'], 20, 20);
    const { folder: backup } = (await ask('/backups', 'POST')).json;
    await expect(restoreBackup(backup, join(folder, 'data'))).rejects.toMatchObject({ code: 'history.restore-target' });
    const file = join(backup, 'history.duckdb');
    const bytes = await readFile(file);
    bytes[5000] = (bytes[5000] ?? 0) ^ 1;
    await writeFile(file, bytes);
    await expect(restoreBackup(backup, join(folder, 'fresh'))).rejects.toThrow('not as it was made');
  });

  it.each(['../up', 'a/b', '', '.hidden'])('%j is no name', async (name) => {
    expect((await ask('/backups', 'POST', { name })).status).toBe(400);
  });
});
