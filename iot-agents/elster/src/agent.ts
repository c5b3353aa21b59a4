/**
 * The agent of IEC 62056-21 meters: they are read through TCP-serial converters, NGSI-LD entities come out. This page wires the rooms:
 * reader → ingest log (agent-kit) → translator → broker and history.
 */

import { join } from 'node:path';
import {
  brokerOver,
  DEFAULT_TIME_WINDOW,
  type Device,
  historyOver,
  lineOf,
  openAgent,
  openPolling,
  parseRule,
  provisioningApp,
  type ReadPlan,
  storedProfilesOf,
} from '@contor/agent-kit';
import {
  checkExposure,
  closeHttp,
  type Environment,
  type Health,
  isLoopback,
  listenHttp,
  lockDirectory,
  openKeyring,
  openSecretReader,
  type Running,
  type Start,
} from '@contor/kit';
import { deviceModel } from './mapping/models.js';
import { elsterTranslator, hasDeviceTime } from './mapping/translator.js';
import { elsterReader, placeOf } from './reader.js';
import type { AgentElsterConfig } from './settings.js';

export { provisionDevices } from '@contor/agent-kit';
export { type AgentElsterConfig, SETTINGS } from './settings.js';

/** EX_SOFTWARE of sysexits.h: only a recovery from the log knows what is true now. */
const EXIT_FATAL = 70;
/** Two days: what a night without a line left behind comes with the next. */
const PROFILE_BACK_SECONDS = 2 * 86_400;
/** A readout at 300 baud takes some three minutes, and a week of profile at 9600 half a minute. */
const CONVERSATION_MS = 5 * 60_000;

export const start: Start<AgentElsterConfig> = async (config, environment) => {
  checkExposure({ ...config, secret: config.platformSecret, prefix: 'AGENT_ELSTER' });
  const lock = await lockDirectory(config.dataFolder);
  try {
    return await run(config, environment, () => lock.release());
  } catch (error) {
    await lock.release();
    throw error;
  }
};

async function run(
  config: AgentElsterConfig,
  { ports, log }: Environment,
  unlock: () => Promise<void>,
): Promise<Running> {
  const { clock, disk, net } = ports;
  const { dataFolder, platformSecret: secret, latency: latencyMs } = config;
  const onFatal = (error: Error): void => {
    log.error({ error }, 'The agent cannot go on safely: exiting, and recovering at the next start.');
    process.exit(EXIT_FATAL);
  };
  const reads = readsOf(config);
  const broker = brokerOver({ url: config.brokerUrl, secret });
  const history = historyOver({ url: config.historyUrl, secret }, 'agent-elster', clock);
  const agent = await openAgent({
    ...{ dataFolder, ports, log, broker, history, onFatal },
    translator: (registry) => elsterTranslator(registry, DEFAULT_TIME_WINDOW),
    hasDeviceTime,
  });
  const keyring = await openKeyring({ ...config, folder: dataFolder });
  const folder = config.secretsFolder ?? join(dataFolder, 'secrets');
  const secrets = openSecretReader({ folder, keyring, disk, clock });
  const passwordOf = async ({ keyReference }: Device): Promise<string | undefined> => {
    const bytes = keyReference === undefined ? undefined : await secrets.use(`${keyReference}.secret`);
    return bytes === undefined ? undefined : Buffer.from(bytes).toString('latin1');
  };
  const polling = await openPolling({
    ...{ agent, dataFolder, ports, log, broker, history, onFatal },
    ...{ hostClock: 'auto', schedules: broker, historyPeer: { url: config.historyUrl, secret } },
    reader: elsterReader({ net, clock, latencyMs, passwordOf }),
    profilesOf: ({ model }) => {
      const known = deviceModel(model);
      return known === undefined || known.profiles.length === 0 ? [] : storedProfilesOf(known);
    },
    // Setting is not in the reader's hands, so no clock is minded.
    clockPolicyOf: () => undefined,
    planOf: (device) => planOf(device, reads),
  });
  const app = provisioningApp({
    ...{
      agent: 'agent-elster',
      registry: agent.registry,
      defaultApiKey: undefined,
      secret,
      health: () => health(),
      log,
    },
    isLoopback: isLoopback(config.host),
  });
  const server = await listenHttp({ ...config, log, setting: 'AGENT_ELSTER_PORT' }, app);
  agent.start();
  polling.start();
  log.info({ devices: agent.registry.size }, 'The agent of IEC 62056-21 meters is reading.');

  const health = (): Health => {
    const figures = { ...agent.figures, ...polling.figures };
    if (agent.figures.failures === 0) return { state: 'ready', figures };
    return { state: 'degraded', reason: 'Broker or history is away: readings wait in the log.', figures };
  };
  return {
    health,
    async stop() {
      await closeHttp(server);
      await polling.stop();
      await agent.stop();
      broker.close();
      history.close();
      await unlock();
    },
  };
}

function readsOf({ live, profile }: AgentElsterConfig): ReadPlan['reads'] {
  return [
    { rule: parseRule(live), what: { kind: 'live' } },
    {
      rule: parseRule(profile),
      what: { kind: 'profile', profile: 'load-profile', backSeconds: PROFILE_BACK_SECONDS },
    },
  ];
}

/** A device that says no place is not read; one whose profile no source states tells its registers alone. */
export function planOf(device: Device, reads: ReadPlan['reads']): ReadPlan | undefined {
  if (placeOf(device) === undefined) return undefined;
  const hasProfile = (deviceModel(device.model)?.profiles.length ?? 0) > 0;
  const own = hasProfile ? reads : reads.filter(({ what }) => what.kind !== 'profile');
  return { line: lineOf(device), reads: own, timeoutMs: CONVERSATION_MS };
}
