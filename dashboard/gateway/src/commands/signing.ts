/** The gateway's signing key: made once per data folder; its public part is put where the command service looks for it. */

import { dirname } from 'node:path';
import { type Checkpoint, type Disk, replaceFile } from '@contor/kit';
import { createSigner, formatKeySet, newSigningKey, type Signer } from '@contor/policy';

export interface SigningOptions {
  readonly checkpoint: Checkpoint;
  readonly disk: Disk;
  readonly tenant: string;
  /** Where others find it. Not set: nobody carries out what we sign. */
  readonly publicKeyFile: string | undefined;
}

export async function openSigning({ checkpoint, disk, tenant, publicKeyFile }: SigningOptions): Promise<Signer> {
  const bytes = await checkpoint.read();
  const key = bytes === undefined ? await newSigningKey() : JSON.parse(new TextDecoder().decode(bytes));
  if (bytes === undefined) await checkpoint.write(new TextEncoder().encode(JSON.stringify(key)));
  const signer = await createSigner(key);
  if (publicKeyFile === undefined) return signer;
  await disk.makeDirectory(dirname(publicKeyFile));
  await replaceFile(disk, publicKeyFile, new TextEncoder().encode(formatKeySet(tenant, signer.publicKey)));
  return signer;
}
