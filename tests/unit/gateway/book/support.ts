/** A book on a simulated disk, with the roles that the tests speak of. */

import type { ProviderRoles } from '@contor/gateway/book/adoption.js';
import type { AccessBook } from '@contor/gateway/book/book.js';
import { openAccessBook } from '@contor/gateway/book/open.js';
import type { RoleSeed } from '@contor/gateway/book/roles.js';
import { createLogger, type Disk, SimulatedClock, SimulatedDisk, seededRandom } from '@contor/kit';

export const SEEDS: readonly RoleSeed[] = [
  { name: 'manager', title: 'Manager', functions: ['live.view', 'history.view'] },
  { name: 'viewer', title: 'Viewer', functions: ['live.view'] },
  { name: 'data-administrator', title: 'Data administrator', functions: ['people.view', 'access.change'] },
];

export const NOW_MS = 1_800_000_000_000;
const log = createLogger({ service: 'test', write: () => undefined });

export interface BookWish {
  readonly disk?: Disk;
  readonly tenant?: string;
  readonly providerRoles?: ProviderRoles;
  readonly seeds?: readonly RoleSeed[];
  readonly clock?: SimulatedClock;
}

export function openTestBook(wish: BookWish = {}): Promise<AccessBook> {
  return openAccessBook({
    disk: wish.disk ?? simulatedDisk(1),
    clock: wish.clock ?? new SimulatedClock(NOW_MS),
    log,
    dataFolder: '/data',
    tenant: wish.tenant ?? 'default',
    seeds: wish.seeds ?? SEEDS,
    providerRoles: wish.providerRoles ?? 'adopt',
    onFatal: (error) => {
      throw error;
    },
  });
}

export function simulatedDisk(seed: number): SimulatedDisk {
  return new SimulatedDisk({ random: seededRandom(seed) });
}

export const facts = (subject: string, roles: readonly string[] = []) => ({
  subject,
  username: subject,
  fullName: subject.toUpperCase(),
  roles,
});
