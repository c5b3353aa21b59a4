/** Laws of the outbox under any history of changes, sends, answers, spills and crashes (fast-check), against a ledger of its own. */

import type { Entity } from '@contor/broker/entity/model.js';
import { Outbox, type Parcel } from '@contor/broker/subscription/outbox.js';
import { packPositions, unpackPositions } from '@contor/broker/subscription/positions.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../support/long.js';

const MOST_HOLES = 1_000;

function state(id: string, version: number): Entity {
  return { id, types: [], scope: undefined, attributes: [], createdAt: 0, modifiedAt: version };
}

type Step =
  | { readonly kind: 'push'; readonly entity: string; readonly gap: number }
  | { readonly kind: 'take'; readonly most: number }
  | { readonly kind: 'accept' | 'halve'; readonly which: number }
  | { readonly kind: 'spill'; readonly most: number; readonly hasRoom: boolean }
  | { readonly kind: 'crash' };

const STEPS = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('push' as const),
        entity: fc.constantFrom('a', 'b', 'c', 'd'),
        gap: fc.integer({ min: 1, max: 3 }),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('take' as const), most: fc.integer({ min: 1, max: 4 }) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('accept' as const), which: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('halve' as const), which: fc.nat(3) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('spill' as const),
        most: fc.integer({ min: 1, max: 3 }),
        hasRoom: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const) }) },
  ),
  { maxLength: 120 },
);

/** The outbox in the hands of a courier that notes what it does, and a log from which everything can be pushed again. */
class World {
  outbox = new Outbox();
  readonly #log: { readonly position: number; readonly entity: string }[] = [];
  readonly told = new Map<number, string>();
  readonly dead = new Set<number>();
  underway: Parcel[] = [];
  #position = 0;

  run(step: Step): void {
    switch (step.kind) {
      case 'push':
        this.#position += step.gap;
        this.#log.push({ position: this.#position, entity: step.entity });
        this.#push(this.outbox, this.#position, step.entity);
        break;
      case 'take': {
        const parcel = this.outbox.take(step.most, 1e9);
        if (parcel !== undefined) this.underway.push(parcel);
        break;
      }
      case 'accept': {
        const [parcel] = this.underway.splice(step.which % Math.max(1, this.underway.length), 1);
        if (parcel !== undefined) this.accept(parcel);
        break;
      }
      case 'halve': {
        const [parcel] = this.underway.splice(step.which % Math.max(1, this.underway.length), 1);
        if (parcel === undefined) break;
        const { entries } = parcel;
        const middle = Math.ceil(entries.length / 2);
        this.underway.push(
          ...[entries.slice(0, middle), entries.slice(middle)]
            .filter((half) => half.length > 0)
            .map((half) => ({ entries: half })),
        );
        break;
      }
      case 'spill': {
        const entries = this.outbox.spill(step.most, 1e9);
        if (step.hasRoom) {
          for (const { position } of entries) this.dead.add(position);
          this.outbox.acknowledge({ entries });
        } else this.outbox.unspill(entries);
        break;
      }
      case 'crash':
        this.#crash();
    }
    this.#check();
  }

  accept(parcel: Parcel): void {
    for (const { position, entity } of parcel.entries) {
      // Once, and never an older state after a newer one of the same entity.
      expect(this.told.has(position) || this.dead.has(position)).toBe(false);
      const newest = Math.max(0, ...[...this.told].filter(([, id]) => id === entity.id).map(([at]) => at));
      expect(position).toBeGreaterThan(newest);
      this.told.set(position, entity.id);
    }
    this.outbox.acknowledge(parcel);
  }

