/** The live stream by permission: who is told what, when it ends, and what is shared. On a virtual clock, with the real index. */

import { EventEmitter } from 'node:events';
import { LiveState } from '@contor/gateway/live/state.js';
import { createStreamHub, type StreamOptions } from '@contor/gateway/live/stream.js';
import { SimulatedClock } from '@contor/kit';
import { createScopeIndex, type Grant, type Scope } from '@contor/policy';
import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../support/long.js';

const NOW = Date.UTC(2026, 10, 20, 12);
const HOUR = 3_600_000;
const site = (name: string) => `urn:ngsi-ld:Site:${name}`;
const point = (name: string) => `urn:ngsi-ld:ConsumptionPoint:${name}`;
const meter = (name: string) => `urn:ngsi-ld:ACMeasurement:${name}`;
const grants = (...all: (Grant | string)[]): Scope => ({
  kind: 'grants',
  grants: all.map((grant) => (typeof grant === 'string' ? { to: grant } : grant)),
});
const EVERYTHING: Scope = { kind: 'everything' };
const rel = (object: string) => ({ type: 'Relationship', object });

/** What the hub needs of a response, and what was written to it as events. */
class Page extends EventEmitter {
  readonly written: (string | Buffer)[] = [];
  isOver = false;
  writableLength = 0;
  readonly socket = { setNoDelay: () => undefined };
  status = () => this;
  set = () => this;
  flushHeaders = () => undefined;

  write(text: string | Buffer): boolean {
    this.written.push(text);
    return true;
  }

  end(): void {
    this.isOver = true;
    this.emit('close');
  }

  destroy = () => this.end();

  get events(): { readonly id: string | undefined; readonly name: string; readonly data: unknown }[] {
    return this.written
      .map(String)
      .join('')
      .split('\n\n')
      .map(
        (block) => new Map(block.split('\n').map((line) => [line.split(': ')[0], line.slice(line.indexOf(': ') + 2)])),
      )
      .filter((fields) => fields.has('event'))
      .map((fields) => ({
        id: fields.get('id'),
        name: fields.get('event') ?? '',
        data: JSON.parse(fields.get('data') ?? ''),
      }));
  }

  /** `name:power` of every entity told, in order. */
  get told(): readonly string[] {
    return this.events
      .filter(({ name }) => name === 'entities')
      .flatMap(({ data }) => (data as { entities: { id: string; power: { value: number } }[] }).entities)
      .map(({ id, power }) => `${id.split(':').at(-1)}:${power.value}`);
  }

  get gone(): readonly string[] {
    return this.events
      .filter(({ name }) => name === 'gone')
      .flatMap(({ data }) => (data as { ids: string[] }).ids.map((id) => id.split(':').at(-1) ?? ''));
  }

  get lastId(): string | undefined {
    return this.events
      .map(({ id }) => id)
      .filter((id) => id !== undefined)
      .at(-1);
  }
}

function openHouse() {
  const clock = new SimulatedClock(NOW);
  const state = new LiveState(NOW);
  const index = createScopeIndex();
  const hub = createStreamHub({ state, index, clock, version: '1' });
  const scopes = new Map<string, Scope | undefined>();
  const apply = (name: string, power: number, to = name) =>
    state.apply({
      id: meter(name),
      type: 'ACMeasurement',
      power: { type: 'Property', value: power },
      refPoint: rel(point(to)),
    });
  const tie = (name: string, to: string) => {
    index.apply({ id: point(name), type: 'ConsumptionPoint', refSite: rel(site(to)) });
    index.apply({ id: meter(name), type: 'ACMeasurement', refPoint: rel(point(name)) });
  };
  const open = (subjectId: string, options: Partial<StreamOptions> = {}) => {
    const page = new Page();
    const isOpen = hub.open(page as never, {
      ...{ sessionKey: subjectId, subjectId, topics: { types: [], site: undefined }, lastEventId: undefined },
      currentScope: () => scopes.get(subjectId),
      isStillAllowed: async () => true,
      ...options,
    });
    return Object.assign(page, { isOpen });
  };
  for (const name of ['s', 't']) index.apply({ id: site(name), type: 'Site' });
  return { clock, state, index, hub, scopes, apply, tie, open };
}

let house: ReturnType<typeof openHouse>;
beforeEach(() => {
  house = openHouse();
  for (const [name, to] of [
    ['a', 's'],
    ['b', 's'],
    ['c', 't'],
  ] as const)
    house.tie(name, to);
  house.scopes
    .set('all', EVERYTHING)
    .set('sam', grants(site('s')))
    .set('tom', grants(site('t')));
});
const pass = (ms = 300) => house.clock.advance(ms);

