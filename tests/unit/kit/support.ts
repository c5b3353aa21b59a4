/** What the kit's tests share: a log on a disk of the test's choice, and its records as a list. */

import {
  type Disk,
  type DurableLog,
  type DurableLogOptions,
  openDurableLog,
  SimulatedClock,
  SimulatedDisk,
  seededRandom,
} from '@contor/kit';

export const FOLDER = '/data/log';

export function newDisk(seed: number | string = 1, capacityBytes = Number.POSITIVE_INFINITY): SimulatedDisk {
  return new SimulatedDisk({ random: seededRandom(seed), capacityBytes });
}

export function openOn(disk: Disk, options: Partial<DurableLogOptions> = {}): Promise<DurableLog> {
  return openDurableLog({
    disk,
    clock: new SimulatedClock(1_700_000_000_000),
    directory: FOLDER,
    kind: 'test',
    version: 1,
    onFatal: (error) => {
      throw error;
    },
    ...options,
  });
}

export async function contents(log: DurableLog, fromSequence = 1): Promise<[sequence: number, text: string][]> {
  const found: [number, string][] = [];
  for await (const { sequence, payload } of log.read(fromSequence))
    found.push([sequence, Buffer.from(payload).toString()]);
  return found;
}

export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

/** Writes a file as it is, for instance one that an older program left. */
export async function putFile(disk: Disk, directory: string, name: string, bytes: Uint8Array): Promise<void> {
  await disk.makeDirectory(directory);
  const file = await disk.open(`${directory}/${name}`, 'create');
  await file.append([bytes]);
  await file.sync();
  await file.close();
  await disk.syncDirectory(directory);
}

export async function getFile(disk: Disk, path: string): Promise<Uint8Array> {
  const file = await disk.open(path, 'read');
  const bytes = await file.read(0, await file.size());
  await file.close();
  return bytes;
}
