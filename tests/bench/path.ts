/**
 * The whole path, durable at every step: MQTT publishes at QoS 1 → MQTT broker → JSON agent → NGSI-LD broker → history, four processes of
 * the platform and one of publishers on the same machine. Acknowledgements are counted at the publishers, rows by history's HTTP API.
 */

import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cpuUsOf } from '../support/cpu.js';
import { type MeteringPath, startMeteringPath } from '../support/metering-path.js';
import type { PublisherOrder, PublisherReport } from './path-publisher.js';

export interface PathBenchOptions {
  readonly connections?: number;
  readonly window?: number;
  readonly seconds?: number;
}

export interface PathBenchResult {
  readonly bench: 'path';
  readonly connections: number;
  readonly messagesAcknowledged: number;
  readonly messagesInHistory: number;
  readonly readingsAcknowledged: number;
  readonly readingsInHistory: number;
  /** Eight values a message; from the first publish to the last row in history. */
  readonly readingsPerSecond: number;
  readonly secondsToLastAck: number;
  readonly secondsToLastRow: number;
  readonly cpuUsPerMessage: Readonly<Record<string, number | null>>;
}

/** The eight values of an E350 (requirement S3-11); the total we derive from them is not counted. */
const READINGS_A_MESSAGE = 8;
const DRAIN_MS = 120_000;

export async function benchPath({
  connections = 200,
  window = 4,
  seconds = 10,
}: PathBenchOptions = {}): Promise<PathBenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'contor-bench-path-'));
  const path = await startMeteringPath({ folder, meters: connections });
  const publisher = fork(fileURLToPath(new URL('./path-publisher.js', import.meta.url)));
  try {
    const heard = (kind: PublisherReport['kind']) =>
      new Promise<PublisherReport>((resolve, reject) => {
        publisher.on('message', (report: PublisherReport) => report.kind === kind && resolve(report));
        publisher.once('exit', (code) => reject(new Error(`the publishers ended with code ${code}`)));
      });
    const connected = heard('connected');
    publisher.send({ url: path.mqttUrl, meters: path.meters, window, seconds } satisfies PublisherOrder);
    await connected;
    await sleep(1_000);

    const before = cpuOf(path);
    const startedAt = performance.now();
    const done = heard('done');
    publisher.send('go');
    const report = await done;
    if (report.kind !== 'done') throw new Error('unexpected report');
    const rows = await countUntil(path, report.acknowledged);
    const secondsToLastRow = (performance.now() - startedAt) / 1000;
    const after = cpuOf(path);
    const each = (name: keyof typeof before) => {
      const [from, to] = [before[name], after[name]];
      return from === null || to === null || from === undefined || to === undefined
        ? null
        : Math.round(((to - from) / report.acknowledged) * 10) / 10;
    };
    return {
      bench: 'path',
      connections,
      messagesAcknowledged: report.acknowledged,
      messagesInHistory: rows,
      readingsAcknowledged: report.acknowledged * READINGS_A_MESSAGE,
      readingsInHistory: rows * READINGS_A_MESSAGE,
      readingsPerSecond: Math.round((rows * READINGS_A_MESSAGE) / secondsToLastRow),
      secondsToLastAck: Math.round(report.seconds * 100) / 100,
      secondsToLastRow: Math.round(secondsToLastRow * 100) / 100,
      cpuUsPerMessage: {
        publishers: Math.round((report.cpuUs / report.acknowledged) * 10) / 10,
        mqtt: each('mqtt'),
        agent: each('agent'),
        broker: each('broker'),
        history: each('history'),
      },
    };
  } finally {
    publisher.removeAllListeners('exit');
    publisher.kill();
    await path.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function cpuOf({ processes }: MeteringPath): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(processes).map(([name, { pid }]) => [name, pid === undefined ? null : cpuUsOf(pid)]),
  );
}

/** Asks history for the number of rows until it is what was acknowledged, or until the time is over. */
async function countUntil(path: MeteringPath, expected: number): Promise<number> {
  const deadline = Date.now() + DRAIN_MS;
  let rows = 0;
  while (Date.now() < deadline) {
    const response = await fetch(
      `${path.historyUrl}/v2/types/ACMeasurement?attrs=totalActiveEnergyImport&aggrMethod=count`,
    );
    const answer = (await response.json()) as { entities?: { attributes: { values: number[] }[] }[] };
    rows = (answer.entities ?? []).reduce((sum, entity) => sum + (entity.attributes[0]?.values[0] ?? 0), 0);
    if (rows >= expected) return rows;
    await sleep(50);
  }
  return rows;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await benchPath()));
