/** The key of this service: made once per data folder, its public part put where the agents look for it. */

import { dirname, join } from 'node:path';
import { type Disk, openCheckpoint, replaceFile } from '@contor/kit';
import { createSigner, formatKeySet, newSigningKey, type Signer } from '@contor/policy';

export interface KeyOptions {
  readonly disk: Disk;
  readonly dataFolder: string;
  readonly publicKeyFile: string;
  readonly tenant: string;
}

export async function openSigner({ disk, dataFolder, publicKeyFile, tenant }: KeyOptions): Promise<Signer> {
  const checkpoint = openCheckpoint({ disk, path: join(dataFolder, 'signing-key') });
  const bytes = await checkpoint.read();
  const key = bytes === undefined ? await newSigningKey() : JSON.parse(new TextDecoder().decode(bytes));
  if (bytes === undefined) await checkpoint.write(new TextEncoder().encode(JSON.stringify(key)));
  const signer = await createSigner(key);
  await disk.makeDirectory(dirname(publicKeyFile));
  await replaceFile(disk, publicKeyFile, new TextEncoder().encode(formatKeySet(tenant, signer.publicKey)));
  return signer;
}
