/**
 * The registry of one machine: documents over a durable log in the agent's data folder. Beside it may lie a file `devices`, left there by
 * whoever provisioned while the agent was not running; it is taken in at start and then removed.
 */

import { join } from 'node:path';
import {
  assert,
  type Clock,
  type Disk,
  type DocumentStore,
  type Logger,
  openCheckpoint,
  openDocuments,
  openDurableLog,
  realDisk,
} from '@contor/kit';
import { type DeviceRecord, keyOfDevice } from './device.js';
import { type DeviceGroup, groupKey } from './group.js';
import type { DeviceRegistry, GroupRegistry, RegistryChange } from './registry.js';
import { Roster } from './roster.js';

export interface EmbeddedRegistryOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Logger;
  readonly dataFolder: string;
  readonly onFatal: (error: Error) => void;
}

export const FOLDER = 'registry';
const VERSION = 1;
/** About a kilobyte a device: half a million of them, and room for the rewriting. */
const LOG_LIMIT_BYTES = 2 * 2 ** 30;
export const DEVICE = 'device';
export const GROUP = 'group';

const LEFT_FILE = 'devices';
const LEFT_VERSION = 1;

export async function openDeviceRegistry(options: EmbeddedRegistryOptions): Promise<DeviceRegistry> {
  const { disk, clock, log, dataFolder, onFatal } = options;
  const limits = { kind: 'registry', version: VERSION, maxBytes: LOG_LIMIT_BYTES, onFatal };
  const durable = await openDurableLog({ disk, clock, directory: join(dataFolder, FOLDER), ...limits });
  const registry = new EmbeddedRegistry(await openDocuments({ durable, clock, log }));
  await takeLeftDevices(registry, disk, dataFolder);
  return registry;
}

/** Takes in what was left in this folder while the agent was not running. */
export async function takeLeftDevices(registry: DeviceRegistry, disk: Disk, dataFolder: string): Promise<void> {
  const left = await readLeft(disk, dataFolder);
  if (left === undefined) return;
  await Promise.all(left.map((record) => registry.put(record)));
  await disk.remove(join(dataFolder, LEFT_FILE));
  await disk.syncDirectory(dataFolder);
}

/** Leaves these devices to the agent that works on this folder: it takes them in at its next start, instead of what it knew about them. */
export async function provisionDevices(
  dataFolder: string,
  records: readonly DeviceRecord[],
  disk: Disk = realDisk(),
): Promise<void> {
  await disk.makeDirectory(dataFolder);
  const all = new Map<string, DeviceRecord>();
  for (const record of (await readLeft(disk, dataFolder)) ?? []) all.set(keyOfDevice(record), record);
  for (const record of records) all.set(keyOfDevice(record), record);
  const text = JSON.stringify({ version: LEFT_VERSION, devices: [...all.values()] });
  await openCheckpoint({ disk, path: join(dataFolder, LEFT_FILE) }).write(new TextEncoder().encode(text));
}

export async function readLeft(disk: Disk, dataFolder: string): Promise<readonly DeviceRecord[] | undefined> {
  const bytes = await openCheckpoint({ disk, path: join(dataFolder, LEFT_FILE) }).read();
  if (bytes === undefined) return undefined;
  const text = new TextDecoder().decode(bytes);
  const { version, devices } = JSON.parse(text) as { version: number; devices: DeviceRecord[] };
  assert(version === LEFT_VERSION, 'The file of devices was written by another version of this program.', { version });
  return devices;
}

class EmbeddedRegistry implements DeviceRegistry {
  readonly groups: GroupRegistry;
  readonly #documents: DocumentStore;
  readonly #roster = new Roster();

  constructor(documents: DocumentStore) {
    this.#documents = documents;
    for (const { value } of documents.all(GROUP)) this.#roster.setGroup(value as DeviceGroup);
    for (const { value } of documents.all(DEVICE)) this.#roster.set(value as DeviceRecord);
    const roster = this.#roster;
    this.groups = {
      get size() {
        return roster.groupCount;
      },
      find: (key) => roster.findGroup(key),
      all: () => roster.groups(),
      add: async (group) => {
        if (this.#isThere(GROUP, groupKey(group))) return false;
        await this.#putGroup(group);
        return true;
      },
      put: (group) => this.#putGroup(group),
      remove: (key) => this.#remove(GROUP, key, () => roster.deleteGroup(key)),
    };
  }

  get size(): number {
    return this.#roster.size;
  }

  find(key: string) {
    return this.#roster.find(key);
  }

  all() {
    return this.#roster.all();
  }

  recordOf(key: string) {
    return this.#roster.recordOf(key);
  }

  records() {
    return this.#roster.records();
  }

  groupOf(device: Pick<DeviceRecord, 'apiKey'>) {
    return this.#roster.groupOf(device);
  }

  async add(record: DeviceRecord): Promise<boolean> {
    if (this.#isThere(DEVICE, keyOfDevice(record))) return false;
    await this.put(record);
    return true;
  }

  async put(record: DeviceRecord): Promise<void> {
    const value = withoutGaps(record);
    await this.#documents.put({ kind: DEVICE, id: keyOfDevice(record), value });
    this.#roster.set(value);
  }

  remove(key: string): Promise<boolean> {
    return this.#remove(DEVICE, key, () => this.#roster.delete(key));
  }

  onChange(listener: (change: RegistryChange) => void): () => void {
    return this.#roster.onChange(listener);
  }

  close(): Promise<void> {
    return this.#documents.close();
  }

  async #putGroup(group: DeviceGroup): Promise<void> {
    const value = withoutGaps(group);
    await this.#documents.put({ kind: GROUP, id: groupKey(group), value });
    this.#roster.setGroup(value);
  }

  async #remove(kind: string, key: string, forget: () => void): Promise<boolean> {
    if (!this.#isThere(kind, key)) return false;
    await this.#documents.remove(kind, key);
    forget();
    return true;
  }

  /** Also one that is on its way to the disk. */
  #isThere(kind: string, key: string): boolean {
    return this.#documents.get(kind, key) !== undefined;
  }
}

/** As it will come back from the disk: a name without a value is no name. */
function withoutGaps<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
}
