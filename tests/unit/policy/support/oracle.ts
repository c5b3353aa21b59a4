/**
 * Who sees what, the slow way: for one moment at a time, straight from the entities, without spans and without numbers. Says the rules
 * of docs/policy.md once more and independently, so that the index can be held against it.
 */

import type { Scope } from '@contor/policy';

/** A relationship with its dates, in whole units of time. */
export interface Tie {
  readonly to: string;
  readonly from?: number | undefined;
  readonly until?: number | undefined;
}

export interface Thing {
  readonly id: string;
  readonly type: string;
  readonly ties: Readonly<Record<string, readonly Tie[]>>;
  readonly from?: number | undefined;
  readonly until?: number | undefined;
  readonly owner?: string | undefined;
  readonly isShared?: boolean;
}

export type Town = ReadonlyMap<string, Thing>;

/** Units of time that are looked at: one before and one behind everything that is dated. */
export const FIRST = -1;
export const LAST = 9;

const GRANTABLE = ['Site', 'Customer', 'ConsumptionPoint', 'MeterGroup'];

export interface Looker {
  readonly scope: Extract<Scope, { kind: 'grants' }>;
  /** Unit of time → instant in its middle. */
  readonly msOf: (unit: number) => number;
}

const holds = ({ from, until }: Omit<Tie, 'to'>, unit: number) =>
  (from === undefined || from <= unit) && (until === undefined || unit < until);
const isDated = ({ from, until }: Tie) => from !== undefined || until !== undefined;
const isTie = ({ from, until }: Tie) => from === undefined || until === undefined || from < until;

