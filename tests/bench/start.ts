/** What a person waits for: from the command to the banner and to a moving value on the stream; and what the platform then weighs. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pssOf, treeOf } from '../support/cpu.js';
import { choosePorts, type Platform, startPlatform } from '../support/platform.js';

export interface StartBenchResult {
  readonly bench: 'start';
  readonly firstStartMs: number;
  /** Later starts on the same data folder. */
  readonly startMs: number;
  /** From the command to the first live value in the broker that is younger than the start. */
  readonly liveValueMs: number;
  /** Proportional set size of the process tree a minute after the start, in MB; null where the system does not tell. */
  readonly pssMb: number | null;
  readonly pssMbOf: Readonly<Record<string, number | null>>;
}

const SETTLED_MS = 60_000;
const RUNS = 3;
const MB = 1_000_000;

export async function benchStart({ settledMs = SETTLED_MS }: { settledMs?: number } = {}): Promise<StartBenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'contor-bench-start-'));
  const ports = await choosePorts();
  try {
    const first = await startPlatform(folder, ports);
    const firstStartMs = Math.round(first.tookMs);
    await first.stop();
    const starts: { tookMs: number; liveMs: number }[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const startedAtMs = Date.now();
      const platform = await startPlatform(folder, ports);
      const liveMs = await firstLiveValue(platform, startedAtMs);
      starts.push({ tookMs: platform.tookMs, liveMs });
      if (run < RUNS - 1) {
        await platform.stop();
        continue;
      }
      await sleep(settledMs);
      const { pid } = platform.process;
      const weights = pid === undefined ? [] : treeOf(pid).map((each) => [nameOf(each), pssOf(each)] as const);
      await platform.stop();
      const known = weights.flatMap(([, bytes]) => (bytes === null ? [] : [bytes]));
      return {
        bench: 'start',
        firstStartMs,
        startMs: median(starts.map(({ tookMs }) => tookMs)),
        liveValueMs: median(starts.map((each) => each.liveMs)),
        pssMb: known.length === 0 ? null : Math.round(known.reduce((sum, bytes) => sum + bytes, 0) / MB),
        pssMbOf: Object.fromEntries(
          weights.map(([name, bytes]) => [name, bytes === null ? null : Math.round(bytes / MB)]),
        ),
      };
    }
    throw new RangeError('a bench needs at least one run');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function firstLiveValue(platform: Platform, startedAtMs: number): Promise<number> {
  const url = `http://127.0.0.1:${platform.ports.BROKER_PORT}/ngsi-ld/v1/entities?type=ACMeasurement&limit=100&attrs=recordedAt`;
  for (;;) {
    const entities = (await (await fetch(url)).json()) as { recordedAt?: { value: string } }[];
    if (entities.some(({ recordedAt }) => Date.parse(recordedAt?.value ?? '') >= startedAtMs))
      return Date.now() - startedAtMs;
    await sleep(20);
  }
}

function nameOf(pid: number): string {
  try {
    return /(?:^|\0)CONTOR_PROCESS=([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'))?.[1] ?? 'launcher';
  } catch {
    return String(pid);
  }
}

function median(values: readonly number[]): number {
  return Math.round([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await benchStart()));
