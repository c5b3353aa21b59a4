import type { WantedCommand } from '@contor/agent-kit/commands/door.js';
import type { SharedLeases } from '@contor/agent-kit/leases/keeper.js';
import { ALONE, type Lease } from '@contor/agent-kit/leases/leases.js';
import { claimOrder, sendHeld } from '@contor/agent-kit/leases/once.js';
import { startPassing } from '@contor/agent-kit/leases/passing.js';
import { SimulatedClock, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { FakeDatabase, type Fault } from '../../../support/shared-store.js';
import { SILENT } from '../bench-agent.js';

const WANTED: WantedCommand = {
  tenant: 'default',
  entityId: 'urn:ngsi-ld:Device:m1',
  attribute: 'disconnect',
  value: 'jws',
};
const DEVICE = 'key/m1';

/** Two replicas; the device is `b`'s, unless something else is said. */
function pair() {
  const clock = new SimulatedClock(0);
  const database = new FakeDatabase();
  const state = { holder: 'b', isHeld: true, faults: { a: 'none' as Fault, b: 'none' as Fault } };
  const done: string[] = [];
  const leasesOf = (id: string): SharedLeases => ({
    id,
    holds: () => (state.isHeld && state.holder === id ? { epoch: 1, untilMs: clock.monotonicMs() + 5_000 } : undefined),
    holderOf: () => state.holder,
    onChange: () => () => undefined,
    figures: { replicas: 2, isSeated: true, epoch: 1 },
    stop: () => Promise.resolve(),
  });
  const start = (id: 'a' | 'b') =>
    startPassing({
      ...{ clock, random: seededRandom(id), log: SILENT, leases: leasesOf(id) },
      store: database.connect(() => state.faults[id]),
      here: async () => {
        done.push(id);
        return { status: 204 };
      },
    });
  return { clock, database, state, done, start };
}

describe('a command at the wrong replica', () => {
  it('is carried out at the right one, and leaves nothing in the database', async () => {
    const { clock, database, done, start } = pair();
    const [a] = [start('a'), start('b')];
    const answer = a.handle(DEVICE, WANTED);
    await clock.advance(1_000);
    await expect(answer).resolves.toEqual({ status: 204 });
    expect(done).toEqual(['b']);
    for (const collection of ['calls', 'claims', 'answers'] as const) expect(database.ids(collection)).toEqual([]);
  });

  it('is carried out here when the device is held here', async () => {
    const { done, start } = pair();
    await expect(start('b').handle(DEVICE, WANTED)).resolves.toEqual({ status: 204 });
    expect(done).toEqual(['b']);
  });

  it('is certainly not carried out when nobody took it in time, also if the other wakes a moment later', async () => {
    const { clock, state, done, start } = pair();
    const a = start('a');
    const answer = a.handle(DEVICE, WANTED);
    await clock.advance(6_000);
    await expect(answer).resolves.toEqual({ status: 409, reason: 'lease.not-taken' });
    start('b');
    state.faults.b = 'none';
    await clock.advance(2_000);
    expect(done).toEqual([]);
  });

  it('is not carried out by a replica that took it and has lost the device', async () => {
    const { clock, state, done, start } = pair();
    const [a] = [start('a'), start('b')];
    const answer = a.handle(DEVICE, WANTED);
    state.isHeld = false;
    await clock.advance(1_000);
    await expect(answer).resolves.toEqual({ status: 409, reason: 'lease.not-held' });
    expect(done).toEqual([]);
  });

  it('has an unknown outcome when it was taken and the answer stays away', async () => {
    const { clock, database, start } = pair();
    const a = start('a');
    const answer = a.handle(DEVICE, WANTED);
    await clock.advance(300);
    const [id = ''] = database.ids('calls');
    await database.connect().insert('claims', { id, text: 'b', atMs: 0 });
    await clock.advance(16_000);
    await expect(answer).resolves.toEqual({ status: 503, reason: 'lease.unknown' });
  });

  it('has an unknown outcome when the database goes away under it', async () => {
    const { clock, state, start } = pair();
    const a = start('a');
    state.faults.a = 'unanswered';
    const answer = a.handle(DEVICE, WANTED);
    await clock.advance(1_000);
    await expect(answer).resolves.toEqual({ status: 503, reason: 'lease.unknown' });
  });

  it('is refused while nobody holds the device, and when a hundred wait', async () => {
    const { clock, state, start } = pair();
    const a = start('a');
    state.holder = 'a';
    state.isHeld = false;
    await expect(a.handle(DEVICE, WANTED)).resolves.toEqual({ status: 409, reason: 'lease.not-held' });
    state.holder = 'gone';
    const waiting = Array.from({ length: 100 }, () => a.handle(DEVICE, WANTED));
    await expect(a.handle(DEVICE, WANTED)).resolves.toEqual({ status: 409, reason: 'lease.too-many' });
    await clock.advance(8_000);
    for (const one of await Promise.all(waiting)) expect(one).toMatchObject({ status: 409 });
  });

  it('what dead replicas left behind goes after an hour', async () => {
    const { clock, database, start } = pair();
    start('a');
    const left = database.connect();
    for (const collection of ['calls', 'claims', 'answers', 'orders'] as const)
      await left.insert(collection, { id: 'left', text: '{}', atMs: -1 });
    await clock.advance(3_600_000 - 60_000);
    expect(database.ids('orders')).toEqual(['left']);
    await clock.advance(180_000);
    for (const collection of ['calls', 'claims', 'answers', 'orders'] as const)
      expect(database.ids(collection)).toEqual([]);
  });
});

describe('the last steps before a meter', () => {
  it('are taken by one replica, once for each order', async () => {
    const clock = new SimulatedClock(0);
    const [one, other] = [new FakeDatabase(), new FakeDatabase()].map((database) => database.connect());
    if (one === undefined || other === undefined) throw new RangeError('two were made');
    const claims = await Promise.all([
      claimOrder(one, clock, 'o1'),
      claimOrder(one, clock, 'o1'),
      claimOrder(one, clock, 'o2'),
    ]);
    expect(claims).toEqual([true, 'order.seen', true]);
    expect(await claimOrder(other, clock, 'o1')).toBe(true);
  });

  it('are not taken when the database cannot say that nobody else did', async () => {
    let fault: Fault = 'unanswered';
    const store = new FakeDatabase().connect(() => fault);
    expect(await claimOrder(store, new SimulatedClock(0), 'o1')).toBe('database.away');
    fault = 'none';
    expect(await claimOrder(store, new SimulatedClock(0), 'o1')).toBe('order.seen');
  });

  it.each<[string, Lease | undefined, string]>([
    ['in time', { epoch: 1, untilMs: 500 }, 'sent'],
    ['that is over', undefined, 'lease.expired'],
    ['that is over before a frame is out', { epoch: 1, untilMs: 499 }, 'lease.expired'],
  ])('look at a lease %s', async (_, lease, expected) => {
    let sent = 0;
    const send = async () => {
      sent += 1;
      return { kind: 'sent' } as const;
    };
    const leases = { ...ALONE, holds: () => lease };
    const sending = await sendHeld({ clock: new SimulatedClock(0), leases }, DEVICE, send);
    expect(sending.kind === 'sent' ? 'sent' : sending.reason).toBe(expected);
    expect(sent).toBe(expected === 'sent' ? 1 : 0);
  });
});
