/**
 * The credentials file in the data folder: who may connect, with which hashed password, under which topic rules. Written by these
 * functions from any process, replaced atomically, one writer at a time; read and watched by the running broker.
 */

import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError, type ConfigFault, errnoOf, lockDirectory } from '@contor/kit';
import { isUsername, ruleFaults, type TopicRules } from './access.js';
import { generatePassword, hashChosen, hashGenerated, type PasswordHash } from './password.js';

export interface Credential {
  readonly username: string;
  readonly hash: PasswordHash;
  /** What `{id}` in the rules stands for; the username unless it says otherwise. */
  readonly id: string;
  /** What `{apikey}` in the rules stands for. */
  readonly apikey?: string;
  readonly rules: TopicRules;
}

export interface NewCredential {
  readonly dataFolder: string;
  readonly username: string;
  /** A generated one when not given; it is returned once and kept only as a hash. */
  readonly password?: string;
  readonly id?: string;
  readonly apikey?: string;
  readonly rules: TopicRules;
}

export type ListedCredential = Omit<Credential, 'hash'>;

const FILE = 'credentials.json';
const FORMAT = 1;
const MIN_PASSWORD_LENGTH = 12;
/** Somebody else is writing the file for a few milliseconds at most. */
const LOCK_TRIES = 100;
const LOCK_PAUSE_MS = 20;

/** Adds a credential, or replaces the one with the same username. Returns the password. */
export async function addCredential(wanted: NewCredential): Promise<string> {
  const [password = ''] = await addCredentials(wanted.dataFolder, [wanted]);
  return password;
}

/** The same for many at once: the file is written once. Passwords in the order of `wanted`. */
export async function addCredentials(
  dataFolder: string,
  wanted: readonly Omit<NewCredential, 'dataFolder'>[],
): Promise<string[]> {
  const faults = wanted.flatMap(credentialFaults);
  if (faults.length > 0) throw new ConfigError(faults);
  const passwords = wanted.map(({ password }) => password ?? generatePassword());
  const added: Credential[] = [];
  for (const [at, { username, password, id, apikey, rules }] of wanted.entries()) {
    const hash = password === undefined ? hashGenerated(passwords[at] ?? '') : await hashChosen(password);
    added.push({ username, hash, id: id ?? username, ...(apikey !== undefined && { apikey }), rules });
  }
  await change(dataFolder, (credentials) => {
    for (const credential of added) credentials.set(credential.username, credential);
  });
  return passwords;
}

/** True when there was one. Its connection is closed and its session ended by a running broker within a second. */
export async function removeCredential({
  dataFolder,
  username,
}: {
  dataFolder: string;
  username: string;
}): Promise<boolean> {
  let isRemoved = false;
  await change(dataFolder, (credentials) => {
    isRemoved = credentials.delete(username);
  });
  return isRemoved;
}

export async function listCredentials({ dataFolder }: { dataFolder: string }): Promise<ListedCredential[]> {
  const credentials = await readCredentials(dataFolder);
  return [...credentials.values()].map(({ hash: _hash, ...listed }) => listed);
}

export async function readCredentials(dataFolder: string): Promise<Map<string, Credential>> {
  const path = credentialsFile(dataFolder);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return new Map();
  const credentials = parseCredentials(text);
  if (credentials === undefined) {
    const fix = 'Restore it from a backup, or remove it and add the credentials again.';
    throw new ConfigError([{ code: 'config.credentials', message: `${path} is not a credentials file of ours.`, fix }]);
  }
  return new Map(credentials.map((credential) => [credential.username, credential]));
}

export function credentialsFile(dataFolder: string): string {
  return join(dataFolder, FILE);
}

function parseCredentials(text: string): Credential[] | undefined {
  try {
    const content: { format?: unknown; credentials?: unknown } = JSON.parse(text);
    if (content.format !== FORMAT || !Array.isArray(content.credentials)) return undefined;
    return content.credentials.every(isCredential) ? content.credentials : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isCredential(value: unknown): value is Credential {
  if (typeof value !== 'object' || value === null) return false;
  const { username, hash, id, rules } = value as Partial<Credential>;
  return typeof username === 'string' && typeof id === 'string' && typeof hash?.digest === 'string' && isRules(rules);
}

function isRules(rules: Partial<TopicRules> | undefined): boolean {
  return Array.isArray(rules?.publish) && Array.isArray(rules.subscribe) && Array.isArray(rules.retain ?? []);
}

function credentialFaults({
  username,
  password,
  id = username,
  apikey,
  rules,
}: Omit<NewCredential, 'dataFolder'>): ConfigFault[] {
  const faults: ConfigFault[] = [];
  if (!isUsername(username)) {
    const fix = 'Use 1 to 64 letters, digits, dots, hyphens and underscores.';
    faults.push({ code: 'config.username', message: `'${username.slice(0, 80)}' is not a username.`, fix });
  }
  if (password !== undefined && password.length < MIN_PASSWORD_LENGTH) {
    const fix = `Use at least ${MIN_PASSWORD_LENGTH} characters, or let one be generated.`;
    faults.push({ code: 'config.password', message: `The password of ${username} is too short.`, fix });
  }
  for (const { rule, reason } of ruleFaults(rules, { username, id, ...(apikey !== undefined && { apikey }) })) {
    const fix = 'Give the missing value, or correct the rule.';
    faults.push({ code: 'config.rule', message: `The rule '${rule}' of ${username} cannot be used: ${reason}.`, fix });
  }
  return faults;
}

async function change(dataFolder: string, edit: (credentials: Map<string, Credential>) => void): Promise<void> {
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  const lock = await lockForWriting(join(dataFolder, 'credentials.lock'));
  try {
    const credentials = await readCredentials(dataFolder);
    edit(credentials);
    const content = JSON.stringify({ format: FORMAT, credentials: [...credentials.values()] }, undefined, 1);
    await replaceFile(credentialsFile(dataFolder), `${content}\n`);
  } finally {
    await lock.release();
  }
}

async function lockForWriting(folder: string): Promise<{ release(): Promise<void> }> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await lockDirectory(folder);
    } catch (error) {
      const isBusy = error instanceof ConfigError && error.code === 'config.in-use';
      if (!isBusy || tries >= LOCK_TRIES) throw error;
      await sleep(LOCK_PAUSE_MS);
    }
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(aside, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, path);
}
