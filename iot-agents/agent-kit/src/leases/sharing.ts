/**
 * What a replica shares with the others, put together: the registry always; leases, where devices are polled. Opened where MONGODB_URL is set, and
 * nothing of it is loaded elsewhere.
 */

import type { Logger, Ports, SettingsTable } from '@contor/kit';
import { takeLeftDevices } from '../registry/embedded.js';
import { openMongoStore } from '../registry/mongo/driver.js';
import { openMongoRegistry } from '../registry/mongo/registry.js';
import type { SharedStore } from '../registry/mongo/store.js';
import type { DeviceRegistry } from '../registry/registry.js';
import { openLeases, type SharedLeases } from './keeper.js';

export const SHARING_SETTINGS = {
  mongodbUrl: {
    name: 'MONGODB_URL',
    // It may hold a password.
    kind: 'secret',
    optional: true,
    about:
      'Database through which replicas share devices, mongodb://…; default: one machine, devices in the data folder',
  },
} as const satisfies SettingsTable;

export interface SharingOptions {
  readonly url: string;
  /** Agents of one name share devices, e.g. `agent-json`. */
  readonly agent: string;
  /** Devices are asked, so each must be one replica's; devices that call in need no lease. */
  readonly isPolling: boolean;
  readonly dataFolder: string;
  readonly ports: Ports;
  readonly log: Logger;
}

export interface SharingFigures {
  readonly registryAway: number;
  readonly replicas: number;
  readonly hasLease: number;
}

export interface Sharing {
  readonly store: SharedStore;
  readonly registry: DeviceRegistry;
  /** Of an agent that polls. */
  readonly leases: SharedLeases | undefined;
  readonly figures: SharingFigures;
  /** After the agent, which reads the registry until its end. */
  close(): Promise<void>;
}

export async function openSharing({ url, agent, isPolling, dataFolder, ports, log }: SharingOptions): Promise<Sharing> {
  const store = await openMongoStore({ url, prefix: agent, log });
  try {
    const shared = { store, clock: ports.clock, random: ports.random, log };
    const registry = await openMongoRegistry(shared);
    await takeLeftDevices(registry, ports.disk, dataFolder);
    const leases = isPolling ? await openLeases(shared) : undefined;
    return {
      ...{ store, registry, leases },
      get figures() {
        const { replicas = 0, isSeated = false } = leases?.figures ?? {};
        return { registryAway: registry.isAway ? 1 : 0, replicas, hasLease: isSeated ? 1 : 0 };
      },
      async close() {
        await leases?.stop();
        await registry.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
