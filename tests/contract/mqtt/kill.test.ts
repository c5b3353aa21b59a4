/** kill -9 of the real process under load: whatever was acknowledged is delivered, once per id, in the order of its publisher. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AGENT_RULES, addCredentials, DEVICE_RULES } from '@contor/mqtt';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { times } from '../../support/long.js';
import { type BrokerProcess, startBrokerProcess } from './broker-process.js';
import { WireClient } from './wire-client.js';

const PUBLISHERS = 50;
/** `npm run check:kill9` kills all processes of the path, more often. */
const CYCLES = times(2, 4);
const WINDOW = 10;
const LOAD_MS = 700;

let dataFolder: string;
let passwords: readonly string[];
const names = Array.from({ length: PUBLISHERS }, (_none, at) => `meter-${at}`);

beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'contor-mqtt-kill-'));
  passwords = await addCredentials(dataFolder, [
    ...names.map((username) => ({ username, apikey: 'k', rules: DEVICE_RULES })),
    { username: 'agent', rules: AGENT_RULES },
  ]);
});
afterAll(() => rm(dataFolder, { recursive: true, force: true }));

describe('kill -9 under load', () => {
  it(`loses nothing acknowledged in ${CYCLES} cycles with ${PUBLISHERS} publishers`, async () => {
    const acked = new Set<string>();
    const sent = new Set<string>();
    const delivered = new Map<string, number>();
    const newest = new Map<string, number>();
    const faults = { ghosts: 0, misordered: 0, unmarkedRepeats: 0 };
    const counters = new Map(names.map((name) => [name, 0]));
    const note = (payload: string, isDuplicate: boolean): void => {
      const [name = '', count = ''] = payload.split(' ');
      if (!sent.has(payload)) faults.ghosts += 1;
      const times = delivered.get(payload) ?? 0;
      delivered.set(payload, times + 1);
      if (times > 0 && !isDuplicate) faults.unmarkedRepeats += 1;
      if (times === 0 && Number(count) < (newest.get(name) ?? -1)) faults.misordered += 1;
      if (times === 0) newest.set(name, Number(count));
    };

    let broker = await startBrokerProcess({ MQTT_DATA: dataFolder });
    for (let cycle = 0; cycle < CYCLES; cycle += 1) {
      const agent = await subscribe(broker, note, 0.9);
      const publishers = await Promise.all(
        names.map((name, at) => publish(broker, name, passwords[at] ?? '', counters, sent, acked)),
      );
      await sleep(LOAD_MS * (0.5 + Math.random()));
      await broker.kill();
      await Promise.all([agent.closed, ...publishers.map((publisher) => publisher.closed)]);
      broker = await startBrokerProcess({ MQTT_DATA: dataFolder });
    }
    const agent = await subscribe(broker, note, 1);
    const missing = () => [...acked].filter((payload) => !delivered.has(payload));
    for (let tries = 0; tries < 100 && missing().length > 0; tries += 1) await sleep(100);
    // Ghosts and repeats, if any, have a moment to show themselves.
    await sleep(300);
    await agent.disconnect();
    expect(await broker.stop()).toBe(0);

    expect({ ...faults, lost: missing().length }).toEqual({ ghosts: 0, misordered: 0, unmarkedRepeats: 0, lost: 0 });
    expect(acked.size).toBeGreaterThan(250 * CYCLES);
  }, 60_000);
});

/** Acknowledges all but a share of what it gets, so that each crash finds some deliveries open. */
async function subscribe(
  broker: BrokerProcess,
  note: (payload: string, isDuplicate: boolean) => void,
  ackShare: number,
): Promise<WireClient> {
  const { client, returnCode } = await WireClient.connect(broker.port, {
    clientId: 'agent',
    username: 'agent',
    password: passwords.at(-1) ?? '',
    clean: false,
  });
  expect(returnCode).toBe(0);
  const take = (packet: Parameters<WireClient['onPacket']>[0]): void => {
    if (packet.cmd !== 'publish') return;
    note(packet.payload.toString(), packet.dup);
    if (Math.random() < ackShare) client.acknowledge(packet);
  };
  for (const early of client.received.splice(0)) take(early);
  client.onPacket = take;
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '/json/+/+/attrs', qos: 1 }] });
  return client;
}

/** Keeps a window of QoS 1 publishes in flight until the connection breaks; then it begins again with new numbers. */
async function publish(
  broker: BrokerProcess,
  name: string,
  password: string,
  counters: Map<string, number>,
  sent: Set<string>,
  acked: Set<string>,
): Promise<WireClient> {
  const { client } = await WireClient.connect(broker.port, { clientId: name, username: name, password });
  const inFlight = new Map<number, string>();
  const next = (): void => {
    const count = counters.get(name) ?? 0;
    counters.set(name, count + 1);
    const payload = `${name} ${count}`;
    sent.add(payload);
    inFlight.set(client.publish(`/json/k/${name}/attrs`, payload), payload);
  };
  client.onPacket = (packet) => {
    if (packet.cmd !== 'puback' || packet.messageId === undefined) return;
    const payload = inFlight.get(packet.messageId);
    if (payload !== undefined) acked.add(payload);
    next();
  };
  for (let at = 0; at < WINDOW; at += 1) next();
  return client;
}
