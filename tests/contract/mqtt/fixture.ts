/** A broker for one test file: the embedded one in this process, with the credentials the tests need. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, readSettings, realPorts } from '@contor/kit';
import { AGENT_RULES, addCredentials, DEVICE_RULES, SETTINGS, start, type TopicRules } from '@contor/mqtt';
import { type ConnectOptions, WireClient } from './wire-client.js';

export const METER = 'e350-0001';
export const OTHER_METER = 'e350-0002';
export const AGENT = 'agent-json';
/** Reads everything, may retain a state topic. */
export const OPERATOR = 'operator';
export const APIKEY = 'contor-street';

const CREDENTIALS: readonly { username: string; apikey?: string; rules: TopicRules }[] = [
  { username: METER, apikey: APIKEY, rules: DEVICE_RULES },
  { username: OTHER_METER, apikey: APIKEY, rules: DEVICE_RULES },
  { username: AGENT, rules: AGENT_RULES },
  {
    username: OPERATOR,
    rules: { publish: ['test/#', 'state/#', 'contract/#'], subscribe: ['#'], retain: ['state/#', 'contract/#'] },
  },
];

export function attrs(meter: string): string {
  return `/json/${APIKEY}/${meter}/attrs`;
}

export interface Fixture {
  readonly dataFolder: string;
  readonly log: string[];
  port(): number;
  figures(): Readonly<Record<string, number>>;
  password(username: string): string;
  connect(username: string, more?: Partial<ConnectOptions>): ReturnType<typeof WireClient.connect>;
  /** Connected for certain. */
  client(username: string, more?: Partial<ConnectOptions>): Promise<WireClient>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function openFixture(settings: Readonly<Record<string, string>> = {}): Promise<Fixture> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'contor-mqtt-'));
  const passwords = await addCredentials(dataFolder, CREDENTIALS);
  const log: string[] = [];
  const logger = createLogger({ service: 'mqtt', level: 'debug', write: (line) => void log.push(line) });
  const config = readSettings(SETTINGS, { MQTT_DATA: dataFolder, MQTT_PORT: '0', ...settings });
  const begin = () => start(config, { ports: realPorts(), log: logger });
  let running = await begin();
  const fixture: Fixture = {
    dataFolder,
    log,
    port: () => running.port,
    figures: () => running.health().figures,
    password: (username) => passwords[CREDENTIALS.findIndex((one) => one.username === username)] ?? '',
    connect: (username, more = {}) =>
      WireClient.connect(running.port, { clientId: username, username, password: fixture.password(username), ...more }),
    client: async (username, more) => {
      const { client, returnCode } = await fixture.connect(username, more);
      if (returnCode !== 0) throw new Error(`${username} was refused with ${returnCode}.`);
      return client;
    },
    restart: async () => {
      await running.stop();
      running = await begin();
    },
    close: async () => {
      await running.stop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
  return fixture;
}
