/**
 * The street, the embedded MQTT broker and the agent, each as it is, over real sockets and files; broker and history are
 * a small HTTP server that can be away. What the meters measured must be there, value for value.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as agent from '@contor/agent-json';
import * as street from '@contor/agent-json/simulator';
import { type Environment, type Running, readSettings, realPorts } from '@contor/kit';
import * as mqtt from '@contor/mqtt';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SILENT } from '../agent-kit/bench-agent.js';

const METERS = 5;
const SILENT_METER = 2;
const ENVIRONMENT: Environment = { ports: realPorts(), log: SILENT };

type Attribute = { readonly value?: unknown; readonly observedAt?: string };
type Received = { readonly id: string; readonly type: string } & Readonly<Record<string, Attribute>>;

class Platform {
  readonly upserted: Received[] = [];
  readonly rows: Received[] = [];
  isAway = false;
  #server: Server | undefined;
  url = '';

  async open(): Promise<void> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (this.isAway) {
          response.writeHead(503).end();
          return;
        }
        if (request.method === 'GET') {
          // It knows the platform's @context by heart.
          response.writeHead(200).end();
          return;
        }
        const body = JSON.parse(Buffer.concat(chunks).toString()) as Received[] | { data: Received[] };
        const isHistory = request.url === '/v2/notify';
        if (isHistory && 'data' in body) this.rows.push(...body.data);
        else if (!('data' in body)) this.upserted.push(...body);
        response.writeHead(isHistory ? 200 : 204).end();
      });
    });
    this.#server = server;
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => {
      this.#server?.close(resolve);
    });
  }
}

describe('street, MQTT and agent', () => {
  const platform = new Platform();
  const running: Running[] = [];
  let folder = '';
  let environment: Record<string, string> = {};
  let broker: Running | undefined;

  const startMqtt = async (port: number): Promise<void> => {
    broker = await mqtt.start(readSettings(mqtt.SETTINGS, { ...environment, MQTT_PORT: String(port) }), ENVIRONMENT);
    environment = { ...environment, MQTT_URL: broker.url ?? '' };
  };
  const startAgent = async (): Promise<Running> => {
    const one = await agent.start(readSettings(agent.SETTINGS, environment), ENVIRONMENT);
    running.push(one);
    return one;
  };
  const startStreet = async (more: Record<string, string> = {}): Promise<Running> => {
    const one = await street.start(readSettings(street.SETTINGS, { ...environment, ...more }), ENVIRONMENT);
    running.push(one);
    return one;
  };
  const until = async (isTrue: () => boolean): Promise<void> => {
    for (let waitedMs = 0; !isTrue() && waitedMs < 20_000; waitedMs += 20) await ENVIRONMENT.ports.clock.sleep(20);
    expect(isTrue()).toBe(true);
  };
  const typed = (type: string): Received[] => platform.upserted.filter((entity) => entity.type === type);

  beforeEach(async () => {
    await platform.open();
    platform.upserted.length = 0;
    platform.rows.length = 0;
    platform.isAway = false;
    folder = await mkdtemp(join(tmpdir(), 'contor-conversation-'));
    environment = {
      MQTT_DATA: join(folder, 'mqtt'),
      AGENT_JSON_DATA: join(folder, 'agent'),
      AGENT_JSON_PORT: '0',
      STREET_DATA: join(folder, 'street'),
      STREET_METERS: String(METERS),
      STREET_SILENT_METER: String(SILENT_METER),
      BROKER_URL: platform.url,
      HISTORY_URL: platform.url,
    };
    const devices = agent.sampleDevices().slice(0, METERS);
    const wanted = devices.map(({ deviceId, apiKey }) => ({
      username: deviceId,
      apikey: apiKey,
      rules: mqtt.DEVICE_RULES,
    }));
    const passwords = await mqtt.addCredentials(join(folder, 'mqtt'), wanted);
    const own = await mqtt.addCredential({
      dataFolder: join(folder, 'mqtt'),
      username: 'agent-json',
      rules: mqtt.AGENT_RULES,
    });
    await agent.keepMqttPassword(join(folder, 'agent'), own);
    await agent.provisionDevices(join(folder, 'agent'), devices);
    await street.saveStreetCredentials(
      join(folder, 'street'),
      Object.fromEntries(devices.map(({ deviceId }, at) => [deviceId, passwords[at] ?? ''])),
    );
    await startMqtt(0);
  });

  afterEach(async () => {
    for (const one of running.splice(0).reverse()) await one.stop();
    await broker?.stop();
    await platform.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('brings the present, a day of profile and its acquisitions, exactly as the registers say', async () => {
    await startAgent();
    await startStreet();
    await until(
      () =>
        typed('ACMeasurement').length >= METERS &&
        platform.rows.length >= METERS * 96 &&
        typed('Acquisition').length >= METERS,
    );
    for (const number of Array.from({ length: METERS }, (_, index) => index + 1)) {
      const meter = new street.SimulatedMeter({ seed: 'tulip-street', number });
      const [state] = typed('ACMeasurement').filter(({ id }) => id === `urn:ngsi-ld:ACMeasurement:${meter.deviceId}`);
      const observedMs = Date.parse(state?.totalActiveEnergyImport?.observedAt ?? '');
      expect(state?.totalActiveEnergyImport?.value).toBe(meter.registers.at(observedMs).importWh / 1_000);
      if (number === SILENT_METER) expect(Date.now() - observedMs).toBeGreaterThan(39 * 60_000);
      const rows = platform.rows.filter(({ id }) => id === `urn:ngsi-ld:IntervalReading:${meter.deviceId}`);
      expect(rows).toHaveLength(96);
      for (const row of rows) {
        const startMs = Date.parse(row.activeEnergyImport?.observedAt ?? '');
        const start = meter.registers.at(startMs).importWh;
        expect(row.totalActiveEnergyImport?.value).toBe(start / 1_000);
        expect(row.activeEnergyImport?.value).toBe(
          (meter.registers.at(startMs + street.INTERVAL_MS).importWh - start) / 1_000,
        );
      }
    }
    const stored = typed('Acquisition').map((entity) => Number(entity.storedCount?.value));
    expect(stored.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(METERS * 96);
  }, 30_000);

  it('acks to MQTT while the platform is away, and brings everything when it is back', async () => {
    platform.isAway = true;
    const one = await startAgent();
    const meters = await startStreet({ STREET_SILENT_METER: '0' });
    await until(() => meters.health().figures.waiting === 0);
    await until(() => Number(one.health().figures.stored) >= METERS * 2);
    expect(platform.rows).toHaveLength(0);
    platform.isAway = false;
    await until(() => platform.rows.length === METERS * 96 && typed('ACMeasurement').length >= METERS);
    await until(() => one.health().state === 'ready');
  }, 30_000);

  it('finds in the session what came while it was down', async () => {
    const first = await startAgent();
    await first.stop();
    running.length = 0;
    const meters = await startStreet();
    await until(() => meters.health().figures.waiting === 0);
    expect(platform.rows).toHaveLength(0);
    await startAgent();
    await until(() => platform.rows.length === METERS * 96);
  }, 30_000);

  it('survives the MQTT broker', async () => {
    const one = await startAgent();
    const port = Number(new URL(environment.MQTT_URL ?? '').port);
    await broker?.stop();
    await until(() => one.health().state === 'degraded');
    await startMqtt(port);
    await until(() => one.health().state === 'ready');
    await startStreet();
    await until(() => platform.rows.length === METERS * 96);
  }, 30_000);

  it('refuses the broken halves of a noisy street and keeps the readings', async () => {
    const one = await startAgent();
    const meters = await startStreet({ STREET_BAD_JSON: '1000', STREET_DUPLICATE: '1000', STREET_SILENT_METER: '0' });
    await until(() => meters.health().figures.waiting === 0 && one.health().figures.liveLag === 0);
    expect(one.health().figures.deadLetters).toBeGreaterThanOrEqual(METERS);
    await until(() => new Set(typed('ACMeasurement').map(({ id }) => id)).size === METERS);
  }, 30_000);
});
