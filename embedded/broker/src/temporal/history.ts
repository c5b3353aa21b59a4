/** The history server as the temporal API needs it: who is there, what was measured, one more, all gone. QuantumLeap's HTTP API. */

import {
  connect,
  createHistoryClient,
  type HistoryClient,
  instants,
  PAGE_ROWS,
  RequestError,
  tenantHeaders,
} from '@contor/history-query';
import type { NgsiEntity } from '@contor/orion-config';
import { Configuration, EntitiesApi } from '@contor/quantumleap-client';
import { badRequest, Problem } from '../problem.js';
import type { Sample, Span } from './aggregate.js';

export interface EntityInHistory {
  readonly id: string;
  readonly type: string;
}

export interface EntitiesQuery {
  readonly tenant: string;
  readonly type?: string | undefined;
  readonly id?: string | undefined;
  readonly span?: Span | undefined;
}

export interface SeriesQuery {
  readonly tenant: string;
  readonly id: string;
  readonly type: string;
  readonly attributes: readonly string[];
  readonly span: Span;
  /** Most instants. */
  readonly limit: number;
}

/** Values by attribute, ascending; an attribute without any has an empty list. */
export type Values = ReadonlyMap<string, readonly Sample[]>;

/** Names are those of history: the short ones that its subscription notifies. Failures of the line are Problems. */
export interface History {
  entities(wanted: EntitiesQuery): Promise<readonly EntityInHistory[]>;
  /** Attributes of the entity's type. */
  attributes(tenant: string, entity: EntityInHistory): Promise<readonly string[]>;
  series(query: SeriesQuery): Promise<Values>;
  newest(
    query: Omit<SeriesQuery, 'limit' | 'attributes'>,
    attribute: string,
    lastN: number,
  ): Promise<readonly Sample[]>;
  append(tenant: string, states: readonly NgsiEntity[]): Promise<void>;
  /** False when there was nothing. */
  erase(tenant: string, entity: EntityInHistory): Promise<boolean>;
  close(): void;
}

export interface HistoryOptions {
  readonly url: string;
  readonly secret: string | undefined;
}

/** One client each; beyond it the oldest is closed and made again when it is needed. */
const MAX_CLIENTS = 100;

export function openHistory({ url, secret }: HistoryOptions): History {
  const connection = connect({ url, secret });
  const api = new EntitiesApi(new Configuration({ basePath: connection.basePath }), undefined, connection.axios);
  const clients = new Map<string, HistoryClient>();
  const headersOf = (tenant: string): { headers: Record<string, string> } => ({
    headers: { ...tenantHeaders(tenant) },
  });

  function clientOf(tenant: string): HistoryClient {
    const known = clients.get(tenant);
    if (known !== undefined) return known;
    const [oldest] = clients.size >= MAX_CLIENTS ? clients : [];
    if (oldest !== undefined) {
      clients.delete(oldest[0]);
      oldest[1].close();
    }
    const made = createHistoryClient({ url, secret, tenant });
    clients.set(tenant, made);
    return made;
  }

  return {
    entities: ({ tenant, type, id, span = ALWAYS }) =>
      asking(async () => {
        const narrowed = { ...(type !== undefined && { type }), ...patternOf(id), ...datesOf(span) };
        const { data } = await api.listEntities({ ...narrowed, limit: PAGE_ROWS }, headersOf(tenant));
        if (!Array.isArray(data)) return [];
        // Whom we were not told of would be missing without a word.
        if (data.length >= PAGE_ROWS)
          throw new Problem(
            'tooComplexQuery',
            `history knows more than ${PAGE_ROWS - 1} such entities; narrow it by type, id or time`,
          );
        const all = data.flatMap(({ id: one, type: found }) =>
          one === undefined || found === undefined ? [] : [{ id: one, type: found }],
        );
        return id === undefined ? all : all.filter((one) => one.id === id);
      }),

    attributes: (tenant, { id, type }) =>
      asking(async () => {
        const { data } = await api.entityHistory({ entityId: id, type, limit: 1 }, headersOf(tenant));
        const columns = (data as typeof data | undefined)?.attributes ?? [];
        return columns.flatMap(({ attrName }) => (attrName === undefined ? [] : [attrName]));
      }),

    series: ({ tenant, id, type, attributes, span, limit }) =>
      asking(async () => {
        const { timesMs, columns } = await clientOf(tenant).series({ id, type, attributes, ...span, limit });
        return new Map(attributes.map((name) => [name, samplesOf(timesMs, columns[name] ?? [])]));
      }),

    newest: ({ tenant, id, type, span }, attrName, lastN) =>
      asking(async () => {
        const query = { entityId: id, attrName, type, lastN, ...datesOf(span) };
        const { data } = await api.attributeHistory(query, headersOf(tenant));
        const { index = [], values = [] } = (data as typeof data | undefined) ?? {};
        return samplesOf(instants(index), values);
      }),

    append: (tenant, states) => asking(() => clientOf(tenant).append(states)),

    erase: (tenant, { id, type }) =>
      asking(async () => {
        const { status } = await api.deleteEntityHistory({ entityId: id, type }, headersOf(tenant));
        return status === 204;
      }),

    close() {
      connection.close();
      for (const client of clients.values()) client.close();
    },
  };
}

function samplesOf(timesMs: readonly number[], values: readonly unknown[]): readonly Sample[] {
  return timesMs.flatMap((atMs, row): Sample[] => {
    const value = values[row];
    return value === null || value === undefined ? [] : [[atMs, value]];
  });
}

const ALWAYS: Span = { fromMs: undefined, toMs: undefined };
/** History takes no longer one. */
const MAX_PATTERN = 500;

/** History is asked for one entity by a pattern of which it reads the beginning. */
function patternOf(id: string | undefined): { idPattern?: string } {
  const idPattern = id?.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return idPattern === undefined || idPattern.length >= MAX_PATTERN ? {} : { idPattern: `${idPattern}$` };
}

/** History's dates are both inclusive, to the millisecond. */
function datesOf({ fromMs, toMs }: Span): { fromDate?: string; toDate?: string } {
  return {
    ...(fromMs !== undefined && { fromDate: new Date(fromMs).toISOString() }),
    ...(toMs !== undefined && { toDate: new Date(toMs - 1).toISOString() }),
  };
}

async function asking<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    if (error.code === 'http.refused') throw badRequest(`history refuses: ${error.message.slice(0, 200)}`);
    throw new Problem('unavailable', `the history server does not answer (${error.code}): try again`, {
      'Retry-After': '5',
    });
  }
}
