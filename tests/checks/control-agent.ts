/** The control of the command check: an agent that passes on whatever is written to a command attribute, as agents do by default. */

import { createServer } from 'node:http';
import { keptMqttPassword } from '@contor/agent-json/credential.js';
import { openDeviceRegistry } from '@contor/agent-kit';
import { createBrokerClient } from '@contor/history-query';
import { createLogger, realPorts } from '@contor/kit';
import { contextLink } from '@contor/orion-config';
import { connectAsync } from 'mqtt';
import { eventually } from '../support/command-path.js';

const { AGENT_JSON_DATA = '', AGENT_JSON_PORT = '', BROKER_URL = '', MQTT_URL = '' } = process.env;
const { disk, clock } = realPorts();
const password = (await keptMqttPassword(AGENT_JSON_DATA, {}, disk)) ?? '';
const registry = await openDeviceRegistry({
  ...{ disk, clock, dataFolder: AGENT_JSON_DATA, log: createLogger({ service: 'control-agent' }) },
  onFatal: (error) => {
    throw error;
  },
});
const devices = [...registry.all()];
const line = await eventually(() =>
  connectAsync(MQTT_URL, { clientId: 'agent-json', username: 'agent-json', password }),
);
const broker = createBrokerClient({ url: BROKER_URL, context: 'installed' });

const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const [, id = '', command = ''] = /^\/ngsi-ld\/v1\/entities\/([^/]+)\/attrs\/([^/]+)$/.exec(request.url ?? '') ?? [];
  const device = devices.find(({ refDevice }) => refDevice === decodeURIComponent(id));
  if (device === undefined) return void response.writeHead(404).end();
  const topic = `/json/${device.apiKey}/${device.deviceId}/cmd`;
  await line.publishAsync(
    topic,
    JSON.stringify({ [command]: { order: 'none', notAfter: new Date().toISOString(), body } }),
  );
  response.writeHead(204).end();
});
server.listen(Number(AGENT_JSON_PORT), '127.0.0.1');

const Link = contextLink(await broker.contextUrl());
for (const { name, refDevice } of devices)
  await broker.request({
    method: 'POST',
    path: '/ngsi-ld/v1/csourceRegistrations',
    headers: { Link },
    body: {
      id: `urn:ngsi-ld:ContextSourceRegistration:agent-json:${name}`,
      type: 'ContextSourceRegistration',
      mode: 'exclusive',
      operations: ['updateOps'],
      information: [
        { entities: [{ id: refDevice, type: 'Device' }], propertyNames: ['disconnect', 'reconnect', 'limit'] },
      ],
      endpoint: `http://127.0.0.1:${AGENT_JSON_PORT}`,
    },
  });
