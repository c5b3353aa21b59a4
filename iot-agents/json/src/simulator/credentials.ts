/** Who the meters say they are: a JSON file of user names and passwords in the street's data folder, easy to write by hand. */

import { join } from 'node:path';
import { type Disk, readWhole, realDisk, replaceFile } from '@contor/kit';

export type Credentials = Readonly<Record<string, string>>;

const CREDENTIALS_FILE = 'credentials.json';

export async function saveStreetCredentials(
  dataFolder: string,
  credentials: Credentials,
  disk: Disk = realDisk(),
): Promise<void> {
  await disk.makeDirectory(dataFolder);
  const text = `${JSON.stringify(credentials, undefined, 2)}\n`;
  await replaceFile(disk, join(dataFolder, CREDENTIALS_FILE), new TextEncoder().encode(text));
}

/** Empty when there is no file: then the meters connect without a password. */
export async function readStreetCredentials(dataFolder: string, disk: Disk = realDisk()): Promise<Credentials> {
  const bytes = await readWhole(disk, join(dataFolder, CREDENTIALS_FILE));
  return bytes === undefined ? {} : (JSON.parse(new TextDecoder().decode(bytes)) as Credentials);
}
