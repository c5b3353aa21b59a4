/** The command service against trust T21 to T23: who may have a supply taken away, how often, and what stops it. */

import { afterEach, describe, expect, it } from '@jest/globals';
import { deviceOf, type Request, World } from './world.js';

let world = new World();

async function begin(options: ConstructorParameters<typeof World>[0] = {}): Promise<World> {
  world = new World(options);
  await world.start();
  return world;
}

/** Asked for, approved by somebody else, and given the time it takes. */
async function approved(
  wanted: Parameters<World['ask']>[0] = {},
  more: Parameters<World['decide']>[1] = {},
): Promise<Request> {
  const request = await world.ask(wanted);
  await world.pass(250);
  await world.decide(request, more);
  await world.pass(1_500);
  return request;
}

afterEach(() => world.journal?.close());

describe('a disconnect', () => {
  it('is carried out when a second person has approved it, and read back from the meter (T21, T22)', async () => {
    await begin();
    const request = await world.ask();
    await world.pass(1_000);
    expect([world.statusOf(request), world.orders.length]).toEqual(['requested', 0]);
    await world.decide(request);
    await world.pass(1_500);
    expect([world.statusOf(request), world.orders.length]).toEqual(['done', 1]);
    expect(world.orders[0]).toMatchObject({ device: deviceOf(1), serialNumber: 'SN1', command: 'disconnect' });
  });

  it('names one meter, holds for at most fifteen minutes, and is for simulators only without a second factor (T22)', async () => {
    await begin();
    await approved({}, { methods: ['pwd'] });
    const [order] = world.orders;
    expect((order?.notAfterMs ?? 0) - (order?.issuedAtMs ?? 0)).toBeLessThanOrEqual(15 * 60_000);
    expect(order?.onlyIfSimulated).toBe(true);
  });

  it('waits a random time, up to fifteen minutes (T21)', async () => {
    const due: number[] = [];
    for (let seed = 1; seed <= 12; seed += 1) {
      await begin({ seed, settings: { longestDelayMs: 900_000 } });
      const request = await approved();
      due.push(((world.journal?.targets(request.id)[0]?.dueAtMs ?? 0) - world.clock.nowMs()) / 60_000);
      await world.journal?.close();
    }
    expect(Math.min(...due)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...due)).toBeLessThanOrEqual(15);
    expect(new Set(due.map(Math.round)).size).toBeGreaterThan(5);
  });

  it.each([
    ['by the same person', { by: 'ana' }],
    ['of another request', { requestHash: 'x'.repeat(43) }],
    ['for another tenant', { tenant: 'other' }],
    ['with a sign-in of six minutes ago', { authenticatedAtMs: Date.UTC(2026, 10, 20, 9) - 6 * 60_000 }],
    ['with a sign-in of the future', { authenticatedAtMs: Date.UTC(2026, 10, 20, 10) }],
    ['without a password', { methods: ['otp'] }],
    ['from the future', { atMs: Date.UTC(2026, 10, 20, 10), authenticatedAtMs: Date.UTC(2026, 10, 20, 10) }],
  ])('is not carried out by an approval %s (T21)', async (_, more) => {
    await begin();
    const request = await approved({}, more);
    await world.pass(60_000, 5_000);
    expect([world.statusOf(request), world.orders.length]).toEqual(['requested', 0]);
  });

  it('needs a second factor as soon as one meter is no simulator (T21)', async () => {
    await begin({ settings: { simulated: new Map([[deviceOf(1), 'SN1']]) } });
    const request = await world.ask({ targets: [deviceOf(1), deviceOf(2)] });
    await world.pass(250);
    await world.decide(request, { methods: ['pwd'] });
    await world.pass(1_500);
    expect([world.statusOf(request), world.orders.length]).toEqual(['requested', 0]);
    await world.decide(request, { methods: ['pwd', 'otp'] });
    await world.pass(1_500);
    expect(world.orders).toHaveLength(1);
    expect(world.orders[0]?.onlyIfSimulated).toBeUndefined();
  });

  it('is believed to be about a simulator only while its serial number is that of the simulator', async () => {
    await begin({ settings: { simulated: new Map([[deviceOf(1), 'another']]) } });
    await approved({}, { methods: ['pwd'] });
    expect(world.orders).toHaveLength(0);
  });

  it('has no effect when the approval was lying about for longer than a quarter of an hour (T22)', async () => {
    await begin();
    const request = await world.ask();
    await world.pass(250);
    await world.decide(request);
    await world.clock.advance(16 * 60_000);
    await world.pass(1_000);
    expect(world.orders).toHaveLength(0);
  });

  it('is over when nobody decides within a shift', async () => {
    await begin();
    const request = await world.ask();
    await world.pass(250);
    await world.clock.advance(8 * 3_600_000 + 60_000);
    await world.pass(500);
    expect(world.statusOf(request)).toBe('expired');
    await world.decide(request);
    await world.pass(1_000);
    expect(world.orders).toHaveLength(0);
  });

  it.each([
    ['rejection', 'rejected', 'dan'],
    ['withdrawal', 'withdrawn', 'ana'],
  ] as const)('ends by a %s, and an approval beside it does not help', async (kind, status, by) => {
    await begin();
    const request = await world.ask();
    await world.pass(250);
    await world.decide(request, { by: 'eva' });
    await world.decide(request, { kind, by });
    await world.pass(2_000);
    expect([world.statusOf(request), world.orders.length]).toEqual([status, 0]);
  });

  it('can be withdrawn while it waits for its moment', async () => {
    await begin({ settings: { longestDelayMs: 900_000 } });
    const request = await approved();
    await world.decide(request, { kind: 'withdrawal', by: 'ana' });
    await world.pass(16 * 60_000, 5_000);
    expect([world.statusOf(request), world.orders.length]).toEqual(['withdrawn', 0]);
  });

  it.each([
    ['the device is protected', { protection: 'medical' }],
    ['the device has no serial number', { serialNumber: undefined }],
  ])('is refused when %s (T21)', async (_, fact) => {
    await begin();
    world.facts.set(deviceOf(1), { name: 'Meter', serialNumber: 'SN1', protection: undefined, ...fact });
    const request = await approved();
    expect([world.statusOf(request), world.orders.length]).toEqual(['refused', 0]);
  });

  it('is refused when the supply was protected or the meter exchanged after the approval', async () => {
    for (const change of [{ protection: 'hospital' }, { serialNumber: 'SN-new' }]) {
      await begin({ settings: { longestDelayMs: 900_000 } });
      const request = await approved();
      world.facts.set(deviceOf(1), { name: 'Meter', serialNumber: 'SN1', protection: undefined, ...change });
      await world.pass(16 * 60_000, 5_000);
      expect([world.statusOf(request), world.orders.length]).toEqual(['refused', 0]);
      await world.journal?.close();
    }
  });

  it('raises an alarm when it asks for a protected supply, a forged one, or more than the caps', async () => {
    await begin();
    world.facts.set(deviceOf(1), { name: 'Meter', serialNumber: 'SN1', protection: 'medical' });
    await world.ask();
    world.statements.set('urn:ngsi-ld:CommandRequest:forged', ['eyJhbGciOiJub25lIn0.e30.']);
    const many = await world.ask({ targets: Array.from({ length: 11 }, (_, at) => deviceOf(at + 2)) });
    await world.pass(1_000);
    expect(['protected', 'forged', 'overCap'].map((kind) => world.alarms(kind))).toEqual([1, 1, 1]);
    expect([world.statusOf(many), world.orders.length]).toEqual(['refused', 0]);
  });
});

