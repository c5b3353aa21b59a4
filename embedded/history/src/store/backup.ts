/**
 * Backups: a folder that is a data folder, with a manifest that says what must be in it. Made while everything goes on;
 * checked and put in place while the server is stopped. With a key each file is encrypted on its way there, and nothing plain is ever
 * written beside it: the copy of the database is made in the data folder first.
 */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { constants, copyFile, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ConfigError, errnoOf, type Keyring } from '@contor/kit';
import { checkKey, openFile, sealFile } from './backup-cipher.js';
import type { Columnar } from './columnar.js';

export const DATABASE = 'history.duckdb';
export const ARCHIVE = 'archive';
const MANIFEST = 'manifest.json';

export interface Manifest {
  /** 2: encrypted. */
  readonly format: 1 | 2;
  readonly madeAt: string;
  /** The key that opens it. */
  readonly keyId?: string;
  readonly files: readonly FileEntry[];
}

interface FileEntry {
  /** Below the folder, with slashes. */
  readonly name: string;
  /** Of the file as it lies there, encrypted or not: whoever has no key can see that it is whole. */
  readonly bytes: number;
  readonly sha256: string;
}

export interface BackupSource {
  readonly columnar: Pick<Columnar, 'backUp'>;
  /** Full paths of the files the tables name, right after the database was copied. */
  readonly archives: () => readonly string[];
  /** Small files beside the database. */
  readonly others: readonly string[];
  /** With it the backup is encrypted, and what must be plain for a moment lies in `staging`. */
  readonly cipher?: BackupCipher | undefined;
}

export interface BackupCipher {
  readonly keyring: Keyring;
  /** A folder of the data folder. */
  readonly staging: string;
}

/** How a file comes into the backup: as it is, or encrypted under its name. */
type Put = (from: string, name: string) => Promise<void>;

/** The folder appears under its name only when it is whole and on disk. */
export async function makeBackup(source: BackupSource, folder: string, madeAt: string): Promise<Manifest> {
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(join(unfinished, ARCHIVE), { recursive: true, mode: 0o700 });
  const { cipher } = source;
  const put: Put = (from, name) => {
    const to = join(unfinished, name);
    return cipher === undefined ? copy(from, to) : sealFile(cipher.keyring, madeAt, name, from, to);
  };
  await putDatabase(source, unfinished, put);
  for (const file of source.archives()) await put(file, `${ARCHIVE}/${basename(file)}`);
  for (const file of source.others) if (await isThere(file)) await put(file, basename(file));
  const files = await describe(unfinished);
  const manifest: Manifest =
    cipher === undefined ? { format: 1, madeAt, files } : { format: 2, madeAt, keyId: cipher.keyring.keyId, files };
  await writeFile(join(unfinished, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`, { mode: 0o600 });
  for (const { name } of [...files, { name: MANIFEST }]) await sync(join(unfinished, name));
  await rename(unfinished, folder);
  await sync(dirname(folder));
  return manifest;
}

async function putDatabase({ columnar, cipher }: BackupSource, unfinished: string, put: Put): Promise<void> {
  if (cipher === undefined) return columnar.backUp(unfinished);
  await rm(cipher.staging, { recursive: true, force: true });
  await mkdir(cipher.staging, { recursive: true, mode: 0o700 });
  try {
    await columnar.backUp(cipher.staging);
    await put(join(cipher.staging, DATABASE), DATABASE);
  } finally {
    await rm(cipher.staging, { recursive: true, force: true });
  }
}

/** Into an empty data folder: what is there is never overwritten. */
export async function restoreBackup(folder: string, dataFolder: string, keys?: Keyring): Promise<Manifest> {
  const manifest = await checkBackup(folder);
  const keyring = manifest.format === 2 ? checkKey(manifest.keyId ?? '', keys, folder) : undefined;
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  if ((await readdir(dataFolder)).length > 0) {
    throw refusal(
      'history.restore-target',
      `${dataFolder} is not empty.`,
      'Name a new folder, or move the old one away.',
    );
  }
  try {
    await putInPlace(folder, manifest, keyring, dataFolder);
  } catch (error) {
    // Half of a backup is no data folder, and a second try needs an empty one.
    for (const name of await readdir(dataFolder)) await rm(join(dataFolder, name), { recursive: true, force: true });
    throw error;
  }
  return manifest;
}

async function putInPlace(
  folder: string,
  { files, madeAt }: Manifest,
  keyring: Keyring | undefined,
  dataFolder: string,
): Promise<void> {
  for (const { name } of files) {
    const target = join(dataFolder, name);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    if (keyring === undefined) await copy(join(folder, name), target);
    else await openFile(keyring, madeAt, name, join(folder, name), target);
    await sync(target);
  }
  await sync(dataFolder);
}

/** Every file there, with the bytes it was made with. */
async function checkBackup(folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder);
  for (const { name, sha256 } of manifest.files) {
    const found = await hash(join(folder, name)).catch(() => undefined);
    if (found !== sha256) {
      const what = found === undefined ? 'is missing' : 'is not as it was made';
      throw refusal('history.backup-damaged', `${name} of the backup ${what}.`, 'Use another backup.');
    }
  }
  return manifest;
}

async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => undefined);
  if (text === undefined) {
    throw refusal(
      'history.no-backup',
      `${folder} is no backup: it has no ${MANIFEST}.`,
      'Name the folder of a backup.',
    );
  }
  const manifest: Manifest = JSON.parse(text);
  const isSafe = manifest.files.every(({ name }) => !name.split('/').includes('..') && !name.startsWith('/'));
  if (![1, 2].includes(manifest.format) || !isSafe) {
    throw refusal(
      'history.backup-format',
      `${folder} is a backup this version cannot read.`,
      'Use the version that made it.',
    );
  }
  return manifest;
}

async function describe(folder: string): Promise<readonly FileEntry[]> {
  const names = [
    ...(await readdir(folder)).filter((name) => name !== ARCHIVE && name !== MANIFEST),
    ...(await readdir(join(folder, ARCHIVE))).map((name) => `${ARCHIVE}/${name}`),
  ];
  const entries: FileEntry[] = [];
  for (const name of names) {
    const path = join(folder, name);
    entries.push({ name, bytes: (await stat(path)).size, sha256: await hash(path) });
  }
  return entries;
}

async function hash(path: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(path)) digest.update(chunk);
  return digest.digest('hex');
}

/** Shares the blocks where the file system can. */
async function copy(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function refusal(code: string, message: string, fix: string): ConfigError {
  return new ConfigError([{ code, message, fix }]);
}
