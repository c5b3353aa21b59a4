/** Every server, agent, adapter and simulator by its name: what it is, an example, and how to load it. Modules are loaded only when asked for. */

import {
  type Environment,
  type Running,
  readSettings,
  type SettingsOf,
  type SettingsTable,
  type Start,
} from '@contor/kit';
import type { Command } from 'commander';

type Source = Readonly<Record<string, string | undefined>>;

/** A service with its settings bound, so that the launcher need not know their types. */
export interface Service {
  readonly settings: SettingsTable;
  start(source: Source, environment: Environment): Promise<Running>;
}

interface ServiceModule<Table extends SettingsTable> {
  readonly SETTINGS: Table;
  readonly start: Start<SettingsOf<Table>>;
}

export interface ServiceRow {
  readonly name: string;
  /** Words on the command line, e.g. `contor agent json`. */
  readonly command: readonly [string, string?];
  readonly about: string;
  readonly example: string;
  readonly load: () => Promise<Service>;
  /** Commands below its own, for operators of a running one. */
  readonly tools?: () => Promise<(command: Command) => void>;
}

function bind<Table extends SettingsTable>(module: ServiceModule<Table>): Service {
  return {
    settings: module.SETTINGS,
    start: (source, environment) => module.start(readSettings(module.SETTINGS, source), environment),
  };
}

export const SERVICES = [
  {
    name: 'broker',
    command: ['broker'],
    about: 'the NGSI-LD context broker',
    example: 'contor broker --port 1026 --data-folder ./broker-data',
    load: async () => bind(await import('@contor/broker')),
    tools: async () => (await import('./tools/broker.js')).addBrokerTools,
  },
  {
    name: 'history',
    command: ['history'],
    about: "the history server (QuantumLeap's API on DuckDB)",
    example: 'contor history --port 8668 --data-folder ./history-data',
    load: async () => bind(await import('@contor/history')),
    tools: async () => (await import('./tools/history.js')).addHistoryTools,
  },
  {
    name: 'mqtt',
    command: ['mqtt'],
    about: 'the MQTT broker whose PUBACK means "on disk"',
    example: 'contor mqtt --port 1883 --data-folder ./mqtt-data',
    load: async () => bind(await import('@contor/mqtt')),
  },
  {
    name: 'identity',
    command: ['identity'],
    about: "the OpenID provider (Keycloak's paths)",
    example: 'contor identity --port 3002 --data-folder ./identity-data',
    load: async () => bind(await import('@contor/identity')),
    tools: async () => (await import('./tools/identity.js')).addIdentityTools,
  },
  {
    name: 'gateway',
    command: ['gateway'],
    about: 'the dashboard and its gateway',
    example: 'contor gateway --port 3000 --data-folder ./gateway-data',
    load: async () => bind(await import('@contor/gateway')),
  },
  {
    name: 'agent-json',
    command: ['agent', 'json'],
    about: 'the IoT agent for JSON over MQTT and HTTP',
    example: 'contor agent json --data-folder ./agent-json-data --http-port 7896',
    load: async () => bind(await import('@contor/agent-json')),
    tools: async () => (await import('./tools/agent-json.js')).addAgentJsonTools,
  },
  {
    name: 'agent-mbus',
    command: ['agent', 'mbus'],
    about: 'the IoT agent for M-Bus, wired and wireless',
    example: 'contor agent mbus --data-folder ./agent-mbus-data --receivers rtl-wmbus=127.0.0.1:10002',
    load: async () => bind(await import('@contor/mbus/agent')),
  },
  {
    name: 'agent-dlms',
    command: ['agent', 'dlms'],
    about: 'the IoT agent for DLMS/COSEM meters, asked on a schedule or pushing by themselves',
    example: 'contor agent dlms --data-folder ./agent-dlms-data --push-port 4061',
    load: async () => bind(await import('@contor/dlms/agent.js')),
  },
  {
    name: 'agent-elster',
    command: ['agent', 'elster'],
    about: 'the IoT agent for IEC 62056-21 meters behind TCP-serial converters',
    example: 'contor agent elster --data-folder ./agent-elster-data --live "every 15 min"',
    load: async () => bind(await import('@contor/elster/agent.js')),
  },
  {
    name: 'aggregation',
    command: ['adapter', 'aggregation'],
    about: 'the service that turns registers into hourly energy of a site',
    example: 'contor adapter aggregation',
    load: async () => bind(await import('@contor/aggregation')),
  },
  {
    name: 'commands',
    command: ['adapter', 'commands'],
    about: 'the service that signs orders to meters: two people, caps, a switch',
    example: 'contor adapter commands --data-folder ./commands-data',
    load: async () => bind(await import('@contor/commands')),
  },
  {
    name: 'street',
    command: ['simulate', 'street'],
    about: 'a street of simulated Landis+Gyr E350 meters that send JSON over MQTT',
    example: 'contor simulate street --meters 20',
    load: async () => bind(await import('@contor/agent-json/simulator')),
  },
  {
    name: 'simulate-dlms',
    command: ['simulate', 'dlms'],
    about: 'a street of simulated DLMS meters on one port, HDLC and wrapper alike',
    example: 'contor simulate dlms --meters 100 --port 4059',
    load: async () => bind(await import('@contor/dlms/simulator/index.js')),
  },
  {
    name: 'simulate-elster',
    command: ['simulate', 'elster'],
    about: 'meters of IEC 62056-21, mode C, behind a TCP-serial converter: readout, programming mode, load profile',
    example: 'contor simulate elster --meters 5 --port 2332',
    load: async () => bind(await import('@contor/elster/simulator/index.js')),
  },
  {
    name: 'simulate-homes',
    command: ['simulate', 'homes'],
    about: 'homes with one-second meters that send JSON over AMQP',
    example: 'contor simulate homes --homes 20 --amqp-url amqp://127.0.0.1:5672',
    load: async () => bind(await import('@contor/agent-json/simulator/homes.js')),
  },
  {
    name: 'simulate-smx',
    command: ['simulate', 'smx'],
    about: 'unbundled meters (SMX) that are asked over HTTP: the present, and files of every minute',
    example: 'contor simulate smx --meters 3 --port 7897',
    load: async () => bind(await import('@contor/agent-json/simulator/smx.js')),
  },
  {
    name: 'simulate-hub',
    command: ['simulate', 'hub'],
    about: 'a hub that reports heat, water, air and a substation over HTTP',
    example: 'contor simulate hub --name hub-0001 --password PASSWORD --agent-url http://127.0.0.1:7896',
    load: async () => bind(await import('@contor/agent-json/simulator/hub.js')),
  },
  {
    name: 'simulate-mbus',
    command: ['simulate', 'mbus'],
    about: 'a wired M-Bus of simulated heat, water and gas meters behind a TCP-serial gateway',
    example: 'contor simulate mbus --meters 12 --port 10001',
    load: async () => bind(await import('@contor/mbus/simulator')),
  },
  {
    name: 'simulate-wmbus',
    command: ['simulate', 'wmbus'],
    about: 'a street of simulated radio meters, as a receiver hears them, over TCP',
    example: 'contor simulate wmbus --meters 20 --framing rtl-wmbus --port 10002',
    load: async () => bind(await import('@contor/mbus/simulator/radio.js')),
  },
] as const satisfies readonly ServiceRow[];

export function serviceNamed(name: string): ServiceRow {
  const row = SERVICES.find((candidate) => candidate.name === name);
  if (row === undefined) throw new RangeError(`no service is called ${name}`);
  return row;
}