  drain(): void {
    for (const parcel of this.underway.splice(0)) this.accept(parcel);
    for (let parcel = this.outbox.take(3, 1e9); parcel !== undefined; parcel = this.outbox.take(3, 1e9))
      this.accept(parcel);
    expect([...this.told.keys(), ...this.dead].sort((a, b) => a - b)).toEqual(
      this.#log.map(({ position }) => position),
    );
    expect(this.outbox).toMatchObject({ length: 0, bytes: 0, ready: 0, cursor: this.#position });
    expect(this.outbox.pending()).toEqual([]);
  }

  /** The journal knows the progress and what was under way; the log gives every change again. */
  #crash(): void {
    const { cursor, horizon, holes } = this.outbox.progress(MOST_HOLES);
    const open = this.underway.map(({ entries }) => entries.map(({ position }) => position));
    const saved = new Set(unpackPositions(packPositions([...holes])));
    this.outbox = new Outbox({ cursor, horizon, holes: saved, told: this.dead, claimed: new Set(open.flat()) });
    for (const { position, entity } of this.#log) this.#push(this.outbox, position, entity);
    this.underway = open.map((positions) => {
      const parcel = this.outbox.claim(positions);
      // The same parcel again, and no other.
      expect(parcel?.entries.map(({ position }) => position)).toEqual(positions);
      return parcel ?? { entries: [] };
    });
    this.outbox.resumed();
  }

  #push(outbox: Outbox, position: number, id: string): void {
    outbox.push({ position, atMs: position, reason: 'updated', entity: state(id, position) });
  }

  #check(): void {
    const ids = this.underway.flatMap(({ entries }) => entries.map(({ entity }) => entity.id));
    expect(new Set(ids).size).toBe(ids.length);
    const waiting = this.#log.filter(({ position }) => !this.told.has(position) && !this.dead.has(position));
    expect(this.outbox.length).toBe(waiting.length);
    for (const { position } of waiting) expect(position).toBeGreaterThan(this.outbox.cursor);
    expect(this.outbox.pending().map(({ position }) => position)).toEqual(waiting.map(({ position }) => position));
  }
}

describe('the outbox', () => {
  it('any history, with crashes at any point: told once, in order per entity, the same parcels again, nothing left', () => {
    fc.assert(
      fc.property(STEPS, (steps) => {
        const world = new World();
        for (const step of steps) world.run(step);
        world.drain();
      }),
      // 400 runs now and then missed what 1,500 do not: that the newest of all was told before a crash.
      { numRuns: times(250, 1_500) },
    );
  });

  it('keeping the latest of a subscriber that is away holds one state of an entity, whatever comes', () => {
    const outbox = new Outbox();
    const push = (position: number, id: string): void =>
      outbox.push({ position, atMs: 0, reason: 'updated', entity: state(id, position) }, 'latest');
    push(1, 'a');
    const away = outbox.take(10, 1e9);
    for (let position = 2; position <= 50_000; position += 1) push(position, position % 2 === 0 ? 'a' : 'b');
    expect(outbox.length).toBe(3);
    expect(outbox.pending()).toHaveLength(3);
    // Of what was told in the middle nothing is kept either, so that memory does not grow.
    expect([...outbox.progress(MOST_HOLES).holes]).toEqual([1]);
    if (away !== undefined) outbox.acknowledge(away);
    expect(outbox.cursor).toBe(49_998);
  });

  it('dead letters go before what waits for their entity, and only when nothing of it is on its way', () => {
    const outbox = new Outbox();
    const telling = (id: string, position: number) => ({
      position,
      atMs: 0,
      reason: 'updated' as const,
      entity: state(id, position),
    });
    for (const [at, id] of ['a', 'a', 'b'].entries()) outbox.push(telling(id, at + 10));
    const first = outbox.take(1, 1e9);
    outbox.pushLetters([
      { telling: telling('a', 1), letter: 1 },
      { telling: telling('c', 2), letter: 2 },
    ]);
    expect(outbox.takeLetters()).toBeUndefined();
    if (first !== undefined) outbox.acknowledge(first);
    expect(outbox.take(10, 1e9)?.entries.map(({ position }) => position)).toEqual([12]);
    const letters = outbox.takeLetters();
    expect(letters?.entries.map(({ letter }) => letter)).toEqual([1, 2]);
    expect(outbox.take(10, 1e9)).toBeUndefined();
    if (letters !== undefined) outbox.acknowledge(letters);
    expect(outbox.take(10, 1e9)?.entries.map(({ position }) => position)).toEqual([11]);
  });
});

describe('packed positions', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 2 ** 40 })), (numbers) => {
        const sorted = numbers.sort((a, b) => a - b);
        expect(unpackPositions(packPositions(sorted))).toEqual(sorted);
      }),
    );
    expect(packPositions([4096, 4097, 4098, 8192])).toEqual([4096, 3, 4093, 1]);
  });
});
