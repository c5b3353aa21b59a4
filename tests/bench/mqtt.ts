/**
 * Durable publishes a second through the embedded MQTT broker: 200 connections, QoS 1, window 20, 300-byte messages, and one
 * persistent QoS 1 subscriber that acknowledges all of them. Acknowledgements and deliveries are counted here, in another
 * process than the broker.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AGENT_RULES, addCredentials, DEVICE_RULES } from '@contor/mqtt';
import { type BrokerProcess, startBrokerProcess } from '../contract/mqtt/broker-process.js';
import { WireClient } from '../contract/mqtt/wire-client.js';

export interface MqttBenchOptions {
  readonly connections?: number;
  readonly window?: number;
  readonly payloadBytes?: number;
  readonly seconds?: number;
  readonly runs?: number;
}

export interface MqttBenchResult {
  readonly name: 'mqtt';
  readonly connections: number;
  readonly window: number;
  readonly payloadBytes: number;
  /** Publishes acknowledged a second, which is publishes on disk a second: median of the runs. */
  readonly ackedPerSecond: number;
  readonly deliveredPerSecond: number;
  /** CPU of the broker's process for one message in and out. */
  readonly brokerCpuUsPerMessage: number;
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
  readonly acked: number;
  readonly delivered: number;
  readonly brokerRssMiB: number;
}

const WARM_UP_MS = 1000;
const DRAIN_MS = 10_000;
const PUBACK = 0x40;
const PUBLISH_QOS1 = 0x32;

export async function benchMqtt(options: MqttBenchOptions = {}): Promise<MqttBenchResult> {
  const { connections = 200, window = 20, payloadBytes = 300, seconds = 5, runs = 3 } = options;
  const results: MqttBenchResult[] = [];
  for (let run = 0; run < runs; run += 1) results.push(await once({ connections, window, payloadBytes, seconds }));
  results.sort((a, b) => a.ackedPerSecond - b.ackedPerSecond);
  const median = results[Math.floor(results.length / 2)];
  if (median === undefined) throw new Error('A bench needs at least one run.');
  return median;
}

async function once(shape: {
  connections: number;
  window: number;
  payloadBytes: number;
  seconds: number;
}): Promise<MqttBenchResult> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'contor-bench-mqtt-'));
  try {
    const names = Array.from({ length: shape.connections }, (_none, at) => `bench-${at}`);
    const passwords = await addCredentials(dataFolder, [
      ...names.map((username) => ({ username, apikey: 'bench', rules: DEVICE_RULES })),
      { username: 'agent', rules: AGENT_RULES },
    ]);
    const broker = await startBrokerProcess({ MQTT_DATA: dataFolder });
    try {
      return await measure(broker, shape, names, passwords);
    } finally {
      await broker.stop();
    }
  } finally {
    await rm(dataFolder, { recursive: true, force: true });
  }
}

async function measure(
  broker: BrokerProcess,
  shape: { connections: number; window: number; payloadBytes: number; seconds: number },
  names: readonly string[],
  passwords: readonly string[],
): Promise<MqttBenchResult> {
  const agent = await WireClient.connect(broker.port, {
    clientId: 'agent',
    username: 'agent',
    password: passwords.at(-1) ?? '',
    clean: false,
  });
  await agent.client.subscribe(['/json/+/+/attrs']);
  const delivered = consume(agent.client);
  const publishers = await Promise.all(
    names.map(async (name, at) => {
      const { client } = await WireClient.connect(broker.port, {
        clientId: name,
        username: name,
        password: passwords[at] ?? '',
      });
      return new Publisher(client, `/json/bench/${name}/attrs`, shape.payloadBytes);
    }),
  );
  for (const publisher of publishers) publisher.begin(shape.window);
  await sleep(WARM_UP_MS);
  const total = () => publishers.reduce((sum, publisher) => sum + publisher.acked, 0);
  for (const publisher of publishers) publisher.latenciesMs.length = 0;
  const before = {
    acked: total(),
    delivered: delivered.count,
    cpu: await processFigures(broker),
    at: performance.now(),
  };
  await sleep(shape.seconds * 1000);
  const after = {
    acked: total(),
    delivered: delivered.count,
    cpu: await processFigures(broker),
    at: performance.now(),
  };
  for (const publisher of publishers) publisher.end();
  await drained(publishers, delivered, total);
  const elapsed = (after.at - before.at) / 1000;
  const latencies = publishers.flatMap((publisher) => publisher.latenciesMs).sort((a, b) => a - b);
  const quantile = (share: number) => round(latencies[Math.floor(latencies.length * share)] ?? 0, 1);
  return {
    name: 'mqtt',
    connections: shape.connections,
    window: shape.window,
    payloadBytes: shape.payloadBytes,
    ackedPerSecond: Math.round((after.acked - before.acked) / elapsed),
    deliveredPerSecond: Math.round((after.delivered - before.delivered) / elapsed),
    brokerCpuUsPerMessage: round(
      ((after.cpu.cpuSeconds - before.cpu.cpuSeconds) * 1e6) / (after.acked - before.acked),
      1,
    ),
    ackP50Ms: quantile(0.5),
    ackP99Ms: quantile(0.99),
    acked: total(),
    delivered: delivered.count,
    brokerRssMiB: Math.round(after.cpu.rssBytes / 2 ** 20),
  };
}

