/** docs/agents/provisioning.md as a test: every curl line of its walk, in order, against the JSON agent and a broker, with the answers the page gives. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as agentJson from '@contor/agent-json';
import { FAULTS } from '@contor/agent-kit/provisioning/answers.js';
import * as brokerServer from '@contor/broker';
import { createLogger, type Running, readSettings, realPorts } from '@contor/kit';
import * as mqttServer from '@contor/mqtt';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { addTenant } from 'contor/commands/tenant.js';
import { COLUMNS } from 'contor/meters/columns.js';
import { connectAsync, type MqttClient } from 'mqtt';
import { parseCurl } from '../../support/curl.js';
import { freePorts } from '../../support/platform.js';
import { ROOT } from '../../support/root.js';

const PAGE = readFileSync(join(ROOT, 'docs/agents/provisioning.md'), 'utf8');
const STEP = /```sh\n(curl [\s\S]*?)\n```\n\nAnswer `(\d{3})`(?::\n\n```json\n([\s\S]*?)\n```|\.)/g;
const STEPS = [...PAGE.matchAll(STEP)].map(([, line = '', status = '', json]) => ({
  line,
  status: Number(status),
  body: json === undefined ? undefined : (JSON.parse(json) as unknown),
}));

const folder = mkdtempSync(join(tmpdir(), 'contor-provisioning-'));
const environment = { ports: realPorts(), log: createLogger({ service: 'test', write: () => undefined }) };
const nowhere = 'http://127.0.0.1:9';
const variables: Record<string, string> = {};
let broker: Running;
let agent: Running;
let mqtt: mqttServer.MqttRunning;
let bell: MqttClient;
/** What the bell of the page heard, as it came. */
const heard: string[] = [];
/** Answers that the page does not give in full. */
const said: (string | undefined)[] = [];

beforeAll(async () => {
  const source = { BROKER_DATA: join(folder, 'broker'), BROKER_PORT: '0', BROKER_HISTORY_URL: nowhere };
  broker = await brokerServer.start(readSettings(brokerServer.SETTINGS, source), environment);
  variables.B = broker.url ?? '';
  const quiet = jest.spyOn(console, 'log').mockReturnValue(undefined);
  await addTenant('openiot', { BROKER_URL: variables.B, HISTORY_URL: nowhere });
  quiet.mockRestore();
  const data = join(folder, 'agent');
  const mqttData = join(folder, 'mqtt');
  const apikey = '4jggokgpepnvsb2uv4s40d59ov';
  const [agentPassword = '', bellPassword = ''] = await mqttServer.addCredentials(mqttData, [
    { username: 'agent-json', rules: mqttServer.AGENT_RULES },
    { username: 'bell1', apikey, rules: mqttServer.DEVICE_RULES },
  ]);
  mqtt = await mqttServer.start(
    readSettings(mqttServer.SETTINGS, { MQTT_DATA: mqttData, MQTT_PORT: '0' }),
    environment,
  );
  const mqttUrl = `mqtt://127.0.0.1:${mqtt.port}`;
  bell = await connectAsync(mqttUrl, { clientId: 'bell1', username: 'bell1', password: bellPassword });
  bell.on('message', (_topic, payload) => {
    heard.push(payload.toString());
    bell.publish(`/json/${apikey}/bell1/cmdexe`, '{"ring": "rang"}', { qos: 1 });
  });
  await bell.subscribeAsync(`/json/${apikey}/bell1/cmd`, { qos: 1 });
  const [provisioning = 0, http = 0] = await freePorts(2);
  const [password = '', heaterPassword = ''] = await agentJson.addHttpCredentials(data, [
    { apiKey: apikey, username: 'room1' },
    { apiKey: apikey, username: 'heater1' },
  ]);
  agent = await agentJson.start(
    readSettings(agentJson.SETTINGS, {
      ...{ AGENT_JSON_DATA: data, AGENT_JSON_PORT: String(provisioning), AGENT_JSON_HTTP_PORT: String(http) },
      ...{ BROKER_URL: variables.B, HISTORY_URL: nowhere, MQTT_URL: mqttUrl, AGENT_JSON_MQTT_PASSWORD: agentPassword },
    }),
    environment,
  );
  Object.assign(variables, {
    PASSWORD: password,
    HEATER_PASSWORD: heaterPassword,
    A: `http://127.0.0.1:${provisioning}`,
    H: `http://127.0.0.1:${http}`,
  });
}, 30_000);

afterAll(async () => {
  await bell.endAsync(true);
  await agent.stop();
  await mqtt.stop();
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function run(line: string) {
  const { method, url, headers, body } = parseCurl(line, variables);
  const reply = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await reply.text();
  return { status: reply.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
}

/** What stands in the broker follows within a moment; everything else is so when it is said. */
async function settled(line: string, { status, body }: { readonly status: number; readonly body: unknown }) {
  const isWanted = (found: { readonly status: number; readonly body: unknown }): boolean =>
    body === undefined ? found.status === status : same(found, { status, body });
  let found = await run(line);
  for (let tries = 0; tries < 100 && !isWanted(found); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    found = await run(line);
  }
  return found;
}

function same(found: unknown, wanted: unknown): boolean {
  try {
    expect(found).toEqual(wanted);
    return true;
  } catch {
    return false;
  }
}

describe('the walk of docs/agents/provisioning.md', () => {
  it('is there as a whole', () => {
    expect(STEPS).toHaveLength((PAGE.match(/^curl /gm) ?? []).length);
    expect(STEPS.length).toBeGreaterThan(12);
  });

  it.each(STEPS)('$line', async ({ line, status, body }) => {
    const isOfBroker = line.includes('$B/');
    const found = isOfBroker ? await settled(line, { status, body }) : await run(line);
    if (body === undefined) said.push(JSON.stringify(found.body));
    expect(body === undefined ? found.status : found).toEqual(body === undefined ? status : { status, body });
  });
});

it('rang the bell once, as the page says', () => {
  expect(heard).toEqual(['{"ring":3}']);
});

it('refused what is guarded by the agent, and not for another reason', () => {
  expect(said.filter((answer) => answer?.includes('answered 422: command.guarded'))).toHaveLength(1);
});

describe('what the page says', () => {
  it.each(Object.entries(FAULTS))('%s is %i', (name, status) => {
    const row = PAGE.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${name}\``)) ?? '';
    expect(row).toContain(String(status));
  });
  it('names the columns of a file', () => {
    const files = PAGE.slice(PAGE.indexOf('## Files'));
    const rest = [
      'ngsiVersion',
      'payloadType',
      'polling',
      'autoprovision',
      'defaultEntityNameConjunction',
      'description',
    ];
    expect(COLUMNS.filter(({ name }) => !rest.includes(name) && !files.includes(`\`${name}\``))).toEqual([]);
  });
});
