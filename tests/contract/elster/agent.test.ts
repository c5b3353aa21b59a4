/** The agent over real sockets: a simulated meter is read by schedule, and the broker is told its registers. */

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as agent from '@contor/elster/agent.js';
import { SETTINGS, start } from '@contor/elster/simulator/index.js';
import { serialOf } from '@contor/elster/simulator/street.js';
import { type Clock, createLogger, type Running, readSettings, realPorts } from '@contor/kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

const PERIOD_MS = 10_000;
const ports = realPorts();
const { clock } = ports;
const log = createLogger({ service: 'test', write: () => undefined });
/** A second before the next read of every ten seconds. */
const aheadMs = PERIOD_MS - 1_000 - (clock.nowMs() % PERIOD_MS);
const shifted: Clock = {
  nowMs: () => clock.nowMs() + aheadMs,
  monotonicMs: () => clock.monotonicMs(),
  after: (ms, act) => clock.after(ms, act),
  sleep: (ms) => clock.sleep(ms),
};

const told: { readonly path: string; readonly body: string }[] = [];
let folder: string;
let peer: Server;
let street: Running;
let running: Running;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contor-elster-'));
  // Broker and history at once: they take what they are given.
  peer = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    told.push({ path: request.url ?? '', body });
    response.writeHead(request.method === 'POST' ? 204 : 200, { 'content-type': 'application/json' });
    response.end(request.method === 'POST' ? undefined : '[]');
  }).listen(0, '127.0.0.1');
  street = await start(readSettings(SETTINGS, { SIMULATE_ELSTER_PORT: '0' }), { ports, log });
  const serialNumber = serialOf(2, 1);
  await agent.provisionDevices(folder, [
    {
      ...{ apiKey: 'elster', deviceId: 'two', tenant: 'default', model: 'contor-simulated-elster', serialNumber },
      ...{ timeZone: 'Europe/Bucharest', endpoint: `9600,e,7,1/${serialNumber}`, name: 'a1500-0002' },
      connection: { kind: 'tcp', address: street.url?.replace('tcp://', '') },
    },
  ]);
  const url = `http://127.0.0.1:${(peer.address() as AddressInfo).port}`;
  const given = { AGENT_ELSTER_DATA: folder, AGENT_ELSTER_PORT: '0', AGENT_ELSTER_LIVE: 'every 10 s' };
  const config = readSettings(agent.SETTINGS, { ...given, BROKER_URL: url, HISTORY_URL: url });
  running = await agent.start(config, { ports: { ...ports, clock: shifted }, log });
});
afterAll(async () => {
  await running?.stop();
  await street?.stop();
  peer?.close();
  await rm(folder, { recursive: true, force: true });
});

it('reads its meter and tells the broker, which tells history', async () => {
  const said = () => told.find(({ path, body }) => path.includes('upsert') && body.includes('totalActiveEnergyImport'));
  for (let turn = 0; said() === undefined && turn < 400; turn += 1) await clock.sleep(10);
  const [entity] = JSON.parse(said()?.body ?? '[]') as Readonly<Record<string, unknown>>[];
  expect(entity).toMatchObject({
    id: 'urn:ngsi-ld:ACMeasurement:a1500-0002',
    totalActiveEnergyImport: { unitCode: 'KWH', value: expect.any(Number) },
    activePowerImport: { unitCode: 'WTT' },
    voltageL1: { unitCode: 'VLT' },
  });
  expect(running.health().figures).toMatchObject({ readsFailed: 0, deadLetters: 0, failures: 0 });
});
