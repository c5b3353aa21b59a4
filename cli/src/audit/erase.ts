/** `contor audit erase`: by the gateway where one runs, because a trail has one writer; otherwise here. */

import { createAudit } from '@contor/gateway/audit/audit.js';
import {
  ConfigError,
  createLogger,
  type DirectoryLock,
  lockDirectory,
  realClock,
  realRandom,
  toError,
} from '@contor/kit';
import { askServer } from '../tools/server.js';
import { type AuditFlags, findTrail, keyringIn, type TrailFolder } from './open.js';

export async function erase(subject: string, flags: AuditFlags & { readonly url: string }): Promise<void> {
  const trail = await findTrail(flags);
  const lock = await lockOf(trail);
  const isErased = lock === undefined ? await eraseThere(subject, flags.url) : await eraseHere(subject, trail, lock);
  console.log(isErased ? `The key of ${subject} is destroyed.` : `There was no key of ${subject}.`);
  if (isErased) console.log('Backups made before still hold it until they expire.');
}

async function lockOf({ dataFolder }: TrailFolder): Promise<DirectoryLock | undefined> {
  try {
    return await lockDirectory(dataFolder);
  } catch (error) {
    if (error instanceof ConfigError && error.code === 'config.in-use') return undefined;
    throw error;
  }
}

async function eraseThere(subject: string, url: string): Promise<boolean> {
  const answer = await askServer({ url }, '/notify/erase', { method: 'POST', body: { subject } });
  return (answer as { readonly isErased: boolean }).isErased;
}

async function eraseHere(
  subject: string,
  { disk, dataFolder, keyFolder }: TrailFolder,
  lock: DirectoryLock,
): Promise<boolean> {
  try {
    const trail = await createAudit({
      ...{ disk, dataFolder, clock: realClock(), random: realRandom(), isPassing: true },
      keyring: await keyringIn(keyFolder),
      log: createLogger({ service: 'audit', level: 'warn', write: (line) => void process.stderr.write(line) }),
      onFatal: (error) => {
        throw toError(error);
      },
    });
    const isErased = await trail.erase(subject, { actor: { id: 'contor audit', kind: 'service' } });
    await trail.close();
    return isErased;
  } finally {
    await lock.release();
  }
}
