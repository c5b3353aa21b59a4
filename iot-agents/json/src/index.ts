/**
 * The JSON agent: meters publish JSON over MQTT, NGSI-LD entities come out. This page wires the rooms: MQTT intake →
 * ingest log (agent-kit) → translator (codec and mapping) → broker and history.
 */

import {
  brokerOver,
  DEFAULT_TIME_WINDOW,
  historyOver,
  type Oversight,
  openAgent,
  openOutageDesk,
  openOversight,
  openSharing,
  provisioningApp,
} from '@contor/agent-kit';
import {
  checkExposure,
  type Environment,
  type Health,
  isLoopback,
  lockDirectory,
  type Running,
  type Start,
  withCertificate,
} from '@contor/kit';
import { mentionsTime } from './codec/attrs.js';
import { type Commanding, openCommanding } from './commanding.js';
import { type Configuring, openConfiguring } from './configuring.js';
import { keptMqttPassword } from './credential.js';
import { type HttpSide, openHttpSide } from './http/open.js';
import { outageIntake } from './outages.js';
import type { AgentJsonConfig } from './settings.js';
import { openSmx, type SmxSide } from './smx/open.js';
import { jsonTranslator } from './translator.js';
import type { AmqpIntake } from './transport/amqp-intake.js';
import { checkAmqpUrl } from './transport/amqp-line.js';
import { openAmqpSide } from './transport/amqp-side.js';
import { type MqttIntake, openMqttIntake } from './transport/mqtt-intake.js';
import { parseTopic, SUBSCRIPTIONS } from './transport/topics.js';

export { provisionDevices } from '@contor/agent-kit';
export { keepMqttPassword } from './credential.js';
export { TRACEABLE } from './explain.js';
export { addHttpCredentials, type HttpCredential, removeHttpCredential } from './http/credentials.js';
export { sampleDevices } from './sample-devices.js';
export { type AgentJsonConfig, SETTINGS } from './settings.js';

/** Whose communication log has the messages of devices that nobody has provisioned. */
const DEFAULT_TENANT = 'default';
/** EX_SOFTWARE of sysexits.h: only a recovery from the log knows what is true now. */
const EXIT_FATAL = 70;

/** What comes later than its first user. */
interface Links {
  intake?: MqttIntake;
  commanding?: Commanding;
  configuring?: Configuring;
  http?: HttpSide;
  amqp?: AmqpIntake;
  smx?: SmxSide;
  oversight?: Oversight;
}

export const start: Start<AgentJsonConfig> = async (config, environment) => {
  checkExposure({ ...config, secret: config.platformSecret, prefix: 'AGENT_JSON' });
  // Devices bring passwords of their own: what is asked for beyond loopback is encryption.
  const { httpHost: host, httpTlsCert: tlsCert, httpTlsKey: tlsKey } = config;
  checkExposure({ host, tlsCert, tlsKey, secret: 'of each device', prefix: 'AGENT_JSON_HTTP' });
  if (config.amqpUrl !== undefined) checkAmqpUrl(config.amqpUrl, 'AMQP_URL');
  const lock = await lockDirectory(config.dataFolder);
  try {
    return await run(config, environment, () => lock.release());
  } catch (error) {
    await lock.release();
    throw error;
  }
};

