/**
 * Backups: a folder that is a data folder, with a manifest that says what must be in it. Made while everything goes on;
 * checked and put in place while the server is stopped.
 */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { constants, copyFile, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ConfigError } from '@contor/kit';
import type { Columnar } from './columnar.js';

export const DATABASE = 'history.duckdb';
export const ARCHIVE = 'archive';
const MANIFEST = 'manifest.json';

export interface Manifest {
  readonly format: 1;
  readonly madeAt: string;
  readonly files: readonly FileEntry[];
}

interface FileEntry {
  /** Below the folder, with slashes. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface BackupSource {
  readonly columnar: Pick<Columnar, 'backUp'>;
  /** Full paths of the files the tables name, right after the database was copied. */
  readonly archives: () => readonly string[];
  /** Small files beside the database. */
  readonly others: readonly string[];
}

/** The folder appears under its name only when it is whole and on disk. */
export async function makeBackup(source: BackupSource, folder: string, madeAt: string): Promise<Manifest> {
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(join(unfinished, ARCHIVE), { recursive: true, mode: 0o700 });
  await source.columnar.backUp(unfinished);
  for (const file of source.archives()) await copy(file, join(unfinished, ARCHIVE, basename(file)));
  for (const file of source.others) await copyIfThere(file, join(unfinished, basename(file)));
  const files = await describe(unfinished);
  const manifest: Manifest = { format: 1, madeAt, files };
  await writeFile(join(unfinished, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`, { mode: 0o600 });
  for (const { name } of [...files, { name: MANIFEST }]) await sync(join(unfinished, name));
  await rename(unfinished, folder);
  await sync(dirname(folder));
  return manifest;
}

/** Into an empty data folder: what is there is never overwritten. */
export async function restoreBackup(folder: string, dataFolder: string): Promise<Manifest> {
  const manifest = await checkBackup(folder);
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  if ((await readdir(dataFolder)).length > 0) {
    throw refusal(
      'history.restore-target',
      `${dataFolder} is not empty.`,
      'Name a new folder, or move the old one away.',
    );
  }
  for (const { name } of manifest.files) {
    const target = join(dataFolder, name);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await copyFile(join(folder, name), target, constants.COPYFILE_FICLONE);
    await sync(target);
  }
  await sync(dataFolder);
  return manifest;
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
  if (manifest.format !== 1 || !isSafe) {
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

async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await copy(from, to);
  } catch (error) {
    if (!(typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT')) throw error;
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
