/**
 * The DLMS agent: meters are asked on a schedule or push by themselves, NGSI-LD entities come out. This page wires the rooms: reader and push
 * intake → ingest log (agent-kit) → translator → broker and history; orders come in at the command door.
 */

import { join } from 'node:path';
import {
  brokerOver,
  DEFAULT_TIME_WINDOW,
  type Device,
  deviceKey,
  historyOver,
  lineOf,
  openAgent,
  openPolling,
  type Polling,
  parseRule,
  type ReadPlan,
  storedProfilesOf,
} from '@contor/agent-kit';
import {
  ConfigError,
  checkEncrypted,
  checkExposure,
  type Environment,
  fromHex,
  type Health,
  lockDirectory,
  openDocuments,
  openDurableLog,
  openKeyring,
  openSecretReader,
  ProtocolError,
  type Running,
  type Start,
} from '@contor/kit';
import { openCommanding } from './agent/commanding.js';
import { openCounters } from './agent/counters.js';
import { type Dialled, dial, type MeterSecrets } from './agent/dial.js';
import { Directory, type Known } from './agent/directory.js';
import { Lines } from './agent/lines.js';
import { openPushIntake } from './agent/push-intake.js';
import { dlmsReader } from './agent/reader.js';
import type { AgentDlmsConfig } from './agent/settings.js';
import { deviceModel } from './mapping/models.js';
import { decodeNotification } from './mapping/records.js';
import { dlmsTranslator, shownValues } from './mapping/translator.js';

export { provisionDevices } from '@contor/agent-kit';
export { type AgentDlmsConfig, SETTINGS } from './agent/settings.js';

/** EX_SOFTWARE of sysexits.h: only a recovery from the log knows what is true now. */
const EXIT_FATAL = 70;
const COUNTERS_KIND = 'dlms-counters';
/** Two days: what a night without a line left behind comes with the next. */
const PROFILE_BACK_SECONDS = 2 * 86_400;
/** Whom nobody knows is kept under the name it gives itself. */
const STRANGERS = 'dlms';

export const start: Start<AgentDlmsConfig> = async (config, environment) => {
  checkExposure({ ...config, secret: config.platformSecret, prefix: 'AGENT_DLMS' });
  checkEncrypted(config.pushHost, false, 'AGENT_DLMS_PUSH');
  const lock = await lockDirectory(config.dataFolder);
  try {
    return await run(config, environment, () => lock.release());
  } catch (error) {
    await lock.release();
    throw error;
  }
};

