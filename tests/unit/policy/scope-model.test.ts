/** Random towns, built, moved and torn down in any order: the index says what a slow reading of the entities says, after each step. */

import { createScopeIndex, type Grant, type Scope, type ScopeIndex, type TiedEntity } from '@contor/policy';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../support/long.js';
import { FIRST, LAST, type Looker, slowReading, type Thing, type Tie, type Town } from './support/oracle.js';

/** CONTOR_RUNS asks for more, for an hour one has. */
const RUNS = Number(process.env.CONTOR_RUNS ?? times(12, 50));
const DAY = 86_400_000;
const START = Date.UTC(2026, 2, 27);
const startOf = (unit: number) => START + unit * DAY;
const iso = (unit: number) => new Date(startOf(unit)).toISOString();
const middleOf = (unit: number) => startOf(unit) + DAY / 2;

/** How many there are of each type in a town. */
const HOUSES = {
  Site: 2,
  Building: 1,
  Customer: 3,
  ConsumptionPoint: 3,
  Device: 3,
  MeterInstallation: 4,
  MeterGroup: 3,
  ACMeasurement: 1,
  IntervalReading: 2,
  AggregatedReading: 2,
  Alert: 1,
  Acquisition: 1,
  Contract: 1,
  Bill: 1,
  Tariff: 1,
  ReportDefinition: 1,
  CommandRequest: 1,
} as const;
type HouseType = keyof typeof HOUSES;

const TARGETS: Readonly<Record<string, readonly HouseType[]>> = {
  // Now and then a relationship points to what it should not.
  refSite: ['Site', 'Site', 'Site', 'MeterGroup', 'Customer'],
  refBuilding: ['Building'],
  refCustomer: ['Customer'],
  refPoint: ['ConsumptionPoint', 'ConsumptionPoint', 'ConsumptionPoint', 'Site'],
  refDevice: ['Device'],
  refGroup: ['MeterGroup'],
  refTariff: ['Tariff'],
  hasMember: ['Device', 'ConsumptionPoint', 'MeterGroup', 'MeterGroup', 'Site', 'IntervalReading'],
};
const SAYS: Readonly<Record<HouseType, readonly string[]>> = {
  Site: ['refSite'],
  Building: ['refSite'],
  Customer: ['refPoint'],
  ConsumptionPoint: ['refSite', 'refBuilding', 'refCustomer'],
  Device: ['refSite'],
  MeterInstallation: ['refDevice', 'refPoint', 'refSite'],
  MeterGroup: ['refSite', 'hasMember'],
  ACMeasurement: ['refDevice', 'refPoint', 'refSite'],
  IntervalReading: ['refDevice', 'refPoint', 'refGroup'],
  AggregatedReading: ['refGroup', 'refSite', 'refPoint'],
  Alert: ['refDevice', 'refPoint'],
  Acquisition: ['refDevice', 'refSite'],
  Contract: ['refCustomer', 'refPoint', 'refTariff'],
  Bill: ['refCustomer', 'refPoint', 'refTariff'],
  Tariff: [],
  ReportDefinition: [],
  CommandRequest: ['refDevice'],
};
const DATED: Readonly<Partial<Record<HouseType, readonly [from: string, to: string]>>> = {
  MeterInstallation: ['validFrom', 'validTo'],
  Contract: ['validFrom', 'validTo'],
  Bill: ['periodStart', 'periodEnd'],
  Acquisition: ['windowStart', 'windowEnd'],
  Alert: ['dateObserved', 'dateObserved'],
  CommandRequest: ['requestedAt', 'requestedAt'],
};
const MOMENTS = ['Alert', 'CommandRequest'];

const idOf = (type: string, at: number) => `urn:ngsi-ld:${type}:${at}`;
const types = Object.keys(HOUSES) as HouseType[];
const ids = types.flatMap((type) => Array.from({ length: HOUSES[type] }, (_, at) => idOf(type, at)));
const anyOf = (of: readonly HouseType[]) =>
  fc.constantFrom(...of).chain((type) => fc.nat(HOUSES[type] - 1).map((at) => idOf(type, at)));

