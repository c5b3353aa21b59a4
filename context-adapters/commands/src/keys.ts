/** The key of this service: made once per data folder and kept wrapped, its public part put where the agents look for it. */

import { dirname, join } from 'node:path';
import { type Disk, openCheckpoint, openKeyring, replaceFile, sealedCheckpoint } from '@contor/kit';
import { createSigner, formatKeySet, newSigningKey, type Signer } from '@contor/policy';

export interface KeyOptions {
  readonly disk: Disk;
  readonly dataFolder: string;
  readonly publicKeyFile: string;
  readonly tenant: string;
  /** The master key that wraps it, when it is not made in the data folder. */
  readonly masterKey?: string | undefined;
  readonly masterKeyFile?: string | undefined;
}

export async function openSigner(options: KeyOptions): Promise<Signer> {
  const { disk, dataFolder, publicKeyFile, tenant, masterKey, masterKeyFile } = options;
  const keyring = await openKeyring({ masterKey, masterKeyFile, folder: dataFolder });
  const file = openCheckpoint({ disk, path: join(dataFolder, 'signing-key') });
  const checkpoint = sealedCheckpoint(file, keyring, 'commands signing-key');
  const bytes = await checkpoint.read();
  const key = bytes === undefined ? await newSigningKey() : JSON.parse(new TextDecoder().decode(bytes));
  if (bytes === undefined) await checkpoint.write(new TextEncoder().encode(JSON.stringify(key)));
  const signer = await createSigner(key);
  await disk.makeDirectory(dirname(publicKeyFile));
  await replaceFile(disk, publicKeyFile, new TextEncoder().encode(formatKeySet(tenant, signer.publicKey)));
  return signer;
}
