/** Typed reads of history, and the one way to write it. Everything goes through the generated QuantumLeap client. */

import type { NgsiEntity } from '@contor/orion-config';
import {
  Configuration,
  EntitiesApi,
  InputApi,
  MetaApi,
  type NotificationBody,
  TypesApi,
} from '@contor/quantumleap-client';
import { type Capabilities, capabilitiesOf } from './capabilities.js';
import { type CallOptions, type ConnectionOptions, callConfig, connect } from './connection.js';
import { instantReader } from './instants.js';
import { type OwnReads, ownReads } from './own-reads.js';
import type { BucketQuery, Latest, LatestQuery, ManySeriesQuery, SeriesQuery } from './queries.js';
import { dedupe, reduce } from './reduce.js';
import { RequestError } from './request-error.js';
import { appendRows, emptySeries, type GrowingSeries, isNothing, rowsAtEnd, type Series } from './series.js';

/** QuantumLeap answers no more rows at once, whatever is asked. */
export const PAGE_ROWS = 10_000;
/** Rows of one notification: a request of a megabyte or so, one commit on the other side. */
export const APPEND_ROWS = 1_000;
/** Attributes have their own times, so the last row of an entity may lack some: this many rows are looked through first. */
const LATEST_ROWS = 20;

export interface EntityInHistory {
  readonly id: string;
  /** Time of its last row. */
  readonly lastMs: number;
}

export interface AppendOptions extends CallOptions {
  /** Who says so and when, as a broker's notification would (GS CIM 009, 5.3.1). */
  readonly notification?: Readonly<Pick<NotificationBody, 'id' | 'subscriptionId' | 'notifiedAt'>> | undefined;
}

export interface HistoryClient extends OwnReads {
  /** Asked of the server once. */
  capabilities(): Promise<Capabilities>;
  /** Columns of one entity over its instants, whole however long; a row that a server tells twice is one. */
  series<Name extends string>(query: SeriesQuery<Name>): Promise<Series<Name>>;
  /** The same for many entities of a type. */
  seriesOfMany<Name extends string>(query: ManySeriesQuery<Name>): Promise<ReadonlyMap<string, Series<Name>>>;
  /** One value for each hour or day; the time is the start of the bucket. */
  buckets<Name extends string>(query: BucketQuery<Name>): Promise<Series<Name>>;
  /** The last value of each attribute that has one. */
  latest<Name extends string>(query: LatestQuery<Name>): Promise<Readonly<Partial<Record<Name, Latest>>>>;
  entitiesOf(type: string, options?: CallOptions): Promise<readonly EntityInHistory[]>;
  /**
   * Stores states of entities; resolves when all are durable there. Several states of one entity are welcome, each with its own
   * time. Writing the same again changes nothing, so the caller may simply try again after a `RequestError` that `isRetryable`.
   */
  append(entities: readonly NgsiEntity[], options?: AppendOptions): Promise<void>;
  version(): Promise<string>;
  close(): void;
}

