/** Bounds: packet sizes, queues that are full, connections, silence, and bytes that are not MQTT at all. */

import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@contor/kit';
import { afterEach, describe, expect, it } from '@jest/globals';
import mqttPacket from 'mqtt-packet';
import { AGENT, attrs, type Fixture, METER, OPERATOR, openFixture } from './fixture.js';
import { WireClient } from './wire-client.js';

let fixture: Fixture;
afterEach(() => fixture.close());

describe('a packet', () => {
  it('of 256 KiB passes, a longer one closes the connection before it is collected', async () => {
    fixture = await openFixture();
    const topic = 'test/x';
    const overhead = 2 + topic.length + 2;
    const operator = await fixture.client(OPERATOR);
    expect(await operator.publishAcked(topic, 'x'.repeat(256 * 1024 - overhead))).toBe(true);
    expect(await operator.publishAcked(topic, 'x'.repeat(256 * 1024 - overhead + 1))).toBe(false);
    await operator.closed;
    const bomb = await fixture.client(OPERATOR);
    bomb.sendBytes(Buffer.from([0x32, 0xff, 0xff, 0xff, 0x7f]));
    await bomb.closed;
  });

  it('other than a CONNECT, or a CONNECT too long, is refused at the door', async () => {
    fixture = await openFixture();
    for (const bytes of [
      [0xc0, 0x00],
      [0x10, 0xff, 0xff, 0x7f],
      [0x00, 0x00],
      [0xf0, 0x00],
      [0x10, 0xff, 0xff, 0xff, 0xff],
    ]) {
      const stranger = await WireClient.open(fixture.port());
      stranger.sendBytes(Buffer.from(bytes));
      await stranger.closed;
    }
  });
});

describe('a full queue', () => {
  it('leaves publishers without PUBACK, shows it, and takes everything when there is room again', async () => {
    fixture = await openFixture({ MQTT_MAX_QUEUE: '64KiB' });
    const agent = await fixture.client(AGENT, { clean: false });
    await agent.subscribe(['/json/+/+/attrs']);
    await agent.disconnect();
    const meter = await fixture.client(METER);
    const payload = 'x'.repeat(1000);
    for (let at = 0; at < 200; at += 1) meter.publish(attrs(METER), payload);
    await sleep(500);
    const before = meter.received.length;
    expect(before).toBeGreaterThan(30);
    expect(before).toBeLessThan(66);
    expect(fixture.figures().waitingPublishers).toBeGreaterThan(0);
    // Others whose subscribers are not behind go on.
    const operator = await fixture.client(OPERATOR);
    expect(await operator.publishAcked('test/other', 'x')).toBe(true);
    const again = await fixture.client(AGENT, { clean: false });
    const payloads = new Set<number>();
    again.onPacket = (packet) => {
      if (packet.cmd !== 'publish') return;
      if (packet.messageId !== undefined) payloads.add(packet.messageId);
      again.acknowledge(packet);
    };
    for (const packet of again.received.splice(0)) again.onPacket(packet);
    for (let tries = 0; tries < 100 && meter.received.length < 200; tries += 1) await sleep(50);
    expect(meter.received).toHaveLength(200);
    await sleep(200);
    expect(payloads.size).toBe(200);
    expect(fixture.figures().waitingPublishers).toBe(0);
  }, 20_000);

  it('of payloads that memory has no room for comes back from the log, in order', async () => {
    fixture = await openFixture({ MQTT_MAX_MEMORY: '8KiB' });
    const agent = await fixture.client(AGENT, { clean: false });
    await agent.subscribe(['/json/+/+/attrs']);
    await agent.disconnect();
    const meter = await fixture.client(METER);
    const sent = Array.from({ length: 400 }, (_none, at) => `${at} ${'x'.repeat(500)}`);
    for (const payload of sent) meter.publish(attrs(METER), payload);
    for (const _payload of sent) expect(await meter.next('puback')).toBeDefined();
    const again = await fixture.client(AGENT, { clean: false });
    const got: string[] = [];
    while (got.length < sent.length) {
      const packet = await again.nextMessage();
      if (packet === undefined) break;
      again.acknowledge(packet);
      got.push(packet.payload.toString());
    }
    expect(got).toEqual(sent);
  }, 20_000);
});

describe('connections', () => {
  it('are bounded', async () => {
    fixture = await openFixture({ MQTT_MAX_CONNECTIONS: '2' });
    const first = await fixture.client(METER);
    await fixture.client(OPERATOR);
    const third = await WireClient.open(fixture.port());
    await third.closed;
    await first.cut();
    await sleep(50);
    await fixture.client(AGENT);
  });

  it('that are silent beyond one and a half keep-alives are closed [MQTT-3.1.2-24]', async () => {
    fixture = await openFixture();
    const meter = await fixture.client(METER, { keepalive: 1 });
    const beganAt = performance.now();
    await meter.closed;
    expect(performance.now() - beganAt).toBeLessThan(3000);
  });

  it('that asked for no keep-alive are closed after the longest silence allowed', async () => {
    fixture = await openFixture({ MQTT_MAX_IDLE: '300ms' });
    await (await fixture.client(METER, { keepalive: 0 })).closed;
  });
});

describe('bytes that are not MQTT', () => {
  it('never stop the broker', async () => {
    fixture = await openFixture();
    const random = seededRandom('mqtt-fuzz');
    const seeds = [
      {
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        clientId: METER,
        keepalive: 10,
        username: METER,
        password: Buffer.from(fixture.password(METER)),
      },
      { cmd: 'publish', topic: attrs(METER), payload: '{"a":1}', qos: 1, messageId: 7, dup: false, retain: false },
      { cmd: 'publish', topic: attrs(METER), payload: '{"a":1}', qos: 2, messageId: 8, dup: false, retain: false },
      { cmd: 'pubrel', messageId: 8 },
      { cmd: 'puback', messageId: 1 },
      { cmd: 'pubrec', messageId: 1 },
      { cmd: 'pubcomp', messageId: 1 },
      { cmd: 'subscribe', messageId: 9, subscriptions: [{ topic: `/json/contor-street/${METER}/cmd`, qos: 1 }] },
      { cmd: 'unsubscribe', messageId: 10, unsubscriptions: ['a/b'] },
      { cmd: 'pingreq' },
    ].map((packet) => mqttPacket.generate(packet as Parameters<typeof mqttPacket.generate>[0]));
    const connect = seeds[0] ?? Buffer.alloc(0);
    const ROUNDS = 300;
    for (let round = 0; round < ROUNDS; round += 1) {
      const client = await WireClient.open(fixture.port());
      client.onPacket = () => undefined;
      // Half of the conversations get past the door first.
      if (round % 2 === 0) client.sendBytes(connect);
      for (let packet = 0; packet < 10; packet += 1) {
        client.sendBytes(mutated(Buffer.from(seeds[random.integer(seeds.length)] ?? []), random));
      }
      await Promise.race([client.closed, sleep(5)]);
      await client.cut();
    }
    const meter = await fixture.client(METER);
    expect(await meter.publishAcked(attrs(METER), 'still here')).toBe(true);
  }, 60_000);
});

function mutated(bytes: Buffer, random: ReturnType<typeof seededRandom>): Buffer {
  const flips = random.integer(4);
  for (let flip = 0; flip < flips; flip += 1) bytes[random.integer(bytes.length)] = random.integer(256);
  const cut = random.integer(8);
  if (cut === 0) return bytes.subarray(0, random.integer(bytes.length));
  if (cut === 1) return Buffer.concat([bytes, Buffer.from(random.bytes(random.integer(20)))]);
  return bytes;
}
