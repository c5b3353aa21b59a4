import { createAudit } from '@contor/gateway/audit/audit.js';
import type { AuditEntry } from '@contor/gateway/audit/entry.js';
import { createLogger, SimulatedClock, SimulatedDisk, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';

const ENTRY: AuditEntry = {
  log: 'parametrisation',
  actor: { id: 'subject-1', kind: 'person', name: 'ana' },
  page: 'tariffs',
  operation: 'context.write',
  targets: ['urn:ngsi-ld:Tariff:night'],
  before: { price: 12 },
  after: { price: 13 },
  outcome: 'done',
};

function partsOn(disk: SimulatedDisk, clock: SimulatedClock) {
  const log = createLogger({ service: 'test', write: () => undefined });
  const onFatal = (error: Error): void => {
    throw error;
  };
  return { disk, clock, log, dataFolder: '/data', onFatal };
}

describe('the trail', () => {
  it('answers with the sequence, and goes on after a restart', async () => {
    const disk = new SimulatedDisk({ random: seededRandom(1) });
    const clock = new SimulatedClock(1_700_000_000_000);
    const first = await createAudit(partsOn(disk, clock));
    expect(await first.audit.record(ENTRY)).toBe(1);
    expect(await first.audit.record(ENTRY)).toBe(2);
    await first.close();
    const second = await createAudit(partsOn(disk, clock));
    expect(await second.audit.record(ENTRY)).toBe(3);
  });

  it('refuses when the disk is full, so that nobody acts unseen', async () => {
    const disk = new SimulatedDisk({ random: seededRandom(1) });
    const { audit } = await createAudit(partsOn(disk, new SimulatedClock(1_700_000_000_000)));
    disk.setCapacity(disk.usedBytes);
    await expect(audit.record(ENTRY)).rejects.toMatchObject({ code: 'disk.full' });
  });
});