async function drained(
  publishers: readonly Publisher[],
  delivered: { count: number },
  total: () => number,
): Promise<void> {
  const deadline = performance.now() + DRAIN_MS;
  while (performance.now() < deadline) {
    if (publishers.every((publisher) => publisher.inFlight === 0) && delivered.count >= total()) return;
    await sleep(20);
  }
}

/** Keeps a window of publishes in flight; packets are made once and only their ids change. */
class Publisher {
  acked = 0;
  inFlight = 0;
  readonly latenciesMs: number[] = [];
  readonly #client: WireClient;
  readonly #frame: Buffer;
  readonly #idAt: number;
  readonly #sentAt = new Map<number, number>();
  #isEnding = false;

  constructor(client: WireClient, topic: string, payloadBytes: number) {
    this.#client = client;
    const body = Buffer.alloc(2 + topic.length + 2 + payloadBytes, 0x37);
    body.writeUInt16BE(topic.length, 0);
    body.write(topic, 2);
    this.#frame = Buffer.concat([Buffer.from([PUBLISH_QOS1, (body.length & 0x7f) | 0x80, body.length >> 7]), body]);
    this.#idAt = 3 + 2 + topic.length;
    client.socket.removeAllListeners('data');
    let left: Buffer = Buffer.alloc(0);
    client.socket.on('data', (chunk: Buffer) => {
      const bytes = left.length === 0 ? chunk : Buffer.concat([left, chunk]);
      const whole = bytes.length - (bytes.length % 4);
      for (let at = 0; at < whole; at += 4) if (bytes[at] === PUBACK) this.#ack(bytes.readUInt16BE(at + 2));
      left = bytes.subarray(whole);
      if (!this.#isEnding) this.#send(whole / 4);
    });
  }

  begin(window: number): void {
    this.#send(window);
  }

  end(): void {
    this.#isEnding = true;
  }

  #ack(id: number): void {
    this.acked += 1;
    this.inFlight -= 1;
    const sentAt = this.#sentAt.get(id);
    this.#sentAt.delete(id);
    // One in eight is enough for quantiles.
    if (sentAt !== undefined && (id & 7) === 0) this.latenciesMs.push(performance.now() - sentAt);
  }

  #send(count: number): void {
    const now = performance.now();
    const frames = Array.from({ length: count }, () => {
      const frame = Buffer.from(this.#frame);
      const id = this.#client.nextId();
      frame.writeUInt16BE(id, this.#idAt);
      this.#sentAt.set(id, now);
      return frame;
    });
    this.inFlight += count;
    this.#client.sendBytes(Buffer.concat(frames));
  }
}

/** Acknowledges every QoS 1 publish, all of a chunk in one write. */
function consume(client: WireClient): { count: number } {
  const delivered = { count: 0 };
  let left: Buffer = Buffer.alloc(0);
  client.socket.removeAllListeners('data');
  client.socket.on('data', (chunk: Buffer) => {
    const bytes = left.length === 0 ? chunk : Buffer.concat([left, chunk]);
    const acks: Buffer[] = [];
    let at = 0;
    for (;;) {
      const frame = frameAt(bytes, at);
      if (frame === undefined) break;
      if ((frame.type & 0xf0) === 0x30) {
        const topicBytes = bytes.readUInt16BE(frame.body);
        acks.push(
          Buffer.from([PUBACK, 2, bytes[frame.body + 2 + topicBytes] ?? 0, bytes[frame.body + 3 + topicBytes] ?? 0]),
        );
      }
      at = frame.end;
    }
    left = bytes.subarray(at);
    delivered.count += acks.length;
    if (acks.length > 0) client.sendBytes(Buffer.concat(acks));
  });
  return delivered;
}

function frameAt(bytes: Buffer, start: number): { type: number; body: number; end: number } | undefined {
  let length = 0;
  for (let at = start + 1, shift = 0; at < bytes.length; at += 1, shift += 7) {
    const byte = bytes[at] ?? 0;
    length += (byte & 0x7f) << shift;
    if ((byte & 0x80) !== 0) continue;
    const end = at + 1 + length;
    return end <= bytes.length ? { type: bytes[start] ?? 0, body: at + 1, end } : undefined;
  }
  return undefined;
}

async function processFigures(broker: BrokerProcess): Promise<{ cpuSeconds: number; rssBytes: number }> {
  const text = await (await fetch(`http://127.0.0.1:${broker.healthPort}/metrics`)).text();
  const figure = (name: string) => Number(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  return { cpuSeconds: figure('process_cpu_seconds'), rssBytes: figure('process_resident_memory_bytes') };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
