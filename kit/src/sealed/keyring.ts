/**
 * The master keys of a service: the first wraps, all of them unwrap, so that a key is changed by putting the new one in front, wrapping
 * everything anew and taking the old one away. The key comes from the environment or from a file that somebody else fills;
 * on one machine it is made beside the data, which keeps it out of a copied file but not out of a copied folder. So a server that others can
 * reach does not start with such a key.
 */

import { lstat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { ConfigError, type ConfigFault, DamagedFileError, errnoOf } from '../errors.js';
import { isLoopback } from '../exposure.js';
import { readOrCreateSecretFile, readSecretFile } from '../secret-file.js';
import type { SettingsTable } from '../settings.js';
import { type MasterKey, parseEnvelope, seal, unseal } from './envelope.js';
import { newMasterKey, parseMasterKeys } from './master-key.js';

/** The rows every service with something to wrap puts into its own table. */
export const KEYRING_SETTINGS = {
  masterKey: {
    name: 'CONTOR_MASTER_KEY',
    kind: 'secret',
    optional: true,
    about: 'Wraps secrets at rest: 32 bytes, base64url or hexadecimal; several with commas, the newest first',
  },
  masterKeyFile: {
    name: 'CONTOR_MASTER_KEY_FILE',
    kind: 'path',
    optional: true,
    about: 'A file with the same, for instance a mounted secret. Default: master-key in the data folder',
  },
} as const satisfies SettingsTable;

export interface Keyring {
  /** The key that wraps. */
  readonly keyId: string;
  /** Every key that unwraps, newest first. */
  readonly keyIds: readonly string[];
  wrap(name: string, value: Uint8Array): string;
  /** Throws ConfigError 'config.master-key-missing' when another key wrapped it, DamagedFileError 'sealed.damaged' when it is not what was wrapped under this name. */
  unwrap(name: string, wrapped: string): Uint8Array;
  /** The same value under the newest key; the same word when it already is. */
  rewrap(name: string, wrapped: string): string;
}

export interface KeyringOptions {
  readonly masterKey?: string | undefined;
  readonly masterKeyFile?: string | undefined;
  /** The data folder of the service. Without a setting the key is made here. */
  readonly folder: string;
  /** Where the service listens, when it does. */
  readonly host?: string | undefined;
}

export const MASTER_KEY_FILE = 'master-key';

export async function openKeyring(options: KeyringOptions): Promise<Keyring> {
  const { masterKey, masterKeyFile, folder, host } = options;
  if (masterKey !== undefined && masterKeyFile !== undefined)
    throw fault(
      'config.master-key-twice',
      'CONTOR_MASTER_KEY and CONTOR_MASTER_KEY_FILE are both set.',
      'Keep one of them.',
    );
  if (masterKey !== undefined) return keyringOf(masterKey, 'CONTOR_MASTER_KEY');
  const path = masterKeyFile ?? join(folder, MASTER_KEY_FILE);
  checkPlace(path, folder, host);
  const text =
    masterKeyFile === undefined
      ? await readOrCreateSecretFile(path, async () => generatedFile())
      : await readGiven(path);
  await checkMode(path);
  return keyringOf(text, path);
}

/** Of keys in hand, as the file or the variable holds them. */
export function keyringOf(text: string, where: string): Keyring {
  const parsed = parseMasterKeys(text, where);
  if ('fault' in parsed) throw new ConfigError([parsed.fault]);
  const { keys } = parsed;
  const [newest] = keys as readonly [MasterKey, ...MasterKey[]];
  const unwrap = (name: string, wrapped: string): Uint8Array => {
    const read = parseEnvelope(wrapped);
    if (read.kind === 'plain') throw damaged(name);
    if (read.kind === 'newer')
      throw fault(
        'config.newer-format',
        `${name} was wrapped by a newer version of this program (format ${read.version}).`,
        'Start that newer version, or restore the folder from a backup of this one.',
      );
    const key = keys.find(({ id }) => id === read.envelope.keyId);
    if (key === undefined) throw missingKey(name, read.envelope.keyId, where);
    const value = unseal(key, name, read.envelope);
    if (value === undefined) throw damaged(name);
    return value;
  };
  return {
    keyId: newest.id,
    keyIds: keys.map(({ id }) => id),
    wrap: (name, value) => seal(newest, name, value),
    unwrap,
    rewrap: (name, wrapped) => (wrappedBy(wrapped) === newest.id ? wrapped : seal(newest, name, unwrap(name, wrapped))),
  };
}

/** The id of the key that wrapped it; undefined when it is not wrapped at all. */
export function wrappedBy(text: string): string | undefined {
  const read = parseEnvelope(text);
  return read.kind === 'envelope' ? read.envelope.keyId : undefined;
}

function generatedFile(): string {
  return `# The master key of this data folder. Keep a copy apart from its backups: without it no wrapped secret can be read.\n${newMasterKey()}\n`;
}

async function readGiven(path: string): Promise<string> {
  const text = await readSecretFile(path);
  if (text !== undefined) return text;
  throw fault(
    'config.master-key-file',
    `There is no file ${path}, which CONTOR_MASTER_KEY_FILE names.`,
    `Make one with \`contor secrets new-key > ${path}\`.`,
  );
}

/** Whoever copies the data takes along a key that lies there. */
function isAmongData(path: string, folder: string): boolean {
  return resolve(path).startsWith(resolve(folder) + sep);
}

function checkPlace(path: string, folder: string, host: string | undefined): void {
  if (host === undefined || isLoopback(host) || !isAmongData(path, folder)) return;
  throw fault(
    'config.master-key-place',
    `${host} is not a loopback address, and the master key ${path} would lie with the data that it protects.`,
    'Set CONTOR_MASTER_KEY_FILE to a file elsewhere (`contor secrets new-key` makes one), or CONTOR_MASTER_KEY.',
  );
}

/** A file of our own must be ours alone, as ssh wants it. One that another user mounted for us (a container's secret) is his to guard. */
async function checkMode(path: string): Promise<void> {
  if (process.getuid === undefined) return;
  const { uid, mode } = await lstat(path).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return { uid: -1, mode: 0 };
    throw error;
  });
  const isLink = (mode & 0o170000) === 0o120000; // A mounted secret is a link into a folder of its own.
  if (isLink || uid !== process.getuid() || (mode & 0o077) === 0) return;
  throw fault(
    'config.master-key-mode',
    `Other users may read the master key ${path} (mode ${(mode & 0o777).toString(8)}).`,
    `chmod 600 ${path}`,
  );
}

function missingKey(name: string, keyId: string, where: string): ConfigError {
  return fault(
    'config.master-key-missing',
    `${name} is wrapped with the master key ${keyId}, which is not in ${where}.`,
    'Put that key back, behind the newer ones.',
  );
}

function damaged(name: string): DamagedFileError {
  return new DamagedFileError(
    'sealed.damaged',
    `What is kept as ${name} is not what was wrapped under that name. Restore it from a backup or set it again.`,
    { name },
  );
}

function fault(code: string, message: string, fix: string): ConfigError {
  return new ConfigError([{ code, message, fix } satisfies ConfigFault]);
}
