/**
 * The M-Bus agent: wired meters are read through TCP-serial gateways, radio meters are heard through receivers, NGSI-LD entities come
 * out. This page wires the rooms: reader and listeners → ingest log (agent-kit) → translator (codec and mapping) → broker and history.
 */

import { join } from 'node:path';
import {
  type Agent,
  brokerOver,
  type Device,
  historyOver,
  keyOfDevice,
  lineOf,
  openAgent,
  openPolling,
  type Polling,
  provisioningApp,
  type ReadPlan,
} from '@contor/agent-kit';
import {
  ConfigError,
  checkExposure,
  closeHttp,
  type DocumentStore,
  type Environment,
  type Health,
  isLoopback,
  listenHttp,
  lockDirectory,
  openDocuments,
  openDurableLog,
  openKeyring,
  openSecretReader,
  ProtocolError,
  type Running,
  type SecretReader,
  type Start,
} from '@contor/kit';
import { keyring } from './codec/radio/keyring.js';
import { radioMemory } from './codec/radio/telegram.js';
import { openCommanding } from './commanding.js';
import { replayGuard } from './radio/guard.js';
import { openRadioIntake } from './radio/intake.js';
import { openMeterKeys } from './radio/keys.js';
import { openRadioListener } from './radio/listener.js';
import { openUplink } from './radio/uplink.js';
import type { ReceiverRow } from './receiver/receiver.js';
import { RECEIVER_NAMES, receiverNamed } from './receiver/table.js';
import { type AgentMbusConfig, SETTINGS } from './settings.js';
import { CHANNELS, mbusTranslator } from './translator.js';
import { wiredReader } from './wired-reader.js';

export { provisionDevices } from '@contor/agent-kit';
export { type AgentMbusConfig, SETTINGS };

/** EX_SOFTWARE of sysexits.h: only a recovery from the log knows what is true now. */
const EXIT_FATAL = 70;
const MARKS_VERSION = 1;
/** A telegram of a heat meter takes a second at 2400 baud, and others wait for the line. */
const SHORTEST_SECONDS = 10;
/** Some hundred bytes a meter and telegram, rewritten when three quarters are old: room for a million meters. */
const MARKS_LIMIT_BYTES = 2 ** 30;

export const start: Start<AgentMbusConfig> = async (config, environment) => {
  checkExposure({ ...config, secret: config.platformSecret, prefix: 'AGENT_MBUS' });
  const receivers = parseReceivers(config.receivers);
  const concentrators = parseConcentrators(config.concentrators);
  const lock = await lockDirectory(config.dataFolder);
  try {
    return await run(config, { receivers, concentrators }, environment, () => lock.release());
  } catch (error) {
    await lock.release();
    throw error;
  }
};

interface PeerAt {
  readonly host: string;
  readonly port: number;
}

interface ReceiverAt extends PeerAt {
  readonly receiver: ReceiverRow;
}

const RECEIVER = /^([a-z0-9-]+)=(.+):(\d{1,5})$/;

export function parseReceivers(text: string): readonly ReceiverAt[] {
  const wishes = text
    .split(',')
    .map((wish) => wish.trim())
    .filter((wish) => wish !== '');
  return wishes.map((wish) => {
    const [, name = '', host, port] = RECEIVER.exec(wish) ?? [];
    const receiver = receiverNamed(name);
    if (receiver !== undefined && host !== undefined) return { receiver, host, port: Number(port) };
    const message = `AGENT_MBUS_RECEIVERS has '${wish.slice(0, 80)}', which is no receiver.`;
    const fix = `Write framing=host:port; framings are ${RECEIVER_NAMES.join(', ')}.`;
    throw new ConfigError([{ code: 'config.malformed', message, fix }]);
  });
}

const PEER = /^(.+):(\d{1,5})$/;

function parseConcentrators(text: string): readonly PeerAt[] {
  const wishes = text.split(',').map((wish) => wish.trim());
  return wishes
    .filter((wish) => wish !== '')
    .map((wish) => {
      const [, host, port] = PEER.exec(wish) ?? [];
      if (host !== undefined) return { host, port: Number(port) };
      const message = `AGENT_MBUS_CONCENTRATORS has '${wish.slice(0, 80)}', which is no address.`;
      throw new ConfigError([{ code: 'config.malformed', message, fix: 'Write host:port, with commas between.' }]);
    });
}

