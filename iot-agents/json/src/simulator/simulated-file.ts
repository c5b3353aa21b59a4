/** Which meters are simulators, for the command service: URN → serial number, in a file on this machine and not in the context. */

import { dirname } from 'node:path';
import type { Device } from '@contor/agent-kit';
import { type Disk, readWhole, realDisk, replaceFile } from '@contor/kit';

/** True when it was not there yet. */
export async function saveSimulated(
  path: string,
  devices: readonly Pick<Device, 'refDevice' | 'serialNumber' | 'isSimulated'>[],
  disk: Disk = realDisk(),
): Promise<boolean> {
  if ((await readWhole(disk, path)) !== undefined) return false;
  const rows = devices.flatMap(({ refDevice, serialNumber, isSimulated }) =>
    isSimulated && serialNumber !== undefined ? [[refDevice, serialNumber]] : [],
  );
  const text = `${JSON.stringify(Object.fromEntries(rows), undefined, 2)}\n`;
  await disk.makeDirectory(dirname(path));
  await replaceFile(disk, path, new TextEncoder().encode(text));
  return true;
}