async function run(config: AgentDlmsConfig, environment: Environment, unlock: () => Promise<void>): Promise<Running> {
  const { ports, log } = environment;
  const { clock, disk, net } = ports;
  const { dataFolder, platformSecret: secret } = config;
  const ownTitle = titleOf(config.title);
  const onFatal = (error: Error): void => {
    log.error({ error }, 'The agent cannot go on safely: exiting, and recovering at the next start.');
    process.exit(EXIT_FATAL);
  };
  const broker = brokerOver({ url: config.brokerUrl, secret });
  const history = historyOver({ url: config.historyUrl, secret }, 'agent-dlms', clock);
  const links: { polling?: Polling } = {};
  const agent = await openAgent({
    ...{ dataFolder, ports, log, broker, history, onFatal },
    translator: (registry) => dlmsTranslator(registry, DEFAULT_TIME_WINDOW),
    hasDeviceTime,
    onTaken: (key) => links.polling?.heard(key),
  });
  const directory = new Directory(agent.registry, log);
  const durable = await openDurableLog({
    ...{ disk, clock, directory: join(dataFolder, 'counters'), kind: COUNTERS_KIND, version: 1, onFatal },
  });
  const documents = await openDocuments({ durable, clock, log });
  const counters = openCounters(documents);
  const keyring = await openKeyring({ ...config, folder: dataFolder });
  const secrets = openSecretReader({
    folder: config.secretsFolder ?? join(dataFolder, 'secrets'),
    keyring,
    disk,
    clock,
  });
  const lines = new Lines();

  async function secretsOf({ device: { keyReference } }: Known): Promise<MeterSecrets> {
    if (keyReference === undefined) return {};
    const [encryptionKey, authenticationKey, password] = await Promise.all(
      ['ek', 'ak', 'secret'].map((name) => secrets.use(`${keyReference}.${name}`)),
    );
    return { encryptionKey, authenticationKey, secret: password };
  }

  async function dialDevice(device: Device, signal: AbortSignal): Promise<Dialled> {
    const known = directory.of(device);
    if (known?.endpoint === undefined)
      throw new ConfigError([
        {
          code: 'dlms.unsupported',
          message: 'The device has no endpoint.',
          fix: 'Provision it as dlms://host:port/1.',
        },
      ]);
    const release = await lines.hold(lineOf(device));
    try {
      const dialled = await dial({
        ...{ ports, endpoint: known.endpoint, ownTitle, counters, signal },
        secrets: await secretsOf(known),
        keyName: device.keyReference ?? deviceKey(device.apiKey, device.deviceId),
      });
      return { ...dialled, settle: () => dialled.settle().finally(release) };
    } catch (error) {
      release();
      throw error;
    }
  }

  const reads: ReadPlan['reads'] = [
    { rule: parseRule(config.live), what: { kind: 'live' } },
    {
      rule: parseRule(config.profile),
      what: { kind: 'profile', profile: 'load-profile', backSeconds: PROFILE_BACK_SECONDS },
    },
    { rule: parseRule(config.profile), what: { kind: 'events', backSeconds: PROFILE_BACK_SECONDS } },
  ];
  const polling = await openPolling({
    ...{ agent, dataFolder, ports, log, broker, history, onFatal },
    ...{ hostClock: 'auto', schedules: broker, historyPeer: { url: config.historyUrl, secret } },
    reader: dlmsReader({ clock, dial: dialDevice }),
    profilesOf: ({ model }) => storedProfilesOf(deviceModel(model)),
    planOf: (device) => {
      if (directory.of(device)?.endpoint === undefined) return undefined;
      const hasEvents = deviceModel(device.model)?.events !== undefined;
      return { line: lineOf(device), reads: hasEvents ? reads : reads.filter(({ what }) => what.kind !== 'events') };
    },
  });
  links.polling = polling;
  const { acquisition } = polling;
  const readNow = async (device: Device): Promise<string> => {
    const { result } = await acquisition.ask({
      key: deviceKey(device.apiKey, device.deviceId),
      task: { kind: 'live' },
    });
    if (result.kind !== 'stored')
      throw new ProtocolError('code' in result ? result.code : 'dlms.not-read', 'The meter was not read.', {});
    const [frame] = result.frames;
    return JSON.stringify(frame === undefined ? {} : shownValues(device, frame.bytes, clock.nowMs()));
  };
  const commanding =
    config.commandKeys === undefined
      ? undefined
      : await openCommanding({
          ...{ config, keyFile: config.commandKeys, environment, agent, broker, dial: dialDevice, readNow, onFatal },
        });
  const pushed = config.pushPort;
  const intake =
    pushed === undefined
      ? undefined
      : await openPushIntake({
          ...{ net, clock, log, host: config.pushHost, port: pushed, directory, counters, secretsOf },
          take: ({ device: { apiKey, deviceId } }, bytes) =>
            agent.take({ apiKey, deviceId, channel: 'push', lane: 'live', bytes }),
          takeStranger: (deviceId, bytes) =>
            agent.take({ apiKey: STRANGERS, deviceId, channel: 'push', lane: 'live', bytes }),
        });
  agent.start();
  polling.start();
  log.info({ devices: agent.registry.size, pushPort: intake?.port }, 'The DLMS agent is at work.');

  return {
    ...(commanding === undefined ? {} : { url: commanding.commands.url }),
    health(): Health {
      const figures = { ...agent.figures, ...polling.figures, ...commanding?.commands.figures, ...intake?.figures };
      if (agent.figures.failures === 0) return { state: 'ready', figures };
      return { state: 'degraded', reason: 'Broker or history is away: readings wait in the log.', figures };
    },
    async stop() {
      await commanding?.commands.close();
      await intake?.close();
      await polling.stop();
      await commanding?.settle();
      await commanding?.commands.stop();
      directory.close();
      await agent.stop();
      await documents.close();
      broker.close();
      history.close();
      await unlock();
    },
  };
}

/** A reading, profile or event log says its own time, and a push does where its meter has a clock. */
function hasDeviceTime(channel: string, bytes: Uint8Array): boolean {
  if (channel !== 'push') return true;
  const decoded = decodeNotification(bytes);
  return decoded.kind === 'value' && decoded.value.dateTime.length > 0;
}

function titleOf(text: string): Uint8Array {
  if (/^[0-9a-fA-F]{16}$/.test(text)) return fromHex(text);
  throw new ConfigError([
    { code: 'config.value', message: 'AGENT_DLMS_TITLE is no system title.', fix: 'Write 16 hex digits.' },
  ]);
}