async function run(
  config: AgentMbusConfig,
  {
    receivers,
    concentrators,
  }: { readonly receivers: readonly ReceiverAt[]; readonly concentrators: readonly PeerAt[] },
  { ports, log }: Environment,
  unlock: () => Promise<void>,
): Promise<Running> {
  const { dataFolder, platformSecret: secret } = config;
  const onFatal = (error: Error): void => {
    log.error({ error }, 'The agent cannot go on safely: exiting, and recovering at the next start.');
    process.exit(EXIT_FATAL);
  };
  const broker = brokerOver({ url: config.brokerUrl, secret });
  const history = historyOver({ url: config.historyUrl, secret }, 'agent-mbus', ports.clock);
  // The translator wants keys before there is a registry to know them from: it asks the ring, which is filled below.
  const ring = keyring();
  const links: { polling?: Polling } = {};
  const agent = await openAgent({
    dataFolder,
    ports,
    log,
    broker,
    history,
    translator: (registry) => mbusTranslator({ registry, findKey: ring.find, memory: radioMemory() }),
    hasDeviceTime: (channel) => channel === CHANNELS.stored,
    onTaken: (key) => links.polling?.heard(key),
    limits: { logBytes: config.logBytes, shelfBytes: config.shelfBytes },
    onFatal,
  });
  const keys = await openMeterKeys({
    ring,
    registry: agent.registry,
    secrets: await secretsOf(config, ports.disk, ports.clock),
    log,
  });
  const marks = await openMarks(dataFolder, { ports, log }, onFatal);
  const intake = openRadioIntake({ agent, findKey: ring.find, guard: replayGuard(marks), clock: ports.clock });
  const polling = await openPolling({
    ...{ agent, dataFolder, ports, log, broker, history, onFatal },
    ...{ hostClock: 'auto', schedules: broker, historyPeer: { url: config.historyUrl, secret } },
    reader: wiredReader({ net: ports.net, clock: ports.clock, latencyMs: config.latency }),
    planOf: (device) => planOf(device, config.readEvery / 1_000),
  });
  links.polling = polling;
  const readNow = async (device: Device): Promise<string> => {
    const { result } = await polling.acquisition.ask({ key: keyOfDevice(device), task: { kind: 'live' } });
    if (result.kind === 'stored' || result.kind === 'shown') return 'read';
    throw new ProtocolError('code' in result ? result.code : 'mbus.not-read', 'The meter could not be read.');
  };
  const beside = provisioningApp({
    ...{ agent: 'agent-mbus', registry: agent.registry, defaultApiKey: undefined, secret, health: () => health(), log },
    isLoopback: isLoopback(config.host),
  });
  const commands =
    config.commandKeys === undefined
      ? undefined
      : await openCommanding({
          ...{
            config,
            keyFile: config.commandKeys,
            environment: { ports, log },
            agent,
            broker,
            readNow,
            beside,
            onFatal,
          },
        });
  const server =
    commands === undefined ? await listenHttp({ ...config, log, setting: 'AGENT_MBUS_PORT' }, beside) : undefined;
  agent.start();
  polling.start();
  const listeners = receivers.map((at) => openRadioListener({ ...at, ports, log, intake, onFatal }));
  const uplinks = concentrators.map((at) => openUplink({ ...at, ports, log, intake }));
  log.info({ devices: agent.registry.size, receivers: receivers.length }, 'The M-Bus agent is reading and listening.');

  const health = (): Health =>
    healthOf(agent, {
      ...polling.figures,
      ...intake.figures,
      ...commands?.figures,
      keys: ring.size,
      keysMissing: keys.missing,
      concentrators: uplinks.length,
      concentratorsAway: uplinks.filter(({ isConnected }) => !isConnected).length,
      receivers: listeners.length,
      receiversAway: listeners.filter(({ isConnected }) => !isConnected).length,
      garbled: listeners.reduce((sum, { garbled }) => sum + garbled, 0),
    });
  return {
    ...(commands === undefined ? {} : { url: commands.url }),
    health,
    async stop() {
      if (server !== undefined) await closeHttp(server);
      await commands?.close();
      await Promise.all([...listeners, ...uplinks].map((source) => source.stop()));
      await polling.stop();
      await commands?.stop();
      await keys.close();
      await agent.stop();
      await marks.close();
      broker.close();
      history.close();
      await unlock();
    },
  };
}

/** A meter of a bus has a connection; a radio meter reports by itself. */
export function planOf(device: Device, usualSeconds: number): ReadPlan | undefined {
  if (device.connection === undefined) return undefined;
  const seconds = Math.max(SHORTEST_SECONDS, device.reportingIntervalSeconds ?? usualSeconds);
  return { line: lineOf(device), reads: [{ rule: { kind: 'period', seconds }, what: { kind: 'live' } }] };
}

function healthOf(agent: Agent, own: Readonly<Record<string, number>>): Health {
  const figures = { ...agent.figures, ...own };
  if (own.receiversAway !== 0) return { state: 'degraded', reason: 'A radio receiver is away.', figures };
  if (figures.failures === 0) return { state: 'ready', figures };
  return { state: 'degraded', reason: 'Broker or history is away: readings wait in the log.', figures };
}

async function secretsOf(
  { dataFolder, secretsFolder, masterKey, masterKeyFile }: AgentMbusConfig,
  disk: Environment['ports']['disk'],
  clock: Environment['ports']['clock'],
): Promise<SecretReader> {
  const folder = secretsFolder ?? join(dataFolder, 'secrets');
  const wrapping = await openKeyring({ masterKey, masterKeyFile, folder: dataFolder });
  return openSecretReader({ folder, keyring: wrapping, disk, clock });
}

async function openMarks(
  dataFolder: string,
  { ports, log }: Environment,
  onFatal: (error: Error) => void,
): Promise<DocumentStore> {
  const { disk, clock } = ports;
  const limits = { kind: 'marks', version: MARKS_VERSION, maxBytes: MARKS_LIMIT_BYTES, onFatal };
  const durable = await openDurableLog({ disk, clock, directory: join(dataFolder, 'marks'), ...limits });
  return openDocuments({ durable, clock, log });
}
