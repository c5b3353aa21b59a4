/** The registry that replicas share, over a real FerretDB: written by three at once, imported in bulk, and there again after the server was killed. */

import { join } from 'node:path';
import type { DeviceRecord } from '@contor/agent-kit';
import { openMongoStore } from '@contor/agent-kit/registry/mongo/driver.js';
import { type MongoRegistry, openMongoRegistry } from '@contor/agent-kit/registry/mongo/registry.js';
import { createLogger, realPorts } from '@contor/kit';
import { eventually } from '../support/metering-path.js';
import { freePorts } from '../support/platform.js';
import type { Tally } from '../support/tally.js';
import { type FerretDb, startFerretDb } from './ferretdb-server.js';

const METER: DeviceRecord = { apiKey: 'k1', deviceId: 'm1', tenant: 'default', timeZone: 'Europe/Bucharest' };
const WRITERS = 3;
const WRITES = 60;
const IMPORTED = 10_000;
/** A snapshot now and then, so that this is tried, too. */
const LIMITS = { snapshotEvery: 20, kept: 20 };
const SETTLE_MS = 20_000;

export async function checkSharedRegistry(tally: Tally, program: string, folder: string): Promise<void> {
  const [port = 0] = await freePorts(1);
  const data = join(folder, 'registry-data');
  const server: { current: FerretDb } = { current: await startFerretDb(program, data, port) };
  const log = createLogger({ service: 'check', level: 'error', write: () => undefined });
  const closes: (() => Promise<void>)[] = [];
  const open = async (prefix: string): Promise<MongoRegistry> => {
    const store = await openMongoStore({ url: server.current.url, prefix, log });
    const registry = await openMongoRegistry({ store, ...realPorts(), log, limits: LIMITS });
    closes.push(async () => {
      await registry.close();
      await store.close();
    });
    return registry;
  };
  try {
    await tally.check('FerretDB: what three replicas write at once, all of them have, in one order', async () => {
      const replicas = await Promise.all(Array.from({ length: WRITERS }, () => open('at-once')));
      const added = await Promise.all(
        replicas.flatMap((one, by) =>
          Array.from({ length: WRITES }, async (_, at) => {
            // One after the other at each replica, so that the replicas race for every change.
            await new Promise((resolve) => setTimeout(resolve, at * 5));
            await one.put({ ...METER, deviceId: `own-${by}-${at}` });
            return one.add({ ...METER, deviceId: `same-${at}`, name: `by ${by}` });
          }),
        ),
      );
      const winners = added.filter(Boolean).length;
      if (winners !== WRITES) throw new Error(`${winners} of ${WRITES} were added`);
      const late = await open('at-once');
      await eventually(async () => {
        const [first, ...others] = [...replicas, late].map(textOf);
        if (others.some((other) => other !== first)) throw new Error('the replicas differ');
      }, SETTLE_MS);
      if (late.size !== WRITES * (WRITERS + 1)) throw new Error(`${late.size} devices`);
    });
    await tally.check('FerretDB: ten thousand devices, and all of them after a kill of the server', async () => {
      const one = await open('bulk');
      const records = Array.from({ length: IMPORTED }, (_, at) => ({
        ...METER,
        deviceId: `m${at}`,
        name: `meter ${at}`,
      }));
      const startedAt = performance.now();
      await Promise.all(records.map((record) => one.put(record)));
      const writtenMs = Math.round(performance.now() - startedAt);
      await server.current.stop();
      const refused = await one.put(METER).then(
        () => undefined,
        (error: { code?: string }) => error.code,
      );
      if (refused !== 'database.away') throw new Error(`a write without a database: ${refused}`);
      if (one.find('k1/m77') === undefined) throw new Error('what was known is forgotten');
      server.current = await startFerretDb(program, data, port);
      await eventually(() => one.put({ ...METER, deviceId: 'one more' }), SETTLE_MS);
      const readAt = performance.now();
      const other = await open('bulk');
      const readMs = Math.round(performance.now() - readAt);
      console.log(JSON.stringify({ interop: 'ferretdb', devices: other.size, writtenMs, readMs }));
      if (other.size !== IMPORTED + 1 || textOf(other) !== textOf(one)) throw new Error(`${other.size} devices`);
    });
  } finally {
    for (const close of closes) await close().catch(() => undefined);
    await server.current.stop();
  }
}

function textOf(registry: MongoRegistry): string {
  return [...registry.records()]
    .map((record) => JSON.stringify(record))
    .sort()
    .join('\n');
}
