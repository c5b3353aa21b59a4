/** What an MQTT 3.1.1 server owes its clients, against the embedded broker: sessions, order, wills, retained messages, QoS 2. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AGENT, attrs, type Fixture, METER, OPERATOR, OTHER_METER, openFixture } from './fixture.js';
import type { WireClient } from './wire-client.js';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture.close());

const FILTER = '/json/+/+/attrs';

async function receive(client: WireClient, count: number, isAcknowledged = true): Promise<string[]> {
  const payloads: string[] = [];
  while (payloads.length < count) {
    const packet = await client.nextMessage();
    if (packet === undefined) break;
    payloads.push(packet.payload.toString());
    if (isAcknowledged) client.acknowledge(packet);
  }
  return payloads;
}

async function publishMany(client: WireClient, topic: string, count: number, from = 0): Promise<string[]> {
  const payloads = Array.from({ length: count }, (_none, at) => `message ${from + at}`);
  for (const payload of payloads) client.publish(topic, payload);
  for (const _payload of payloads) expect(await client.next('puback')).toBeDefined();
  return payloads;
}

describe('a persistent session', () => {
  it('gets what was published while it was away, in order, also after a restart of the broker', async () => {
    const agent = await fixture.client(AGENT, { clean: false });
    await agent.subscribe([FILTER]);
    await agent.disconnect();
    const meter = await fixture.client(METER);
    const sent = await publishMany(meter, attrs(METER), 500);
    await meter.disconnect();
    await fixture.restart();
    const { client: again, sessionPresent } = await fixture.connect(AGENT, { clean: false });
    expect(sessionPresent).toBe(true);
    expect(await receive(again, 500)).toEqual(sent);
    await again.disconnect();
    const third = await fixture.client(AGENT, { clean: false });
    expect(await third.nextMessage(200)).toBeUndefined();
    await third.disconnect();
  });

  it('gets unacknowledged messages again, as duplicates, with the same packet ids, in order', async () => {
    const agent = await fixture.client(AGENT, { clean: false });
    await agent.subscribe([FILTER]);
    const meter = await fixture.client(METER);
    await publishMany(meter, attrs(METER), 3);
    const first = [await agent.nextMessage(), await agent.nextMessage(), await agent.nextMessage()];
    expect(first.map((packet) => packet?.dup)).toEqual([false, false, false]);
    const middle = first[1];
    if (middle) agent.acknowledge(middle);
    await sleep(200);
    await agent.cut();
    await fixture.restart();
    const again = await fixture.client(AGENT, { clean: false });
    const second = [await again.nextMessage(), await again.nextMessage()];
    expect(second.map((packet) => packet?.dup)).toEqual([true, true]);
    expect(second.map((packet) => packet?.messageId)).toEqual([first[0]?.messageId, first[2]?.messageId]);
    expect(second.map((packet) => packet?.payload.toString())).toEqual(['message 0', 'message 2']);
    await again.disconnect();
  });

  it('is forgotten by a clean connect, but readings that nobody else has are held for the next subscriber', async () => {
    const agent = await fixture.client(AGENT, { clean: false });
    await agent.subscribe([FILTER]);
    await agent.disconnect();
    const meter = await fixture.client(METER);
    const sent = await publishMany(meter, attrs(METER), 5);
    const clean = await fixture.connect(AGENT, { clean: true });
    expect(clean.sessionPresent).toBe(false);
    await clean.client.disconnect();
    expect(fixture.figures()).toMatchObject({ sessions: 0, heldMessages: 5 });
    const again = await fixture.client(AGENT, { clean: false });
    await again.subscribe([FILTER]);
    expect(await receive(again, 5)).toEqual(sent);
    await again.disconnect();
    await meter.disconnect();
  });

  it('gets each message once when its filters overlap, at the best QoS', async () => {
    const agent = await fixture.client(AGENT, { clean: false });
    await agent.subscribe(['/json/#'], 0);
    await agent.subscribe([FILTER], 1);
    const meter = await fixture.client(METER);
    await meter.publishAcked(attrs(METER), 'once');
    const packet = await agent.nextMessage();
    expect(packet).toMatchObject({ qos: 1 });
    if (packet) agent.acknowledge(packet);
    expect(await agent.nextMessage(200)).toBeUndefined();
    await agent.disconnect();
    await meter.disconnect();
  });

  it('stops after an unsubscribe', async () => {
    const operator = await fixture.client(OPERATOR, { clean: false });
    await operator.subscribe(['test/#']);
    operator.send({ cmd: 'unsubscribe', messageId: operator.nextId(), unsubscriptions: ['test/#'] });
    expect(await operator.next('unsuback')).toBeDefined();
    await operator.publishAcked('test/x', 'nobody');
    expect(await operator.nextMessage(200)).toBeUndefined();
    await operator.disconnect();
    await fixture.restart();
    expect((await fixture.connect(OPERATOR, { clean: false })).sessionPresent).toBe(false);
  });

  it('is taken over by a second connection with the same client id, which then gets everything', async () => {
    const first = await fixture.client(AGENT, { clean: false });
    await first.subscribe([FILTER]);
    const meter = await fixture.client(METER);
    await meter.publishAcked(attrs(METER), 'one');
    const second = await fixture.client(AGENT, { clean: false });
    await first.closed;
    expect(await receive(second, 1)).toEqual(['one']);
    await meter.publishAcked(attrs(METER), 'two');
    expect(await receive(second, 1)).toEqual(['two']);
    await second.disconnect();
    await meter.disconnect();
  });
});

describe('a reading that nobody subscribes to yet', () => {
  it('is held, survives a restart, and goes to the first persistent subscriber of a matching filter', async () => {
    const meter = await fixture.client(METER);
    const sent = await publishMany(meter, attrs(METER), 20);
    const other = await fixture.client(OTHER_METER);
    await other.publishAcked(`/json/contor-street/${OTHER_METER}/profile`, 'a profile');
    await meter.disconnect();
    await other.disconnect();
    expect(fixture.figures().heldMessages).toBe(21);
    await fixture.restart();
    const agent = await fixture.client(AGENT, { clean: false });
    await agent.subscribe([FILTER]);
    expect(await receive(agent, 20)).toEqual(sent);
    expect(fixture.figures().heldMessages).toBe(1);
    await agent.subscribe(['/json/+/+/profile']);
    expect(await receive(agent, 1)).toEqual(['a profile']);
    await sleep(100);
    await agent.disconnect();
    await fixture.restart();
    expect(fixture.figures()).toMatchObject({ heldMessages: 0, queuedMessages: 0 });
  });

  it('is acknowledged and forgotten when its topic need not be delivered', async () => {
    const operator = await fixture.client(OPERATOR);
    expect(await operator.publishAcked('test/void', 'x')).toBe(true);
    expect(fixture.figures()).toMatchObject({ heldMessages: 0, stored: 0 });
    await operator.disconnect();
  });
});

describe('order of acknowledgements [MQTT-4.6.0-2]', () => {
  it('is the order of the publishes, whether they touch the disk or not', async () => {
    const operator = await fixture.client(OPERATOR, { clean: false });
    await operator.subscribe(['test/kept']);
    const sent = Array.from({ length: 200 }, (_none, at) =>
      operator.publish(at % 2 === 0 ? 'test/kept' : 'test/void', String(at)),
    );
    const acked: (number | undefined)[] = [];
    for (const _id of sent) acked.push((await operator.next('puback'))?.messageId);
    expect(acked).toEqual(sent);
    await operator.disconnect();
  });
});

describe('a will', () => {
  const topic = attrs(METER);
  const will = { topic, payload: Buffer.from('{"gateway":"lost"}'), qos: 1 as const, retain: false };

  it('is published when the connection breaks, and stored for an absent subscriber', async () => {
    const agent = await fixture.client(AGENT, { clean: false });
    await agent.subscribe([FILTER]);
    await agent.disconnect();
    await (await fixture.client(METER, { will })).cut();
    await sleep(100);
    await fixture.restart();
    expect(await receive(await fixture.client(AGENT, { clean: false }), 1)).toEqual(['{"gateway":"lost"}']);
  });

  it('is not published after a DISCONNECT', async () => {
    const agent = await fixture.client(AGENT, { clean: false });
    await agent.subscribe([FILTER]);
    await (await fixture.client(METER, { will })).disconnect();
    expect(await agent.nextMessage(200)).toBeUndefined();
    await agent.disconnect();
  });

  it('is kept through a restart of the broker, and dropped when its client comes back', async () => {
    await fixture.client(METER, { will });
    await fixture.restart();
    const back = await fixture.client(METER);
    await back.disconnect();
    await fixture.restart();
    const agent = await fixture.client(AGENT, { clean: false });
    await agent.subscribe([FILTER]);
    expect(await agent.nextMessage(200)).toBeUndefined();
    await agent.disconnect();
  });
});

describe('a retained message', () => {
  it('answers each new subscription, survives a restart, is replaced and removed', async () => {
    const operator = await fixture.client(OPERATOR);
    await operator.publishAcked('state/lamp', 'on', 1, { retain: true });
    await operator.publishAcked('state/lamp', 'off', 1, { retain: true });
    await operator.publishAcked('state/door', 'open', 1, { retain: true });
    await operator.publishAcked('state/door', '', 1, { retain: true });
    await operator.disconnect();
    await fixture.restart();
    for (const clean of [true, false]) {
      const reader = await fixture.client(OPERATOR, { clean });
      await reader.subscribe(['state/#']);
      const packet = await reader.nextMessage();
      expect(packet).toMatchObject({ topic: 'state/lamp', retain: true, qos: 1 });
      expect(packet?.payload.toString()).toBe('off');
      if (packet) reader.acknowledge(packet);
      expect(await reader.nextMessage(150)).toBeUndefined();
      await reader.disconnect();
    }
  });

  it('goes out at QoS 0 to a subscription of QoS 0', async () => {
    const operator = await fixture.client(OPERATOR);
    await operator.publishAcked('state/lamp', 'on', 1, { retain: true });
    await operator.subscribe(['state/+'], 0);
    expect(await operator.nextMessage()).toMatchObject({ topic: 'state/lamp', qos: 0 });
    await operator.disconnect();
  });
});

describe('QoS 2', () => {
  it('is delivered once though the publisher repeats itself', async () => {
    const agent = await fixture.client(AGENT, { clean: false });
    await agent.subscribe([FILTER], 2);
    const meter = await fixture.client(METER, { clean: false });
    const messageId = meter.publish(attrs(METER), 'exactly', 2);
    expect(await meter.next('pubrec')).toBeDefined();
    await meter.cut();
    await fixture.restart();
    await agent.closed;
    const back = await fixture.client(METER, { clean: false });
    back.publish(attrs(METER), 'exactly', 2, { messageId, dup: true });
    expect(await back.next('pubrec')).toMatchObject({ messageId });
    back.send({ cmd: 'pubrel', messageId });
    expect(await back.next('pubcomp')).toMatchObject({ messageId });
    const reader = await fixture.client(AGENT, { clean: false });
    const packet = await reader.nextMessage();
    expect(packet).toMatchObject({ qos: 2 });
    expect(await reader.nextMessage(200)).toBeUndefined();
    await reader.disconnect();
    await back.disconnect();
  });

  it('goes on with PUBREL after a break between PUBREC and PUBCOMP', async () => {
    const agent = await fixture.client(AGENT, { clean: false });
    await agent.subscribe([FILTER], 2);
    const meter = await fixture.client(METER);
    await meter.publishAcked(attrs(METER), 'exactly', 2);
    const packet = await agent.nextMessage();
    const messageId = packet?.messageId ?? 0;
    agent.send({ cmd: 'pubrec', messageId });
    expect(await agent.next('pubrel')).toMatchObject({ messageId });
    await agent.cut();
    await fixture.restart();
    const again = await fixture.client(AGENT, { clean: false });
    expect(await again.next('pubrel')).toMatchObject({ messageId });
    again.send({ cmd: 'pubcomp', messageId });
    await sleep(150);
    await again.disconnect();
    const third = await fixture.client(AGENT, { clean: false });
    expect(await third.next('pubrel', 200)).toBeUndefined();
    expect(await third.nextMessage(50)).toBeUndefined();
    await third.disconnect();
  });
});

describe('QoS 0 and clean sessions', () => {
  it('are delivered live', async () => {
    const operator = await fixture.client(OPERATOR);
    await operator.subscribe(['test/zero'], 0);
    await operator.subscribe(['test/one'], 1);
    operator.publish('test/zero', 'z', 0);
    expect((await operator.nextMessage())?.payload.toString()).toBe('z');
    await operator.publishAcked('test/one', 'o');
    expect(await operator.nextMessage()).toMatchObject({ qos: 1 });
    await operator.publishAcked('test/one', 'down', 2);
    expect(await operator.nextMessage()).toMatchObject({ qos: 1 });
    await operator.disconnect();
  });
});

describe('a subscriber that does not read', () => {
  it('does not hold up another one', async () => {
    const slow = await fixture.client(OPERATOR, { clientId: `${OPERATOR}:slow`, clean: false });
    await slow.subscribe(['test/#']);
    slow.socket.pause();
    const lazy = await fixture.client(OPERATOR, { clientId: `${OPERATOR}:lazy` });
    await lazy.subscribe(['test/#'], 0);
    lazy.socket.pause();
    const quick = await fixture.client(OPERATOR, { clientId: `${OPERATOR}:quick`, clean: false });
    await quick.subscribe(['test/#']);
    const publisher = await fixture.client(OPERATOR, { clientId: `${OPERATOR}:publisher` });
    const payload = 'x'.repeat(100_000);
    const beganAt = performance.now();
    for (let at = 0; at < 300; at += 1) publisher.publish('test/big', payload);
    for (let at = 0; at < 300; at += 1) expect(await publisher.next('puback')).toBeDefined();
    expect(await receive(quick, 300)).toHaveLength(300);
    expect(performance.now() - beganAt).toBeLessThan(10_000);
    slow.socket.resume();
    expect(await receive(slow, 300)).toHaveLength(300);
  }, 30_000);
});
