/**
 * The key of encrypted backups, and how a file of one is written and read. Its own key, not the master key: whoever keeps backups elsewhere
 * need not be able to read the platform's secrets, and the other way round.
 */

import { createReadStream, createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { ConfigError, type Keyring, keyringOf, openStream, sealStream } from '@contor/kit';

export interface BackupKeys {
  readonly backupKey?: string | undefined;
  readonly backupKeyFile?: string | undefined;
}

/** undefined: backups are not encrypted. */
export async function openBackupKeys({ backupKey, backupKeyFile }: BackupKeys): Promise<Keyring | undefined> {
  if (backupKey !== undefined && backupKeyFile !== undefined)
    throw refusal(
      'config.backup-key',
      'HISTORY_BACKUP_KEY and HISTORY_BACKUP_KEY_FILE are both set.',
      'Keep one of them.',
    );
  if (backupKey !== undefined) return keyringOf(backupKey, 'HISTORY_BACKUP_KEY');
  if (backupKeyFile === undefined) return undefined;
  const text = await readFile(backupKeyFile, 'utf8').catch((error: unknown) => {
    const fix = 'Correct HISTORY_BACKUP_KEY_FILE (--key-file), or make the file readable for this user.';
    throw refusal('config.backup-key', `The key file ${backupKeyFile} cannot be read.`, fix, error);
  });
  return keyringOf(text, backupKeyFile);
}

/** Bound to the backup it belongs to: a file of another one does not open in its place. */
const nameIn = (madeAt: string, name: string): string => `history backup ${madeAt} ${name}`;

export async function sealFile(
  keyring: Keyring,
  madeAt: string,
  name: string,
  from: string,
  to: string,
): Promise<void> {
  const sealed = sealStream(keyring, nameIn(madeAt, name), createReadStream(from));
  await pipeline(sealed, createWriteStream(to, { flags: 'wx', mode: 0o600 }));
}

export async function openFile(
  keyring: Keyring,
  madeAt: string,
  name: string,
  from: string,
  to: string,
): Promise<void> {
  const opened = openStream(keyring, nameIn(madeAt, name), createReadStream(from));
  await pipeline(opened, createWriteStream(to, { flags: 'wx', mode: 0o600 }));
}

/** Before anything is written: without the key the rest of a restore would be for nothing. */
export function checkKey(keyId: string, keyring: Keyring | undefined, folder: string): Keyring {
  if (keyring?.keyIds.includes(keyId)) return keyring;
  const hand = keyring === undefined ? 'no key was given' : `the keys at hand are ${keyring.keyIds.join(', ')}`;
  throw refusal(
    'history.backup-key',
    `${folder} is encrypted with the key ${keyId}, and ${hand}.`,
    'Name the file that holds it: --key-file /path/to/key, or set HISTORY_BACKUP_KEY.',
  );
}

function refusal(code: string, message: string, fix: string, cause?: unknown): ConfigError {
  return new ConfigError([{ code, message, fix }], cause);
}