/** Half of all dates are open, so that paths meet often enough. */
const open = fc.constant(undefined);
const from = fc.oneof(open, fc.integer({ min: 0, max: 4 }));
const until = fc.oneof(open, fc.integer({ min: 2, max: 7 }));
const tieTo = (name: string): fc.Arbitrary<Tie> => fc.record({ to: anyOf(TARGETS[name] ?? []), from, until });
/** Mostly one; of a point's customers or a group's members several. */
const tiesOf = (name: string) =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 4, arbitrary: fc.array(tieTo(name), { minLength: 1, maxLength: 1 }) },
    { weight: 2, arbitrary: fc.array(tieTo(name), { minLength: 2, maxLength: 3 }) },
  );
const thingOf = (type: HouseType): fc.Arbitrary<Thing> =>
  fc
    .record({
      at: fc.nat(HOUSES[type] - 1),
      ties: fc.record(Object.fromEntries(SAYS[type].map((name) => [name, tiesOf(name)]))),
      from,
      until,
      owner: fc.option(fc.constantFrom('mia', 'eve'), { nil: undefined }),
      isShared: fc.boolean(),
    })
    .map(({ at, from, until, owner, isShared, ...rest }) => ({
      ...rest,
      id: idOf(type, at),
      type,
      ...(DATED[type] !== undefined && {
        from,
        until: MOMENTS.includes(type) ? (from === undefined ? undefined : from + 1) : until,
      }),
      ...(['MeterGroup', 'ReportDefinition'].includes(type) && { owner, isShared }),
    }));

/** As it would come over the wire. */
function toEntity(thing: Thing): TiedEntity {
  const [from = '', until = ''] = DATED[thing.type as HouseType] ?? [];
  const relationship = (tie: Tie, at: number) => ({
    type: 'Relationship',
    object: tie.to,
    ...(tie.from !== undefined && { validFrom: { type: 'Property', value: iso(tie.from) } }),
    ...(tie.until !== undefined && { validTo: { type: 'Property', value: iso(tie.until) } }),
    ...(at > 0 && { datasetId: `urn:contor:period:${at}` }),
  });
  const property = (value: unknown) => ({ type: 'Property', value });
  const isMoment = MOMENTS.includes(thing.type);
  return {
    id: thing.id,
    type: thing.type,
    ...Object.fromEntries(Object.entries(thing.ties).map(([name, ties]) => [name, ties.map(relationship)])),
    ...(thing.from !== undefined && { [from]: property(iso(thing.from)) }),
    ...(thing.until !== undefined && !isMoment && { [until]: property(iso(thing.until)) }),
    ...(thing.owner !== undefined && { ownerName: property(thing.owner) }),
    ...(thing.isShared !== undefined && { isShared: property(thing.isShared) }),
  };
}

const grant: fc.Arbitrary<Grant> = fc
  .record({
    to: anyOf(['Site', 'Customer', 'Customer', 'ConsumptionPoint', 'MeterGroup', 'MeterGroup', 'Device']),
    from,
    until,
  })
  .map(({ to, from, until }) => ({
    to,
    ...(from !== undefined && { fromMs: startOf(from) }),
    ...(until !== undefined && { toMs: startOf(until) }),
  }));
const looker: fc.Arbitrary<Looker> = fc
  .record({ grants: fc.array(grant, { maxLength: 3 }), username: fc.constantFrom('mia', undefined) })
  .map((said) => ({ scope: { kind: 'grants', ...said }, msOf: middleOf }));

const step = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...types).chain(thingOf) },
  { weight: 1, arbitrary: fc.constantFrom(...ids) },
);
/** Two of three things of each type are there from the start. */
const whole = fc
  .tuple(
    ...types.flatMap((type) =>
      Array.from({ length: HOUSES[type] }, (_, at) =>
        fc.option(
          thingOf(type).map((thing) => ({ ...thing, id: idOf(type, at) })),
          { freq: 4 },
        ),
      ),
    ),
  )
  .map((things) => things.filter((thing) => thing !== null));
const units = Array.from({ length: LAST - FIRST + 1 }, (_, at) => FIRST + at);

