/** How many records a second the durable log makes durable on this machine's disk, and what one costs in CPU time. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DurableLog, openDurableLog, realClock, realDisk } from '@contor/kit';

export interface DurableLogFigures {
  readonly bench: 'durable-log';
  readonly recordBytes: number;
  readonly writers: number;
  readonly runs: number;
  readonly recordsPerSecond: number;
  readonly cpuMicrosecondsPerRecord: number;
  /** Half of the appends took at most p50, one in a hundred longer than p99. */
  readonly appendP50Ms: number;
  readonly appendP99Ms: number;
  /** Reading and checking 1 kB records back. */
  readonly readsPerSecond: number;
  readonly openMsPer100MB: number;
  /** JSON round trips a second of a fixed small object: what this machine is worth at the moment. */
  readonly calibrationPerSecond: number;
}

const RECORD_BYTES = 1000;
const WRITERS = 64;
const RUNS = 5;
const RECORDS_PER_RUN = 50_000;
const CALIBRATION_ROUNDS = 200_000;

interface RunFigures {
  readonly recordsPerSecond: number;
  readonly cpuMicrosecondsPerRecord: number;
  readonly p50: number;
  readonly p99: number;
}

export async function benchDurableLog(): Promise<DurableLogFigures> {
  const directory = await mkdtemp(join(tmpdir(), 'contor-bench-'));
  const open = (): Promise<DurableLog> =>
    openDurableLog({ disk: realDisk(), clock: realClock(), directory, kind: 'bench', version: 1, onFatal: fail });
  try {
    const log = await open();
    await measure(log, RECORDS_PER_RUN / 5);
    const runs: RunFigures[] = [];
    for (let run = 0; run < RUNS; run += 1) runs.push(await measure(log, RECORDS_PER_RUN));
    const readsPerSecond = await measureRead(log);
    const { bytes } = log;
    await log.close();
    const begin = performance.now();
    const again = await open();
    const openMs = performance.now() - begin;
    await again.close();
    return {
      bench: 'durable-log',
      recordBytes: RECORD_BYTES,
      writers: WRITERS,
      runs: RUNS,
      recordsPerSecond: Math.round(median(runs.map((run) => run.recordsPerSecond))),
      cpuMicrosecondsPerRecord: round(median(runs.map((run) => run.cpuMicrosecondsPerRecord))),
      appendP50Ms: round(median(runs.map((run) => run.p50))),
      appendP99Ms: round(median(runs.map((run) => run.p99))),
      readsPerSecond: Math.round(readsPerSecond),
      openMsPer100MB: round(openMs / (bytes / 1e8)),
      calibrationPerSecond: calibrate(),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function measure(log: DurableLog, records: number): Promise<RunFigures> {
  const payload = new Uint8Array(RECORD_BYTES).fill(0x5a);
  const latencies = new Float64Array(records);
  let sent = 0;
  const write = async (): Promise<void> => {
    while (sent < records) {
      const mine = sent;
      sent += 1;
      const begin = performance.now();
      await log.append(payload);
      latencies[mine] = performance.now() - begin;
    }
  };
  const cpuBefore = process.cpuUsage();
  const begin = performance.now();
  await Promise.all(Array.from({ length: WRITERS }, write));
  const ms = performance.now() - begin;
  const { user, system } = process.cpuUsage(cpuBefore);
  latencies.sort();
  return {
    recordsPerSecond: (records / ms) * 1000,
    cpuMicrosecondsPerRecord: (user + system) / records,
    p50: latencies[Math.floor(records * 0.5)] ?? 0,
    p99: latencies[Math.floor(records * 0.99)] ?? 0,
  };
}

async function measureRead(log: DurableLog): Promise<number> {
  const begin = performance.now();
  let records = 0;
  for await (const _record of log.read(1)) records += 1;
  return (records / (performance.now() - begin)) * 1000;
}

function calibrate(): number {
  const sample = {
    id: 'urn:ngsi-ld:ACMeasurement:e350-0001',
    values: [230.1, 229.8, 231.2],
    at: '2026-11-20T07:00:00.000Z',
  };
  const begin = performance.now();
  for (let round = 0; round < CALIBRATION_ROUNDS; round += 1) JSON.parse(JSON.stringify(sample));
  return Math.round((CALIBRATION_ROUNDS / (performance.now() - begin)) * 1000);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function fail(error: Error): void {
  throw error;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${JSON.stringify(await benchDurableLog())}\n`);
}
