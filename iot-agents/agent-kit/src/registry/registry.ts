/**
 * The device registry: read at once and in memory, written durably. Where the devices are kept (the agent's own folder, a database
 * that several replicas share) is behind this page.
 */

import type { Device, DeviceRecord } from './device.js';
import type { DeviceGroup } from './group.js';

/** The reading side: all that a codec or a mapping needs. */
export interface KnownDevices {
  readonly size: number;
  find(key: string): Device | undefined;
  all(): Iterable<Device>;
}

export interface DeviceRegistry extends KnownDevices {
  /** As it was provisioned, without what its group says. */
  recordOf(key: string): DeviceRecord | undefined;
  records(): Iterable<DeviceRecord>;
  /** Durable when it resolves with true; false when there is such a device, which then stays as it is. */
  add(record: DeviceRecord): Promise<boolean>;
  /** The same for a device that may be there: it is replaced as a whole. */
  put(record: DeviceRecord): Promise<void>;
  /** False when there was none. */
  remove(key: string): Promise<boolean>;

  readonly groups: GroupRegistry;
  /** The group whose API key the device sends. */
  groupOf(device: Pick<DeviceRecord, 'apiKey'>): DeviceGroup | undefined;

  /** Told of every change once it is durable, in order; ends when the answer is called. */
  onChange(listener: (change: RegistryChange) => void): () => void;
  close(): Promise<void>;
}

export interface GroupRegistry {
  readonly size: number;
  find(key: string): DeviceGroup | undefined;
  all(): Iterable<DeviceGroup>;
  add(group: DeviceGroup): Promise<boolean>;
  put(group: DeviceGroup): Promise<void>;
  remove(key: string): Promise<boolean>;
}

/** A changed group is told as such, and its devices are not told one by one. */
export type RegistryChange =
  | { readonly kind: 'device'; readonly key: string; readonly device: Device | undefined }
  | { readonly kind: 'group'; readonly key: string; readonly group: DeviceGroup | undefined };