async function run(
  config: AgentJsonConfig,
  { ports, log }: Environment,
  unlock: () => Promise<void>,
): Promise<Running> {
  const { dataFolder, platformSecret: secret } = config;
  const password = config.mqttPassword ?? (await keptMqttPassword(dataFolder, config, ports.disk));
  const onFatal = (error: Error): void => {
    log.error({ error }, 'The agent cannot go on safely: exiting, and recovering at the next start.');
    process.exit(EXIT_FATAL);
  };
  const broker = brokerOver({ url: config.brokerUrl, secret });
  const history = historyOver({ url: config.historyUrl, secret }, 'agent-json', ports.clock);
  const links: Links = {};
  const sharing =
    config.mongodbUrl === undefined
      ? undefined
      : await openSharing({ url: config.mongodbUrl, agent: 'agent-json', isPolling: false, dataFolder, ports, log });
  const agent = await openAgent({
    dataFolder,
    registry: sharing?.registry,
    ports,
    log,
    broker,
    history,
    translator: (registry) => jsonTranslator(registry, { ...DEFAULT_TIME_WINDOW, maxAgeMs: config.maxAge }),
    hasDeviceTime: (channel, bytes) => channel === 'profile' || channel.includes('@') || mentionsTime(bytes),
    limits: {
      ...{ logBytes: config.logBytes, shelfBytes: config.shelfBytes },
      raw: { bytes: config.rawBytes, keepMs: config.rawKeep },
    },
    onTaken: (key) => links.oversight?.fleet.heard(key),
    onStranger: (device, channel) => {
      const about = { name: 'strangers', atMs: ports.clock.nowMs(), operation: 'message', actor: 'device' };
      const outcome = 'refused: device.unknown';
      links.oversight?.records.note(DEFAULT_TENANT, { ...about, outcome, result: { device, channel } });
    },
    onFatal,
  });
  const oversight = await openOversight({
    ...{ dataFolder, ports, log, registry: agent.registry, broker, history, onFatal },
  });
  links.oversight = oversight;
  const desk = await openOutageDesk({ dataFolder, ...ports, log, onFatal });
  const take = outageIntake({
    ...{ desk, registry: agent.registry, clock: ports.clock, store: (message) => agent.take(message) },
  });
  let strayTopics = 0;
  const publishOnce = (topic: string, bytes: Uint8Array) => links.intake?.publishOnce(topic, bytes) ?? false;
  const health = (): Health => {
    const figures = {
      ...agent.figures,
      ...oversight.figures,
      ...sharing?.figures,
      ...links.commanding?.commands.figures,
      ...links.configuring?.figures,
      ...links.http?.figures,
      ...links.smx?.figures,
      ...desk.figures,
      ...(links.amqp && { ...links.amqp.figures, amqpConnected: links.amqp.isConnected ? 1 : 0 }),
      strayTopics,
      refused: links.intake?.refused ?? 0,
      connected: links.intake?.isConnected ? 1 : 0,
    };
    return withCertificate(stateOf(figures), links.http?.certificate);
  };
  const beside = provisioningApp({
    ...{ agent: 'agent-json', registry: agent.registry, defaultApiKey: config.defaultApiKey, secret, health, log },
    isLoopback: isLoopback(config.host),
  });
  // Before the line is up, so that no answer of a meter is acked that nobody has looked at.
  const commanding = await openCommanding({
    ...{ config, keyFile: config.commandKeys, environment: { ports, log }, agent, broker, beside, onFatal },
    ...{ publishOnce, sharing, records: oversight.records },
  });
  links.commanding = commanding;
  const configuring = openConfiguring({
    ...{ registry: agent.registry, reader: broker, clock: ports.clock, log, publishOnce },
  });
  links.configuring = configuring;
  const { httpPort } = config;
  const http =
    httpPort === undefined
      ? undefined
      : await openHttpSide({ ...config, httpPort }, { take, commanding }, { ports, log }, onFatal);
  if (http !== undefined) links.http = http;
  const intake = openMqttIntake({
    url: config.mqttUrl,
    username: config.mqttUsername,
    password,
    clientId: config.mqttClientId ?? config.mqttUsername,
    subscriptions: SUBSCRIPTIONS,
    log,
    async take(topic, bytes) {
      const address = parseTopic(topic);
      // Nobody we know could have sent it, so there is nobody to keep it for; the ack makes the broker forget it.
      if (address === undefined) strayTopics += 1;
      else if (address.kind === 'reading') await take({ ...address, bytes });
      else if (address.kind === 'answer') await commanding.take(address, bytes);
      // Not waited for: the broker's slowness must not hold up readings, and nobody is promised an answer.
      else void configuring.ask(address, bytes);
    },
    onFatal,
  });
  links.intake = intake;
  const amqp = openAmqpSide(config, { ports, log }, agent, take, onFatal);
  if (amqp !== undefined) links.amqp = amqp;
  const smx = await openSmx(config, { ports, log }, agent, take, onFatal);
  if (smx !== undefined) links.smx = smx;
  agent.start();
  oversight.start();
  log.info({ devices: agent.registry.size, mqttUrl: config.mqttUrl }, 'The JSON agent is listening.');
  if (http !== undefined) log.info({ url: http.url }, 'Devices may report over HTTP.');

  return {
    url: config.commandKeys === undefined ? (http?.url ?? commanding.commands.url) : commanding.commands.url,
    health,
    async stop() {
      await http?.stop();
      await amqp?.stop();
      await smx?.stop();
      await commanding.commands.close();
      await intake.stop();
      await commanding.commands.stop();
      await agent.stop();
      await oversight.stop();
      await desk.close();
      await sharing?.close();
      broker.close();
      history.close();
      await unlock();
    },
  };
}

function stateOf(figures: Health['figures']): Health {
  if (figures.connected === 0) return { state: 'degraded', reason: 'The MQTT broker is away.', figures };
  if (figures.amqpConnected === 0) return { state: 'degraded', reason: 'The AMQP broker is away.', figures };
  if (figures.failures === 0) return { state: 'ready', figures };
  return { state: 'degraded', reason: 'Broker or history is away: readings wait in the log.', figures };
}
