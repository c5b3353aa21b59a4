/** Delivery across lives on a simulated disk: the same ids again, refusals taken apart, dead letters kept and sent again. */

import { DiskFullError, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { IS_LONG } from '../../support/long.js';
import { failure, type Limits, Rig, refusal, SUBSCRIPTION, TENANT } from './delivery-fixture.js';

const HOUR_MS = 3_600_000;
const MUST = { notifierInfo: [{ key: 'deliver', value: 'must' }] };
const values = (many: number, of = (at: number) => `a${at}`): string[] =>
  Array.from({ length: many }, (_none, at) => of(at + 1));

async function rigged(limits: Limits = {}): Promise<Rig> {
  const rig = new Rig(limits);
  await rig.boot();
  return rig;
}

describe('the id of a notification', () => {
  it('is the same when it is sent again, also after a power cut, with what came later in a notification of its own', async () => {
    const rig = await rigged();
    await rig.subscribe();
    rig.answer = () => failure();
    await rig.write('a1', 'b1', 'c1');
    await rig.clock.advance(1_000);
    const [first] = rig.heard;
    await rig.crash();
    await rig.write('d1');
    rig.answer = () => ({ kind: 'accepted' });
    await rig.clock.advance(60_000);
    expect(first?.states).toEqual(['a1', 'b1', 'c1']);
    const again = rig.heard.filter(({ states }) => states.includes('a1'));
    expect(new Set(again.map(({ id }) => id))).toEqual(new Set([first?.id]));
    expect(again.at(-1)?.states).toEqual(first?.states);
    expect(rig.told).toEqual(['a1', 'b1', 'c1', 'd1']);
  });

  it('any power cut at any moment: a state is told under one id for ever, nothing is lost, each entity in order', async () => {
    for (const seed of IS_LONG ? [1, 2, 3, 4, 5, 6] : [1, 2]) {
      const rig = new Rig({}, seed);
      const random = seededRandom(seed);
      await rig.boot();
      await rig.subscribe();
      const version = new Map([...'abcdef'].map((name) => [name, 0]));
      rig.answer = async () => (random.integer(5) === 0 ? failure() : { kind: 'accepted' });
      for (let life = 0; life < 12; life += 1) {
        const cut = rig.disk.crashAfter(20 + random.integer(60));
        let isCut = false;
        void cut.then(() => {
          isCut = true;
        });
        while (!isCut) {
          const batch = [...version.keys()]
            .filter(() => random.integer(2) === 0)
            .map((name) => `${name}${(version.get(name) ?? 0) + 1}`);
          for (const text of batch) version.set(text.slice(0, 1), Number(text.slice(1)));
          rig.write(...batch).catch(() => undefined);
          await Promise.race([cut, rig.clock.advance(random.integer(3) === 0 ? 900 : 0)]);
        }
        await rig.boot();
        // What was not acknowledged may be missing; the entity tells from where to go on.
        for (const name of version.keys())
          version.set(
            name,
            Number(
              rig.core.store.memory.tenants.get(TENANT)?.entity(`urn:ngsi-ld:T:${name}`)?.attributes[0]?.value ?? 0,
            ),
          );
      }
      rig.answer = () => ({ kind: 'accepted' });
      await rig.clock.advance(2 * HOUR_MS);
      const ids = new Map<string, Set<string>>();
      for (const { id, states } of rig.heard)
        for (const text of states) ids.set(text, (ids.get(text) ?? new Set()).add(id));
      expect([...ids].filter(([, names]) => names.size > 1)).toEqual([]);
      for (const [name, last] of version) {
        const told = [...new Set(rig.told.filter((text) => text.startsWith(name)))];
        expect(told).toEqual(values(last, (at) => `${name}${at}`));
      }
    }
  });
});

describe('a subscriber that refuses', () => {
  const poisoned = (states: readonly string[]) => (states.includes('p1') ? refusal() : { kind: 'accepted' as const });

  it('loses one entity of a thousand to the dead letters, and is told all others', async () => {
    const rig = await rigged();
    await rig.subscribe();
    rig.answer = poisoned;
    await rig.write(...'abcdefghijklmnopqrstuvwxyz'.split('').map((name) => `${name}1`));
    await rig.clock.advance(60_000);
    expect([...rig.told].sort()).toEqual('abcdefghijklmnoqrstuvwxyz'.split('').map((name) => `${name}1`));
    expect(rig.letters).toMatchObject([
      { entity: 'urn:ngsi-ld:T:p', cause: 'refused', reason: 'status 400', state: 'dead' },
    ]);
    // Halves: ten requests to find it among 26, and three before it is given up.
    expect(rig.heard.length).toBeLessThan(20);
    expect(rig.core.office.figures).toMatchObject({ outboxEntities: 0, failingSubscriptions: 0, deadLetters: 1 });
  });

  it('must-deliver: keeps what it refuses while it takes nothing else, and the later states of it behind', async () => {
    const rig = await rigged();
    await rig.subscribe({}, MUST);
    rig.answer = () => refusal();
    await rig.write('a1', 'b1');
    await rig.write('a2');
    await rig.clock.advance(HOUR_MS / 2);
    expect(rig.letters).toEqual([]);
    expect(rig.core.office.figures).toMatchObject({ outboxEntities: 3, failingSubscriptions: 1 });
    rig.answer = () => ({ kind: 'accepted' });
    await rig.clock.advance(60_000);
    expect([...rig.told].sort()).toEqual(['a1', 'a2', 'b1']);
    expect(rig.told.indexOf('a1')).toBeLessThan(rig.told.indexOf('a2'));
  });

  it('must-deliver: gives one up after eight refusals when others are taken meanwhile, and goes on with its next state', async () => {
    const rig = await rigged();
    await rig.subscribe({}, MUST);
    rig.answer = poisoned;
    await rig.write('p1');
    await rig.write('p2');
    for (const name of 'abc') {
      await rig.clock.advance(5_000);
      await rig.write(`${name}1`);
    }
    await rig.clock.advance(10 * 60_000);
    expect(rig.heard.filter(({ states }) => states.includes('p1'))).toHaveLength(8);
    expect(rig.letters).toMatchObject([{ entity: 'urn:ngsi-ld:T:p', cause: 'refused' }]);
    expect(rig.told).toContain('p2');
  });

  it('does not hold up others while one of its entities is refused', async () => {
    const rig = await rigged();
    await rig.subscribe({}, MUST);
    rig.answer = poisoned;
    await rig.write('p1');
    await rig.clock.advance(1_000);
    const startedMs = rig.clock.nowMs();
    await rig.write('a1');
    await rig.clock.advance(5_000);
    expect(
      (rig.heard.find(({ states }) => states.includes('a1'))?.atMs ?? Number.POSITIVE_INFINITY) - startedMs,
    ).toBeLessThan(500);
  });
});

describe('dead letters', () => {
  const LIMITS = { maxOutboxBytes: 4_000 };

  async function overflown(limits: Limits = LIMITS, states = values(40)): Promise<Rig> {
    const rig = await rigged(limits);
    await rig.subscribe();
    rig.answer = () => failure('connect ECONNREFUSED');
    for (const text of states) await rig.write(text);
    await rig.clock.advance(3_000);
    return rig;
  }
  const numbered = (rig: Rig) => rig.letters.map(({ position }) => position);

  it('take the oldest when an outbox is full, and writes go on', async () => {
    const rig = await overflown();
    expect(rig.core.office.fullBox(TENANT)).toBeUndefined();
    const { outboxEntities, deadLetters } = rig.core.office.figures;
    expect(outboxEntities + deadLetters).toBe(40);
    expect(deadLetters).toBeGreaterThan(25);
    expect(rig.letters.every(({ cause }) => cause === 'overflow')).toBe(true);
    expect(numbered(rig)).toEqual([...numbered(rig)].sort((a, b) => a - b));
  });

  it('never of a must-deliver subscription: there writes wait', async () => {
    const rig = await rigged(LIMITS);
    await rig.subscribe({}, MUST);
    rig.answer = () => failure();
    for (const text of values(40)) await rig.write(text);
    await rig.clock.advance(3_000);
    expect(rig.letters).toEqual([]);
    expect(rig.core.office.fullBox(TENANT)).toBe(SUBSCRIPTION);
  });

  it('relieve the largest outbox when all together are too large', async () => {
    const rig = await rigged({ maxOutboxBytes: 20_000, maxOutboxesBytes: 10_000 });
    await rig.subscribe();
    rig.answer = () => failure();
    for (const text of values(40)) await rig.write(text);
    await rig.clock.advance(3_000);
    expect(rig.letters.length).toBeGreaterThan(5);
    expect(rig.core.office.figures.outboxBytes).toBeLessThanOrEqual(10_000);
  });

  it('survive a power cut, and nothing in them is told besides', async () => {
    const rig = await overflown();
    const before = numbered(rig);
    await rig.crash();
    expect(numbered(rig)).toEqual(before);
    rig.answer = () => ({ kind: 'accepted' });
    await rig.clock.advance(60_000);
    expect(rig.told).toHaveLength(40 - before.length);
    expect(rig.told.at(-1)).toBe('a40');
  });

  it('are sent again in order, each once, and are gone when they are accepted', async () => {
    const rig = await overflown();
    rig.answer = () => ({ kind: 'accepted' });
    await rig.clock.advance(60_000);
    const dead = rig.letters.length;
    expect(await rig.core.office.replay(TENANT, SUBSCRIPTION)).toBe(dead);
    await rig.clock.advance(60_000);
    expect(rig.letters).toEqual([]);
    const told = rig.told.map((text) => Number(text.slice(1)));
    expect(told).toHaveLength(40);
    expect(told.slice(-dead)).toEqual(told.slice(-dead).sort((a, b) => a - b));
    expect(rig.core.office.figures).toMatchObject({ outboxEntities: 0, outboxBytes: 0 });
  });

  it('go on being sent again after a power cut, under the ids they had', async () => {
    const rig = await overflown(LIMITS, [...values(20), ...values(20, (at) => `b${at}`)]);
    await rig.core.office.replay(TENANT, SUBSCRIPTION);
    rig.answer = (states) => (states.includes('a3') ? failure() : { kind: 'accepted' });
    await rig.clock.advance(120_000);
    await rig.crash();
    rig.answer = () => ({ kind: 'accepted' });
    await rig.clock.advance(120_000);
    expect(rig.letters).toEqual([]);
    expect([...new Set(rig.told)].sort()).toEqual([...values(20), ...values(20, (at) => `b${at}`)].sort());
    const ids = rig.heard.filter(({ states }) => states.includes('a3')).map(({ id }) => id);
    expect(new Set(ids).size).toBe(1);
  });

  it('refused again they are dead again', async () => {
    const rig = await overflown();
    rig.answer = (states) => (states.includes('a2') ? refusal() : { kind: 'accepted' });
    await rig.clock.advance(60_000);
    await rig.core.office.replay(TENANT, SUBSCRIPTION);
    await rig.clock.advance(60_000);
    expect(rig.letters).toMatchObject([{ state: 'dead' }]);
  });

  it('can be read and deleted, and go with their subscription, also when the power goes at once', async () => {
    const rig = await overflown();
    const [first, second] = rig.letters;
    if (first === undefined || second === undefined) throw new RangeError('letters were expected');
    expect((await rig.core.letters.read([first])).get(first.number)?.entity.attributes[0]?.value).toBe(2);
    await rig.core.letters.gone({ tenant: TENANT, subscription: SUBSCRIPTION, createdAt: 0 }, [first.number]);
    expect(rig.letters[0]?.number).toBe(second.number);
    await rig.unsubscribe();
    await rig.crash();
    await rig.clock.advance(100);
    expect(rig.letters).toEqual([]);
    await rig.subscribe();
    expect(rig.letters).toEqual([]);
  });

  it('of a subscription that goes while they are being put aside go with it, and leave those of its successor alone', async () => {
    const rig = await rigged(LIMITS);
    await rig.subscribe();
    rig.answer = () => failure();
    for (const text of values(15)) await rig.write(text);
    const bury = rig.core.letters.bury.bind(rig.core.letters);
    let isHeld = true;
    rig.core.letters.bury = async (burial) => {
      while (isHeld) await rig.clock.sleep(100);
      return bury(burial);
    };
    for (const text of values(40)) await rig.write(text);
    await rig.unsubscribe();
    isHeld = false;
    await rig.clock.advance(1_000);
    expect(rig.letters).toEqual([]);
    expect(rig.core.letters.figures.deadLetters).toBe(0);
  });

  it('have a bound of their own: the oldest go, are counted, and the newest stay', async () => {
    const rig = await overflown({ maxOutboxBytes: 4_000, maxDeadLetterBytes: 65_536 }, values(600));
    const { deadLetterBytes, deadLettersDropped } = rig.core.letters.figures;
    expect(deadLettersDropped).toBeGreaterThan(0);
    expect(deadLetterBytes).toBeLessThanOrEqual(65_536);
    const newest = rig.letters.at(-1)?.position ?? 0;
    await rig.crash();
    expect(rig.letters.at(-1)?.position).toBe(newest);
    expect(rig.letters.length + deadLettersDropped + rig.core.office.figures.outboxEntities).toBe(600);
  });

  it('are tidied rather than dropped when most of the log is of letters that have gone', async () => {
    const rig = await overflown({ maxOutboxBytes: 4_000, maxDeadLetterBytes: 65_536 }, values(60));
    const [kept] = rig.letters;
    const owner = { tenant: TENANT, subscription: SUBSCRIPTION, createdAt: 0 };
    for (let round = 0; round < 12; round += 1) {
      await rig.core.letters.gone(
        owner,
        rig.letters.slice(1).map(({ number }) => number),
      );
      for (const text of values(60, (at) => `c${round * 60 + at}`)) await rig.write(text);
      await rig.clock.advance(3_000);
    }
    expect(rig.core.letters.figures.deadLettersDropped).toBe(0);
    await rig.crash();
    expect(rig.letters[0]).toMatchObject({ number: kept?.number, position: kept?.position });
  });

  it('without room on the disk what waits stays in the outbox, and writes wait at twice its bound', async () => {
    const rig = await rigged(LIMITS);
    await rig.subscribe();
    rig.answer = () => failure();
    rig.core.letters.bury = () => Promise.reject(new DiskFullError('The disk is full.'));
    for (const text of values(30)) await rig.write(text);
    await rig.clock.advance(3_000);
    expect(rig.core.office.fullBox(TENANT)).toBe(SUBSCRIPTION);
    rig.answer = () => ({ kind: 'accepted' });
    await rig.clock.advance(60_000);
    expect(rig.told).toEqual(values(30));
    expect(rig.core.office.fullBox(TENANT)).toBeUndefined();
  });
});

describe('throttling', () => {
  it('5.2.12: so many seconds between two notifications, and the newest state of each entity when the time has come', async () => {
    const rig = await rigged();
    await rig.subscribe({ throttling: 60 });
    for (let second = 0; second < 150; second += 1) {
      await rig.write(`a${second}`, `b${second}`);
      await rig.clock.advance(1_000);
    }
    await rig.clock.advance(60_000);
    const gaps = rig.heard.slice(1).map(({ atMs }, at) => atMs - (rig.heard[at]?.atMs ?? 0));
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(60_000);
    expect(rig.heard.map(({ states }) => states)).toEqual([
      ['a0', 'b0'],
      ['a59', 'b59'],
      ['a119', 'b119'],
      ['a149', 'b149'],
    ]);
  });

  it('keep=all: every state is told, one an interval', async () => {
    const rig = await rigged();
    await rig.subscribe({ throttling: 10 }, { notifierInfo: [{ key: 'keep', value: 'all' }] });
    await rig.write('a1');
    await rig.write('a2');
    await rig.write('a3', 'b1');
    await rig.clock.advance(60_000);
    expect(rig.told.filter((text) => text.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
    expect(rig.heard).toHaveLength(3);
  });

  it('holds across a restart and when the clock is set back, and loses nothing', async () => {
    const rig = await rigged();
    await rig.subscribe({ throttling: 3_600 });
    await rig.write('a1');
    await rig.clock.advance(1_500);
    await rig.write('a2');
    await rig.clock.advance(1_000);
    expect(rig.told).toEqual(['a1']);
    await rig.crash();
    // The clock of the next life is an hour on; the notification was two and a half seconds before that hour ends.
    await rig.clock.advance(1_000);
    rig.clock.stepWall(-7_200_000);
    await rig.write('a3');
    await rig.clock.advance(10_000);
    expect(rig.told.at(-1)).toBe('a3');
  });

  it('5.2.15: cooldown is the least wait after a failure', async () => {
    const rig = await rigged();
    await rig.subscribe({}, { cooldown: 20_000 });
    rig.answer = () => (rig.heard.length < 2 ? failure() : { kind: 'accepted' });
    await rig.write('a1');
    await rig.clock.advance(60_000);
    const [first, second, third] = rig.heard.map(({ atMs }) => atMs);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(20_000);
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(20_000);
  });
});

describe('a subscription that has ended', () => {
  it('expired, gives back its outbox and its dead letters', async () => {
    const rig = await rigged({ maxOutboxBytes: 4_000 });
    await rig.subscribe({ expiresAt: new Date(rig.clock.nowMs() + 10_000).toISOString() });
    rig.answer = () => failure();
    for (const text of values(40)) await rig.write(text);
    await rig.clock.advance(60_000);
    expect(rig.core.office.figures).toMatchObject({ outboxEntities: 0, outboxBytes: 0, deadLetters: 0 });
  });

  it('paused, keeps what waits, holds nobody up, and goes on when it is active again', async () => {
    const rig = await rigged();
    await rig.subscribe();
    rig.answer = () => failure();
    await rig.write('a1');
    await rig.clock.advance(1_000);
    const activate = (isActive: boolean) =>
      rig.core.store.submit({ kind: 'resubscribe', tenant: TENANT, atMs: 0, id: SUBSCRIPTION, patch: { isActive } });
    await activate(false);
    rig.answer = () => ({ kind: 'accepted' });
    await rig.clock.advance(60_000);
    expect(rig.told).toEqual([]);
    await activate(true);
    await rig.clock.advance(60_000);
    expect(rig.told).toEqual(['a1']);
  });
});
