/**
 * Another master key. First the new one is put in front of the old, and what no running service holds is wrapped anew; then services wrap
 * what is theirs as they start; then, when no file holds anything of the old key, it may go.
 */

import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import {
  ConfigError,
  keyringOf,
  MASTER_KEY_FILE,
  newMasterKey,
  openSealedFile,
  realDisk,
  replaceFile,
} from '@contor/kit';
import { openSecrets } from './open.js';

/** Sealed files that belong to the launcher and the command line, not to a service. */
const OWN_FILES = [
  { path: 'certs/ca-key', name: 'certs ca-key' },
  { path: 'platform-secret', name: 'platform-secret' },
] as const;

export async function rotate(data: string, isDrop: boolean): Promise<void> {
  const { folder, keyring } = await openSecrets(data);
  const path = process.env.CONTOR_MASTER_KEY_FILE || join(folder, MASTER_KEY_FILE);
  const isOurs = !process.env.CONTOR_MASTER_KEY;
  if (isDrop) return drop(folder, keyring.keyIds, isOurs ? path : undefined);
  const isWaiting = keyring.keyIds.length > 1;
  if (isOurs && !isWaiting) {
    await replaceFile(realDisk(), path, Buffer.from(`${newMasterKey()}\n${await readFile(path, 'utf8')}`));
    console.log(`A new key stands first in ${path}. Copy the file to a safe place.`);
  }
  await rewrapOurs(data);
  const older = await filesByKey(folder);
  const newest = (await openSecrets(data)).keyring.keyId;
  console.log(`\nWrapped with the newest key ${newest}: what the commands keep.`);
  if (!isOurs && !isWaiting)
    console.log('CONTOR_MASTER_KEY has one key only: put a new one in front of it, with a comma.');
  const waiting = [...older].filter(([keyId]) => keyId !== newest).flatMap(([, files]) => files);
  if (waiting.length > 0) console.log(`Restart the platform: its services wrap these anew.\n  ${waiting.join('\n  ')}`);
  else console.log('Nothing is left of older keys: contor secrets rotate --drop');
}

async function rewrapOurs(data: string): Promise<void> {
  const { folder, keyring, store } = await openSecrets(data);
  const renewed = await store.rewrap();
  console.log(`${renewed} secrets were wrapped anew.`);
  // A sealed file wraps itself anew as it is read.
  for (const { path, name } of OWN_FILES)
    await openSealedFile({ disk: realDisk(), path: join(folder, path), keyring, name }).read();
}

async function drop(folder: string, keyIds: readonly string[], path: string | undefined): Promise<void> {
  const [newest = '', ...older] = keyIds;
  const found = await filesByKey(folder);
  const needed = older.filter((keyId) => found.has(keyId));
  if (needed.length > 0) {
    const files = needed.flatMap((keyId) => found.get(keyId) ?? []);
    throw fault(
      `An older key is still needed for ${files.slice(0, 10).join(', ')}${files.length > 10 ? ' …' : ''}.`,
      'contor secrets rotate, then restart the platform, then try again.',
    );
  }
  if (older.length === 0) {
    console.log('There is one key only.');
  } else if (path === undefined) {
    console.log(`Take away all keys but the first from CONTOR_MASTER_KEY. It has the id ${newest}.`);
  } else {
    await replaceFile(realDisk(), path, Buffer.from(keepOnly(newest, await readFile(path, 'utf8'))));
    console.log(`Only ${newest} is left in ${path}. Backups made before need the older ones: keep a copy with those.`);
  }
}

function keepOnly(keyId: string, text: string): string {
  const lines = text.split('\n');
  const comments = lines.filter((line) => line.startsWith('#'));
  const words = lines.map((line) => line.replace(/#.*/, '')).flatMap((line) => line.split(/[\s,]+/));
  const kept = words.find((word) => word !== '' && keyringOf(word, 'the file').keyId === keyId);
  return `${[...comments, kept].join('\n')}\n`;
}

const SEALED = /sealed:1:([0-9a-f]{16}):/g;
/** Longer than the part of a wrapped value that says by which key. */
const OVERLAP = 32;

/**
 * Which files hold anything wrapped, by the key that wrapped it: the truth about what a key is still needed for. Not logs and snapshots,
 * where values stay behind that were replaced long ago: their services wrap what is alive anew at the start that follows.
 */
export async function filesByKey(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || isHistory(entry.parentPath, entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    for (const keyId of await keysIn(path)) {
      const files = found.get(keyId) ?? [];
      found.set(keyId, [...files, relative(folder, path)]);
    }
  }
  return found;
}

function isHistory(folder: string, name: string): boolean {
  return basename(folder) === 'log' || name.endsWith('.snapshot');
}

async function keysIn(path: string): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  let end = '';
  for await (const chunk of createReadStream(path, { encoding: 'latin1' })) {
    const text = end + String(chunk);
    for (const [, keyId = ''] of text.matchAll(SEALED)) keys.add(keyId);
    end = text.slice(-OVERLAP);
  }
  return keys;
}

function fault(message: string, fix: string): ConfigError {
  return new ConfigError([{ code: 'config.master-key-needed', message, fix }]);
}
