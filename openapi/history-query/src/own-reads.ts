/**
 * Reads that QuantumLeap does not know: buckets of any zone, exact sums, gaps, many entities each within its own dates, last
 * values of many. A server of ours is asked; with another one the rows are read, told once each, and reduced here.
 */

import type { Capabilities } from './capabilities.js';
import { type CallOptions, type Connection, callConfig } from './connection.js';
import { instantReader } from './instants.js';
import type { Latest, ManySeriesQuery, SeriesQuery } from './queries.js';
import { type Buckets, type Exactness, gapsIn, type Method, reduce } from './reduce.js';
import type { Cell, Series } from './series.js';
import type { ZonedPeriod } from './zoned-buckets.js';

export interface ZonedQuery<Name extends string> extends Omit<SeriesQuery<Name>, 'limit'>, Exactness {
  /** undefined: one bucket of everything. */
  readonly period?: ZonedPeriod | undefined;
  /** IANA; UTC without it. */
  readonly zone?: string | undefined;
  readonly methods: readonly Method[];
}

export interface SumQuery<Name extends string> extends Omit<ZonedQuery<Name>, 'methods' | 'digits'> {
  /** Of the quantity: kWh and m³ have 6. */
  readonly decimals: number;
}

/** Integers of the last decimal, exact however many rows they are of; undefined where nothing was said. */
export interface ExactSums<Name extends string> {
  readonly timesMs: readonly number[];
  readonly sums: Readonly<Record<Name, readonly (bigint | undefined)[]>>;
  /** How many values each sum is of: a bill says so. */
  readonly counts: Readonly<Record<Name, readonly number[]>>;
}

