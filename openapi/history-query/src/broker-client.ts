/** The broker as services use it: batches, pages and absences made easy, the whole generated client beside them. */

import {
  BatchApi,
  type BatchEntityError,
  type BatchOperationResult,
  Configuration,
  ContextsApi,
  DiscoveryApi,
  EntitiesApi,
  type EntitiesApiQueryEntitiesRequest,
  SubscriptionsApi,
} from '@contor/ngsi-ld-client';
import type { NgsiEntity } from '@contor/orion-config';
import { type CallOptions, type ConnectionOptions, callConfig, connect } from './connection.js';
import { nameInstalledContext } from './installed-context.js';
import { RequestError } from './request-error.js';

/** Orion-LD takes no more in one batch; `limit` has the same bound (GS CIM 009, 6.3.10). */
export const BATCH_ENTITIES = 1_000;

export interface BatchOutcome {
  readonly created: readonly string[];
  readonly failed: readonly BatchEntityError[];
}

export type EntityQuery = Omit<EntitiesApiQueryEntitiesRequest, 'limit' | 'offset' | 'count'>;

/** A plain request, for those who must not know axios. */
export interface PlainRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Path and query, from `/ngsi-ld/…`. */
  readonly path: string;
  /** Travels as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface PlainAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface BrokerClient {
  /** The generated client, operation by operation. */
  readonly entities: EntitiesApi;
  readonly batch: BatchApi;
  readonly discovery: DiscoveryApi;
  readonly subscriptions: SubscriptionsApi;
  readonly contexts: ContextsApi;
  /**
   * Creates or updates entities (`options=update`), a thousand at a time and in order; resolves when all are durable. Entities
   * that the broker refused are in `failed`; the request as a whole failing is a `RequestError`. One state of an entity a batch.
   */
  upsert(entities: readonly NgsiEntity[], options?: CallOptions): Promise<BatchOutcome>;
  /** Undefined when there is no such entity. */
  get(id: string, options?: CallOptions): Promise<NgsiEntity | undefined>;
  /** All that match, page by page. */
  query(query: EntityQuery, options?: CallOptions): Promise<readonly NgsiEntity[]>;
  /** Anything else, with the headers it names and no context; every status is an answer, only a broken line is an error. */
  request(request: PlainRequest): Promise<PlainAnswer>;
  /** What the Link headers name. */
  contextUrl(): Promise<string | undefined>;
  close(): void;
}

/** Axios sends no header that is false, and keeps in mind that it was said. */
const NO_CONTEXT = { Link: false } as const;

export function createBrokerClient(options: ConnectionOptions): BrokerClient {
  const connection = connect(options);
  const configuration = new Configuration({ basePath: connection.basePath });
  const entities = new EntitiesApi(configuration, undefined, connection.axios);
  const batch = new BatchApi(configuration, undefined, connection.axios);

  const request: BrokerClient['request'] = async ({ method, path, body, headers }) => {
    const answer = await connection.axios.request({
      method,
      url: connection.basePath + path,
      validateStatus: () => true,
      ...(body === undefined ? {} : { data: JSON.stringify(body) }),
      headers: { ...NO_CONTEXT, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
    });
    const entries = Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
    return { status: answer.status, headers: Object.fromEntries(entries), body: answer.data };
  };
  const contextUrl =
    options.context === 'installed'
      ? nameInstalledContext(connection.axios, { request })
      : async () => options.contextUrl;

  return {
    entities,
    batch,
    discovery: new DiscoveryApi(configuration, undefined, connection.axios),
    subscriptions: new SubscriptionsApi(configuration, undefined, connection.axios),
    // Whoever puts a context where it belongs cannot refer to it yet.
    contexts: new ContextsApi(
      new Configuration({ basePath: connection.basePath, baseOptions: { headers: NO_CONTEXT } }),
      undefined,
      connection.axios,
    ),

    async upsert(states, call = {}) {
      const created: string[] = [];
      const failed: BatchEntityError[] = [];
      for (let at = 0; at < states.length; at += BATCH_ENTITIES) {
        const entity = states.slice(at, at + BATCH_ENTITIES);
        const { status, data } = await batch.batchUpsert({ entity, ngsiOptions: 'update' }, callConfig(call));
        const answer = outcomeOf(status, data);
        created.push(...answer.created);
        failed.push(...answer.failed);
      }
      return { created, failed };
    },

    async get(id, call = {}) {
      try {
        return (await entities.retrieveEntity({ entityId: id }, callConfig(call))).data;
      } catch (error) {
        if (error instanceof RequestError && error.status === 404) return undefined;
        throw error;
      }
    },

    async query(query, call = {}) {
      const all: NgsiEntity[] = [];
      for (let offset = 0; ; offset += BATCH_ENTITIES) {
        const { data } = await entities.queryEntities({ ...query, limit: BATCH_ENTITIES, offset }, callConfig(call));
        all.push(...data);
        if (data.length < BATCH_ENTITIES) return all;
      }
    },

    request,
    contextUrl,
    close: () => connection.close(),
  };
}

/** 201: array of created identifiers. 204: nothing to say. 207: some failed (GS CIM 009, 6.15.3.1). */
function outcomeOf(status: number, data: unknown): BatchOutcome {
  if (status === 204) return { created: [], failed: [] };
  if (Array.isArray(data)) return { created: data, failed: [] };
  const { success, errors } = (data ?? {}) as Partial<BatchOperationResult>;
  if (status !== 207 || !Array.isArray(errors)) {
    throw new RequestError('http.unexpected-answer', `a batch answered ${status} with something else`, { status });
  }
  return { created: success ?? [], failed: errors };
}