describe('the caps (T21)', () => {
  it('freeze everything that takes a supply away when more is approved than an hour may have', async () => {
    await begin({ meters: 2_000 });
    const requests: Request[] = [];
    for (let number = 1; number <= 11; number += 1) {
      requests.push(await approved({ targets: [deviceOf(number)], by: `p${number}` }, { by: `q${number}` }));
    }
    expect(world.orders).toHaveLength(10);
    expect(world.statusOf(requests[10] ?? { id: '' })).toBe('refused');
    expect(world.alarms('frozen')).toBe(1);
    const reconnect = await world.ask({ command: 'reconnect', targets: [deviceOf(1)] });
    await world.pass(1_500);
    expect(world.statusOf(reconnect)).toBe('done');
  });

  it('count a person whether they ask or approve: two tokens get twenty an hour and not more', async () => {
    await begin({ meters: 20_000 });
    for (let number = 1; number <= 30; number += 1) {
      const [by, other] = number % 2 === 0 ? ['ana', 'dan'] : ['dan', 'ana'];
      await approved({ targets: [deviceOf(number)], by }, { by: other });
      await world.pass(60_000, 15_000);
    }
    expect(world.orders.length).toBeLessThanOrEqual(20);
    expect(world.alarms('frozen')).toBe(1);
  });

  it('never send two of one person within a minute', async () => {
    await begin({ meters: 20_000 });
    const targets = Array.from({ length: 6 }, (_, at) => deviceOf(at + 1));
    await approved({ targets });
    await world.pass(7 * 60_000, 5_000);
    const times = world.orders.map(({ issuedAtMs }) => issuedAtMs);
    expect(times).toHaveLength(6);
    for (const [at, time] of times.entries())
      if (at > 0) expect(time - (times[at - 1] ?? 0)).toBeGreaterThanOrEqual(60_000);
  });

  it.each([
    [20, 5, 5],
    [1_000, 5, 5],
    [2_000, 5, 10],
    [100_000, 5, 50],
    [20, 0, 0],
  ])('of %i meters with a small fleet of %i are %i an hour', async (meters, smallFleet, most) => {
    await begin({ meters, settings: { smallFleet } });
    for (let number = 1; number <= Math.min(most + 1, 18); number += 1)
      await approved({ targets: [deviceOf(number)], by: `p${number}` }, { by: `q${number}` });
    expect(world.orders).toHaveLength(Math.min(most, 18));
  });

  it('hold what waits until two people have lifted the freeze', async () => {
    await begin({ meters: 2_000, settings: { longestDelayMs: 600_000 } });
    const waiting = await approved({ targets: [deviceOf(1)], by: 'p1' }, { by: 'q1' });
    await approved({ targets: Array.from({ length: 10 }, (_, at) => deviceOf(at + 2)), by: 'p2' }, { by: 'q2' });
    expect(world.alarms('frozen')).toBe(1);
    await world.pass(11 * 60_000, 5_000);
    expect(world.orders).toHaveLength(0);
    await world.say('unfreeze', 'eva');
    await world.say('unfreeze', 'eva');
    await world.say('unfreeze', 'ion', { authenticatedAtMs: world.clock.nowMs() - 6 * 60_000 });
    await world.pass(2_000);
    expect(world.orders).toHaveLength(0);
    await world.say('unfreeze', 'ion');
    await world.pass(2_000);
    expect([world.statusOf(waiting), world.orders.length]).toEqual(['done', 1]);
  });
});

