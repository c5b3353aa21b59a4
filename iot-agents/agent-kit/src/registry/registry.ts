/**
 * The device registry: in memory, from one file in the agent's data folder. Thin on purpose: provisioning over HTTP and
 * a shared registry come behind the same two functions.
 */

import { join } from 'node:path';
import type { Disk } from '@contor/kit';
import { assert, openCheckpoint, realDisk } from '@contor/kit';
import { type Device, deviceKey } from './device.js';

export interface DeviceRegistry {
  readonly size: number;
  find(key: string): Device | undefined;
  all(): Iterable<Device>;
}

const REGISTRY_FILE = 'devices';
const REGISTRY_VERSION = 1;

export async function openDeviceRegistry(disk: Disk, dataFolder: string): Promise<DeviceRegistry> {
  const devices = new Map(
    (await readDevices(disk, dataFolder)).map((device) => [deviceKey(device.apiKey, device.deviceId), device]),
  );
  return {
    get size() {
      return devices.size;
    },
    find: (key) => devices.get(key),
    all: () => devices.values(),
  };
}

/** Adds these devices to the registry on disk, or replaces what is known about them. A running agent reads it at its next start. */
export async function provisionDevices(
  dataFolder: string,
  devices: readonly Device[],
  disk: Disk = realDisk(),
): Promise<void> {
  await disk.makeDirectory(dataFolder);
  const all = new Map<string, Device>();
  for (const device of await readDevices(disk, dataFolder)) all.set(deviceKey(device.apiKey, device.deviceId), device);
  for (const device of devices) all.set(deviceKey(device.apiKey, device.deviceId), device);
  const text = JSON.stringify({ version: REGISTRY_VERSION, devices: [...all.values()] });
  await openCheckpoint({ disk, path: join(dataFolder, REGISTRY_FILE) }).write(new TextEncoder().encode(text));
}

async function readDevices(disk: Disk, dataFolder: string): Promise<readonly Device[]> {
  const bytes = await openCheckpoint({ disk, path: join(dataFolder, REGISTRY_FILE) }).read();
  if (bytes === undefined) return [];
  const { version, devices } = JSON.parse(new TextDecoder().decode(bytes)) as { version: number; devices: Device[] };
  assert(version === REGISTRY_VERSION, 'The device registry was written by another version of this program.', {
    version,
  });
  return devices;
}
