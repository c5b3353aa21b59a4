/** The agent's own password at the MQTT broker, kept wrapped in its data folder by whoever made the credential. */

import { join } from 'node:path';
import {
  type Checkpoint,
  type Disk,
  type KeyringOptions,
  openCheckpoint,
  openKeyring,
  realDisk,
  sealedCheckpoint,
} from '@contor/kit';

const PASSWORD_FILE = 'mqtt-password';

/** The master key that wraps it. */
type Keys = Omit<KeyringOptions, 'folder'>;

export async function keepMqttPassword(dataFolder: string, password: string, keys: Keys = {}): Promise<void> {
  const disk = realDisk();
  await disk.makeDirectory(dataFolder);
  await (await passwordFile(dataFolder, keys, disk)).write(new TextEncoder().encode(password));
}

export async function keptMqttPassword(dataFolder: string, keys: Keys, disk: Disk): Promise<string | undefined> {
  const bytes = await (await passwordFile(dataFolder, keys, disk)).read();
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

async function passwordFile(dataFolder: string, keys: Keys, disk: Disk): Promise<Checkpoint> {
  const keyring = await openKeyring({ ...keys, folder: dataFolder });
  return sealedCheckpoint(
    openCheckpoint({ disk, path: join(dataFolder, PASSWORD_FILE) }),
    keyring,
    `agent-json ${PASSWORD_FILE}`,
  );
}
