/**
 * The broker through its HTTP API, in a process of its own, beside a control that answers without storing: batch upserts of
 * 100 entities with 12 attributes, single PATCHes of one attribute and GETs by id with 64 in flight. An answer to a write
 * means on disk. Then what grows: restart and memory, queries, the cost of a write by entities and subscriptions
 * (`broker-scale`). `--full` goes to a million entities.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BrokerProcess, startBroker, startServer } from '../contract/broker/broker-process.js';
import { readFlags } from '../support/arguments.js';
import {
  ATTRIBUTES_PER_ENTITY,
  BATCH,
  patches,
  prepared,
  type RequestMaker,
  retrievals,
  upserts,
} from './broker-fleet.js';
import { type LoadResult, load, medianOf, round } from './broker-load.js';
import { benchBrokerScale } from './broker-scale.js';

export interface BrokerBenchOptions {
  readonly entities?: number;
  readonly seconds?: number;
  readonly runs?: number;
  readonly full?: boolean;
}

const BATCHES_IN_FLIGHT = 4;
const IN_FLIGHT = 64;
/** At 64 the broker is full, and a GET waits for the 63 before it; at 16 it says what a reader waits for. */
const SOME_IN_FLIGHT = 16;
const PREPARED = 20_000;

export async function benchBroker(options: BrokerBenchOptions = {}): Promise<object> {
  const { entities = 10_000, seconds = 3, runs = 3, full = false } = options;
  const speed = await benchSpeed(entities, seconds, runs);
  return { name: 'broker', ...speed, ...(await benchBrokerScale(full)) };
}

async function benchSpeed(entities: number, seconds: number, runs: number): Promise<object> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'contor-bench-broker-'));
  const control = await startServer(new URL('./broker-control.js', import.meta.url));
  const broker = await startBroker({ BROKER_DATA: dataFolder });
  const both = async (make: RequestMaker, inFlight: number): Promise<{ it: LoadResult; control: LoadResult }> => {
    const results: LoadResult[] = [];
    for (let run = 0; run < runs; run += 1) results.push(await load(broker, make, inFlight, { seconds }));
    return { it: medianOf(results), control: await load(control, make, inFlight, { seconds: 1 }) };
  };
  try {
    const batches = prepared(upserts(entities), (entities * 2) / BATCH);
    await load(broker, batches, BATCHES_IN_FLIGHT, { requests: entities / BATCH });
    const upsert = await both(batches, BATCHES_IN_FLIGHT);
    const patch = await both(prepared(patches(entities), PREPARED), IN_FLIGHT);
    const get = await both(prepared(retrievals(entities), PREPARED), IN_FLIGHT);
    const some = await load(broker, prepared(retrievals(entities), PREPARED), SOME_IN_FLIGHT, { seconds });
    return {
      ...{ entities, batch: BATCH, attributes: ATTRIBUTES_PER_ENTITY },
      upsertedEntitiesPerSecond: upsert.it.perSecond * BATCH,
      cpuUsPerUpsertedEntity: round(upsert.it.cpuUsPerRequest / BATCH),
      upsertOfControl: round(upsert.it.perSecond / upsert.control.perSecond),
      ...figures('patch', patch.it, patch.control),
      ...figures('get', get.it, get.control),
      ...{ getOfSomePerSecond: some.perSecond, getOfSomeP50Ms: some.p50Ms, getOfSomeP99Ms: some.p99Ms },
      rssMiB: await rssMiB(broker),
    };
  } finally {
    await broker.kill();
    await control.kill();
    await rm(dataFolder, { recursive: true, force: true });
  }
}

function figures(name: string, it: LoadResult, control: LoadResult): object {
  return {
    [`${name}PerSecond`]: it.perSecond,
    [`${name}CpuUs`]: it.cpuUsPerRequest,
    [`${name}P50Ms`]: it.p50Ms,
    [`${name}P99Ms`]: it.p99Ms,
    [`${name}OfControl`]: round(it.perSecond / control.perSecond),
  };
}

async function rssMiB(broker: BrokerProcess): Promise<number> {
  return Math.round((await broker.weigh()).rssBytes / 2 ** 20);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(JSON.stringify(await benchBroker(readFlags(process.argv)), null, 1));
