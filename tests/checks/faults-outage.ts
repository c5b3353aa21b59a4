/** Broker or history away for a while, killed without a goodbye, while meters go on: nothing is lost, and the present is soon back. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isClean } from '../support/ledger.js';
import { startMeterFleet } from '../support/meter-fleet.js';
import { eventually, startMeteringPath } from '../support/metering-path.js';
import { metersBehind, msUntilNewValue, settledVerdict } from '../support/path-verdict.js';
import type { Tally } from '../support/tally.js';

const VISIBLE_WITHIN_MS = 5_000;
const SETTLE_MS = 90_000;
const CALM_MS = 1_000;

export interface OutageOptions {
  readonly tally: Tally;
  readonly awayMs: number;
  readonly report: (fault: string, figures: object) => void;
}

export async function checkOutages({ tally, awayMs, report }: OutageOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'contor-faults-'));
  const path = await startMeteringPath({ folder, meters: 20 });
  const fleet = await startMeterFleet({ path, messagesASecondEach: 5 });
  const urls = { broker: path.brokerUrl, history: path.historyUrl } as const;
  try {
    for (const service of ['broker', 'history'] as const)
      await tally.check(
        `${service} killed and back after ${awayMs / 1000} s: nothing lost, the present soon back`,
        async () => {
          await sleep(CALM_MS);
          const before = fleet.ledger.counts.acknowledged;
          await path.processes[service].kill9();
          await sleep(awayMs);
          const meanwhile = fleet.ledger.counts.acknowledged - before;
          path.processes[service].start();
          const startedAt = performance.now();
          await eventually(() => fetch(`${urls[service]}/health`));
          const readyMs = Math.round(performance.now() - startedAt);
          const visibleMs = await msUntilNewValue(path, fleet.ledger, SETTLE_MS);
          const verdict = await settledVerdict(path, fleet.ledger, SETTLE_MS);
          const drainedMs = Math.round(performance.now() - startedAt) - readyMs;
          report(`${service} away`, {
            awayMs,
            meanwhile,
            readyMs,
            visibleMs,
            drainedMs,
            ...fleet.ledger.counts,
            ...verdict,
          });
          if (meanwhile === 0) throw new Error('no meter was acknowledged during the outage');
          if (!isClean(verdict)) throw new Error(JSON.stringify(verdict));
          if (visibleMs > VISIBLE_WITHIN_MS)
            throw new Error(`the newest value was visible ${visibleMs} ms after the return`);
        },
      );
    await tally.check('after both, every meter shows its newest value', async () => {
      await fleet.stop();
      const verdict = await settledVerdict(path, fleet.ledger, SETTLE_MS);
      const behind = await eventually(async () => {
        const count = await metersBehind(path, fleet.ledger);
        if (count > 0) throw new Error(`${count} meters show an old value`);
        return count;
      });
      report('after the outages', { behind, ...fleet.ledger.counts, ...verdict });
      if (!isClean(verdict)) throw new Error(JSON.stringify(verdict));
    });
  } finally {
    await fleet.stop();
    await path.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
