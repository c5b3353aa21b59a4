/**
 * Full disks: each service of the path keeps its data on a small disk of its own, which fills up under load. Whoever cannot write
 * refuses and says so; nobody crashes, not even one that is started on a full disk; when there is room again everything goes on by
 * itself, and everything acknowledged is there.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isClean } from '../support/ledger.js';
import { type MeterFleet, startMeterFleet } from '../support/meter-fleet.js';
import { startMeteringPath } from '../support/metering-path.js';
import { msUntilNewValue, settledVerdict } from '../support/path-verdict.js';
import { ServiceLog } from '../support/service-log.js';
import { SmallDisk } from '../support/small-disk.js';
import type { Tally } from '../support/tally.js';

export type Service = 'mqtt' | 'agent' | 'broker' | 'history';

/** Room for all that a slow machine sends in some minutes: only the ballast may fill it. */
const DISK_BYTES = 32 * 2 ** 20;
/** Little, so that it is soon gone; with more of it history runs out of room in its database as well as in its log. */
const LEFT_BYTES = { mqtt: 32 * 1024, agent: 32 * 1024, broker: 32 * 1024, history: 128 * 1024 } as const;
const SAYS_FULL = /disk is full|disk of .* is full|no space left/i;
const SAYS_MS = 8_000;
const SETTLE_MS = 90_000;
/** Long enough to be sure that nothing, or something, is acknowledged. */
const LOOK_MS = 1_000;
/** A service that is started on a full disk and cannot live there would have ended several times by then. */
const LOOP_MS = 3_000;

export interface FullDiskOptions {
  readonly tally: Tally;
  /** Whose disks fill up, one after the other. */
  readonly services: readonly Service[];
  readonly report: (fault: string, figures: object) => void;
}

export async function checkFullDisks({ tally, services, report }: FullDiskOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'contor-faults-'));
  const disks = services.map((service) => ({ service, disk: new SmallDisk(join(folder, service), DISK_BYTES) }));
  const path = await startMeteringPath({ folder, meters: 10 });
  const fleet = await startMeterFleet({ path, messagesASecondEach: 5 });
  try {
    await msUntilNewValue(path, fleet.ledger, SETTLE_MS);
    for (const { service, disk } of disks) {
      const log = new ServiceLog(join(folder, 'logs', `${service}.log`));
      await tally.check(`${service}, its disk full, refuses, says so, stays up and recovers by itself`, async () => {
        const withRoom = await acknowledgedIn(fleet, LOOK_MS);
        log.mark();
        disk.fill(LEFT_BYTES[service]);
        const said = await log.says(SAYS_FULL, SAYS_MS).catch(() => undefined);
        await sleep(LOOK_MS);
        const whileFull = await acknowledgedIn(fleet, LOOK_MS);
        const starts = log.starts;
        const ended = log.ends;
        disk.free();
        const freedAt = performance.now();
        const visibleMs = await msUntilNewValue(path, fleet.ledger, SETTLE_MS);
        const verdict = await settledVerdict(path, fleet.ledger, SETTLE_MS);
        const drainedMs = Math.round(performance.now() - freedAt);
        report('full disk', {
          service,
          withRoom,
          whileFull,
          starts,
          visibleMs,
          drainedMs,
          ...fleet.ledger.counts,
          ...verdict,
        });
        if (!isClean(verdict)) throw new Error(JSON.stringify(verdict));
        // The control of what follows: with room the same look sees acknowledgements.
        if (withRoom === 0) throw new Error('nothing was acknowledged before the disk was full');
        if (service === 'mqtt' && whileFull > 0)
          throw new Error(`${whileFull} messages were acknowledged on a full disk`);
        if (starts > 0 || ended !== undefined) throw new Error(`it ended: ${ended ?? 'and was started again'}`);
        if (said === undefined) throw new Error('its log does not name the full disk');
      });
      await tally.check(`${service}, started on a full disk, does not end again and again`, async () => {
        disk.fill(0);
        await path.processes[service].kill9();
        log.mark();
        path.processes[service].start();
        const { pid } = path.processes[service];
        await sleep(LOOP_MS);
        const isSame = path.processes[service].pid === pid;
        const text = log.text.slice(0, 600);
        disk.free();
        const visibleMs = await msUntilNewValue(path, fleet.ledger, SETTLE_MS);
        const verdict = await settledVerdict(path, fleet.ledger, SETTLE_MS);
        report('start on a full disk', { service, visibleMs, ...fleet.ledger.counts, ...verdict });
        if (!isClean(verdict)) throw new Error(JSON.stringify(verdict));
        if (!isSame) throw new Error(text);
      });
    }
  } finally {
    await fleet.stop();
    await path.stop();
    for (const { disk } of disks) disk.unmount();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function acknowledgedIn(fleet: MeterFleet, ms: number): Promise<number> {
  const before = fleet.ledger.counts.acknowledged;
  await sleep(ms);
  return fleet.ledger.counts.acknowledged - before;
}
