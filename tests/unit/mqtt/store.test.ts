/** The store on a simulated disk: compaction, bounds, hand-over, and what a damaged or full disk does. */

import { SimulatedClock, SimulatedDisk, seededRandom } from '@contor/kit';
import { packetIdOf, type Session } from '@contor/mqtt/session.js';
import { Store } from '@contor/mqtt/store.js';
import type { StoreOptions } from '@contor/mqtt/store-options.js';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { powercutMqtt } from '../../checks/powercut-mqtt.js';
import { times } from '../../support/long.js';

let disk: SimulatedDisk;
let clock: SimulatedClock;
beforeEach(() => {
  disk = new SimulatedDisk({ random: seededRandom('mqtt-store') });
  clock = new SimulatedClock(0);
});

function open(more: Partial<StoreOptions> = {}): Promise<Store> {
  return Store.open({
    disk,
    clock,
    directory: '/data/log',
    mustDeliver: ['/json/#'],
    maxQueueBytes: 2 ** 20,
    maxStoreBytes: 2 ** 21,
    maxMemoryBytes: 2 ** 20,
    segmentBytes: 2 ** 13,
    cleanAboveBytes: 2 ** 15,
    onFatal: (error) => {
      throw error;
    },
    ...more,
  });
}

const publication = (topic: string, text: string, qos = 1) => ({ topic, payload: Buffer.from(text), qos });

async function settleAll(store: Store, session: Session | undefined, keep: (text: string) => boolean = () => false) {
  for (const delivery of [...(session?.pending() ?? [])]) {
    if (!keep(Buffer.from(delivery.message.payload ?? []).toString())) store.settle(delivery);
  }
  await store.ledger.flush();
}

const texts = (session: Session | undefined) =>
  [...(session?.pending() ?? [])].map(
    ({ message }) =>
      Buffer.from(message.payload ?? [])
        .toString()
        .split(' ')[0],
  );

describe('the log', () => {
  it('stays small while everything is delivered', async () => {
    const store = await open();
    await store.subscribe('agent', 'agent', [['/json/#', 1]]);
    for (let round = 0; round < 60; round += 1) {
      await Promise.all(
        Array.from({ length: 20 }, (_none, at) =>
          store.accept(publication('/json/k/m/attrs', `${at} ${'x'.repeat(500)}`)),
        ),
      );
      await settleAll(store, store.sessions.get('agent'));
      await clock.advance(100);
    }
    expect(store.counts.cleanings).toBeGreaterThan(3);
    expect(store.ledger.log.bytes).toBeLessThan(3 * 2 ** 15);
    await store.close();
  });

  it('keeps the one old message that nobody has acknowledged, and gives the rest back', async () => {
    const first = await open();
    await first.subscribe('agent', 'agent', [['/json/#', 1]]);
    await first.accept(publication('/json/k/m/attrs', 'oldest'));
    for (let round = 0; round < 60; round += 1) {
      const burst = Array.from({ length: 20 }, (_none, at) =>
        publication('/json/k/m/attrs', `${at} ${'x'.repeat(500)}`),
      );
      await Promise.all(burst.map((one) => first.accept(one)));
      await settleAll(first, first.sessions.get('agent'), (text) => text === 'oldest');
      await clock.advance(100);
    }
    expect(first.ledger.log.bytes).toBeLessThan(3 * 2 ** 15);
    await first.close();
    const again = await open();
    expect(texts(again.sessions.get('agent'))).toEqual(['oldest']);
    // The index, and with it the packet id, is still the first one.
    expect([...(again.sessions.get('agent')?.pending() ?? [])].map(({ index }) => packetIdOf(index))).toEqual([1]);
    await again.close();
  });

  it('brings sessions, packet ids, retained messages and wills through cleanings and restarts', async () => {
    let store = await open();
    await store.subscribe('agent', 'agent', [['/json/#', 2]]);
    await store.accept({ ...publication('/json/k/m/attrs', 'q2', 2), inbound: { clientId: 'meter', packetId: 9 } });
    const [delivery] = store.sessions.get('agent')?.pending() ?? [];
    if (delivery) await store.release(delivery);
    await store.keepsakes.retain('state/lamp', Buffer.from('on'), 1);
    await store.keepsakes.putWill({
      kind: 'will',
      clientId: 'm',
      username: 'm',
      topic: 't',
      qos: 1,
      isRetained: false,
      payload: Buffer.from('w'),
    });
    for (let round = 0; round < 3; round += 1) {
      for (let at = 0; at < 200; at += 1) await store.keepsakes.retain('state/clock', Buffer.from('x'.repeat(300)), 1);
      await settleAll(store, undefined);
      await clock.advance(1000);
      await store.close();
      store = await open();
    }
    expect(store.keepsakes.retained.get('state/lamp')?.payload).toEqual(Uint8Array.from(Buffer.from('on')));
    expect(store.keepsakes.wills.get('m')?.topic).toBe('t');
    expect([...(store.sessions.get('agent')?.pending() ?? [])].map(({ state }) => state)).toEqual(['released']);
    expect(store.keepsakes.taken({ clientId: 'meter', packetId: 9 })).toBeDefined();
    await store.close();
  });
});

