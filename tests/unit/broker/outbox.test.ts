/** The outbox and its courier on a simulated clock: order, joining, retries, the cursor, and that nothing is left out. */

import type { Entity } from '@contor/broker/entity/model.js';
import { Courier, type SendResult } from '@contor/broker/subscription/courier.js';
import type { Telling } from '@contor/broker/subscription/model.js';
import { Outbox, type Parcel } from '@contor/broker/subscription/outbox.js';
import { retrySchedule, SimulatedClock, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const state = (id: string, value: number): Entity => ({
  id: `urn:x:${id}`,
  types: [],
  scope: undefined,
  attributes: [],
  createdAt: 0,
  modifiedAt: value,
});
const telling = (position: number, entity: Entity, atMs = 0): Telling => ({
  position,
  atMs,
  reason: 'updated',
  entity,
});
const idsOf = (parcel: Parcel | undefined): string[] =>
  (parcel?.entries ?? []).map(({ entity }) => `${entity.id.slice(6)}${entity.modifiedAt}`);

function filled(...states: readonly string[]): Outbox {
  const outbox = new Outbox();
  for (const [at, text] of states.entries())
    outbox.push(telling(at + 1, state(text.slice(0, 1), Number(text.slice(1))), at));
  return outbox;
}

describe('the outbox', () => {
  it('joins different entities, never two states of one', () => {
    const outbox = filled('a1', 'b1', 'a2', 'c1');
    expect(idsOf(outbox.take(10, 1e6))).toEqual(['a1', 'b1', 'c1']);
    expect(outbox.take(10, 1e6)).toBeUndefined();
  });

  it('holds the next state back until the one before is acknowledged', () => {
    const outbox = filled('a1', 'a2', 'a3');
    for (const expected of ['a1', 'a2', 'a3']) {
      const parcel = outbox.take(10, 1e6);
      expect(idsOf(parcel)).toEqual([expected]);
      if (parcel !== undefined) outbox.acknowledge(parcel);
    }
    expect(outbox).toMatchObject({ length: 0, bytes: 0, cursor: 3 });
  });

  it('moves its cursor only over what is acknowledged without a hole', () => {
    const outbox = filled('a1', 'b1', 'c1');
    const [first, second] = [outbox.take(1, 1e6), outbox.take(1, 1e6)];
    if (first === undefined || second === undefined) throw new Error('two parcels were there');
    outbox.acknowledge(second);
    expect(outbox.cursor).toBe(0);
    outbox.acknowledge(first);
    expect(outbox.cursor).toBe(2);
    expect(outbox.pending().map(({ position }) => position)).toEqual([3]);
  });

  it('takes nothing that an earlier life had acknowledged', () => {
    const outbox = new Outbox(2);
    for (const position of [1, 2, 3]) outbox.push(telling(position, state('a', position)));
    expect(idsOf(outbox.take(10, 1e6))).toEqual(['a3']);
  });

  it('keeping the latest, a waiting state gives way to a newer one, and one on its way does not', () => {
    const outbox = new Outbox();
    const push = (position: number, id: string): void => outbox.push(telling(position, state(id, position)), 'latest');
    push(1, 'a');
    push(2, 'a');
    push(3, 'b');
    const first = outbox.take(10, 1e6);
    expect(idsOf(first)).toEqual(['a2', 'b3']);
    push(4, 'a');
    push(5, 'a');
    if (first !== undefined) outbox.acknowledge(first);
    const second = outbox.take(10, 1e6);
    expect(idsOf(second)).toEqual(['a5']);
    if (second !== undefined) outbox.acknowledge(second);
    expect(outbox).toMatchObject({ length: 0, bytes: 0, cursor: 5 });
  });

  it('keeps a parcel within its bytes, but never empty', () => {
    const outbox = filled('a1', 'b1', 'c1');
    expect(idsOf(outbox.take(10, 1))).toEqual(['a1']);
    expect(idsOf(outbox.take(10, 400))).toEqual(['b1', 'c1']);
  });
});

describe('the courier', () => {
  async function deliver(
    states: readonly string[],
    answers: (call: number) => SendResult,
    seed = 1,
    isInterrupted = false,
  ) {
    const clock = new SimulatedClock(0);
    const outbox = filled(...states);
    const accepted: string[] = [];
    const sentIds: string[] = [];
    const inFlight = new Set<string>();
    let calls = 0;
    let ids = 0;
    const courier = new Courier({
      outbox,
      clock,
      schedule: retrySchedule({ firstMs: 250, factor: 2, maxMs: 30_000, jitter: 0.3 }, seededRandom(seed)),
      idOf() {
        ids += 1;
        return `n${ids}`;
      },
      note: async () => true,
      pauseMs: () => 0,
      cooldownMs: () => 0,
      isHopeless: () => false,
      bury: async () => false,
      isOpen: () => true,
      onSettled: () => undefined,
      async send(parcel, id) {
        calls += 1;
        const result = answers(calls);
        sentIds.push(id);
        for (const { entity } of parcel.entries) {
          expect(inFlight.has(entity.id)).toBe(false);
          inFlight.add(entity.id);
        }
        await clock.sleep(10 + (calls % 7));
        for (const { entity } of parcel.entries) inFlight.delete(entity.id);
        if (result.kind === 'accepted') accepted.push(...idsOf(parcel));
        return result;
      },
    });
    courier.nudge();
    await clock.advance(isInterrupted ? 40 : 3_600_000);
    return { accepted, sentIds, outbox, courier };
  }
  const yes: SendResult = { kind: 'accepted' };
  const no: SendResult = { kind: 'failed', reason: 'status 503' };

  it('sends again with the same id until it is accepted', async () => {
    const { accepted, sentIds } = await deliver(['a1'], (call) => (call < 4 ? no : yes));
    expect(accepted).toEqual(['a1']);
    expect(sentIds).toEqual(['n1', 'n1', 'n1', 'n1']);
  });

  it('waits for a dead subscriber and drops nothing', async () => {
    const { accepted, outbox, courier } = await deliver(['a1', 'a2', 'b1'], () => no);
    expect(accepted).toEqual([]);
    expect(outbox).toMatchObject({ length: 3, cursor: 0 });
    expect(courier.failures).toBeGreaterThan(100);
  });

  it('any states, any failures: everything arrives, each entity in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 60 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 2 })),
        fc.nat(),
        async (names, dice, seed) => {
          const states = names.map((name, at) => `${name}${at}`);
          const { accepted, outbox } = await deliver(states, () => (dice.next().value === 0 ? no : yes), seed);
          expect([...accepted].sort()).toEqual([...states].sort());
          for (const name of 'abcde') {
            const order = (list: readonly string[]): string[] => list.filter((text) => text.startsWith(name));
            expect(order(accepted)).toEqual(order(states));
          }
          expect(outbox).toMatchObject({ length: 0, bytes: 0, cursor: states.length });
        },
      ),
      { numRuns: 40 },
    );
  });

  it('stopped, it sends no more', async () => {
    const { courier, outbox, sentIds } = await deliver(['a1', 'a2', 'a3'], () => no, 1, true);
    const sent = sentIds.length;
    courier.stop();
    courier.nudge();
    expect(sentIds).toHaveLength(sent);
    expect(outbox.length).toBe(3);
  });
});
