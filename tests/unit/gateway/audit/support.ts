/** A trail on a simulated disk, and entries to put into it. */

import { type AuditParts, type AuditTrail, createAudit } from '@contor/gateway/audit/audit.js';
import type { AuditEntry } from '@contor/gateway/audit/entry.js';
import {
  createLogger,
  type Disk,
  keyringOf,
  newMasterKey,
  SimulatedClock,
  SimulatedDisk,
  seededRandom,
} from '@contor/kit';

export const ENTRY: AuditEntry = {
  log: 'parametrisation',
  actor: { id: 'subject-1', kind: 'person', name: 'ana' },
  page: 'tariffs',
  operation: 'context.write',
  targets: ['urn:ngsi-ld:Tariff:night'],
  before: { price: 12 },
  after: { price: 13 },
  address: '192.0.2.7',
  outcome: 'done',
};

export const START_MS = Date.UTC(2026, 2, 1, 10);
const KEYRING = keyringOf(newMasterKey(), 'the test');

export class TrailHouse {
  readonly disk: SimulatedDisk;
  readonly clock = new SimulatedClock(START_MS);
  readonly lines: string[] = [];

  constructor(seed: number | string = 1) {
    this.disk = new SimulatedDisk({ random: seededRandom(seed) });
  }

  open(disk: Disk = this.disk, more: Partial<AuditParts> = {}): Promise<AuditTrail> {
    return createAudit({
      ...{ disk, clock: this.clock, random: seededRandom(1), keyring: KEYRING, dataFolder: '/data' },
      log: createLogger({ service: 'test', write: (line) => void this.lines.push(line) }),
      onFatal: (error) => {
        throw error;
      },
      ...more,
    });
  }

  /** Every byte on the disk, as text: for those who look for what must not be there. */
  async everything(): Promise<string> {
    const files = this.disk.paths().map(async (path) => {
      const file = await this.disk.open(path, 'read');
      const bytes = await file.read(0, await file.size());
      await file.close();
      return Buffer.from(bytes).toString('latin1');
    });
    return (await Promise.all(files)).join('\n');
  }
}
