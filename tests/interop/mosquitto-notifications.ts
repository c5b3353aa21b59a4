/**
 * Notifications to a real Mosquitto: both versions of MQTT, every quality of service, plain and over TLS with a certificate
 * that is checked, and a Mosquitto that is killed in the middle. Every state has to arrive, each entity in order.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt, { type MqttClient } from 'mqtt';
import { startBroker } from '../contract/broker/broker-process.js';

const WRITES = 40;
const ROWS = [
  { name: '311-qos0', scheme: 'mqtt', version: 'mqtt3.1.1', qos: '0' },
  { name: '311-qos1', scheme: 'mqtt', version: 'mqtt3.1.1', qos: '1' },
  { name: '311-qos2', scheme: 'mqtt', version: 'mqtt3.1.1', qos: '2' },
  { name: '5-qos1', scheme: 'mqtt', version: 'mqtt5.0', qos: '1' },
  { name: '5-qos2', scheme: 'mqtt', version: 'mqtt5.0', qos: '2' },
  { name: 'tls-311-qos1', scheme: 'mqtts', version: 'mqtt3.1.1', qos: '1' },
  { name: 'tls-5-qos2', scheme: 'mqtts', version: 'mqtt5.0', qos: '2' },
] as const;

/** Counts per row; throws when a state is missing or an entity out of order. */
export async function notifyMosquitto(folder: string): Promise<Readonly<Record<string, number>>> {
  const [plain, secure] = [await freePort(), await freePort()];
  makeCertificates(folder);
  const configuration = join(folder, 'mosquitto.conf');
  writeFileSync(configuration, configurationOf(folder, plain, secure));
  let server = await startMosquitto(configuration, plain);
  const broker = await startBroker({ BROKER_DATA: join(folder, 'broker'), BROKER_NOTIFY_CA: join(folder, 'ca.crt') });
  const heard = new Map<string, number[]>(ROWS.map(({ name }) => [name, []]));
  let reader = await listen(plain, heard);
  try {
    for (const { name, scheme, version, qos } of ROWS) {
      const port = scheme === 'mqtt' ? plain : secure;
      const notifierInfo = Object.entries({ 'MQTT-Version': version, 'MQTT-QoS': qos, keep: 'all' }).map(
        ([key, value]) => ({ key, value }),
      );
      await post(`${broker.url}/ngsi-ld/v1/subscriptions`, {
        ...{ id: `urn:ngsi-ld:Subscription:${name}`, type: 'Subscription', entities: [{ type: 'Counter' }] },
        notification: {
          format: 'simplified',
          endpoint: { uri: `${scheme}://localhost:${port}/counter/${name}`, notifierInfo },
        },
      });
    }
    for (let value = 1; value <= WRITES; value += 1) {
      // What Mosquitto has acknowledged and not passed on dies with it, and is not ours to keep.
      if (value === WRITES / 2 + 1) {
        await until(() => ROWS.every(({ name }) => heard.get(name)?.at(-1) === WRITES / 2), 'the first half');
        await reader.endAsync(true);
        server.kill('SIGKILL');
        await once(server, 'exit');
      }
      await post(`${broker.url}/ngsi-ld/v1/entityOperations/upsert?options=update`, [
        { id: 'urn:ngsi-ld:Counter:1', type: 'Counter', count: value },
      ]);
    }
    await sleep(1_000);
    server = await startMosquitto(configuration, plain);
    reader = await listen(plain, heard);
    await until(() => ROWS.every(({ name }) => heard.get(name)?.at(-1) === WRITES), 'the last states');
    for (const [name, values] of heard) {
      const once = [...new Set(values)];
      const isOrdered = once.every((value, at) => value === at + 1) && once.length === WRITES;
      if (!isOrdered) throw new Error(`${name}: ${values.join(' ')}`);
    }
    return Object.fromEntries([...heard].map(([name, values]) => [name, values.length]));
  } finally {
    await reader.endAsync(true);
    await broker.stop();
    server.kill();
  }
}

async function listen(port: number, heard: ReadonlyMap<string, number[]>): Promise<MqttClient> {
  const reader = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: 'reader', clean: false });
  reader.on('message', (topic, payload) => {
    const { body } = JSON.parse(payload.toString()) as { body: { data: readonly { count: number }[] } };
    for (const { count } of body.data) heard.get(topic.split('/')[1] ?? '')?.push(count);
  });
  await reader.subscribeAsync('counter/#', { qos: 2 });
  return reader;
}

function configurationOf(folder: string, plain: number, secure: number): string {
  const file = (name: string) => join(folder, name);
  return [
    'per_listener_settings false',
    'allow_anonymous true',
    'max_queued_messages 0',
    ...(process.getuid?.() === 0 ? ['user root'] : []),
    `listener ${plain} 127.0.0.1`,
    `listener ${secure} 127.0.0.1`,
    `certfile ${file('server.crt')}`,
    `keyfile ${file('server.key')}`,
    '',
  ].join('\n');
}

/** An authority of its own, and a server certificate for localhost signed by it. */
function makeCertificates(folder: string): void {
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', [...args], { cwd: folder, stdio: 'ignore' });
  };
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost');
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-days',
    '2',
    '-subj',
    '/CN=test',
  );
  openssl(
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'server.key',
    '-out',
    'server.csr',
    '-subj',
    '/CN=localhost',
  );
  openssl(
    ...['x509', '-req', '-in', 'server.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'],
    ...['-out', 'server.crt', '-days', '2', '-extfile', 'names'],
  );
}

async function startMosquitto(configuration: string, port: number): Promise<ChildProcess> {
  const server = spawn('mosquitto', ['-c', configuration], { stdio: 'ignore' });
  await until(async () => {
    try {
      await (
        await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0, connectTimeout: 1_000 }, false)
      ).endAsync(true);
      return true;
    } catch {
      return false;
    }
  }, 'Mosquitto');
  return server;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function post(url: string, body: object): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
}

async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let wait = 0; wait < 600; wait += 1) {
    if (await isSo()) return;
    await sleep(50);
  }
  throw new Error(`Waited for ${what}.`);
}
