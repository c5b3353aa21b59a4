/** Compares the ledger of a meter fleet with what the metering path serves: history's rows and the broker's newest values. */

import { setTimeout as sleep } from 'node:timers/promises';
import { createHistoryClient } from '@contor/history-query';
import { urn } from '@contor/orion-config';
import { compare, type Ledger, sum, type Verdict } from './ledger.js';
import type { MeteringPath } from './metering-path.js';

const ATTRIBUTE = 'totalActiveEnergyImport';
const LOOK_EVERY_MS = 250;

export interface PathVerdict extends Verdict {
  readonly rows: number;
}

type HistoryOfPath = Pick<MeteringPath, 'historyUrl'>;
type Acknowledged = ReadonlyMap<string, readonly number[]>;

/** Lost is what was acknowledged by then and is not there; all that is there is judged by what was ever sent. */
async function judgePath(path: HistoryOfPath, ledger: Ledger, byThen: Acknowledged): Promise<PathVerdict> {
  const history = createHistoryClient({ url: path.historyUrl });
  try {
    let rows = 0;
    const verdicts: Verdict[] = [];
    for (const meter of ledger.meters) {
      const id = urn('ACMeasurement', meter);
      const { timesMs, columns } = await history.series({ type: 'ACMeasurement', id, attributes: [ATTRIBUTE] });
      rows += timesMs.length;
      const found = timesMs.map((atMs, row) => ({ atMs, value: columns[ATTRIBUTE][row] as number | null }));
      const there = new Set(timesMs);
      const lost = (byThen.get(meter) ?? []).filter((atMs) => !there.has(atMs)).length;
      verdicts.push({ ...compare(ledger.of(meter), found), lost });
    }
    return { ...sum(verdicts), rows };
  } finally {
    history.close();
  }
}

/**
 * Waits until nothing is missing of what was acknowledged when it was called, or the time is over; then judges. While meters go on
 * sending, some of what is acknowledged a moment later is always on its way.
 */
export async function settledVerdict(path: HistoryOfPath, ledger: Ledger, withinMs: number): Promise<PathVerdict> {
  const deadline = Date.now() + withinMs;
  const byThen = new Map(ledger.meters.map((meter) => [meter, acknowledgedOf(ledger, meter)]));
  for (;;) {
    try {
      const verdict = await judgePath(path, ledger, byThen);
      if (verdict.lost === 0 || Date.now() > deadline) return verdict;
    } catch (error) {
      // A server that has just come back may still be recovering.
      if (Date.now() > deadline) throw error;
    }
    await sleep(LOOK_EVERY_MS);
  }
}

/** Milliseconds until the broker shows a value that was measured after this call. */
export async function msUntilNewValue(path: MeteringPath, ledger: Ledger, withinMs: number): Promise<number> {
  const meter = path.meters[0]?.id ?? '';
  const startedAt = performance.now();
  const before = newestSent(ledger, meter);
  for (;;) {
    const shown = await shownAt(path, meter).catch(() => 0);
    const tookMs = performance.now() - startedAt;
    if (shown > before) return Math.round(tookMs);
    if (tookMs > withinMs)
      throw new Error(`the broker shows no value newer than ${new Date(before).toISOString()} after ${withinMs} ms`);
    await sleep(50);
  }
}

/** Meters whose newest acknowledged value is not the one that the broker shows. */
export async function metersBehind(path: MeteringPath, ledger: Ledger): Promise<number> {
  let behind = 0;
  for (const meter of ledger.meters) {
    if ((await shownAt(path, meter)) < Math.max(...acknowledgedOf(ledger, meter))) behind += 1;
  }
  return behind;
}

function acknowledgedOf(ledger: Ledger, meter: string): readonly number[] {
  return [...ledger.of(meter)].filter(([, entry]) => entry.acknowledged).map(([atMs]) => atMs);
}

async function shownAt(path: MeteringPath, meter: string): Promise<number> {
  const entity = await path.broker.get(urn('ACMeasurement', meter));
  const attribute = entity?.[ATTRIBUTE];
  return attribute !== undefined && 'observedAt' in attribute ? Date.parse(String(attribute.observedAt)) : 0;
}

const newestSent = (ledger: Ledger, meter: string) => Math.max(0, ...ledger.of(meter).keys());
