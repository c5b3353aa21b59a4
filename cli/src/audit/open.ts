/** Where the trail of a data folder is, and whether there is one. */

import { join, resolve } from 'node:path';
import { placesIn } from '@contor/gateway/audit/places.js';
import { ConfigError, type Disk, type Keyring, openKeyring, realDisk } from '@contor/kit';

export interface AuditFlags {
  readonly data: string;
}

export interface TrailFolder {
  readonly disk: Disk;
  /** Of the gateway. */
  readonly dataFolder: string;
  /** Where the master key lies when no setting names it: `contor up` has one for all, a gateway by itself its own. */
  readonly keyFolder: string;
}

export async function findTrail({ data }: AuditFlags): Promise<TrailFolder> {
  const own = process.env.GATEWAY_DATA || undefined;
  const dataFolder = own ?? join(resolve(data), 'gateway');
  const disk = realDisk();
  if ((await disk.list(placesIn(dataFolder).log)).length > 0)
    return { disk, dataFolder, keyFolder: own ?? resolve(data) };
  throw new ConfigError([
    {
      code: 'config.no-trail',
      message: `There is no audit trail in ${dataFolder}.`,
      fix: 'Name the data folder of the platform (--data), or that of the gateway (GATEWAY_DATA).',
    },
  ]);
}

export function keyringIn(folder: string): Promise<Keyring> {
  const masterKey = process.env.CONTOR_MASTER_KEY || undefined;
  const masterKeyFile = process.env.CONTOR_MASTER_KEY_FILE || undefined;
  return openKeyring({ masterKey, masterKeyFile, folder });
}