export function slowReading(town: Town, looker: Looker): (id: string, unit: number) => boolean {
  const { scope, msOf } = looker;

  const isGranted = (one: Thing, at: number, isPersonal: boolean) =>
    GRANTABLE.includes(one.type) &&
    !(isPersonal && one.type === 'Customer') &&
    scope.grants.some(
      ({ to, fromMs, toMs }) => to === one.id && (fromMs ?? -Infinity) <= msOf(at) && msOf(at) < (toMs ?? Infinity),
    );

  /** Everything it is part of at that moment. */
  const parents = (one: Thing, at: number): readonly string[] =>
    remembered(`${one.id} ${at}`, () => findParents(one, at));
  const known = new Map<string, readonly string[]>();
  const remembered = (key: string, find: () => readonly string[]): readonly string[] => {
    const found = known.get(key) ?? find();
    known.set(key, found);
    return found;
  };
  const findParents = (one: Thing, at: number): readonly string[] => {
    if (['Site', 'Customer'].includes(one.type)) return [];
    const links: Tie[] = [];
    const add = (ties: readonly Tie[] = []) => links.push(...ties.filter(isTie));
    const first = (...names: readonly string[]) =>
      add(names.map((name) => one.ties[name] ?? []).find((ties) => ties.length > 0));
    if (one.type === 'Building') first('refSite');
    if (one.type === 'ConsumptionPoint') {
      first('refSite', 'refBuilding');
      first('refCustomer');
      for (const other of town.values()) {
        if (other.type !== 'Customer') continue;
        add((other.ties.refPoint ?? []).filter(({ to }) => to === one.id).map((tie) => ({ ...tie, to: other.id })));
      }
    }
    if (one.type === 'MeterInstallation') first('refPoint', 'refSite');
    if (['ACMeasurement', 'Alert', 'Acquisition'].includes(one.type)) first('refDevice', 'refPoint', 'refSite');
    if (['Contract', 'Bill'].includes(one.type)) first('refCustomer');
    if (one.type === 'CommandRequest') first('refDevice');
    let isPlaced = false;
    for (const other of town.values()) {
      if (other.type === 'MeterGroup') {
        add((other.ties.hasMember ?? []).filter(({ to }) => to === one.id).map((tie) => ({ ...tie, to: other.id })));
      }
      if (other.type !== 'MeterInstallation') continue;
      const here = (other.ties.refDevice ?? []).filter(({ to }) => to === one.id);
      const where = other.ties.refPoint?.length ? other.ties.refPoint : (other.ties.refSite ?? []);
      for (const device of here) {
        for (const place of where.filter(({ to }) => to !== one.id)) {
          isPlaced = true;
          const all = [other, device, place];
          const from = Math.max(...all.map((each) => each.from ?? -Infinity));
          const until = Math.min(...all.map((each) => each.until ?? Infinity));
          links.push({ to: place.to, ...(from > -Infinity && { from }), ...(until < Infinity && { until }) });
        }
      }
    }
    if (one.type === 'Device' && !isPlaced) first('refSite');
    const isOutdated = (tie: Tie) => !isDated(tie) && links.some((other) => other.to === tie.to && isDated(other));
    return links.filter((tie) => tie.to !== one.id && holds(tie, at) && !isOutdated(tie)).map(({ to }) => to);
  };

  const isInside = (start: string, at: number, isPersonal = false): boolean => {
    const seen = new Set<string>();
    const search = (one: string): boolean => {
      const it = town.get(one);
      if (it === undefined || seen.has(one)) return false;
      seen.add(one);
      return isGranted(it, at, isPersonal) || parents(it, at).some(search);
    };
    return search(start);
  };

  const isOwn = (one: Thing) => one.owner !== undefined && one.owner === scope.username;
  const members = (group: Thing) => (group.ties.hasMember ?? []).filter((tie) => isTie(tie) && tie.to !== group.id);
  const seesMembers = (group: Thing, at: number) =>
    members(group).length > 0 && members(group).every((tie) => !holds(tie, at) || isInside(tie.to, at));

  /** Where the same two are tied with dates and without, the dates count. */
  const inForce = (ties: readonly Tie[]) =>
    ties.filter((tie) => isDated(tie) || !ties.some((other) => other.to === tie.to && isDated(other)));

  /** What it is seen with, first names first. */
  const companions = (one: Thing, ...names: readonly string[]) => {
    const said = names.map((name) => one.ties[name] ?? []).find((ties) => ties.length > 0) ?? [];
    return inForce(said.filter((tie) => isTie(tie) && tie.to !== one.id));
  };

  const lends = (other: string, at: number): boolean => {
    const it = town.get(other);
    if (it === undefined) return false;
    if (isInside(other, at)) return true;
    if (it.type !== 'MeterGroup') return false;
    if (companions(it, 'refSite').some((tie) => holds(tie, at) && isInside(tie.to, at))) return true;
    return (isOwn(it) || it.isShared === true) && seesMembers(it, at);
  };

  const byPath = (one: Thing, at: number): boolean => {
    if (one.type === 'CommandRequest') {
      const targets = (one.ties.refDevice ?? []).filter(isTie);
      return targets.length > 0 && targets.every((tie) => holds(tie, at) && isInside(tie.to, at));
    }
    if (isInside(one.id, at)) return true;
    const lent = (...names: readonly string[]) =>
      companions(one, ...names).some((tie) => holds(tie, at) && lends(tie.to, at));
    if (['IntervalReading', 'AggregatedReading'].includes(one.type))
      return lent('refDevice', 'refPoint', 'refGroup', 'refSite');
    if (one.type === 'MeterGroup') return lent('refSite');
    if (['Contract', 'Bill'].includes(one.type)) {
      return companions(one, 'refPoint').some((tie) => holds(tie, at) && isInside(tie.to, at, true));
    }
    if (one.type !== 'Customer') return false;
    // Of whoever is at a point, in either direction; dated ties count before undated ones.
    const points = [...town.values()].flatMap((point) =>
      point.type === 'ConsumptionPoint'
        ? (point.ties.refCustomer ?? []).filter(({ to }) => to === one.id).map((tie) => ({ ...tie, to: point.id }))
        : [],
    );
    const links = [...points, ...(one.ties.refPoint ?? [])].filter((tie) => isTie(tie) && tie.to !== one.id);
    return inForce(links).some((tie) => holds(tie, at) && isInside(tie.to, at, true));
  };

  const units = Array.from({ length: LAST - FIRST + 1 }, (_, at) => FIRST + at);

  function sees(id: string, unit: number): boolean {
    const thing = town.get(id);
    if (thing === undefined) return false;
    const { from, until } = thing;
    const during = units.filter((at) => holds(thing, at) || (from === at && until === at));
    const isShown = (by: string, names: readonly string[]): boolean =>
      [...town.values()].some(
        (other) =>
          other.type === by &&
          names.some((name) =>
            (other.ties[name] ?? []).some((tie) => isTie(tie) && tie.to === id && holds(tie, unit)),
          ) &&
          sees(other.id, unit),
      );

    if (isOwn(thing) && ['MeterGroup', 'ReportDefinition'].includes(thing.type)) return true;
    if (thing.type === 'ReportDefinition') return thing.isShared === true;
    if (['Alert', 'Bill', 'Acquisition', 'CommandRequest'].includes(thing.type)) {
      return during.length > 0 && during.every((at) => byPath(thing, at));
    }
    if (['MeterInstallation', 'Contract'].includes(thing.type)) {
      return byPath(thing, unit) && during.some((at) => byPath(thing, at));
    }
    if (thing.type === 'Tariff') return isShown('Contract', ['refTariff']) || isShown('Bill', ['refTariff']);
    if (['Site', 'Building'].includes(thing.type) && isShown('ConsumptionPoint', ['refSite', 'refBuilding']))
      return true;
    if (thing.type === 'MeterGroup' && thing.isShared === true && seesMembers(thing, unit)) return true;
    return byPath(thing, unit);
  }
  return sees;
}
