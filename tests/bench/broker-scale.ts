/**
 * What grows with the broker's state: memory and restart of 100,000 entities (a million with `full`), queries over them,
 * PATCHes while snapshots are written, and the cost of a write by the number of entities and of subscriptions. Costs are CPU
 * time of the broker's process, which a busy machine disturbs less than rates.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrokerProcess, startBroker } from '../contract/broker/broker-process.js';
import { BATCH, idOf, patches, query, type RequestMaker, request, upserts } from './broker-fleet.js';
import { load, round } from './broker-load.js';

const QUICK = { entities: 100_000, sizes: [1_000, 10_000, 100_000], queries: 30, seconds: 3 };
const FULL = { entities: 100_000, sizes: [1_000, 10_000, 100_000, 1_000_000], queries: 200, seconds: 10 };
const SUBSCRIPTIONS = [1, 10, 100, 1_000];
const BATCHES_IN_FLIGHT = 4;
const PATCHES_IN_FLIGHT = 16;
const MIB = 2 ** 20;

export async function benchBrokerScale(full: boolean): Promise<object> {
  const { entities, sizes, queries, seconds } = full ? FULL : QUICK;
  return {
    restart: await benchRestart(entities),
    ...(full && { restartOfMillion: await benchRestart(1_000_000) }),
    queries: await withFleet(entities, {}, (broker) => benchQueries(broker, entities, queries)),
    snapshotPause: await benchSnapshotPause(entities, seconds),
    byEntities: await benchSizes(sizes, seconds),
    bySubscriptions: await benchSubscriptions(seconds),
  };
}

/** Runs with a broker that holds so many entities, and ends it. */
async function withFleet<T>(
  entities: number,
  environment: Readonly<Record<string, string>>,
  run: (broker: BrokerProcess, dataFolder: string) => Promise<T>,
): Promise<T> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'contor-bench-broker-'));
  const broker = await startBroker({ BROKER_DATA: dataFolder, BROKER_MAX_LOG: '4GiB', ...environment });
  try {
    await load(broker, upserts(entities), BATCHES_IN_FLIGHT, { requests: entities / BATCH });
    return await run(broker, dataFolder);
  } finally {
    await broker.kill();
    await rm(dataFolder, { recursive: true, force: true });
  }
}

/** Killed as it stands after the load, and once more after a second round of writes; from the fork to the listening port. */
async function benchRestart(entities: number): Promise<object> {
  return withFleet(entities, {}, async (broker, dataFolder) => {
    const loaded = await broker.weigh();
    await broker.kill();
    const restarts = [];
    for (let round = 1; round <= 3; round += 1) {
      const startedMs = performance.now();
      const again = await startBroker({ BROKER_DATA: dataFolder, BROKER_MAX_LOG: '4GiB' });
      const ms = Math.round(performance.now() - startedMs);
      const { rssBytes, heapBytes, cpuUs } = await again.weigh();
      restarts.push({ ms, cpuMs: Math.round(cpuUs / 1000), rssMiB: mib(rssBytes), heapMiB: mib(heapBytes) });
      if (round < 3)
        await load(again, upserts(entities), BATCHES_IN_FLIGHT, {
          requests: (entities / BATCH) * 0.4,
          from: round * 17,
        });
      await again.kill();
    }
    return { entities, loadedRssMiB: mib(loaded.rssBytes), loadedHeapMiB: mib(loaded.heapBytes), restarts };
  });
}

/** One after the other: the first pays for what later ones find ready. */
async function benchQueries(broker: BrokerProcess, entities: number, count: number): Promise<object> {
  const few = `totalActivePower>${entities - 100}`;
  const searches: Readonly<Record<string, string>> = {
    'type and q, 100 of them match': `type=ACMeasurement&q=${few}&limit=100`,
    'two conditions, 100 match': `type=ACMeasurement&q=${few};voltageL1>0&limit=100`,
    'unitCode and value, 100 match': `type=ACMeasurement&q=totalActivePower.unitCode==%22WTT%22;${few}&limit=100`,
    'observedAt, none match': 'type=ACMeasurement&q=totalActivePower.observedAt>2027-01-01T00:00:00Z&limit=100',
    'half match, counted': `type=ACMeasurement&q=totalActivePower>${entities / 2}&limit=100&count=true`,
    'all of a type, counted': 'type=ACMeasurement&limit=100&count=true',
    'the last page': `type=ACMeasurement&limit=100&offset=${entities - 100}`,
    'idPattern with a prefix': `idPattern=^${encodeURIComponent(idOf(entities - 100).slice(0, -2))}&limit=100`,
  };
  const rows: Record<string, object> = {};
  for (const [name, search] of Object.entries(searches)) {
    const first = await load(broker, query(search), 1, { requests: 1 });
    const { p50Ms, p95Ms, cpuUsPerRequest } = await load(broker, query(search), 1, { requests: count });
    rows[name] = { firstMs: first.p50Ms, p50Ms, p95Ms, cpuMs: round(cpuUsPerRequest / 1000) };
  }
  return rows;
}

