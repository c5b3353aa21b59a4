/** The breaker of a simulated DLMS meter over real sockets: it opens and closes by signed orders and by nothing else. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as agent from '@contor/dlms/agent.js';
import { sampleDlms } from '@contor/dlms/sample.js';
import { SimulatedStreet } from '@contor/dlms/simulator/street.js';
import { serveMeters } from '@contor/dlms/transport/serve.js';
import {
  createLogger,
  type Listener,
  openKeyring,
  openSecretStore,
  type Running,
  readSettings,
  realPorts,
} from '@contor/kit';
import { createSigner, formatKeySet, newSigningKey, type Signer } from '@contor/policy';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

const ports = realPorts();
const { clock, disk, net, random } = ports;
const street = new SimulatedStreet({ meters: 4, seed: 1, random, clockMs: () => clock.nowMs() });
const breaker = () => street.meter(2)?.state;

let folder: string;
let listener: Listener;
let running: Running;
let signer: Signer;
let device: ReturnType<typeof sampleDlms>['devices'][number] | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contor-dlms-'));
  listener = await serveMeters({ net, clock, host: '127.0.0.1', port: 0, link: () => street.link() });
  const sample = sampleDlms(`127.0.0.1:${listener.port}`);
  device = sample.devices[1];
  const keyring = await openKeyring({ folder });
  await openSecretStore({ folder: join(folder, 'secrets'), keyring, disk, clock }).putAll(sample.keys);
  await agent.provisionDevices(folder, sample.devices);
  signer = await createSigner(await newSigningKey());
  await writeFile(join(folder, 'keys.json'), formatKeySet('default', signer.publicKey));
  const config = readSettings(agent.SETTINGS, {
    AGENT_DLMS_DATA: folder,
    AGENT_DLMS_PORT: '0',
    AGENT_DLMS_LIVE: 'every 1 h',
    AGENT_DLMS_COMMAND_KEYS: join(folder, 'keys.json'),
    // Nobody: what the meters say waits in the log.
    BROKER_URL: 'http://127.0.0.1:9',
    HISTORY_URL: 'http://127.0.0.1:9',
  });
  running = await agent.start(config, { ports, log: createLogger({ service: 'test', write: () => undefined }) });
});
afterAll(async () => {
  await running?.stop();
  await listener?.close();
  await rm(folder, { recursive: true, force: true });
});

async function order(command: string, by: Signer | undefined): Promise<number> {
  const { refDevice = '', serialNumber = '' } = device ?? {};
  const now = clock.nowMs();
  const statement = {
    ...{ kind: 'order' as const, id: `${command}-${now}`, tenant: 'default', command, device: refDevice, serialNumber },
    ...{ issuedAtMs: now, notAfterMs: now + 60_000 },
  };
  const value = by === undefined ? 'now' : await by.sign(statement);
  const answer = await fetch(`${running.url}/ngsi-ld/v1/entities/${refDevice}/attrs/${command}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'Property', value }),
  });
  return answer.status;
}

async function eventually(isSo: () => boolean): Promise<void> {
  for (let turn = 0; !isSo() && turn < 400; turn += 1) await clock.sleep(10);
  expect(isSo()).toBe(true);
}

it('does not open without a signature, nor by that of a stranger', async () => {
  expect(await order('disconnect', undefined)).toBe(400);
  expect(await order('disconnect', await createSigner(await newSigningKey()))).toBe(400);
  expect(breaker()?.isConnected).toBe(true);
});

it('opens and closes by signed orders', async () => {
  expect(await order('disconnect', signer)).toBe(204);
  await eventually(() => breaker()?.isConnected === false);
  expect(await order('reconnect', signer)).toBe(204);
  await eventually(() => breaker()?.isConnected === true);
  // The meters beside it were left alone.
  expect(street.meter(1)?.state.isConnected).toBe(true);
});
