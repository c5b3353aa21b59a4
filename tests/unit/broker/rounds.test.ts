/** Periodic notifications on a virtual clock. GS CIM 009 V1.9.1, 5.2.12 (timeInterval), 5.8.6. */

import type { Entity } from '@contor/broker/entity/model.js';
import { compileConditions } from '@contor/broker/subscription/conditions.js';
import type { SendResult } from '@contor/broker/subscription/courier.js';
import { NEVER_SENT, type NotificationStatus, type Subscription } from '@contor/broker/subscription/model.js';
import { Rounds, type Shelf } from '@contor/broker/subscription/rounds.js';
import { retrySchedule, SimulatedClock, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { failure, Rig, SUBSCRIPTION, TENANT } from './delivery-fixture.js';

const ROOM = 'https://example.org/Room';
const START = Date.UTC(2026, 10, 20);
const YES: SendResult = { kind: 'accepted' };
const NO: SendResult = { kind: 'failed', reason: 'status 503' };

function room(at: number, types: readonly string[] = [ROOM]): Entity {
  const attributes: Entity['attributes'] = [];
  return { id: `urn:e:${at}`, types, scope: undefined, attributes, createdAt: 0, modifiedAt: 0 };
}

function every(timeInterval: number | undefined, more: Partial<Subscription> = {}): Subscription {
  return {
    ...{ id: 'urn:s:1', entities: [{ types: [ROOM] }], isActive: true, context: 'c', createdAt: 0, modifiedAt: 0 },
    ...{ timeInterval, ...more },
    notification: {
      ...{ format: 'normalized', sysAttrs: false },
      endpoint: { uri: 'http://127.0.0.1/', accept: 'application/json' },
    },
  };
}

function shelfOf(entities: readonly Entity[]): Shelf {
  return {
    matching: (subscription) => entities.filter(compileConditions(subscription)).map(({ id }) => id),
    entity: (id) => entities.find((one) => one.id === id),
  };
}

function begin(entities: readonly Entity[], answer: (attempt: number) => SendResult | Promise<SendResult> = () => YES) {
  const clock = new SimulatedClock(START);
  const told: { readonly atMs: number; readonly ids: readonly string[]; readonly sampledAtMs: number | undefined }[] =
    [];
  const rounds = new Rounds({
    clock,
    schedule: retrySchedule({ firstMs: 250, factor: 2, maxMs: 30_000, jitter: 0 }, seededRandom(1)),
    shelfOf: () => shelfOf(entities),
    async tell(_tenant, _id, samples) {
      const [first] = samples;
      const ids = samples.map(({ entity }) => entity.id);
      return answer(told.push({ atMs: clock.nowMs() - START, ids, sampledAtMs: first && first.atMs - START }));
    },
  });
  const set = (subscription: Subscription, status: NotificationStatus = NEVER_SENT): void =>
    rounds.set('t', subscription, status);
  return { clock, told, rounds, set, moments: () => told.map(({ atMs }) => atMs) };
}

const TWO = [room(1), room(2), room(3, ['https://example.org/House'])];

describe('rounds', () => {
  it('tell all entities that match, at once and then each interval', async () => {
    const { clock, told, set, moments } = begin(TWO);
    set(every(10));
    await clock.advance(35_000);
    expect(moments()).toEqual([0, 10_000, 20_000, 30_000]);
    expect(told.every(({ ids }) => ids.join() === 'urn:e:1,urn:e:2')).toBe(true);
  });

  it('tell nothing when nothing matches', async () => {
    const { clock, told, set } = begin(TWO);
    set(every(1, { entities: [{ types: ['https://example.org/None'] }] }));
    set(every(1, { id: 'urn:s:2', entities: [{ ids: ['urn:e:none'] }] }));
    await clock.advance(5_000);
    expect(told).toEqual([]);
  });

  it('look up ids, and ask what is asked of them', async () => {
    const { clock, told, set } = begin(TWO);
    set(every(10, { entities: [{ ids: ['urn:e:2', 'urn:e:3'], types: [ROOM] }] }));
    await clock.advance(1);
    expect(told.map(({ ids }) => ids)).toEqual([['urn:e:2']]);
  });

  it('part what is too much for one notification', async () => {
    const { clock, told, set } = begin(Array.from({ length: 2_500 }, (_none, at) => room(at)));
    set(every(10));
    await clock.advance(1);
    expect(told.map(({ ids }) => ids.length)).toEqual([1_000, 1_000, 500]);
  });

  it('tell what has changed between two parts as it is then', async () => {
    const rooms = Array.from({ length: 1_500 }, (_none, at) => room(at));
    const { clock, told, set } = begin(rooms, (attempt) => {
      if (attempt === 1) rooms.splice(1_400, 2, room(1_400, ['https://example.org/House']));
      return YES;
    });
    set(every(10));
    await clock.advance(1);
    expect(told.map(({ ids }) => ids.length)).toEqual([1_000, 498]);
  });

  it('are tried again until the next is due, which is sampled anew', async () => {
    const { clock, told, set } = begin(TWO, (attempt) => (attempt <= 4 ? NO : YES));
    set(every(1));
    await clock.advance(2_500);
    expect(told.map(({ atMs, sampledAtMs }) => [atMs, sampledAtMs])).toEqual([
      [0, 0],
      [250, 0],
      [750, 0],
      [1_000, 1_000],
      [1_250, 1_000],
      [2_000, 2_000],
    ]);
  });

  it('5.2.15: wait for the cooldown after a failure', async () => {
    const { clock, set, moments } = begin(TWO, (attempt) => (attempt === 1 ? NO : YES));
    const subscription = every(60);
    const { notification } = subscription;
    set({
      ...subscription,
      notification: { ...notification, endpoint: { ...notification.endpoint, cooldown: 5_000 } },
    });
    await clock.advance(10_000);
    expect(moments()).toEqual([0, 5_000]);
  });

  it('never overlap: a slow subscriber gets fewer', async () => {
    let clockOf: SimulatedClock | undefined;
    const { clock, set, moments } = begin(TWO, async () => {
      await clockOf?.sleep(2_500);
      return YES;
    });
    clockOf = clock;
    set(every(1));
    await clock.advance(6_000);
    expect(moments()).toEqual([0, 2_500, 5_000]);
  });

  it.each([
    ['accepted: an interval after it', { lastNotification: START - 4_000, lastSuccess: START - 3_990 }, 6_000],
    ['long ago: at once', { lastNotification: START - 40_000, lastSuccess: START - 39_990 }, 0],
    ['not accepted: at once', { lastNotification: START - 4_000, lastSuccess: START - 9_000 }, 0],
    [
      'in the future, as the clock was set back: an interval later',
      { lastNotification: START + 99_000, lastSuccess: START + 99_100 },
      10_000,
    ],
  ])('after a restart go on from the last, %s', async (_what, status, firstMs) => {
    const { clock, set, moments } = begin(TWO);
    set(every(10), { ...NEVER_SENT, ...status });
    await clock.advance(firstMs + 10_000);
    expect(moments()).toEqual([firstMs, firstMs + 10_000]);
  });

  it('5.8.2: keep their rhythm through a change of something else, and take a new one from the last round', async () => {
    const { clock, set, moments } = begin(TWO);
    set(every(10));
    await clock.advance(14_000);
    set(every(10, { description: 'other' }));
    await clock.advance(10_000);
    expect(moments()).toEqual([0, 10_000, 20_000]);
    set(every(5));
    await clock.advance(6_500);
    expect(moments()).toEqual([0, 10_000, 20_000, 25_000, 30_000]);
  });

  it('end with the pause, the expiry, the interval or the subscription, and leave no timer', async () => {
    const { clock, told, rounds, set } = begin(TWO, () => NO);
    const idle = clock.pending;
    const expiresAt = new Date(START + 3_000).toISOString();
    set(every(1, { id: 'urn:s:paused' }));
    set(every(1, { id: 'urn:s:expired', expiresAt }));
    set(every(1, { id: 'urn:s:changed' }));
    set(every(1, { id: 'urn:s:deleted' }));
    await clock.advance(500);
    set(every(1, { id: 'urn:s:paused', isActive: false }));
    set(every(undefined, { id: 'urn:s:changed' }));
    rounds.delete('t', 'urn:s:deleted');
    await clock.advance(10_000);
    const sent = told.length;
    await clock.advance(10_000);
    expect(told).toHaveLength(sent);
    expect(rounds.size).toBe(0);
    expect(clock.pending).toBe(idle);
  });

  it('stop with the broker', async () => {
    const { clock, rounds, set, told } = begin(TWO, () => NO);
    set(every(1));
    await clock.advance(100);
    rounds.stop();
    await clock.advance(5_000);
    expect(told).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});

describe('in the broker', () => {
  it('the rhythm goes on after a power cut', async () => {
    const rig = new Rig();
    await rig.boot();
    await rig.write('a1', 'b2');
    await rig.subscribe({ timeInterval: 7_000 });
    await rig.clock.advance(10_000);
    expect(rig.told).toEqual(['a1', 'b2']);
    // The next life begins an hour later.
    await rig.crash();
    await rig.write('a3');
    await rig.clock.advance(3_390_000);
    expect(rig.told).toEqual(['a1', 'b2']);
    await rig.clock.advance(20_000);
    expect(rig.told).toEqual(['a1', 'b2', 'a3', 'b2']);
    expect(rig.core.office.statusOf(TENANT, SUBSCRIPTION)).toMatchObject({ timesSent: 2, timesFailed: 0 });
    await rig.stop();
  });

  it('subscriptions that are gone leave nothing: no box, no watcher, no timer', async () => {
    const rig = new Rig();
    await rig.boot();
    await rig.clock.advance(60_000);
    const idle = rig.clock.pending;
    rig.answer = () => failure();
    const ids = Array.from({ length: 50 }, (_none, at) => `urn:ngsi-ld:Subscription:${at}`);
    for (const [at, id] of ids.entries()) await rig.subscribe(at % 2 === 0 ? { timeInterval: 1 } : {}, {}, id);
    await rig.write('a1', 'b2');
    await rig.clock.advance(5_000);
    expect(rig.core.office.figures).toMatchObject({ subscriptions: 50, outboxEntities: 50 });
    expect(rig.clock.pending).toBeGreaterThan(idle);
    for (const id of ids) await rig.unsubscribe(id);
    await rig.clock.advance(60_000);
    expect(rig.core.office.figures).toMatchObject({ subscriptions: 0, outboxEntities: 0, outboxBytes: 0 });
    expect(rig.clock.pending).toBe(idle);
    const sent = rig.heard.length;
    await rig.write('a3');
    await rig.clock.advance(60_000);
    expect(rig.heard).toHaveLength(sent);
    await rig.stop();
  });

  it('5.8.6: an expired subscription hears no more, gives back what it held, and may be given a later end', async () => {
    const rig = new Rig();
    await rig.boot();
    rig.answer = () => failure();
    const inMs = (ms: number): string => new Date(rig.clock.nowMs() + ms).toISOString();
    await rig.subscribe({ expiresAt: inMs(60_000) });
    await rig.write('a1', 'b2');
    await rig.clock.advance(30_000);
    expect(rig.core.office.figures.outboxEntities).toBe(2);
    await rig.clock.advance(90_000);
    expect(rig.core.office.figures).toMatchObject({ subscriptions: 1, outboxEntities: 0, outboxBytes: 0 });
    await rig.write('a3');
    rig.answer = () => YES;
    await rig.core.store.submit({
      ...{ kind: 'resubscribe', tenant: TENANT, atMs: rig.clock.nowMs(), id: SUBSCRIPTION },
      patch: { expiresAt: inMs(3_600_000) },
    });
    await rig.write('a4');
    await rig.clock.advance(60_000);
    expect(rig.told).toEqual(['a4']);
    await rig.stop();
  });
});