function compare(index: ScopeIndex, town: Town, { scope, msOf }: Looker): void {
  const expected = new Map<string, readonly number[]>();
  const sees = slowReading(town, { scope, msOf });
  for (const id of ids)
    expected.set(
      id,
      units.filter((one) => sees(id, one)),
    );
  // Nothing changes within a unit, and its first instant is part of it.
  for (const at of [msOf, startOf]) {
    const found = ids.map((id) => [id, units.filter((one) => index.isVisible(scope, id, at(one)))]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  }
  for (const when of [2, 5]) {
    const there = ids.filter((id) => expected.get(id)?.includes(when)).sort();
    // Asked again it is remembered, and holds at another instant of the unit.
    for (const at of [msOf, startOf, msOf]) expect(index.idsOf(scope, [], at(when))).toEqual(there);
    expect(index.typesOf(scope, msOf(when))).toEqual([...new Set(there.map((id) => town.get(id)?.type ?? ''))].sort());
  }
  const some = ['Site', 'Tariff', 'AggregatedReading', 'Device'];
  const ever = ids.filter((id) => some.includes(town.get(id)?.type ?? '') && expected.get(id)?.length);
  expect(index.idsOf(scope, some, 'ever')).toEqual(ever.sort());
}

describe('the index and the slow reading', () => {
  it('agree in every town, after each change', () => {
    const script = fc.tuple(whole, fc.array(step, { maxLength: 12 }), fc.array(looker, { minLength: 1, maxLength: 2 }));
    fc.assert(
      fc.property(script, ([things, steps, lookers]) => {
        const index = createScopeIndex();
        const town = new Map(things.map((thing) => [thing.id, thing]));
        for (const thing of town.values()) index.apply(toEntity(thing));
        for (const who of lookers) compare(index, town, who);
        for (const [at, one] of steps.entries()) {
          const { version } = index;
          const begun = lookers.map(({ scope }) => index.prepare(scope, []));
          for (const work of begun) work.next();
          if (typeof one === 'string') {
            const isThere = town.delete(one);
            index.remove(one);
            expect(index.version > version).toBe(isThere);
          } else {
            town.set(one.id, one);
            index.apply(toEntity(one));
          }
          expect(index.size).toBe(town.size);
          if (at % 2 === 0) for (const work of begun) expect([...work].length).toBeLessThan(10);
          // Answers in between fill what is remembered, which the next change must take back.
          const who = lookers[at % lookers.length];
          if (who !== undefined && at % 3 === 2) compare(index, town, who);
        }
        for (const who of lookers) compare(index, town, who);
      }),
      { numRuns: RUNS },
    );
  });

  it('do not depend on the order in which a town was told, nor on what was there before', () => {
    fc.assert(
      fc.property(
        whole,
        fc.array(step, { maxLength: 12 }),
        looker,
        fc.infiniteStream(fc.nat()),
        (things, past, who, dice) => {
          const town = new Map(things.map((thing) => [thing.id, thing]));
          const [straight, shuffled] = [createScopeIndex(), createScopeIndex()];
          for (const one of past) if (typeof one !== 'string') shuffled.apply(toEntity(one));
          for (const id of ids) if (!town.has(id)) shuffled.remove(id);
          for (const thing of town.values()) straight.apply(toEntity(thing));
          const order = [...town.values()]
            .map((thing) => ({ thing, at: dice.next().value }))
            .sort((a, b) => a.at - b.at);
          for (const { thing, at } of order) {
            shuffled.apply(toEntity(thing));
            if (at % 5 === 0) shuffled.remove(thing.id);
            if (at % 5 === 0) shuffled.apply(toEntity(thing));
            if (at % 7 === 0) shuffled.idsOf(who.scope, [], 'ever');
          }
          const all = (index: ScopeIndex, scope: Scope) => ids.map((id) => index.spansOf(scope, id));
          expect(all(shuffled, who.scope)).toEqual(all(straight, who.scope));
          expect(shuffled.size).toBe(straight.size);
        },
      ),
      { numRuns: RUNS },
    );
  });
});
