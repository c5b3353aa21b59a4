/** The feed of the scope index: what the broker and history say, in whatever order it arrives, and when the index may be asked. */

import type { ScopeBroker } from '@contor/gateway/scope/broker.js';
import { startScopeFeed } from '@contor/gateway/scope/feed.js';
import type { Remembered, ScopeHistory } from '@contor/gateway/scope/history.js';
import { createLogger, SimulatedClock, seededRandom } from '@contor/kit';
import { createScopeIndex, type Scope, type TiedEntity } from '@contor/policy';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const SITE = 'urn:ngsi-ld:Site:s';
const SCOPE: Scope = { kind: 'grants', grants: [{ to: SITE }] };
const MINUTE = 60_000;
const log = createLogger({ service: 'test', level: 'error', write: () => undefined });
const at = (seconds: number) => new Date(Date.UTC(2026, 10, 20) + seconds * 1000).toISOString();

const site: TiedEntity = { id: SITE, type: 'Site' };
const point = (name: string, to = SITE): TiedEntity => ({
  id: `urn:ngsi-ld:ConsumptionPoint:${name}`,
  type: 'ConsumptionPoint',
  refSite: { type: 'Relationship', object: to },
});

/** A broker and a history as lists, with a hook between two pages. */
class World implements ScopeBroker, ScopeHistory {
  entities: TiedEntity[] = [site];
  past: TiedEntity[] = [];
  isAway = false;
  isHistoryAway = false;
  betweenPages: () => void = () => undefined;
  subscribed = 0;
  askedTies = 0;

  async subscribe(): Promise<void> {
    if (this.isAway) throw new Error('away');
    this.subscribed += 1;
  }

  pages(): AsyncIterable<readonly TiedEntity[]>;
  pages(): AsyncIterable<readonly Remembered[]>;
  async *pages(): AsyncIterable<readonly TiedEntity[]> {
    for (let offset = 0; offset < this.entities.length; offset += 2) {
      yield this.entities.slice(offset, offset + 2);
      this.betweenPages();
    }
  }

  async named(ids: readonly string[]): Promise<readonly TiedEntity[]> {
    return this.entities.filter(({ id }) => ids.includes(id));
  }

  async tiesOf(entities: readonly Remembered[]): Promise<readonly TiedEntity[]> {
    this.askedTies += entities.length;
    return entities.map(({ id, type }) => this.past.find((one) => one.id === id) ?? { id, type });
  }

  history(): ScopeHistory {
    const world = this;
    return {
      async *pages() {
        if (world.isHistoryAway) throw new Error('away');
        yield world.past;
      },
      tiesOf: (entities) => this.tiesOf(entities),
    };
  }
}

function open(world = new World()) {
  const clock = new SimulatedClock(Date.UTC(2026, 10, 20));
  const index = createScopeIndex();
  const feed = startScopeFeed({ index, broker: world, history: world.history(), clock, random: seededRandom(1), log });
  const seen = () => index.idsOf(SCOPE, ['ConsumptionPoint'], 'ever').map((id) => id.split(':').at(-1));
  return { world, clock, index, feed, seen };
}

