/** The path of a command as separate processes: NGSI-LD broker, MQTT broker, JSON agent, command service; and meters that obey blindly. */

import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { keepMqttPassword, provisionDevices } from '@contor/agent-json';
import { type BrokerClient, createBrokerClient } from '@contor/history-query';
import { AGENT_RULES, addCredentials, DEVICE_RULES } from '@contor/mqtt';
import { entity, installPlatform, type NgsiEntity, urn } from '@contor/orion-config';
import {
  type ControlStatement,
  createSigner,
  type DecisionStatement,
  formatKeySet,
  newSigningKey,
  type RequestStatement,
  type Signer,
  statementHash,
} from '@contor/policy';
import { CommandGateway } from './command-gateway.js';
import { type Execution, NaiveMeter } from './naive-meter.js';
import { freePorts } from './platform.js';
import { CONTOR, ServiceProcess } from './service-process.js';

const API_KEY = 'contor-check';

export interface CommandPath {
  readonly processes: Readonly<Record<'broker' | 'mqtt' | 'agent' | 'commands', ServiceProcess>>;
  readonly folder: string;
  readonly devices: readonly string[];
  readonly meters: readonly NaiveMeter[];
  readonly executions: Execution[];
  readonly passwords: ReadonlyMap<string, string>;
  readonly broker: BrokerClient;
  readonly brokerUrl: string;
  readonly mqttUrl: string;
  readonly agentUrl: string;
  readonly commandsPort: number;
  /** Signs whatever it is asked to, and writes it: what a check forges with. */
  readonly pen: StandInGateway;
  readonly gateway: CommandGateway;
  stop(): Promise<void>;
}

export interface CommandPathOptions {
  readonly folder: string;
  readonly meters: number;
  /** Settings of the command service and the agent that differ from the quick ones below. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Nothing hangs on these: a password is enough to approve. */
  readonly areSimulated?: boolean;
  /** Another program in the place of a service of ours. */
  readonly stead?: Partial<Readonly<Record<'agent' | 'commands', readonly string[]>>>;
}

const READY_MS = 30_000;

export async function startCommandPath(options: CommandPathOptions): Promise<CommandPath> {
  const { folder, meters: count, settings = {}, areSimulated = true, stead = {} } = options;
  const [brokerPort = 0, mqttPort = 0, agentPort = 0, commandsPort = 0] = await freePorts(4);
  const data = (name: string) => join(folder, name);
  const environment: Record<string, string> = {
    ...{ BROKER_PORT: String(brokerPort), MQTT_PORT: String(mqttPort), AGENT_JSON_PORT: String(agentPort) },
    ...{ COMMANDS_PORT: String(commandsPort), COMMANDS_DELAY: '0ms', COMMANDS_SMALL_FLEET: '50' },
    ...{ BROKER_DATA: data('broker'), MQTT_DATA: data('mqtt'), AGENT_JSON_DATA: data('agent') },
    ...{ COMMANDS_DATA: data('commands'), COMMANDS_GATEWAY_KEY: data('gateway-key.json') },
    ...{ COMMANDS_PUBLIC_KEY: data('commands-key.json'), AGENT_JSON_COMMAND_KEYS: data('commands-key.json') },
    ...{ COMMANDS_SIMULATED: data('simulated.json'), HISTORY_URL: `http://127.0.0.1:${brokerPort}/none` },
    ...{ BROKER_URL: `http://127.0.0.1:${brokerPort}`, MQTT_URL: `mqtt://127.0.0.1:${mqttPort}` },
    ...settings,
  };
  const ids = Array.from({ length: count }, (_, index) => `check-${String(index + 1).padStart(5, '0')}`);
  const devices = ids.map((id) => urn('Device', id));
  const passwords = await provision(environment, ids, areSimulated);
  writeFileSync(
    data('simulated.json'),
    JSON.stringify(
      Object.fromEntries(areSimulated ? devices.map((device, at) => [device, serialOf(ids[at] ?? '')]) : []),
    ),
  );
  const key = await createSigner(await newSigningKey());
  writeFileSync(data('gateway-key.json'), formatKeySet('default', key.publicKey));
  const logFolder = data('logs');
  mkdirSync(logFolder, { recursive: true });
  const service = (name: string, args: readonly string[]) => new ServiceProcess({ name, args, environment, logFolder });
  const processes = {
    broker: service('broker', [CONTOR, 'broker']),
    mqtt: service('mqtt', [CONTOR, 'mqtt']),
    agent: service('agent', stead.agent ?? [CONTOR, 'agent', 'json']),
    commands: service('commands', stead.commands ?? [CONTOR, 'adapter', 'commands']),
  };
  const brokerUrl = environment.BROKER_URL ?? '';
  const broker = createBrokerClient({ url: brokerUrl, context: 'installed' });
  processes.broker.start();
  processes.mqtt.start();
  await eventually(() => installPlatform(broker, { historyUrl: brokerUrl }));
  await broker.upsert(ids.map((id, at) => deviceEntity(devices[at] ?? '', id)));
  processes.agent.start();
  processes.commands.start();
  const executions: Execution[] = [];
  const mqttUrl = environment.MQTT_URL ?? '';
  const meters = await Promise.all(
    ids.map((deviceId) =>
      eventually(() =>
        NaiveMeter.open({ mqttUrl, apiKey: API_KEY, deviceId, password: passwords.get(deviceId) ?? '', executions }),
      ),
    ),
  );
  await eventually(() => isForwarded(broker, devices));
  await eventually(() => isReady(`http://127.0.0.1:${commandsPort}/health`));
  const gateway = await CommandGateway.open(broker, key);
  return {
    ...{ processes, folder, devices, meters, executions, passwords, broker, brokerUrl, mqttUrl },
    agentUrl: `http://127.0.0.1:${agentPort}`,
    commandsPort,
    pen: new StandInGateway(broker, key),
    gateway,
    async stop() {
      await gateway.close();
      for (const meter of meters) await meter.close();
      broker.close();
      for (const name of ['commands', 'agent', 'mqtt', 'broker'] as const) await processes[name].stop();
    },
  };
}