/** Snapshots follow each other closely: what a PATCH waits for is then the worst a snapshot does to it. */
async function benchSnapshotPause(entities: number, seconds: number): Promise<object> {
  const quiet = await withFleet(entities, {}, (broker) =>
    load(broker, patches(entities), PATCHES_IN_FLIGHT, { seconds }),
  );
  return withFleet(entities, { BROKER_SNAPSHOT_EVERY: '2MiB' }, async (broker) => {
    const before = await snapshotsOf(broker);
    const { p50Ms, p99Ms, maxMs } = await load(broker, patches(entities), PATCHES_IN_FLIGHT, { seconds });
    const snapshots = (await snapshotsOf(broker)) - before;
    return { snapshots, patchP50Ms: p50Ms, patchP99Ms: p99Ms, maxMs, quietP99Ms: quiet.p99Ms, quietMaxMs: quiet.maxMs };
  });
}

async function snapshotsOf({ url }: BrokerProcess): Promise<number> {
  const health = (await (await fetch(`${url}/health`)).json()) as { readonly figures: { readonly snapshots: number } };
  return health.figures.snapshots;
}

async function benchSizes(sizes: readonly number[], seconds: number): Promise<readonly object[]> {
  const rows = [];
  for (const entities of sizes) {
    rows.push(
      await withFleet(entities, {}, async (broker) => {
        await load(broker, upserts(entities), BATCHES_IN_FLIGHT, { seconds: seconds / 3, from: 1 });
        const upsert = await load(broker, upserts(entities), BATCHES_IN_FLIGHT, { seconds, from: 2 });
        const patch = await load(broker, patches(entities), PATCHES_IN_FLIGHT, { seconds });
        const { rssBytes, heapBytes } = await broker.weigh();
        return {
          entities,
          upsertCpuUs: round(upsert.cpuUsPerRequest / BATCH),
          upsertsPerSecond: upsert.perSecond * BATCH,
          patchCpuUs: patch.cpuUsPerRequest,
          patchesPerSecond: patch.perSecond,
          ...{ rssMiB: mib(rssBytes), heapMiB: mib(heapBytes) },
        };
      }),
    );
  }
  return rows;
}

/** All of them about types that nobody writes: what they cost is what they cost those they are not about. */
async function benchSubscriptions(seconds: number): Promise<readonly object[]> {
  const entities = 1_000;
  return withFleet(entities, {}, async (broker) => {
    const rows = [];
    let there = 0;
    for (const subscriptions of SUBSCRIPTIONS) {
      await load(broker, subscribe(), 1, { requests: subscriptions - there, from: there });
      there = subscriptions;
      const upsert = await load(broker, upserts(entities), BATCHES_IN_FLIGHT, { seconds: seconds / 2, from: 1 });
      rows.push({
        subscriptions,
        upsertCpuUs: round(upsert.cpuUsPerRequest / BATCH),
        upsertsPerSecond: upsert.perSecond * BATCH,
      });
    }
    return rows;
  });
}

function subscribe(): RequestMaker {
  return (index) =>
    request('POST', '/ngsi-ld/v1/subscriptions', {
      id: `urn:ngsi-ld:Subscription:bench-${index}`,
      type: 'Subscription',
      entities: [{ type: `Other${index}` }],
      notification: { endpoint: { uri: 'http://127.0.0.1:9/' } },
    });
}

function mib(bytes: number): number {
  return Math.round(bytes / MIB);
}
