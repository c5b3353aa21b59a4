/**
 * The export from a data folder, also while the server runs on it: its log is copied and opened beside. The log only grows, and what is
 * let go of was written again before, so a copy that met a file on its way out is made once more.
 */

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, type Environment, errnoOf, openDocuments, openDurableLog, openKeyring } from '@contor/kit';
import { openClients } from '../clients.js';
import { clientSecret } from '../keys.js';
import { createSecondFactor } from '../second-factor/second-factor.js';
import { LOG_FORMAT } from '../settings.js';
import { openUsers } from '../users.js';
import { type ExportedRealm, exportRealm } from './realm.js';

export interface ExportWish {
  readonly dataFolder: string;
  readonly gatewayUrl: string;
  /** Opens the secrets of second factors and writes them into the export. */
  readonly hasSecondFactors: boolean;
  readonly hasTemporaryPasswords: boolean;
  readonly masterKey?: string | undefined;
  readonly masterKeyFile?: string | undefined;
}

const ATTEMPTS = 5;

export async function exportRealmOf(wish: ExportWish, { ports, log }: Environment): Promise<ExportedRealm> {
  const { dataFolder, gatewayUrl, hasSecondFactors, hasTemporaryPasswords, masterKey, masterKeyFile } = wish;
  const keys = { masterKey, masterKeyFile };
  const copy = await mkdtemp(join(tmpdir(), 'contor-realm-')); // 0700, as mkdtemp makes it.
  try {
    await copyLog(join(dataFolder, 'log'), copy);
    const { clock, disk } = ports;
    const onFatal = (error: Error) => log.error({ error }, 'The copy of the identity log could not be read.');
    const durable = await openDurableLog({ disk, clock, directory: copy, ...LOG_FORMAT, onFatal });
    const documents = await openDocuments({ durable, clock, log });
    try {
      const users = openUsers(documents);
      const nowMs = () => clock.nowMs();
      const keyring = hasSecondFactors ? await openKeyring({ ...keys, folder: dataFolder }) : undefined;
      const factor = keyring === undefined ? undefined : createSecondFactor({ users, documents, keyring, nowMs });
      return exportRealm({
        ...{ gatewayUrl, secret: await clientSecret(dataFolder, keys), hasTemporaryPasswords },
        secretOf: (user) => factor?.secretOf(user),
        users: users.all(),
        clients: openClients(documents).all(),
      });
    } finally {
      await documents.close();
    }
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function copyLog(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await cp(from, to, { recursive: true });
      return;
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      if (attempt === ATTEMPTS) throw noFolder(from);
      await rm(to, { recursive: true, force: true });
    }
  }
}

function noFolder(path: string): ConfigError {
  const message = `There is no identity server's data in ${path}.`;
  const fix = 'Name its data folder with --from; beneath that of the whole platform it is `identity`.';
  return new ConfigError([{ code: 'config.no-identity', message, fix }]);
}