describe('the switch (T21)', () => {
  it('stops what waits, what is not decided and what comes, within a moment', async () => {
    await begin({ settings: { longestDelayMs: 900_000 } });
    const waiting = await approved({ targets: [deviceOf(1)] });
    const asked = await world.ask({ targets: [deviceOf(2)] });
    await world.pass(250);
    await world.say('stop', 'eva');
    await world.pass(500);
    const read = await world.ask({ command: 'read', targets: [deviceOf(3)] });
    await world.pass(1_000);
    expect([waiting, asked, read].map((one) => world.statusOf(one))).toEqual(['stopped', 'stopped', 'refused']);
    await world.pass(20 * 60_000, 5_000);
    expect(world.orders).toHaveLength(0);
    expect(world.alarms('stopped')).toBe(1);
  });

  it('is looked at right before each order, also when no notification came', async () => {
    await begin();
    const request = await world.ask();
    await world.pass(250);
    await world.decide(request);
    await world.say('stop', 'eva');
    await world.service?.tick();
    await world.pass(1_000);
    expect([world.statusOf(request), world.orders.length]).toEqual(['stopped', 0]);
  });

  it('is remembered when somebody deletes it from the broker, and after a restart', async () => {
    await begin();
    await world.say('stop', 'eva');
    await world.pass(250);
    world.controls.length = 0;
    await world.journal?.close();
    await world.start();
    const request = await approved();
    expect([world.statusOf(request), world.orders.length]).toEqual(['refused', 0]);
  });

  it('ends by the voices of two people; what it stopped stays stopped; showing it again does nothing', async () => {
    await begin();
    await world.say('stop', 'eva');
    const [stop = ''] = world.controls;
    await world.pass(250);
    await world.say('resume', 'eva');
    await world.pass(250);
    expect(world.statusOf(await approved())).toBe('refused');
    await world.say('resume', 'ion');
    await world.pass(250);
    world.controls.push(stop);
    const request = await approved();
    expect(world.statusOf(request)).toBe('done');
    expect(world.alarms('resumed')).toBe(1);
  });

  it('is not lifted by voices that are older than the stop', async () => {
    await begin();
    await world.say('resume', 'eva');
    await world.say('resume', 'ion');
    await world.clock.advance(1_000);
    await world.say('stop', 'eva');
    await world.pass(500);
    expect(world.statusOf(await approved())).toBe('refused');
  });
});