export function serialOf(id: string): string {
  return `SN-${id}`;
}

async function provision(
  environment: Readonly<Record<string, string>>,
  ids: readonly string[],
  isSimulated: boolean,
): Promise<ReadonlyMap<string, string>> {
  const { MQTT_DATA = '', AGENT_JSON_DATA = '' } = environment;
  mkdirSync(MQTT_DATA, { recursive: true });
  const [own = '', ...passwords] = await addCredentials(MQTT_DATA, [
    { username: 'agent-json', rules: AGENT_RULES },
    ...ids.map((username) => ({ username, apikey: API_KEY, rules: DEVICE_RULES })),
  ]);
  await keepMqttPassword(AGENT_JSON_DATA, own);
  const common = { apiKey: API_KEY, tenant: 'default', model: 'landis-gyr-e350-json', timeZone: 'Europe/Bucharest' };
  await provisionDevices(
    AGENT_JSON_DATA,
    ids.map((id) => ({
      ...{ ...common, deviceId: id, name: id, refDevice: urn('Device', id), serialNumber: serialOf(id) },
      ...{ isSimulated, registerDigits: 6 },
    })),
  );
  return new Map(ids.map((id, at) => [id, passwords[at] ?? '']));
}

function deviceEntity(device: string, id: string): NgsiEntity {
  return entity('Device', device)
    .property('name', `Meter ${id}`)
    .property('serialNumber', serialOf(id))
    .property('deviceCategory', 'meter')
    .build();
}

async function isForwarded(broker: BrokerClient, devices: readonly string[]): Promise<void> {
  const { body } = await broker.request({
    method: 'GET',
    path: '/ngsi-ld/v1/csourceRegistrations?type=https%3A%2F%2Fexample.org%2Fnone&limit=1',
  });
  if (!Array.isArray(body)) throw new Error('no list of registrations');
  const last = devices.at(-1) ?? '';
  const name = last.slice(last.lastIndexOf(':') + 1);
  const id = encodeURIComponent(`urn:ngsi-ld:ContextSourceRegistration:agent-json:${name}`);
  const answer = await broker.request({ method: 'GET', path: `/ngsi-ld/v1/csourceRegistrations/${id}` });
  if (answer.status !== 200) throw new Error('the agent has not registered its devices');
}

async function isReady(url: string): Promise<void> {
  const { state } = (await (await fetch(url)).json()) as { readonly state: string };
  if (state !== 'ready') throw new Error(`the command service is ${state}`);
}

export async function eventually<T>(attempt: () => Promise<T>, withinMs = READY_MS): Promise<T> {
  const untilMs = Date.now() + withinMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > untilMs) throw error;
      await sleep(50);
    }
  }
}

/** Signs and writes as the gateway does, without asking anybody who they are. */
class StandInGateway {
  readonly #broker: BrokerClient;
  readonly #signer: Signer;

  constructor(broker: BrokerClient, signer: Signer) {
    this.#broker = broker;
    this.#signer = signer;
  }

  sign(statement: Parameters<Signer['sign']>[0]): Promise<string> {
    return this.#signer.sign(statement);
  }

  async request(wanted: Partial<RequestStatement> & Pick<RequestStatement, 'command' | 'targets' | 'by'>) {
    const id = urn('CommandRequest', randomUUID());
    const statement: RequestStatement = { kind: 'request', id, tenant: 'default', atMs: Date.now(), ...wanted };
    const compact = await this.#signer.sign(statement);
    await this.put(id, compact);
    return { id: statement.id, hash: await statementHash(compact), compact };
  }

  async decide(
    about: { readonly id: string; readonly hash: string },
    by: string,
    more: Partial<DecisionStatement> = {},
  ): Promise<void> {
    const atMs = Date.now();
    const statement: DecisionStatement = {
      ...{ kind: 'approval', id: about.id, tenant: 'default', requestHash: about.hash, by, atMs },
      ...{ authenticatedAtMs: atMs - 1_000, methods: ['pwd', 'otp'] },
      ...more,
    };
    await this.add('CommandRequest', about.id, await this.#signer.sign(statement), `${statement.kind}:${by}`);
  }

  async control(kind: ControlStatement['kind'], by: string): Promise<void> {
    const atMs = Date.now();
    const statement: ControlStatement = {
      ...{
        kind,
        tenant: 'default',
        by,
        reason: 'check',
        atMs,
        authenticatedAtMs: atMs - 1_000,
        methods: ['pwd', 'otp'],
      },
    };
    await this.add(
      'CommandControl',
      urn('CommandControl', 'default'),
      await this.#signer.sign(statement),
      `${kind}:${by}`,
    );
  }

  async put(id: string, compact: string): Promise<void> {
    const { failed } = await this.#broker.upsert([entity('CommandRequest', id).property('statement', compact).build()]);
    if (failed.length > 0) throw new Error(JSON.stringify(failed));
  }

  async add(type: 'CommandRequest' | 'CommandControl', id: string, compact: string, voice: string): Promise<void> {
    const datasetId = `urn:contor:statement:${voice.replace(/[^a-z0-9:]/gi, '')}`;
    const { failed } = await this.#broker.upsert([
      entity(type, id).property('statement', compact, { datasetId }).build(),
    ]);
    if (failed.length > 0) throw new Error(JSON.stringify(failed));
  }
}
