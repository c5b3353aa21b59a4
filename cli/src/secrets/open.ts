/** The master key and the store of a data folder, as the running platform has them. */

import { join, resolve } from 'node:path';
import { type Keyring, openKeyring, openSecretStore, realClock, realDisk, type SecretStore } from '@contor/kit';

export interface Opened {
  readonly folder: string;
  readonly keyring: Keyring;
  readonly store: SecretStore;
}

export async function openSecrets(data: string, environment: NodeJS.ProcessEnv = process.env): Promise<Opened> {
  const folder = resolve(data);
  const masterKey = environment.CONTOR_MASTER_KEY || undefined;
  const masterKeyFile = environment.CONTOR_MASTER_KEY_FILE || undefined;
  const keyring = await openKeyring({ masterKey, masterKeyFile, folder });
  const store = openSecretStore({
    folder: environment.CONTOR_SECRETS || join(folder, 'secrets'),
    ...{ keyring, disk: realDisk(), clock: realClock() },
  });
  return { folder, keyring, store };
}
