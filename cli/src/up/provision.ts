/**
 * The first start of a data folder: the sample street's meters and the agent get their credentials at the MQTT broker, and the agent
 * learns who they are. Later starts find everything and change nothing.
 */

import { join } from 'node:path';
import { addHttpCredentials, keepMqttPassword, provisionDevices, sampleDevices } from '@contor/agent-json';
import { readStreetCredentials, saveSimulated, saveStreetCredentials } from '@contor/agent-json/simulator';
import { sampleHub } from '@contor/agent-json/simulator/sample-hub.js';
import { sampleDlms } from '@contor/dlms/sample.js';
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
  hubData: { name: 'HUB_DATA', kind: 'path', about: 'the data folder of the simulated hub' },
  mbusData: { name: 'AGENT_MBUS_DATA', kind: 'path', about: 'the data folder of the M-Bus agent' },
  busPort: { name: 'MBUS_SIMULATOR_PORT', kind: 'port', about: 'where the simulated bus is' },
  dlmsData: { name: 'AGENT_DLMS_DATA', kind: 'path', about: 'the data folder of the DLMS agent' },
  dlmsPort: { name: 'SIMULATE_DLMS_PORT', kind: 'port', about: 'where the simulated DLMS meters are' },
  ...KEYRING_SETTINGS,
  ...SECRETS_SETTINGS,
} as const satisfies SettingsTable;

const AGENT = 'agent-json';

export async function startProvision(source: NodeJS.ProcessEnv, { log, ports }: Environment): Promise<Running> {
  const settings = readSettings(SETTINGS, source);
  const { mqttData, agentData, streetData, hubData, simulated, mbusData, busPort, dlmsData, dlmsPort } = settings;
  const { secretsFolder, masterKey, masterKeyFile } = settings;
  const keys = { masterKey, masterKeyFile };
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
  await provisionHub(agentData, hubData);
  // Who hangs on no supply is known to the command service by this file, and to the agent by its registry.
  const dlmsGateway = `127.0.0.1:${dlmsPort}`;
  const dlms = sampleDlms(dlmsGateway);
  const switched = [...sampleDevices(), ...dlms.devices.flatMap((device) => switchedOf(device))];
  if (await saveSimulated(simulated, switched)) await provisionDevices(agentData, sampleDevices());
  const busGateway = `127.0.0.1:${busPort}`;
  const wishes: readonly SampleWish[] = [
    { dataFolder: mbusData, gateway: busGateway, sample: sampleMbus(busGateway) },
    { dataFolder: dlmsData, gateway: dlmsGateway, sample: dlms },
  ];
  for (const wish of wishes) await provisionSample(wish, { secretsFolder, keys }, ports);
  return { health: () => ({ state: 'ready', figures: {} }), stop: async () => undefined };
}

/** The hub's password is saved last, so its presence says that nothing was cut short. */
async function provisionHub(agentData: string, hubData: string): Promise<void> {
  if (Object.keys(await readStreetCredentials(hubData)).length > 0) return;
  const { apiKey, username, devices } = sampleHub();
  await provisionDevices(agentData, devices);
  const speaksFor = devices.map(({ deviceId }) => deviceId);
  const [password = ''] = await addHttpCredentials(agentData, [{ apiKey, username, speaksFor }]);
  await saveStreetCredentials(hubData, { [username]: password });
}

interface SampleWish {
  readonly dataFolder: string;
  /** Where the simulated meters are. */
  readonly gateway: string;
  readonly sample: {
    readonly devices: Parameters<typeof provisionDevices>[1];
    readonly keys: ReadonlyMap<string, Uint8Array>;
  };
}

interface Kept {
  readonly secretsFolder: string | undefined;
  readonly keys: Pick<KeyringOptions, 'masterKey' | 'masterKeyFile'>;
}

/** Simulated meters and their keys for the agent that asks them; again only when the simulator has moved to another port. */
async function provisionSample(
  { dataFolder, gateway, sample }: SampleWish,
  { secretsFolder, keys }: Kept,
  { disk, clock }: Environment['ports'],
): Promise<void> {
  await disk.makeDirectory(dataFolder);
  const marker = openCheckpoint({ disk, path: join(dataFolder, 'sample') });
  const before = await marker.read();
  if (before !== undefined && new TextDecoder().decode(before) === gateway) return;
  const folder = secretsFolder ?? join(dataFolder, 'secrets');
  const keyring = await openKeyring({ ...keys, folder: dataFolder });
  await openSecretStore({ folder, keyring, disk, clock }).putAll(sample.keys);
  await provisionDevices(dataFolder, sample.devices);
  await marker.write(new TextEncoder().encode(gateway));
}

/** A meter as the file of simulators wants to know it. */
function switchedOf({ refDevice, serialNumber, isSimulated }: Parameters<typeof provisionDevices>[1][number]) {
  return refDevice === undefined ? [] : [{ refDevice, serialNumber, isSimulated }];
}
