/** The registry in memory: records, groups, the devices that follow from both, and who wants to know of changes. It knows no disk. */

import { type Device, type DeviceRecord, keyOfDevice } from './device.js';
import { type DeviceGroup, groupKey, toDevice } from './group.js';
import type { KnownDevices, RegistryChange } from './registry.js';

export class Roster implements KnownDevices {
  readonly #records = new Map<string, DeviceRecord>();
  readonly #devices = new Map<string, Device>();
  readonly #groups = new Map<string, DeviceGroup>();
  readonly #groupsByApiKey = new Map<string, DeviceGroup>();
  readonly #listeners = new Set<(change: RegistryChange) => void>();

  get size(): number {
    return this.#devices.size;
  }

  get groupCount(): number {
    return this.#groups.size;
  }

  find(key: string): Device | undefined {
    return this.#devices.get(key);
  }

  all(): Iterable<Device> {
    return this.#devices.values();
  }

  recordOf(key: string): DeviceRecord | undefined {
    return this.#records.get(key);
  }

  records(): Iterable<DeviceRecord> {
    return this.#records.values();
  }

  findGroup(key: string): DeviceGroup | undefined {
    return this.#groups.get(key);
  }

  groups(): Iterable<DeviceGroup> {
    return this.#groups.values();
  }

  groupOf({ apiKey }: Pick<DeviceRecord, 'apiKey'>): DeviceGroup | undefined {
    return this.#groupsByApiKey.get(apiKey);
  }

  set(record: DeviceRecord): void {
    const key = keyOfDevice(record);
    const device = toDevice(record, this.groupOf(record));
    this.#records.set(key, record);
    this.#devices.set(key, device);
    this.#tell({ kind: 'device', key, device });
  }

  delete(key: string): void {
    this.#records.delete(key);
    if (this.#devices.delete(key)) this.#tell({ kind: 'device', key, device: undefined });
  }

  setGroup(group: DeviceGroup): void {
    const key = groupKey(group);
    this.#groups.set(key, group);
    this.#regroup(group.apiKey);
    this.#tell({ kind: 'group', key, group });
  }

  deleteGroup(key: string): void {
    const group = this.#groups.get(key);
    if (group === undefined) return;
    this.#groups.delete(key);
    this.#regroup(group.apiKey);
    this.#tell({ kind: 'group', key, group: undefined });
  }

  onChange(listener: (change: RegistryChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Two groups may share a key and differ in the resource; the one that was there first speaks for the devices. */
  #regroup(apiKey: string): void {
    const first = [...this.#groups.values()].find((group) => group.apiKey === apiKey);
    if (first === undefined) this.#groupsByApiKey.delete(apiKey);
    else this.#groupsByApiKey.set(apiKey, first);
    for (const [key, record] of this.#records)
      if (record.apiKey === apiKey) this.#devices.set(key, toDevice(record, first));
  }

  #tell(change: RegistryChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}