export interface GapQuery extends Omit<SeriesQuery<string>, 'attributes' | 'limit'> {
  readonly attribute: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

export interface ScopedQuery<Name extends string> extends Omit<ManySeriesQuery<Name>, 'ids'> {
  /** Of each entity only what lies within; `toMs` is not included. */
  readonly scopes: readonly { readonly id: string; readonly fromMs?: number; readonly toMs?: number }[];
}

export interface ManyLatestQuery<Name extends string> extends CallOptions {
  readonly type: string;
  readonly ids: readonly string[];
  readonly attributes: readonly Name[];
}

export type LatestOf<Name extends string> = Readonly<Partial<Record<Name, Latest>>>;

export interface OwnReads {
  zonedBuckets<Name extends string>(query: ZonedQuery<Name>): Promise<Buckets<Name>>;
  sums<Name extends string>(query: SumQuery<Name>): Promise<ExactSums<Name>>;
  gaps(query: GapQuery): Promise<readonly { readonly fromMs: number; readonly toMs: number }[]>;
  scoped<Name extends string>(query: ScopedQuery<Name>): Promise<ReadonlyMap<string, Series<Name>>>;
  latestOfMany<Name extends string>(query: ManyLatestQuery<Name>): Promise<ReadonlyMap<string, LatestOf<Name>>>;
}

/** What every server has. */
interface Common {
  series<Name extends string>(query: SeriesQuery<Name>): Promise<Series<Name>>;
  latest<Name extends string>(
    query: CallOptions & { type: string; id: string; attributes: readonly Name[] },
  ): Promise<LatestOf<Name>>;
}

/** Rows of an answer in columns; more than a server of ours tells in one. */
const MOST_ROWS = 2_000_000;
/** Scopes and entities that one question names. */
const MOST_NAMED = 10_000;
/** Single questions under way, where there is no question for all. */
const SIDE_BY_SIDE = 8;
/** A register is looked for so far behind a window: the longest a period can be. */
const LOOK_BEHIND_MS = 367 * 86_400_000;

interface ColumnAnswer {
  readonly entities: readonly {
    readonly id: string;
    readonly index: readonly number[];
    readonly columns: Readonly<Record<string, readonly Cell[] | Readonly<Record<string, readonly Cell[]>>>>;
  }[];
}

export function ownReads(connection: Connection, capabilities: () => Promise<Capabilities>, common: Common): OwnReads {
  const { axios, basePath } = connection;

  async function ask(body: object, call: CallOptions): Promise<ColumnAnswer['entities']> {
    const config = callConfig(call);
    const headers = { ...config.headers, 'Content-Type': 'application/json' };
    const text = JSON.stringify({ ...body, format: 'columns', limit: MOST_ROWS });
    const { data } = await axios.post<ColumnAnswer>(`${basePath}/v2/query`, text, { ...config, headers });
    return data.entities;
  }

  async function zonedBuckets<Name extends string>(query: ZonedQuery<Name>): Promise<Buckets<Name>> {
    const { type, id, attributes, fromMs, toMs, period, zone, methods, digits, decimals } = query;
    if (!(await capabilities()).zones) {
      const looksBehind = methods.includes('delta') && period !== undefined && toMs !== undefined;
      const wider = looksBehind ? { ...query, toMs: toMs + LOOK_BEHIND_MS } : query;
      const series = await common.series({ ...wider, attributes });
      return reduce(series, { period, zone, methods, digits, decimals, endMs: toMs });
    }
    const [found] = await ask(
      {
        ...{ type, attrs: attributes, scopes: [{ id }], ...window(fromMs, toMs) },
        ...{ aggrMethod: methods.join(','), aggrPeriod: period, timezone: zone, digits, decimals },
      },
      query,
    );
    const columns = attributes.map((name) => {
      const told = found?.columns[name] ?? [];
      const byMethod = methods.map((method) => [method, valuesOf(told, method)]);
      return [name, Object.fromEntries(byMethod)];
    });
    const timesMs = period === undefined && found !== undefined ? [fromMs ?? 0] : (found?.index ?? []);
    return { timesMs, columns: Object.fromEntries(columns) };
  }

  return {
    zonedBuckets,
    async sums(query) {
      const { timesMs, columns } = await zonedBuckets({ ...query, methods: ['sum', 'count'] });
      const of = <T>(pick: (name: (typeof query.attributes)[number]) => readonly T[]) =>
        Object.fromEntries(query.attributes.map((name) => [name, pick(name)])) as never;
      return {
        timesMs,
        sums: of((name) => (columns[name].sum ?? []).map((sum) => (sum === null ? undefined : BigInt(String(sum))))),
        counts: of((name) => (columns[name].count ?? []).map(Number)),
      };
    },
    async gaps({ attribute, ...query }) {
      const { timesMs, columns } = await common.series({ ...query, attributes: [attribute] });
      return gapsIn(
        timesMs.filter((_, row) => columns[attribute]?.[row] !== null),
        query,
      );
    },
    async scoped<Name extends string>(query: ScopedQuery<Name>) {
      const { type, attributes, scopes, fromMs, toMs } = query;
      const all = new Map<string, Series<Name>>();
      if (!(await capabilities()).scopes) {
        await sideBySide(scopes, async (scope) => {
          const own = { fromMs: latest(scope.fromMs, fromMs), toMs: earliest(scope.toMs, toMs) };
          const series = await common.series({ ...query, ...own, id: scope.id });
          if (series.timesMs.length > 0) all.set(scope.id, joined(all.get(scope.id), series));
        });
        return all;
      }
      for (const named of groupsOf(scopes)) {
        const body = { type, attrs: attributes, scopes: named.map(toScope), ...window(fromMs, toMs) };
        for (const { id, index, columns } of await ask(body, query)) {
          const told = attributes.map((name) => [name, columns[name] ?? index.map(() => null)]);
          all.set(id, joined(all.get(id), { timesMs: index, columns: Object.fromEntries(told) }));
        }
      }
      return all;
    },
    async latestOfMany<Name extends string>(query: ManyLatestQuery<Name>) {
      const { type, ids, attributes } = query;
      const all = new Map<string, LatestOf<Name>>();
      if (!(await capabilities()).lastValues) {
        await sideBySide(ids, async (id) => {
          const found = await common.latest({ ...query, id });
          if (Object.keys(found).length > 0) all.set(id, found);
        });
        return all;
      }
      const readInstant = instantReader();
      for (let at = 0; at < ids.length; at += MOST_NAMED) {
        const entities = ids.slice(at, at + MOST_NAMED).map((id) => ({ id, type }));
        const config = callConfig(query);
        const { data } = await axios.post<readonly Readonly<Record<string, unknown>>[]>(
          `${basePath}/v2/op/query?metadata=true&partial=true`,
          JSON.stringify({ entities, attrs: attributes }),
          { ...config, headers: { ...config.headers, 'Content-Type': 'application/json' } },
        );
        for (const entity of data) all.set(String(entity.id), latestIn(entity, attributes, readInstant));
      }
      return all;
    },
  };
}

function latestIn<Name extends string>(
  entity: Readonly<Record<string, unknown>>,
  attributes: readonly Name[],
  readInstant: (text: string) => number,
): LatestOf<Name> {
  const found: Partial<Record<Name, Latest>> = {};
  for (const name of attributes) {
    const said = entity[name] as { readonly value?: Latest['value']; readonly observedAt?: string } | undefined;
    if (said?.value !== undefined && said.observedAt !== undefined) {
      found[name] = { timeMs: readInstant(said.observedAt), value: said.value };
    }
  }
  return found;
}

function valuesOf(told: readonly Cell[] | Readonly<Record<string, readonly Cell[]>>, method: Method): readonly Cell[] {
  return Array.isArray(told) ? told : ((told as Readonly<Record<string, readonly Cell[]>>)[method] ?? []);
}

/** Scopes of one entity stay together, so that they are merged there. */
function groupsOf<T extends { readonly id: string }>(scopes: readonly T[]): readonly (readonly T[])[] {
  const sorted = [...scopes].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const groups: T[][] = [];
  for (const scope of sorted) {
    const last = groups.at(-1);
    if (last === undefined || (last.length >= MOST_NAMED && last.at(-1)?.id !== scope.id)) groups.push([scope]);
    else last.push(scope);
  }
  return groups;
}

function toScope({ id, fromMs, toMs }: { readonly id: string; readonly fromMs?: number; readonly toMs?: number }) {
  const date = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
  return { id, from: date(fromMs), to: date(toMs) };
}

function joined<Name extends string>(before: Series<Name> | undefined, next: Series<Name>): Series<Name> {
  if (before === undefined) return next;
  const times = [...before.timesMs, ...next.timesMs];
  const order = times.map((_, row) => row).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
  const kept = order.filter((row, at) => times[row] !== times[order[at - 1] ?? -1]);
  const columns = Object.keys(next.columns).map((name) => {
    const all = [...before.columns[name as Name], ...next.columns[name as Name]];
    return [name, kept.map((row) => all[row] ?? null)];
  });
  return { timesMs: kept.map((row) => times[row] ?? 0), columns: Object.fromEntries(columns) };
}

async function sideBySide<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
}

function latest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

/** `toDate` is inclusive, ours is not. */
function window(fromMs: number | undefined, toMs: number | undefined) {
  return {
    ...(fromMs === undefined ? {} : { fromDate: new Date(fromMs).toISOString() }),
    ...(toMs === undefined ? {} : { toDate: new Date(toMs - 1).toISOString() }),
  };
}
