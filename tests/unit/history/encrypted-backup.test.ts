/** Backups that only the key opens (T30): nothing readable in them, whole or refused, and a restore that says which key it wants. */

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SETTINGS, start } from '@contor/history';
import { restoreBackup } from '@contor/history/store/backup.js';
import { openBackupKeys } from '@contor/history/store/backup-cipher.js';
import { createLogger, keyringOf, newMasterKey, type Running, readSettings, realPorts } from '@contor/kit';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

/** Real databases on a machine that may have much else to do. */
jest.setTimeout(60_000);

const CANARY = 'urn-of-somebody-who-must-not-be-read';
const KEY = newMasterKey();

let folder: string;
let history: Running;
let backup: string;

function open(data: string): Promise<Running> {
  const config = readSettings(SETTINGS, { HISTORY_DATA: data, HISTORY_PORT: '0', HISTORY_BACKUP_KEY: KEY });
  return start(config, {
    ports: realPorts(),
    log: createLogger({ service: 'history', level: 'warn', write: () => undefined }),
  });
}

const post = async (path: string, body: unknown) => {
  const answer = await fetch(`${history.url}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, text: await answer.text() };
};
const values = async () =>
  (await (await fetch(`${history.url}/v2/entities/${CANARY}/attrs/energy/value`)).json()) as object;
const filesOf = async (at: string) =>
  (await readdir(at, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contor-sealed-backup-'));
  history = await open(join(folder, 'data'));
  const year = Array.from({ length: 800 }, (_, day) => new Date(Date.now() - day * 86_400_000).toISOString());
  const data = year.map((observedAt, day) => ({
    id: CANARY,
    type: 'IntervalReading',
    energy: { type: 'Property', value: day, observedAt },
  }));
  expect((await post('/v2/notify', { data })).status).toBe(200);
  expect((await fetch(`${history.url}/tidy`, { method: 'POST' })).status).toBe(200);
  expect(
    (
      await fetch(`${history.url}/retention`, {
        method: 'PUT',
        headers: { 'Content-Type': 'application/json' },
        body: '[{"days":3653}]',
      })
    ).status,
  ).toBe(200);
  const made = await post('/backups', { name: 'one' });
  expect(made.status).toBe(201);
  backup = (JSON.parse(made.text) as { folder: string }).folder;
});
afterAll(async () => {
  await history.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('an encrypted backup', () => {
  it('has the database, old months and the rules in it, and nothing that can be read', async () => {
    const files = await filesOf(backup);
    const names = files.map((path) => path.slice(backup.length + 1));
    expect(names).toEqual(
      expect.arrayContaining([
        'history.duckdb',
        'retention',
        'manifest.json',
        expect.stringMatching(/^archive\/.+\.parquet$/),
      ]),
    );
    for (const path of files) {
      const text = await readFile(path, 'latin1');
      expect(text).not.toContain(CANARY);
      expect(text).not.toMatch(/DUCK|PAR1/);
    }
    // The control: what is not encrypted does have it.
    const plain = await Promise.all((await filesOf(join(folder, 'data'))).map((path) => readFile(path, 'latin1')));
    expect(plain.some((text) => text.includes(CANARY))).toBe(true);
  });
  it('leaves nothing plain behind beside it', async () => {
    expect(await readdir(join(folder, 'data'))).not.toContain('backup-staging');
    expect((await readdir(join(backup, '..'))).sort()).toEqual(['one']);
  });
  it('comes back with its key, also as one of several', async () => {
    const before = await values();
    const restored = join(folder, 'restored');
    await restoreBackup(backup, restored, keyringOf(`${newMasterKey()} ${KEY}`, 'a test'));
    await history.stop();
    history = await open(restored);
    expect(await values()).toEqual(before);
  });

  it.each([
    ['without a key', undefined, 'no key was given'],
    ['with another key', newMasterKey(), 'the keys at hand are'],
  ])('is refused %s before anything is written', async (_, key, words) => {
    const into = join(folder, 'never');
    const restoring = restoreBackup(backup, into, key === undefined ? undefined : keyringOf(key, 'a test'));
    await expect(restoring).rejects.toMatchObject({
      code: 'history.backup-key',
      message: expect.stringContaining(words),
    });
    await expect(restoring).rejects.toThrow(keyringOf(KEY, 'a test').keyId);
    await expect(readdir(into)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is refused when a file was exchanged, even with a manifest that fits', async () => {
    const second = await post('/backups', { name: 'two' });
    expect(second.status).toBe(201);
    const other = (JSON.parse(second.text) as { folder: string }).folder;
    await writeFile(join(other, 'retention'), await readFile(join(backup, 'retention')));
    const manifest = JSON.parse(await readFile(join(other, 'manifest.json'), 'utf8'));
    const entry = (of: typeof manifest) => of.files.find(({ name }: { name: string }) => name === 'retention');
    entry(manifest).sha256 = entry(JSON.parse(await readFile(join(backup, 'manifest.json'), 'utf8'))).sha256;
    await writeFile(join(other, 'manifest.json'), JSON.stringify(manifest));
    const restoring = restoreBackup(other, join(folder, 'exchanged'), keyringOf(KEY, 'a test'));
    await expect(restoring).rejects.toMatchObject({ code: 'sealed.damaged' });
    expect(await readdir(join(folder, 'exchanged'))).toEqual([]);
  });
});

describe('the key of backups', () => {
  it('comes from a setting or from a file, not from both', async () => {
    const path = join(folder, 'key');
    await writeFile(path, `# ours\n${KEY}\n`, { mode: 0o600 });
    expect(await openBackupKeys({})).toBeUndefined();
    expect((await openBackupKeys({ backupKeyFile: path }))?.keyId).toBe(
      (await openBackupKeys({ backupKey: KEY }))?.keyId,
    );
    await expect(openBackupKeys({ backupKey: KEY, backupKeyFile: path })).rejects.toMatchObject({
      code: 'config.backup-key',
    });
    await expect(openBackupKeys({ backupKeyFile: join(folder, 'none') })).rejects.toMatchObject({
      code: 'config.backup-key',
    });
    await expect(openBackupKeys({ backupKey: 'too short' })).rejects.toMatchObject({ code: 'config.master-key' });
  });
});
