/** The devices of an agent's folder as they lie there: for tools that look beside a running agent, or at a copy. Nothing is changed. */

import { join } from 'node:path';
import { type Disk, readDocuments } from '@contor/kit';
import type { DeviceRecord } from './device.js';
import { DEVICE, FOLDER, GROUP, readLeft } from './embedded.js';
import type { DeviceGroup } from './group.js';
import type { KnownDevices } from './registry.js';
import { Roster } from './roster.js';

export async function readDevices(disk: Disk, dataFolder: string): Promise<KnownDevices> {
  const roster = new Roster();
  const documents = await readDocuments(disk, join(dataFolder, FOLDER));
  for (const { kind, value } of documents) if (kind === GROUP) roster.setGroup(value as DeviceGroup);
  for (const { kind, value } of documents) if (kind === DEVICE) roster.set(value as DeviceRecord);
  for (const record of (await readLeft(disk, dataFolder)) ?? []) roster.set(record);
  return roster;
}
