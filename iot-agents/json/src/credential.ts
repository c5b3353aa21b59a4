/** The agent's own password at the MQTT broker, kept in its data folder (mode 0700) by whoever made the credential. */

import { join } from 'node:path';
import { type Disk, openCheckpoint, realDisk } from '@contor/kit';

const PASSWORD_FILE = 'mqtt-password';

export async function keepMqttPassword(dataFolder: string, password: string, disk: Disk = realDisk()): Promise<void> {
  await disk.makeDirectory(dataFolder);
  await openCheckpoint({ disk, path: join(dataFolder, PASSWORD_FILE) }).write(new TextEncoder().encode(password));
}

export async function keptMqttPassword(dataFolder: string, disk: Disk = realDisk()): Promise<string | undefined> {
  const bytes = await openCheckpoint({ disk, path: join(dataFolder, PASSWORD_FILE) }).read();
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}
