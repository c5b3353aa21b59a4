/**
 * Which services share a process, in which phase each starts, and where each keeps its data. Few processes keep memory
 * low; the broker and history have one each because they are the hot path and must not stop each other.
 */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SAMPLE_DLMS_METERS, SAMPLE_DLMS_SECONDS, SAMPLE_DLMS_SEED } from '@contor/dlms/sample-facts.js';
import { SAMPLE_BUS_METERS, SAMPLE_RADIO_METERS, SAMPLE_RADIO_SECONDS } from '@contor/mbus/sample-facts.js';

export interface ProcessRow {
  readonly name: string;
  readonly services: readonly string[];
}

export const PROCESSES = [
  { name: 'broker', services: ['broker'] },
  { name: 'history', services: ['history'] },
  { name: 'edge', services: ['provision', 'mqtt', 'agent-json', 'agent-mbus', 'agent-dlms'] },
  { name: 'hub', services: ['identity', 'client-secret', 'gateway', 'platform', 'aggregation', 'commands'] },
  { name: 'street', services: ['street', 'simulate-hub', 'simulate-mbus', 'simulate-wmbus', 'simulate-dlms'] },
] as const satisfies readonly ProcessRow[];

/** A phase begins when every service of the one before is ready: nothing reports before history subscribes. */
export const PHASES: readonly (readonly string[])[] = [
  ['broker', 'history', 'provision', 'identity'],
  ['mqtt', 'platform', 'client-secret'],
  ['gateway', 'agent-json', 'aggregation', 'commands', 'simulate-mbus', 'simulate-wmbus', 'simulate-dlms'],
  ['agent-mbus', 'agent-dlms', 'street', 'simulate-hub'],
];

/** Steps of the first start of a run: a process that was started again need not repeat them. */
export const ONCE: readonly string[] = ['provision', 'platform'];

export interface Door {
  readonly port: string;
  readonly fallback: number;
  readonly what: string;
}

/** The doors we open, checked before anything starts so that a taken port has one clear message. */
export const DOORS = [
  { port: 'GATEWAY_PORT', fallback: 3000, what: 'the dashboard' },
  { port: 'HEALTH_PORT', fallback: 3001, what: 'the health page' },
  { port: 'IDENTITY_PORT', fallback: 3002, what: 'sign-in' },
  { port: 'BROKER_PORT', fallback: 1026, what: 'the NGSI-LD broker' },
  { port: 'HISTORY_PORT', fallback: 8668, what: 'the history' },
  { port: 'MQTT_PORT', fallback: 1883, what: 'MQTT' },
  { port: 'AGENT_JSON_PORT', fallback: 4041, what: 'the provisioning of devices' },
  { port: 'AGENT_JSON_HTTP_PORT', fallback: 7896, what: 'devices that report over HTTP' },
  { port: 'MBUS_SIMULATOR_PORT', fallback: 10_001, what: 'the simulated M-Bus' },
  { port: 'WMBUS_SIMULATOR_PORT', fallback: 10_002, what: 'the simulated radio receiver' },
  { port: 'SIMULATE_DLMS_PORT', fallback: 4059, what: 'the simulated DLMS meters' },
] as const satisfies readonly Door[];

export type Doors = Readonly<Record<(typeof DOORS)[number]['port'], number>>;

/** What the bundler of `@contor/app` made. */
const APP_FOLDER = fileURLToPath(new URL('../../../dashboard/app/dist-web', import.meta.url));

/** The settings that tie the services of one machine together; whatever the user set already wins. */
export function wiring(dataFolder: string, doors: Doors): Record<string, string> {
  const loopback = (port: number) => `http://127.0.0.1:${port}`;
  const [gatewayKey, commandsKey] = [
    join(dataFolder, 'keys', 'gateway.json'),
    join(dataFolder, 'keys', 'commands.json'),
  ];
  const identity = `http://localhost:${doors.IDENTITY_PORT}`;
  return {
    BROKER_DATA: join(dataFolder, 'broker'),
    HISTORY_DATA: join(dataFolder, 'history'),
    IDENTITY_DATA: join(dataFolder, 'identity'),
    MQTT_DATA: join(dataFolder, 'mqtt'),
    GATEWAY_DATA: join(dataFolder, 'gateway'),
    AGENT_JSON_DATA: join(dataFolder, 'agent-json'),
    AGENT_MBUS_DATA: join(dataFolder, 'agent-mbus'),
    AGENT_MBUS_PORT: '0',
    AGENT_MBUS_COMMAND_KEYS: commandsKey,
    AGENT_MBUS_RECEIVERS: `rtl-wmbus=127.0.0.1:${doors.WMBUS_SIMULATOR_PORT}`,
    MBUS_SIMULATOR_METERS: String(SAMPLE_BUS_METERS),
    WMBUS_SIMULATOR_METERS: String(SAMPLE_RADIO_METERS),
    WMBUS_SIMULATOR_INTERVAL: `${SAMPLE_RADIO_SECONDS}s`,
    AGENT_DLMS_DATA: join(dataFolder, 'agent-dlms'),
    AGENT_DLMS_LIVE: `every ${SAMPLE_DLMS_SECONDS} s`,
    AGENT_DLMS_PROFILE: 'every 15 min',
    AGENT_DLMS_PORT: '0',
    AGENT_DLMS_COMMAND_KEYS: commandsKey,
    SIMULATE_DLMS_METERS: String(SAMPLE_DLMS_METERS),
    SIMULATE_DLMS_SEED: String(SAMPLE_DLMS_SEED),
    STREET_DATA: join(dataFolder, 'street'),
    HUB_DATA: join(dataFolder, 'hub'),
    HUB_AGENT_URL: loopback(doors.AGENT_JSON_HTTP_PORT),
    CONTOR_SECRETS: join(dataFolder, 'secrets'),
    COMMANDS_DATA: join(dataFolder, 'commands'),
    GATEWAY_PUBLIC_KEY: gatewayKey,
    COMMANDS_GATEWAY_KEY: gatewayKey,
    COMMANDS_PUBLIC_KEY: commandsKey,
    AGENT_JSON_COMMAND_KEYS: commandsKey,
    COMMANDS_SIMULATED: join(dataFolder, 'street', 'simulated.json'),
    ...Object.fromEntries(Object.entries(doors).map(([name, port]) => [name, String(port)])),
    BROKER_URL: loopback(doors.BROKER_PORT),
    HISTORY_URL: loopback(doors.HISTORY_PORT),
    BROKER_HISTORY_URL: loopback(doors.HISTORY_PORT),
    MQTT_URL: `mqtt://127.0.0.1:${doors.MQTT_PORT}`,
    IDENTITY_PUBLIC_URL: identity,
    OIDC_ISSUER: `${identity}/realms/contor`,
    GATEWAY_APP: APP_FOLDER,
    GATEWAY_PUBLIC_URL: `http://localhost:${doors.GATEWAY_PORT}`,
  };
}
