/** One meter against an MQTT broker that hangs up at the wrong moment. */

import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { decodeAttrs } from '@contor/agent-json/codec/attrs.js';
import { LIVE_MS, NO_FAULTS, SimulatedMeter } from '@contor/agent-json/simulator';
import type { FaultRates } from '@contor/agent-json/simulator/faults.js';
import { MeterLine } from '@contor/agent-json/simulator/meter-line.js';
import { freshMemory } from '@contor/agent-json/simulator/schedule.js';
import { realClock, SimulatedClock } from '@contor/kit';
import { afterEach, describe, expect, it } from '@jest/globals';
import mqttPacket from 'mqtt-packet';

const NOW_MS = Date.UTC(2026, 10, 20, 8, 0, 3);

interface Heard {
  /** Number of the connection, from 1. */
  readonly connection: number;
  readonly slotMs: number | 'profile';
}

/** Takes the line, hears everything, and acks only what it is told to. */
class MoodyBroker {
  readonly heard: Heard[] = [];
  connections = 0;
  acks = false;
  #server: Server | undefined;
  #socket: Socket | undefined;

  async open(): Promise<string> {
    const server = createServer((socket) => this.#serve(socket));
    this.#server = server;
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  hangUp(): void {
    this.#socket?.destroy();
  }

  async close(): Promise<void> {
    this.hangUp();
    await new Promise((resolve) => {
      this.#server?.close(resolve);
    });
  }

  #serve(socket: Socket): void {
    this.#socket = socket;
    this.connections += 1;
    const connection = this.connections;
    const parser = mqttPacket.parser({ protocolVersion: 4 });
    parser.on('packet', (packet) => {
      if (packet.cmd === 'connect') write({ cmd: 'connack', returnCode: 0, sessionPresent: false });
      if (packet.cmd !== 'publish' || packet.messageId === undefined) return;
      const isLive = packet.topic.endsWith('/attrs');
      this.heard.push({ connection, slotMs: isLive ? slotOf(Buffer.from(packet.payload)) : 'profile' });
      if (this.acks) write({ cmd: 'puback', messageId: packet.messageId });
    });
    const write = (packet: mqttPacket.Packet) => socket.write(mqttPacket.generate(packet));
    // The meter may hang up while we write: its own business.
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => parser.parse(chunk));
  }
}

function slotOf(payload: Buffer): number {
  const decoded = decodeAttrs(payload);
  const [first] = decoded.kind === 'value' ? decoded.value : [];
  return first?.kind === 'measure' ? (first.measure.observedMs ?? 0) : 0;
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let waitedMs = 0; !isTrue() && waitedMs < 8_000; waitedMs += 10) await realClock().sleep(10);
  expect(isTrue()).toBe(true);
}

describe('a meter whose line breaks while it sends again what was not acked', () => {
  const broker = new MoodyBroker();
  let line: MeterLine | undefined;

  afterEach(async () => {
    await broker.close();
    // A line that is up would wait for its last acks by the clock, and nobody moves that any more.
    await until(() => line?.isConnected !== true);
    await line?.stop();
    broker.heard.length = 0;
    broker.connections = 0;
    broker.acks = false;
  });

  it.each<[string, Partial<FaultRates>, number]>([
    ['once', {}, 1],
    ['twice where it is a meter that says everything twice', { duplicate: 1 }, 2],
  ])(
    'says what came due meanwhile %s',
    async (_how, faults, times) => {
      const clock = new SimulatedClock(NOW_MS);
      const meter = new SimulatedMeter({ seed: 'test', number: 1 });
      const memory = freshMemory(NOW_MS - meter.shiftMs);
      let acked = 0;
      line = new MeterLine({
        meter,
        memory,
        mqttUrl: await broker.open(),
        password: undefined,
        clock,
        seed: 'test',
        faults: { ...NO_FAULTS, ...faults },
        silentFromMs: undefined,
        reconnectMs: 100,
        keep: async () => undefined,
        onAcked: () => {
          acked += 1;
        },
      });
      line.start();
      const firstMs = Math.floor((NOW_MS - meter.shiftMs) / LIVE_MS) * LIVE_MS;
      const secondMs = firstMs + LIVE_MS;
      await until(() => broker.heard.length === times + 1);
      broker.hangUp();

      // Unacked, the first message holds up what mqtt.js lets pass: the next slot's waits behind it inside the client.
      await until(() => broker.connections === 2 && broker.heard.some(({ connection }) => connection === 2));
      await clock.advance(LIVE_MS);
      expect(broker.heard.filter(({ slotMs }) => slotMs === secondMs)).toEqual([]);
      broker.hangUp();

      broker.acks = true;
      await until(() => line?.waiting === 0);
      expect(acked).toBe(3);
      expect(broker.heard.filter(({ slotMs }) => slotMs === secondMs)).toEqual(
        Array(times).fill({ connection: 3, slotMs: secondMs }),
      );
      const last = broker.heard.filter(({ connection }) => connection === 3);
      expect(last.filter(({ slotMs }) => slotMs === firstMs)).toHaveLength(times);
      expect(last.filter(({ slotMs }) => slotMs === 'profile')).toHaveLength(1);
    },
    15_000,
  );
});