describe('the feed of the scope index', () => {
  it('is not true before it has read everything once, and then follows notifications', async () => {
    const { world, clock, feed, seen } = open();
    world.entities.push(point('a'), point('b'));
    expect([feed.isTrue, feed.isHistoryTrue]).toEqual([false, false]);
    await clock.advance(0);
    expect([feed.isTrue, feed.isHistoryTrue, seen()]).toEqual([true, true, ['a', 'b']]);
    feed.receive([{ ...point('c'), modifiedAt: at(1) } as never]);
    feed.receive([{ ...point('a', 'urn:ngsi-ld:Site:other'), modifiedAt: at(2) } as never]);
    feed.receive([{ id: point('b').id, type: 'ConsumptionPoint', deletedAt: at(3) }]);
    expect(seen()).toEqual(['c']);
    feed.stop();
  });

  it('takes a tie that is told as null for none (5.8.6)', async () => {
    const { world, clock, feed, seen } = open();
    world.entities.push(point('a'));
    await clock.advance(0);
    const gone = { type: 'Relationship', object: 'urn:ngsi-ld:null' };
    feed.receive([{ id: point('a').id, type: 'ConsumptionPoint', refSite: [gone, { ...gone, datasetId: 'urn:d' }] }]);
    expect(seen()).toEqual([]);
    feed.stop();
  });

  it('believes the newest word, in whichever order two subscriptions bring it', async () => {
    const { clock, feed, seen } = open();
    await clock.advance(0);
    const told = [
      { ...point('a', 'urn:ngsi-ld:Site:other'), modifiedAt: at(1) },
      { ...point('a'), modifiedAt: at(2) },
      { id: point('a').id, type: 'ConsumptionPoint', deletedAt: at(3) },
      { ...point('a'), modifiedAt: at(4) },
    ];
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(told, { minLength: 4 }), async (order) => {
        const other = open();
        await other.clock.advance(0);
        for (const one of order) other.feed.receive([one as never]);
        expect(other.seen()).toEqual(['a']);
        other.feed.stop();
      }),
    );
    expect(seen()).toEqual([]);
    feed.stop();
  });

  it('leaves alone what was told while it read the pages, and finds what slipped from one page to another', async () => {
    const { world, clock, feed, seen } = open();
    world.entities.push(point('a'), point('b'), point('c'), point('d'));
    await clock.advance(0);
    let isFirst = true;
    world.betweenPages = () => {
      if (!isFirst) return;
      isFirst = false;
      // Everything behind it moves forward by one: 'b' is on no page.
      world.entities = world.entities.filter(({ id }) => id !== SITE && id !== point('a').id).concat(site);
      feed.receive([{ id: point('a').id, type: 'ConsumptionPoint', deletedAt: at(9) }]);
      feed.receive([{ ...point('d', 'urn:ngsi-ld:Site:other'), modifiedAt: at(9) } as never]);
      world.entities = world.entities.map((one) =>
        one.id === point('d').id ? point('d', 'urn:ngsi-ld:Site:other') : one,
      );
    };
    await clock.advance(3 * MINUTE);
    expect(seen()).toEqual(['b', 'c']);
    feed.stop();
  });

  it('forgets at the next round what went without a word', async () => {
    const { world, clock, feed, seen } = open();
    world.entities.push(point('a'), point('b'));
    await clock.advance(0);
    world.entities = world.entities.filter(({ id }) => id !== point('a').id);
    await clock.advance(3 * MINUTE);
    expect([seen(), feed.isTrue]).toEqual([['b'], true]);
    feed.stop();
  });

  it('trusts what it knows for ten minutes while the broker is away, and not longer', async () => {
    const { world, clock, feed } = open();
    await clock.advance(0);
    world.isAway = true;
    await clock.advance(9 * MINUTE);
    expect(feed.isTrue).toBe(true);
    await clock.advance(2 * MINUTE);
    expect([feed.isTrue, feed.isHistoryTrue]).toEqual([false, false]);
    world.isAway = false;
    await clock.advance(MINUTE);
    expect(feed.isTrue).toBe(true);
    feed.stop();
  });
});

describe('what lives in history alone', () => {
  const series: TiedEntity = { id: 'urn:ngsi-ld:IntervalReading:m', type: 'IntervalReading', refPoint: point('a').id };
  const seesSeries = ({ index }: ReturnType<typeof open>) => index.idsOf(SCOPE, ['IntervalReading'], 'ever').length;

  it('is known by the columns of its newest row; asked for once, and again after an hour', async () => {
    const world = new World();
    world.entities.push(point('a'));
    world.past.push(series);
    const house = open(world);
    await house.clock.advance(0);
    expect([seesSeries(house), world.askedTies]).toEqual([1, 1]);
    await house.clock.advance(30 * MINUTE);
    expect(world.askedTies).toBe(1);
    await house.clock.advance(31 * MINUTE);
    expect(world.askedTies).toBe(2);
    house.feed.stop();
  });

  it('does not say who belongs where: history keeps no dates of that', async () => {
    const world = new World();
    world.past.push({ id: point('gone').id, type: 'ConsumptionPoint', refSite: SITE }, series);
    const house = open(world);
    await house.clock.advance(0);
    expect([house.seen(), house.index.has(series.id)]).toEqual([[], true]);
    house.feed.stop();
  });

  it('is known after the broker, and until then nobody is told of history', async () => {
    const world = new World();
    world.isHistoryAway = true;
    world.past.push(series);
    const house = open(world);
    await house.clock.advance(0);
    expect([house.feed.isTrue, house.feed.isHistoryTrue]).toEqual([true, false]);
    world.isHistoryAway = false;
    await house.clock.advance(MINUTE);
    expect(house.feed.isHistoryTrue).toBe(true);
    house.feed.stop();
  });

  it('gives way to the word of the broker, and is found again when the broker has it no more', async () => {
    const world = new World();
    world.entities.push(point('a'), { ...series, refPoint: 'urn:ngsi-ld:ConsumptionPoint:elsewhere' });
    world.past.push(series);
    const house = open(world);
    await house.clock.advance(0);
    expect(seesSeries(house)).toBe(0);
    world.entities = world.entities.filter(({ id }) => id !== series.id);
    await house.clock.advance(6 * MINUTE);
    expect(seesSeries(house)).toBe(1);
    world.past = [];
    await house.clock.advance(3 * MINUTE);
    expect(seesSeries(house)).toBe(0);
    house.feed.stop();
  });
});