describe('a stream within a scope', () => {
  it('tells each what lies inside, first the present and then changes', async () => {
    for (const name of ['a', 'b', 'c']) house.apply(name, 1);
    const [all, sam, tom] = ['all', 'sam', 'tom'].map((who) => house.open(who));
    await pass();
    house.apply('a', 2);
    house.apply('c', 3);
    await pass();
    expect(all?.told).toEqual(['a:1', 'b:1', 'c:1', 'a:2', 'c:3']);
    expect(sam?.told).toEqual(['a:1', 'b:1', 'a:2']);
    expect(tom?.told).toEqual(['c:1', 'c:3']);
  });

  it('opens for nobody who is locked, and for somebody without grants it stays silent', async () => {
    house.scopes.set('nobody', grants());
    house.apply('a', 1);
    const [locked, nobody] = [house.open('locked'), house.open('nobody')];
    await pass();
    expect([locked.isOpen, nobody.isOpen, nobody.told]).toEqual([false, true, []]);
  });

  it('shares one encoded text among clients of equal scope, whatever the order of their grants', async () => {
    house.scopes.set('x', grants(site('s'), site('t'))).set('y', grants(site('t'), site('s')));
    const [x, y] = [house.open('x'), house.open('y')];
    expect(house.hub.views).toBe(1);
    house.apply('a', 1);
    await pass();
    const [ofX, ofY] = [x, y].map(({ written }) => written.find((text) => Buffer.isBuffer(text)));
    expect(ofX).toBeDefined();
    expect(ofX).toBe(ofY);
    x.end();
    y.end();
    expect(house.hub.views).toBe(0);
  });

  it('cuts relationships to what lies outside', async () => {
    house.index.apply({ id: meter('far'), type: 'ACMeasurement', refDevice: rel('urn:ngsi-ld:Device:d') });
    house.index.apply({ id: 'urn:ngsi-ld:Device:d', type: 'Device', refSite: rel(site('s')) });
    const sam = house.open('sam');
    const links = {
      refDevice: rel('urn:ngsi-ld:Device:d'),
      refPoint: [rel(point('c')), { ...rel(point('a')), datasetId: 'urn:d' }],
    };
    house.state.apply({
      id: meter('far'),
      type: 'ACMeasurement',
      power: { type: 'Property', value: 1, refSite: rel(site('t')) },
      ...links,
    });
    await pass(1_300);
    const [event] = sam.events.filter(({ name }) => name === 'entities');
    expect(event?.data).toEqual({
      entities: [
        {
          ...{ id: meter('far'), type: 'ACMeasurement', power: { type: 'Property', value: 1 } },
          refDevice: rel('urn:ngsi-ld:Device:d'),
          refPoint: { ...rel(point('a')), datasetId: 'urn:d' },
        },
      ],
    });
  });
});

describe('what takes effect at once', () => {
  it('a changed scope: the page begins anew with what it may see now', async () => {
    for (const name of ['a', 'c']) house.apply(name, 1);
    const sam = house.open('sam');
    await pass();
    house.scopes.set('sam', grants(site('t')));
    house.hub.recheckSubject('sam');
    expect(sam.events.map(({ name }) => name)).toEqual(['hello', 'entities', 'reset', 'entities']);
    house.apply('a', 2);
    await pass();
    expect(sam.told).toEqual(['a:1', 'c:1']);
  });

  it('a lock ends the stream', () => {
    const sam = house.open('sam');
    house.scopes.set('sam', undefined);
    house.hub.recheckSubject('sam');
    expect([sam.isOver, house.hub.clients, house.hub.views]).toEqual([true, 0, 0]);
  });

  it('the end of a session ends its streams', () => {
    const [sam, tom] = [house.open('sam'), house.open('tom')];
    house.hub.closeSession('sam');
    expect([sam.isOver, tom.isOver]).toEqual([true, false]);
  });

  it('the end of a grant: not one text after its date, and the page hears what is gone', async () => {
    house.scopes.set('sam', grants({ to: site('s'), toMs: NOW + HOUR }, site('t')));
    for (const name of ['a', 'c']) house.apply(name, 1);
    const sam = house.open('sam');
    await pass(HOUR - 300);
    house.apply('a', 2);
    await pass(299);
    await pass(1);
    house.apply('a', 3);
    house.apply('c', 3);
    await pass(1_300);
    expect(sam.told).toEqual(['a:1', 'c:1', 'a:2', 'c:3']);
    expect([...sam.gone].sort()).toEqual(['a', 'b']);
  });

  it('the beginning of a grant: what did not change is told all the same', async () => {
    house.scopes.set('sam', grants({ to: site('s'), fromMs: NOW + HOUR }));
    house.apply('a', 1);
    const sam = house.open('sam');
    await pass(HOUR - 1);
    expect(sam.told).toEqual([]);
    await pass(1_000);
    expect(sam.told).toEqual(['a:1']);
  });

  it('a tie that goes: not one text afterwards; a tie that comes: within a second', async () => {
    for (const name of ['a', 'c']) house.apply(name, 1);
    const [sam, tom] = [house.open('sam'), house.open('tom')];
    await pass(1_100);
    house.tie('a', 't');
    house.apply('a', 2);
    await pass(300);
    expect(sam.told).toEqual(['a:1']);
    await pass(1_000);
    expect([sam.gone, tom.told]).toEqual([['a'], ['c:1', 'a:2']]);
  });
});

