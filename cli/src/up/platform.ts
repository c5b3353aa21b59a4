/**
 * What a fresh platform needs in its broker before anyone reports: the context, the subscription through which history hears of live
 * values, and the sample street. Repeating it changes nothing; the street is only made where it is not yet.
 */

import { sampleHub } from '@contor/agent-json/simulator/sample-hub.js';
import { sampleDlms } from '@contor/dlms/sample.js';
import { createBrokerClient } from '@contor/history-query';
import { type Environment, type Running, readSettings, retrySchedule, type SettingsTable } from '@contor/kit';
import { sampleMbus } from '@contor/mbus/sample.js';
import { installPlatform, SAMPLE_CITY, sampleEntities } from '@contor/orion-config';

const SETTINGS = {
  brokerUrl: { name: 'BROKER_URL', kind: 'url', fallback: 'http://127.0.0.1:1026', about: 'the NGSI-LD broker' },
  historyUrl: { name: 'HISTORY_URL', kind: 'url', fallback: 'http://127.0.0.1:8668', about: 'the history server' },
  secret: { name: 'PLATFORM_SECRET', kind: 'secret', optional: true, about: 'sent to broker and history' },
} as const satisfies SettingsTable;

/** The broker runs beside us and has just said that it is ready: a few quick tries are enough to survive its restart. */
const ATTEMPTS = 8;
const NOWHERE = '127.0.0.1:1';

export async function startPlatform(source: NodeJS.ProcessEnv, { ports, log }: Environment): Promise<Running> {
  const { brokerUrl, historyUrl, secret } = readSettings(SETTINGS, source);
  const broker = createBrokerClient({ url: brokerUrl, secret, context: 'installed' });
  const schedule = retrySchedule({ firstMs: 100, factor: 2, maxMs: 2_000, jitter: 0.2 }, ports.random);
  try {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const { steps } = await installPlatform(broker, { historyUrl, secret });
        if ((await broker.get(SAMPLE_CITY.siteId)) === undefined) {
          const { failed } = await broker.upsert(sampleEntities(ports.clock.nowMs()));
          if (failed.length > 0) throw new Error(`the broker refused ${failed.length} entities of the sample street`);
        }
        // Where these meters are read is the agents' affair, not the context's.
        for (const { entities } of [sampleHub(), sampleMbus(NOWHERE), sampleDlms(NOWHERE)]) {
          if ((await broker.get(entities[0]?.id ?? '')) !== undefined) continue;
          const { failed } = await broker.upsert(entities);
          if (failed.length > 0) throw new Error(`the broker refused ${failed.length} entities of a sample`);
        }
        log.info({ steps }, 'the platform is installed');
        break;
      } catch (error) {
        if (attempt + 1 >= ATTEMPTS) throw error;
        log.warn({ error, attempt }, 'could not install the platform yet');
        await ports.clock.sleep(schedule.delayMs(attempt));
      }
    }
  } finally {
    broker.close();
  }
  return { health: () => ({ state: 'ready', figures: {} }), stop: async () => undefined };
}
