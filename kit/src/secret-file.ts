/**
 * Small files that only the owner may read: signing keys, the client's secret, the first manager's password. They are
 * made once, whole, and never rewritten: a reader sees the complete file or none, also when two processes make it.
 */

import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf } from './errors.js';

/** Contents of the file; made first by `make` when it is not there. */
export async function readOrCreateSecretFile(path: string, make: () => Promise<string>): Promise<string> {
  const existing = await readSecretFile(path);
  if (existing !== undefined) return existing;
  await createOnce(path, await make());
  const created = await readSecretFile(path);
  if (created === undefined) throw new Error(`${path} disappeared while it was being made`);
  return created;
}

export async function readSecretFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** `link` fails when the name is taken, so that of two processes exactly one wins and the loser reads the winner's. */
async function createOnce(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(draft, path);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
  await syncDirectory(dirname(path));
}

async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return; // Directories cannot be opened there; the rename is journalled.
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