describe('topics', () => {
  it('types: only these', async () => {
    house.state.apply({ id: 'urn:ngsi-ld:Alert:1', type: 'Alert', power: { type: 'Property', value: 9 } });
    house.apply('a', 1);
    const all = house.open('all', { topics: { types: ['Alert'], site: undefined } });
    house.apply('a', 2);
    await pass();
    expect(all.told).toEqual(['1:9']);
  });

  it('site: what belongs to it, within the scope', async () => {
    house.scopes.set('both', grants(site('s'), point('c')));
    for (const name of ['a', 'b', 'c']) house.apply(name, 1);
    const topics = { types: [], site: site('t') };
    const [all, both, sam] = ['all', 'both', 'sam'].map((who) => house.open(who, { topics }));
    await pass();
    expect([all?.told, both?.told, sam?.told]).toEqual([['c:1'], ['c:1'], []]);
  });
});

describe('coming back', () => {
  it('tells what changed since, and everything when other entities are inside', async () => {
    for (const name of ['a', 'b', 'c']) house.apply(name, 1);
    const first = house.open('sam');
    await pass();
    first.end();
    house.apply('a', 2);
    house.apply('c', 2);
    const second = house.open('sam', { lastEventId: first.lastId });
    await pass();
    expect(second.told).toEqual(['a:2']);
    second.end();

    house.tie('c', 's');
    const third = house.open('sam', { lastEventId: second.lastId });
    await pass();
    expect([...third.told].sort()).toEqual(['a:2', 'b:1', 'c:2']);
    expect(third.events.map(({ name }) => name)).toEqual(['hello', 'reset', 'entities']);
  });

  it('is not fooled by the number of another scope', async () => {
    for (const name of ['a', 'b', 'c']) house.apply(name, 1);
    const all = house.open('all');
    await pass();
    const sam = house.open('sam', { lastEventId: all.lastId });
    await pass();
    expect([...sam.told].sort()).toEqual(['a:1', 'b:1']);
  });

  it('a slow page catches up with the newest states when its line is free again', async () => {
    const sam = house.open('sam');
    sam.writableLength = 2 * 1024 * 1024;
    for (let power = 1; power <= 5; power += 1) {
      house.apply('a', power);
      await pass();
    }
    expect(sam.told).toEqual([]);
    sam.writableLength = 0;
    sam.emit('drain');
    expect(sam.told).toEqual(['a:5']);
  });

  it('whatever happens, a page ends with the newest state of exactly what it may see', async () => {
    const names = ['a', 'b', 'c'];
    const deed = fc.oneof(
      fc.record({ kind: fc.constant('apply' as const), name: fc.constantFrom(...names), to: fc.constant('') }),
      fc.record({ kind: fc.constant('tie' as const), name: fc.constantFrom(...names), to: fc.constantFrom('s', 't') }),
      fc.record({
        kind: fc.constantFrom('pass' as const, 'return' as const),
        name: fc.constant(''),
        to: fc.constant(''),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 25 }), async (deeds) => {
        const { clock, index, scopes, apply, tie, open } = openHouse();
        scopes.set('sam', grants(site('s')));
        for (const name of names) tie(name, 's');
        let power = 0;
        let page = open('sam');
        const shown = new Map<string, string>();
        const look = () => {
          for (const { name, data } of page.events) {
            if (name === 'reset') shown.clear();
            if (name === 'entities') {
              for (const one of (data as { entities: { id: string; power: { value: number } }[] }).entities)
                shown.set(one.id, String(one.power.value));
            }
            if (name === 'gone') for (const id of (data as { ids: string[] }).ids) shown.delete(id);
          }
          page.written.length = 0;
        };
        const newest = new Map<string, string>();
        for (const { kind, name, to } of deeds) {
          if (kind === 'apply') {
            power += 1;
            apply(name, power);
            newest.set(meter(name), String(power));
          } else if (kind === 'tie') tie(name, to);
          else if (kind === 'pass') await clock.advance(1_300);
          else {
            const { lastId } = page;
            look();
            page.end();
            page = open('sam', { lastEventId: lastId ?? '0' });
          }
        }
        await clock.advance(2_600);
        look();
        const visible = new Set(index.idsOf(grants(site('s')), ['ACMeasurement'], clock.nowMs()));
        expect(shown).toEqual(new Map([...newest].filter(([id]) => visible.has(id))));
      }),
      { numRuns: times(15, 60) },
    );
  });
});
