/**
 * The first start of a data folder: the sample street's meters and the agent get their credentials at the MQTT broker, and the agent
 * learns who they are. Later starts find everything and change nothing.
 */

import { join } from 'node:path';
import { keepMqttPassword, provisionDevices, sampleDevices } from '@contor/agent-json';
import { saveSimulated, saveStreetCredentials } from '@contor/agent-json/simulator';
import {
  type Environment,
  KEYRING_SETTINGS,
  type KeyringOptions,
  openCheckpoint,
  openKeyring,
  openSecretStore,
  type Running,
  readSettings,
  SECRETS_SETTINGS,
  type SettingsTable,
} from '@contor/kit';
import { sampleMbus } from '@contor/mbus/sample.js';
import { AGENT_RULES, addCredentials, DEVICE_RULES, listCredentials } from '@contor/mqtt';

const SETTINGS = {
  mqttData: { name: 'MQTT_DATA', kind: 'path', about: 'the data folder of the MQTT broker' },
  agentData: { name: 'AGENT_JSON_DATA', kind: 'path', about: 'the data folder of the JSON agent' },
  simulated: { name: 'COMMANDS_SIMULATED', kind: 'path', about: 'the file that says which meters are simulators' },
  streetData: { name: 'STREET_DATA', kind: 'path', about: 'the data folder of the simulated street' },
  mbusData: { name: 'AGENT_MBUS_DATA', kind: 'path', about: 'the data folder of the M-Bus agent' },
  busPort: { name: 'MBUS_SIMULATOR_PORT', kind: 'port', about: 'where the simulated bus is' },
  ...KEYRING_SETTINGS,
  ...SECRETS_SETTINGS,
} as const satisfies SettingsTable;

const AGENT = 'agent-json';

export async function startProvision(source: NodeJS.ProcessEnv, { log, ports }: Environment): Promise<Running> {
  const { mqttData, agentData, streetData, simulated, mbusData, busPort, secretsFolder, ...keys } = readSettings(
    SETTINGS,
    source,
  );
  const known = await listCredentials({ dataFolder: mqttData });
  // The agent's credential is made last, so its presence says that a first start was not cut short.
  if (!known.some(({ username }) => username === AGENT)) {
    const devices = sampleDevices();
    const meters = devices.map(({ apiKey, deviceId }) => ({ username: deviceId, apikey: apiKey, rules: DEVICE_RULES }));
    const passwords = await addCredentials(mqttData, meters);
    await saveStreetCredentials(
      streetData,
      Object.fromEntries(meters.map(({ username }, at) => [username, passwords[at] ?? ''])),
    );
    await provisionDevices(agentData, devices);
    const [agentPassword = ''] = await addCredentials(mqttData, [{ username: AGENT, rules: AGENT_RULES }]);
    await keepMqttPassword(agentData, agentPassword, keys);
    log.info({ meters: meters.length }, 'the sample street has its credentials');
  }
  // Who hangs on no supply is known to the command service by this file, and to the agent by its registry.
  if (await saveSimulated(simulated, sampleDevices())) await provisionDevices(agentData, sampleDevices());
  await provisionMbus({ mbusData, busPort, secretsFolder, keys }, ports);
  return { health: () => ({ state: 'ready', figures: {} }), stop: async () => undefined };
}

interface MbusWish {
  readonly mbusData: string;
  readonly busPort: number;
  readonly secretsFolder: string | undefined;
  readonly keys: Pick<KeyringOptions, 'masterKey' | 'masterKeyFile'>;
}

/** The meters of the simulated bus and radio street, and their keys; again only when the bus has moved to another port. */
async function provisionMbus(
  { mbusData, busPort, secretsFolder, keys }: MbusWish,
  { disk, clock }: Environment['ports'],
): Promise<void> {
  const gateway = `127.0.0.1:${busPort}`;
  await disk.makeDirectory(mbusData);
  const marker = openCheckpoint({ disk, path: join(mbusData, 'sample') });
  const before = await marker.read();
  if (before !== undefined && new TextDecoder().decode(before) === gateway) return;
  const sample = sampleMbus(gateway);
  const folder = secretsFolder ?? join(mbusData, 'secrets');
  const keyring = await openKeyring({ ...keys, folder: mbusData });
  await openSecretStore({ folder, keyring, disk, clock }).putAll(sample.keys);
  await provisionDevices(mbusData, sample.devices);
  await marker.write(new TextEncoder().encode(gateway));
}
