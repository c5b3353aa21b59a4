/** The path of a reading as separate processes: MQTT broker, JSON agent, NGSI-LD broker, history. For checks and benches. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { keepMqttPassword, provisionDevices } from '@contor/agent-json';
import { type BrokerClient, createBrokerClient } from '@contor/history-query';
import { AGENT_RULES, addCredentials, DEVICE_RULES } from '@contor/mqtt';
import { installPlatform, urn } from '@contor/orion-config';
import { freePorts } from './platform.js';
import { CONTOR, ServiceProcess } from './service-process.js';

export const API_KEY = 'contor-check';

export interface Meter {
  readonly id: string;
  readonly password: string;
}

export interface MeteringPath {
  readonly processes: Readonly<Record<'broker' | 'history' | 'mqtt' | 'agent', ServiceProcess>>;
  readonly meters: readonly Meter[];
  readonly mqttUrl: string;
  readonly brokerUrl: string;
  readonly historyUrl: string;
  readonly broker: BrokerClient;
  stop(): Promise<void>;
}

export interface MeteringPathOptions {
  readonly folder: string;
  readonly meters: number;
  /** Which broker ours plays. */
  readonly brokerAs?: 'orion-ld';
  /** More that the agent is told. */
  readonly agentEnvironment?: Readonly<Record<string, string>>;
  /** Another MQTT broker than ours. */
  readonly otherMqtt?: (facts: OtherMqttFacts) => { readonly program?: string; readonly args: readonly string[] };
}

/** What a foreign MQTT broker must be told. */
export interface OtherMqttFacts {
  readonly port: number;
  /** Exists. */
  readonly folder: string;
  readonly agent: Meter;
  readonly meters: readonly Meter[];
}

const READY_MS = 30_000;

export async function startMeteringPath({
  folder,
  meters: count,
  brokerAs,
  agentEnvironment,
  otherMqtt,
}: MeteringPathOptions): Promise<MeteringPath> {
  const [brokerPort = 0, historyPort = 0, mqttPort = 0, agentPort = 0] = await freePorts(4);
  const data = (name: string) => join(folder, name);
  const environment = {
    BROKER_PORT: String(brokerPort),
    ...(brokerAs !== undefined && { BROKER_AS: brokerAs }),
    HISTORY_PORT: String(historyPort),
    MQTT_PORT: String(mqttPort),
    BROKER_DATA: data('broker'),
    HISTORY_DATA: data('history'),
    MQTT_DATA: data('mqtt'),
    AGENT_JSON_DATA: data('agent'),
    AGENT_JSON_PORT: String(agentPort),
    BROKER_URL: `http://127.0.0.1:${brokerPort}`,
    HISTORY_URL: `http://127.0.0.1:${historyPort}`,
    MQTT_URL: `mqtt://127.0.0.1:${mqttPort}`,
    ...agentEnvironment,
  };
  const { agent, meters } = await provision(data('mqtt'), data('agent'), count);
  const logFolder = data('logs');
  mkdirSync(logFolder, { recursive: true });
  const service = (name: string, args: readonly string[], program?: string) =>
    new ServiceProcess({ name, args, environment, logFolder, ...(program === undefined ? {} : { program }) });
  const other = otherMqtt?.({ port: mqttPort, folder: data('mqtt'), agent, meters });
  const processes = {
    broker: service('broker', [CONTOR, 'broker']),
    history: service('history', [CONTOR, 'history']),
    mqtt: service('mqtt', other?.args ?? [CONTOR, 'mqtt'], other?.program),
    agent: service('agent', [CONTOR, 'agent', 'json']),
  };
  const broker = createBrokerClient({ url: environment.BROKER_URL, context: 'installed' });
  processes.broker.start();
  processes.history.start();
  processes.mqtt.start();
  await eventually(() => installPlatform(broker, { historyUrl: environment.HISTORY_URL }));
  processes.agent.start();
  await eventually(() => agentHears(agentPort));
  return {
    processes,
    meters,
    mqttUrl: environment.MQTT_URL,
    brokerUrl: environment.BROKER_URL,
    historyUrl: environment.HISTORY_URL,
    broker,
    async stop() {
      broker.close();
      for (const each of [processes.agent, processes.mqtt, processes.broker, processes.history]) await each.stop();
    },
  };
}

async function provision(
  mqttData: string,
  agentData: string,
  count: number,
): Promise<{ readonly agent: Meter; readonly meters: readonly Meter[] }> {
  const ids = Array.from({ length: count }, (_, index) => `check-${String(index + 1).padStart(5, '0')}`);
  mkdirSync(mqttData, { recursive: true });
  const [agentPassword = '', ...passwords] = await addCredentials(mqttData, [
    { username: 'agent-json', rules: AGENT_RULES },
    ...ids.map((username) => ({ username, apikey: API_KEY, rules: DEVICE_RULES })),
  ]);
  await keepMqttPassword(agentData, agentPassword);
  await provisionDevices(
    agentData,
    ids.map((id) => ({
      apiKey: API_KEY,
      deviceId: id,
      tenant: 'default',
      model: 'landis-gyr-e350-json',
      name: id,
      refDevice: urn('Device', id),
      timeZone: 'UTC',
      registerDigits: 6,
    })),
  );
  return {
    agent: { id: 'agent-json', password: agentPassword },
    meters: ids.map((id, index) => ({ id, password: passwords[index] ?? '' })),
  };
}

/** Before the first subscription an MQTT broker acknowledges to nobody's profit. */
async function agentHears(port: number): Promise<void> {
  const said = await (await fetch(`http://127.0.0.1:${port}/ready`)).text();
  if (!said.includes('"state":"ready"')) throw new Error(`The agent is not ready: ${said}`);
}

/** Tries again until it works: a process that was just started is not there yet. */
export async function eventually<T>(action: () => Promise<T>, withinMs = READY_MS): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}
