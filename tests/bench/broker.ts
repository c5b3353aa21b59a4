/**
 * Durable writes a second through the broker's HTTP API, the broker in a process of its own. Two loads: batch upserts of
 * 100 entities with 12 attributes, and single PATCHes of one attribute with 64 in flight. An answer means on disk.
 * The client is bare sockets with prepared bytes, so that the machine's time goes to the broker.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BrokerProcess, startBroker } from '../contract/broker/broker-process.js';

export interface BrokerBenchOptions {
  readonly entities?: number;
  readonly seconds?: number;
  readonly runs?: number;
}

export interface BrokerBenchResult {
  readonly name: 'broker';
  /** Median of the runs. */
  readonly upsertedEntitiesPerSecond: number;
  readonly cpuUsPerUpsertedEntity: number;
  readonly patchesPerSecond: number;
  readonly cpuUsPerPatch: number;
  readonly patchP50Ms: number;
  readonly patchP99Ms: number;
  readonly entities: number;
  readonly batch: number;
  readonly attributes: number;
  readonly rssMiB: number;
}

const BATCH = 100;
const BATCHES_IN_FLIGHT = 4;
const PATCHES_IN_FLIGHT = 64;
const ATTRIBUTES = [
  'totalActiveEnergyImport',
  'totalActiveEnergyExport',
  'totalActivePower',
  'activePowerL1',
  'activePowerL2',
  'activePowerL3',
  'voltageL1',
  'voltageL2',
  'voltageL3',
  'currentL1',
  'currentL2',
  'currentL3',
] as const;

export async function benchBroker(options: BrokerBenchOptions = {}): Promise<BrokerBenchResult> {
  const { entities = 10_000, seconds = 4, runs = 3 } = options;
  const dataFolder = await mkdtemp(join(tmpdir(), 'contor-bench-broker-'));
  const broker = await startBroker({ BROKER_DATA: dataFolder });
  try {
    const upserts = batchRequests(entities);
    await load(broker, upserts, BATCHES_IN_FLIGHT, { requests: upserts.length });
    const upsertRuns: LoadResult[] = [];
    for (let run = 0; run < runs; run += 1) {
      upsertRuns.push(await load(broker, upserts, BATCHES_IN_FLIGHT, { seconds }));
    }
    const patches = patchRequests(entities);
    const patchRuns: LoadResult[] = [];
    for (let run = 0; run < runs; run += 1) {
      patchRuns.push(await load(broker, patches, PATCHES_IN_FLIGHT, { seconds }));
    }
    const upsert = median(upsertRuns);
    const patch = median(patchRuns);
    return {
      name: 'broker',
      upsertedEntitiesPerSecond: Math.round(upsert.perSecond * BATCH),
      cpuUsPerUpsertedEntity: round(upsert.cpuUsPerRequest / BATCH),
      patchesPerSecond: Math.round(patch.perSecond),
      cpuUsPerPatch: round(patch.cpuUsPerRequest),
      patchP50Ms: round(patch.p50Ms),
      patchP99Ms: round(patch.p99Ms),
      entities,
      batch: BATCH,
      attributes: ATTRIBUTES.length,
      rssMiB: Math.round((await broker.weigh()).rssBytes / 2 ** 20),
    };
  } finally {
    await broker.kill();
    await rm(dataFolder, { recursive: true, force: true });
  }
}

interface LoadResult {
  readonly perSecond: number;
  readonly cpuUsPerRequest: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Keeps so many requests in flight, one a connection, until the count or the time is reached. */
async function load(
  broker: BrokerProcess,
  requests: readonly Buffer[],
  inFlight: number,
  until: { readonly requests?: number; readonly seconds?: number },
): Promise<LoadResult> {
  const { hostname, port } = new URL(broker.url);
  const deadline = performance.now() + (until.seconds ?? Number.POSITIVE_INFINITY) * 1000;
  const latencies: number[] = [];
  let next = 0;
  const take = (): Buffer | undefined => {
    if (next >= (until.requests ?? Number.POSITIVE_INFINITY) || performance.now() >= deadline) return undefined;
    next += 1;
    return requests[(next - 1) % requests.length];
  };
  const before = await broker.weigh();
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, () => pump(connect(Number(port), hostname), take, (ms) => latencies.push(ms))),
  );
  const elapsedMs = performance.now() - startedMs;
  const after = await broker.weigh();
  latencies.sort((a, b) => a - b);
  const quantile = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
  return {
    perSecond: (latencies.length / elapsedMs) * 1000,
    cpuUsPerRequest: (after.cpuUs - before.cpuUs) / latencies.length,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
  };
}

const HEAD_END = '\r\n\r\n';

/** One connection: the next request when the answer to the last has come. Only 201 and 204 are success. */
function pump(socket: Socket, take: () => Buffer | undefined, onAnswer: (ms: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let sentMs = 0;
    let received = '';
    const send = (): void => {
      const request = take();
      if (request === undefined) {
        socket.end();
        resolve();
        return;
      }
      sentMs = performance.now();
      socket.write(request);
    };
    socket.setNoDelay(true);
    socket.once('connect', send);
    socket.once('error', reject);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      const head = received.indexOf(HEAD_END);
      if (head < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0);
      if (received.length < head + HEAD_END.length + length) return;
      const status = received.slice(9, 12);
      if (status !== '204' && status !== '201') {
        reject(new Error(`The broker answered ${received}`));
        socket.destroy();
        return;
      }
      received = '';
      onAnswer(performance.now() - sentMs);
      send();
    });
  });
}

/** Two rounds of every entity, so that values change from one visit to the next. */
function batchRequests(entities: number): Buffer[] {
  const requests: Buffer[] = [];
  for (let at = 0; at < entities * 2; at += BATCH) {
    const batch = Array.from({ length: BATCH }, (_none, index) => measurement((at + index) % entities, at + index));
    requests.push(request('POST', '/ngsi-ld/v1/entityOperations/upsert?options=update', batch));
  }
  return requests;
}

function patchRequests(entities: number): Buffer[] {
  return Array.from({ length: entities }, (_none, index) =>
    request('PATCH', `/ngsi-ld/v1/entities/${idOf(index)}/attrs`, {
      totalActivePower: { type: 'Property', value: index / 10, unitCode: 'WTT', observedAt: momentOf(index) },
    }),
  );
}

function measurement(index: number, salt: number): object {
  const observedAt = momentOf(salt);
  const attributes = ATTRIBUTES.map((name, at) => [
    name,
    { type: 'Property', value: (salt * 31 + at * 7) / 1000, unitCode: 'WTT', observedAt },
  ]);
  return { id: idOf(index), type: 'ACMeasurement', ...Object.fromEntries(attributes) };
}

function idOf(index: number): string {
  return `urn:ngsi-ld:ACMeasurement:bench-${String(index).padStart(6, '0')}`;
}

function momentOf(salt: number): string {
  return new Date(Date.UTC(2026, 10, 20) + salt * 1000).toISOString();
}

function request(method: string, path: string, json: unknown): Buffer {
  const body = JSON.stringify(json);
  const head = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return Buffer.from(head + body, 'utf8');
}

function median(results: readonly LoadResult[]): LoadResult {
  const sorted = [...results].sort((a, b) => a.perSecond - b.perSecond);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new RangeError('A bench needs at least one run.');
  return middle;
}

function round(value: number): number {
  return Number(value.toFixed(2));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await benchBroker()));