describe('what gives a supply back, and what only asks', () => {
  it.each([
    ['reconnect', {}],
    ['read', {}],
    ['setClock', {}],
  ])('%s needs one person and no wait', async (command, parameters) => {
    await begin();
    const request = await world.ask({ command, parameters });
    await world.pass(1_000);
    expect([world.statusOf(request), world.orders.length]).toEqual(['done', 1]);
  });

  it('is paced and has an hour of its own: three hundred reconnects a person', async () => {
    await begin();
    const many = await world.ask({
      command: 'reconnect',
      targets: Array.from({ length: 50 }, (_, at) => deviceOf(at + 1)),
    });
    await world.pass(101_000, 1_000);
    expect(world.statusOf(many)).toBe('done');
    expect(world.orders).toHaveLength(50);
  });

  it('a read is shown for an hour and then gone, here and in the broker (S0-21)', async () => {
    await begin();
    const [shown, stored] = [
      await world.ask({ command: 'read', targets: [deviceOf(1)] }),
      await world.ask({ command: 'read', targets: [deviceOf(2)], parameters: { store: true } }),
    ];
    await world.pass(1_000);
    expect(JSON.stringify(world.shown.get(shown.id))).toContain('totalActiveEnergyImport');
    await world.clock.advance(3_700_000);
    await world.pass(500);
    expect([world.shown.has(shown.id), world.shown.has(stored.id)]).toEqual([false, true]);
    expect(JSON.stringify(world.journal?.targets(shown.id))).not.toContain('totalActiveEnergyImport');
  });
});

describe('what became of it (T22)', () => {
  it('is failed when the agent refuses: nothing was done', async () => {
    await begin();
    world.answers = () => ({ kind: 'refused', reason: '409 order.busy' });
    expect(world.statusOf(await approved())).toBe('failed');
  });

  it('is done when the answer got lost and the meter shows it', async () => {
    await begin();
    world.answers = () => ({ kind: 'unclear', reason: '504' });
    expect([world.statusOf(await approved()), world.orders.length]).toEqual(['done', 1]);
  });

  it('is failed when the meter says so', async () => {
    await begin();
    world.obeys = false;
    const request = await approved();
    expect(world.statusOf(request)).toBe('sending');
    world.answer(world.orders[0]?.id ?? '', 'ERROR', 'breaker.stuck');
    await world.pass(1_000);
    expect(world.statusOf(request)).toBe('failed');
  });

  it('is unknown when nobody can say, with an alarm, and is never sent again', async () => {
    await begin();
    world.obeys = false;
    const request = await approved();
    await world.pass(20 * 60_000, 5_000);
    expect([world.statusOf(request), world.orders.length, world.alarms('unknown')]).toEqual(['unknown', 1, 1]);
    const again = await approved();
    expect(world.textOf(again)).toMatch(/Read the meter first/);
    await world.clock.advance(25 * 3_600_000);
    world.obeys = true;
    expect(world.statusOf(await approved())).toBe('done');
  });

  it.each([
    ['disconnected', 'done'],
    ['connected', 'failed'],
  ])('ends being unknown when the meter shows %s', async (state, status) => {
    await begin();
    world.obeys = false;
    const request = await approved();
    await world.pass(10 * 60_000, 5_000);
    world.shows(deviceOf(1), state);
    await world.pass(60_000, 5_000);
    expect([world.statusOf(request), world.orders.length]).toEqual([status, 1]);
  });

  it('is expired when it could not be sent for half an hour, and is not sent then (P16)', async () => {
    await begin({ settings: { longestDelayMs: 60_000 } });
    const request = await approved();
    expect(world.statusOf(request)).toBe('waiting');
    world.isBrokerAway = true;
    await world.clock.advance(32 * 60_000);
    world.isBrokerAway = false;
    await world.pass(2_000);
    expect([world.statusOf(request), world.orders.length]).toEqual(['expired', 0]);
  });
});
