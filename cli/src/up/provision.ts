/**
 * The first start of a data folder: the sample street's meters and the agent get their credentials at the MQTT broker, and the agent
 * learns who they are. Later starts find everything and change nothing.
 */

import { join } from 'node:path';
import { keepMqttPassword, provisionDevices, sampleDevices } from '@contor/agent-json';
import { type Environment, type Running, readSettings, type SettingsTable } from '@contor/kit';
import { AGENT_RULES, addCredentials, DEVICE_RULES, listCredentials } from '@contor/mqtt';

const SETTINGS = {
  mqttData: { name: 'MQTT_DATA', kind: 'path', about: 'the data folder of the MQTT broker' },
  agentData: { name: 'AGENT_JSON_DATA', kind: 'path', about: 'the data folder of the JSON agent' },
  streetData: { name: 'STREET_DATA', kind: 'path', about: 'the data folder of the simulated street' },
} as const satisfies SettingsTable;

const AGENT = 'agent-json';