export function createHistoryClient(options: ConnectionOptions): HistoryClient {
  const connection = connect(options);
  const configuration = new Configuration({ basePath: connection.basePath });
  const entities = new EntitiesApi(configuration, undefined, connection.axios);
  const types = new TypesApi(configuration, undefined, connection.axios);
  const input = new InputApi(configuration, undefined, connection.axios);
  const meta = new MetaApi(configuration, undefined, connection.axios);

  const capabilities = capabilitiesOf(connection);

  async function series<Name extends string>(query: SeriesQuery<Name>): Promise<Series<Name>> {
    const { type, id, attributes, fromMs, toMs, limit = Number.POSITIVE_INFINITY } = query;
    const result = emptySeries(attributes);
    let from = fromMs;
    while (result.timesMs.length < limit) {
      // The next page begins at the last instant we have and not at an offset: rows that arrive late meanwhile shift offsets.
      const seen = rowsAtEnd(result.timesMs);
      const rows = Math.min(PAGE_ROWS, limit - result.timesMs.length + seen);
      const answer = await orNothing(
        entities.entityHistory(
          { entityId: id, type, attrs: [...attributes], limit: rows, ...window(from, toMs) },
          callConfig(query),
        ),
      );
      const received = answer?.index?.length ?? 0;
      if (answer !== undefined) appendRows(result, attributes, answer, Math.min(seen, received));
      if (received < rows) break;
      const last = result.timesMs.at(-1);
      if (received === seen || last === undefined) throw stuck(id, last);
      from = last;
    }
    return dedupe(result);
  }

  async function seriesOfMany<Name extends string>(
    query: ManySeriesQuery<Name>,
  ): Promise<ReadonlyMap<string, Series<Name>>> {
    const { type, ids, attributes, fromMs, toMs } = query;
    const all = new Map<string, GrowingSeries<Name>>();
    for (let offset = 0; ; offset += PAGE_ROWS) {
      const answer = await orNothing(
        types.typeHistory(
          {
            entityType: type,
            attrs: [...attributes],
            limit: PAGE_ROWS,
            offset,
            ...window(fromMs, toMs),
            ...(ids === undefined ? {} : { id: [...ids] }),
          },
          callConfig(query),
        ),
      );
      let received = 0;
      for (const one of answer?.entities ?? []) {
        if (one.id === undefined) continue;
        const target = all.get(one.id) ?? emptySeries(attributes);
        all.set(one.id, target);
        appendRows(target, attributes, one);
        received += one.index?.length ?? 0;
      }
      if (received < PAGE_ROWS) return new Map([...all].map(([id, found]) => [id, dedupe(found)]));
    }
  }

  async function buckets<Name extends string>(query: BucketQuery<Name>): Promise<Series<Name>> {
    const { type, id, attributes, fromMs, toMs, period, method } = query;
    if (!(await capabilities()).idempotent) {
      // It would count what was sent twice: rows are told once each here, and then added up.
      const { timesMs, columns } = reduce(await series(query), { period, zone: undefined, methods: [method] });
      const told = attributes.map((name) => [name, columns[name][method] ?? []]);
      return { timesMs, columns: Object.fromEntries(told) };
    }
    const result = emptySeries(attributes);
    for (let offset = 0; ; offset += PAGE_ROWS) {
      const answer = await orNothing(
        entities.entityHistory(
          {
            entityId: id,
            type,
            attrs: [...attributes],
            aggrMethod: method,
            aggrPeriod: period,
            limit: PAGE_ROWS,
            offset,
            ...window(fromMs, toMs),
          },
          callConfig(query),
        ),
      );
      if (answer !== undefined) appendRows(result, attributes, answer);
      if ((answer?.index?.length ?? 0) < PAGE_ROWS) return result;
    }
  }

  async function latest<Name extends string>(
    query: LatestQuery<Name>,
  ): Promise<Readonly<Partial<Record<Name, Latest>>>> {
    const { type, id, attributes } = query;
    const rows = emptySeries(attributes);
    const answer = await orNothing(
      entities.entityHistory({ entityId: id, type, attrs: [...attributes], lastN: LATEST_ROWS }, callConfig(query)),
    );
    const found: Partial<Record<Name, Latest>> = {};
    if (answer === undefined) return found;
    appendRows(rows, attributes, answer);
    for (const name of attributes) {
      const value = lastOf(rows, name) ?? (await latestOf(query, name));
      if (value !== undefined) found[name] = value;
    }
    return found;
  }

  async function latestOf(query: LatestQuery<string>, attrName: string): Promise<Latest | undefined> {
    const { type, id } = query;
    const answer = await orNothing(
      entities.attributeHistory({ entityId: id, attrName, type, lastN: 1 }, callConfig(query)),
    );
    const rows = emptySeries([attrName]);
    if (answer !== undefined)
      appendRows(rows, [attrName], {
        index: answer.index ?? [],
        attributes: [{ attrName, values: answer.values ?? [] }],
      });
    return lastOf(rows, attrName);
  }

  return {
    ...ownReads(connection, capabilities, { series, latest }),
    capabilities,
    series,
    seriesOfMany,
    buckets,
    latest,
    async entitiesOf(type, call = {}) {
      const all: EntityInHistory[] = [];
      const readInstant = instantReader();
      for (let offset = 0; ; offset += PAGE_ROWS) {
        const page =
          (await answerOf(entities.listEntities({ type, limit: PAGE_ROWS, offset }, callConfig(call)))) ?? [];
        for (const { id, index } of page)
          if (id !== undefined && index !== undefined) all.push({ id, lastMs: readInstant(index) });
        if (page.length < PAGE_ROWS) return all;
      }
    },
    async append(states, call = {}) {
      for (let at = 0; at < states.length; at += APPEND_ROWS) {
        const data = states.slice(at, at + APPEND_ROWS);
        const notificationBody = { ...call.notification, type: 'Notification', data };
        await input.notify({ notificationBody }, callConfig(call));
      }
    },
    async version() {
      return (await meta.getVersion()).data.version ?? '';
    },
    close: () => connection.close(),
  };
}

/** QuantumLeap's `toDate` is inclusive, ours is not. */
function window(fromMs: number | undefined, toMs: number | undefined): { fromDate?: string; toDate?: string } {
  return {
    ...(fromMs === undefined ? {} : { fromDate: new Date(fromMs).toISOString() }),
    ...(toMs === undefined ? {} : { toDate: new Date(toMs - 1).toISOString() }),
  };
}

async function answerOf<T>(request: Promise<{ readonly data: T }>): Promise<T | undefined> {
  try {
    return (await request).data;
  } catch (error) {
    // "No records were found": a question about things that never reported is not a mistake.
    if (error instanceof RequestError && error.status === 404) return undefined;
    throw error;
  }
}

async function orNothing<T>(request: Promise<{ readonly data: T }>): Promise<T | undefined> {
  const answer = await answerOf(request);
  return isNothing(answer) ? undefined : answer;
}

function lastOf(rows: Series, name: string): Latest | undefined {
  const column = rows.columns[name] ?? [];
  for (let row = column.length - 1; row >= 0; row -= 1) {
    const value = column[row];
    const timeMs = rows.timesMs[row];
    if (value !== null && value !== undefined && timeMs !== undefined) return { timeMs, value };
  }
  return undefined;
}

function stuck(id: string, timeMs: number | undefined): RequestError {
  return new RequestError('http.unexpected-answer', `more than ${PAGE_ROWS} rows of ${id} share one instant`, {
    id,
    timeMs,
  });
}