describe('bounds', () => {
  it('a publisher waits, is taken when there is room, and is refused after its time', async () => {
    const store = await open({ maxQueueBytes: 1000 });
    await store.subscribe('agent', 'agent', [['/json/#', 1]]);
    const text = 'x'.repeat(500);
    const order: string[] = [];
    const accept = (name: string) =>
      store.accept(publication('/json/a', text))?.then(
        () => order.push(name),
        () => order.push(`no ${name}`),
      );
    await accept('first');
    const second = accept('second');
    const third = accept('third');
    expect(store.waitingPublishers).toBe(2);
    await settleAll(store, store.sessions.get('agent'));
    await second;
    await clock.advance(21_000);
    store.refuseLateWaiters();
    await third;
    expect(order).toEqual(['first', 'second', 'no third']);
    await store.close();
  });

  it('a full disk makes publishers wait, and they go on when it has room again', async () => {
    const store = await open();
    await store.subscribe('agent', 'agent', [['/json/#', 1]]);
    disk.setCapacity(disk.usedBytes + 100);
    let isAcked = false;
    const waiting = store.accept(publication('/json/a', 'x'.repeat(500)))?.then(() => {
      isAcked = true;
    });
    await clock.advance(2000);
    expect(isAcked).toBe(false);
    expect(store.waitingPublishers).toBe(1);
    disk.setCapacity(2 ** 30);
    await clock.advance(2000);
    await waiting;
    expect(isAcked).toBe(true);
    await store.close();
    const again = await open();
    expect(again.sessions.get('agent')?.queued).toBe(1);
    await again.close();
  });
});

describe('what must be delivered', () => {
  it('is held in order, handed over before newer messages, and taken back from a session that ends', async () => {
    const store = await open();
    for (const text of ['1', '2', '3']) await store.accept(publication('/json/a', text));
    const subscribed = store.subscribe('agent', 'agent', [['/json/+', 1]]);
    const newer = store.accept(publication('/json/a', '4'));
    await Promise.all([subscribed, newer]);
    expect(texts(store.sessions.get('agent'))).toEqual(['1', '2', '3', '4']);
    await store.end('agent');
    expect(texts(store.held)).toEqual(['1', '2', '3', '4']);
    await store.close();
    const again = await open();
    expect(again.sessions.size).toBe(0);
    expect(texts(again.held)).toEqual(['1', '2', '3', '4']);
    await again.close();
  });

  it('is not kept for a session that another one stood beside', async () => {
    const store = await open();
    await store.subscribe('one', 'one', [['/json/#', 1]]);
    await store.subscribe('two', 'two', [['/json/#', 1]]);
    await store.accept(publication('/json/a', 'x'));
    await store.end('one');
    expect(store.held.queued).toBe(0);
    expect(store.sessions.get('two')?.queued).toBe(1);
    await store.close();
  });
});

describe('power cuts', () => {
  it('lose, invent and double nothing', async () => {
    const { lost, ghosts, doubled, misordered } = await powercutMqtt({ cuts: times(8, 20), seed: 'unit' });
    expect({ lost, ghosts, doubled, misordered }).toEqual({ lost: 0, ghosts: 0, doubled: 0, misordered: 0 });
  });

  it('are caught when the disk lies', async () => {
    expect((await powercutMqtt({ cuts: 10, seed: 'unit', fsyncOff: true })).lost).toBeGreaterThan(0);
  });
});
