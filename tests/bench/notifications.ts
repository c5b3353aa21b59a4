/**
 * Notifications: entities of 12 attributes upserted in batches of 100 and told to three subscribers, the broker in one process
 * and the subscribers in another; until all three have been told everything. Beside it, in the same run, the same writes with
 * nobody listening, and to a front that parses and stores nothing. What every subscriber has been told is counted: none may be missing.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type BrokerProcess, startBroker, startServer } from '../contract/broker/broker-process.js';
import { BATCH, prepared, upserts } from './broker-fleet.js';
import { load, round } from './broker-load.js';

const ENTITIES = 10_000;
const IN_FLIGHT = 4;
const RUNS = 3;
const WRITTEN = 60_000;

export async function benchNotifications(): Promise<object> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'contor-bench-notify-'));
  const sink = fork(new URL('./notification-sink.js', import.meta.url));
  const broker = await startBroker({ BROKER_DATA: dataFolder });
  const front = await startServer(new URL('./broker-control.js', import.meta.url));
  try {
    const { ports } = (await answer(sink)) as { readonly ports: readonly number[] };
    const make = prepared(upserts(ENTITIES), (ENTITIES * 2) / BATCH);
    await load(broker, make, IN_FLIGHT, { requests: ENTITIES / BATCH });
    await load(front, make, IN_FLIGHT, { requests: ENTITIES / BATCH });
    const parsed = await load(front, make, IN_FLIGHT, { requests: WRITTEN / BATCH });
    const control = await load(broker, make, IN_FLIGHT, { requests: WRITTEN / BATCH });
    for (const port of ports) await subscribe(broker, port);
    const runs: Run[] = [];
    for (let run = 1; run <= RUNS; run += 1) {
      const startedMs = performance.now();
      const before = await broker.weigh();
      await load(broker, make, IN_FLIGHT, { requests: WRITTEN / BATCH });
      const writtenMs = performance.now() - startedMs;
      const counts = await toldAll(sink, run * WRITTEN);
      const toldMs = performance.now() - startedMs;
      const cpuUs = (await broker.weigh()).cpuUs - before.cpuUs;
      runs.push({ perSecond: (WRITTEN / toldMs) * 1_000, lagMs: toldMs - writtenMs, cpuUs: cpuUs / WRITTEN, counts });
    }
    runs.sort((a, b) => a.perSecond - b.perSecond);
    const middle = runs[Math.floor(RUNS / 2)] ?? runs[0];
    const controlPerSecond = control.perSecond * BATCH;
    return {
      name: 'notifications',
      entitiesPerSecondToEachOfThree: Math.round(middle?.perSecond ?? 0),
      cpuUsPerEntity: round(middle?.cpuUs ?? 0),
      lagAfterLastWriteMs: Math.round(middle?.lagMs ?? 0),
      writesAlonePerSecond: Math.round(controlPerSecond),
      cpuUsPerEntityAlone: round(control.cpuUsPerRequest / BATCH),
      parsedAlonePerSecond: Math.round(parsed.perSecond * BATCH),
      cpuUsPerEntityParsed: round(parsed.cpuUsPerRequest / BATCH),
      missing: Math.max(...(middle?.counts ?? []).map((count) => (RUNS * WRITTEN - count) % WRITTEN)),
      ...{ runs: RUNS, entities: ENTITIES, written: WRITTEN, batch: BATCH },
    };
  } finally {
    sink.kill();
    await Promise.all([broker.kill(), front.kill()]);
    await rm(dataFolder, { recursive: true, force: true });
  }
}

interface Run {
  readonly perSecond: number;
  readonly lagMs: number;
  readonly cpuUs: number;
  readonly counts: readonly number[];
}

async function toldAll(sink: ChildProcess, wanted: number): Promise<readonly number[]> {
  for (let wait = 0; wait < 3_000; wait += 1) {
    sink.send('count');
    const { counts } = (await answer(sink)) as { readonly counts: readonly number[] };
    if (counts.every((count) => count >= wanted)) return counts;
    await sleep(10);
  }
  throw new Error('The subscribers have not been told everything within 30 s.');
}

async function answer(sink: ChildProcess): Promise<unknown> {
  const [message] = await once(sink, 'message');
  return message;
}

async function subscribe({ url }: BrokerProcess, port: number): Promise<void> {
  const response = await fetch(`${url}/ngsi-ld/v1/subscriptions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      ...{ type: 'Subscription', entities: [{ type: 'ACMeasurement' }] },
      notification: {
        endpoint: { uri: `http://127.0.0.1:${port}/`, notifierInfo: [{ key: 'deliver', value: 'must' }] },
      },
    }),
  });
  if (response.status !== 201) throw new Error(await response.text());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await benchNotifications()));
